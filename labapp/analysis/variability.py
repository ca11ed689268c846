"""Variability of movement: CV, coefficient of multiple correlation, ensemble bands.

Less is not better by itself; the numbers are shown, not scored (domain reference 5.13).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.arrays import real_numbers
from labapp.errors import LabError

Floats = NDArray[np.float64]

POINTS = 101
"""Points of a time-normalised curve: 0, 1, ... 100 % of the repetition."""


@dataclass(frozen=True, slots=True)
class Cv:
    """Coefficient of variation, %, with its 95 % interval (Vangel 1996) and n."""

    percent: float
    low: float
    high: float
    n: int


def coefficient_of_variation(values: ArrayLike) -> Cv:
    """CV of positive values over repetitions; NaN values are left out, below 2 all fields NaN.

    Vangel's (1996) modification of McKay's interval, good for CV below about 30 %.
    """
    from scipy.special import chdtri

    x = _row(values)
    x = x[~np.isnan(x)]
    n = len(x)
    if np.isinf(x).any() or (x < 0).any():
        raise LabError("values are negative or infinite", "a CV needs a ratio scale")
    if n < 2 or x.mean() == 0:
        return Cv(math.nan, math.nan, math.nan, n)
    k = float(x.std(ddof=1) / x.mean())
    if k == 0:
        return Cv(0.0, 0.0, 0.0, n)

    def limit(tail: float) -> float:
        # chdtri is the inverse of the upper tail.
        u = float(chdtri(n - 1, 1 - tail))
        inside = ((u + 2) / n - 1) * k**2 + u / (n - 1)
        return 100 * k / math.sqrt(inside) if inside > 0 else math.nan

    return Cv(100 * k, limit(0.975), limit(0.025), n)


def time_normalised(values: ArrayLike, points: int = POINTS) -> Floats:
    """Resample a (n_samples,) curve of one repetition to `points` from 0 to 100 %, linearly.

    Raises
    ------
    LabError
        With fewer than two samples, missing values, or not one row of numbers.
    """
    x = _row(values)
    if len(x) < 2 or not np.isfinite(x).all():
        raise LabError(
            f"a curve of {len(x)} samples, some missing" if len(x) > 1 else "a curve of one sample",
            "give at least two samples, none lost",
        )
    return np.asarray(np.interp(np.linspace(0, len(x) - 1, points), np.arange(len(x)), x))


def _row(values: ArrayLike) -> Floats:
    x = real_numbers(values, "values", "(n,) numbers")
    if x.ndim != 1:
        raise LabError(f"values have shape {x.shape}", "give one row")
    return x


@dataclass(frozen=True, slots=True, eq=False)
class Ensemble:
    """Curves of many repetitions on one time base.

    Attributes
    ----------
    mean, sd
        (points,) mean and SD over repetitions.
    cmc
        Coefficient of multiple correlation (Kadaba 1989, within a session): 1 means the same
        shape every time, NaN means no common shape.
    mesd
        Mean over time of the SD over repetitions, unit of the curves.
    n
        Repetitions.
    """

    mean: Floats
    sd: Floats
    cmc: float
    mesd: float
    n: int


def ensemble(curves: ArrayLike) -> Ensemble:
    """Mean, SD band and CMC of time-normalised curves.

    Parameters
    ----------
    curves
        (n_repetitions, n_points), finite; at least 2 by 2.

    Notes
    -----
    ``CMC = sqrt(1 - [sum (Y_rt - Ybar_t)^2 / (T (n - 1))] / [sum (Y_rt - Ybar)^2 / (n T - 1)])``.
    """
    y = real_numbers(curves, "curves", "(n_repetitions, n_points)")
    if y.ndim != 2 or min(y.shape) < 2:
        raise LabError(
            f"curves have shape {y.shape}", "give at least 2 repetitions of at least 2 points"
        )
    if not np.isfinite(y).all():
        raise LabError("curves have missing values", "leave incomplete repetitions out")
    n, points = y.shape
    mean, sd = y.mean(axis=0), y.std(axis=0, ddof=1)
    within = float(np.square(y - mean).sum()) / (points * (n - 1))
    overall = float(np.square(y - y.mean()).sum()) / (n * points - 1)
    radicand = 1 - within / overall if overall > 0 else -1.0
    cmc = math.sqrt(radicand) if radicand >= 0 else math.nan
    return Ensemble(mean, sd, cmc, float(sd.mean()), n)


@dataclass(frozen=True, slots=True)
class SpreadChange:
    """Change of variability, ``ln(SD_2 / SD_1)``, with its 95 % interval."""

    log_ratio: float
    low: float
    high: float


def spread_change(first: ArrayLike, second: ArrayLike) -> SpreadChange:
    """Compare the SD of two sets of repetitions (normal approximation on the log scale)."""
    a, b = _row(first), _row(second)
    if len(a) < 3 or len(b) < 3 or not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise LabError(f"{len(a)} and {len(b)} values", "give at least 3 finite values each")
    sa, sb = float(a.std(ddof=1)), float(b.std(ddof=1))
    if sa <= 0 or sb <= 0:
        raise LabError("one set does not vary", "give values that differ")
    change = math.log(sb / sa)
    half = 1.96 * math.sqrt(1 / (2 * (len(a) - 1)) + 1 / (2 * (len(b) - 1)))
    return SpreadChange(change, change - half, change + half)
