from dataclasses import replace

import numpy as np
import pytest

from labapp.errors import LabError
from labapp.model import Marker
from labapp.trials.repetitions import Cue, cues_from_markers, find_repetitions

RATE = 80


def force_of(pulls, seconds=40.0, rate=RATE, noise=0.3, seed=1):
    """Pulls as (onset, length, peak) above a 10 N tare, rise 0.2 s."""
    t = np.arange(int(seconds * rate)) / rate
    f = 10 + noise * np.random.default_rng(seed).normal(size=len(t))
    for onset, length, peak in pulls:
        f += peak * np.clip((t - onset) / 0.2, 0, 1) * np.clip((onset + length - t) / 0.2, 0, 1)
    return t, f


def cues_at(*times, pull="fast"):
    return [Cue(time, "fast", k + 1, pull, 2.0) for k, time in enumerate(times)]


def test_each_cue_gets_its_pull():
    t, f = force_of([(5.3, 2, 300), (15.25, 2, 320), (25.4, 2, 280)])
    found = find_repetitions(t, f, cues_at(5, 15, 25))
    assert [rep.valid for rep in found] == [True] * 3
    for rep, onset in zip(found, (5.3, 15.25, 25.4), strict=True):
        assert rep.force_onset_s == pytest.approx(onset, abs=0.05)
        assert rep.hold_start_s == pytest.approx(onset + 0.14, abs=0.06)
        assert rep.hold_end_s == pytest.approx(onset + 2 - 0.14, abs=0.06)
        assert rep.force_off_s == pytest.approx(onset + 2, abs=0.08)
        assert rep.force_onset_s < rep.peak_s < rep.force_off_s
        assert rep.source == "cue+force"


def test_missed_cue_and_missing_pull():
    t, f = force_of([(5.3, 2, 300), (20.0, 2, 300)])
    found = find_repetitions(t, f, cues_at(5, 30))
    assert [rep.valid for rep in found] == [True, True, False]
    assert found[1].cue_s is None
    assert found[1].reasons == ("pull without a cue",)
    assert found[2].reasons == ("no pull followed the cue",)
    assert [rep.index for rep in found] == [0, 1, 2]


def test_a_tug_between_slow_pulls_is_none_of_them():
    """Where fast pulls were asked for too, a pull without a cue still counts as one."""
    t, f = force_of([(5.3, 3, 300), (14.0, 0.5, 300), (20.3, 3, 300)])
    slow = [replace(cue, pull="ramp", hold_s=2.0) for cue in cues_at(5, 20)]
    found = find_repetitions(t, f, slow)
    assert [(rep.pull, rep.valid) for rep in found] == [
        ("ramp", True), ("ramp", False), ("ramp", True)
    ]  # fmt: skip
    assert found[1].reasons == ("pull without a cue",)
    mixed = find_repetitions(t, f, [slow[0], *cues_at(20)])
    assert [(rep.pull, rep.valid) for rep in mixed] == [
        ("ramp", True), ("fast", True), ("fast", True)
    ]  # fmt: skip
    references = [replace(cue, pull="reference") for cue in cues_at(5, 20)]
    assert find_repetitions(t, f, references)[1].pull == "fast"


def test_double_pull_takes_the_first():
    t, f = force_of([(5.3, 1, 300), (6.8, 1, 300), (15.3, 2, 300)])
    found = find_repetitions(t, f, cues_at(5, 15))
    assert len(found) == 2
    assert found[0].force_onset_s == pytest.approx(5.3, abs=0.05)
    assert "pulled twice" in found[0].reasons[0]
    assert found[0].valid


def test_tension_before_the_cue():
    t, f = force_of([(5.3, 2, 300), (15.3, 2, 300)])
    f[(t > 14) & (t < 15.35)] += 45
    found = find_repetitions(t, f, cues_at(5, 15))
    assert found[0].reasons == ()
    assert not found[1].valid
    assert any("tension" in reason for reason in found[1].reasons)


def test_early_pull_is_invalid():
    t, f = force_of([(4.9, 2, 300), (15.3, 2, 300)])
    found = find_repetitions(t, f, cues_at(5, 15))
    assert not found[0].valid
    assert "before the cue" in found[0].reasons[0]


