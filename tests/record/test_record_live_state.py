"""What `Recorder.status` says while it records: clocks, timers, sleep, silence, room."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from labapp.record import disk, hostwatch, latency, listing, serial_port
from labapp.record import recorder as recorder_room
from labapp.record.config import ClockConfig, DeviceConfig, RecorderConfig, check_config
from labapp.record.hostwatch import HostClocks, HostWatch
from labapp.record.log import FrameKind, read_log
from labapp.record.pace import Pace
from labapp.record.recorder import Recording
from labapp.timing.beat import port_timer_s

posix = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals need POSIX")
S = 1_000_000_000


class Clocks:
    """Three clocks in a hand."""

    def __init__(self):
        self.awake = self.total = 1000 * S
        self.wall = 1_700_000_000 * S

    def watch(self):
        return HostWatch(HostClocks(lambda: self.awake, lambda: self.total, lambda: self.wall))

    def go(self, awake=0.0, asleep=0.0, set_by=0.0):
        self.awake += round(awake * S)
        self.total += round((awake + asleep) * S)
        self.wall += round((awake + asleep + set_by) * S)


@pytest.mark.parametrize(
    ("asleep", "set_by", "told"),
    [
        (0.0, 0.0, []),
        (30.0, 0.0, [("suspend", 30.0)]),
        (0.0, -3600.0, [("clock set", -3600.0)]),
        (0.0, 3600.0, [("clock set", 3600.0)]),
        (30.0, -30.0, [("suspend", 30.0), ("clock set", -30.0)]),  # the wall clock stood still
        (30.0, -3600.0, [("suspend", 30.0), ("clock set", -3600.0)]),
    ],
)
def test_sleep_and_a_clock_that_was_set_are_told_apart(asleep, set_by, told):
    clocks = Clocks()
    watch = clocks.watch()
    clocks.go(awake=0.25)
    assert watch.look() == []
    clocks.go(awake=0.25, asleep=asleep, set_by=set_by)
    found = [(event.what, pytest.approx(event.seconds)) for event in watch.look()]
    assert found == told
    assert watch.slept_ns() == asleep * S
    clocks.go(awake=0.25)
    assert watch.look() == []


def test_a_clock_that_is_slewed_is_not_set():
    clocks = Clocks()
    watch = clocks.watch()
    for _ in range(20_000):  # 500 ppm for more than an hour: 2.5 s in all
        clocks.go(awake=0.25, set_by=0.25 * 500e-6)
        assert watch.look() == []


def test_the_clocks_of_this_system_agree_while_it_is_awake():
    watch = HostWatch(hostwatch.host_clocks())
    assert watch.look() == []
    assert abs(watch.slept_ns()) < hostwatch.SLEPT_NS


@posix
def test_after_sleep_every_stream_begins_a_new_segment(
    real, make_board, tmp_path, monkeypatch, until, decode_log
):
    clocks = hostwatch.host_clocks()
    asleep = [0]
    monkeypatch.setattr(
        recorder_room,
        "host_clocks",
        lambda: HostClocks(
            clocks.awake, lambda: clocks.total() + asleep[0], lambda: clocks.wall() + asleep[0]
        ),
    )
    config = real(make_board(), make_board())
    Path(config.folder).mkdir()
    recording = Recording(config)
    try:
        streams = lambda: recording.status()["streams"].values()  # noqa: E731
        until(lambda: all(s["samples"] > 20 for s in streams()))
        asleep[0] = 7 * S
        until(lambda: all(s["segment"] == 1 for s in streams()))
        before = [s["samples"] for s in streams()]
        until(lambda: all(s["samples"] > n + 30 for s, n in zip(streams(), before, strict=True)))
        until(lambda: "suspend" in events(tmp_path / "rec"))
    finally:
        recording.close()
    found = [e for e in events(tmp_path / "rec") if e in ("suspend", "clock set")]
    assert found == ["suspend"]
    opened = [
        (f.stream, f.json()["segment"], f.json()["reason"])
        for f in read_log(tmp_path / "rec" / "capture.log").frames()
        if f.kind == FrameKind.OPEN
    ]
    assert sorted(opened) == [
        (n, segment, reason)
        for n in (0, 1)
        for segment, reason in ((0, "start"), (1, "the computer slept"))
    ]
    for segments in decode_log(tmp_path / "rec" / "capture.log").values():
        (first, _), (second, counts) = segments
        assert second[0] > first[-1]  # the device counted on
        assert np.array_equal(counts[:, 0], second)


def events(folder):
    frames = read_log(folder / "capture.log").frames()
    return [f.json()["event"] for f in frames if f.kind == FrameKind.NOTE]


def test_pace_tells_drift_spread_and_state():
    pace = Pace(1000.0, "crystal", 5 * S)
    assert pace.status({})["state"] == "converging"
    rng = np.random.default_rng(3)
    true = 1000.0 * (1 + 60e-6)
    for read in range(1, 1500):
        t_s = 0.016 * read
        late = rng.exponential(0.001)
        pace.observe(int(t_s * true), 5 * S + round((t_s + late) * 1e9))
    told = pace.status({})
    assert told["state"] == "locked"
    assert told["drift_ppm"] == pytest.approx(60, abs=25)
    assert 0 <= told["spread_ms"] < 1.0
    assert 0 < told["late_median_ms"] < 3.0
    assert told["late_max_ms"] < 20.0
    due_ns = 5 * S + round((told["index"] + 0.5) / true * 1e9)
    assert told["t_ns"] == pytest.approx(due_ns, abs=1_000_000)
    pace.restart()
    assert pace.status({})["state"] == "converging"


def test_an_index_that_goes_back_costs_nothing():
    pace = Pace(100.0, "rc", 0)
    for index, t_s in ((10, 0.1), (20, 0.2), (15, 0.25), (30, 0.3)):
        pace.observe(index, round(t_s * S))
    assert pace.status({})["index"] == 30


@pytest.mark.parametrize(
    ("rate", "port", "beat_ms", "told"),
    [
        (62.5, {"vid_pid": "0403:6015", "latency_timer_ms": 16}, 16.0, ["in step", "keeps data"]),
        (62.5, {"vid_pid": "0403:6015", "latency_timer_ms": 1}, 1.0, []),
        (62.5, {"vid_pid": "0403:6015", "latency_timer_ms": None}, 16.0, ["in step", "unknown"]),
        (83.3, {"vid_pid": None, "latency_timer_ms": None}, 0.0, []),
        (83.3, {"vid_pid": "2341:0043", "latency_timer_ms": None}, 0.0, []),
    ],
)
def test_a_beat_and_a_slow_timer_are_warned_of(rate, port, beat_ms, told):
    pace = Pace(rate, "crystal", 0)
    for n in range(1, round(8 * rate)):
        pace.observe(n, round(n / rate * S))
    status = pace.status({"url": "/dev/ttyUSB0", **port})
    assert status["beat_ms"] == pytest.approx(beat_ms)
    texts = [one["what"] for one in status["warnings"]]
    assert len(texts) == len(told)
    for text, word in zip(texts, told, strict=True):
        assert word.replace("in step", "step with") in text
    assert all(one["remedy"] for one in status["warnings"])


@pytest.fixture
def timers(tmp_path):
    place = tmp_path / "ttyUSB3"
    place.mkdir()
    (place / "latency_timer").write_text("16\n")
    return tmp_path


class Plain:
    """A port without the low-latency call of Linux."""


def test_the_latency_timer_is_set_and_read_back(timers):
    told = latency.set_latency(Plain(), "/dev/ttyUSB3", timers)
    assert told == {
        "low_latency": False,
        "latency_timer_ms": 1,
        "latency_timer_set": True,
        "latency_timer_refused": "",
    }


def test_a_timer_that_cannot_be_set_is_told_as_it_stands(timers, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_text", refuse)
    told = latency.set_latency(Plain(), "/dev/ttyUSB3", timers)
    assert told["latency_timer_ms"] == 16
    assert not told["latency_timer_set"]
    assert told["latency_timer_refused"] == "Permission denied"
    assert "up to 16 ms" in latency.latency_warning({"url": "x", **told})["what"]


def test_a_port_without_a_timer_has_none(tmp_path):
    told = latency.set_latency(Plain(), "/dev/ttyACM0", tmp_path)
    assert (told["latency_timer_ms"], told["latency_timer_set"]) == (None, False)
    assert latency.latency_warning({"url": "x", "vid_pid": "2341:0043", **told}) is None
    assert port_timer_s({"vid_pid": "2341:0043", **told}) == 0.001
    assert port_timer_s({"vid_pid": "0403:6001", **told}) == 0.016
    assert port_timer_s({"vid_pid": None, **told}) is None


@posix
def test_the_open_frame_tells_of_the_port(real, make_board, tmp_path):
    config = real(make_board())
    Path(config.folder).mkdir()
    recording = Recording(config)
    port = recording.status()["streams"]["box0"]["port"]
    recording.close()
    frames = read_log(tmp_path / "rec" / "capture.log").frames()
    (opened,) = [f.json() for f in frames if f.kind == FrameKind.OPEN]
    assert opened["port"] == port
    assert {"url", "vid_pid", "serial", "latency_timer_ms", "latency_timer_set"} <= port.keys()


@posix
def test_a_device_is_found_by_its_serial_number_at_the_first_opening(
    make_board, tmp_path, monkeypatch
):
    """The name in the configuration is another device's by now."""
    board = make_board()
    known = [
        SimpleNamespace(device=board.name, vid=0x0403, pid=0x6015, serial_number="S7"),
        SimpleNamespace(device="/dev/ttyOTHER", vid=0x0403, pid=0x6015, serial_number="S8"),
    ]
    monkeypatch.setattr(listing.serial_tools, "comports", lambda: known)
    entry = DeviceConfig("box", "labbox", "/dev/ttyOTHER?baud=230400", board.settings, serial="S7")
    recording = Recording(RecorderConfig(str(tmp_path), (entry,)))
    status = recording.status()
    recording.close()
    assert status["streams"]["box"]["port"]["url"] == board.name
    assert status["streams"]["box"]["port"]["serial"] == "S7"
    assert not any("serial number" in one["what"] for one in status["warnings"])


