"""What a session says of its clocks, and segments where arrival times step."""

import json

import numpy as np
import pytest

from labapp.record.log import FrameKind
from labapp.session.build import build_session
from labapp.session.check import check_session
from labapp.session.file import open_session

LABBOX = {"channels": 2, "rate": 1000.0}
HX711 = {"rate": 80.0}


class Arriving:
    """A made-up stream whose port says something, and whose bytes come later from some time on."""

    def __init__(self, stream, *, port=None, after_s=1e9, later_s=0.0, cut_s=()):
        self.driver, self.settings, self.montage = stream.driver, stream.settings, stream.montage
        self._stream, self._port = stream, port or {}
        self._after_s, self._later_s, self._cut_s = after_s, later_s, cut_s

    def frames(self):
        rng = np.random.default_rng(self._stream.seed)
        for kind, t, data in self._stream.frames():
            if kind is FrameKind.OPEN:
                yield kind, t, json.dumps({"segment": 0, "port": self._port}).encode()
                continue
            late = self._later_s if t > self._after_s else 0.0
            if any(begin <= t < end for begin, end in self._cut_s):
                continue
            yield kind, t + late + rng.exponential(3e-4), data


def built(tmp_path, make_log, **streams):
    report = build_session(make_log(tmp_path, streams), tmp_path / "s.h5")
    assert [f for f in check_session(tmp_path / "s.h5") if f.level == "error"] == []
    return report


def test_timing_of_a_stream(tmp_path, make_log, wire):
    slow = Arriving(wire("labbox", LABBOX, ppm=-60, read_s=0.013), port={"latency_timer_ms": 16})
    fine = Arriving(wire("chronojump", {}, read_s=0.0125), port={"latency_timer_ms": 1})
    beating = Arriving(wire("labbox", {"channels": 1, "rate": 62.5}), port={"vid_pid": "0403:6001"})
    built(tmp_path, make_log, slow=slow, fine=fine, beating=beating, bare=wire("labbox", LABBOX))
    with open_session(tmp_path / "s.h5") as session:
        stream = session.streams["slow"]
        assert stream.timing["latency_timer_ms"] == 16.0
        assert stream.timing["rate_ppm"] == pytest.approx(60, abs=30)
        assert stream.timing["spread_ms"] == pytest.approx(stream.clock.spread_s * 1e3)
        assert "latency timer was 16 ms" in stream.timing["state"]
        assert session.streams["fine"].beat_s == 0.0
        assert session.streams["fine"].clock_kind == "rc"
        assert session.streams["beating"].beat_s == pytest.approx(0.016)
        assert session.streams["bare"].timing["latency_timer_ms"] is None
        told = {note["id"] for _, note in session.notes if note["event"] == "timing"}
        assert told == {"slow", "beating"}
    found = {(one.level, one.place) for one in check_session(tmp_path / "s.h5")}
    assert ("warn", "slow") in found
    assert ("warn", "beating") in found
    assert not [one for one in found if one[1] in ("fine", "bare") and one[0] == "warn"]


def test_lost_lines_that_nobody_counted_begin_a_segment(tmp_path, make_log, wire):
    """Lines without a counter: half a second that never came shows in the times alone."""
    stream = wire("hx711", HX711, seconds=20.0, read_s=0.0125)
    report = built(tmp_path, make_log, force=Arriving(stream, cut_s=((9.0, 9.5),)))
    account = report.streams["force"]
    assert account.segments == 2
    assert account.received + account.outage == pytest.approx(1600, abs=3)
    with open_session(tmp_path / "s.h5") as session:
        times = session.times("force")
        sent = 0.5 + np.arange(len(times)) / 80.0
        edge = np.abs(np.arange(len(times)) / 80.0 + 0.5 - 9.25) < 0.35
        delay = (times - sent)[~edge]
        assert np.ptp(delay) < 0.5 / 80.0
        step = [note for _, note in session.notes if note["event"] == "clock step"]
        assert step[0]["step_ms"] == pytest.approx(500, abs=20)


