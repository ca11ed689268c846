"""How two raters agree, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labapp.translate import tr
from labapp.ui.numbers import signed
from labapp.ui.words import unbroken


def agreed_words(raters: str, agreement: Mapping[str, Any]) -> str:
    """Say how two raters agree about the onsets that both have set."""
    row = agreement["onsets"]
    one, _, other = raters.partition("-")
    if row["bias_ms"] is None:
        return tr(
            "Raters {one} and {other}: {n} onsets set by both, 3 are needed to compare them.",
            one=one,
            other=other,
            n=row["n"],
        )
    icc = row["icc"]
    return unbroken(
        tr(
            "Raters {one} and {other}, {n} onsets set by both: ICC {icc}; {other} minus {one} "
            "{bias} ms, limits of agreement {low} to {high} ms; {share} % within 10 ms.",
            one=one,
            other=other,
            n=row["n"],
            icc="–" if icc is None else f"{icc['value']:.2f}",
            bias=signed(row["bias_ms"], 1),
            low=signed(row["limit_low_ms"], 1),
            high=signed(row["limit_high_ms"], 1),
            share=round(100 * row["within"]["share"]),
        )
    )
