"""One rise per muscle, one onset per pull: the lag over a session under a fixed kind of ramp.

How fast a muscle rises belongs to the muscle and the task, not to the single pull. Its evidence
is therefore summed over the repetitions; the onsets are then read at that rise, each muscle at
its own. Unlike the lag with a shared rise this one is nearly free of bias where the rises
differ, if the kind of ramp is right, and more ragged. Which kind is right cannot be known, so it
is made for several: a lead has to hold under each of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.posterior import RampFit

Floats = NDArray[np.float64]

SHORTEST_RISE_S = 0.005
"""A step has no logarithm; it is no different from the shortest ramp."""

LEAST_SHARE = 0.07
"""The grid resolves no more than this share of a rise (standard uncertainty)."""

FEWEST = 4


@dataclass(frozen=True, slots=True)
class PooledLag:
    """Lag of two muscles over a session, each with its own pooled rise (s).

    Attributes
    ----------
    exponent
        Kind of ramp: the variance grows with this power of time.
    lag, se, n
        Mean over the `n` pulls, negative where the first came first; jackknife uncertainty.
    rise
        Of the first and of the second muscle.
    rise_cov
        Jackknife (co)variance of the rises, s^2: of the first, of the second, of both.
    """

    exponent: float
    lag: float
    se: float
    n: int
    rise: tuple[float, float]
    rise_cov: tuple[float, float, float]

    def limits(self, level: float) -> tuple[float, float]:
        """Two-sided t-interval of the lag (s)."""
        half = quantile(self.n, level) * self.se
        return self.lag - half, self.lag + half

    def slower_than(self, factor: float, level: float) -> bool:
        """Whether one rise is certainly (two-sided `level`) more than `factor` times the other.

        On the scale of time, not of its logarithm: 5 and 15 ms are far apart there and alike
        for every lag.
        """
        a, b = self.rise
        (fast, slow) = (b, a) if a > b else (a, b)
        (v_fast, v_slow) = self.rise_cov[1::-1] if a > b else self.rise_cov[:2]
        variance = v_slow + factor**2 * v_fast - 2 * factor * self.rise_cov[2]
        variance = max(variance, 0.0) + LEAST_SHARE**2 * (slow**2 + (factor * fast) ** 2)
        return slow - factor * fast > quantile(self.n, level) * math.sqrt(variance)


def quantile(n: int, level: float) -> float:
    """Two-sided t quantile for `n` repetitions."""
    from scipy.special import stdtrit

    return float(stdtrit(n - 1, 0.5 + level / 2))


def pooled_lag(
    first: Sequence[RampFit], second: Sequence[RampFit], exponent: float, offsets: Sequence[float]
) -> PooledLag | None:
    """Estimate the rises of two muscles from all pulls together, then the mean lag.

    Parameters
    ----------
    first, second
        One fit per pull each, in the same order, at the same ratio; one grid of shapes.
    exponent
        Which of the fitted kinds of ramp.
    offsets
        s to add to the lag of each pull (start of the first's time axis minus the second's).

    Returns
    -------
    PooledLag or None
        None below four pulls: a jackknife of three says nothing.
    """
    n = len(first)
    if n < FEWEST:
        return None
    a, b = _Muscle(first, exponent), _Muscle(second, exponent)
    shift = np.asarray(offsets, dtype=np.float64)
    lag, rise_a, rise_b = _estimate(a, b, shift, np.ones(n, dtype=np.bool_))
    without = ~np.eye(n, dtype=np.bool_)
    left_out = np.array([_estimate(a, b, shift, keep) for keep in without])
    rises = np.exp(left_out[:, 1:])
    spread = (rises - rises.mean(axis=0)).T
    cov = (n - 1) / n * (spread @ spread.T)
    return PooledLag(
        exponent,
        lag,
        _jackknife(left_out[:, 0]),
        n,
        (math.exp(rise_a), math.exp(rise_b)),
        (float(cov[0, 0]), float(cov[1, 1]), float(cov[0, 1])),
    )


class _Muscle:
    """Evidence (n, rises) and conditional mean onset (n, rises) of every rise in every pull."""

    def __init__(self, fits: Sequence[RampFit], exponent: float) -> None:
        at = fits[0].exponents == exponent
        self.log_rises = np.log(np.maximum(fits[0].rises[at], SHORTEST_RISE_S))
        evidence, onset = [], []
        for fit in fits:
            log = fit.log[:, at]
            peak = float(log.max())
            p = np.exp(log - peak)
            mass = p.sum(axis=0) + 1e-300
            evidence.append(np.log(mass) + peak)
            onset.append((p * fit.times[:, None]).sum(axis=0) / mass)
        self.evidence, self.onset = np.array(evidence), np.array(onset)

    def best(self, keep: NDArray[np.bool_]) -> float:
        """``ln(rise)`` of the greatest evidence over the kept pulls."""
        return best_log(self.evidence[keep].sum(axis=0), self.log_rises)

    def onsets(self, log_rise: float) -> Floats:
        """Onset of every pull at this rise, between the rises of the grid."""
        right = int(np.clip(np.searchsorted(self.log_rises, log_rise), 1, len(self.log_rises) - 1))
        left = right - 1
        share = (log_rise - self.log_rises[left]) / (self.log_rises[right] - self.log_rises[left])
        return np.asarray((1 - share) * self.onset[:, left] + share * self.onset[:, right])


def _estimate(
    a: _Muscle, b: _Muscle, shift: Floats, keep: NDArray[np.bool_]
) -> tuple[float, float, float]:
    rise_a, rise_b = a.best(keep), b.best(keep)
    lags = a.onsets(rise_a) - b.onsets(rise_b) + shift
    return float(lags[keep].mean()), rise_a, rise_b


def _jackknife(values: Floats) -> float:
    n = len(values)
    return math.sqrt((n - 1) / n * float(np.square(values - values.mean()).sum()))


def best_log(log_evidence: Floats, log_rises: Floats) -> float:
    """``ln(rise)`` of the greatest evidence, by a parabola through it and its neighbours.

    Over twelve repetitions the evidence is far narrower than the grid is wide.
    """
    x = log_rises
    k = int(np.argmax(log_evidence))
    if k in (0, len(x) - 1):
        return float(x[k])
    (xa, xb, xc), (ya, yb, yc) = x[k - 1 : k + 2], log_evidence[k - 1 : k + 2]
    left, right = (yb - ya) / (xb - xa), (yc - yb) / (xc - xb)
    curvature = (right - left) / (xc - xa)
    if curvature >= 0:
        return float(xb)
    # Where the slope, linear between the midpoints of the two intervals, passes zero.
    vertex = (xa + xb) / 2 - left / (2 * curvature)
    return float(np.clip(vertex, xa, xc))
