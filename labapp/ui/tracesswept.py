"""Which parts of the live traces a frame of the sweep has to paint."""

from __future__ import annotations

from labapp.ui.lanes import ERASE, Lanes
from labapp.ui.tracesfresh import Fresh

MARGIN = 0.005
"""Painted again beside what was swept over, share of the window: the line of now."""


class Swept:
    """Remembers up to where a sweep has painted."""

    def __init__(self) -> None:
        self._fresh = Fresh()

    def strips(self, lanes: Lanes, whole: tuple[float, float]) -> list[tuple[float, float]]:
        """Parts of the x axis that changed: all of it, or in a sweep what was swept over."""
        if lanes.mode != "sweep":
            self._fresh.forget()
            return [whole]
        now, seconds = lanes.now_s, lanes.seconds
        begin = self._fresh.since(lanes)
        if now - begin > 0.5 * seconds:
            return [whole]
        left = (begin - MARGIN * seconds) % seconds
        right = left + (now - begin) + (ERASE + 2 * MARGIN) * seconds
        if right <= seconds:
            return [(left, right)]
        return [(left, seconds), (0.0, right - seconds)]
