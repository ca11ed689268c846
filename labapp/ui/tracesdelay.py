"""How long a sample takes from its arrival to the screen, measured on every frame."""

from __future__ import annotations

from collections import deque
from statistics import median

from labapp.translate import tr

FRAMES = 60


class ShownDelay:
    """The delays of the newest frames; times in lab seconds."""

    def __init__(self) -> None:
        self._middle: deque[float] = deque(maxlen=FRAMES)
        self._most: deque[float] = deque(maxlen=FRAMES)

    def clear(self) -> None:
        """Begin anew."""
        self._middle.clear()
        self._most.clear()

    def add(self, now_s: float, first_s: float, last_s: float) -> None:
        """Take in a frame painted at ``now_s`` with the samples between two times."""
        self._middle.append(now_s - (first_s + last_s) / 2)
        self._most.append(now_s - first_s)

    @property
    def ms(self) -> float | None:
        """Median delay of the samples of the newest frames, ms; None before any."""
        return 1e3 * median(self._middle) if self._middle else None

    @property
    def most_ms(self) -> float | None:
        """Greatest delay of any sample of the newest frames, ms."""
        return 1e3 * max(self._most) if self._most else None

    def words(self) -> str:
        """Say it in words; empty before any frame."""
        if self.ms is None:
            return ""
        return tr("shown {ms} ms after arrival", ms=f"{max(0.0, self.ms):.0f}")

    def details(self) -> str:
        """Say what was measured, and what comes on top."""
        if self.most_ms is None:
            return ""
        return tr(
            "From a sample's arrival at the recorder to the screen, median of the last second;\n"
            "at most {most} ms. The device and its radio come before that (a few to 50 ms),\n"
            "the screen itself after it (up to 17 ms at 60 Hz).",
            most=f"{max(0.0, self.most_ms):.0f}",
        )
