import math

import numpy as np
import pytest
from scipy.stats import chi2

from labapp.analysis.variability import (
    coefficient_of_variation,
    ensemble,
    spread_change,
    time_normalised,
)
from labapp.errors import LabError


def test_cv_and_its_interval():
    rng = np.random.default_rng(1)
    x = 50 + 5 * rng.normal(size=15)
    found = coefficient_of_variation([*x, math.nan])
    k = x.std(ddof=1) / x.mean()
    assert found.percent == pytest.approx(100 * k)
    assert found.n == 15
    # Vangel 1996, equation for the modified McKay interval.
    for limit, tail in ((found.low, 0.975), (found.high, 0.025)):
        u = chi2.ppf(tail, 14)
        assert limit == pytest.approx(100 * k / math.sqrt(((u + 2) / 15 - 1) * k**2 + u / 14))
    hits = 0
    for _ in range(600):
        one = coefficient_of_variation(50 + 5 * rng.normal(size=10))
        hits += one.low <= 10 <= one.high
    assert 0.93 < hits / 600 < 0.97


def test_cv_states():
    assert math.isnan(coefficient_of_variation([5.0]).percent)
    assert coefficient_of_variation([5.0, 5.0, 5.0]).percent == 0
    for bad in ([-1.0, 2.0], [math.inf, 1.0], [[1.0, 2.0]], ["a"]):
        with pytest.raises(LabError):
            coefficient_of_variation(bad)


def test_cmc_by_its_formula():
    rng = np.random.default_rng(2)
    y = np.sin(np.linspace(0, 3, 101)) + 0.2 * rng.normal(size=(6, 101))
    n, points = y.shape
    within = sum((y[r, t] - y[:, t].mean()) ** 2 for r in range(n) for t in range(points))
    overall = sum((y[r, t] - y.mean()) ** 2 for r in range(n) for t in range(points))
    wanted = math.sqrt(1 - within / (points * (n - 1)) / (overall / (n * points - 1)))
    found = ensemble(y)
    assert found.cmc == pytest.approx(wanted, abs=1e-12)
    assert found.mesd == pytest.approx(y.std(axis=0, ddof=1).mean())
    assert found.mean == pytest.approx(y.mean(axis=0))
    assert found.n == 6


def test_cmc_limits():
    curve = np.sin(np.linspace(0, 3, 101))
    assert ensemble(np.tile(curve, (4, 1))).cmc == pytest.approx(1.0)
    opposite = np.stack([np.sin(np.linspace(0, 6, 101)), -np.sin(np.linspace(0, 6, 101))])
    assert math.isnan(ensemble(opposite).cmc)
    for bad in (np.zeros((1, 101)), np.zeros(101), np.full((3, 5), np.nan), [["a"]]):
        with pytest.raises(LabError):
            ensemble(bad)


def test_time_normalised():
    assert time_normalised([0.0, 1.0, 2.0]) == pytest.approx(np.linspace(0, 2, 101))
    assert len(time_normalised(np.arange(777.0))) == 101
    for bad in ([1.0], [1.0, math.nan], np.zeros((3, 3))):
        with pytest.raises(LabError):
            time_normalised(bad)


def test_change_of_spread():
    rng = np.random.default_rng(3)
    a = rng.normal(size=20)
    found = spread_change(a, 2 * a + 5)
    assert found.log_ratio == pytest.approx(math.log(2))
    half = 1.96 * math.sqrt(2 / (2 * 19))
    assert (found.low, found.high) == pytest.approx((math.log(2) - half, math.log(2) + half))
    for bad in ([1.0, 2.0], [1.0, 1.0, 1.0], [1.0, 2.0, math.nan]):
        with pytest.raises(LabError):
            spread_change(a, bad)
