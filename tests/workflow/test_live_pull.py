"""The look at one pull during a recording, held against the truth and the session's analysis."""

from types import SimpleNamespace

import numpy as np
import pytest

from labapp.model import ChannelInfo
from labapp.session.file import open_session
from labapp.workflow import live_pull
from labapp.workflow.live_levels import LiveLevels
from labapp.workflow.live_pull import look_at_pull, ready_s

ACTIVE_PERCENT = 5.0
"""What the window's gauge calls active; rest must stay below it."""


class SessionSource:
    """A finished session in the place of a live ring, up to a moment of its own time."""

    def __init__(self, session, until_s=1e9):
        self.session, self.until_s = session, until_s
        self.streams = tuple(session.streams.values())

    def newest(self, stream):
        one = self.session.streams[stream]
        return min(one.n, int((self.until_s - self.start_s(stream)) * one.rate))

    def start_s(self, stream):
        return float(self.session.streams[stream].clock.time(0.0))

    def read(self, stream, first, stop):
        one = self.session.streams[stream]
        begin, end = one.clock.time(np.array([first, stop - 1.0]))
        values = self.session.values(stream, begin - 0.2 / one.rate, end + 0.2 / one.rate)
        assert len(values) == stop - first
        valid = np.isfinite(values).all(axis=1)
        scale = np.array([c.scale for c in one.channels])
        offset = np.array([c.offset for c in one.channels])
        counts = np.where(np.isfinite(values), np.round(values / scale + offset), 0)
        return counts.astype(np.int32), valid


@pytest.fixture
def session(recorded, request):
    with open_session(recorded(request.param).path) as opened:
        yield opened


def fast_pulls(document):
    """Pulls whose onsets the analysis used."""
    return [rep for rep in document["repetitions"] if rep["block"] == "fast" and rep["valid"]]


@pytest.mark.parametrize("session", ["rhomboid_leads_30ms"], indirect=True)
def test_each_pull_says_what_the_analysis_finds(session, recorded):
    document = recorded("rhomboid_leads_30ms").document
    source = SessionSource(session)
    lags, differences = [], []
    for rep in fast_pulls(document):
        look = look_at_pull(source, rep["cue_s"])
        assert look.asked == "RM_R"
        assert set(look.lags) == {"UT_R", "MT_R", "LT_R"}
        lags += [lag.lag * 1e3 for lag in look.lags.values() if lag.state == "ok"]
        assert look.light != "later"
        for muscle, onset in look.onsets.items():
            told = rep["onsets"][muscle]
            if told["state"] == onset.state == "ok":
                differences.append(abs(onset.time - told["time_s"]) * 1e3)
    assert np.mean(lags) == pytest.approx(-30, abs=5)
    assert np.median(differences) < 1.0


def made_pull(rng, snr_db):
    """A device whose muscles start together at 2.3 s, at these signal-to-noise ratios."""
    n, rate = 6000, 1000.0
    t = np.arange(n) / rate
    ramp = np.clip((t - 2.3) / 0.03, 0, 1) * (t < 4.0)
    columns = []
    for decibels in snr_db.values():
        power = 1.0 + (10 ** (decibels / 10) * ramp if decibels is not None else 0.0)
        columns.append(30 * np.sqrt(power) * rng.normal(size=n))
    channels = tuple(
        ChannelInfo(code, "emg", "V", 1e-7, 0.0, -(2**23), 2**23 - 1, code) for code in snr_db
    )
    return Bench(SimpleNamespace(id="emg", rate=rate, channels=channels), np.column_stack(columns))


class Bench:
    """One device whose samples are all there."""

    def __init__(self, stream, values):
        self.streams, self.counts = (stream,), np.round(values).astype(np.int32)

    def newest(self, stream):
        return len(self.counts)

    def start_s(self, stream):
        return 0.0

    def read(self, stream, first, stop):
        return self.counts[first:stop], np.ones(stop - first, dtype=bool)


