"""Reliability of a measure over subjects and sessions, agreement and change of two of them.

Two-way analysis of variance, the intraclass correlations of Shrout & Fleiss (1979) and McGraw &
Wong (1996) with their F intervals, SEM and MDC (Weir 2005), limits of agreement (Bland & Altman
1986), Welch's interval. Domain reference 8.2 and 8.3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.arrays import real_numbers
from labapp.analysis.statistics import mean_interval
from labapp.errors import LabError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Icc:
    """One form of the intraclass correlation, as computed (may be negative), with interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """Reliability of one measure over n subjects and k sessions (or raters).

    Attributes
    ----------
    n, k
        Subjects and sessions.
    ms_subjects, ms_sessions, ms_error
        Mean squares of the two-way table.
    icc
        ``"1,1"``, ``"1,k"``, ``"2,1"`` (absolute agreement, McGraw & Wong's A,1), ``"2,k"``,
        ``"3,1"`` (consistency, C,1), ``"3,k"``, each with its 95 % interval.
    sem_consistency, sem_agreement
        ``sqrt(MSE)`` and ``sqrt(MSE + max(MSC - MSE, 0) / n)``, unit of the measure.
    mdc95_consistency, mdc95_agreement
        ``1.96 sqrt(2) SEM``.
    """

    n: int
    k: int
    ms_subjects: float
    ms_sessions: float
    ms_error: float
    icc: dict[str, Icc]
    sem_consistency: float
    sem_agreement: float
    mdc95_consistency: float
    mdc95_agreement: float


def reliability(table: ArrayLike, level: float = 0.95) -> Reliability:
    """Reliability of an (n_subjects, k_sessions) table of one measure.

    Parameters
    ----------
    table
        (n, k) finite values, n >= 2 and k >= 2.
    level
        Level of the intervals.

    Raises
    ------
    LabError
        On another shape, missing values, or a table without any variation.
    """
    x = _table(table)
    n, k = x.shape
    grand = x.mean()
    rows, columns = x.mean(axis=1), x.mean(axis=0)
    ss_rows = k * float(np.square(rows - grand).sum())
    ss_columns = n * float(np.square(columns - grand).sum())
    residual = x - rows[:, None] - columns[None, :] + grand
    ss_error = float(np.square(residual).sum())
    msr, msc = ss_rows / (n - 1), ss_columns / (k - 1)
    mse = ss_error / ((n - 1) * (k - 1))
    msw = (ss_columns + ss_error) / (n * (k - 1))
    if msr + msw <= 1e-24 * max(float(np.square(x).mean()), 1e-300):
        raise LabError("all values are equal", "reliability needs values that differ")
    one = _one_way(msr, msw, n, k, level)
    three = _one_way(msr, mse, n, k, level, df_error=(n - 1) * (k - 1))
    two = _two_way(msr, msc, mse, n, k, level)
    sem_c = math.sqrt(mse)
    sem_a = math.sqrt(mse + max(msc - mse, 0.0) / n)
    factor = 1.96 * math.sqrt(2.0)
    return Reliability(
        n,
        k,
        msr,
        msc,
        mse,
        {
            "1,1": one[0],
            "1,k": one[1],
            "2,1": two[0],
            "2,k": two[1],
            "3,1": three[0],
            "3,k": three[1],
        },
        sem_c,
        sem_a,
        factor * sem_c,
        factor * sem_a,
    )


def _table(table: ArrayLike) -> Floats:
    x = real_numbers(table, "the values of the table", "(n_subjects, k_sessions)")
    if x.ndim != 2 or min(x.shape) < 2:
        raise LabError(
            f"the table has shape {x.shape}", "give at least 2 subjects (rows) and 2 sessions"
        )
    if not np.isfinite(x).all():
        raise LabError("the table has missing values", "leave incomplete subjects out")
    return x


def _one_way(
    between: float, within: float, n: int, k: int, level: float, df_error: int | None = None
) -> tuple[Icc, Icc]:
    """Single and average form from one F ratio: ICC(1,.) and, with the residual, ICC(3,.)."""
    from scipy.special import fdtri

    df_error = df_error or n * (k - 1)
    single = (between - within) / (between + (k - 1) * within)
    average = (between - within) / between if between > 0 else -math.inf
    if within <= 0:
        return Icc(single, 1.0, 1.0), Icc(average, 1.0, 1.0)
    ratio, upper = between / within, 0.5 + level / 2
    low = ratio / float(fdtri(n - 1, df_error, upper))
    high = ratio * float(fdtri(df_error, n - 1, upper))
    return (
        Icc(single, (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)),
        Icc(
            average, 1 - 1 / low if low > 0 else -math.inf, 1 - 1 / high if high > 0 else -math.inf
        ),
    )


