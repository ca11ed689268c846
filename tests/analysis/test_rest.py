"""Rest is never taken from a repetition, and where it comes from is said."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from led_sets import led_session
from made_emg import recording

from labapp.analysis import analyse_recording
from labapp.analysis.amplitude import quiet_rest
from labapp.analysis.pulls import filtered
from labapp.analysis.rest import baseline_windows, busy_spans, rest_of
from labapp.analysis.settings import AnalysisSettings
from labapp.report.methods_parts import rest_words

SETTINGS = AnalysisSettings()


def cut(inputs, first, stop):
    """Keep what was recorded between two times, with its repetitions."""
    emg = []
    for one in inputs.emg:
        part = (one.times >= first) & (one.times < stop)
        emg.append(replace(one, values=one.values[part], times=one.times[part]))
    inside = [r for r in inputs.repetitions if r.cue_s is not None and first <= r.cue_s < stop]
    return replace(inputs, emg=emg, force=None, repetitions=inside)


def rests(inputs):
    busy = busy_spans(inputs.repetitions)
    channels = {one.muscle: filtered(one, SETTINGS) for one in inputs.emg}
    return {m: rest_of(c, inputs.repetitions, busy, SETTINGS) for m, c in channels.items()}


def close(rest, truth_uv):
    return rest.level == pytest.approx(1e-6 * truth_uv, rel=0.05)


@pytest.fixture(scope="module")
def led():
    return led_session(0, sets=1)


def test_a_set_led_by_a_metronome_gives_the_rest_before_it_and_its_reference(led):
    """Of 14 baselines a side (3 + 8, and the first of each set), those in the sets are no rest."""
    document = analyse_recording(led.inputs)
    for muscle, one in document["rest"].items():
        assert one["source"] == "baselines"
        assert (one["n"], one["left_out"]) == (4, 7)
        assert one["value_uv"] == pytest.approx(led.rest_uv[muscle], rel=0.05)
        assert document["reference"]["muscles"][muscle]["n"] == 3
    checks = [row for row in document["quality"] if row["check"] in ("noise", "snr", "baseline")]
    assert [row["check"] for row in checks] == ["noise"] * 2  # nothing about the work of before
    for row in checks:
        assert row["value"] == pytest.approx(led.rest_uv[row["channel"]], rel=0.05)
    assert rest_words(document) == (
        " (the median over the 4 baselines that lie outside every repetition)"
    )


@pytest.mark.parametrize(
    "seeds", [range(1, 4), pytest.param(range(4, 24), marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_the_interval_of_right_over_left_holds_the_truth(seeds):
    hits, logs = 0, []
    for seed in seeds:
        made = led_session(seed, sets=1)
        found = analyse_recording(made.inputs)["asymmetry"]["RM"]["hold"]
        truth = 100 * math.log(made.held["RM_R"] / made.held["RM_L"])
        assert truth == pytest.approx(100 * math.log(1.4), abs=2)
        hits += found["low"] < truth < found["high"]
        logs.append(found["percent"] - truth)
    assert hits >= len(seeds) - 1
    assert np.mean(logs) == pytest.approx(0, abs=6 if len(seeds) < 10 else 2.5)


def test_without_rest_before_cues_it_comes_from_the_pauses(led):
    """One set alone: one baseline lies outside it, which shows nothing; what follows is rest."""
    work = [r for r in led.inputs.repetitions if r.block == "R.1"]
    alone = cut(led.inputs, work[0].cue_s - 0.25, led.inputs.emg[0].times[-1])
    assert {r.block for r in alone.repetitions} == {"R.1"}
    for muscle, rest in rests(alone).items():
        assert rest.source == "pauses"
        assert rest.left_out == len(work) - 1  # the recording begins too late for the first
        assert len(rest.windows) > 5
        assert close(rest, led.rest_uv[muscle])
    told = analyse_recording(alone)["rest"]
    assert {one["source"] for one in told.values()} == {"pauses"}
    assert "quiet half seconds of the pauses" in rest_words({"rest": told})


def test_where_nobody_rested_that_is_said_and_nothing_is_counted(led):
    work = [r for r in led.inputs.repetitions if r.block == "R.1"]
    middle = cut(led.inputs, work[0].cue_s + 4.0, work[-1].cue_s + 2.0)
    reference = [replace(r, pull="reference") for r in middle.repetitions[:2]]
    middle = replace(middle, repetitions=[*reference, *middle.repetitions[2:]])
    document = analyse_recording(middle)
    for muscle in ("RM_R", "RM_L"):
        assert document["rest"][muscle]["source"] == "none"
        assert document["rest"][muscle]["value_uv"] is None
        assert document["amplitudes"][muscle]["hold"]["n"] == 0
    mine = document["reference"]["muscles"]["RM_R"]
    assert mine["value_uv"] is None
    assert mine["reason"] == "no quiet rest to correct for"
    told = [row for row in document["quality"] if row["check"] == "rest"]
    assert [row["level"] for row in told] == ["bad"] * 2
    assert rest_words(document) == ""


def test_a_weight_held_before_the_set_is_not_rest(led):
    """The beginning of both sets is as loud as the work: the references' rest is left."""
    emg = []
    starts = [r.cue_s for r in led.inputs.repetitions if r.tempo and r.number == 1]
    for one in led.inputs.emg:
        values = one.values.copy()
        for start in starts:
            values[(one.times > start - 3) & (one.times < start)] *= 3
        emg.append(replace(one, values=values))
    for muscle, rest in rests(replace(led.inputs, emg=emg)).items():
        assert rest.source == "baselines"
        assert len(rest.windows) == 6
        assert close(rest, led.rest_uv[muscle])


