"""The statistics behind order and ratio: intervals, probabilities, ranks."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from itertools import pairwise, permutations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.errors import LabError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MeanInterval:
    """Mean with its t-interval; fields are NaN where n < 2."""

    mean: float
    sd: float
    low: float
    high: float
    n: int

    def as_row(self) -> dict[str, float | int]:
        """Fields of the analysis document: mean, sd, low, high, n."""
        return asdict(self)


def mean_interval(values: ArrayLike, level: float = 0.95) -> MeanInterval:
    """Mean and t-interval of the finite values (Student; default of the domain reference)."""
    from scipy.special import stdtrit

    v = np.asarray(values, dtype=np.float64)
    v = v[np.isfinite(v)]
    n = len(v)
    if n == 0:
        return MeanInterval(math.nan, math.nan, math.nan, math.nan, 0)
    mean = float(v.mean())
    if n == 1:
        return MeanInterval(mean, math.nan, math.nan, math.nan, 1)
    sd = float(v.std(ddof=1))
    half = float(stdtrit(n - 1, 0.5 + level / 2)) * sd / math.sqrt(n)
    return MeanInterval(mean, sd, mean - half, mean + half, n)


def probability_below_zero(mean: float, sd: float, n: int) -> float:
    """Probability that the true mean is negative: ``T_cdf(-mean / (sd / sqrt n), n - 1)``."""
    from scipy.special import stdtr

    if n < 2 or not (math.isfinite(mean) and math.isfinite(sd)):
        return math.nan
    if sd == 0:
        return 0.5 if mean == 0 else float(mean < 0)
    return float(stdtr(n - 1, -mean / (sd / math.sqrt(n))))


def robust_sd(values: ArrayLike) -> float:
    """1.4826 times the median absolute deviation of the finite values."""
    v = np.asarray(values, dtype=np.float64)
    v = v[np.isfinite(v)]
    return float(1.4826 * np.median(np.abs(v - np.median(v)))) if len(v) else math.nan


def _check_share(k: float, n: int) -> None:
    if not 0 <= k <= n or n == 0:
        raise LabError(f"{k} of {n} is not a share", "give 0 <= k <= n")


def jeffreys(k: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Jeffreys interval of a share: quantiles of ``Beta(k + 1/2, n - k + 1/2)``.

    Raises
    ------
    LabError
        Unless ``0 <= k <= n`` and ``n > 0``.
    """
    from scipy.special import betaincinv

    _check_share(k, n)
    tail = (1 - level) / 2
    return (
        float(betaincinv(k + 0.5, n - k + 0.5, tail)),
        float(betaincinv(k + 0.5, n - k + 0.5, 1 - tail)),
    )