@posix
def test_another_device_in_its_place_is_warned_of_not_refused(make_board, tmp_path, monkeypatch):
    board = make_board()
    known = [SimpleNamespace(device=board.name, vid=0x2341, pid=0x43, serial_number="S9")]
    monkeypatch.setattr(serial_port.serial_tools, "comports", lambda: known)
    entry = DeviceConfig("box", "labbox", board.name, board.settings, serial="S7")
    recording = Recording(RecorderConfig(str(tmp_path), (entry,)))
    warnings = recording.status()["warnings"]
    recording.close()
    (one,) = [w for w in warnings if "serial number" in w["what"]]
    assert "S7" in one["what"]
    assert "S9" in one["remedy"]


def test_a_simulated_device_at_tenfold_speed_is_not_silent(tmp_path, until):
    """A load cell at 10 Hz, 20 times as fast: a second of the host counts, not of the lab."""
    config = RecorderConfig(
        folder=str(tmp_path),
        devices=(DeviceConfig("force", "chronojump", "sim://chronojump?wire=memory"),),
        clock=ClockConfig("scaled", 20.0),
        seed=1,
    )
    recording = Recording(check_config(config))
    try:
        reader = recording._readers[0]
        until(lambda: reader.bytes > 100)
        lab_ns = recording.clock.now_ns() - reader.newest_ns
        assert reader._silence_ns == S
        seen = {recording.status()["streams"]["force"]["state"] for _ in range(200)}
        assert seen == {"open"}, lab_ns
    finally:
        recording.close()


