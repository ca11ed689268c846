"""What stands of a journal's lines: acts that were not undone, and repetitions they reject."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from labapp.workflow.onset_journal import ACTS, Journal, Line

Key = tuple[int, str]
"""Repetition index and muscle."""


@dataclass(frozen=True, slots=True)
class Hand:
    """What one rater has done in a session: the acts that stand, and the way back and forth.

    ``placed`` holds onsets, ``rejected`` repetitions by their index; ``strays`` are acts that fit
    no pull of the analysis at hand.
    """

    rater: str
    journal: Journal
    done: tuple[Line, ...]
    undone: tuple[Line, ...]
    placed: dict[Key, Line]
    rejected: dict[int, Line]
    strays: tuple[Line, ...]

    @property
    def marks(self) -> dict[Key, float]:
        """Onsets set (s, NaN: no onset) by repetition index and muscle."""
        return {k: math.nan if e.new_s is None else e.new_s for k, e in self.placed.items()}

    @property
    def sets_onsets(self) -> bool:
        """Whether this rater has ever set an onset, or has a journal without a line."""
        whats = {line.what for line in self.journal.lines}
        return not whats or "edit" in whats

    @property
    def taken_back(self) -> int:
        """How many rejections were made and do not stand any more."""
        made = sum(line.what == "reject" for line in self.journal.lines)
        return made - len(standing_rejections(self.done))


def standing_edits(lines: Iterable[Line]) -> tuple[list[Line], list[Line]]:
    """Acts that stand, in order, and those that may be redone, the next one last.

    A new act closes the way back to what was undone before it.
    """
    edits: dict[str, Line] = {}
    done: list[Line] = []
    undone: list[Line] = []
    for line in lines:
        if line.what in ACTS:
            edits[line.id] = line
            done.append(line)
            undone.clear()
            continue
        edit = edits[line.undone]
        one, other = (done, undone) if line.what == "undo" else (undone, done)
        if edit in one:
            one.remove(edit)
        other.append(edit)
    return done, undone


def standing_rejections(done: Iterable[Line]) -> dict[int, Line]:
    """Return repetitions that are rejected, by their index, from the acts that stand in order."""
    rejected: dict[int, Line] = {}
    for line in done:
        if line.what == "reject":
            rejected[line.repetition] = line
        elif line.what == "accept":
            rejected.pop(line.repetition, None)
    return rejected