def wilson(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a share, printed beside Jeffreys'.

    Raises
    ------
    LabError
        Unless ``0 <= k <= n`` and ``n > 0``.
    """
    from scipy.special import ndtri

    _check_share(k, n)
    z = float(ndtri(0.5 + level / 2))
    share, weight = k / n, 1 + z * z / n
    middle = (share + z * z / (2 * n)) / weight
    half = z / weight * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return middle - half, middle + half


def more_than_chance(k: int, n: int, chance: float) -> float:
    """Exact binomial p of k or more of n where each has the probability `chance`.

    Raises
    ------
    LabError
        Unless ``0 <= k <= n``, ``n > 0`` and ``0 < chance < 1``.
    """
    from scipy.special import betainc

    if not 0 <= k <= n or n == 0 or not 0 < chance < 1:
        raise LabError(f"{k} of {n} against {chance}", "give 0 <= k <= n and a chance in 0 to 1")
    return 1.0 if k == 0 else float(betainc(k, n - k + 1, chance))


def holm(p_values: ArrayLike) -> Floats:
    """Holm-adjusted p values (step-down Bonferroni); NaN stays NaN and does not count."""
    p = np.asarray(p_values, dtype=np.float64)
    out = np.full(p.shape, np.nan)
    at = np.flatnonzero(np.isfinite(p))
    running = 0.0
    for rank, k in enumerate(at[np.argsort(p[at], kind="stable")]):
        running = max(running, min(1.0, (len(at) - rank) * float(p[k])))
        out[k] = running
    return out


def ranks_with_ties(onsets: ArrayLike, tie: float = 0.0) -> tuple[Floats, Floats]:
    """Rank each row (1 = first); neighbours within `tie` share their average rank.

    Returns
    -------
    ranks
        (n, m).
    correction
        (n,) sum of ``t**3 - t`` over the tie groups of each row.
    """
    x = np.atleast_2d(np.asarray(onsets, dtype=np.float64))
    ranks, correction = np.empty_like(x), np.zeros(len(x))
    for row, values in enumerate(x):
        order = np.argsort(values, kind="stable")
        groups: list[list[int]] = [[int(order[0])]]
        for left, right in pairwise(order):
            if values[right] - values[left] <= tie:
                groups[-1].append(int(right))
            else:
                groups.append([int(right)])
        place = 1
        for group in groups:
            ranks[row, group] = place + (len(group) - 1) / 2
            place += len(group)
            correction[row] += len(group) ** 3 - len(group)
    return ranks, correction


@dataclass(frozen=True, slots=True)
class Concordance:
    """Kendall's W with the p value of its chi-square approximation."""

    w: float
    p: float
    chi2: float
    n: int


def kendall_w(onsets: ArrayLike, tie: float = 0.0) -> Concordance:
    """Agreement of the order over repetitions (Kendall & Smith 1939), tie-corrected.

    Parameters
    ----------
    onsets
        (n_repetitions, n_muscles), finite.
    tie
        Differences up to this count as ties (same unit as the onsets).
    """
    from scipy.special import chdtrc

    ranks, correction = ranks_with_ties(onsets, tie)
    n, m = ranks.shape
    if n < 2 or m < 2:
        return Concordance(math.nan, math.nan, math.nan, n)
    sums = ranks.sum(axis=0)
    spread = float(np.square(sums - sums.mean()).sum())
    denominator = n**2 * (m**3 - m) - n * float(correction.sum())
    if denominator <= 0:
        return Concordance(math.nan, math.nan, math.nan, n)
    w = 12 * spread / denominator
    chi2 = n * (m - 1) * w
    return Concordance(w, float(chdtrc(m - 1, chi2)), chi2, n)


def first_of_all(onsets: ArrayLike, rng: np.random.Generator, draws: int = 20_000) -> Floats:
    """Probability that each muscle's mean onset is the earliest of all.

    Draws of the mean lags from the multivariate t (df n - 1, location the mean, scale S / n):
    the marginals equal the pairwise probabilities.

    Parameters
    ----------
    onsets
        (n, m) complete repetitions; n >= 2.

    Returns
    -------
    ndarray
        (m,) probabilities that sum to 1.
    """
    x = np.asarray(onsets, dtype=np.float64)
    n, m = x.shape
    lags = x[:, 1:] - x[:, :1]
    centre = lags.mean(axis=0)
    scale = np.atleast_2d(np.cov(lags, rowvar=False)) / n
    values, vectors = np.linalg.eigh(scale)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    normal = rng.standard_normal((draws, m - 1)) @ root.T
    chi = rng.chisquare(n - 1, size=draws) / (n - 1)
    sampled = np.concatenate(
        [np.zeros((draws, 1)), centre + normal / np.sqrt(chi)[:, None]], axis=1
    )
    lowest = sampled.min(axis=1, keepdims=True)
    winners = sampled == lowest
    return np.asarray((winners / winners.sum(axis=1, keepdims=True)).mean(axis=0))


def orders(onsets: ArrayLike, names: tuple[str, ...], tie: float) -> list[str]:
    """Order of the muscles in every repetition; ties with ``=``: ``"RM>MT=LT>UT"``.

    ``onsets`` (n_repetitions, n_muscles) s without NaN, ``tie`` s.
    """
    ranks, _ = ranks_with_ties(onsets, tie)
    texts = []
    for row in ranks:
        text = ""
        order = np.lexsort((np.arange(len(names)), row))
        for position, k in enumerate(order):
            if position:
                text += "=" if row[k] == row[order[position - 1]] else ">"
            text += names[k]
        texts.append(text)
    return texts


def modal_order(onsets: ArrayLike, names: tuple[str, ...], tie: float) -> tuple[str, float, float]:
    """Most frequent order, its share, and the entropy of the order (0 = always the same)."""
    texts = orders(onsets, names, tie)
    counts: dict[str, int] = {}
    for text in texts:
        counts[text] = counts.get(text, 0) + 1
    best = max(counts, key=lambda key: (counts[key], key))
    n = len(texts)
    shares = np.array(list(counts.values())) / n
    possible = min(n, sum(1 for _ in permutations(range(min(len(names), 7)))))
    h = -float((shares * np.log(shares)).sum())
    return best, counts[best] / n, h / math.log(possible) if possible > 1 else 0.0


def precedence(onsets: ArrayLike, tie: float) -> Floats:
    """(m, m) share of repetitions in which row precedes column; ties count half."""
    x = np.asarray(onsets, dtype=np.float64)
    delta = x[:, :, None] - x[:, None, :]
    earlier = (delta < -tie) + 0.5 * (np.abs(delta) <= tie)
    return np.asarray(earlier.mean(axis=0))


def repetitions_needed(sd: float, lead: float) -> int | None:
    """Repetitions for 80 % power at two-sided 5 %: ``((1.96 + 0.84) sd / lead)**2 + 2``."""
    if not (math.isfinite(sd) and math.isfinite(lead)) or lead == 0:
        return None
    needed = math.ceil((2.8 * sd / abs(lead)) ** 2) + 2
    return needed if needed < 1000 else None
