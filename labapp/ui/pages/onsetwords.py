"""What the card of the onsets says: which pull, what was set, how two raters agree."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from labapp.translate import tr
from labapp.ui.numbers import signed
from labapp.ui.words import unbroken
from labapp.workflow.spoken import spoken

if TYPE_CHECKING:  # brings SciPy and HDF5: not on the start-up path
    from labapp.workflow.onset_desk import OnsetDesk

LONGEST_WHY = 64
"""Characters of a reason behind the name of a pull."""


def pull_words(desk: OnsetDesk) -> str:
    """Say which pull is in front, and why it does not count; blind only what the rater did."""
    words = tr("Pull {n} of {of}", n=desk.position + 1, of=len(desk.pulls))
    if desk.pull is None:
        return words
    pull, mine = desk.edits.pulls[desk.pull], desk.hand.rejected.get(desk.pull)
    if not desk.blind:
        words += f" · {pull['block']} {pull['number']}"
    if mine is not None:
        words += tr(" · rejected: {why}", why=_short(mine.reason))
    elif not (desk.blind or pull["valid"]):
        words += tr(" · left out: {why}", why=_short(spoken("; ".join(pull["reasons"]))))
    return words


def _short(reason: str) -> str:
    """Return a reason as far as a title has room for it; the raster tells it whole."""
    return shorten(reason, LONGEST_WHY, placeholder=" …")


def edited_words(part: Mapping[str, Any]) -> str:
    """Say which share of the onsets a rater has changed."""
    return tr(
        "edited {n} of {of} onsets ({share} %)",
        n=part["edited"],
        of=part["total"],
        share=round(100 * (part["share"] or 0.0)),
    )


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
