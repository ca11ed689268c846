"""Which parts of the live traces a frame has to paint."""

from __future__ import annotations

from labapp.ui.lanes import ERASE, Lanes

MARGIN = 0.005
"""Painted again before what is new, share of the window: bins that have grown since."""


class Swept:
    """Remembers up to where a sweep has painted, and with which scales."""

    def __init__(self) -> None:
        self._until = 0.0
        self._painted: tuple[object, ...] = ()

    def strips(self, lanes: Lanes, whole: tuple[float, float]) -> list[tuple[float, float]]:
        """Parts of the x axis that changed: all of it, or in a sweep what was swept over."""
        state = (lanes.mode, lanes.seconds, tuple(lane.scale.top for lane in lanes.lanes))
        before, self._until = self._until, lanes.oldest_end_s
        now, seconds = lanes.now_s, lanes.seconds
        unchanged, self._painted = state == self._painted, state
        if lanes.mode != "sweep" or not unchanged or now - before > 0.5 * seconds:
            return [whole]
        margin = MARGIN * seconds
        left = (before - margin) % seconds
        right = left + (now - before) + (ERASE * seconds) + 2 * margin
        if right <= seconds:
            return [(left, right)]
        return [(left, seconds), (0.0, right - seconds)]
