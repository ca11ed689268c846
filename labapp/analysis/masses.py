"""Masses on a load cell: the reading under one of them, and what it weighs where one is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from labapp.errors import LabError

Direction = Literal["up", "down"]

STANDARD_G = 9.80665


@dataclass(frozen=True, slots=True)
class Reading:
    """Mean count under one mass: ``sd`` of the ``n`` samples, ``at_s`` since the first reading."""

    mass_kg: float
    direction: Direction
    cycle: int
    count: float
    sd: float = 0.0
    n: int = 1
    at_s: float = 0.0


def local_gravity(latitude_deg: float, height_m: float = 0.0) -> float:
    """Acceleration of free fall (m/s²) from latitude and height (international formula 1967).

    Raises
    ------
    LabError
        A latitude beyond the poles, or a height where nobody lives.
    """
    if not -90 <= latitude_deg <= 90 or not -500 <= height_m <= 9000:
        raise LabError(
            f"latitude {latitude_deg}, height {height_m} m", "give -90 to 90 degrees, metres"
        )
    s, s2 = (math.sin(k * math.radians(latitude_deg)) ** 2 for k in (1, 2))
    return 9.780327 * (1 + 0.0053024 * s - 0.0000058 * s2) - 3.086e-6 * height_m


def reading(
    counts: ArrayLike,
    rate: float,
    *,
    mass_kg: float,
    direction: Direction,
    cycle: int,
    at_s: float = 0.0,
    last_s: float = 3.0,
) -> Reading:
    """Take the mean of the last seconds under a load.

    Raises
    ------
    LabError
        Less than half of these seconds was received, or the load still swings: the halves differ
        by more than six standard errors of their noise and by more than a count.
    """
    x = np.asarray(counts, dtype=np.float64)
    x = x[np.isfinite(x)][-max(round(last_s * rate), 2) :]
    if x.ndim != 1 or len(x) < max(0.5 * last_s * rate, 4):
        raise LabError(
            f"{len(x)} samples under {mass_kg:g} kg", f"wait {last_s:g} s with the load at rest"
        )
    halves = x[: len(x) // 2], x[len(x) // 2 :]
    noise = float(np.mean([half.std(ddof=1) for half in halves]))
    moved = abs(float(halves[1].mean() - halves[0].mean()))
    if moved > max(6 * noise * math.sqrt(4 / len(x)), 1.0) and moved > noise:
        raise LabError(f"the reading under {mass_kg:g} kg still moves", "let the load come to rest")
    return Reading(mass_kg, direction, cycle, float(x.mean()), float(x.std(ddof=1)), len(x), at_s)
