"""Agreement of two raters who set the same onsets by hand.

Onsets are compared as milliseconds after the zero of their pull (cue, else force onset): times
of a recording differ by minutes, which would make any two raters agree. The lags of a pair, in
which the zero drops out, are what the verdict rests on; they are compared too. Intraclass
correlation for absolute agreement (2,1), bias with limits of agreement (Bland & Altman 1986),
and the share of differences within 10 ms.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.document import plain
from labapp.analysis.edited import Marks
from labapp.analysis.reliability_stats import limits_of_agreement, reliability
from labapp.analysis.statistics import jeffreys
from labapp.errors import LabError

Floats = NDArray[np.float64]

CLOSE_MS = 10.0
ROUNDING_MS = 1e-3
"""Steps of a millisecond add up to ten with an error far below this."""
FEWEST = 3


def zero_of(repetition: Mapping[str, Any]) -> float | None:
    """Moment (s) that the onsets of a pull are told from: the cue, else the force onset."""
    for key in ("cue_s", "force_onset_s"):
        if repetition.get(key) is not None:
            return float(repetition[key])
    return None


def rater_agreement(document: Mapping[str, Any], first: Marks, second: Marks) -> dict[str, Any]:
    """Compare what two raters set.

    Parameters
    ----------
    document
        The analysis document that both raters worked on.
    first, second
        Onsets that each of them set: (repetition index, muscle) to s, NaN for "no onset".

    Returns
    -------
    dict
        ``onsets``, ``muscles{m}`` and ``pairs{a-b}``, each with ``n``, ``icc`` (``value``,
        ``low``, ``high``; null where it does not exist), ``bias_ms`` (second minus first) with
        ``bias_low_ms`` and ``bias_high_ms``, ``limit_low_ms``, ``limit_high_ms``, ``within``
        (share of differences of at most 10 ms with ``low``, ``high``, ``k``), ``reason`` where
        there are fewer than three; ``one_sided``: marks of which only one rater says that there
        is an onset.
    """
    muscles = list(document["order"]["muscles"])
    a_ms, b_ms = (_table(document, marks, muscles) for marks in (first, second))
    names = [
        (rep["index"], m)
        for rep in document["repetitions"]
        for m in muscles
        if (rep["index"], m) in first and (rep["index"], m) in second
    ]
    one_sided = sum(math.isnan(first[key]) != math.isnan(second[key]) for key in names)
    part = {
        "onsets": agreement_of(a_ms.ravel(), b_ms.ravel()),
        "muscles": {m: agreement_of(a_ms[:, k], b_ms[:, k]) for k, m in enumerate(muscles)},
        "pairs": {
            f"{muscles[i]}-{muscles[j]}": agreement_of(
                a_ms[:, i] - a_ms[:, j], b_ms[:, i] - b_ms[:, j]
            )
            for i, j in combinations(range(len(muscles)), 2)
        },
        "one_sided": one_sided,
    }
    cleaned: dict[str, Any] = plain(part)
    return cleaned


def _table(document: Mapping[str, Any], marks: Marks, muscles: Sequence[str]) -> Floats:
    """(n_repetitions, n_muscles) ms after the zero of the pull, NaN where not set."""
    rows = []
    for rep in document["repetitions"]:
        zero = zero_of(rep)
        rows.append(
            [
                math.nan if zero is None else 1000 * (marks.get((rep["index"], m), math.nan) - zero)
                for m in muscles
            ]
        )
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(muscles))


def agreement_of(first: Floats, second: Floats) -> dict[str, Any]:
    """Agreement of two rows of values (ms); pairs in which either is NaN are left out."""
    both = np.isfinite(first) & np.isfinite(second)
    a, b = first[both], second[both]
    n = len(a)
    empty = dict.fromkeys(
        ("bias_ms", "bias_low_ms", "bias_high_ms", "limit_low_ms", "limit_high_ms")
    )
    if n < FEWEST:
        reason = f"{n} set by both raters, {FEWEST} are needed"
        return {"n": n, "icc": None, **empty, "within": None, "reason": reason}
    limits = limits_of_agreement(a, b)
    close = int((np.abs(b - a) <= CLOSE_MS + ROUNDING_MS).sum())
    low, high = jeffreys(close, n)
    icc, reason = None, ""
    try:
        found = reliability(np.column_stack([a, b])).icc["2,1"]
    except LabError as error:
        reason = error.what
    else:
        icc = {"value": found.value, "low": found.low, "high": found.high}
    return {
        "n": n,
        "icc": icc,
        "bias_ms": limits.bias,
        "bias_low_ms": limits.bias_interval[0],
        "bias_high_ms": limits.bias_interval[1],
        "limit_low_ms": limits.low,
        "limit_high_ms": limits.high,
        "within": {"share": close / n, "low": low, "high": high, "k": close, "ms": CLOSE_MS},
        "reason": reason,
    }
