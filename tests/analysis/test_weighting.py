from dataclasses import replace

import numpy as np
import pytest
from made_emg import BASELINE, SEARCH, trial

from labapp.analysis.burst import prepare
from labapp.analysis.weighting import weighted


def burst(seed, snr=12, rate=1000, **kwargs):
    signal = trial(np.random.default_rng(seed), "noise", snr, **kwargs)
    return prepare(signal, rate, baseline=BASELINE, search=SEARCH)


def rest_and_active(one, y):
    return y[one.baseline[0] : one.baseline[1]], y[one.alarm + 40 : one.alarm + 300]


def test_rest_stays_the_unit():
    one = burst(51)
    rest, _ = rest_and_active(one, weighted(one).y)
    assert np.sqrt(np.mean(np.square(rest))) == pytest.approx(1.0, abs=1e-9)


def test_a_burst_in_a_narrow_band_stands_out_more():
    gains = []
    for seed in range(52, 57):
        one = burst(seed)
        before = np.mean(np.square(rest_and_active(one, one.y)[1]))
        after = np.mean(np.square(rest_and_active(one, weighted(one).y)[1]))
        gains.append(10 * np.log10(after / before))
    assert min(gains) > 1.0


def test_what_is_far_above_the_noise_everywhere_is_left_alone():
    rng = np.random.default_rng(58)
    x = rng.normal(size=4000)
    x[1750:3000] *= 30
    one = prepare(x, 1000, baseline=BASELINE, search=SEARCH, band=None)
    y = weighted(one).y
    span = slice(one.alarm - 200, one.alarm + 300)
    assert np.corrcoef(one.y[span], y[span])[0, 1] > 0.999


def test_the_filter_has_no_delay():
    one = burst(59)
    before, after = one.y[800:2200], weighted(one).y[800:2200]
    both_ways = [
        np.dot(before[20:-20], after[20 + k : len(after) - 20 + k]) for k in range(-20, 21)
    ]
    assert int(np.argmax(both_ways)) == 20


def test_a_burst_at_the_end_of_the_signal_is_left_as_it_is():
    one = replace(burst(60), alarm=3950)
    assert weighted(one) is one
