"""The lag of a session when each muscle may rise at its own speed.

How fast a muscle rises, and along which curve, belongs to the muscle and the task, not to the
single pull. So the evidence of every ramp is summed over the pulls, for all kinds of ramp at
once: both muscles follow the same kind, each with its own rise, which varies somewhat from pull
to pull. The onsets are then read at those ramps and averaged with their probability. What is
uncertain about the ramps (two muscles at 25 and 150 ms differ by 20 ms or by 40, depending on
how softly a muscle starts) widens the lag instead of biasing it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.posterior import KINDS, MIDDLE, RampFit, Shapes

Floats = NDArray[np.float64]

MIDDLES_S = (0.0, 0.008, 0.016, 0.024, 0.034, 0.046, 0.06, 0.076, 0.095, 0.118, 0.145, 0.18)
"""Rises from 10 to 90 % of the amplitude that are fitted: comparable whatever the kind."""

LONGEST_S = 0.34
"""Ramps of a longer duration than this would not fit in the stretch that is looked at."""

RISES_S: Floats = np.linspace(0.0, math.sqrt(MIDDLES_S[-1]), 64) ** 2
"""Rises (s) of the result. Fits are smooth in the rise, so those between are interpolated: with
the fitted ones alone, a true rise between two of them cost up to 11 ms of lag."""

BIN_S = 0.004
"""The mean over pulls averages the width of the bins out."""

SHARPNESS = 2.0
"""Weight of a sample when the onset is summed out, times that of a single pull's onset. A
blunter fit spreads the onsets, which looks like a softer start ..."""

TEMPER = 0.35
"""... so that the evidence is blunted afterwards: no kind of ramp is exactly right."""

VARIES = 0.3
"""Relative SD of a muscle's rise from pull to pull: motor units do not fire alike twice."""

EQUAL = 0.15
"""Prior probability that both muscles rise alike.

These four were chosen on simulated sessions (docs/explanation/onset.md).
"""

SESSION, LASTING = 12, 50
"""Up to `SESSION` pulls their evidence is added up whole, as it was chosen; `n` pulls count as
``(SESSION + LASTING) / (LASTING + n)`` of their sum, at most as 62. What is wrong about the curves
is wrong alike in every pull, so that no number of pulls may decide between them for certain (a
coarsened posterior: Miller and Dunson 2019, doi:10.1080/01621459.2018.1469995)."""

SHORTEST_S = 0.016
"""Rises below this are not told apart."""

MODEL_S = 0.0015
"""Standard uncertainty that no number of pulls takes away: kinds and smear of real potentials."""

FEWEST = 4


def _grid() -> Shapes:
    pairs = [(k, m / MIDDLE[k]) for k in KINDS for m in MIDDLES_S]
    kept = [(k, rise) for k, rise in pairs if rise <= LONGEST_S]
    return Shapes(tuple(k for k, _ in kept), tuple(rise for _, rise in kept))


POOLED_SHAPES = _grid()


@dataclass(frozen=True, slots=True, eq=False)
class OwnRiseLag:
    """Lag of two muscles over a session, each with its own, pooled rise (s).

    Attributes
    ----------
    lag
        Mean over the `n` pulls, negative where the first came first.
    se_ramp, se_pulls, n
        Standard uncertainty from the unknown ramps (with `MODEL_S`), and from the scatter over
        the pulls.
    rise, rise_sd
        10 to 90 % rise of the first and of the second muscle, posterior mean and SD.
    kinds
        Posterior probability of every kind of ramp.
    joint
        (rises, rises) posterior of the two rises, see `RISES_S`.
    """

    lag: float
    se_ramp: float
    se_pulls: float
    n: int
    rise: tuple[float, float]
    rise_sd: tuple[float, float]
    kinds: dict[str, float]
    joint: Floats

    @property
    def se(self) -> float:
        """Standard uncertainty of the lag, s."""
        return math.hypot(self.se_ramp, self.se_pulls)

    def limits(self, level: float) -> tuple[float, float]:
        """Two-sided t-interval of the lag (s)."""
        half = quantile(self.n, level) * self.se
        return self.lag - half, self.lag + half

    def unequal(self, factor: float) -> float:
        """Probability that one rise is more than `factor` times the other, the likelier way.

        Rises below 16 ms count as 16 ms.
        """
        rise = np.maximum(RISES_S, SHORTEST_S)
        ratio = rise[:, None] / rise[None, :]
        slower = float(self.joint[ratio > factor].sum())
        return max(slower, float(self.joint[1 / ratio > factor].sum()))


def quantile(n: int, level: float) -> float:
    """Two-sided t quantile for `n` repetitions."""
    from scipy.special import stdtrit

    return float(stdtrit(n - 1, 0.5 + level / 2))


@dataclass(frozen=True, slots=True, eq=False)
class RampTable:
    """One burst under every kind and every typical rise of its muscle: (kinds, `RISES_S`) each.

    Attributes
    ----------
    evidence
        Weighted log evidence, the onset and the rise of this pull summed out; -inf for ramps
        that were not fitted.
    onset
        s, mean onset.
    """

    evidence: Floats
    onset: Floats


