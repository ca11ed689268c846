import numpy as np
import pytest

from labapp.analysis.filters import (
    band_pass,
    bridge_short_gaps,
    envelope,
    high_pass,
    low_pass,
)
from labapp.errors import LabError


def gain_db(filtered, plain):
    middle = slice(len(plain) // 4, 3 * len(plain) // 4)
    return 20 * np.log10(filtered[middle].std() / plain[middle].std())


def tone(frequency, rate, seconds=8.0):
    return np.sin(2 * np.pi * frequency * np.arange(int(seconds * rate)) / rate)


@pytest.mark.parametrize("rate", [1000, 2000, 2148.1])
def test_band_pass_is_minus_3_db_at_both_corners(rate):
    for corner in (20.0, 450.0):
        x = tone(corner, rate)
        assert gain_db(band_pass(x, rate), x) == pytest.approx(-3.01, abs=0.05)


def test_upper_corner_is_limited_for_slow_devices():
    x = tone(0.45 * 500, 500)
    assert gain_db(band_pass(x, 500), x) == pytest.approx(-3.01, abs=0.05)


def test_low_and_high_pass_corners():
    x = tone(50.0, 1000)
    assert gain_db(low_pass(x, 1000, 50.0), x) == pytest.approx(-3.01, abs=0.05)
    assert gain_db(high_pass(x, 1000, 50.0), x) == pytest.approx(-3.01, abs=0.05)


def test_band_pass_has_no_delay():
    x = np.zeros(2001)
    x[1000] = 1.0
    y = band_pass(x, 1000)
    assert int(np.argmax(np.abs(y))) == 1000
    np.testing.assert_allclose(y[900:1000], y[1100:1000:-1], atol=1e-6)


def test_gap_is_never_filtered_across():
    rng = np.random.default_rng(1)
    x = rng.normal(size=3000) + 5.0
    x[1000:1050] = np.nan
    y = band_pass(x, 1000)
    assert np.isnan(y[1000 - 125 : 1050 + 125]).all()
    assert np.isfinite(y[:875]).all()
    assert np.isfinite(y[1175:]).all()
    other = x.copy()
    other[1050:] += 1000.0
    np.testing.assert_array_equal(band_pass(other, 1000)[:875], y[:875])


def test_short_parts_between_gaps_are_dropped_and_tiny_gaps_bridged():
    x = np.random.default_rng(2).normal(size=2000)
    x[500:510] = np.nan
    x[600:610] = np.nan
    assert np.isnan(band_pass(x, 1000)[510:600]).all()
    y = np.arange(10.0)
    y[4:7] = np.nan
    np.testing.assert_allclose(bridge_short_gaps(y, 1000), np.arange(10.0))
    y = np.arange(12.0)
    y[4:8] = np.nan
    assert np.isnan(bridge_short_gaps(y, 1000)[4:8]).all()


def test_columns_are_filtered_alike():
    x = np.random.default_rng(3).normal(size=(1500, 3))
    np.testing.assert_allclose(band_pass(x, 1000)[:, 1], band_pass(x[:, 1], 1000))


def test_the_envelope_of_a_constant_is_its_size():
    assert envelope(np.full(500, -2.0), 1000)[250] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("signal", "rate"),
    [
        ([], 1000),
        (np.zeros((2, 2, 2)), 1000),
        (["a"], 1000),
        (np.zeros(10), 0),
        (np.zeros(10), float("nan")),
        (np.zeros(100), 40),
    ],
)
def test_bad_input_is_refused(signal, rate):
    with pytest.raises(LabError):
        band_pass(signal, rate)
