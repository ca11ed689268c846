"""Notices a device that sends far more than its clock could have made.

A wrong rate in the settings, a wrong baud rate that happens to decode, a firmware that runs wild.
A radio link that catches up after a stall does not count: what was missing before may arrive at
once. Nothing is stopped or refused, every byte is recorded; the person is told.
"""

from __future__ import annotations

from collections import deque
from typing import Final

FACTOR: Final = 3.0
"""Times its rate from which a device floods; RC clocks are off by a fifth at most."""
_SPAN_NS: Final = 500_000_000
_LEAST_NS: Final = 200_000_000
_STEP_NS: Final = 50_000_000


class Flood:
    """Watches the indices of one stream against lab time.

    Parameters
    ----------
    rate
        Nominal rate, Hz.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._first: tuple[int, int] | None = None
        self._now = (0, 0)
        self._marks: deque[tuple[int, int]] = deque()

    def restart(self) -> None:
        """Begin a new segment."""
        self._first = None
        self._marks.clear()

    def observe(self, index: int, t_ns: int) -> None:
        """Take a read: index of its newest sample within the segment, and its stamp."""
        self._now = (index, t_ns)
        if self._first is None:
            self._first = self._now
        if not self._marks or t_ns - self._marks[-1][1] >= _STEP_NS:
            self._marks.append(self._now)
            while t_ns - self._marks[0][1] > _SPAN_NS:
                self._marks.popleft()

    def factor(self) -> float | None:
        """How many times its rate the device has sent over the last half second.

        None while that is below `FACTOR`, or too short to tell.
        """
        if self._first is None or not self._marks:
            return None
        (index, now), (before, then), (start, began) = self._now, self._marks[0], self._first
        span_ns = now - then
        # What a device sent before it was listened to comes at once with the first reads.
        if span_ns < _LEAST_NS or then - began < _SPAN_NS:
            return None
        behind = max(0.0, (then - began) * 1e-9 * self._rate - (before - start))
        factor = (index - before - behind) / (span_ns * 1e-9 * self._rate)
        return factor if factor >= FACTOR else None
