import math

import numpy as np
import pytest

from labapp.analysis import activation_ratio
from labapp.analysis.amplitude import corrected_amplitude
from labapp.errors import LabError


def test_geometric_mean_and_symmetry():
    a, b = np.array([10.0, 20.0, 40.0]), np.array([5.0, 10.0, 20.0])
    assert activation_ratio(a, b).ratio == pytest.approx(2.0)
    noisy = a * np.exp([0.1, -0.1, 0.05])
    one, other = activation_ratio(noisy, b), activation_ratio(b, noisy)
    assert one.ratio == pytest.approx(1 / other.ratio)
    assert one.low == pytest.approx(1 / other.high)
    assert one.low < one.ratio < one.high


def test_interval_covers():
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(1000):
        r = activation_ratio(30 * np.exp(0.3 * rng.normal(size=8)), np.full(8, 20.0))
        hits += r.low <= 1.5 <= r.high
    assert 0.93 < hits / 1000 < 0.97


def test_reference_uncertainty_widens_and_does_not_average_out():
    a, b = np.full(50, 30.0), np.full(50, 20.0)
    sure, unsure = activation_ratio(a, b), activation_ratio(a, b, reference_log_sd=0.1)
    assert sure.high == pytest.approx(1.5)
    assert unsure.high == pytest.approx(1.5 * math.exp(0.2), rel=0.01)


def test_missing_values_are_not_imputed():
    a = np.full(10, 30.0)
    b = np.array([20.0] * 8 + [math.nan, 1.0])
    assert activation_ratio(a, b).n == 8
    b[7] = 0.0
    withheld = activation_ratio(a, b)
    assert withheld.state == "not estimable"
    assert math.isnan(withheld.ratio)
    assert "3 of 10" in withheld.text
    assert activation_ratio([], []).state == "not estimable"


@pytest.mark.parametrize(("a", "b"), [([1.0], [1.0, 2.0]), ([-1.0], [1.0]), ([math.inf], [1.0])])
def test_bad_amplitudes_are_refused(a, b):
    with pytest.raises(LabError):
        activation_ratio(a, b)


def test_noise_power_is_taken_off():
    assert corrected_amplitude(5.0, 3.0) == pytest.approx(4.0)
    assert math.isnan(corrected_amplitude(3.2, 3.0))
