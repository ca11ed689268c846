"""What goes wrong at a port: it is told in one line, noted in the log, and costs only itself."""

import errno
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from labapp.errors import LabError, PortError
from labapp.record import hostwatch
from labapp.record.client import Recorder
from labapp.record.config import ClockConfig, DeviceConfig, RecorderConfig, check_config
from labapp.record.log import FrameKind, read_log
from labapp.record.recorder import Recording
from labapp.record.serial_port import SerialPort, open_error

posix = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals need POSIX")


def notes(folder, event):
    frames = read_log(folder / "capture.log").frames()
    found = [f.json() for f in frames if f.kind == FrameKind.NOTE]
    return [note for note in found if note["event"] == event]


@posix
def test_a_vanished_port_is_lost_and_the_other_goes_on(real, make_board, tmp_path, until):
    link = tmp_path / "port"
    first, other = make_board(), make_board()
    link.symlink_to(first.name)
    first.name = str(link)
    with Recorder.start(real(first, other)) as recorder:
        streams = lambda: recorder.status()["streams"]  # noqa: E731
        until(lambda: streams()["box0"]["samples"] > 20)
        first.unplug()
        until(lambda: streams()["box0"]["state"] == "lost", 1.0)
        before = streams()["box1"]["samples"]
        assert any("box0: the port was lost" in w["what"] for w in recorder.status()["warnings"])
        until(lambda: streams()["box1"]["samples"] > before + 50)
        again = make_board()
        link.unlink()
        link.symlink_to(again.name)
        until(lambda: streams()["box0"]["segment"] == 1)
        sent_before = streams()["box0"]["samples"]
        until(lambda: streams()["box0"]["samples"] > sent_before + 20)
        assert streams()["box1"]["lost"] == 0
    frames = list(read_log(tmp_path / "rec" / "capture.log").frames())
    opened = [f.json()["segment"] for f in frames if f.kind == FrameKind.OPEN and f.stream == 0]
    assert opened == [0, 1]
    assert len(notes(tmp_path / "rec", "lost")) == 1


@posix
def test_both_segments_are_in_the_log(real, make_board, tmp_path, until, decode_log):
    link = tmp_path / "port"
    first = make_board()
    link.symlink_to(first.name)
    first.name = str(link)
    recording = Recording(make_folder(real(first)))
    try:
        box = lambda: recording.status()["streams"]["box0"]  # noqa: E731
        until(lambda: box()["samples"] > 20)
        first.unplug()
        until(lambda: box()["state"] == "lost")
        again = make_board()
        link.unlink()
        link.symlink_to(again.name)
        until(lambda: box()["segment"] == 1 and box()["samples"] > 60)
    finally:
        recording.close()
    segments = decode_log(tmp_path / "rec" / "capture.log")[0]
    assert len(segments) == 2
    for index, counts in segments:
        assert np.array_equal(index, np.arange(len(index)))
        assert np.array_equal(counts[:, 0], index)


@posix
def test_a_port_that_fails_in_its_own_way_is_lost_with_words_and_found_again(
    real, make_board, tmp_path, until, monkeypatch
):
    """A port's library may raise anything: not even that ends a reader quietly."""
    honest, broken = SerialPort.read, []

    def read(self, timeout_s):
        if broken:
            raise ArithmeticError(broken.pop())
        return honest(self, timeout_s)

    monkeypatch.setattr(SerialPort, "read", read)
    recording = Recording(make_folder(real(make_board())))
    try:
        box = lambda: recording.status()["streams"]["box0"]  # noqa: E731
        until(lambda: box()["samples"] > 20)
        broken.append("the library tripped")
        until(lambda: box()["segment"] == 1 and box()["samples"] > 60)
    finally:
        recording.close()
    lost = [note["text"] for note in notes(tmp_path / "rec", "lost")]
    assert lost == ["ArithmeticError: the library tripped"]