def test_a_full_disk_by_estimate_only_warns(stepped, monkeypatch, until):
    """No guard stops or refuses a recording: it says so and goes on."""
    monkeypatch.setattr(
        disk.shutil, "disk_usage", lambda _: SimpleNamespace(free=1000, total=10**9, used=10**9)
    )
    config = check_config(stepped(wire="memory"))
    Path(config.folder).mkdir()
    recording = Recording(config)
    try:
        recording.advance(1 * S)
        until(lambda: recording.status()["disk_free"] == 1000)
        status = recording.status()
        (warning,) = status["warnings"]
        assert warning["what"] == "the disk is nearly full"
        assert "goes on" in warning["remedy"]
        assert status["state"] == "recording"
        before = status["bytes_written"]
        recording.advance(2 * S)
        assert recording.status()["bytes_written"] > before
    finally:
        recording.close()
    assert [f.kind for f in read_log(Path(config.folder) / "capture.log").frames()][-1] == 6


def test_bytes_of_the_last_second_are_those_of_the_file(tmp_path, monkeypatch):
    from labapp.record.log import LogWriter

    log = LogWriter(tmp_path / "capture.log", {"format": "labapp-log", "version": 1})
    keeper = disk.DiskKeeper(log)
    try:
        keeper.close()
        size = log.path.stat().st_size
        keeper._seen.clear()
        keeper._seen.extend([(10.0, 10), (10.5, 40), (11.2, size)])
        assert keeper.status()["bytes_last_second"] == size - 10
        log.bytes_written += 10**6  # what we believe is not what counts
        assert keeper.status()["bytes_last_second"] == size - 10
        monkeypatch.setattr(keeper, "_begun", keeper._begun - 100.0)
        keeper._free = log.bytes_written * 36
        assert keeper.status()["disk_left_s"] == pytest.approx(3600, rel=0.01)
    finally:
        log.close()


