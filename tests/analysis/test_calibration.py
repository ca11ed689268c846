"""Load-cell calibration: known cells come back, and what cannot be one is refused."""

import math

import numpy as np
import pytest

from labapp.analysis.calibration import fit_calibration
from labapp.analysis.masses import Reading, local_gravity, reading
from labapp.analysis.tare import tare, tare_drift
from labapp.errors import LabError

G = 9.80665
MASSES = (0.0, 4.0, 8.0, 12.0, 16.0, 20.0)
SLOPE, ZERO = 2.5e-4, 83_000.0


def cell(nonlinear=0.0, hysteresis=0.0, noise=0.0, drift=0.0, cycles=3, seed=1, masses=MASSES):
    """Readings of a cell whose rising loads stray by ``nonlinear`` % of FS from their best line.

    ``hysteresis``: greatest distance between the ways down and up, % of FS; the masses sample it.
    """
    shape = np.array([m * (m - max(masses) / 2) * (m - max(masses)) for m in masses])
    shape -= np.polyval(np.polyfit(masses, shape, 1), masses)
    shape = dict(zip(masses, shape / max(np.abs(shape).max(), 1e-9), strict=True))
    loop = {m: m * (max(masses) - m) for m in masses}
    widest = max(loop.values())
    rng = np.random.default_rng(seed)
    full = max(masses) * G
    found = []
    at = 0.0
    for cycle in range(1, cycles + 1):
        for direction, order in (("up", masses), ("down", masses[::-1])):
            for mass in order:
                off = nonlinear * shape[mass] + drift * at / 600
                if direction == "down":
                    off += hysteresis * loop[mass] / widest
                force = mass * G + full * off / 100
                count = ZERO + force / SLOPE + rng.normal() * noise
                found.append(Reading(mass, direction, cycle, count, 20.0, 240, at))
                at += 10.0
    return found


def test_a_perfect_cell_comes_back_exactly():
    found = fit_calibration(cell())
    assert found.slope == pytest.approx(SLOPE, rel=1e-12)
    assert found.intercept == pytest.approx(-ZERO * SLOPE, rel=1e-12)
    assert found.r2 == pytest.approx(1.0)
    assert found.state == "accepted"
    assert found.reasons == ()
    assert found.full_scale_n == pytest.approx(20 * G)
    assert found.resolution_n == pytest.approx(3 * 20 * SLOPE)
    for value in (found.nonlinearity, found.hysteresis, found.repeatability, found.drift):
        assert value == pytest.approx(0, abs=1e-6)
    assert found.force(ZERO) == pytest.approx(0, abs=1e-9)
    assert len(found.residuals) == found.n == 36


@pytest.mark.parametrize("seed", range(5))
def test_t14_nonlinearity_and_hysteresis_within_a_twentieth_percent(seed):
    exact = fit_calibration(cell(0.3, 0.2))
    assert exact.nonlinearity == pytest.approx(0.3, abs=2e-3)
    assert exact.hysteresis == pytest.approx(0.2, abs=1e-3)
    got = fit_calibration(cell(0.3, 0.2, noise=100.0, seed=seed))  # 0.025 N of 196 N
    assert got.hysteresis == pytest.approx(0.2, abs=0.05)
    assert got.nonlinearity == pytest.approx(0.3, abs=0.05)
    assert got.slope == pytest.approx(SLOPE, rel=5e-3)
    assert got.state == "accepted"


def test_hysteresis_and_non_linearity_by_hand():
    """Three loads, one curve: residuals worked out on paper."""
    loads = [(0.0, 0.0), (1.0, 104.0), (2.0, 200.0)]
    found = fit_calibration(
        [Reading(m, "up", 1, u) for m, u in loads]
        + [Reading(m, "down", 1, u + 2) for m, u in loads]
    )
    u = np.array([0, 104, 200, 2, 106, 202.0])
    force = np.array([0, 1, 2, 0, 1, 2]) * G
    slope, intercept = np.polyfit(u, force, 1)
    assert found.slope == pytest.approx(slope)
    assert found.intercept == pytest.approx(intercept)
    off = np.abs(np.polyval(np.polyfit(u[:3], force[:3], 1), u[:3]) - force[:3]).max()
    assert found.nonlinearity == pytest.approx(100 * off / (2 * G))
    assert found.hysteresis == pytest.approx(100 * 2 * slope / (2 * G))
    cov = np.linalg.inv(np.stack([np.ones(6), u]) @ np.stack([np.ones(6), u]).T)
    cov *= ((slope * u + intercept - force) ** 2).sum() / 4
    assert found.u_slope == pytest.approx(math.sqrt(cov[1, 1]))
    assert found.u_intercept == pytest.approx(math.sqrt(cov[0, 0]))
    assert found.covariance == pytest.approx(cov[0, 1])


