"""The metronome of a run: beats that are due, each at its exact time."""

from __future__ import annotations

from collections import deque

from labapp.trials.schema import Metronome

_NS = 1_000_000_000


class Beats:
    """Beats waiting for their time.

    Attributes
    ----------
    number
        The latest beat that fell: 1 on the cue, negative while counting in, 0 when there is none.
    """

    def __init__(self) -> None:
        self.number = 0
        self._due: deque[tuple[int, int]] = deque()

    @property
    def next_ns(self) -> int | None:
        """Time of the next beat, None without one."""
        return self._due[0][0] if self._due else None

    def lead(self, metronome: Metronome, t: int) -> None:
        """Queue the beats of a repetition whose cue is at ``t``."""
        self._due = deque(
            (t + round(k * metronome.beat_s * _NS), k + 1) for k in range(metronome.beats)
        )

    def count_in(self, metronome: Metronome, t: int, end: int) -> None:
        """Queue the whole beats that fit between ``t`` and the cue at ``end``, numbered to -1."""
        beat = metronome.beat_s * _NS
        count = int((end - t) / beat + 1e-9)
        self._due = deque((end - round(k * beat), -k) for k in range(count, 0, -1))

    def take(self) -> tuple[int, int]:
        """Take the next beat: its time and number."""
        t, self.number = self._due.popleft()
        return t, self.number

    def shift(self, ns: int) -> None:
        """Move the beats that wait: the run was paused."""
        self._due = deque((t + ns, number) for t, number in self._due)

    def clear(self) -> None:
        """Forget the beats that wait."""
        self._due.clear()
        self.number = 0
