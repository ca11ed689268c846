"""Moments on the live traces: cues and markers across all lanes, onsets on the lane of a muscle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labapp.ui.lanelines import HEIGHT, TOP
from labapp.ui.lanes import Lanes
from labapp.ui.look import Look
from labapp.ui.tracesitem import Lines

if TYPE_CHECKING:
    from labapp.workflow.live_pull import PullLook

MOST = 200
SHOWN = 0.97
"""Share of the window after which a mark is gone: the sweep is about to overwrite it."""
INKS = {"cue": "accent", "reject": "red", "stop": "red"}


class Marks:
    """The newest moments of a recording; times in lab seconds."""

    def __init__(self) -> None:
        self._events: list[tuple[float, str]] = []
        self._onsets: list[tuple[float, int]] = []
        self.target: float | None = None

    def clear(self) -> None:
        """Forget all of them."""
        self._events.clear()
        self._onsets.clear()
        self.target = None

    def add_event(self, time_s: float, kind: str) -> None:
        """Take in a cue, marker, reject or stop."""
        self._events = [*self._events[-MOST:], (time_s, kind)]

    def add_onsets(self, look: PullLook, lanes: Lanes) -> None:
        """Take in the onsets that a pull showed."""
        place = {lane.channel.muscle: index for index, lane in enumerate(lanes.lanes)}
        self._onsets = [
            *self._onsets[-MOST:],
            *(
                (onset.time, place[muscle])
                for muscle, onset in look.onsets.items()
                if onset.state == "ok" and muscle in place
            ),
        ]

    def lines(self, lanes: Lanes, look: Look) -> list[Lines]:
        """Everything that is in view, and in a sweep the line of now."""
        now, count = lanes.now_s, float(len(lanes.lanes))
        groups: dict[str, list[tuple[float, float, float, float]]] = {}
        for at, kind in self._events:
            if 0 <= now - at < lanes.seconds * SHOWN:
                x = _x(at, lanes)
                groups.setdefault(INKS.get(kind, "faint"), []).append((x, 0.0, x, count))
        out = [Lines(look.colour(ink, 200), np.array(rows)) for ink, rows in groups.items()]
        ticks = [
            (_x(at, lanes), lane + 0.04, _x(at, lanes), lane + 0.96)
            for at, lane in self._onsets
            if 0 <= now - at < lanes.seconds * SHOWN
        ]
        if ticks:
            out.append(Lines(look.colour("text"), np.array(ticks), 2.0))
        out += self._target_lines(lanes, look)
        if lanes.mode == "sweep":
            x = now % lanes.seconds
            out.append(Lines(look.colour("soft"), np.array([(x, 0.0, x, count)])))
        return out

    def _target_lines(self, lanes: Lanes, look: Look) -> list[Lines]:
        """Return the force to reach, across the lane of the force."""
        left, right = (0.0, lanes.seconds) if lanes.mode == "sweep" else (-lanes.seconds, 0.0)
        for index, lane in enumerate(lanes.lanes):
            scale = lane.scale
            if self.target is None or lane.channel.kind != "force":
                continue
            share = (self.target - scale.base) / (scale.top - scale.base)
            if share <= 1:
                y = index + TOP + HEIGHT * (1 - share)
                return [Lines(look.colour("accent"), np.array([(left, y, right, y)]), 2.0)]
        return []


def _x(at: float, lanes: Lanes) -> float:
    """Place of a moment on the x axis."""
    return at % lanes.seconds if lanes.mode == "sweep" else at - lanes.now_s
