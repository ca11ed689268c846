"""Tare: the force of an empty cell, and how far it wanders between trials."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from labapp.analysis.arrays import real_numbers
from labapp.errors import LabError

SHIFT_PERCENT = 1.0
"""A tare that wanders by more of the greatest force than this is told."""


@dataclass(frozen=True, slots=True)
class Tare:
    """Mean of an empty stretch, its SD and samples; ``reasons`` is empty where it may be used."""

    value: float
    sd: float
    n: int
    reasons: tuple[str, ...] = ()


def tare(values: ArrayLike, rate: float, *, noise: float, seconds: float = 2.0) -> Tare:
    """Take the tare from the last seconds of an empty stretch.

    Parameters
    ----------
    values
        (n_samples,) counts or N, NaN where lost.
    rate
        Hz.
    noise
        SD of the empty cell at rest, same unit; a tare of more than three times this is refused.

    Raises
    ------
    LabError
        Less than half of the stretch was received.
    """
    x = real_numbers(values, "values", "(n_samples,) counts or N")
    if x.ndim != 1:
        raise LabError(f"values have shape {x.shape}", "give one channel")
    x = x[-max(round(seconds * rate), 2) :]
    known = x[np.isfinite(x)]
    if len(known) < max(0.5 * seconds * rate, 4):
        raise LabError(
            f"{len(known)} samples for a tare", f"leave the cell empty for {seconds:g} s"
        )
    mean, sd = float(known.mean()), float(known.std(ddof=1))
    reasons: tuple[str, ...] = ()
    if sd > 3 * noise:
        reasons = (f"not at rest: SD {sd:.3g}, three times the noise is {3 * noise:.3g}",)
    return Tare(mean, sd, len(known), reasons)


@dataclass(frozen=True, slots=True)
class TareDrift:
    """Tares of a session: mean and range (N), n, range in % of the greatest force, remark."""

    mean: float
    range_n: float
    percent: float
    n: int
    text: str


def tare_drift(tares: Sequence[float], greatest: float) -> TareDrift:
    """Compare the tares before the trials with each other; NaN ones are left out."""
    x = np.array([value for value in tares if math.isfinite(value)], dtype=np.float64)
    if not len(x) or not greatest > 0:
        return TareDrift(math.nan, math.nan, math.nan, len(x), "no tare could be taken")
    wide = float(np.ptp(x))
    percent = 100 * wide / greatest
    text = "tare steady" if percent <= SHIFT_PERCENT else (
        f"the tare moved by {wide:.1f} N ({percent:.1f} % of the greatest force) between trials"
    )  # fmt: skip
    return TareDrift(float(x.mean()), wide, percent, len(x), text)
