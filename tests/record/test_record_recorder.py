"""The recorder process: lock-step, markers, clients that come, go and die, kill -9."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from labapp.errors import LabError
from labapp.record.client import Recorder
from labapp.record.config import ClockConfig, DeviceConfig, RecorderConfig, check_config
from labapp.record.log import FrameKind, read_log
from labapp.record.recorder import Recording
from labapp.record.ring import RingReader

posix = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals need POSIX")


def run_stepped(config, seconds=3):
    """A short recording by a recorder process, with two cues; its last status."""
    with Recorder.start(config) as recorder:
        step_through(recorder, seconds)
        return recorder.status()


def run_here(config, seconds=3):
    """The same inside this process."""
    Path(config.folder).mkdir()
    recording = Recording(check_config(config))
    step_through(recording, seconds)
    recording.close()


def step_through(recorder, seconds):
    for t_ns in range(50_000_000, seconds * 1_000_000_000 + 1, 50_000_000):
        recorder.advance(t_ns)
        if t_ns in (500_000_000, 2_000_000_000):
            recorder.mark("cue", {"pull": "fast", "level": 1.0, "hold_s": 0.3}, t_ns)


def frames_of(folder):
    """Frames without what may differ between runs: identity and host clocks."""
    return [
        (f.kind, f.stream, f.t_ns, f.sequence, f.payload)
        for f in read_log(folder / "capture.log").frames()
        if f.kind not in (FrameKind.HEADER, FrameKind.CLOCK)
    ]


def test_two_runs_give_the_same_log_whatever_the_wire(stepped, tmp_path):
    run_stepped(stepped("one"))
    run_here(stepped("two"))
    run_here(stepped("three", wire="memory"))
    one = frames_of(tmp_path / "one")
    assert one == frames_of(tmp_path / "two")
    three = [f for f in frames_of(tmp_path / "three") if f[0] != FrameKind.OPEN]
    assert [f for f in one if f[0] != FrameKind.OPEN] == three
    stamps = [f[2] for f in one if f[0] == FrameKind.DATA]
    assert stamps == sorted(stamps)
    truth = [json.loads((tmp_path / n / "truth.json").read_text()) for n in ("one", "two", "three")]
    assert truth[0] == truth[1] == truth[2]
    assert len(truth[0]["pulls"]) == 2


def test_everything_sent_is_received_or_lost(stepped, tmp_path, decode_log):
    status = run_stepped(stepped())
    folder = tmp_path / "rec"
    truth = json.loads((folder / "truth.json").read_text())
    log = read_log(folder / "capture.log")
    frames = list(log.frames())
    assert frames[-1].kind == FrameKind.END
    account = frames[-1].json()["streams"]
    decoded = decode_log(folder / "capture.log")
    for number, name in enumerate(("emg", "force")):
        run = truth["devices"][name]["runs"][0]
        ((index, _counts),) = decoded[number]
        gone = {i for a, b in run["dropped"] for i in range(a, b)} | set(run["damaged"])
        assert set(index) == set(range(run["sent"])) - gone
        assert account[name]["samples"] == len(index)
        assert status["streams"][name]["state"] == "open"
    assert truth["devices"]["emg"]["runs"][0]["dropped"]
    assert log.header["streams"][0]["montage"] == {"A1": "RM_R"}
    assert status["now_ns"] == 3_000_000_000
    assert (status["state"], status["clock"], status["warnings"]) == ("recording", "stepped", [])
    assert not (folder / "recorder.json").exists()
    assert (folder / "recorder.err").read_text() == ""


def test_markers_keep_their_exact_time(stepped, tmp_path):
    with Recorder.start(stepped()) as recorder:
        recorder.advance(1_000_000_000)
        assert recorder.now_ns() == 1_000_000_000
        assert recorder.mark("tone", {"hz": 440.0}) == 1_000_000_000
        assert recorder.mark("cue", {"level": 1}, 987_654_321) == 987_654_321
        with pytest.raises(LabError, match="JSON"):
            recorder.mark("bad", {"x": float("nan")})
        with pytest.raises(LabError, match="JSON"):
            recorder.mark("bad", {"x": object()})
    marks = [
        (f.t_ns, f.json())
        for f in read_log(tmp_path / "rec" / "capture.log").frames()
        if f.kind == FrameKind.MARKER
    ]
    assert marks == [
        (1_000_000_000, {"kind": "tone", "data": {"hz": 440.0}}),
        (987_654_321, {"kind": "cue", "data": {"level": 1}}),
    ]


def test_ring_shows_what_the_log_holds(stepped, tmp_path, decode_log):
    with Recorder.start(stepped(scenario="demo")) as recorder:
        recorder.advance(3_000_000_000)
        ring = RingReader(recorder.ring_path)
        newest = ring.newest("emg")
        counts, valid = ring.read("emg", 0, newest)
        assert ring.streams["emg"].channels[0].muscle == "RM_R"
        index, t_ns = ring.stamp("emg")
        ring.close()
    held = 4  # frames that the BITalino codec keeps until those after them prove them
    assert index == newest - 1 + held
    assert 2_500_000_000 < t_ns <= 3_000_000_000
    at, decoded = decode_log(tmp_path / "rec" / "capture.log")[0][0]
    at, decoded = at[at < newest], decoded[at < newest]
    assert np.array_equal(np.flatnonzero(valid), at)
    assert np.array_equal(counts[valid], decoded)


@posix
def test_kill_9_loses_nothing_that_was_read(real, make_board, tmp_path, until, decode_log):
    board, other = make_board(), make_board(rate=300.0)
    recorder = Recorder.start(real(board, other))
    until(lambda: recorder.status()["streams"]["box1"]["samples"] > 100)
    read = {name: s["bytes"] for name, s in recorder.status()["streams"].items()}
    os.kill(recorder.status()["pid"], signal.SIGKILL)
    with pytest.raises(LabError, match="recover"):
        until(lambda: recorder.status() and False)
    assert not recorder.alive
    with pytest.raises(LabError, match="error"):
        recorder.stop()
    recorder.close()
    with pytest.raises(LabError, match="does not run any more"):
        Recorder.attach(tmp_path / "rec")
    log = read_log(tmp_path / "rec" / "capture.log")
    size = {"box0": 0, "box1": 0}
    for frame in log.frames():
        if frame.kind == FrameKind.DATA:
            size[log.header["streams"][frame.stream]["id"]] += len(frame.payload)
    assert all(size[name] >= read[name] for name in size)
    decoded = decode_log(tmp_path / "rec" / "capture.log")
    for number, sender in ((0, board), (1, other)):
        ((index, counts),) = decoded[number]
        assert np.array_equal(index, np.arange(len(index)))
        assert np.array_equal(counts, sender.counts(0, len(index)))


@posix
def test_the_recording_survives_its_window(real, make_board, tmp_path, until):
    config = real(make_board())
    code = (
        "import sys, msgspec\n"
        "from labapp.record.client import Recorder\n"
        "from labapp.record.config import RecorderConfig\n"
        "config = msgspec.json.decode(sys.stdin.readline(), type=RecorderConfig)\n"
        "recorder = Recorder.start(config)\n"
        "print('running', flush=True)\n"
        "sys.stdin.read()\n"
    )
    import msgspec

    window = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with window:
        window.stdin.write(msgspec.json.encode(config) + b"\n")
        window.stdin.flush()
        assert window.stdout.readline() == b"running\n"
        window.kill()
        window.wait()
    recorder = Recorder.attach(tmp_path / "rec")
    before = recorder.status()["streams"]["box0"]["samples"]
    until(lambda: recorder.status()["streams"]["box0"]["samples"] > before + 50)
    second = Recorder.attach(tmp_path / "rec")
    assert second.mark("marker", {}) <= recorder.now_ns()
    second.close()
    status = recorder.status()
    assert status["state"] == "recording"
    assert status["streams"]["box0"]["lost"] == 0
    assert recorder.alive
    recorder.stop()
    assert not recorder.alive
    frames = list(read_log(tmp_path / "rec" / "capture.log").frames())
    assert frames[-1].kind == FrameKind.END
    with pytest.raises(LabError, match="no recorder runs"):
        Recorder.attach(tmp_path / "rec")


@posix
def test_a_client_that_hangs_or_speaks_nonsense_costs_nothing(real, make_board, tmp_path, until):
    from multiprocessing.connection import Client

    with Recorder.start(real(make_board())) as recorder:
        about = json.loads((tmp_path / "rec" / "recorder.json").read_text())
        assert (tmp_path / "rec" / "recorder.json").stat().st_mode & 0o777 == 0o600
        mute = Client(about["address"])
        rude = Client(about["address"], authkey=bytes.fromhex(about["key"]))
        rude.send_bytes(b"\x80\x04 no JSON")
        with pytest.raises(EOFError):
            rude.recv_bytes()
        rude.close()
        with pytest.raises(Exception, match="digest"):
            Client(about["address"], authkey=b"guess")
        before = recorder.status()["streams"]["box0"]["samples"]
        until(lambda: recorder.status()["streams"]["box0"]["samples"] > before)
        with pytest.raises(LabError, match="does not know"):
            recorder._ask("format disk")
        with pytest.raises(LabError, match="real"):
            recorder.advance(1)
        mute.close()


@posix
def test_bytes_reach_the_disk_every_second(real, make_board, until):
    with Recorder.start(real(make_board())) as recorder:
        status = until(lambda: (s := recorder.status())["bytes_synced"] > 5000 and s)
        assert status["bytes_last_second"] > 3000
        assert status["disk_state"] == "good"
        assert status["disk_free"] > 0
        assert status["streams"]["box0"]["state"] == "open"


def test_a_machine_too_slow_for_the_clock_records_all_the_same(tmp_path):
    # 600 times real time is more than any machine makes: at the end much is still owed.
    devices = (
        DeviceConfig("emg", "bitalino", "sim://bitalino?wire=memory", {}, {"A1": "RM_R"}),
        DeviceConfig("force", "chronojump", "sim://chronojump?wire=memory"),
    )
    config = RecorderConfig(
        str(tmp_path / "rec"), devices, ClockConfig("scaled", 600.0), seed=3, loss=0.0
    )
    (tmp_path / "rec").mkdir()
    recording = Recording(check_config(config))
    owed = recording.clock.now_ns() - recording.status()["streams"]["emg"]["newest_ns"]
    recording.close()
    assert owed > 2_000_000_000
    frames = list(read_log(tmp_path / "rec" / "capture.log").frames())
    end = next(frame.t_ns for frame in frames if frame.kind is FrameKind.END)
    for stream in (0, 1):
        last = max(f.t_ns for f in frames if f.kind is FrameKind.DATA and f.stream == stream)
        assert 0 <= end - last < 200_000_000
    truth = json.loads((tmp_path / "rec" / "truth.json").read_text())
    begun = truth["devices"]["emg"]["runs"][0]["start_ns"]
    account = next(f.json() for f in frames if f.kind is FrameKind.END)["streams"]["emg"]
    assert account["samples"] + account["lost"] == pytest.approx((end - begun) * 1e-6, abs=200)
