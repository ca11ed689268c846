import importlib.util
import os
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from lsl_source import SLOW, kept, source, values

from labapp import device
from labapp.errors import LabError, PortError
from labapp.model import DeviceEvent, SampleBlock
from labapp.record.client import Recorder
from labapp.record.config import DeviceConfig, RecorderConfig
from labapp.record.log import FrameKind, read_log
from labapp.record.lsl_library import list_lsl
from labapp.record.lsl_port import judge_stamps
from labapp.record.ports import PortContext, described, open_port
from labapp.session.build import build_session
from labapp.session.file import open_session
from labapp.timing.labclock import RealClock

needs_lsl = pytest.mark.skipif(
    importlib.util.find_spec("pylsl") is None, reason="the extra lsl is not installed"
)
RATE = 1000.0


STREAMS = (
    "Exact,1000,float32,dropping",
    "Whole,1000,int16,dropping",
    "Burst,1000,float32,arrival",
    "Full,2000,int32,all",
    "Odd,0,float32,all",
)


@pytest.fixture(autouse=True, scope="module")
def session(own_lsl_session):
    """No stream but ours is seen."""


@pytest.fixture(scope="module")
def begun():
    """Stamp of sample 0 of all streams, which are there while the tests of this module run."""
    with source(*STREAMS) as (_, begun):
        yield begun


@dataclass
class Recorded:
    """One stream of a recording, read from its session."""

    settings: dict
    stream: object
    report: object
    values: np.ndarray
    times: np.ndarray  # host time, s
    frames: list
    reads: np.ndarray


@pytest.fixture(scope="module")
def recorded(begun, tmp_path_factory):
    """Three streams of two seconds, recorded together."""
    folder = tmp_path_factory.mktemp("lsl")
    names = ("Exact", "Whole", "Burst")
    with ThreadPoolExecutor(3) as pool:
        told = pool.map(lambda name: described(f"lsl://{name}", "lsl"), names)
        found = dict(zip(names, told, strict=True))
    codes = {"Exact": ("RM_R", "UT_R"), "Whole": ("RM_L", "UT_L"), "Burst": ("MT_R", "LT_R")}
    devices = tuple(
        DeviceConfig(
            name.lower(),
            "lsl",
            f"lsl://{name}?source_id={name}-source",
            found[name],
            dict(zip(("Rhomboid", "Trapezius"), codes[name], strict=True)),
        )
        for name in names
    )
    with Recorder.start(RecorderConfig(str(folder / "rec"), devices)) as recorder:
        time.sleep(2.2)
        states = {one["state"] for one in recorder.status()["streams"].values()}
    assert states == {"open"}
    log = folder / "rec" / "capture.log"
    reports = build_session(log, folder / "out.h5").streams
    frames = list(read_log(log).frames())
    origin = read_log(log).header["origin_ns"] * 1e-9
    with open_session(folder / "out.h5") as session:
        return {
            name: Recorded(
                found[name],
                session.streams[name.lower()],
                reports[name.lower()],
                session.values(name.lower()),
                session.times(name.lower()) + origin,
                [frame for frame in frames if frame.stream == at],
                session.streams[name.lower()].reads,
            )
            for at, name in enumerate(names)
        }


@needs_lsl
@pytest.mark.parametrize(("name", "scale"), [("Exact", 1e-9), ("Whole", 1e-6)])
def test_a_stream_with_losses_is_recorded_exactly(recorded, begun, name, scale):
    got = recorded[name]
    assert got.settings["stamps"] == "regular"
    assert got.settings["names"] == ["Rhomboid", "Trapezius"]
    assert got.settings["said_units"] == ["microvolts"] * 2
    assert got.settings["said_types"] == ["EMG"] * 2  # as the stream: its channels say none
    assert {channel.scale for channel in got.stream.channels} == {scale}
    here = ~np.isnan(got.values[:, 0])
    k = int(np.rint(got.values[here][0, 0] * 1e6)) + np.arange(len(got.values))
    assert len(k) > 1500
    np.testing.assert_array_equal(here, kept(k))
    exact = values(k[here], np.float64) * round(1e-6 / scale) * scale
    np.testing.assert_array_equal(got.values[here], exact)
    assert got.report.lost == np.count_nonzero(~here)
    assert got.report.received == np.count_nonzero(here)
    assert got.report.segments == 1
    truth = begun + k / RATE  # LSL's clock is perf_counter's on one computer
    # On a machine so busy that no read of half a second came in time, nobody could do better
    # than the best of them; a quiet one is held to 1 ms.
    assert np.abs(got.times - truth).max() < max(1e-3, 2 * lateness(got, begun, int(k[0])))


