"""Which repetitions of a run had their cue, and which of them were rejected."""

from __future__ import annotations

from typing import NamedTuple

from labapp.trials.state import Dot


class Attempt(NamedTuple):
    """One attempt at one repetition: block index, number and attempt from 1, time of its cue."""

    block: int
    number: int
    attempt: int
    cue_ns: int


class Attempts:
    """The record of a run."""

    def __init__(self) -> None:
        self._last: Attempt | None = None
        self._rejected: set[tuple[int, int, int]] = set()
        self._latest: dict[tuple[int, int], int] = {}

    def cued(self, attempt: Attempt) -> None:
        """Note that a repetition got its cue."""
        self._last = attempt
        self._latest[attempt.block, attempt.number] = attempt.attempt

    def reject(self) -> Attempt | None:
        """Reject the latest attempt that had its cue; None if there is none, or it is already."""
        if self._last is None or self._last[:3] in self._rejected:
            return None
        self._rejected.add(self._last[:3])
        return self._last

    def dots(self, block: int, repetitions: int, now: int | None) -> tuple[Dot, ...]:
        """One dot a repetition of a block, by its latest attempt; ``now`` is the running one."""
        dots: list[Dot] = []
        for number in range(1, repetitions + 1):
            attempt = self._latest.get((block, number))
            if number == now:
                dots.append("now")
            elif attempt is None:
                dots.append("todo")
            elif (block, number, attempt) in self._rejected:
                dots.append("rejected")
            else:
                dots.append("done")
        return tuple(dots)
