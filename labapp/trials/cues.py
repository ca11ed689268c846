"""The cues of a recording: when a pull was asked for, and which were rejected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from labapp.model import Marker
from labapp.trials.remarks import REASON

DECIDED = {"reject": "rejected by the operator", "redo": "done again"}
"""Kinds of marker by which the operator leaves a repetition out, and the reason that it gets."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One request to pull (times in s since the start of the recording).

    ``tempo`` are the seconds asked for pull, hold and return where a metronome leads,
    ``remark`` why the operator rejected it.
    """

    time: float
    block: str = ""
    number: int = 0
    pull: str = "fast"
    hold_s: float | None = None
    rejected: bool = False
    reject_reason: str = ""
    tempo: tuple[float, float, float] | None = None
    remark: str = ""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it was rejected, in words; empty where it was not."""
        if not self.rejected:
            return ()
        told = (self.reject_reason or "rejected by the operator", self.remark)
        return tuple(words for words in told if words)


def cues_from_markers(markers: Sequence[Marker]) -> tuple[Cue, ...]:
    """Collect the cues of a recording and the rejections that belong to them.

    A marker of kind ``reject`` or ``redo`` names its repetition by ``block`` and
    ``repetition``; without them it means the last cue before it. One of kind ``reason`` says why.
    """
    cues: list[Cue] = []
    for marker in sorted(markers, key=lambda m: m.time):
        data = marker.data
        if marker.kind == "cue":
            hold = data.get("hold_s")
            cues.append(
                Cue(
                    time=float(marker.time),
                    block=str(data.get("block", "")),
                    number=int(data.get("repetition", len(cues) + 1)),
                    pull=str(data.get("reference") or data.get("pull", "fast")),
                    hold_s=float(hold) if isinstance(hold, int | float) else None,
                    tempo=_tempo(data.get("tempo_s")),
                )
            )
        elif marker.kind in DECIDED and cues:
            at = _meant(cues, data)
            if at is not None:
                why = DECIDED[marker.kind]
                cues[at] = replace(cues[at], rejected=True, reject_reason=why)
        elif marker.kind == REASON and cues:
            places = [place for place, cue in enumerate(cues) if cue.rejected]
            at = _meant([cues[place] for place in places], data)
            if at is not None:
                told = cues[places[at]]
                cues[places[at]] = replace(told, remark=str(data.get("reason", "")))
    return tuple(cues)


def _tempo(asked: object) -> tuple[float, float, float] | None:
    if not isinstance(asked, Mapping):
        return None
    spans = [asked.get(phase) for phase in ("pull", "hold", "return")]
    pull, hold, back = (float(v) if isinstance(v, int | float) else 0.0 for v in spans)
    return (pull, hold, back) if pull > 0 else None


def _meant(cues: Sequence[Cue], data: dict[str, object]) -> int | None:
    """Place of the last cue that a marker speaks of."""
    if "repetition" in data or "block" in data:
        for at in range(len(cues) - 1, -1, -1):
            cue = cues[at]
            if data.get("block", cue.block) == cue.block and (
                data.get("repetition", cue.number) == cue.number
            ):
                return at
        return None
    return len(cues) - 1 if cues else None