def lateness(got: Recorded, begun: float, first: int) -> float:
    """Worst over half seconds of how late the best read was, s."""
    reads = got.reads
    late = reads["t_ns"] * 1e-9 - (begun + (first + reads["newest"]) / RATE)
    blocks = np.floor((reads["t_ns"] - reads["t_ns"][0]) / 5e8).astype(int)
    return float(max(late[blocks == b].min() for b in np.unique(blocks)))


@needs_lsl
def test_the_open_frame_holds_the_description_and_clocks_are_kept(recorded):
    frames = recorded["Exact"].frames
    (opened,) = [frame.json() for frame in frames if frame.kind is FrameKind.OPEN]
    assert opened["port"]["source_id"] == "Exact-source"
    assert "<unit>microvolts</unit>" in opened["port"]["description"]
    assert opened["rate"] == RATE
    driver = device.get_driver("lsl")
    codec = driver.codec(device.parse_settings(driver, recorded["Exact"].settings))
    data = b"".join(frame.payload for frame in frames if frame.kind is FrameKind.DATA)
    readings = [item for item in codec.feed(data) if isinstance(item, DeviceEvent)]
    assert {reading.name for reading in readings} == {"clock"}
    assert readings[0].text.startswith("offset to this computer ")
    assert codec.stats.junk_bytes == codec.stats.bad_frames == 0


@needs_lsl
def test_stamps_of_arrival_are_found_out_and_not_taken_for_time(recorded, begun):
    got = recorded["Burst"]
    assert got.settings["stamps"] == "arrival"
    assert (got.report.lost, got.report.segments) == (0, 1)
    k = np.rint(got.values[:, 0] * 1e6)
    np.testing.assert_array_equal(np.diff(k), 1)
    assert np.abs(got.times - begun - k / RATE).max() < 5e-3


@needs_lsl
def test_a_stream_without_rate_keeps_its_stamps_and_is_not_for_onsets(begun):
    settings = described("lsl://Odd", "lsl")
    assert (settings["stamps"], settings["rate"]) == ("irregular", 100.0)
    driver = device.get_driver("lsl")
    parsed = device.parse_settings(driver, settings)
    codec = driver.codec(parsed)
    port = open_port("lsl://Odd", PortContext(driver, parsed, RealClock()))
    try:
        blocks = read_for(port, codec, 0.6)
    finally:
        port.close()
    k = np.concatenate([block.counts[:, 0] for block in blocks]) // 1000
    assert len(k) > 10
    np.testing.assert_array_equal(np.diff(k), 1)
    ticks = np.concatenate([block.ticks for block in blocks])
    np.testing.assert_allclose(ticks * 1e-9, begun + k / SLOW, rtol=0, atol=1e-6)
    assert device.onset_capability("lsl", parsed)[0] == "no"


def open_to(kind):
    """Devices that the sockets of this process are bound to, of those that hear anybody."""
    found = []
    for entry in list(Path("/proc/self/fd").iterdir()):
        if not entry.is_socket():
            continue
        with socket.socket(fileno=os.dup(int(entry.name))) as one:
            if one.type == kind and one.family == socket.AF_INET:
                bound = one.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16)
                found.append(bound.rstrip(b"\0"))
    return found


@needs_lsl
@pytest.mark.skipif(sys.platform != "linux", reason="other systems cannot bind to a device")
def test_what_hears_the_answers_hears_no_other_computer(begun):
    driver = device.get_driver("lsl")
    settings = {"channels": 2, "rate": 1000.0, "format": "float32"}
    parsed = device.parse_settings(driver, settings)
    port = open_port("lsl://Exact", PortContext(driver, parsed, RealClock()))
    try:
        end = time.monotonic() + 5.0
        while not open_to(socket.SOCK_DGRAM) and time.monotonic() < end:
            port.read(0.1)
        read_for(port, driver.codec(parsed), 0.6)
        assert set(open_to(socket.SOCK_DGRAM)) == {b"lo"}
    finally:
        port.close()


@needs_lsl
def test_streams_are_listed_with_what_they_say(begun):
    found = {stream.name: stream for stream in list_lsl("machine")}
    assert set(found) >= {"Exact", "Whole", "Burst", "Full"}
    assert (found["Whole"].format, found["Whole"].rate) == ("int16", RATE)
    assert found["Whole"].units == ("uV", "uV")


@needs_lsl
def test_what_overflows_in_the_library_is_counted(begun):
    driver = device.get_driver("lsl")
    parsed = device.parse_settings(driver, {"channels": 2, "rate": 2000.0, "format": "int32"})
    codec = driver.codec(parsed)
    port = open_port("lsl://Full?buffer=1", PortContext(driver, parsed, RealClock()))
    try:
        blocks = read_for(port, codec, 0.3)
        time.sleep(1.8)
        blocks += read_for(port, codec, 0.3)
    finally:
        port.close()
    index = np.concatenate([np.arange(block.first, block.stop) for block in blocks])
    k = np.concatenate([block.counts[:, 0] for block in blocks])
    np.testing.assert_array_equal(k - k[0], index)
    assert codec.stats.lost == index[-1] + 1 - len(index)
    assert codec.stats.lost > 500


