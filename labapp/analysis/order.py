"""The order of several muscles over the repetitions of one session.

Everything is per participant: the mean lag over repetitions with its t-interval, never the
single pull. A verdict needs all gates open; a closed gate is a reason in plain words, and a
muscle without signal never gets a place in the order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.arrays import real_numbers
from labapp.analysis.concordance import Agreement, agreement
from labapp.analysis.pairs import Pair, decided, judged_pair, turned, two_sided
from labapp.analysis.pooled import OwnRiseLag
from labapp.analysis.settings import AnalysisSettings
from labapp.analysis.statistics import (
    first_of_all,
    holm,
    jeffreys,
    modal_order,
    precedence,
    ranks_with_ties,
)
from labapp.errors import LabError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Share:
    """How often a muscle was alone in first place, with its Jeffreys interval."""

    share: float
    low: float
    high: float
    k: int
    n: int


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """Order of the muscles of one session.

    Attributes
    ----------
    muscles
        All names, in the order given.
    n, n_complete
        Repetitions, and those with an onset of every muscle that was kept.
    p_first
        Probability that a muscle's mean onset is the first of all (multivariate t); empty
        below `min_repetitions` complete repetitions or two kept muscles.
    share_first
        Share of repetitions in which it was alone in front.
    pairs
        Every pair, in the order of the names.
    agreement
        Kendall's W over the repetitions with its bootstrap interval and its chance band.
    modal, modal_share, entropy
        Most frequent order ("RM>UT"), its share, normalised entropy.
    precedence
        (m, m) share of complete repetitions in which row precedes column.
    kept, dropped
        Muscles in the order; muscles out of it with the reason.
    """

    muscles: tuple[str, ...]
    n: int
    n_complete: int
    p_first: dict[str, float]
    share_first: dict[str, Share]
    pairs: tuple[Pair, ...]
    agreement: Agreement
    modal: str
    modal_share: float
    entropy: float
    precedence: Floats
    kept: tuple[str, ...]
    dropped: dict[str, str] = field(default_factory=dict)

    def pair(self, first: str, second: str) -> Pair:
        """Get the pair of two names, turned round where it was computed the other way."""
        for pair in self.pairs:
            if (pair.first, pair.second) == (first, second):
                return pair
            if (pair.first, pair.second) == (second, first):
                return turned(pair)
        raise LabError(f"there is no pair {first}-{second}", f"use two of {self.muscles}")


def onset_order(
    onsets: ArrayLike,
    names: Sequence[str],
    *,
    settings: AnalysisSettings | None = None,
    lags: Mapping[tuple[str, str], ArrayLike] | None = None,
    gates: Mapping[tuple[str, str], Sequence[str]] | None = None,
    muscle_gates: Mapping[str, str] | None = None,
    own: Mapping[tuple[str, str], OwnRiseLag] | None = None,
    rng: np.random.Generator | None = None,
    chances: bool = True,
) -> Order:
    """Order of the muscles over repetitions.

    Parameters
    ----------
    onsets
        (n_repetitions, n_muscles) s, NaN where missing.
    names
        One per column, all different; the first is the one the question is about.
    settings
        Equivalence band, ties, least number of repetitions, share that may be missing.
    lags
        Lags (s, (n_repetitions,)) of single pairs that were measured as pairs, instead of the
        differences of the onsets.
    gates
        Reasons, per pair, why it must not be interpreted.
    muscle_gates
        Reason, per muscle, why it is left out of the order altogether.
    own
        Per pair, the lag with the muscles' own rises, which must agree with the verdict.
    rng
        For every random draw; seeded from the settings where None.
    chances
        Whether to work out what takes random draws: `Order.p_first` and `Order.agreement`.

    Raises
    ------
    LabError
        On a wrong shape, infinite onsets, or names that do not fit.
    """
    settings = settings or AnalysisSettings()
    x, names = _checked(onsets, names)
    rng = rng or np.random.default_rng(settings.seed)
    n = len(x)
    dropped = dict(muscle_gates or {})
    for k, name in enumerate(names):
        missing = int(np.isnan(x[:, k]).sum())
        if name not in dropped and (n == 0 or missing > settings.missing_share * n):
            dropped[name] = f"{name}: no onset in {missing} of {n} repetitions"
    kept = tuple(name for name in names if name not in dropped)
    columns = [names.index(name) for name in kept]
    complete = x[:, columns][np.isfinite(x[:, columns]).all(axis=1)] if kept else x[:0, :0]
    pairs = _pairs(x, names, dropped, settings, lags or {}, gates or {}, own or {})
    p_first: dict[str, float] = {}
    share: dict[str, Share] = {}
    agreed = Agreement(*[math.nan] * 6)
    modal_share = entropy = math.nan
    modal = ""
    before = np.full((len(kept), len(kept)), np.nan)
    if len(kept) >= 2 and len(complete):
        tie = settings.tie_ms / 1000
        before = precedence(complete, tie)
        modal, modal_share, entropy = modal_order(complete, kept, tie)
        agreed = agreement(complete, tie, rng) if chances else agreed
        ranks, _ = ranks_with_ties(complete, tie)
        for k, name in enumerate(kept):
            count = int((ranks[:, k] == 1).sum())
            share[name] = Share(
                count / len(complete), *jeffreys(count, len(complete)), count, len(complete)
            )
        if chances and len(complete) >= max(settings.min_repetitions, len(kept) + 1):
            first = first_of_all(complete, rng)
            p_first = {name: float(p) for name, p in zip(kept, first, strict=True)}
    return Order(
        names,
        n,
        len(complete),
        p_first,
        share,
        pairs,
        agreed,
        modal,
        modal_share,
        entropy,
        before,
        kept,
        dropped,
    )


def _checked(onsets: ArrayLike, names: Sequence[str]) -> tuple[Floats, tuple[str, ...]]:
    x = real_numbers(onsets, "onsets", "seconds, NaN if missing")
    labels = tuple(str(name) for name in names)
    if x.ndim != 2 or x.shape[1] != len(labels):
        raise LabError(
            f"onsets have shape {x.shape} for {len(labels)} names",
            "give (n_repetitions, n_muscles)",
        )
    if len(labels) < 2 or len(set(labels)) != len(labels):
        raise LabError(f"names are {labels}", "give at least two different names")
    if np.isinf(x).any():
        raise LabError("onsets contain infinity", "give seconds, NaN if missing")
    return x, labels


def _pairs(
    x: Floats,
    names: tuple[str, ...],
    dropped: Mapping[str, str],
    settings: AnalysisSettings,
    lags: Mapping[tuple[str, str], ArrayLike],
    gates: Mapping[tuple[str, str], Sequence[str]],
    own: Mapping[tuple[str, str], OwnRiseLag],
) -> tuple[Pair, ...]:
    built: list[Pair] = []
    for i, a in enumerate(names):
        for j in range(i + 1, len(names)):
            b = names[j]
            values = (x[:, i] - x[:, j]) * 1000
            if (a, b) in lags:
                values = np.asarray(lags[a, b], dtype=np.float64) * 1000
            reasons = [dropped[name] for name in (a, b) if name in dropped]
            reasons += [r for r in gates.get((a, b), ()) if r not in reasons]
            built.append(judged_pair(a, b, values, tuple(reasons), settings))
    # The question is about the first-named muscle: its pairs share one error budget, the
    # others another.
    for asked in (True, False):
        at = [k for k, pair in enumerate(built) if (pair.first == names[0]) == asked]
        usable = [k for k in at if built[k].verdict != "not interpretable"]
        adjusted = holm([two_sided(built[k].p_before) for k in usable])
        for k, p in zip(usable, adjusted, strict=True):
            pair = replace(built[k], p_holm=float(p))
            built[k] = decided(pair, settings, own.get((pair.first, pair.second)))
    return tuple(built)
