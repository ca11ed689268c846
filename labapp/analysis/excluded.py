"""The result of a session from which people excluded repetitions after the recording.

Leaving out what one has seen is a choice that can make a result. So the document says how many
repetitions were excluded, by whom, when and why, and keeps every part as it was without that
choice: `recorded_document` gives the analysis as recorded back, part by part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labapp.analysis.document import plain

EXCLUDED = "excluded"
"""Name of the part of the document."""
BY_HAND = "excluded afterwards by hand"
"""What the reason of such a repetition begins with."""


def excluded_reason(why: str) -> str:
    """Return the reason for which a repetition does not count, as its row of the document says."""
    return f"excluded afterwards by hand: {why}"


def excluded_document(
    recorded: Mapping[str, Any],
    kept: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    taken_back: int,
) -> dict[str, Any]:
    """Put the analysis without the excluded repetitions beside the one as recorded.

    Parameters
    ----------
    recorded, kept
        Analysis documents of all repetitions, and without those of ``rows``.
    rows
        One exclusion each: ``repetition``, ``block``, ``number``, ``operator``, ``rater``,
        ``blind``, ``utc``, ``reason``. Two people may exclude the same repetition.
    taken_back
        Exclusions that were made and taken back.

    Returns
    -------
    dict
        ``kept`` with the part ``excluded``; a plan that was frozen lists it among its changes.
    """
    valid = sum(bool(rep["valid"]) for rep in recorded["repetitions"])
    n = len({row["repetition"] for row in rows})
    words = excluded_words(n, valid, rows)
    # A part that an older analysis did not have would stand alone: there is nothing to compare.
    whole = {key: part for key, part in kept.items() if key in recorded}
    if (plan := whole.get("plan") or {}).get("frozen"):
        whole["plan"] = {**plan, "changes": [*plan["changes"], words]}
    same = object()
    differs = {key: part for key, part in recorded.items() if whole.get(key, same) != part}
    part = {
        "n": n,
        "of": valid,
        "share": n / valid if valid else None,
        "words": words,
        "taken_back": taken_back,
        "repetitions": [dict(row) for row in rows],
        "as_recorded": {"verdict": recorded["verdict"], **differs},
    }
    cleaned: dict[str, Any] = plain(part)
    return {**whole, EXCLUDED: cleaned}


def excluded_words(n: int, of: int, rows: Sequence[Mapping[str, Any]]) -> str:
    """Say it in one line: ``2 of 12 repetitions excluded afterwards by hand: …``."""
    told = "; ".join(f"{repetition_name(row)}, {row['reason']}" for row in rows)
    return f"{n} of {of} repetitions {BY_HAND}: {told}"


def repetition_name(row: Mapping[str, Any]) -> str:
    """Name of a repetition as people say it: its block and its number in it."""
    return f"{row['block']} {row['number']}".strip()


def recorded_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document as recorded: nothing excluded afterwards.

    What raters set (part ``edited``) must have been taken out before.
    """
    part = document.get(EXCLUDED)
    if not isinstance(part, Mapping):
        return dict(document)
    bare = {key: value for key, value in document.items() if key != EXCLUDED}
    return {**bare, **part["as_recorded"]}
