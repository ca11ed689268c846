"""How far Kendall's W of one session can be trusted: bootstrap, permutations, chance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.arrays import real_numbers
from labapp.analysis.statistics import kendall_w, ranks_with_ties
from labapp.errors import LabError

Floats = NDArray[np.float64]

DRAWS = 5000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Agreement:
    """Kendall's W with what it takes to judge it; NaN where it is not defined.

    Attributes
    ----------
    w
        Agreement of the order over repetitions, 0 to 1.
    low, high
        95 % percentile interval over resampled repetitions.
    p
        Share of random orders that agree at least as well (permutations within repetitions).
    chance_mean, chance_high
        Mean and 95th percentile of W over those random orders.
    """

    w: float
    low: float
    high: float
    p: float
    chance_mean: float
    chance_high: float


def agreement(
    onsets: ArrayLike, tie: float, rng: np.random.Generator, draws: int = DRAWS
) -> Agreement:
    """Kendall's W of (n_repetitions, n_muscles) onsets, its interval and its chance band.

    Parameters
    ----------
    onsets
        Finite, s.
    tie
        Differences up to this count as ties, s.
    rng
        For the bootstrap of whole repetitions and the permutations.
    draws
        Of each.

    Raises
    ------
    LabError
        On a wrong shape or onsets that are not finite.
    """
    x = real_numbers(onsets, "onsets", "finite (n_repetitions, n_muscles) seconds")
    if x.ndim != 2 or not np.isfinite(x).all():
        raise LabError(
            f"onsets have shape {x.shape}", "give finite (n_repetitions, n_muscles) seconds"
        )
    observed = kendall_w(x, tie).w if len(x) else math.nan
    if not math.isfinite(observed):
        return Agreement(*[math.nan] * 6)
    ranks, correction = ranks_with_ties(x, tie)
    n = len(x)
    picked = rng.integers(0, n, size=(draws, n))
    resampled = _w(ranks[picked].sum(axis=1), correction[picked].sum(axis=1), n)
    resampled = resampled[np.isfinite(resampled)]
    shuffled = rng.permuted(np.broadcast_to(ranks, (draws, *ranks.shape)), axis=2)
    chance = _w(shuffled.sum(axis=1), np.full(draws, correction.sum()), n)
    low, high = np.quantile(resampled, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Agreement(
        observed,
        float(low),
        float(high),
        # The order that was seen is one of the possible ones: p is never 0.
        (1 + int((chance >= observed - 1e-12).sum())) / (1 + draws),
        float(chance.mean()),
        float(np.quantile(chance, 0.95)),
    )


def _w(sums: Floats, correction: Floats, n: int) -> Floats:
    """W (draws,) from rank sums (draws, m) and tie corrections (draws,); NaN if all are tied."""
    m = sums.shape[1]
    spread = np.square(sums - sums.mean(axis=1, keepdims=True)).sum(axis=1)
    room = n**2 * (m**3 - m) - n * correction
    return np.asarray(np.where(room > 0, 12 * spread / np.where(room > 0, room, 1.0), np.nan))