def make_folder(config):
    Path(config.folder).mkdir(parents=True)
    return config


@posix
def test_silence_is_told_within_two_seconds(real, make_board, tmp_path, until):
    board = make_board()
    with Recorder.start(real(board)) as recorder:
        board.mute.set()
        until(lambda: recorder.status()["streams"]["box0"]["state"] == "silent", 2.0)
        assert any("no data" in w["what"] for w in recorder.status()["warnings"])
        until(lambda: notes(tmp_path / "rec", "silent"), 1.0)
        board.mute.clear()
        until(lambda: recorder.status()["streams"]["box0"]["state"] == "open")


@posix
def test_a_port_in_use_is_named(real, make_board, tmp_path):
    board = make_board()
    with Recorder.start(real(board)):
        with pytest.raises(PortError, match=r"in use by another program; close"):
            Recorder.start(real(board, name="second"))
        assert not (tmp_path / "second").exists()


def test_a_missing_port_is_named(tmp_path):
    config = RecorderConfig(
        folder=str(tmp_path / "rec"), devices=(DeviceConfig("emg", "bitalino", "/dev/ttyNONE7"),)
    )
    with pytest.raises(PortError, match=r"ttyNONE7 does not exist; "):
        Recorder.start(config)
    assert not (tmp_path / "rec").exists()


def test_a_port_without_permission_is_named():
    error = open_error("/dev/ttyUSB0", PermissionError(13, "Permission denied"))
    if sys.platform == "win32":
        assert "in use" in str(error)
    else:
        assert "dialout" in error.remedy
        assert "no permission" in error.what
    assert "serial port" in str(open_error("/dev/null", OSError(25, "not a terminal")))


@posix
def test_a_mute_device_is_named(real, make_board, tmp_path):
    board = make_board()
    board.mute.set()
    with pytest.raises(PortError, match=r"sent nothing for 0\.3 s; switch it on"):
        Recorder.start(real(board, start_timeout_s=0.3))
    assert not (tmp_path / "rec").exists()


def test_a_failing_driver_costs_the_view_not_the_bytes(stepped, tmp_path, monkeypatch):
    config = make_folder(check_config(stepped()))
    recording = Recording(config)
    try:
        recording.advance(500_000_000)

        def broken(data):
            raise ZeroDivisionError("driver")

        reader = recording._readers[0]
        monkeypatch.setattr(reader.live.codec, "feed", broken, raising=False)
        before = reader.bytes
        recording.advance(1_500_000_000)
        assert reader.bytes > before + 5000
        status = recording.status()
        assert "ZeroDivisionError" in status["streams"]["emg"]["driver_fault"]
        assert any("its bytes are recorded" in w["remedy"] for w in status["warnings"])
        assert status["streams"]["force"]["samples"] > 100
    finally:
        recording.close()
    assert notes(tmp_path / "rec", "driver fault")


def test_a_removed_log_is_told(stepped, tmp_path, until):
    if sys.platform == "win32":
        pytest.skip("an open file cannot be removed on Windows")
    recording = Recording(make_folder(check_config(stepped())))
    try:
        (tmp_path / "rec" / "capture.log").unlink()
        until(lambda: any("removed" in w["what"] for w in recording.status()["warnings"]), 1.0)
    finally:
        recording.close()