def test_rejected_cue():
    t, f = force_of([(5.3, 2, 300)])
    markers = [
        Marker(5.0, "cue", {"block": "fast", "repetition": 1, "pull": "fast", "hold_s": 2}),
        Marker(8.0, "reject", {}),
        Marker(15.0, "cue", {"block": "fast", "repetition": 2, "pull": "fast"}),
        Marker(16.0, "note", {}),
        Marker(17.0, "redo", {"block": "other", "repetition": 2}),
    ]
    cues = cues_from_markers(markers)
    assert [cue.rejected for cue in cues] == [True, False]
    found = find_repetitions(t, f, cues)
    assert not found[0].valid
    assert "rejected by the operator" in found[0].reasons


@pytest.mark.parametrize("series", [(None, None), force_of([(5.3, 2, 300), (15.3, 2, 300)])])
def test_a_rejected_cue_says_why_with_and_without_a_force(series):
    cues = [
        Cue(5.0, "fast", 1, rejected=True, remark="tense before the cue"),
        Cue(15.0, "fast", 2, rejected=True, reject_reason="done again"),
    ]
    first, second = find_repetitions(*series, cues)
    assert first.reasons == ("rejected by the operator", "tense before the cue")
    assert second.reasons == ("done again",)
    assert (first.valid, second.valid) == (False, False)


def test_cues_alone_give_timed_windows():
    found = find_repetitions(None, None, cues_at(5, 15))
    assert [rep.source for rep in found] == ["cue", "cue"]
    assert found[0].force_onset_s is None
    assert found[0].hold_start_s < found[0].hold_end_s


def test_force_alone():
    t, f = force_of([(5.3, 2, 300), (15.3, 2, 300)])
    found = find_repetitions(t, f, ())
    assert [rep.source for rep in found] == ["force", "force"]
    assert all(rep.valid and rep.reasons == () for rep in found)


def test_emg_alone_says_so():
    t = np.arange(0, 30, 0.01)
    level = 1 + 0.05 * np.random.default_rng(2).normal(size=len(t))
    for onset in (5, 15, 25):
        level[(t > onset) & (t < onset + 2)] += 10
    found = find_repetitions(None, None, (), activity=(t, level))
    assert len(found) == 3
    assert all("EMG alone" in rep.reasons[0] for rep in found)
    assert found[0].cue_s == pytest.approx(4.7, abs=0.05)


def test_rest_and_nothing_hold_no_pull():
    t, f = force_of([])
    assert find_repetitions(t, f, ()) == ()
    assert [rep.valid for rep in find_repetitions(t, f, cues_at(5))] == [False]
    assert find_repetitions(None, None, ()) == ()
    flat = np.ones(1000)
    assert find_repetitions(None, None, (), activity=(np.arange(1000.0), flat)) == ()


def test_lost_force_and_cue_outside_the_force():
    t, f = force_of([(5.3, 2, 300), (15.3, 2, 300)])
    f[(t > 5.9) & (t < 6.4)] = np.nan
    found = find_repetitions(t, f, cues_at(5, 15, 60))
    assert any("lost" in reason for reason in found[0].reasons)
    assert found[0].valid
    assert "not recorded" in found[2].reasons[0]


@pytest.mark.parametrize(
    ("time", "force"),
    [(None, [1.0]), ([1.0], None), ([0.0, 1.0], [1.0]), ([1.0, 0.0, 2.0], [1.0, 2.0, 3.0])],
)
def test_series_that_do_not_fit_are_refused(time, force):
    with pytest.raises(LabError):
        find_repetitions(time, force, ())


def curve(parts, seconds=20.0, rate=500, noise=0.2, seed=4):
    """Force from (onset, stop, level) steps with 50 ms flanks, above a 10 N tare."""
    t = np.arange(int(seconds * rate)) / rate
    f = 10 + noise * np.random.default_rng(seed).normal(size=len(t))
    for onset, stop, level in parts:
        f += level * np.clip((t - onset) / 0.05, 0, 1) * np.clip((stop - t) / 0.05, 0, 1)
    return t, f


