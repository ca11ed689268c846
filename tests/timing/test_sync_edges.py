"""Edges of synchronisation pulses, on made signals whose edges are known."""

import numpy as np
import pytest

from labapp.timing.sync_edges import find_digital_edges, find_edges, pulse_starts

WIDTH_S = 0.1


def train(rng, n, first=0.5):
    """Beginnings of pulses, s."""
    return first + np.cumsum(rng.uniform(0.6, 1.4, n))


def grid(rng, starts, rate):
    return np.arange(round((starts[-1] + 1) * rate)) / rate + rng.uniform(0, 1 / rate)


def rounded(t, starts, tau):
    """Pulses through a resistor and a capacitor."""
    x = np.zeros(len(t))
    for start in starts:
        for at, sign in ((start, 1.0), (start + WIDTH_S, -1.0)):
            x += sign * np.where(t >= at, 1 - np.exp(-np.maximum(t - at, 0) / tau), 0.0)
    return x


def bits(t, starts):
    level = np.zeros(len(t))
    for start in starts:
        level[(t >= start) & (t < start + WIDTH_S)] = 1
    return level


@pytest.mark.parametrize(
    ("rate", "noise", "limit_ms"),
    [(250, 0.05, 0.89), (1000, 0.05, 0.15), (1000, 0.01, 0.09), (2000, 0.01, 0.05)],
)
def test_an_analogue_edge_is_as_sharp_as_the_reference(rate, noise, limit_ms):
    errors = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        tau = rng.uniform(0.3e-3, 1e-3)
        starts = train(rng, 12)
        t = grid(rng, starts, rate)
        x = rounded(t, starts, tau) + rng.normal(0, noise, len(t))
        rises, falls = find_edges(t, x, delay_s=tau * np.log(2))
        found = pulse_starts(rises, falls)
        assert len(found) == len(starts)
        errors.extend(found - starts)
    spread = np.array(errors)
    assert np.std(spread) * 1e3 < limit_ms


def test_a_digital_edge_has_the_error_of_its_sampling():
    rng = np.random.default_rng(3)
    starts = train(rng, 300)
    t = grid(rng, starts, 1000)
    found = pulse_starts(*find_digital_edges(t, bits(t, starts)))
    error = found - starts
    assert np.abs(error).max() <= 0.0005 + 1e-9
    assert np.std(error) == pytest.approx(1e-3 / np.sqrt(12), rel=0.1)


def test_drift_spikes_and_slow_rises_are_no_edges():
    rng = np.random.default_rng(1)
    starts = train(rng, 10)
    t = grid(rng, starts, 1000)
    x = rounded(t, starts, 0.5e-3) + rng.normal(0, 0.01, len(t))
    x += 3 * np.sin(2 * np.pi * 0.2 * t)  # a baseline that wanders more than a pulse is high
    x[(starts[4] * 1000).astype(int) + 500] += 2.0  # one wild sample
    ramp = (t > starts[-1] + 0.4) & (t < starts[-1] + 0.6)
    x[ramp] += (t[ramp] - starts[-1] - 0.4) / 0.2  # a muscle or a cable, not an edge
    found = pulse_starts(*find_edges(t, x))
    assert len(found) == len(starts)
    assert np.abs(found - starts).max() < 1.5e-3


def test_edges_next_to_lost_samples_are_left_out():
    rng = np.random.default_rng(2)
    starts = train(rng, 6)
    t = grid(rng, starts, 1000)
    x = rounded(t, starts, 0.3e-3) + rng.normal(0, 0.01, len(t))
    level = bits(t, starts)
    hole = slice(np.searchsorted(t, starts[2]) - 3, np.searchsorted(t, starts[2]) + 4)
    x[hole] = level[hole] = np.nan
    for edges in (find_edges(t, x), find_digital_edges(t, level)):
        found = pulse_starts(*edges)
        assert len(found) == 5
        assert np.abs(found[:, None] - starts).min(axis=1).max() < 1.5e-3


def test_a_wire_the_other_way_round_gives_the_same_pulses():
    rng = np.random.default_rng(4)
    starts = train(rng, 10)
    t = grid(rng, starts, 1000)
    level = bits(t, starts)
    plain, turned = (pulse_starts(*find_digital_edges(t, one)) for one in (level, 1 - level))
    assert np.array_equal(plain, turned)


def test_a_bouncing_contact_is_one_edge():
    t = np.arange(2000) / 1000
    level = np.zeros(2000)
    for start in (300, 1100, 1700):
        level[start : start + 80] = 1
        level[[start + 2, start + 5]] = 0
    rises, _ = find_digital_edges(t, level)
    assert np.allclose(rises, [0.2995, 1.0995, 1.6995])


@pytest.mark.parametrize("x", [np.zeros(500), np.full(500, np.nan), np.zeros(3)])
def test_nothing_gives_nothing(x):
    t = np.arange(len(x)) / 1000
    assert [len(part) for part in (*find_edges(t, x), *find_digital_edges(t, x))] == [0, 0, 0, 0]