def _two_way(msr: float, msc: float, mse: float, n: int, k: int, level: float) -> tuple[Icc, Icc]:
    """ICC(2,1) and ICC(2,k): systematic differences between sessions count as error."""
    from scipy.special import fdtri

    single = (msr - mse) / (msr + (k - 1) * mse + k * (msc - mse) / n)
    average = (msr - mse) / (msr + (msc - mse) / n)
    if mse <= 0:
        # Without residual the F quotients do not exist: no interval.
        return Icc(single, math.nan, math.nan), Icc(average, math.nan, math.nan)
    fj = msc / mse
    free = n * (1 + (k - 1) * single) - k * single
    nu = (
        (k - 1)
        * (n - 1)
        * (k * single * fj + free) ** 2
        / ((n - 1) * k**2 * single**2 * fj**2 + free**2)
    )
    upper = 0.5 + level / 2
    fa, fb = float(fdtri(n - 1, nu, upper)), float(fdtri(nu, n - 1, upper))
    rest = k * msc + (k * n - k - n) * mse
    low = n * (msr - fa * mse) / (fa * rest + n * msr)
    high = n * (fb * msr - mse) / (rest + n * fb * msr)
    return (
        Icc(single, low, high),
        Icc(average, k * low / (1 + (k - 1) * low), k * high / (1 + (k - 1) * high)),
    )


@dataclass(frozen=True, slots=True)
class LimitsOfAgreement:
    """Bland-Altman agreement of two sessions: bias and limits, each with its interval.

    `slope_p` is the p value of the regression of the absolute difference on the mean: a small
    one says that the spread grows with the value and that logarithms fit better.
    """

    bias: float
    bias_interval: tuple[float, float]
    low: float
    low_interval: tuple[float, float]
    high: float
    high_interval: tuple[float, float]
    slope_p: float
    n: int


def limits_of_agreement(first: ArrayLike, second: ArrayLike) -> LimitsOfAgreement:
    """Limits of agreement ``bias +- 1.96 SD`` of ``second - first`` (n pairs, n >= 3).

    The standard error of a limit is ``sqrt(3 / n) SD`` (Bland & Altman 1986).
    """
    from scipy.special import stdtr, stdtrit

    a, b = paired(first, second, least=3)
    d, n = b - a, len(a)
    m = mean_interval(d)
    low, high = m.mean - 1.96 * m.sd, m.mean + 1.96 * m.sd
    half = float(stdtrit(n - 1, 0.975)) * math.sqrt(3 / n) * m.sd
    size, middle = np.abs(d), (a + b) / 2
    spread = float(np.square(middle - middle.mean()).sum())
    p = math.nan
    if spread > 0 and n > 2:
        slope = float(((middle - middle.mean()) * size).sum()) / spread
        rest = size - size.mean() - slope * (middle - middle.mean())
        error = math.sqrt(float(np.square(rest).sum()) / (n - 2) / spread)
        p = 2 * float(stdtr(n - 2, -abs(slope) / error)) if error > 0 else math.nan
    return LimitsOfAgreement(
        m.mean,
        (m.low, m.high),
        low,
        (low - half, low + half),
        high,
        (high - half, high + half),
        p,
        n,
    )


@dataclass(frozen=True, slots=True)
class Change:
    """Difference of two means over repetitions, Welch's interval and degrees of freedom."""

    difference: float
    low: float
    high: float
    df: float
    t: float
    p: float


def welch_change(first: ArrayLike, second: ArrayLike, level: float = 0.95) -> Change:
    """Mean of `second` minus mean of `first` by Welch-Satterthwaite (domain reference 8.2)."""
    from scipy.special import stdtr, stdtrit

    a, b = sample(first, 2), sample(second, 2)
    va, vb = float(a.var(ddof=1)) / len(a), float(b.var(ddof=1)) / len(b)
    difference, total = float(b.mean() - a.mean()), va + vb
    if total <= 0:
        raise LabError("the values do not vary", "an interval needs a standard deviation")
    df = total**2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
    half = float(stdtrit(df, 0.5 + level / 2)) * math.sqrt(total)
    t = difference / math.sqrt(total)
    p = 2 * float(stdtr(df, -abs(t)))
    return Change(difference, difference - half, difference + half, df, t, p)


def paired(first: ArrayLike, second: ArrayLike, least: int) -> tuple[Floats, Floats]:
    """Check two finite samples of the same length, at least `least` pairs; `LabError` else."""
    a, b = sample(first, least), sample(second, least)
    if len(a) != len(b):
        raise LabError(f"{len(a)} and {len(b)} values", "give one pair per subject")
    return a, b


def sample(values: ArrayLike, least: int) -> Floats:
    """Check one row of at least `least` finite values; `LabError` else."""
    x = real_numbers(values, "the values", "(n,) numbers")
    if x.ndim != 1 or len(x) < least:
        raise LabError(f"the values have shape {x.shape}", f"give at least {least} in a row")
    if not np.isfinite(x).all():
        raise LabError("the values have gaps", "leave missing ones out")
    return x
