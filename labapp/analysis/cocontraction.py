"""Co-contraction of two muscles in time; for synergists read it as co-activation.

The indices differ in kind (amplitude, shape, overlap) and must not be mixed (Rudolph 2000;
Falconer & Winter 1985; domain reference 5.9).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from labapp.analysis.arrays import real_numbers
from labapp.errors import LabError


@dataclass(frozen=True, slots=True)
class CoContraction:
    """Indices of two activations in time; they differ in kind and must not be mixed.

    Attributes
    ----------
    rudolph
        0 to 200: grows with the activity that both share, in % of reference.
    falconer_winter_percent
        0 to 100: share of the common area, whatever the amplitude.
    overlap
        0 to 1: common over joint area.
    """

    rudolph: float
    falconer_winter_percent: float
    overlap: float


def co_contraction(first: ArrayLike, second: ArrayLike) -> CoContraction:
    """Co-contraction of two envelopes in % of reference.

    Parameters
    ----------
    first, second
        (n_samples,) each, >= 0.

    Notes
    -----
    Rudolph: mean of ``lo/hi (lo + hi)`` (0 where hi is 0); Falconer and Winter: ``200 sum lo /
    sum (a + b)``; overlap: ``sum lo / sum hi``. NaN where nothing is active.

    Raises
    ------
    LabError
        On shapes that differ, missing or negative values.
    """
    a, b = (real_numbers(x, "envelopes", "two rows of numbers") for x in (first, second))
    if a.ndim != 1 or a.shape != b.shape or not len(a):
        raise LabError(
            f"envelopes have shapes {a.shape} and {b.shape}", "give two of the same length"
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()) or (a < 0).any() or (b < 0).any():
        raise LabError("envelopes have missing or negative values", "give rectified, whole parts")
    low, high = np.minimum(a, b), np.maximum(a, b)
    quotient = np.divide(low, high, out=np.zeros_like(low), where=high > 0)
    total = float((a + b).sum())
    if total == 0:
        return CoContraction(0.0, math.nan, math.nan)
    return CoContraction(
        float((quotient * (low + high)).mean()),
        200 * float(low.sum()) / total,
        float(low.sum()) / float(high.sum()),
    )
