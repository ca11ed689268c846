"""Force plate: centre of pressure by hand, sway of known paths, the prediction ellipse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from labapp.analysis import plate
from labapp.errors import LabError

A, B = 0.20, 0.15
CORNERS = [(-A, B), (A, B), (-A, -B), (A, -B)]


def loads(x, y, weight):
    """Cell forces of a weight at x, y: sharing by the lever rule both ways."""
    x, y, weight = np.broadcast_arrays(np.atleast_1d(x), y, weight)
    right, front = (1 + x / A) / 2, (1 + y / B) / 2
    shares = [(1 - right) * front, right * front, (1 - right) * (1 - front), right * (1 - front)]
    return np.stack(shares, axis=1) * weight[:, None]


def test_the_formulas_of_the_domain():
    fl, fr, rl, rr = 100.0, 250.0, 150.0, 300.0
    got = plate.centre_of_pressure([[fl, fr, rl, rr]], CORNERS)
    assert got.fz[0] == 800.0
    assert got.x[0] == pytest.approx(A * ((fr + rr) - (fl + rl)) / 800.0, rel=1e-15)
    assert got.y[0] == pytest.approx(B * ((fl + fr) - (rl + rr)) / 800.0, rel=1e-15)
    assert got.left_percent == pytest.approx(31.25)
    assert got.front_percent == pytest.approx(43.75)


def test_a_weight_anywhere_is_found_where_it_is():
    rng = np.random.default_rng(1)
    x, y = rng.uniform(-A, A, 500), rng.uniform(-B, B, 500)
    got = plate.centre_of_pressure(loads(x, y, 700.0), CORNERS)
    np.testing.assert_allclose(got.x, x, atol=1e-12)
    np.testing.assert_allclose(got.y, y, atol=1e-12)
    np.testing.assert_allclose(got.fz, 700.0)


def test_cells_in_any_order_and_off_centre():
    places = [(0.30, -0.1), (-0.25, 0.2), (0.28, 0.22), (-0.3, -0.15)]
    for i, place in enumerate(places):
        force = np.zeros((1, 4))
        force[0, i] = 100.0
        got = plate.centre_of_pressure(force, places)
        assert (got.x[0], got.y[0]) == pytest.approx(place)


def test_below_the_threshold_it_is_undefined_not_zero():
    forces = loads(0.05, 0.0, np.array([700.0, 69.0, 71.0, 0.0, -5.0, 700.0]))
    got = plate.centre_of_pressure(forces, CORNERS, threshold=70.0)
    assert np.isnan(got.x).tolist() == [False, True, False, True, True, False]
    np.testing.assert_array_equal(np.isnan(got.x), np.isnan(got.y))
    assert np.isfinite(got.fz).all()
    by_weight = plate.centre_of_pressure(loads(0.0, 0.0, np.r_[np.full(99, 700.0), 60.0]), CORNERS)
    assert by_weight.threshold == pytest.approx(0.1 * (99 * 700 + 60) / 100)
    assert np.flatnonzero(np.isnan(by_weight.x)).tolist() == [99]


def test_an_empty_plate_has_no_centre():
    got = plate.centre_of_pressure(np.random.default_rng(2).normal(0, 0.5, (100, 4)), CORNERS)
    assert got.threshold == plate.LEAST_LOAD_N
    assert np.isnan(got.x).all()
    assert math.isnan(got.left_percent)


def test_a_missing_sample_of_one_cell_is_missing_for_all():
    forces = loads(0.0, 0.0, np.full(5, 700.0))
    forces[2, 1] = np.nan
    got = plate.centre_of_pressure(forces, CORNERS)
    assert np.isnan(got.fz).tolist() == [False, False, True, False, False]
    assert np.isnan(got.x).tolist() == [False, False, True, False, False]


@pytest.mark.parametrize(
    ("forces", "places"),
    [
        ([[1.0, 2.0, 3.0]], CORNERS),
        ([1.0, 2.0, 3.0, 4.0], CORNERS),
        ([[1.0] * 4], [(0, 0), (1, 1), (2, 2), (3, 3)]),
        ([[1.0] * 4], [(0, 0), (1, 0), (0, 1), (math.nan, 1)]),
    ],
)
def test_what_is_no_plate_is_refused(forces, places):
    with pytest.raises(LabError):
        plate.centre_of_pressure(forces, places)


def test_the_ellipse_of_the_domain():
    assert plate.ellipse_area([[4, 1.5], [1.5, 9]]) == pytest.approx(109.35, abs=0.005)


@pytest.mark.parametrize("n", [3, 4, 10, 100, 1000, 100_000])
def test_the_ellipse_constant_is_that_of_f(n):
    k = 2 * (n - 1) * (n + 1) / (n * (n - 2)) * stats.f.ppf(0.95, 2, n - 2)
    assert plate.ellipse_area(np.eye(2), n) == pytest.approx(math.pi * k, rel=1e-9)
    if n == 1000:
        assert k == pytest.approx(6.02, abs=0.005)


def test_ninety_five_percent_of_new_points_fall_into_the_ellipse():
    rng = np.random.default_rng(3)
    spread = np.linalg.cholesky([[4, 1.5], [1.5, 9]])
    inside = 0
    for _ in range(2000):
        points = rng.normal(size=(13, 2)) @ spread.T
        known, new = points[:-1], points[-1]
        cov = np.cov(known.T)
        away = new - known.mean(axis=0)
        k = plate.ellipse_area(cov, 12) / (math.pi * math.sqrt(np.linalg.det(cov)))
        inside += away @ np.linalg.solve(cov, away) <= k
    assert inside / 2000 == pytest.approx(0.95, abs=0.015)


def test_sway_on_a_circle():
    rate, radius, hz = 200.0, 0.010, 0.5
    t = np.arange(int(95 * rate)) / rate
    x, y = 0.03 + radius * np.cos(math.tau * hz * t), radius * np.sin(math.tau * hz * t)
    got = plate.sway(x, y, rate)
    assert got.n == 90 * 200
    assert got.duration_s == pytest.approx(90.0, abs=0.01)
    assert got.path_mm == pytest.approx(math.tau * 10 * 45, rel=1e-3)
    assert got.velocity_mm_s == pytest.approx(math.tau * 10 * hz, rel=1e-3)
    assert got.range_ml_mm == pytest.approx(20.0, rel=1e-3)
    assert got.rms_ap_mm == pytest.approx(10 / math.sqrt(2), rel=1e-3)
    assert got.ellipse_mm2 == pytest.approx(math.pi * 5.9915 * 50, rel=2e-3)
    assert got.bridged == 0


def test_the_low_pass_takes_noise_out_of_the_path():
    rng = np.random.default_rng(4)
    x, y = rng.normal(0, 0.001, (2, 20_000))
    raw = plate.sway(x, y, 200.0, low_pass_hz=None)
    smooth = plate.sway(x, y, 200.0)
    assert smooth.path_mm < raw.path_mm / 5


def test_short_gaps_are_bridged_and_told_long_ones_refused():
    rate = 100.0
    t = np.arange(6000) / rate
    x, y = 0.01 * np.sin(t), 0.02 * np.cos(0.7 * t)
    whole = plate.sway(x, y, rate)
    holes = x.copy()
    holes[[1000, 1001, 2000]] = np.nan
    got = plate.sway(holes, y, rate)
    assert got.bridged == 3
    assert got.path_mm == pytest.approx(whole.path_mm, rel=1e-3)
    holes[3000:3011] = np.nan
    with pytest.raises(LabError, match=r"0\.11 s"):
        plate.sway(holes, y, rate)
    holes[:] = np.nan
    with pytest.raises(LabError):
        plate.sway(holes, y, rate)


def test_romberg_and_what_cannot_be_measured():
    rng = np.random.default_rng(5)
    x, y = rng.normal(0, 0.002, (2, 2000))
    calm = plate.sway(x, y, 100.0)
    assert plate.romberg(calm, plate.sway(2 * x, 2 * y, 100.0)) == pytest.approx(4.0)
    still = plate.sway(np.zeros(2000), np.zeros(2000), 100.0)
    with pytest.raises(LabError):
        plate.romberg(still, calm)
    with pytest.raises(LabError, match="100 Hz"):
        plate.sway(x, y, 80.0)
    with pytest.raises(LabError, match="shape"):
        plate.sway(x, y[:-1], 100.0)
    with pytest.raises(LabError, match="longer"):
        plate.sway(x[:500], y[:500], 100.0)
    with pytest.raises(LabError):
        plate.ellipse_area(np.eye(3))


def test_the_affine_correction_of_a_crooked_plate():
    true = np.array([(x, y) for x in (-0.15, 0.0, 0.15) for y in (-0.1, 0.0, 0.1)])
    wrong = true @ np.array([[0.96, 0.02], [-0.01, 1.03]]).T + np.array([0.004, -0.003])
    found = plate.cop_correction(wrong, true)
    assert not found.accepted
    assert found.rmse_before_mm > 5
    assert found.rmse_after_mm == pytest.approx(0, abs=1e-9)
    x, y = found.apply(wrong[:, 0], wrong[:, 1])
    np.testing.assert_allclose(np.stack([x, y], axis=1), true, atol=1e-12)
    rng = np.random.default_rng(9)
    good = plate.cop_correction(true + rng.normal(0, 0.001, true.shape), true)
    assert good.accepted
    assert good.rmse_after_mm < good.rmse_before_mm
    for measured, places in ((wrong[:5], true[:5]), (wrong[:6], true), (wrong * np.nan, true)):
        with pytest.raises(LabError):
            plate.cop_correction(measured, places)
    with pytest.raises(LabError, match="one line"):
        plate.cop_correction(wrong, np.column_stack([np.arange(9.0), np.arange(9.0)]))
