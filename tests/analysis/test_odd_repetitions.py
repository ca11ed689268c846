"""One session with every oddity of a person who pulls: each is named, and the lag stays true."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_emg import recording

from labapp.analysis import analyse_recording
from labapp.trials.repetitions import Cue, find_repetitions

RATE = 1000
MISSED, ABSENT, TWICE, TENSE, DIPPED, EARLY = 1, 3, 5, 7, 9, 10
LEAD_MS = -20.0


@pytest.fixture(scope="module")
def odd():
    """Twelve pulls; six of them are odd in a way of their own."""
    muscles = {"RM_R": (24, -0.010, 0.05, "cos"), "UT_R": (24, 0.010, 0.05, "cos")}
    inputs = recording(np.random.default_rng(3), muscles, n=12, reference=False)
    force, t = inputs.force.values.copy(), inputs.force.times
    cues = [Cue(r.cue_s, "fast", k + 1, "fast", 1.0) for k, r in enumerate(inputs.repetitions)]
    onset = [r.force_onset_s for r in inputs.repetitions]

    def between(start, stop):
        return (t >= start) & (t < stop)

    pull = between(onset[ABSENT] - 0.3, onset[ABSENT] + 2.5)
    force[pull] = 0.2 * np.random.default_rng(1).normal(size=int(pull.sum()))
    again = between(onset[TWICE], onset[TWICE] + 1.2)
    later = between(onset[TWICE] + 1.55, onset[TWICE] + 2.75)
    n = min(int(again.sum()), int(later.sum()))
    force[np.flatnonzero(later)[:n]] += 0.9 * force[np.flatnonzero(again)[:n]]
    force[between(cues[TENSE].time - 0.9, onset[TENSE])] += 45.0
    force[between(onset[DIPPED] - 0.15, onset[DIPPED] - 0.02)] -= 30.0
    cues[EARLY] = replace(cues[EARLY], time=onset[EARLY] + 0.1)
    del cues[MISSED]
    found = find_repetitions(t, force, cues)
    return replace(inputs, repetitions=found, force=replace(inputs.force, values=force))


def by_number(odd):
    return {rep.number: rep for rep in odd.repetitions if rep.cue_s is not None}


def test_every_oddity_is_named_and_only_what_spoils_the_timing_is_left_out(odd):
    reps = by_number(odd)
    expected = {
        ABSENT: ("no pull followed the cue", False),
        TWICE: ("pulled twice", True),
        TENSE: ("tension before the cue", False),
        DIPPED: ("counter-movement", False),
        EARLY: ("before the cue", False),
    }
    for k, (words, valid) in expected.items():
        rep = reps[k + 1]
        assert words in " ".join(rep.reasons), (k, rep.reasons)
        assert rep.valid == valid, (k, rep.reasons)
    free = [rep for rep in odd.repetitions if rep.cue_s is None]
    assert [rep.reasons for rep in free] == [("pull without a cue",)]
    assert free[0].valid
    odd_ones = {one + 1 for one in (*expected, MISSED)}
    assert all(rep.valid and not rep.reasons for n, rep in reps.items() if n not in odd_ones)


def test_the_lag_of_the_others_is_the_true_one(odd):
    document = analyse_recording(odd)
    pair = document["order"]["pairs"]["RM_R-UT_R"]
    assert pair["n"] == 8  # 12, less the four whose timing is spoilt
    assert pair["lag_ms"] == pytest.approx(LEAD_MS, abs=6)
    assert pair["low_ms"] < LEAD_MS < pair["high_ms"]
    states = [rep["onsets"]["RM_R"]["state"] for rep in document["repetitions"]]
    assert states.count("ok") == 8
    for rep in document["repetitions"]:
        assert rep["valid"] or rep["reasons"]
