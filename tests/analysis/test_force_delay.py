"""The delay from muscle to force, against pulls whose delay is known."""

from dataclasses import replace

import numpy as np
import pytest

from labapp.analysis.burst import prepare
from labapp.analysis.clocks import DelayClock
from labapp.analysis.force import Pull
from labapp.analysis.force_delay import (
    FOOT_U_MS,
    START_U_MS,
    beginnings,
    delay_part,
    pooled_onsets,
)
from labapp.analysis.onset import onset_of
from labapp.analysis.pooled import RampTable
from labapp.analysis.pulls import MusclePull

RATE = 1000.0
CLOCK = DelayClock(True, "", 0.0, 0.0)


def table(evidence, onset):
    return RampTable(np.array([evidence], dtype=float), np.array([onset], dtype=float))


def test_ramps_are_weighted_by_all_pulls():
    tables = [table([0.0, np.log(3)], [0.1, 0.2]), table([np.log(3), 0.0], [0.3, 0.5])]
    onsets, u_s = pooled_onsets(tables)
    assert onsets == pytest.approx([0.15, 0.4])
    # Means of 0.2 and 0.35 under the two ramps, each as likely as the other.
    assert u_s == pytest.approx(0.075)


def test_a_ramp_that_was_not_fitted_does_not_count():
    tables = [table([0.0, -np.inf], [0.1, 0.0])] * 5
    onsets, u_s = pooled_onsets(tables)
    assert onsets == pytest.approx([0.1] * 5)
    assert u_s == 0.0


def session(n, delay_s=0.05, seed=7_000_001):
    """Noise bursts of 22 dB that rise softly over 75 ms, and the force 50 ms after each."""
    rng = np.random.default_rng(seed)
    t = np.arange(2500) / RATE
    muscle, force, true = [], [], []
    for _ in range(n):
        onset = 1.2 + 0.1 * rng.random()
        u = np.clip((t - onset) / 0.075, 0, 1)
        x = rng.standard_normal(len(t)) * (1 + 12 * (0.5 - 0.5 * np.cos(np.pi * u)))
        burst = prepare(x, RATE, baseline=(0.4, 0.9), search=(1.0, 2.0), band=None)
        o = onset_of(burst)
        o = replace(o, time=o.time + 10.0, low=o.low + 10.0, high=o.high + 10.0)
        muscle.append(MusclePull(10.0, burst, o))
        foot = 10.0 + onset + delay_s + 0.003 * rng.standard_normal()
        force.append(Pull(foot - 0.003, 200.0, foot + 0.3, foot=foot))
        true.append(1000 * (foot - 10.0 - onset))
    return muscle, force, float(np.mean(true))


def test_the_interval_holds_the_true_delay():
    muscle, force, true = session(10)
    part = delay_part(force, muscle, CLOCK, RATE)
    assert part["n"] == 10
    assert part["low"] < true < part["high"]
    assert part["mean"] == pytest.approx(true, abs=12)
    assert part["method"] == "onsets under the rise that all pulls support"
    assert part["u_ms"] > np.hypot(FOOT_U_MS, START_U_MS)


def test_the_clocks_are_taken_off_and_widen():
    muscle, force, _ = session(6)
    plain = delay_part(force, muscle, CLOCK, RATE)
    other = delay_part(force, muscle, DelayClock(True, "", 0.01, 0.02), RATE)
    assert other["mean"] == pytest.approx(plain["mean"] - 20)
    assert other["u_ms"] ** 2 == pytest.approx(plain["u_ms"] ** 2 + 100)
    assert other["high"] - other["low"] > plain["high"] - plain["low"]


def test_few_pulls_keep_their_own_onsets():
    muscle, force, true = session(3)
    begun = beginnings(muscle)
    assert begun.times == pytest.approx([pull.onset.time for pull in muscle])
    widths = [pull.onset.high - pull.onset.low for pull in muscle]
    assert begun.u_s == pytest.approx(np.median(widths) / 3.92)
    part = delay_part([None, *force[1:]], muscle, CLOCK, RATE)
    assert part["n"] == 2
    assert part["mean"] == pytest.approx(true, abs=20)
    assert part["method"] == "onset of each pull by itself"


def test_without_an_onset_there_is_no_delay():
    muscle, force, _ = session(1)
    lost = [MusclePull(10.0, None, muscle[0].onset)]
    part = delay_part(force, lost, CLOCK, RATE)
    assert part["n"] == 0
    assert np.isnan(part["mean"])


def test_delays_outside_the_plausible_are_counted():
    muscle, force, _ = session(5, delay_s=0.4)
    assert delay_part(force, muscle, CLOCK, RATE)["outside"] == 5
