"""Onsets set and repetitions rejected by hand: set, reject, accept, undo, redo.

Nothing here changes the session. What a rater sets goes into the rater's own journal
(`labapp.workflow.onset_journal`); the analysis document keeps the automatic onsets and verdict
and gets a part ``edited`` with what every rater set, the share of it, and the verdict under it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import labapp
from labapp.analysis.excluded import recorded_document
from labapp.analysis.raters import zero_of
from labapp.errors import LabError, NotGiven, NotNeeded
from labapp.session.file import open_session
from labapp.trials.cues import DECIDED
from labapp.workflow.onset_journal import (
    SCHEMA,
    Identity,
    Line,
    append_line,
    check_operator,
    check_rater,
    identity_of,
    journal_path,
    read_journal,
    sealed,
)
from labapp.workflow.person import LONGEST_NOTE, looks_personal
from labapp.workflow.standing_acts import Hand, Key, standing_edits, standing_rejections

SAME_PULL_S = 0.05
REACH_S = (-1.0, 3.0)
"""Where an onset may be set, seconds from the cue (else force onset) of its pull."""


class OnsetEdits:
    """The edits of one session; reads the journals anew before every change.

    Parameters
    ----------
    path
        The session.
    document
        Its analysis document.
    identity
        Of the session, where it is known already.
    """

    def __init__(
        self, path: Path, document: Mapping[str, Any], identity: Identity | None = None
    ) -> None:
        if identity is None:
            with open_session(path) as session:
                identity = identity_of(session)
        self.path, self.document, self.identity = path, document, identity
        self.pulls = {int(rep["index"]): rep for rep in document["repetitions"]}
        as_recorded = recorded_document(document)["repetitions"]
        self.recorded = {int(rep["index"]): rep for rep in as_recorded}

    def hand(self, rater: str) -> Hand:
        """Read what a rater has set; `LabError` for a journal that is none of this session."""
        journal = read_journal(journal_path(self.path, rater), self.identity, rater)
        done, undone = standing_edits(journal.lines)
        placed: dict[Key, Line] = {}
        strays = []
        for edit in done:
            if not self._fits(edit):
                strays.append(edit)
            elif edit.what == "edit":
                placed[edit.repetition, edit.channel] = edit
        rejected = standing_rejections(one for one in done if one not in strays)
        return Hand(rater, journal, tuple(done), tuple(undone), placed, rejected, tuple(strays))

    def _fits(self, edit: Line) -> bool:
        """Whether the pull and the muscle of an act are (still) those of the document."""
        pull = self.pulls.get(edit.repetition)
        zero = None if pull is None else zero_of(pull)
        if pull is None or zero is None:
            return False
        if edit.what == "edit" and edit.channel not in pull["onsets"]:
            return False
        near = edit.anchor_s is not None and abs(edit.anchor_s - zero) <= SAME_PULL_S
        return near and (edit.new_s is None or in_reach(edit.new_s - zero))

    def set(
        self,
        rater: str,
        operator: str,
        key: Key,
        time_s: float | None,
        *,
        reason: str = "",
        blind: bool = False,
        now: datetime | None = None,
    ) -> Hand:
        """Set an onset (None: there is none) and journal it; returns what the rater has then.

        Raises
        ------
        LabError
            No such pull or muscle, a time outside the pull, an operator that is no pseudonym, a
            reason that looks personal or is too long, a rater who has marked the other way
            (blind or with the names shown).
        """
        hand = self._may_write(rater, operator, blind)
        pull = self.pulls.get(key[0])
        if pull is None or key[1] not in pull["onsets"]:
            have = ", ".join(next(iter(self.pulls.values()))["onsets"]) if self.pulls else "none"
            raise LabError(f"there is no onset of {key[1]} in this pull", f"muscles: {have}")
        zero = _zero(pull)
        if time_s is not None and not in_reach(time_s - zero):
            raise LabError(
                f"{time_s:.3f} s is outside the pull",
                f"give {zero + REACH_S[0]:.3f} to {zero + REACH_S[1]:.3f} s",
            )
        onset = pull["onsets"][key[1]]
        line = self._line("edit", rater, operator, blind, now)
        fields = {
            "repetition": key[0],
            "anchor_s": zero,
            "channel": key[1],
            "original_s": onset.get("time_s"),
            "original_state": str(onset.get("state", "")),
            "new_s": None if time_s is None else round(time_s, 6),
            "reason": check_reason(reason),
        }
        return self._append(hand, line, fields)

    def reject(
        self,
        rater: str,
        operator: str,
        repetition: int,
        reason: str,
        *,
        blind: bool = False,
        now: datetime | None = None,
    ) -> Hand:
        """Exclude a repetition from the result and journal it; returns what the rater has then.

        Raises
        ------
        LabError
            As `set`; no reason. `NotNeeded` for a repetition that does not count anyway; a blind
            rater is not told that, and may reject any.
        """
        hand = self._may_write(rater, operator, blind)
        pull = self._pull(repetition)
        if repetition in hand.rejected:
            raise NotNeeded("this repetition is rejected already", "accept it, or leave it so")
        if not (blind or self.recorded[repetition]["valid"]):
            reasons = self.recorded[repetition]["reasons"]
            raise NotNeeded(
                "this repetition does not count as recorded",
                f"its reason: {'; '.join(reasons)}",
                fault=not set(reasons) & set(DECIDED.values()),
            )
        if not reason.strip():
            raise NotGiven("a rejection needs a reason", "say why the repetition must not count")
        return self._judge("reject", hand, operator, pull, reason, blind, now)

    def accept(
        self,
        rater: str,
        operator: str,
        repetition: int,
        reason: str = "",
        *,
        blind: bool = False,
        now: datetime | None = None,
    ) -> Hand:
        """Let a repetition count again that the same rater rejected; `NotNeeded` where none is."""
        hand = self._may_write(rater, operator, blind)
        pull = self._pull(repetition)
        if repetition not in hand.rejected:
            raise NotNeeded(
                f"rater {rater} has not rejected this repetition",
                "what was rejected in the recording stays so; another rater's is theirs to accept",
            )
        return self._judge("accept", hand, operator, pull, reason, blind, now)

    def _pull(self, repetition: int) -> Mapping[str, Any]:
        if repetition not in self.pulls:
            raise LabError(f"there is no repetition {repetition}", "choose one of the analysis")
        pull: Mapping[str, Any] = self.pulls[repetition]
        return pull

    def _judge(
        self,
        what: str,
        hand: Hand,
        operator: str,
        pull: Mapping[str, Any],
        reason: str,
        blind: bool,
        now: datetime | None,
    ) -> Hand:
        fields = {
            "repetition": int(pull["index"]),
            "anchor_s": _zero(pull),
            "reason": check_reason(reason),
        }
        return self._append(hand, self._line(what, hand.rater, operator, blind, now), fields)

    def undo(self, rater: str, operator: str, now: datetime | None = None) -> Hand:
        """Take back the rater's last act; the journal keeps both."""
        return self._back("undo", rater, operator, now)

    def redo(self, rater: str, operator: str, now: datetime | None = None) -> Hand:
        """Make an act that was taken back stand again."""
        return self._back("redo", rater, operator, now)

    def _back(self, what: str, rater: str, operator: str, now: datetime | None) -> Hand:
        hand = self.hand(check_rater(rater))
        stack = hand.done if what == "undo" else hand.undone
        if not stack:
            raise LabError(f"there is nothing to {what} for rater {rater}", "do something first")
        check_operator(operator)
        line = self._line(what, rater, operator, stack[-1].blind, now)
        return self._append(hand, line, {"undone": stack[-1].id})

    def _may_write(self, rater: str, operator: str, blind: bool) -> Hand:
        check_operator(operator)
        hand = self.hand(check_rater(rater))
        if hand.journal.lines and hand.journal.lines[0].blind is not blind:
            how = "with the names shown" if blind else "blind"
            raise LabError(
                f"rater {rater} has marked {how} in this session", "mark as another rater"
            )
        return hand

    def _line(
        self, what: str, rater: str, operator: str, blind: bool, now: datetime | None
    ) -> dict[str, Any]:
        utc = (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="microseconds")
        return {
            "schema": SCHEMA,
            "id": "",
            "what": what,
            "session": self.identity.uuid,
            "content": self.identity.content,
            "rater": rater,
            "operator": operator,
            "blind": blind,
            "utc": utc,
            "labapp": labapp.__version__,
        }

    def _append(self, hand: Hand, line: dict[str, Any], fields: dict[str, Any]) -> Hand:
        made = sealed(Line(**line, **fields))
        append_line(journal_path(self.path, hand.rater), hand.journal, made)
        return self.hand(hand.rater)


def _zero(pull: Mapping[str, Any]) -> float:
    """Moment that a pull is known by; `LabError` where it has none."""
    zero = zero_of(pull)
    if zero is None:
        raise LabError("this pull has neither a cue nor a force", "it has no time to tell")
    return zero


def in_reach(after_s: float) -> bool:
    """Whether a moment (s after the zero of a pull) may be an onset of it."""
    return REACH_S[0] <= after_s <= REACH_S[1]


def check_reason(reason: str) -> str:
    """Return a reason on one line; `LabError` where it is too long or looks personal."""
    text = " ".join(reason.split())
    if len(text) > LONGEST_NOTE or not text.isprintable():
        raise NotGiven(f"a reason of {len(text)} characters", f"use at most {LONGEST_NOTE}")
    if found := looks_personal(text):
        raise NotGiven(f"the reason: {found}", "leave out what tells who a person is")
    return text