def test_a_changed_wall_clock_is_noted(real, make_board, tmp_path, monkeypatch, until):
    board = make_board()
    recording = Recording(make_folder(real(board)))
    try:
        true_time = hostwatch.time.time_ns
        monkeypatch.setattr(hostwatch.time, "time_ns", lambda: true_time() - 3_600_000_000_000)
        (note,) = until(lambda: notes(tmp_path / "rec", "clock set"))
        assert note["seconds"] == pytest.approx(-3600, abs=1)
        assert notes(tmp_path / "rec", "suspend") == []
    finally:
        monkeypatch.undo()
        recording.close()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ({"devices": ()}, "no device"),
        ({"devices": (DeviceConfig("a/b", "labbox", "x"),)}, "not allowed"),
        ({"devices": (DeviceConfig("a", "labbox", "x"),) * 2}, "two devices"),
        ({"clock": ClockConfig("stepped")}, "is real, but the clock is stepped"),
        ({"devices": (DeviceConfig("a", "labbox", "sim://labbox"),)}, "no seed"),
        ({"clock": ClockConfig("real", 0.0)}, "speed"),
        ({"ring_seconds": 0.0}, "ring"),
    ],
)
def test_what_cannot_be_recorded_is_refused(tmp_path, words, text):
    base = {"folder": str(tmp_path / "r"), "devices": (DeviceConfig("a", "labbox", "COM9"),)}
    with pytest.raises(LabError, match=text):
        Recorder.start(RecorderConfig(**{**base, **words}))
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    ("device", "text"),
    [
        (DeviceConfig("a", "nonesuch", "sim://nonesuch"), "nonesuch"),
        (DeviceConfig("a", "labbox", "sim://bitalino"), "use sim://labbox"),
        (DeviceConfig("a", "labbox", "sim://labbox?speed=3"), "unknown option 'speed'"),
        (DeviceConfig("a", "labbox", "sim://labbox?wire=rope"), "unknown wire 'rope'"),
        (DeviceConfig("a", "labbox", "ftp://x"), "unknown scheme 'ftp'"),
        (DeviceConfig("a", "labbox", "sim://labbox", {"chanels": 3}), "chanels"),
        (DeviceConfig("a", "labbox", "sim://labbox", {}, {"A9": "RM_R"}), "no channel 'A9'"),
        (DeviceConfig("a", "labbox", "replay://nowhere"), "nowhere"),
    ],
)
def test_unusable_devices_are_refused_without_a_trace(tmp_path, device, text):
    folder = tmp_path / "r"
    folder.mkdir()
    config = RecorderConfig(folder=str(folder), devices=(device,), seed=1)
    with pytest.raises(LabError, match=text):
        Recording(check_config(config))
    assert [p.name for p in folder.iterdir()] in ([], ["live.ring"])


def test_a_full_disk_is_told_and_costs_nothing_once_there_is_room(stepped, tmp_path, monkeypatch):
    recording = Recording(make_folder(check_config(stepped(wire="memory"))))
    full = True
    system = os.write

    def write(fd, data):
        if full and fd == recording._log._fd:
            raise OSError(errno.ENOSPC, "No space left on device")
        return system(fd, data)

    monkeypatch.setattr(os, "write", write)
    recording.advance(1_000_000_000)
    status = recording.status()
    assert status["state"] == "disk fault"
    assert any(
        "No space left" in w["what"] and "free some space" in w["remedy"]
        for w in status["warnings"]
    )
    full = False
    recording.advance(2_000_000_000)
    assert recording.status()["state"] == "recording"
    recording.close()
    log = read_log(tmp_path / "rec" / "capture.log")
    assert [f.sequence for f in log.frames()] == list(range(len(list(log.frames()))))
    assert (log.missing_frames, log.torn_bytes) == (0, 0)


def test_a_disk_that_stays_full_keeps_what_came_before(stepped, tmp_path, monkeypatch):
    recording = Recording(make_folder(check_config(stepped(wire="memory"))))
    recording.advance(1_000_000_000)
    system = os.write

    def write(fd, data):
        if fd == recording._log._fd:
            raise OSError(errno.ENOSPC, "No space left on device")
        return system(fd, data)

    monkeypatch.setattr(os, "write", write)
    recording.advance(1_500_000_000)
    with pytest.raises(LabError, match=r"did not take the last \d+ bytes"):
        recording.close()
    stamps = [f.t_ns for f in read_log(tmp_path / "rec" / "capture.log").frames()]
    assert 950_000_000 < max(stamps) <= 1_000_000_000
