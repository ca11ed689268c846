"""The order of a session when a person has set some of the onsets.

An onset that was set by hand has no posterior: no interval, no equal noise, no rise of its own.
So the lag of a pull in which either onset was set is the plain difference of the two moments
(the one that was left stands as the detector showed it), and all that is claimed comes from the
t-interval over the pulls. What the signal forbids (noise, crosstalk, unequal rises, devices)
stays forbidden whoever sets the onsets; and where the lag with the muscles' own rises cast doubt
on a verdict, it still does, moved by as much as the edits moved the mean lag.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.clocks import with_clocks
from labapp.analysis.document import plain, verdict_part
from labapp.analysis.order import onset_order
from labapp.analysis.pairs import Pair
from labapp.analysis.pooled import OwnRiseLag, quantile
from labapp.analysis.question import answer, spoken_names, the_question
from labapp.analysis.settings import AnalysisSettings, settings_from

Floats = NDArray[np.float64]
Marks = Mapping[tuple[int, str], float]
"""Onsets set by hand: (repetition index, muscle) to s, NaN for "there is no onset"."""

SAME_S = 5e-5
"""A mark closer than this to the automatic onset confirms it."""


def changes(original: float | None, time: float | None) -> bool:
    """Whether an onset set by hand differs from the automatic one (s, None: no onset)."""
    if original is None or time is None:
        return original is not time
    return abs(time - original) > SAME_S


def edited_result(document: Mapping[str, Any], marks: Marks) -> dict[str, Any]:
    """Answer the question of an analysis again, with onsets that were set by hand.

    Parameters
    ----------
    document
        The analysis document; it is not changed.
    marks
        Onsets set by hand; what they do not name keeps its automatic onset.

    Returns
    -------
    dict
        ``verdict`` (as in the document), ``pairs`` (``lag_ms``, ``low_ms``, ``high_ms``, ``n``,
        ``n_edited``, ``sd_ms``, ``p_before``, ``p_holm``, ``verdict``, ``reasons``,
        ``lags_ms``), ``edited``, ``confirmed``, ``total``, ``share`` and the same per muscle in
        ``channels``. Shares count the muscles of the order in repetitions that are valid.
    """
    repetitions = [rep for rep in document["repetitions"] if rep["valid"]]
    muscles = list(document["order"]["muscles"])
    channels = {m: _counts(repetitions, m, marks) for m in muscles}
    total = sum(row["total"] for row in channels.values())
    edited = sum(row["edited"] for row in channels.values())
    result = {
        "edited": edited,
        "confirmed": sum(row["confirmed"] for row in channels.values()),
        "total": total,
        "share": edited / total if total else None,
        "channels": channels,
    }
    # An analysis of an earlier version does not say whether an order was asked for.
    if len(muscles) < 2 or not document["order"].get("asked", True):
        return {**result, "verdict": dict(document["verdict"]), "pairs": {}}
    verdict, pairs = _judge(document, repetitions, muscles, marks)
    cleaned: dict[str, Any] = plain({**result, "verdict": verdict, "pairs": pairs})
    return cleaned


def _counts(repetitions: list[Any], muscle: str, marks: Marks) -> dict[str, Any]:
    """Count the onsets of one muscle that were set by hand: changed, or left as they were."""
    rows = [
        changes(automatic(rep, muscle), None if math.isnan(time) else time)
        for rep in repetitions
        if muscle in rep["onsets"] and (time := marks.get((rep["index"], muscle))) is not None
    ]
    total = sum(muscle in rep["onsets"] for rep in repetitions)
    return {
        "edited": sum(rows),
        "confirmed": len(rows) - sum(rows),
        "total": total,
        "share": sum(rows) / total if total else None,
    }


def automatic(repetition: Mapping[str, Any], muscle: str) -> float | None:
    """Automatic onset (s) that counts in the order, None where there is none."""
    onset = repetition["onsets"].get(muscle)
    if onset is None or onset.get("time_s") is None:
        return None
    return float(onset["time_s"]) if onset["state"] in ("ok", "rejected") else None


def _judge(
    document: Mapping[str, Any], repetitions: list[Any], muscles: list[str], marks: Marks
) -> tuple[dict[str, Any], dict[str, Any]]:
    settings = settings_from(document["parameters"])
    shown = np.full((len(repetitions), len(muscles)), np.nan)
    equal = shown.copy()
    touched = np.zeros(shown.shape, dtype=bool)
    for r, rep in enumerate(repetitions):
        for k, muscle in enumerate(muscles):
            mark = marks.get((rep["index"], muscle))
            found = automatic(rep, muscle)
            shown[r, k] = _nan(found)
            equal[r, k] = _nan(rep["onsets"].get(muscle, {}).get("equalised_s"))
            if mark is not None and changes(found, None if math.isnan(mark) else mark):
                shown[r, k], touched[r, k] = mark, True
    # Within a pull either all onsets are as shown on the traces, or all at equal noise.
    by_hand = touched.any(axis=1, keepdims=True)
    onsets = np.where(by_hand, shown, equal)
    old = document["order"]["pairs"]
    lags: dict[tuple[str, str], Floats] = {}
    own: dict[tuple[str, str], OwnRiseLag] = {}
    n_edited: dict[str, int] = {}
    for (i, a), (j, b) in combinations(enumerate(muscles), 2):
        pair, hand = old[f"{a}-{b}"], touched[:, i] | touched[:, j]
        before = np.array([_nan(lag) for lag in pair["lags_ms"]]) / 1000
        lags[a, b] = np.where(hand, shown[:, i] - shown[:, j], before)
        n_edited[f"{a}-{b}"] = int((hand & np.isfinite(lags[a, b])).sum())
        moved = _moved(pair.get("own_rise"), before, lags[a, b])
        if moved is not None:
            own[a, b] = moved
    dropped = _still_dropped(document, repetitions, onsets, muscles, settings)
    order = onset_order(
        onsets,
        muscles,
        settings=settings,
        lags=lags,
        gates={key: _gates(old["-".join(key)]) for key in lags},
        muscle_gates=dropped,
        own=own,
        chances=False,
    )
    result = answer(order, the_question(muscles), spoken_names(muscles))
    pairs = {
        f"{p.first}-{p.second}": _pair(
            p, n_edited[f"{p.first}-{p.second}"], old[f"{p.first}-{p.second}"].get("timing_u_ms")
        )
        for p in order.pairs
    }
    return verdict_part(result, muscles), pairs


def _still_dropped(
    document: Mapping[str, Any],
    repetitions: list[Any],
    onsets: Floats,
    muscles: list[str],
    settings: AnalysisSettings,
) -> dict[str, str]:
    """Muscles that stay out of the order: the signal is too weak, or onsets are still missing."""
    kept = {}
    for muscle, reason in document["order"]["dropped"].items():
        ratios = [_nan(rep["onsets"].get(muscle, {}).get("snr_db")) for rep in repetitions]
        allowed = settings.missing_share * len(repetitions)
        weak = sum(not ratio >= settings.snr_order_db for ratio in ratios)
        missing = int(np.isnan(onsets[:, muscles.index(muscle)]).sum())
        if weak > allowed or missing > allowed or not repetitions:
            kept[muscle] = reason
    return kept


def _gates(pair: Mapping[str, Any]) -> list[str]:
    """Reasons that close a pair whoever sets its onsets: not those that count onsets."""
    if "gates" in pair:
        return list(pair["gates"])
    # An analysis of an earlier version does not tell them apart: what it closed stays closed.
    return list(pair["reasons"]) if pair["verdict"] == "not interpretable" else []


def _moved(own: Mapping[str, Any] | None, before: Floats, after: Floats) -> OwnRiseLag | None:
    """Lag with the muscles' own rises, moved by what the edits moved the mean lag."""
    if own is None or not (np.isfinite(before).any() and np.isfinite(after).any()):
        return None
    n = int(own["n"])
    ramp = own["ramp_sd_ms"] / 1000
    se = (own["high_ms"] - own["low_ms"]) / 2000 / quantile(n, 0.95)
    shift = float(np.nanmean(after) - np.nanmean(before))
    return OwnRiseLag(
        own["lag_ms"] / 1000 + shift,
        ramp,
        math.sqrt(max(se**2 - ramp**2, 0.0)),
        n,
        (math.nan, math.nan),
        (math.nan, math.nan),
        dict(own["kinds"]),
        np.zeros((0, 0)),
    )


def _pair(pair: Pair, n_edited: int, timing_u_ms: float | None) -> dict[str, Any]:
    low, high = with_clocks(pair.low, pair.mean, pair.high, _nan(timing_u_ms))
    return {
        "lag_ms": pair.mean,
        "low_ms": low,
        "high_ms": high,
        "n": pair.n,
        "n_edited": n_edited,
        "sd_ms": pair.sd,
        "p_before": pair.p_before,
        "p_holm": pair.p_holm,
        "verdict": pair.verdict,
        "reasons": list(pair.reasons),
        "lags_ms": pair.lags_ms,
    }


def _nan(value: float | None) -> float:
    return math.nan if value is None else float(value)
