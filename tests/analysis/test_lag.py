import math

import numpy as np
import pytest
from made_emg import BASELINE, SEARCH, trial

from labapp.analysis import onset_lag
from labapp.analysis.burst import prepare
from labapp.analysis.equalise import NoiseBank, noise_equalised_onset
from labapp.errors import LabError


def lag(a, b, rate=1000, **kwargs):
    return onset_lag(a, b, rate, **{"baseline": BASELINE, "search": SEARCH} | kwargs)


def lags(rng, n, snr, *, kind="noise", lead=0.0, rise=(0.05, 0.05)):
    found = [
        lag(
            trial(rng, kind, snr[0], 1.75 + lead, "cos", rise[0]),
            trial(rng, kind, snr[1], 1.75, "cos", rise[1]),
        )
        for _ in range(n)
    ]
    return [one for one in found if math.isfinite(one.lag)]


@pytest.mark.parametrize("kind", ["noise", "granular"])
def test_equal_onsets_unequal_noise_give_no_lead(kind):
    found = lags(np.random.default_rng(31), 12, (26, 12), kind=kind)
    assert len(found) >= 11
    assert abs(np.mean([one.lag for one in found])) < 0.010
    assert np.mean([one.low <= 0 <= one.high for one in found]) >= 0.8


def test_a_true_lead_of_the_weak_channel_is_seen():
    found = lags(np.random.default_rng(32), 12, (12, 26), lead=-0.03)
    assert np.mean([one.lag for one in found]) == pytest.approx(-0.03, abs=0.007)
    assert np.mean([one.p_before for one in found]) > 0.9


def test_equal_noise_lead_and_scatter():
    found = lags(np.random.default_rng(33), 12, (25, 25), lead=0.02)
    values = np.array([one.lag for one in found])
    assert values.mean() == pytest.approx(0.02, abs=0.004)
    assert values.std() < 0.008


def test_swapping_the_channels_turns_the_lag_round():
    rng = np.random.default_rng(34)
    a, b = trial(rng, "noise", 25), trial(rng, "noise", 15, 1.77)
    one, other = lag(a, b), lag(b, a)
    assert one.lag == pytest.approx(-other.lag, abs=1e-9)
    assert one.p_before == pytest.approx(1 - other.p_before, abs=1e-9)


def test_units_of_the_channels_do_not_matter():
    rng = np.random.default_rng(35)
    a, b = trial(rng, "noise", 25), trial(rng, "noise", 15)
    assert lag(a * 1e-6, b * 40.0).lag == pytest.approx(lag(a, b).lag, abs=1e-7)


def test_reasons_name_the_muscle():
    rng = np.random.default_rng(36)
    missing = lag(rng.normal(size=4000), trial(rng, "noise", 20), names=("RM_R", "UT_R"))
    assert missing.state == "not interpretable"
    assert math.isnan(missing.lag)
    assert any(reason.startswith("RM_R: no burst") for reason in missing.reasons)
    weak = lag(trial(rng, "noise", 8.5), trial(rng, "noise", 20), names=("RM_R", "UT_R"))
    assert weak.state == "not interpretable"
    far = lag(trial(rng, "noise", 12), trial(rng, "noise", 38))
    assert far.state == "not interpretable"
    assert any("differ" in reason for reason in far.reasons)


def test_channels_of_different_length_are_refused():
    x = trial(np.random.default_rng(1))
    with pytest.raises(LabError):
        lag(x, x[:-5])


def neq_pair(rng, snr, *, lead=0.0, rise=0.05):
    """Raw and noise-equalised HB3 lags of one pair, ms (domain reference T1 to T3)."""
    bursts = [
        prepare(
            trial(rng, "noise", snr[k], 1.75 + (lead if k == 0 else 0.0), "cos", rise),
            1000,
            baseline=BASELINE,
            search=SEARCH,
        )
        for k in (0, 1)
    ]
    if any(burst.state != "ok" for burst in bursts):
        return math.nan, math.nan
    target = min(burst.snr_db for burst in bursts)
    bank = NoiseBank(rng, 15)
    neq = [noise_equalised_onset(burst, target, bank=bank) for burst in bursts]
    return 1000 * (neq[0].raw - neq[1].raw), 1000 * (neq[0].time - neq[1].time)


def test_t1_raw_hb3_is_biased_and_noise_equalised_is_not():
    rng = np.random.default_rng(41)
    values = np.array([neq_pair(rng, (26, 12)) for _ in range(24)])
    raw, neq = np.nanmedian(values, axis=0)
    assert raw < -10
    assert abs(neq) < 5
    assert np.nanmean(values[:, 0] < 0) > 0.9


def test_t2_true_lead_of_the_weak_channel():
    rng = np.random.default_rng(42)
    values = np.array([neq_pair(rng, (12, 26), lead=-0.03, rise=0.1) for _ in range(24)])
    assert -37 < np.nanmedian(values[:, 1]) < -23


def test_t3_equal_noise_lead():
    rng = np.random.default_rng(43)
    values = np.array([neq_pair(rng, (20, 20), lead=-0.02) for _ in range(24)])
    np.testing.assert_allclose(np.nanmedian(values, axis=0), -20, atol=3)
