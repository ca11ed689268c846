"""Guide through a calibration: which mass next, does it hang still, take it, and what came out.

The guide knows no clock and no window: whoever shows it hands over the counts of the last
seconds and asks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.calibration import Calibration
from labapp.analysis.masses import STANDARD_G, Reading, reading
from labapp.errors import LabError
from labapp.record.config import DeviceConfig
from labapp.simulate.loadcell import CellTruth, SimulatedCell
from labapp.translate import phrase
from labapp.workflow.calibrate import (
    STANDARD_SOURCE,
    CalibrationStep,
    calibration_steps,
    gravity_at,
    make_calibration,
)
from labapp.workflow.calibration_file import CalibrationFile
from labapp.workflow.devices import force_channels

LAST_S = 3.0
"""Seconds at the end of a step that make a reading."""
LONGEST_MASS_KG = 500.0
SIMULATED_SERIAL = "simulated"

Light = Literal["good", "warn", "bad", "grey"]


class Cell(Protocol):
    """Where the counts come from."""

    rate: float
    rails: tuple[float, float]

    def recent(self, seconds: float) -> NDArray[np.float64]:
        """Give the counts of the last seconds, NaN where samples were lost."""
        ...


@dataclass(frozen=True, slots=True)
class Steadiness:
    """Whether a load hangs still: the light, the mean and spread (counts), and why not."""

    light: Light
    mean: float
    sd: float
    text: str


def steadiness(counts: ArrayLike, rate: float, rails: tuple[float, float]) -> Steadiness:
    """Judge the last seconds of a cell.

    Parameters
    ----------
    counts
        (n,) newest last, NaN where lost.
    """
    x = np.asarray(counts, dtype=np.float64)
    x = x[-max(round(LAST_S * rate), 2) :]
    known = x[np.isfinite(x)]
    if not len(known):
        return Steadiness("bad", math.nan, math.nan, phrase("no samples: check cable and power"))
    mean = float(known.mean())
    sd = float(known.std(ddof=1)) if len(known) > 1 else math.nan
    if not rails[0] < mean < rails[1]:
        return Steadiness(
            "bad", mean, sd, phrase("at the end of the range: a smaller mass, or less gain")
        )
    if len(known) < 0.9 * LAST_S * rate:
        return Steadiness("grey", mean, sd, phrase("wait a moment"))
    try:
        reading(known, rate, mass_kg=0.0, direction="up", cycle=1, last_s=LAST_S)
    except LabError:
        return Steadiness("warn", mean, sd, phrase("still moves"))
    half = len(known) // 2
    early, late = float(known[:half].std(ddof=1)), float(known[half:].std(ddof=1))
    noise = float(np.std(np.diff(known), ddof=1)) / math.sqrt(2)
    # Swinging has neighbours alike, so that its spread is far above that of their differences.
    if max(early, late) > 2.5 * max(noise, 0.5):
        return Steadiness("warn", mean, sd, phrase("still swings"))
    return Steadiness("good", mean, sd, phrase("steady"))


@dataclass(frozen=True, slots=True)
class CellChoice:
    """What is calibrated, and how: ``g`` in m/s² with where it is from, ``masses_kg`` ascending."""

    device: DeviceConfig
    channel: str
    serial: str
    masses_kg: tuple[float, ...]
    cycles: int = 3
    seconds: float = 5.0
    g: float = STANDARD_G
    g_source: str = STANDARD_SOURCE
    cell: str = ""


def read_masses(text: str) -> tuple[float, ...]:
    """Masses in kg from a text such as ``5, 10, 15``; a decimal comma needs a semicolon between.

    Raises
    ------
    LabError
        Not numbers, fewer than two, or none that a person could hang up.
    """
    parts = (
        text.replace("kg", " ").split(";") if ";" in text else text.replace("kg", " ").split(",")
    )
    try:
        masses = sorted({float(part.strip().replace(",", ".")) for part in parts if part.strip()})
    except ValueError:
        raise LabError(f"masses {text[:60]!r} are not numbers", "write 5, 10, 15, 20") from None
    masses = [mass for mass in masses if mass != 0]
    if len(masses) < 2 or not all(0 < mass <= LONGEST_MASS_KG for mass in masses):
        raise LabError(
            f"masses {text[:60]!r}", f"give two or more, up to {LONGEST_MASS_KG:g} kg each"
        )
    return tuple(masses)


def gravity(latitude: str, height: str = "") -> tuple[float, str]:
    """Local g and its source from what was typed; the standard value where nothing was.

    Raises
    ------
    LabError
        Not numbers, or no place on Earth.
    """
    if not latitude.strip():
        return gravity_at(None)
    try:
        north = float(latitude.replace(",", "."))
        high = float(height.replace(",", ".")) if height.strip() else 0.0
    except ValueError:
        raise LabError(
            f"latitude {latitude[:20]!r}, height {height[:20]!r}", "write numbers: 52.5 and 40"
        ) from None
    return gravity_at(north, high)


def cells_of(devices: Sequence[DeviceConfig]) -> tuple[tuple[DeviceConfig, str], ...]:
    """Every channel of the devices that a load cell is on."""
    return tuple((device, name) for device in devices for name in force_channels(device))


class CalibrationGuide:
    """One calibration under way: its steps in order, and the readings so far.

    Raises
    ------
    LabError
        Masses, cycles or seconds that make no calibration.
    """

    def __init__(self, choice: CellChoice) -> None:
        self.choice = choice
        self.steps = calibration_steps(
            choice.masses_kg, cycles=choice.cycles, seconds=choice.seconds
        )
        self.readings: list[Reading] = []

    @property
    def step(self) -> CalibrationStep | None:
        """What is to be done now, None at the end."""
        return self.steps[len(self.readings)] if len(self.readings) < len(self.steps) else None

    @property
    def done(self) -> bool:
        """Every step has its reading."""
        return self.step is None

    def look(self, counts: ArrayLike, rate: float, rails: tuple[float, float]) -> Steadiness:
        """Judge whether the load of this step hangs still.

        Parameters
        ----------
        counts
            (n,) since the step began, newest last: those of the load before must not count.
        """
        now = steadiness(counts, rate, rails)
        step, last = self.step, self.readings[-1] if self.readings else None
        if now.light != "good" or step is None or last is None or step.mass_kg == last.mass_kg:
            return now
        if abs(now.mean - last.count) <= 6 * max(now.sd, last.sd, 1.0):
            return Steadiness("grey", now.mean, now.sd, phrase("reads as before: change the load"))
        return now

    def capture(self, counts: ArrayLike, rate: float, at_s: float) -> Reading:
        """Take the reading of the step from the last seconds, and go on to the next.

        Parameters
        ----------
        at_s
            Seconds since the first reading began, for the drift.

        Raises
        ------
        LabError
            It still moves, or too little came; the step stays.
        """
        step = self.step
        if step is None:
            raise LabError("every step has its reading", "save the calibration")
        one = reading(
            counts,
            rate,
            mass_kg=step.mass_kg,
            direction=step.direction,
            cycle=step.cycle,
            at_s=at_s,
            last_s=min(LAST_S, 0.6 * step.seconds),
        )
        self.readings.append(one)
        return one

    def back(self) -> None:
        """Take the last reading away: its step comes again."""
        if self.readings:
            self.readings.pop()

    def finish(
        self, rails: tuple[float, float] | None = None
    ) -> tuple[CalibrationFile, Calibration]:
        """Fit the readings.

        Raises
        ------
        LabError
            No line can be trusted; its words say what to weigh again.
        """
        choice = self.choice
        return make_calibration(
            self.readings,
            driver=choice.device.driver,
            serial=choice.serial,
            channel=choice.channel,
            g=choice.g,
            g_source=choice.g_source,
            rails=rails,
            cell=choice.cell,
        )


def simulated_cell(choice: CellChoice, *, seed: int = 0, speed: float = 1.0) -> SimulatedCell:
    """Make a cell in software that suits the masses, for trying a calibration without one."""
    full = max(choice.masses_kg) * choice.g
    return SimulatedCell(CellTruth(slope=full / 800_000, full_n=full), seed=seed, speed=speed)


def figures(fit: Calibration) -> tuple[tuple[str, float, float | None, str], ...]:
    """Name, value, limit (None: no limit) and unit of what a calibration is worth.

    The value is NaN where the loads do not tell.
    """
    from labapp.analysis.calibration import DRIFT_LIMIT, LINE_LIMIT, REPEAT_LIMIT

    return (
        (phrase("non-linearity"), fit.nonlinearity, LINE_LIMIT, "%"),
        (phrase("hysteresis"), fit.hysteresis, LINE_LIMIT, "%"),
        (phrase("repeatability"), fit.repeatability, REPEAT_LIMIT, "%"),
        (phrase("zero return"), fit.zero_return, None, "%"),
        (phrase("drift in 10 min"), fit.drift, DRIFT_LIMIT, "%"),
        (phrase("resolution"), fit.resolution_n, None, "N"),
    )


def verdict(fit: Calibration) -> tuple[Light, str]:
    """One plain sentence about a calibration, and its light."""
    worst = 100 * max(abs(r.residual_n) for r in fit.residuals) / fit.full_scale_n
    if fit.state == "accepted":
        return "good", (
            f"The cell is good: up to {fit.full_scale_n:.0f} N no load is more than "
            f"{worst:.2f} % of that off the line."
        )
    return "warn", f"The calibration can be used, with care: {'; '.join(fit.reasons)}."
