"""Two muscles over the repetitions: interval, equivalence, verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.pooled import OwnRiseLag
from labapp.analysis.settings import AnalysisSettings
from labapp.analysis.statistics import (
    mean_interval,
    probability_below_zero,
    repetitions_needed,
    robust_sd,
)

Floats = NDArray[np.float64]
Verdict = Literal["first", "second", "simultaneous", "undecided", "not interpretable"]


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Lag of two muscles over the repetitions (ms; negative = `first` came first).

    Attributes
    ----------
    first, second
        Names; `verdict` ``"first"`` means that `first` came first.
    lags_ms
        (n_repetitions,) NaN where either onset is missing.
    mean, low, high, sd, median, robust_sd
        ms, 95 % t-interval of the mean; NaN where n is too small.
    tost_low, tost_high
        90 % interval of the mean, compared with the equivalence band.
    n
        Repetitions used.
    p_before
        Probability that the mean lag is negative.
    p_holm
        Two-sided p, Holm-adjusted over the pairs of the same question.
    verdict, reasons
        The verdict and, where it is withheld or undecided, why.
    n_needed
        Repetitions that would decide at this scatter, None where decided or out of reach.
    """

    first: str
    second: str
    lags_ms: Floats
    mean: float
    low: float
    high: float
    sd: float
    median: float
    robust_sd: float
    tost_low: float
    tost_high: float
    n: int
    p_before: float
    p_holm: float
    verdict: Verdict
    reasons: tuple[str, ...]
    n_needed: int | None


def judged_pair(
    a: str, b: str, values: Floats, reasons: tuple[str, ...], settings: AnalysisSettings
) -> Pair:
    """Summarise the lags (ms) of one pair; `reasons` already known close it."""
    wide, narrow = mean_interval(values), mean_interval(values, 0.90)
    n = wide.n
    if n < settings.min_repetitions and not reasons:
        reasons = (f"{n} repetitions with both onsets, {settings.min_repetitions} are needed",)
    finite = values[np.isfinite(values)]
    return Pair(
        a,
        b,
        values,
        wide.mean,
        wide.low,
        wide.high,
        wide.sd,
        float(np.median(finite)) if n else math.nan,
        robust_sd(values),
        narrow.low,
        narrow.high,
        n,
        probability_below_zero(wide.mean, wide.sd, n),
        math.nan,
        "not interpretable" if reasons else "undecided",
        reasons,
        None,
    )


def two_sided(p_before: float) -> float:
    """Two-sided p value of a probability of direction."""
    return 2 * min(p_before, 1 - p_before)


def decided(pair: Pair, settings: AnalysisSettings, own: OwnRiseLag | None = None) -> Pair:
    """Give an interpretable pair its verdict, from its Holm-adjusted p.

    Parameters
    ----------
    own
        Lag with the muscles' own rises: it must be a lead as well before one is called, and
        must not be one where the muscles are called simultaneous.
    """
    rope = settings.rope_ms
    if pair.p_holm < 0.05 and abs(pair.mean) >= rope:
        sign = math.copysign(1.0, pair.mean)
        if own is None or _leads(own, sign, rope):
            return replace(pair, verdict="first" if pair.mean < 0 else "second")
        return _doubted(pair, own, rope)
    if -rope < pair.tost_low and pair.tost_high < rope:
        if own is None or not (_leads(own, 1.0, rope) or _leads(own, -1.0, rope)):
            return replace(pair, verdict="simultaneous")
        return _doubted(pair, own, rope)
    lead = max(abs(pair.mean), rope)
    needed = repetitions_needed(pair.sd, lead)
    if needed is not None:
        needed = max(needed, pair.n + 1)
    if pair.p_holm < 0.05:
        reason = f"the lag is real but below {rope:g} ms, too small to call"
    else:
        reason = (
            f"the interval {pair.low:.0f} to {pair.high:.0f} ms contains no difference "
            "and is wider than the equivalence band"
        )
    return replace(pair, verdict="undecided", reasons=(reason,), n_needed=needed)


def _leads(own: OwnRiseLag, sign: float, rope: float) -> bool:
    """Whether the lag with own rises is a lead in the direction of `sign`.

    It has to reach the equivalence band, and (one-sided 5 %) half of it.
    """
    low, high = (1000 * limit for limit in own.limits(0.90))
    least = -high if sign < 0 else low
    return sign * 1000 * own.lag >= rope and least > rope / 2


def _doubted(pair: Pair, own: OwnRiseLag, rope: float) -> Pair:
    low, high = (1000 * limit for limit in own.limits(0.95))
    reason = (
        f"the mean lag of {pair.mean:.0f} ms could come from the speed of the rise: with a rise "
        f"of their own it is {1000 * own.lag:.0f} ms ({low:.0f} to {high:.0f})"
    )
    spread = 1000 * own.se * math.sqrt(own.n)
    needed = repetitions_needed(spread, max(1000 * abs(own.lag), rope))
    # More repetitions sharpen an interval; they do not enlarge a lag that is too small.
    if needed is None or needed <= pair.n:
        return replace(pair, verdict="undecided", reasons=(reason,), n_needed=None)
    return replace(pair, verdict="undecided", reasons=(reason,), n_needed=needed)


def turned(pair: Pair) -> Pair:
    """Turn a pair round: the same facts with the names exchanged."""
    swap: dict[Verdict, Verdict] = {"first": "second", "second": "first"}
    return replace(
        pair,
        first=pair.second,
        second=pair.first,
        lags_ms=-pair.lags_ms,
        mean=-pair.mean,
        low=-pair.high,
        high=-pair.low,
        median=-pair.median,
        tost_low=-pair.tost_high,
        tost_high=-pair.tost_low,
        p_before=1 - pair.p_before,
        verdict=swap.get(pair.verdict, pair.verdict),
    )