def ramp_table(fit: RampFit) -> RampTable:
    """Sum the onset, and how far this pull's rise is from the typical one, out of a fit.

    Parameters
    ----------
    fit
        On `POOLED_SHAPES`, with `SHARPNESS`.
    """
    peak = fit.log.max(axis=0)
    p = np.exp(fit.log - peak)
    mass = p.sum(axis=0)
    log, onsets = np.log(mass) + peak, (fit.times @ p) / mass
    evidence, onset = np.full((2, len(KINDS), len(RISES_S)), -np.inf)
    onset[:] = 0.0
    kinds = np.array(POOLED_SHAPES.kinds)
    for k, kind in enumerate(KINDS):
        at = kinds == kind
        between = between_fitted(int(at.sum()))
        near = _varied(len(between))
        value = TEMPER * (between @ log[at])
        top = float(value.max())
        weight = np.exp(value - top)
        summed = near @ weight + 1e-300
        evidence[k, : len(between)] = np.log(summed) + top
        onset[k, : len(between)] = near @ (weight * (between @ onsets[at])) / summed
    return RampTable(evidence, onset)


@lru_cache(maxsize=8)
def between_fitted(count: int) -> Floats:
    """Cubic interpolation (rises, count) from the first `count` fitted rises to `RISES_S`.

    Through the four nearest, in the square root of the rise, in which they lie evenly.
    """
    nodes = np.sqrt(MIDDLES_S[:count])
    wanted = np.sqrt(RISES_S)
    wanted = wanted[wanted <= nodes[-1] + 1e-9]
    first = np.clip(np.searchsorted(nodes, wanted) - 2, 0, count - 4)
    matrix = np.zeros((len(wanted), count))
    for j in range(4):
        others = [k for k in range(4) if k != j]
        terms = [
            (wanted - nodes[first + k]) / (nodes[first + j] - nodes[first + k]) for k in others
        ]
        matrix[np.arange(len(wanted)), first + j] = np.prod(terms, axis=0)
    return matrix


@lru_cache(maxsize=8)
def _varied(count: int) -> Floats:
    """Probability (typical, this pull's) of a rise, for the first `count` of `RISES_S`."""
    log = np.log(np.maximum(RISES_S[:count], 0.004))
    width = np.maximum(np.gradient(log), 1e-3)
    p = np.exp(-0.5 * np.square((log[:, None] - log[None, :]) / VARIES)) * width
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def lasting(n: int) -> float:
    """Weight of the summed evidence of `n` pulls, see `LASTING`."""
    return min(1.0, (SESSION + LASTING) / (LASTING + n))


def own_rise_lag(
    first: Sequence[RampTable], second: Sequence[RampTable], offsets: Sequence[float]
) -> OwnRiseLag | None:
    """Lag over all pulls with the muscles' own rises, the kind of ramp left open.

    Parameters
    ----------
    first, second
        One table per pull each, in the same order, at the same ratio.
    offsets
        s to add to the lag of each pull (start of the first's time axis minus the second's).

    Returns
    -------
    OwnRiseLag or None
        None below four pulls.
    """
    n = len(first)
    if n < FEWEST:
        return None
    size = len(RISES_S)
    log_a, log_b = (
        np.sum([table.evidence for table in tables], axis=0) for tables in (first, second)
    )
    prior = (1 - EQUAL) / size**2 + EQUAL / size * np.eye(size)
    log = lasting(n) * (log_a[:, :, None] + log_b[:, None, :]) + np.log(prior)
    w = np.exp(log - log.max())
    w /= w.sum()
    # The onsets of a pull under a ramp of its own muscle: what is summed is (kind, a, b).
    a, b = (np.array([table.onset for table in tables]) for tables in (first, second))
    lags = (
        np.einsum("nkr,kr->n", a, w.sum(axis=2))
        - np.einsum("nkr,kr->n", b, w.sum(axis=1))
        + np.asarray(offsets, dtype=np.float64)
    )
    lag = float(lags.mean())
    by_ramp = a.mean(axis=0)[:, :, None] - b.mean(axis=0)[:, None, :]
    spread = by_ramp - float((w * by_ramp).sum())
    joint = w.sum(axis=0)
    rise_a, rise_sd_a = _mean_sd(joint.sum(axis=1))
    rise_b, rise_sd_b = _mean_sd(joint.sum(axis=0))
    return OwnRiseLag(
        lag,
        math.hypot(math.sqrt(float((w * np.square(spread)).sum())), MODEL_S),
        float(lags.std(ddof=1)) / math.sqrt(n),
        n,
        (rise_a, rise_b),
        (rise_sd_a, rise_sd_b),
        {kind: float(w[k].sum()) for k, kind in enumerate(KINDS)},
        joint,
    )


def _mean_sd(p: Floats) -> tuple[float, float]:
    mean = float(p @ RISES_S)
    return mean, math.sqrt(max(float(p @ np.square(RISES_S - mean)), 0.0))
