"""Left and right: the asymmetry indices of the field, and one that can be trusted.

The formulas give different numbers for the same pair (Bishop 2016); all are given, the log ratio
with an interval is what a claim rests on (domain reference 6.3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.arrays import real_numbers
from labapp.analysis.references import combined_df
from labapp.analysis.statistics import mean_interval
from labapp.errors import LabError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AsymmetryIndices:
    """Indices of one pair of values, %, positive where the right side is greater.

    Attributes
    ----------
    symmetric
        ``100 (R - L) / ((R + L) / 2)``.
    bilateral
        ``100 (R - L) / (R + L)``.
    of_max
        ``100 (max - min) / max``, without sign.
    log
        ``100 ln(R / L)``; the index that is plotted.
    angle
        Symmetry angle, ``100 (45 - atan2(L, R) in degrees) / 90``.
    """

    symmetric: float
    bilateral: float
    of_max: float
    log: float
    angle: float


def asymmetry_indices(left: float, right: float) -> AsymmetryIndices:
    """All indices of one pair of positive values; `LabError` on others."""
    if not (math.isfinite(left) and math.isfinite(right) and left > 0 and right > 0):
        raise LabError(f"left is {left!r} and right {right!r}", "give two positive numbers")
    total, difference = left + right, right - left
    return AsymmetryIndices(
        200 * difference / total,
        100 * difference / total,
        100 * abs(difference) / max(left, right),
        100 * math.log(right / left),
        100 * (45 - math.degrees(math.atan2(left, right))) / 90,
    )


@dataclass(frozen=True, slots=True)
class Asymmetry:
    """Difference between the sides over repetitions.

    Attributes
    ----------
    percent, low, high
        ``100 ln(right / left)`` of the geometric means, and its 95 % interval.
    n_left, n_right
        Repetitions used on each side.
    state
        ``right`` or ``left`` greater (the interval leaves out 0 and, if one was given, the
        difference exceeds the minimal detectable change), ``within error``, or
        ``not estimable``.
    reason
        Why there is no value.
    p
        Two-sided, that the sides are equal; for whoever looks at several muscles. NaN without a
        value.
    """

    percent: float
    low: float
    high: float
    n_left: int
    n_right: int
    state: str
    reason: str = ""
    p: float = math.nan


def compare_sides(
    left: ArrayLike,
    right: ArrayLike,
    *,
    common_log_sd: float = 0.0,
    common_df: float = math.inf,
    mdc_percent: float | None = None,
) -> Asymmetry:
    """Compare the two sides' values over repetitions by the difference of their mean logs.

    Parameters
    ----------
    left, right
        (n,) and (m,) positive values, NaN where missing; the lengths may differ.
    common_log_sd
        Standard uncertainty of ln(right / left) that all repetitions share (the references');
        it widens the interval and does not average out.
    common_df
        Degrees of freedom of that uncertainty.
    mdc_percent
        Minimal detectable change, % of the log ratio, from a reliability study.

    Notes
    -----
    Welch's interval, the common part being one more variance (JCGM 100:2008, annex G.4).
    """
    from scipy.special import stdtr, stdtrit

    a, b = _logs(left, "left"), _logs(right, "right")
    if not (math.isfinite(common_log_sd) and common_log_sd >= 0):
        raise LabError(f"common_log_sd is {common_log_sd}", "give a number from 0")
    if not common_df > 0:
        raise LabError(f"common_df is {common_df}", "give degrees of freedom above 0")
    nan = math.nan
    if min(len(a), len(b)) < 3:
        reason = f"{len(a)} left and {len(b)} right repetitions, 3 are needed"
        return Asymmetry(nan, nan, nan, len(a), len(b), "not estimable", reason)
    ma, mb = mean_interval(a), mean_interval(b)
    parts = [(m.sd / math.sqrt(m.n), m.n - 1.0) for m in (ma, mb)]
    standard, df = combined_df([*parts, (common_log_sd, common_df)])
    difference = mb.mean - ma.mean
    df = min(df, 1e9)
    half = float(stdtrit(df, 0.975)) * standard
    low, high = difference - half, difference + half
    clear = (low > 0 or high < 0) and (mdc_percent is None or abs(100 * difference) > mdc_percent)
    state = ("right" if difference > 0 else "left") if clear else "within error"
    if standard > 0:
        p = 2 * float(stdtr(df, -abs(difference) / standard))
    else:  # no spread at all
        p = 0.0 if difference else 1.0
    return Asymmetry(100 * difference, 100 * low, 100 * high, ma.n, mb.n, state, p=p)


def _logs(values: ArrayLike, name: str) -> Floats:
    x = real_numbers(values, f"{name} amplitudes", "(n,) numbers")
    if x.ndim != 1:
        raise LabError(f"{name} has shape {x.shape}", "give (n,) values over repetitions")
    x = x[~np.isnan(x)]
    if np.isinf(x).any() or (x <= 0).any():
        raise LabError(f"{name} has values of 0, below 0 or infinite", "give positive amplitudes")
    return np.asarray(np.log(x))