def test_counted_loss_is_no_step_and_a_later_link_is(tmp_path, make_log, wire):
    stream = wire("labbox", LABBOX, seconds=20.0, lost=((9000, 9400),))
    assert built(tmp_path, make_log, emg=Arriving(stream)).streams["emg"].segments == 1
    (tmp_path / "later").mkdir()
    for seconds, name in ((0.02, "later"), (-0.02, "sooner")):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        later = Arriving(stream, after_s=10.7, later_s=seconds)
        report = built(folder, make_log, emg=later)
        assert report.streams["emg"].segments == 2
        with open_session(folder / "s.h5") as session:
            part = session.streams["emg"]
            assert part.received + part.lost + part.outage == part.n
            second = int(part.segments["base"][1])
            assert second == pytest.approx(10_200 + 1 + max(0, 1000 * seconds), abs=25)
            times = session.times("emg")
            first = times[:second] - np.arange(second) / 1000
            assert np.ptp(first[: second - 30]) < 0.6e-3
            values = session.values("emg")
            truth = stream.samples(20_000) * part.channels[0].scale
            there = ~np.isnan(values[:, 0])
            kept = np.ones(20_000, bool)
            kept[9000:9400] = False
            np.testing.assert_array_equal(values[there], truth[kept])


def test_a_step_of_a_device_with_its_own_stamps(tmp_path, make_log, wire):
    stream = wire("chronojump", {}, seconds=20.0, read_s=0.0125)
    later = Arriving(stream, after_s=10.0, later_s=0.3)
    report = built(tmp_path, make_log, force=later)
    assert report.streams["force"].segments == 2
    assert report.streams["force"].received == 1600
    with open_session(tmp_path / "s.h5") as session:
        times = session.times("force")
        assert np.all(np.diff(times) > 0)
        assert np.ptp(times[:750] - np.arange(750) / 80) < 2e-3
        assert times[-1] - times[0] == pytest.approx(1599 / 80 + 0.3, abs=5e-3)


def test_a_crystal_that_wanders_is_treated_as_rc(tmp_path, make_log, wire):
    stream = wire("labbox", {"channels": 1, "rate": 100.0}, seconds=150.0, read_s=0.01)

    class Wandering(Arriving):
        def frames(self):
            for kind, t, data in super().frames():
                yield kind, t + 0.02 * np.sin(t / 20.0), data

    built(tmp_path, make_log, emg=Wandering(stream))
    with open_session(tmp_path / "s.h5") as session:
        part = session.streams["emg"]
        assert part.clock_kind == "rc"
        assert len(part.segments) == 1
        times = session.times("emg")
        t = 0.5 + np.arange(len(times)) / 100.0
        assert np.ptp(times - t - 0.02 * np.sin(t / 20.0)) < 2e-3


def test_a_silence_that_a_burst_makes_good_takes_nothing(tmp_path, make_log, wire):
    """All samples of 3.3 s come at once, late, and the device goes: its counter goes on."""
    stream = wire("bitalino", {"inputs": [1, 2]}, seconds=16.2)

    class Held(Arriving):
        def frames(self):
            held = [(t >= 13.4, frame) for frame in super().frames() for t in frame[1:2]]
            yield from (frame for late, frame in held if not late)
            waiting = b"".join(data for late, (_, _, data) in held if late)
            for number in range(0, len(waiting), self.size):
                at = 16.73 + self.pause_s * number / self.size
                yield FrameKind.DATA, at, waiting[number : number + self.size]

    for number, (size, pause_s) in enumerate(((1024, 1e-3), (4096, 1e-3), (60, 2e-3))):
        folder = tmp_path / str(number)
        folder.mkdir()
        held = Held(stream)
        held.size, held.pause_s = size, pause_s
        account = built(folder, make_log, emg=held).streams["emg"]
        assert (account.received, account.lost, account.outage) == (16_200, 0, 0)
        assert account.segments == 1
        warned = [one.text for one in check_session(folder / "s.h5") if one.level == "warn"]
        assert warned == ["1 gap whose length or place is not certain"]
        with open_session(folder / "s.h5") as session:
            times = session.times("emg")
        np.testing.assert_allclose(times, 0.5 + np.arange(16_200) / 1000, atol=3e-3)
