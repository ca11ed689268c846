"""Calibrate a load cell: the steps as data, the fit, the check with one mass, the table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import labapp
from labapp import paths
from labapp.analysis.calibration import Calibration, fit_calibration
from labapp.analysis.masses import STANDARD_G, Reading, local_gravity
from labapp.errors import LabError
from labapp.workflow.calibration_file import CalibrationFile, ReadingRow

DEFAULT_CYCLES = 3
STEP_S = 5.0
CHECK_PERCENT = 1.0
"""A known mass must read within this, or the calibration is not what it was."""
STANDARD_SOURCE = "standard value, not local: within 0.3 %"
"""Where the standard acceleration of free fall is from, in the calibration file."""


@dataclass(frozen=True, slots=True)
class CalibrationStep:
    """One thing to do: hang this mass, let it rest ``seconds``, take the reading."""

    number: int
    of: int
    mass_kg: float
    direction: Literal["up", "down"]
    cycle: int
    seconds: float
    text: str


def calibration_steps(
    masses_kg: Sequence[float], *, cycles: int = DEFAULT_CYCLES, seconds: float = STEP_S
) -> tuple[CalibrationStep, ...]:
    """Lay out a calibration: up and down through the masses, as often as asked for.

    Parameters
    ----------
    masses_kg
        What hangs on the cell, hook and tray included; zero is added.

    Raises
    ------
    LabError
        Fewer than two masses, a negative one, or none of the cycles.
    """
    masses = sorted({0.0, *masses_kg})
    if len(masses) < 3 or masses[0] < 0 or not all(map(math.isfinite, masses)):
        raise LabError(
            f"masses {[f'{m:g}' for m in masses_kg]} kg", "give two or more, as 5,10,15,20"
        )
    if not 1 <= cycles <= 20 or not 1 <= seconds <= 600:
        raise LabError(f"{cycles} cycles of {seconds:g} s", "give 1 to 20 cycles, 1 to 600 s")
    order: list[tuple[int, Literal["up", "down"], float]] = []
    for cycle in range(1, cycles + 1):
        order += [(cycle, "up", mass) for mass in masses]
        order += [(cycle, "down", mass) for mass in reversed(masses)]
    return tuple(
        CalibrationStep(
            number,
            len(order),
            mass,
            direction,
            cycle,
            seconds,
            "Leave the cell empty." if mass == 0 else f"Hang {mass:g} kg on the cell.",
        )
        for number, (cycle, direction, mass) in enumerate(order, 1)
    )


def gravity_at(latitude_deg: float | None, height_m: float = 0.0) -> tuple[float, str]:
    """Acceleration of free fall (m/s²) and its source; the standard value without a latitude.

    Raises
    ------
    LabError
        No place on Earth.
    """
    if latitude_deg is None:
        return STANDARD_G, STANDARD_SOURCE
    g = local_gravity(latitude_deg, height_m)
    return g, f"latitude {latitude_deg:g} degrees, height {height_m:g} m"


def make_calibration(
    readings: Sequence[Reading],
    *,
    driver: str,
    serial: str,
    channel: str,
    g: float,
    g_source: str,
    rails: tuple[float, float] | None = None,
    cell: str = "",
    note: str = "",
    made_utc: str | None = None,
) -> tuple[CalibrationFile, Calibration]:
    """Fit a line to the readings and describe it; `LabError` where none can be (see the fit)."""
    for name, word in (("serial number", serial), ("driver", driver), ("channel", channel)):
        if not paths.is_safe_name(word):
            raise LabError(f"{name} {word!r} is no name", "use letters, digits, '.', '_' and '-'")
    fit = fit_calibration(readings, g=g, rails=rails)
    rows = tuple(
        ReadingRow(r.mass_kg, r.direction, r.cycle, r.count, r.sd, r.n, r.at_s, float(x.residual_n))
        for r, x in zip(readings, fit.residuals, strict=True)
    )

    def known(value: float) -> float | None:
        return value if math.isfinite(value) else None

    made = CalibrationFile(
        driver=driver,
        serial=serial,
        channel=channel,
        made_utc=made_utc or datetime.now(UTC).isoformat(timespec="seconds"),
        labapp=labapp.__version__,
        g=g,
        g_source=g_source,
        slope=fit.slope,
        intercept=fit.intercept,
        u_slope=fit.u_slope,
        u_intercept=fit.u_intercept,
        covariance=fit.covariance,
        residual_sd_n=fit.residual_sd,
        full_scale_n=fit.full_scale_n,
        r2=fit.r2,
        state=fit.state,
        readings=rows,
        reasons=fit.reasons,
        nonlinearity_percent=known(fit.nonlinearity),
        hysteresis_percent=known(fit.hysteresis),
        repeatability_percent=known(fit.repeatability),
        zero_return_percent=known(fit.zero_return),
        drift_percent=known(fit.drift),
        resolution_n=known(fit.resolution_n),
        cell=cell,
        note=note,
    )
    return made, fit


def check_point(made: CalibrationFile, count: float, empty: float, mass_kg: float) -> float:
    """Return the error (%) of a known mass against the calibration; ``empty``: the bare count.

    Raises
    ------
    LabError
        No mass.
    """
    if not mass_kg > 0:
        raise LabError(f"a mass of {mass_kg:g} kg", "check with a mass above 0")
    return 100 * (made.slope * (count - empty) / (mass_kg * made.g) - 1)


def residual_table(made: CalibrationFile) -> str:
    """Residuals and figures of a calibration for a terminal."""
    lines = ["cycle  way   mass kg       count   residual N"]
    lines += [
        f"{r.cycle:5}  {r.direction:4} {r.mass_kg:8.3f} {r.count:11.1f}   {r.residual_n:+10.4f}"
        for r in made.readings
    ]
    lines.append("")
    lines.append(f"slope          {made.slope:.8g} N per count (u {made.u_slope:.2g})")
    lines.append(f"intercept      {made.intercept:.6g} N (u {made.u_intercept:.2g})")
    lines.append(f"residual SD    {made.residual_sd_n:.4f} N, R² {made.r2:.6f}")
    for name, value in (
        ("non-linearity", made.nonlinearity_percent),
        ("hysteresis", made.hysteresis_percent),
        ("repeatability", made.repeatability_percent),
        ("zero return", made.zero_return_percent),
        ("drift, 10 min", made.drift_percent),
    ):
        shown = "not measured" if value is None else f"{value:.3f} % of {made.full_scale_n:.1f} N"
        lines.append(f"{name:14} {shown}")
    if made.resolution_n is not None:
        lines.append(f"resolution     {made.resolution_n:.3f} N (3 SD of the empty cell)")
    lines.append(f"state          {made.state}")
    lines += [f"  because: {reason}" for reason in made.reasons]
    return "\n".join(lines)
