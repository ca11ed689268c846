"""Intervals of medians, shares and shapes: exact where they can be, covering where not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from labapp.analysis.intervals import median_interval, shape_intervals, share_interval
from labapp.analysis.statistics import jeffreys
from labapp.analysis.variability import ensemble
from labapp.errors import LabError

FEW = settings(max_examples=30, deadline=None, derandomize=True)


@pytest.mark.parametrize(("n", "k"), [(6, 1), (8, 1), (9, 2), (12, 3), (20, 6), (30, 10)])
def test_median_interval_runs_between_the_right_order_statistics(n, k):
    found = median_interval(np.arange(1, n + 1))
    assert (found.value, found.low, found.high, found.n) == ((n + 1) / 2, k, n + 1 - k, n)
    assert 1 - 2 * stats.binom.cdf(k - 1, n, 0.5) >= 0.95
    assert 1 - 2 * stats.binom.cdf(k, n, 0.5) < 0.95


def test_too_few_values_have_a_median_without_limits():
    found = median_interval([3.0, 1.0, math.nan, 2.0, 5.0, 4.0])
    assert (found.value, found.n) == (3.0, 5)
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert median_interval([math.nan]).n == 0
    for bad in ("text", [[1.0, 2.0]], None):
        with pytest.raises(LabError):
            median_interval(bad)


@FEW
@given(st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=15), st.floats(0.01, 100), st.randoms())
def test_median_interval_moves_with_its_values(values, scale, shuffle):
    one = median_interval(values)
    mixed = [3.0 - scale * value for value in values]
    shuffle.shuffle(mixed)
    other = median_interval(mixed)
    assert one.low <= one.value <= one.high
    assert (other.low, other.high) == pytest.approx((3 - scale * one.high, 3 - scale * one.low))


def test_share_interval_is_jeffreys():
    found = share_interval(0.8, 10)
    assert (found.low, found.high) == pytest.approx(jeffreys(8, 10), abs=1e-12)
    half = share_interval(0.75, 10)
    assert jeffreys(7, 10)[0] < half.low < jeffreys(8, 10)[0]
    assert math.isnan(share_interval(0.5, 0).low)
    with pytest.raises(LabError):
        share_interval(1.2, 10)


def curves(rng, n):
    bumps = np.exp(-0.5 * ((np.linspace(0, 1, 51) - np.linspace(0, 1, 12)[:, None]) / 0.06) ** 2)
    base = 50 * np.sin(np.pi * np.linspace(0, 1, 51)) * (1 + 0.1 * rng.normal(size=(n, 1)))
    return base + 8 * rng.normal(size=(n, 12)) @ bumps


def test_shape_intervals_cover_the_truth():
    rng = np.random.default_rng(1)
    truth = ensemble(curves(rng, 5000))
    hits = np.zeros(2)
    for _ in range(300):
        found = shape_intervals(curves(rng, 10))
        hits += (
            found.cmc.low <= truth.cmc <= found.cmc.high,
            found.mesd.low <= truth.mesd <= found.mesd.high,
        )
    # Three standard errors of 300 sets around 95 %.
    assert hits / 300 == pytest.approx([0.95, 0.95], abs=0.038)


def test_shape_intervals_need_four_repetitions_and_do_not_depend_on_their_order():
    y = curves(np.random.default_rng(2), 6)
    one, other = shape_intervals(y), shape_intervals(3 * y[::-1])
    assert (one.cmc.low, one.cmc.high) == pytest.approx((other.cmc.low, other.cmc.high))
    assert other.mesd.high == pytest.approx(3 * one.mesd.high)
    assert one.cmc.value == ensemble(y).cmc
    few = shape_intervals(y[:3])
    assert few.cmc.n == 3
    assert math.isnan(few.cmc.low)
    assert math.isnan(shape_intervals(np.tile(y[0], (5, 1))).mesd.low)
