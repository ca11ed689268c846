"""References of another recording, and whether they or a recording's own ones count.

The 100 % of a pull is what the muscle gave in maximal contractions, often in a session of their own
with the same electrodes (domain reference 2.4).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from labapp.analysis.references import Reference


@dataclass(frozen=True, slots=True, eq=False)
class GivenReferences:
    """References that another recording gave: of the same person, electrodes and amplifier.

    Attributes
    ----------
    muscles
        Muscle to its reference, `value` in the unit of the signals (V).
    source
        Where from, carried into the document: JSON values, among them ``method`` (words).
    """

    muscles: Mapping[str, Reference]
    source: Mapping[str, Any]


def counted_from(
    own: Mapping[str, Reference], given: Mapping[str, Reference]
) -> dict[str, Reference]:
    """Choose what every muscle is counted from.

    A given reference wins, but one that cannot compare muscles does not push aside an own one
    that can. Muscles counted from two recordings are not compared with each other: an own
    reference beside given ones gets a reason.
    """
    won = {
        muscle: one
        for muscle, mine in own.items()
        if (one := given.get(muscle)) is not None
        and math.isfinite(one.value)
        and (one.usable or not mine.usable)
    }
    if not any(one.usable for one in won.values()):
        return {**own, **won}
    apart = "only a reference of its own, the others have theirs from another recording: it "
    apart += "cannot be compared with them"
    kept = {m: replace(mine, reason=apart) if mine.usable else mine for m, mine in own.items()}
    return {**kept, **won}


def source_words(reference: Mapping[str, Any] | None) -> str:
    """Say where the references of a document are from.

    Parameters
    ----------
    reference
        The part ``reference`` of an analysis document.

    Returns
    -------
    str
        ``"maximal contractions recorded 42 min before (session X)"``; empty where all muscles are
        counted from their own session.
    """
    source = (reference or {}).get("source")
    if reference is None or not isinstance(source, Mapping):
        return ""
    kinds = {one["kind"] for one in reference["muscles"].values() if one.get("given")}
    if not kinds:
        return ""
    return told_source(source["session"], source["age_s"], maximal="maximal" in kinds)


def told_source(session: str, age_s: float, *, maximal: bool) -> str:
    """Say which session references are from, and when it began."""
    minutes = round(abs(age_s) / 60)
    kind = "maximal" if maximal else "submaximal"
    when = "before" if age_s >= 0 else "after"
    return f"{kind} contractions recorded {minutes} min {when} (session {session})"
