"""The lag of a session when each muscle may rise at its own speed.

How fast a muscle rises, and along which curve, belongs to the muscle and the task, not to the
single pull. So the evidence of every ramp is summed over the pulls, for all kinds of ramp at
once: both muscles follow the same kind, each with its own duration. The onsets are then read at
those ramps and averaged with their probability. What is uncertain about the ramps (two muscles
at 25 and 150 ms differ by 20 ms or by 40, depending on how softly a muscle starts) widens the
lag instead of biasing it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.posterior import KINDS, MIDDLE, RampFit, Shapes

Floats = NDArray[np.float64]

MIDDLES_S = (0.0, 0.008, 0.016, 0.024, 0.034, 0.046, 0.06, 0.076, 0.095, 0.118, 0.145, 0.18)
"""Rises from 10 to 90 % of the amplitude: comparable whatever the kind of ramp."""

LONGEST_S = 0.34
"""Ramps of a longer duration than this would not fit in the stretch that is looked at."""

BIN_S = 0.004
"""The mean over pulls averages the width of the bins out."""

TEMPER = 0.5
"""Weight of the summed evidence: no kind of ramp is exactly right (calibrated, see docs)."""

EQUAL = 0.3
"""Prior probability that both muscles rise alike."""

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
        Standard uncertainty from the unknown ramps, and from the scatter over the pulls.
    rise, rise_sd
        10 to 90 % rise of the first and of the second muscle, posterior mean and SD.
    kinds
        Posterior probability of every kind of ramp.
    joint
        (rises, rises) posterior of the two rises, see `MIDDLES_S`.
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

        Rises within a step of the grid (or both below 16 ms) are not told apart.
        """
        rise = np.maximum(np.array(MIDDLES_S), MIDDLES_S[2])
        ratio = rise[:, None] / rise[None, :]
        slower = float(self.joint[ratio > factor].sum())
        return max(slower, float(self.joint[1 / ratio > factor].sum()))


def quantile(n: int, level: float) -> float:
    """Two-sided t quantile for `n` repetitions."""
    from scipy.special import stdtrit

    return float(stdtrit(n - 1, 0.5 + level / 2))


@dataclass(frozen=True, slots=True, eq=False)
class RampTable:
    """One burst under every ramp of `POOLED_SHAPES`: (kinds, rises) each.

    Attributes
    ----------
    evidence
        Log evidence, the onset summed out; -inf for ramps that are not on the grid.
    onset
        s, mean onset given the ramp.
    """

    evidence: Floats
    onset: Floats


def ramp_table(fit: RampFit) -> RampTable:
    """Sum the onset out of a fit on `POOLED_SHAPES`."""
    peak = float(fit.log.max())
    p = np.exp(fit.log - peak)
    mass = p.sum(axis=0) + 1e-300
    shape = (len(KINDS), len(MIDDLES_S))
    evidence, onset = np.full(shape, -np.inf), np.zeros(shape)
    kinds = np.array(POOLED_SHAPES.kinds)
    for k, kind in enumerate(KINDS):
        at = kinds == kind
        count = int(at.sum())
        evidence[k, :count] = np.log(mass[at]) + peak
        onset[k, :count] = (fit.times @ p[:, at]) / mass[at]
    return RampTable(evidence, onset)


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
    size = len(MIDDLES_S)
    log_a, log_b = (
        TEMPER * np.sum([table.evidence for table in tables], axis=0) for tables in (first, second)
    )
    prior = (1 - EQUAL) / size**2 + EQUAL / size * np.eye(size)
    log = log_a[:, :, None] + log_b[:, None, :] + np.log(prior)
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
        math.sqrt(float((w * np.square(spread)).sum())),
        float(lags.std(ddof=1)) / math.sqrt(n),
        n,
        (rise_a, rise_b),
        (rise_sd_a, rise_sd_b),
        {kind: float(w[k].sum()) for k, kind in enumerate(KINDS)},
        joint,
    )


def _mean_sd(p: Floats) -> tuple[float, float]:
    x = np.array(MIDDLES_S)
    mean = float(p @ x)
    return mean, math.sqrt(max(float(p @ np.square(x - mean)), 0.0))
