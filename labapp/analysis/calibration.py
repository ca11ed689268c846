"""Calibration of a load cell: from masses hung on it to newtons per count, with what it is worth.

Loads go up and down again, several times. A straight line through all of them is the calibration;
how far the cell strays from it, and from itself, decides whether it may be used (domain reference
6.1; terms as load-cell makers use them, % of the greatest load, "FS").
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.masses import STANDARD_G, Direction, Reading
from labapp.errors import LabError

Floats = NDArray[np.float64]
MASS_U = 5e-5
"""Relative standard uncertainty of a mass: class M1 is within 5e-5."""
LINE_LIMIT, REPEAT_LIMIT, DRIFT_LIMIT = 0.5, 0.3, 0.1
"""% of FS: non-linearity and hysteresis; repeatability; zero drift in 10 minutes."""
WRONG_LOAD = 5.0
"""A reading further than this (% of FS) from the line is a slip, not a property of the cell."""
LEAST_STEPS, LEAST_CYCLES = 5, 3


@dataclass(frozen=True, slots=True)
class Residual:
    """One reading against the line, N."""

    mass_kg: float
    direction: Direction
    cycle: int
    count: float
    force_n: float
    fitted_n: float

    @property
    def residual_n(self) -> float:
        """Fitted minus true force."""
        return self.fitted_n - self.force_n


@dataclass(frozen=True, slots=True)
class Calibration:
    """A line from counts to newtons, ``force = slope * count + intercept``.

    Attributes
    ----------
    slope, intercept
        N per count, N.
    u_slope, u_intercept, covariance
        Standard uncertainties of the line and their covariance, from the residuals.
    residual_sd
        Of the readings about the line, N (n - 2 degrees of freedom).
    nonlinearity, hysteresis, repeatability, zero_return
        % of FS; NaN where the loads do not tell.
    drift
        % of FS in 10 minutes, from the readings without load; NaN below two minutes of them.
    resolution_n
        Three SD of the unloaded noise, N.
    full_scale_n, g, n
        Greatest load, acceleration used, readings.
    state
        ``accepted`` or ``amber``: usable, but say why it is not good.
    reasons
        Why it is amber.
    """

    slope: float
    intercept: float
    u_slope: float
    u_intercept: float
    covariance: float
    residual_sd: float
    r2: float
    nonlinearity: float
    hysteresis: float
    repeatability: float
    zero_return: float
    drift: float
    resolution_n: float
    full_scale_n: float
    g: float
    n: int
    state: Literal["accepted", "amber"]
    reasons: tuple[str, ...]
    residuals: tuple[Residual, ...]

    def force(self, count: ArrayLike) -> Floats:
        """Force in N of counts."""
        return self.slope * np.asarray(count, dtype=np.float64) + self.intercept

    def uncertainty(self, force_n: float) -> float:
        """Give the standard uncertainty (N) of a force: line, cell about it, and masses."""
        count = (force_n - self.intercept) / self.slope
        line = self.u_intercept**2 + (count * self.u_slope) ** 2 + 2 * count * self.covariance
        return math.sqrt(max(line, 0.0) + self.residual_sd**2 + (MASS_U * force_n) ** 2)


def fit_calibration(
    readings: Sequence[Reading],
    *,
    g: float = STANDARD_G,
    rails: tuple[float, float] | None = None,
) -> Calibration:
    """Fit the line and judge the cell.

    Parameters
    ----------
    readings
        Zero included, in the order they were taken; all masses with what hangs them.
    g
        Acceleration of free fall, m/s² (`local_gravity`); buoyancy of the masses is neglected
        (1.5e-4 for steel).
    rails
        Smallest and largest count of the converter.

    Raises
    ------
    LabError
        What makes a calibration impossible: fewer than three masses, none of them zero, counts
        that do not rise with the load, a reading at a rail, a load that is far from the line.
    """
    if not 9.7 < g < 9.9:
        raise LabError(f"g is {g}", "give m/s², 9.76 to 9.84 on Earth")
    masses = sorted({r.mass_kg for r in readings})
    if len(masses) < 3 or masses[0] != 0 or not all(math.isfinite(r.count) for r in readings):
        raise LabError(
            f"readings at {len(masses)} masses from {masses[0] if masses else 0:g} kg on",
            "hang at least two masses besides the empty cell (0 kg)",
        )
    for one in readings:
        if rails is not None and not rails[0] < one.count < rails[1]:
            raise LabError(
                f"the count under {one.mass_kg:g} kg is {one.count:g}, at the end of the range",
                "use smaller masses or less gain",
            )
    u = np.array([r.count for r in readings])
    force = np.array([r.mass_kg for r in readings]) * g
    full = float(force.max())
    slope, intercept, line = _line(u, force)
    if not slope > 0:
        raise LabError(
            "counts fall when the load rises" if slope < 0 else "counts do not follow the load",
            "exchange the two signal wires of the cell (green and white)",
        )
    fitted = slope * u + intercept
    off = 100 * np.abs(fitted - force) / full
    if off.max() > WRONG_LOAD:
        at = readings[int(off.argmax())]
        raise LabError(
            f"the reading under {at.mass_kg:g} kg ({at.direction}, cycle {at.cycle}) is "
            f"{off.max():.0f} % of the range off the line",
            "check that mass and weigh it again",
        )
    residuals = tuple(
        Residual(r.mass_kg, r.direction, r.cycle, r.count, float(f), float(y))
        for r, f, y in zip(readings, force, fitted, strict=True)
    )
    nonlinearity = 100 * _nonlinearity(readings, g) / full
    hysteresis = 100 * _hysteresis(residuals) / full
    repeatability = 100 * _repeatability(residuals) / full
    zero_return, drift = _zeros(readings, slope, full)
    noise = [r.sd for r in readings if r.mass_kg == 0 and r.n > 1]
    spread = float(((fitted - force) ** 2).sum())
    total = float(((force - force.mean()) ** 2).sum())
    reasons = _amber(readings, masses, nonlinearity, hysteresis, repeatability, drift)
    return Calibration(
        slope,
        intercept,
        line[0],
        line[1],
        line[2],
        math.sqrt(spread / (len(u) - 2)),
        1 - spread / total,
        nonlinearity,
        hysteresis,
        repeatability,
        zero_return,
        drift,
        3 * slope * float(np.median(noise)) if noise else math.nan,
        full,
        g,
        len(u),
        "amber" if reasons else "accepted",
        tuple(reasons),
        residuals,
    )


def _line(u: Floats, force: Floats) -> tuple[float, float, tuple[float, float, float]]:
    """Least squares about the mean (counts are large numbers), with the uncertainties."""
    centre = float(u.mean())
    d = u - centre
    square = float(d @ d)
    if square == 0:
        return 0.0, 0.0, (math.nan, math.nan, math.nan)
    slope = float(d @ (force - force.mean())) / square
    intercept = float(force.mean()) - slope * centre
    variance = float(((slope * u + intercept - force) ** 2).sum()) / (len(u) - 2)
    u_slope = math.sqrt(variance / square)
    u_intercept = math.sqrt(variance * (1 / len(u) + centre**2 / square))
    return slope, intercept, (u_slope, u_intercept, -centre * variance / square)


def _nonlinearity(readings: Sequence[Reading], g: float) -> float:
    """Greatest distance, N, of the rising loads from the best straight line through them."""
    up = [r for r in readings if r.direction == "up"]
    if len({r.mass_kg for r in up}) < 3:
        return math.nan
    u, force = np.array([r.count for r in up]), np.array([r.mass_kg * g for r in up])
    slope, intercept, _ = _line(u, force)
    return float(np.abs(slope * u + intercept - force).max())


def _hysteresis(residuals: Sequence[Residual]) -> float:
    """Greatest difference, N, between unloading and loading at one mass (means of the cycles)."""
    means: dict[tuple[float, Direction], list[float]] = {}
    for r in residuals:
        means.setdefault((r.mass_kg, r.direction), []).append(r.fitted_n)
    gaps = [
        abs(float(np.mean(values)) - float(np.mean(means[mass, "up"])))
        for (mass, direction), values in means.items()
        if direction == "down" and (mass, "up") in means
    ]
    return max(gaps, default=math.nan)


def _repeatability(residuals: Sequence[Residual]) -> float:
    """Greatest SD, N, of one load over the cycles."""
    groups: dict[tuple[float, Direction], list[float]] = {}
    for r in residuals:
        groups.setdefault((r.mass_kg, r.direction), []).append(r.fitted_n)
    spreads = [float(np.std(v, ddof=1)) for v in groups.values() if len(v) > 1]
    return max(spreads, default=math.nan)


def _zeros(readings: Sequence[Reading], slope: float, full: float) -> tuple[float, float]:
    """Zero return (% FS, last against first) and drift (% FS in 10 min) of the empty cell."""
    zeros = [r for r in readings if r.mass_kg == 0]
    if len(zeros) < 2:
        return math.nan, math.nan
    back = 100 * slope * (zeros[-1].count - zeros[0].count) / full
    t = np.array([r.at_s for r in zeros])
    if np.ptp(t) < 120:
        return abs(back), math.nan
    rate = float(np.polyfit(t - t.mean(), [r.count for r in zeros], 1)[0])
    return abs(back), abs(100 * slope * rate * 600 / full)


def _amber(
    readings: Sequence[Reading],
    masses: Sequence[float],
    nonlinearity: float,
    hysteresis: float,
    repeatability: float,
    drift: float,
) -> list[str]:
    reasons = []
    cycles = len({r.cycle for r in readings})
    if len(masses) < LEAST_STEPS:
        reasons.append(f"{len(masses)} masses with zero, {LEAST_STEPS} or more are usual")
    if cycles < LEAST_CYCLES:
        reasons.append(f"{cycles} cycles, {LEAST_CYCLES} are usual")
    for name, value, limit in (
        ("non-linearity", nonlinearity, LINE_LIMIT),
        ("hysteresis", hysteresis, LINE_LIMIT),
        ("repeatability", repeatability, REPEAT_LIMIT),
        ("zero drift in 10 min", drift, DRIFT_LIMIT),
    ):
        if math.isnan(value):
            reasons.append(f"{name} was not measured")
        elif value > limit:
            reasons.append(f"{name} is {value:.2f} % of the range (limit {limit:g} %)")
    return reasons
