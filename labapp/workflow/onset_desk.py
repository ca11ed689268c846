"""The desk of a rater: which pull is looked at, which trace is chosen, what was set on it.

The window paints what stands here and passes keys and drags on; nothing of it needs a window.
Blind, the traces have numbers instead of names and stand in an order of their own in every
pull, the pulls are shuffled, and nothing automatic is shown: a rater sees what was marked and
nothing else. All orders follow from the session and the rater, so a rater can go on tomorrow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from labapp.analysis.raters import zero_of
from labapp.errors import LabError
from labapp.workflow.edited_part import automatic_document, rater_part
from labapp.workflow.hands import agreements, read_hands
from labapp.workflow.onset_edits import OnsetEdits, in_reach
from labapp.workflow.standing_acts import Hand, Key


@dataclass(frozen=True, slots=True)
class Lane:
    """One trace of the pull in front, times in s of the recording.

    Attributes
    ----------
    number
        From 1, from the top; the only name that a blind rater sees.
    time_s
        Onset that stands: as set, else the automatic one (blind: only as set).
    marked, gone
        Whether the rater has set it, and whether to "there is no onset".
    automatic_s, low_s, high_s, state
        What the detector said; nothing when blind.
    """

    muscle: str
    number: int
    time_s: float | None
    marked: bool
    gone: bool
    automatic_s: float | None
    low_s: float | None
    high_s: float | None
    state: str


class OnsetDesk:
    """Editing the onsets of one session as one rater.

    Parameters
    ----------
    path, document
        The session and its analysis document (with or without its part ``edited``).

    Raises
    ------
    LabError
        A session that cannot be read, or a journal that is none of it.
    """

    def __init__(self, path: Path, document: Mapping[str, Any], *, rater: str = "A") -> None:
        self.document = automatic_document(document)
        self.edits = OnsetEdits(path, self.document)
        self.muscles = tuple(self.document["order"]["muscles"]) or tuple(
            next(iter(self.edits.pulls.values()), {"onsets": {}})["onsets"]
        )
        self.operator = self.reason = ""
        self.position = self.selected = 0
        self.pending: tuple[Key, float] | None = None
        self.blind = False
        self.hand: Hand = self.edits.hand(rater)
        self.pulls: tuple[int, ...] = self._pulls()

    # ------------------------------------------------------------------ who, and which pull

    @property
    def rater(self) -> str:
        """Letter of the rater at the desk."""
        return self.hand.rater

    def sit(self, rater: str, *, blind: bool) -> None:
        """Let a rater sit down, blind or with the names shown.

        Raises
        ------
        LabError
            No rater, a journal that is none, or one who has marked with the names shown and
            wants to go on blind.
        """
        self.commit()
        hand = self.edits.hand(rater)
        if blind and hand.journal.lines and not hand.journal.lines[0].blind:
            raise LabError(
                f"rater {rater} has marked with the names shown", "mark blind as another rater"
            )
        self.hand, self.blind = hand, blind
        here = self.pull
        self.pulls = self._pulls()
        self.position = 0 if blind or here is None else self.pulls.index(here)

    def _pulls(self) -> tuple[int, ...]:
        """Repetition indices in the order they are shown; only those that have a time."""
        known = [index for index, pull in self.edits.pulls.items() if zero_of(pull) is not None]
        if not self.blind:
            return tuple(known)
        return tuple(known[k] for k in self._rng("pulls").permutation(len(known)))

    def _rng(self, what: str) -> np.random.Generator:
        text = f"{self.edits.identity.uuid}:{self.rater}:{what}"
        return np.random.default_rng(list(hashlib.sha256(text.encode()).digest()[:16]))

    @property
    def pull(self) -> int | None:
        """Repetition index of the pull in front; None where there is none."""
        return self.pulls[self.position] if self.pulls else None

    @property
    def zero_s(self) -> float:
        """Moment that the times of the pull in front are told from."""
        zero = None if self.pull is None else zero_of(self.edits.pulls[self.pull])
        return 0.0 if zero is None else zero

    def go(self, position: int) -> None:
        """Bring another pull to the front, the first or last where it is beyond."""
        self.commit()
        self.position = max(0, min(position, len(self.pulls) - 1))

    def show(self, index: int) -> None:
        """Bring the pull of a repetition index to the front; nothing where it has no time."""
        if index in self.pulls:
            self.go(self.pulls.index(index))

    def choose(self, lane: int) -> None:
        """Choose a trace from the top, from 0."""
        if lane != self.selected:
            self.commit()
        self.selected = max(0, min(lane, len(self.muscles) - 1))

    # ------------------------------------------------------------------ what is shown

    def lanes(self) -> tuple[Lane, ...]:
        """Traces of the pull in front, from the top."""
        if self.pull is None:
            return ()
        onsets = self.edits.pulls[self.pull]["onsets"]
        order = [m for m in self.muscles if m in onsets]
        if self.blind:
            places = self._rng(f"pull {self.pull}").permutation(len(order))
            order = [order[k] for k in places]
        return tuple(self._lane(m, k, onsets[m]) for k, m in enumerate(order, 1))

    def _lane(self, muscle: str, number: int, onset: Mapping[str, Any]) -> Lane:
        key = (self.pull or 0, muscle)
        edit = self.hand.placed.get(key)
        automatic, low, high = (
            None if self.blind else onset.get(name) for name in ("time_s", "low_s", "high_s")
        )
        time = automatic if edit is None else edit.new_s
        if self.pending is not None and self.pending[0] == key:
            time = self.pending[1]
        return Lane(
            muscle,
            number,
            time,
            edit is not None,
            edit is not None and edit.new_s is None,
            automatic,
            low,
            high,
            "" if self.blind else str(onset.get("state", "")),
        )

    @property
    def lane(self) -> Lane | None:
        """The chosen trace."""
        lanes = self.lanes()
        return lanes[min(self.selected, len(lanes) - 1)] if lanes else None

    def marked(self) -> tuple[int, int]:
        """Onsets that the rater has set, and all there are."""
        total = sum(len(self.edits.pulls[index]["onsets"]) for index in self.pulls)
        return len(self.hand.placed), total

    @property
    def protocol(self) -> str:
        """Name of the session's protocol."""
        return str(self.document["protocol"])

    def result(self) -> dict[str, Any]:
        """Share and verdict under the rater's onsets (as in the part ``edited``)."""
        return rater_part(self.document, self.hand)

    def agreement(self) -> dict[str, Any]:
        """How the raters of this session agree, by ``A-B``; without journals that are refused."""
        return agreements(self.document, read_hands(self.edits)[0])

    # ------------------------------------------------------------------ setting

    def place(self, time_s: float) -> None:
        """Set the chosen onset and journal it at once."""
        self.pending = None
        self._set(time_s)

    def nudge(self, step_s: float) -> None:
        """Move the chosen onset; journalled by the next `commit`, so that ten keys are one edit.

        Where there is no onset yet it begins 200 ms after the zero of the pull.
        """
        lane = self.lane
        if lane is None or self.pull is None:
            return
        time = (self.zero_s + 0.2 if lane.time_s is None else lane.time_s) + step_s
        if in_reach(time - self.zero_s):
            self.pending = ((self.pull, lane.muscle), time)

    def commit(self) -> None:
        """Journal what `nudge` moved."""
        if self.pending is not None:
            (pull, muscle), time = self.pending
            self.pending = None
            self._write((pull, muscle), time)

    def confirm(self) -> None:
        """Journal that the chosen onset is right where it stands."""
        self.commit()
        lane = self.lane
        if lane is None or lane.time_s is None:
            raise LabError("there is no onset to confirm", "set one first")
        self._set(lane.time_s)

    def remove(self) -> None:
        """Journal that there is no onset on the chosen trace."""
        self.pending = None
        self._set(None)

    def _set(self, time_s: float | None) -> None:
        lane = self.lane
        if lane is not None and self.pull is not None:
            self._write((self.pull, lane.muscle), time_s)

    def _write(self, key: Key, time_s: float | None) -> None:
        self.hand = self.edits.set(
            self.rater, self.operator, key, time_s, reason=self.reason, blind=self.blind
        )

    def reject(self) -> None:
        """Exclude the pull in front from the result, for the reason that stands."""
        self._judge(self.edits.reject)

    def accept(self) -> None:
        """Let the pull in front count again."""
        self._judge(self.edits.accept)

    def _judge(self, act: Callable[..., Hand]) -> None:
        self.commit()
        if self.pull is not None:
            self.hand = act(self.rater, self.operator, self.pull, self.reason, blind=self.blind)

    def go_on(self, document: Mapping[str, Any]) -> None:
        """Go on with a fresh analysis of the same session."""
        self.document = automatic_document(document)
        self.edits = OnsetEdits(self.edits.path, self.document, self.edits.identity)
        self.hand = self.edits.hand(self.rater)

    def undo(self) -> None:
        """Take back the last edit: one that only moved under the keys, else the journalled one."""
        if self.pending is not None:
            self.pending = None
            return
        self._back(self.edits.undo(self.rater, self.operator), self.hand.done)

    def redo(self) -> None:
        """Make the edit stand again that was taken back last."""
        self.commit()
        self._back(self.edits.redo(self.rater, self.operator), self.hand.undone)

    def _back(self, hand: Hand, stack: tuple[Any, ...]) -> None:
        """Take over what stands now, and show the pull in which it changed."""
        self.hand = hand
        if stack and stack[-1].repetition in self.pulls:
            self.position = self.pulls.index(stack[-1].repetition)
            names = [lane.muscle for lane in self.lanes()]
            if stack[-1].channel in names:
                self.selected = names.index(stack[-1].channel)