@pytest.mark.parametrize("cued", [True, False])
def test_pulls_that_begin_relaxed_keep_the_rest_before_every_cue(cued):
    """Digit for digit the median over all baselines, and no word about it in the document."""
    muscles = {"RM_R": (24, -0.010, 0.05, "cos"), "UT_R": (24, 0.010, 0.05, "cos")}
    inputs = recording(np.random.default_rng(3), muscles, n=9, reference=False, kind="noise")
    if not cued:
        bare = [replace(r, cue_s=None, block="", source="force") for r in inputs.repetitions]
        inputs = replace(inputs, repetitions=bare, repetition_source="force")
    for one in inputs.emg:
        channel = filtered(one, SETTINGS)
        every = [window for _, window in baseline_windows(channel, inputs.repetitions, SETTINGS)]
        assert len(every) == 9
        found = rest_of(channel, inputs.repetitions, busy_spans(inputs.repetitions), SETTINGS)
        assert found.level == quiet_rest(channel.x, one.rate, every)
        assert found.windows == tuple(every)
    document = analyse_recording(inputs)
    assert "rest" not in document
    assert document["order"]["pairs"]["RM_R-UT_R"]["n"] == 9


def test_a_force_that_never_comes_back_does_not_take_all_rest():
    """The cell drifts: each pull seems to last to the next one; the muscles rest all the same."""
    muscles = {"RM_R": (24, 0.0, 0.05, "cos")}
    inputs = recording(np.random.default_rng(5), muscles, n=6, reference=False, kind="noise")
    reps = list(inputs.repetitions)
    last = [b.force_onset_s for b in reps[1:]] + [inputs.emg[0].times[-1]]
    drifted = [replace(r, force_off_s=t, end_s=t) for r, t in zip(reps, last, strict=True)]
    found = rests(replace(inputs, repetitions=drifted))["RM_R"]
    assert found == rests(inputs)["RM_R"]
    assert found.left_out == 0


def test_the_force_of_a_set_is_counted_from_the_rest_before_it(led):
    """Steady holds of 60 % of 250 N; a metronome leaves no rest that an onset could be told by."""
    document = analyse_recording(led.inputs)
    rows = document["repetitions"]
    assert len(rows) == 16
    assert [row["force_peak_n"] for row in rows] == pytest.approx([155.0] * 16, rel=0.03)
    assert not any(row["reasons"] for row in rows)
    force = document["force"]
    assert force["hold"]["mean_n"]["mean"] == pytest.approx(150.0, rel=0.01)
    assert force["rfd"]["0-100"]["n"] <= 2  # the first of each set
    assert force["tare"]["range_n"] < 0.5
    # The force begins 250 ms after the beat: 200 to react, and 50 from the muscle to the cell.
    assert force["tempo"]["asynchrony_ms"]["mean"] == pytest.approx(250, abs=50)
