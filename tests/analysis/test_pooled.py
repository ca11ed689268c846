import math
from dataclasses import replace

import numpy as np
import pytest
from made_emg import BASELINE, SEARCH, trial

from labapp.analysis import AnalysisSettings, onset_order
from labapp.analysis.burst import prepare
from labapp.analysis.gates import _rise_decides
from labapp.analysis.lag import CHECK_EXPONENTS, equalised_fit
from labapp.analysis.pooled import PooledLag, best_log, pooled_lag


def fits(rng, n, rise, *, lead=0.0, shape="linear", snr=20.0):
    made = []
    for _ in range(n):
        x = trial(rng, "noise", snr, 1.75 + lead, shape, rise)
        burst = prepare(x, 1000, baseline=BASELINE, search=SEARCH)
        made.append(equalised_fit(burst, burst.snr_db, CHECK_EXPONENTS))
    return made


@pytest.fixture(scope="module")
def unequal():
    rng = np.random.default_rng(5)
    return fits(rng, 10, 0.05), fits(rng, 10, 0.1)


def test_own_rises_take_the_bias_out_of_the_lag(unequal):
    # The truth is linear in amplitude: exponent 2, equal onsets, rises of 50 and 100 ms.
    found = pooled_lag(*unequal, 2.0, [0.0] * 10)
    assert abs(found.lag) < 0.006
    assert found.rise == pytest.approx((0.05, 0.1), rel=0.35)
    assert found.slower_than(1.0, 0.95)
    assert not found.slower_than(4.0, 0.95)
    wrong = pooled_lag(*unequal, 1.0, [0.0] * 10)
    assert wrong.lag < found.lag - 0.002


def test_swap_and_shift(unequal):
    one = pooled_lag(*unequal, 2.0, [0.0] * 10)
    turned = pooled_lag(unequal[1], unequal[0], 2.0, [0.0] * 10)
    assert turned.lag == pytest.approx(-one.lag, abs=1e-12)
    assert turned.se == pytest.approx(one.se, abs=1e-12)
    assert turned.rise == one.rise[::-1]
    assert turned.slower_than(1.2, 0.9) == one.slower_than(1.2, 0.9)
    later = pooled_lag(*unequal, 2.0, [0.5] * 10)
    assert later.lag == pytest.approx(one.lag + 0.5, abs=1e-12)
    shuffled = [fits_of[::-1] for fits_of in unequal]
    assert pooled_lag(*shuffled, 2.0, [0.0] * 10).se == pytest.approx(one.se, abs=1e-9)


def test_three_pulls_say_nothing(unequal):
    assert pooled_lag(unequal[0][:3], unequal[1][:3], 2.0, [0.0] * 3) is None


def test_parabola_finds_the_peak_between_the_grid():
    x = np.log([0.01, 0.02, 0.03, 0.05, 0.09])
    assert best_log(-np.square(x - math.log(0.025)), x) == pytest.approx(math.log(0.025), abs=0.02)
    assert best_log(x, x) == x[-1]
    assert best_log(-x, x) == x[0]


def check(lag_ms, se_ms, exponent=1.0, rises_ms=(60, 60), rise_se_ms=(10, 10)):
    rise = (rises_ms[0] / 1000, rises_ms[1] / 1000)
    cov = ((rise_se_ms[0] / 1000) ** 2, (rise_se_ms[1] / 1000) ** 2, 0.0)
    return PooledLag(exponent, lag_ms / 1000, se_ms / 1000, 12, rise, cov)


def verdict(checks, lead_ms=-20.0):
    rng = np.random.default_rng(6)
    x = np.stack([0.25 + lead_ms / 1000 + 0.005 * rng.normal(size=12), np.full(12, 0.25)], axis=1)
    return onset_order(x, ("A", "B"), checks={("A", "B"): checks}).pair("A", "B")


def test_a_lead_must_hold_with_own_rises():
    assert verdict((check(-21, 3), check(-19, 4, 2.0))).verdict == "first"
    assert verdict((check(21, 3), check(19, 4, 2.0)), 20.0).verdict == "second"
    for doubtful in (
        (check(-21, 3), check(-6, 4, 2.0)),  # too small
        (check(-21, 3), check(-19, 12, 2.0)),  # too uncertain
        (check(-21, 3), check(19, 4, 2.0)),  # the other way round
        (check(-21, 2), check(-13, 2, 2.0)),  # shrinks the softer the ramp
    ):
        pair = verdict(doubtful)
        assert pair.verdict == "undecided"
        assert "speed of the rise" in pair.reasons[0]
    assert verdict((check(-21, 3), check(-19, 12, 2.0))).n_needed > 12


def test_noise_alone_does_not_close_the_rise_gate():
    settings = AnalysisSettings()
    noisy = (check(-2, 5, 1.0, (62, 30), (18, 6)), check(12, 8, 2.0, (62, 30), (18, 6)))
    assert not _rise_decides(noisy, -0.002, settings)
    sure = tuple(replace(one, rise_cov=(1e-5, 1e-5, 0.0)) for one in noisy)
    assert _rise_decides(sure, -0.002, settings)
    alike = (check(-30, 3), check(-28, 4, 2.0))
    assert not _rise_decides(alike, -0.03, settings)
    assert not _rise_decides((), -0.03, settings)
