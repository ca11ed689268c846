"""The bound on what any method could know: its parts against closed forms, and what it forbids."""

import information as info
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm


def shifted(d):
    """Delta of two normal distributions of SD 1, `d` apart, by numerical integration."""

    def density(x):
        p, q = norm.pdf(x), norm.pdf(x, d)
        return (p - q) ** 2 / (p + q)

    return quad(density, -10, 10 + d)[0]


@pytest.mark.parametrize("d", [0.1, 0.5, 1.0, 2.0, 4.0])
def test_no_bound_exceeds_what_an_unbiased_estimator_reaches(d):
    # The sample itself is unbiased for the mean, with an SD of 1; nearby the bound is sharp.
    least = info.least_sd(d, shifted(d))
    assert least <= 1
    assert least == pytest.approx(1, rel=d**2 / 3 + 1e-6)


def test_equal_signals_leave_no_method_and_unlike_ones_no_bound():
    assert info.least_sd(10, 2.0) == 0
    assert info.least_sd(-3, 0.1) == 0
    assert info.least_sd(10, 1e-6) > 5000


def test_overlap_and_log_ratios_of_two_variances():
    rng = np.random.default_rng(3)
    n, ratio = 5, 2.0
    p, q = np.eye(n), ratio * np.eye(n)
    # Bhattacharyya: sqrt(2 s1 s2 / (s1^2 + s2^2)) per sample.
    assert info.log_overlap(p, q) == pytest.approx(n / 2 * np.log(2 * np.sqrt(2) / 3))
    assert info.log_overlap(p, p) == 0
    under_p, under_q = info.log_ratios(p, q, 40_000, rng)
    error = 4 * under_p.std() / 200
    assert under_p.mean() == pytest.approx(n / 2 * (1 / ratio - 1 + np.log(ratio)), abs=error)
    assert under_q.mean() == pytest.approx(-n / 2 * (ratio - 1 - np.log(ratio)), abs=2 * error)
    # Both expectations of the same divergence, and its bound by the overlap.
    delta = info.divergence(under_p, under_q)
    assert 0 < delta <= 2 * (1 - np.exp(2 * info.log_overlap(p, q)))


def test_misses_of_many_pulls_are_those_of_the_best_test():
    rng = np.random.default_rng(4)
    d = 0.1  # SDs between the means of one pull; 200 pulls are d * sqrt(200) apart
    x = rng.standard_normal(20_000)
    under_p, under_q = d * x + d**2 / 2, d * x - d**2 / 2
    best = norm.cdf(-d * np.sqrt(info.PULLS) / 2)
    assert info.least_misses(under_p, under_q, rng) == pytest.approx(best, abs=0.02)


def test_ratio_is_that_of_the_band():
    # 10 log10(1 + power in the band) by the definition of the active RMS.
    band = info.butterworth(info._F, *info.EMG_BAND_HZ, 4) ** 2
    assert info.power(10.0) == pytest.approx(9 * band.mean(), rel=0.02)


def test_small_bias_and_small_scatter_exclude_each_other_at_10_db():
    # Rise and strength told; promised are 12 ms of scatter with at most 7 ms of bias.
    one, _ = info.bound(10.0, True, pairs=(("cosine", "exponential"),), step_ms=36.0, draws=1500)
    assert (one.curve, one.rival.shape) == ("cosine", "exponential")
    assert one.sd_ms > 14
