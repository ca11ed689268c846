"""Standardised difference of two conditions: Hedges' g with the exact noncentral-t interval.

Domain reference 8.4; Hedges 1981 for the small-sample factor, Cumming & Finch 2001 for the
interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from numpy.typing import ArrayLike

from labapp.analysis.reliability_stats import paired, sample
from labapp.errors import LabError


def hedges_correction(df: int) -> float:
    """Exact small-sample factor J of Hedges (1981): 0.91387 at df = 9."""
    if df < 2:
        raise LabError(f"df is {df}", "Hedges' correction needs at least 2 degrees of freedom")
    return math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2)


@dataclass(frozen=True, slots=True)
class EffectSize:
    """Standardised mean difference: Hedges' g with its interval, and Cohen's d before it."""

    g: float
    low: float
    high: float
    d: float
    df: int


def hedges_g(
    first: ArrayLike, second: ArrayLike, *, is_paired: bool = False, level: float = 0.95
) -> EffectSize:
    """Hedges' g of ``second - first`` with the exact noncentral-t interval.

    Parameters
    ----------
    first, second
        (n,) finite values, at least 3 each; the same subjects in the same order if `is_paired`
        (then the difference is standardised by the SD of the differences, d_z).
    is_paired
        Two conditions of the same subjects, or two groups (pooled SD).
    level
        Level of the interval (Cumming & Finch 2001: the noncentralities at which the observed t
        is the upper and lower quantile, times the same J).
    """
    if is_paired:
        a, b = paired(first, second, least=3)
        difference = b - a
        mean, sd = float(difference.mean()), float(difference.std(ddof=1))
        scale, df = math.sqrt(1 / len(a)), len(a) - 1
    else:
        a, b = sample(first, 3), sample(second, 3)
        df = len(a) + len(b) - 2
        pooled = (len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)
        mean, sd = float(b.mean() - a.mean()), math.sqrt(float(pooled) / df)
        scale = math.sqrt(1 / len(a) + 1 / len(b))
    if sd <= 0:
        raise LabError("the values do not vary", "an effect size needs a standard deviation")
    d, factor = mean / sd, hedges_correction(df)
    low, high = _noncentral(d / scale, df, level)
    return EffectSize(factor * d, factor * low * scale, factor * high * scale, d, df)


def _noncentral(t: float, df: int, level: float) -> tuple[float, float]:
    """Noncentralities at which `t` is the upper and the lower quantile."""
    from scipy.optimize import brentq
    from scipy.special import nctdtr

    tail = (1 - level) / 2
    reach = 12.0 + 2.0 * abs(t)

    def found(p: float) -> float:
        def miss(nc: float) -> float:
            below = float(nctdtr(df, nc, t))
            # Far out the routine gives up; the probability is 0 or 1 there.
            return (float(nc < t) if math.isnan(below) else below) - p

        return float(brentq(miss, t - reach, t + reach, xtol=1e-12, rtol=1e-14))

    return found(1 - tail), found(tail)