def test_the_uncertainty_covers_the_line():
    inside = 0
    for seed in range(300):
        found = fit_calibration(cell(noise=200.0, seed=seed))
        line = found.u_intercept**2 + 2 * ZERO * found.covariance + (ZERO * found.u_slope) ** 2
        inside += abs(float(found.force(ZERO))) < 2.03 * math.sqrt(line)
    assert inside / 300 == pytest.approx(0.95, abs=0.03)
    assert found.uncertainty(100.0) >= found.residual_sd


def test_drift_repeatability_and_too_few_loads_make_it_amber():
    drifting = fit_calibration(cell(drift=0.4))
    assert drifting.drift == pytest.approx(0.4, rel=0.1)
    assert any("zero drift" in reason for reason in drifting.reasons)
    wild = fit_calibration(cell(noise=4000.0, seed=3))
    assert any("repeatability" in reason for reason in wild.reasons)
    few = fit_calibration(cell(cycles=1, masses=(0.0, 10.0, 20.0)))
    assert few.state == "amber"
    assert any("3 masses" in reason for reason in few.reasons)
    assert any("1 cycles" in reason for reason in few.reasons)
    up_only = fit_calibration([r for r in cell() if r.direction == "up"])
    assert any("hysteresis was not measured" in reason for reason in up_only.reasons)


def test_what_is_no_calibration_is_refused():
    good = cell()
    with pytest.raises(LabError, match="2 masses"):
        fit_calibration([r for r in good if r.mass_kg in (0, 20)])
    with pytest.raises(LabError, match="from 4 kg"):
        fit_calibration([r for r in good if r.mass_kg > 0])
    turned = [Reading(r.mass_kg, r.direction, r.cycle, -r.count) for r in good]
    with pytest.raises(LabError, match="signal wires"):
        fit_calibration(turned)
    dead = [Reading(r.mass_kg, r.direction, r.cycle, 5.0) for r in good]
    with pytest.raises(LabError, match="do not follow"):
        fit_calibration(dead)
    slip = list(good)
    slip[3] = Reading(12.0, "up", 1, good[5].count)
    with pytest.raises(LabError, match=r"12 kg \(up, cycle 1\)"):
        fit_calibration(slip)
    with pytest.raises(LabError, match="end of the range"):
        fit_calibration(good, rails=(0, ZERO + 15 * G / SLOPE))
    with pytest.raises(LabError, match="m/s"):
        fit_calibration(good, g=981.0)
    with pytest.raises(LabError):
        fit_calibration([])


def test_gravity_where_one_is():
    assert local_gravity(45.0) == pytest.approx(9.80619, abs=2e-5)
    assert local_gravity(0.0) == pytest.approx(9.780327)
    assert local_gravity(90.0) == pytest.approx(9.83219, abs=2e-5)
    assert local_gravity(45.0, 1000.0) == pytest.approx(local_gravity(45.0) - 3.086e-3)
    with pytest.raises(LabError):
        local_gravity(91.0)


def test_a_reading_is_the_mean_at_rest():
    rng = np.random.default_rng(2)
    x = 5000 + 10 * rng.normal(size=400)
    x[:150] += np.linspace(900, 0, 150)
    got = reading(x, 80, mass_kg=5.0, direction="up", cycle=1)
    assert got.count == pytest.approx(5000, abs=3)
    assert got.n == 240
    assert got.sd == pytest.approx(10, rel=0.2)
    with pytest.raises(LabError, match="still moves"):
        reading(x[:240], 80, mass_kg=5.0, direction="up", cycle=1)
    with pytest.raises(LabError, match="samples under"):
        reading(x[:40], 80, mass_kg=5.0, direction="up", cycle=1)


def test_tare():
    rng = np.random.default_rng(3)
    x = 12 + 0.1 * rng.normal(size=400)
    got = tare(x, 80, noise=0.1)
    assert got.value == pytest.approx(12, abs=0.03)
    assert (got.n, got.reasons) == (160, ())
    shaken = tare(x + np.sin(np.arange(400) / 9), 80, noise=0.1)
    assert "not at rest" in shaken.reasons[0]
    with pytest.raises(LabError):
        tare(np.full(400, math.nan), 80, noise=0.1)


def test_tare_shift_above_one_percent_is_told():
    assert tare_drift([3.0, 3.1, 2.9, math.nan], 300.0).text == "tare steady"
    moved = tare_drift([3.0, 6.5], 300.0)
    assert moved.range_n == pytest.approx(3.5)
    assert "3.5 N" in moved.text
    assert math.isnan(tare_drift([], 300.0).mean)