@pytest.mark.parametrize(("depth", "valid"), [(6.0, True), (30.0, False)])
def test_a_counter_movement_is_named_and_a_deep_one_spoils_the_timing(depth, valid):
    t, f = curve([(5.2, 5.32, -depth), (5.32, 7.0, 300.0), (15.3, 17.0, 300.0)])
    first, second = find_repetitions(t, f, cues_at(5, 15))
    assert first.valid is valid
    assert any("counter-movement" in reason for reason in first.reasons)
    assert second.valid
    assert second.reasons == ()


def test_a_false_start_is_not_taken_for_the_pull():
    t, f = curve([(5.2, 5.5, 100.0), (5.9, 7.5, 300.0), (15.3, 17.0, 300.0)])
    first, second = find_repetitions(t, f, cues_at(5, 15))
    assert not first.valid
    assert any("false start: 33 % of the pull" in reason for reason in first.reasons)
    assert second.valid


def led(*times):
    return [
        Cue(time, "work", k + 1, "ramp", 2.0, tempo=(2.0, 2.0, 3.0)) for k, time in enumerate(times)
    ]


def test_a_led_repetition_has_the_phases_of_its_beats():
    t, f = force_of([(5.3, 6.5, 200), (13.2, 6.5, 200)])
    f[(t > 12) & (t < 13.3)] += 40  # the weight does not hang slack
    found = find_repetitions(t, f, led(5.0, 13.0))
    for rep, cue in zip(found, (5.0, 13.0), strict=True):
        assert rep.valid
        assert (rep.begin_s, rep.hold_start_s, rep.hold_end_s, rep.end_s) == (
            cue,
            cue + 2,
            cue + 4,
            cue + 7,
        )
        assert rep.force_onset_s == pytest.approx(cue + 0.25, abs=0.15)
        assert rep.tempo == (2.0, 2.0, 3.0)
    assert any("tension" in reason for reason in found[1].reasons)


def test_without_force_the_beats_tell_the_phases():
    (found,) = find_repetitions(None, None, led(5.0))
    assert (found.begin_s, found.hold_start_s, found.hold_end_s, found.end_s) == (5, 7, 9, 12)
    assert found.force_onset_s is None


def test_pulls_that_fill_the_recording_keep_their_onsets():
    times = [2.0 + 8 * k for k in range(4)]
    t, f = force_of([(time + 0.2, 7.0, 200) for time in times], seconds=34)
    found = find_repetitions(t, f, led(*times))
    assert [rep.valid for rep in found] == [True] * 4
    for rep, time in zip(found, times, strict=True):
        assert rep.force_onset_s == pytest.approx(time + 0.2, abs=0.05)


def test_emg_bursts_have_their_phases_and_bridge_a_dip():
    t = np.arange(0, 30, 0.01)
    level = 1 + 0.05 * np.random.default_rng(2).normal(size=len(t))
    for onset in (5, 15):
        rise = np.clip((t - onset) / 0.5, 0, 1) * np.clip((onset + 3 - t) / 0.5, 0, 1)
        level += 10 * rise
    level[(t > 6.2) & (t < 6.4)] = 1.0
    level[(t > 25) & (t < 25.05)] += 10  # a twitch
    found = find_repetitions(None, None, (), activity=(t, level))
    assert len(found) == 2
    for rep, onset in zip(found, (5, 15), strict=True):
        assert rep.begin_s == pytest.approx(onset + 0.1, abs=0.06)
        assert rep.end_s == pytest.approx(onset + 2.9, abs=0.06)
        assert rep.hold_start_s == pytest.approx(onset + 0.25, abs=0.06)
        assert rep.hold_end_s == pytest.approx(onset + 2.75, abs=0.06)
        assert rep.force_onset_s is None


def test_a_submaximal_reference_is_told_from_a_maximal_one():
    data = {"pull": "reference", "reference": "submaximal", "level": 0.3}
    cues = cues_from_markers(
        [Marker(5.0, "cue", data), Marker(15.0, "cue", {"pull": "reference", "tempo_s": 3})]
    )
    assert [cue.pull for cue in cues] == ["submaximal", "reference"]
    assert cues[1].tempo is None
