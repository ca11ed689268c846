"""Crystal or RC clock? Told from how much the rate wanders between stretches of a recording."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from labapp.model import Floats
from labapp.timing.clock import STRETCH_S, ClockKind, Point, add_to_hull, hull_edge, kind_of_slopes
from labapp.timing.offline import MIN_OBSERVATIONS, block_hulls


def choose_kind(indices: ArrayLike, stamps_s: ArrayLike, rate: float) -> ClockKind:
    """Tell a crystal from an RC clock (`kind_of_slopes`) by all reads of a segment.

    Recordings shorter than 60 s count as crystal.
    """
    n = np.asarray(indices, dtype=np.float64)
    a = np.asarray(stamps_s, dtype=np.float64)
    if len(n) < MIN_OBSERVATIONS or a[-1] - a[0] < 60.0:
        return "crystal"
    return kind_of_slopes((stretch_slopes(n, a, STRETCH_S) * rate).tolist())


def stretch_slopes(indices: ArrayLike, stamps_s: ArrayLike, length_s: float) -> Floats:
    """Seconds per sample of each stretch of ``length_s`` by itself, from its lower hull."""
    n = np.asarray(indices, dtype=np.float64)
    x, y = block_hulls(n - n[0], np.asarray(stamps_s, dtype=np.float64))
    slopes = []
    for low in np.arange(y[0], y[-1] - length_s, length_s):
        hull: list[Point] = []
        inside = slice(*np.searchsorted(y, [low, low + length_s]))
        for point in zip(x[inside].tolist(), y[inside].tolist(), strict=True):
            add_to_hull(hull, point)
        if len(hull) >= 2:
            slopes.append(hull_edge(hull, 0.5 * (hull[0][0] + hull[-1][0]))[1])
    return np.array(slopes)
