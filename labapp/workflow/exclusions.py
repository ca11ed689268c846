"""Repetitions that people excluded from a session after its recording.

They stand in the journals beside the session (`labapp.workflow.onset_edits`). A repetition that
anybody rejected does not count, until whoever rejected it accepts it again. Repetitions that did
not count as recorded stay out of this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from labapp.analysis.excluded import excluded_reason
from labapp.analysis.inputs import RecordingInput
from labapp.trials.repetitions import Repetition
from labapp.workflow.hands import read_hands
from labapp.workflow.onset_edits import OnsetEdits
from labapp.workflow.onset_journal import Identity, raters_of


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What is excluded: rows as in the document's part ``excluded``, and what was taken back."""

    rows: tuple[dict[str, Any], ...] = ()
    taken_back: int = 0


def read_exclusions(
    path: Path, recorded: Mapping[str, Any], identity: Identity | None = None
) -> Exclusions:
    """Read what the journals beside a session exclude, in the order of the repetitions.

    A journal that is refused excludes nothing; `labapp.workflow.edited_part.with_edits` tells.

    Parameters
    ----------
    recorded
        Analysis document of the session as recorded.
    identity
        Of the session, where it is known already.
    """
    if not raters_of(path):
        return Exclusions()
    edits = OnsetEdits(path, recorded, identity)
    rows, taken_back = [], 0
    for hand in read_hands(edits)[0]:
        taken_back += hand.taken_back
        rows += [
            {
                "repetition": index,
                "block": edits.pulls[index]["block"],
                "number": edits.pulls[index]["number"],
                "rater": hand.rater,
                "operator": line.operator,
                "blind": line.blind,
                "utc": line.utc,
                "reason": line.reason,
            }
            for index, line in hand.rejected.items()
            if edits.pulls[index]["valid"]
        ]
    rows.sort(key=lambda row: (row["repetition"], row["rater"]))
    return Exclusions(tuple(rows), taken_back)


def without(inputs: RecordingInput, exclusions: Exclusions) -> RecordingInput:
    """Return a recording in which the excluded repetitions do not count; they stay in the list."""
    why: dict[int, list[str]] = {}
    for row in exclusions.rows:
        why.setdefault(row["repetition"], []).append(excluded_reason(row["reason"]))
    repetitions = tuple(
        replace(rep, valid=False, reasons=(*rep.reasons, *why[rep.index]))
        if rep.index in why
        else rep
        for rep in cast(Sequence[Repetition], inputs.repetitions)
    )
    return replace(inputs, repetitions=repetitions)