def read_for(port, codec, seconds):
    blocks, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        blocks += [item for item in codec.feed(port.read(0.1)[0]) if isinstance(item, SampleBlock)]
    return blocks


@needs_lsl
def test_a_stream_that_breaks_off_begins_a_new_segment(tmp_path):
    settings = {"channels": 2, "rate": 500.0}
    with source("Gone,500,double64,all") as (child, _):
        entry = DeviceConfig("emg", "lsl", "lsl://Gone", settings)
        folder = tmp_path / "rec"
        recorder = Recorder.start(RecorderConfig(folder=str(folder), devices=(entry,)))
        child.kill()
    with recorder:
        await_state(recorder, "lost")
        with source("Gone,500,double64,all"):
            await_state(recorder, "open")
            time.sleep(0.3)
    report = build_session(folder / "capture.log", tmp_path / "out.h5").streams["emg"]
    assert report.segments == 2
    assert report.outage > 50


@needs_lsl
def test_a_stream_that_comes_back_as_another_one_is_refused_with_words(tmp_path):
    with source("Other,500,double64,all") as (child, _):
        entry = DeviceConfig("emg", "lsl", "lsl://Other", {"channels": 2, "rate": 500.0})
        folder = tmp_path / "rec"
        recorder = Recorder.start(RecorderConfig(folder=str(folder), devices=(entry,)))
        child.kill()
    with recorder:
        await_state(recorder, "lost")
        assert said(recorder) == {("emg: the stream was lost",
                                   "start its program again; it is being looked for")}  # fmt: skip
        with source("Other,500,int16,all"):
            wanted = "emg: LSL stream 'Other' has 2 channels, int16, 500 Hz; the settings say"
            end = time.monotonic() + 8.0
            while not any(what.startswith(wanted) for what, _ in said(recorder)):
                assert time.monotonic() < end, said(recorder)
                time.sleep(0.05)
            assert {remedy for _, remedy in said(recorder)} == {
                "start it as it was, or end this recording"
            }


def said(recorder):
    return {(one["what"], one["remedy"]) for one in recorder.status()["warnings"]}


def await_state(recorder, wanted):
    end = time.monotonic() + 8.0
    while recorder.status()["streams"]["emg"]["state"] != wanted:
        assert time.monotonic() < end, f"never {wanted}"
        time.sleep(0.05)


@needs_lsl
def test_what_cannot_be_recorded_is_refused_in_one_line(begun):
    driver = device.get_driver("lsl")
    context = PortContext(driver, device.parse_settings(driver, {}), RealClock())
    with pytest.raises(LabError, match="has 2 channels, float32, 1000 Hz; the settings say 4"):
        open_port("lsl://Exact", context)
    with pytest.raises(PortError, match="no LSL stream 'lsl://Nobody"):
        open_port("lsl://Nobody?wait=1", context)
    with pytest.raises(PortError, match=r"[2-4] LSL streams .*-source@.*source_id="):
        open_port("lsl://?type=EMG", context)
    with pytest.raises(LabError, match="one stream asks for network"):
        open_port("lsl://Exact?scope=network", context)
    for url, words in (
        ("lsl://", "names no stream"),
        ("lsl://x?scope=moon", "machine or network"),
        ("lsl://x?buffer=0", "whole seconds"),
        ("lsl://x?color=red", "unknown option"),
        ("lsl://it's", "quotation mark"),
    ):
        with pytest.raises(LabError, match=words):
            open_port(url, context)


def test_without_the_extra_one_line_says_so(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pylsl", None)
    with pytest.raises(LabError, match=r"not installed; pip install labapp\[lsl\]"):
        described("lsl://Any", "lsl")
    with pytest.raises(LabError, match="cannot be read by driver 'bitalino'"):
        described("lsl://Any", "bitalino")
    assert described("sim://bitalino", "bitalino") == {}


def test_stamps_are_judged_by_their_shortest_step():
    grid = [k / 250.0 for k in range(300)]
    late = [stamp + 0.016 * (k % 4 == 0) for k, stamp in enumerate(grid)]
    lossy = [stamp for k, stamp in enumerate(grid) if k % 50 > 10]
    assert judge_stamps(grid, 250.0) == judge_stamps(lossy, 250.0) == "regular"
    assert judge_stamps(late, 250.0) == "arrival"
    assert judge_stamps([], 250.0) == "regular"