@pytest.mark.parametrize("session", ["rhomboid_leads_30ms"], indirect=True)
def test_samples_after_the_last_that_is_needed_change_nothing(session, recorded, monkeypatch):
    pulls = fast_pulls(recorded("rhomboid_leads_30ms").document)
    source = SessionSource(session)
    looks = [look_at_pull(source, rep["cue_s"]) for rep in pulls]
    monkeypatch.setattr(live_pull, "AFTER_S", 1.0)
    for early, rep in zip(looks, pulls, strict=True):
        late = look_at_pull(source, rep["cue_s"])
        assert (early.light, early.told, early.reasons) == (late.light, late.told, late.reasons)
        for muscle, onset in early.onsets.items():
            assert onset.time == pytest.approx(late.onsets[muscle].time, abs=1e-5, nan_ok=True)
            assert onset.snr_db == pytest.approx(late.onsets[muscle].snr_db, abs=0.01)
        for muscle, lag in early.lags.items():
            assert lag.lag == pytest.approx(late.lags[muscle].lag, abs=1e-5, nan_ok=True)
            assert lag.high == pytest.approx(late.lags[muscle].high, abs=1e-5, nan_ok=True)


def test_a_cleaner_electrode_does_not_turn_the_light_on():
    rng = np.random.default_rng(8)
    snr = {"RM_R": 26.0, "UT_R": 13.0}
    lights = [look_at_pull(made_pull(rng, snr), 2.0).light for _ in range(40)]
    assert lights.count("cannot tell") <= 2
    assert lights.count("first") + lights.count("later") <= 5  # a 95 % interval errs in 2 of 40
    assert abs(lights.count("first") - lights.count("later")) <= 4


def test_a_silent_muscle_is_a_reason_and_no_lag():
    look = look_at_pull(made_pull(np.random.default_rng(1), {"RM_R": None, "UT_R": 20.0}), 2.0)
    assert look.light == "cannot tell"
    assert look.told is None
    assert any("RM_R" in reason for reason in look.reasons)
    assert look.onsets["UT_R"].state == "ok"


@pytest.mark.parametrize("session", ["rhomboid_leads_30ms"], indirect=True)
def test_before_the_samples_are_there_nothing_is_timed(session, recorded):
    cue = fast_pulls(recorded("rhomboid_leads_30ms").document)[0]["cue_s"]
    look = look_at_pull(SessionSource(session, until_s=cue + 0.1), cue)
    assert look.light == "cannot tell"
    assert {onset.state for onset in look.onsets.values()} == {"not_measurable"}
    assert ready_s(cue) > cue + 2.0


@pytest.mark.parametrize("session", ["rhomboid_leads_30ms"], indirect=True)
def test_levels_are_those_of_the_session_in_percent_of_its_reference(session, recorded):
    document = recorded("rhomboid_leads_30ms").document
    levels = LiveLevels(SessionSource(session))
    assert all(level.percent is None for level in levels.levels().values())
    for rep in session.repetitions:
        if rep["pull"] == "reference":
            levels.take_reference(rep["cue_s"], rep["cue_s"] + 6.0)
    for muscle, reference in document["reference"]["muscles"].items():
        assert levels.references[muscle] * 1e6 == pytest.approx(reference["value_uv"], rel=0.03)
    held = []
    for rep in fast_pulls(document):
        begin, end = rep["phases"]["hold"]
        if end - begin < 0.25:
            continue
        # The muscle relaxes some 50 ms before its force does: look at the middle.
        levels._source = SessionSource(session, until_s=(begin + end) / 2 + 0.125)
        held.append(levels.levels()["UT_R"].percent)
    assert np.mean(held) == pytest.approx(
        document["amplitudes"]["UT_R"]["hold"]["percent"], rel=0.15
    )
    levels._source = SessionSource(session, until_s=fast_pulls(document)[0]["cue_s"] - 0.2)
    assert all(level.percent < ACTIVE_PERCENT for level in levels.levels().values())


@pytest.mark.parametrize("session", ["rhomboid_leads_30ms"], indirect=True)
def test_a_reference_that_is_left_out_counts_no_more(session):
    cues = [rep["cue_s"] for rep in session.repetitions if rep["pull"] == "reference"]
    levels = LiveLevels(SessionSource(session))
    levels.take_reference(cues[0], cues[0] + 6.0)
    first = dict(levels.references)
    levels.leave_out(cues[1])  # before it was taken in: it never counts
    levels.take_reference(cues[1], cues[1] + 6.0)
    assert levels.references == first
    levels.leave_out(cues[0])
    assert levels.references == {}
    assert {level.percent for level in levels.levels().values()} == {None}