@pytest.mark.parametrize("name", ["labbox", "bitalino", "chronojump"])
def test_every_read_of_a_batch_is_told_to_the_clock(tmp_path, name):
    """As if each had been decoded by itself, losses and frames that are held back included."""
    from labapp import device
    from labapp.model import SampleBlock
    from labapp.record.header import ring_stream
    from labapp.record.live import LiveStream
    from labapp.record.ring import RingWriter

    driver = device.get_driver(name)
    settings = device.parse_settings(driver, {})
    codec = driver.codec(settings)
    n, size = 300, len(codec.channels)
    ticks = np.round(np.arange(n) * 1e6 / codec.rate).astype(np.int64)
    lines = [
        codec.encode(
            SampleBlock(i, np.full((1, size), i % 2, np.int32), ticks[i : i + 1])
            if codec.tick_rate
            else SampleBlock(i, np.full((1, size), i % 2, np.int32))
        )
        for i in range(n)
        if i % 50 not in (33, 34)
    ]
    wire = b"".join(lines)
    rng = np.random.default_rng(2)
    cuts = np.sort(rng.choice(len(wire), 60, replace=False)).tolist()
    pieces = [wire[a:b] for a, b in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
    told = []
    for gather in (True, False):
        entry = DeviceConfig("x", name, "sim://x")
        ring = RingWriter(tmp_path / f"{gather}", [ring_stream(0, entry, codec, 60.0)])
        seen = []
        pace = Pace(codec.rate, "crystal", 0)
        pace.observe = lambda index, stamp, to=seen: to.append((index, stamp))
        live = LiveStream(0, driver.codec(settings), ring, pace)
        for number, piece in enumerate(pieces):
            live.take(piece, 16_000_000 * number)
            if not gather:
                live.flush()
        live.flush()
        ring.close()
        newest = {}
        for index, stamp in seen:  # the clock itself passes over what is no newer
            if index > max(newest.values(), default=-1):
                newest[stamp] = index
        told.append(newest)
    batched, single = told
    assert len(batched) > 30
    assert batched == single
