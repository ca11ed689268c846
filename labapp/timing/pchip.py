"""Monotone cubic interpolation (PCHIP) in NumPy alone.

Fritsch & Carlson 1980 (SIAM J Numer Anal 17:238), slopes after Fritsch & Butland 1984; the
same numbers as ``scipy.interpolate.PchipInterpolator`` inside the knots. Written out because
opening a session must not pay 0.3 s for importing SciPy.
"""

from __future__ import annotations

import numpy as np

from labapp.model import Floats


def pchip_slopes(x: Floats, y: Floats) -> Floats:
    """Slopes at the knots ``x`` (n,), strictly rising, of the monotone cubic through ``y``."""
    if len(x) < 2:
        return np.zeros_like(y)
    h = np.diff(x)
    d = np.diff(y) / h
    if len(x) == 2:
        return np.array([d[0], d[0]])
    slopes = np.zeros_like(y)
    w1, w2 = 2 * h[1:] + h[:-1], h[1:] + 2 * h[:-1]
    same = d[:-1] * d[1:] > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        harmonic = (w1 + w2) / (w1 / d[:-1] + w2 / d[1:])
    slopes[1:-1] = np.where(same, harmonic, 0.0)
    slopes[0] = _end_slope(h[0], h[1], d[0], d[1])
    slopes[-1] = _end_slope(h[-1], h[-2], d[-1], d[-2])
    return slopes


def _end_slope(h0: float, h1: float, d0: float, d1: float) -> float:
    slope = ((2 * h0 + h1) * d0 - h0 * d1) / (h0 + h1)
    if slope * d0 <= 0:
        return 0.0
    if d0 * d1 < 0 and abs(slope) > 3 * abs(d0):
        return 3 * d0
    return float(slope)


def evaluate_pchip(x: Floats, y: Floats, slopes: Floats, at: Floats) -> Floats:
    """Value of the cubic at ``at`` (m,); beyond the ends a straight line with the end slope."""
    k = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)
    h = x[k + 1] - x[k]
    s = (at - x[k]) / h
    inside = np.clip(s, 0.0, 1.0)
    beyond = (s - inside) * h
    s2, s3 = inside * inside, inside**3
    value = (
        (2 * s3 - 3 * s2 + 1) * y[k]
        + (s3 - 2 * s2 + inside) * h * slopes[k]
        + (3 * s2 - 2 * s3) * y[k + 1]
        + (s3 - s2) * h * slopes[k + 1]
    )
    end = np.where(s < 0, slopes[k], slopes[k + 1])
    return np.asarray(value + beyond * end, dtype=np.float64)
