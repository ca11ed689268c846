import numpy as np
import pytest
from made_emg import BASELINE, SEARCH, trial

from labapp.analysis import onset_order
from labapp.analysis.burst import prepare
from labapp.analysis.lag import equalised_fit
from labapp.analysis.pooled import (
    BIN_S,
    EQUAL,
    MIDDLES_S,
    POOLED_SHAPES,
    RISES_S,
    SHARPNESS,
    OwnRiseLag,
    between_fitted,
    own_rise_lag,
    ramp_table,
)
from labapp.analysis.posterior import KINDS


def tables(rng, n, rise, *, lead=0.0, shape="linear", snr=20.0):
    made = []
    for _ in range(n):
        x = trial(rng, "noise", snr, 1.75 + lead, shape, rise)
        burst = prepare(x, 1000, baseline=BASELINE, search=SEARCH)
        fit = equalised_fit(burst, burst.snr_db, POOLED_SHAPES, BIN_S, SHARPNESS)
        made.append(ramp_table(fit))
    return made


@pytest.fixture(scope="module")
def unequal():
    rng = np.random.default_rng(5)
    return tables(rng, 12, 0.05), tables(rng, 12, 0.1)


@pytest.fixture(scope="module")
def equal():
    rng = np.random.default_rng(6)
    return tables(rng, 12, 0.05), tables(rng, 12, 0.05)


def test_own_rises_take_the_bias_out_of_the_lag(unequal):
    # Equal onsets; rises of 50 and 100 ms, 40 and 80 ms of them from 10 to 90 %.
    found = own_rise_lag(*unequal, [0.0] * 12)
    assert found.rise == pytest.approx((0.04, 0.08), rel=0.35)
    assert abs(found.lag) < 2 * found.se
    assert 0.002 < found.se < 0.015
    assert found.unequal(1.1) > 0.95
    assert found.unequal(4.0) < 0.05
    assert sum(found.kinds.values()) == pytest.approx(1.0)


def test_a_rise_between_two_fitted_ones_is_found():
    # 25 and 140 ms of this exponential are 15 and 85 ms from 10 to 90 %; 76 and 95 are fitted.
    rng = np.random.default_rng(8)
    fast, slow = (tables(rng, 24, rise, shape="exp") for rise in (0.025, 0.14))
    found = own_rise_lag(fast, slow, [0.0] * 24)
    assert max(found.kinds, key=found.kinds.get) == "exponential"
    assert found.rise == pytest.approx((0.0153, 0.0854), rel=0.15)
    assert abs(found.lag) < 0.007


def test_fits_between_the_fitted_rises():
    for count in (9, len(MIDDLES_S)):
        nodes = np.sqrt(MIDDLES_S[:count])
        matrix = between_fitted(count)
        x = np.sqrt(RISES_S[: len(matrix)])
        assert RISES_S[len(matrix) - 1] <= MIDDLES_S[count - 1] + 1e-12
        assert matrix @ (nodes**3 - nodes) == pytest.approx(x**3 - x, abs=1e-12)


def test_no_number_of_pulls_decides_for_certain_between_curves(unequal):
    """What is wrong about the curves is wrong in every pull alike: 62 pulls' worth at most."""
    fast, slow = unequal
    times = [own_rise_lag(fast * k, slow * k, [0.0] * (12 * k)) for k in (1, 2, 20, 2000)]
    plain = np.add.reduce([t.evidence for t in fast]), np.add.reduce([t.evidence for t in slow])
    for found, worth in zip(
        times, (12, 24 * 62 / 74, 240 * 62 / 290, 24000 * 62 / 24050), strict=True
    ):
        a, b = (np.array(e) * worth / 12 for e in plain)
        size = len(RISES_S)
        prior = (1 - EQUAL) / size**2 + EQUAL / size * np.eye(size)
        log = a[:, :, None] + b[:, None, :] + np.log(prior)
        w = np.exp(log - log.max())
        kinds = w.sum(axis=(1, 2)) / w.sum()
        assert list(found.kinds.values()) == pytest.approx(kinds, abs=1e-9)
    assert times[3].se_ramp == pytest.approx(times[2].se_ramp, rel=0.15)
    assert times[3].se_pulls < times[0].se_pulls / 40


def test_equal_rises_are_not_called_unequal(equal):
    found = own_rise_lag(*equal, [0.0] * 12)
    assert found.unequal(1.5) < 0.5
    assert abs(found.lag) < 0.010


def test_swap_shift_and_shuffle(unequal):
    one = own_rise_lag(*unequal, [0.0] * 12)
    turned = own_rise_lag(unequal[1], unequal[0], [0.0] * 12)
    assert turned.lag == pytest.approx(-one.lag, abs=1e-12)
    assert turned.se == pytest.approx(one.se, abs=1e-12)
    assert turned.rise == pytest.approx(one.rise[::-1], abs=1e-12)
    assert turned.unequal(1.5) == pytest.approx(one.unequal(1.5), abs=1e-12)
    later = own_rise_lag(*unequal, [0.5] * 12)
    assert later.lag == pytest.approx(one.lag + 0.5, abs=1e-12)
    shuffled = own_rise_lag(unequal[0][::-1], unequal[1][::-1], [0.0] * 12)
    assert shuffled.se == pytest.approx(one.se, abs=1e-12)


def test_three_pulls_say_nothing(unequal):
    assert own_rise_lag(unequal[0][:3], unequal[1][:3], [0.0] * 3) is None


def own(lag_ms, ramp_ms, pulls_ms=1.0):
    size = len(RISES_S)
    joint = np.full((size, size), 1 / size**2)
    kinds = dict.fromkeys(KINDS, 1 / len(KINDS))
    return OwnRiseLag(
        lag_ms / 1000, ramp_ms / 1000, pulls_ms / 1000, 12, (0.05,) * 2, (0.01,) * 2, kinds, joint
    )


def pair(check, lead_ms=-20.0):
    rng = np.random.default_rng(6)
    x = np.stack([0.25 + lead_ms / 1000 + 0.005 * rng.normal(size=12), np.full(12, 0.25)], axis=1)
    return onset_order(x, ("A", "B"), own={("A", "B"): check}).pair("A", "B")


def test_a_lead_must_hold_with_own_rises():
    assert pair(own(-21, 3)).verdict == "first"
    assert pair(own(21, 3), 20.0).verdict == "second"
    for doubtful in (own(-6, 3), own(-19, 12), own(19, 3)):
        found = pair(doubtful)
        assert found.verdict == "undecided"
        assert "speed of the rise" in found.reasons[0]
    assert pair(own(-19, 12)).n_needed > 12


def test_muscles_that_differ_with_own_rises_are_not_simultaneous():
    assert pair(own(-4, 3), 0.0).verdict == "simultaneous"
    assert pair(own(-4, 15), 0.0).verdict == "simultaneous"
    found = pair(own(-20, 3), 0.0)
    assert found.verdict == "undecided"
    assert "speed of the rise" in found.reasons[0]
