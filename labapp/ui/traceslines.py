"""Colours and widths of the lines of the live traces."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PySide6.QtGui import QColor

from labapp import palette
from labapp.ui.lanelines import LaneLines
from labapp.ui.look import Look
from labapp.ui.tracesitem import Lines

FINE = 1.5
"""Pixels of the screen in one of the design, from which a single line would be too thin."""


def signal_lines(groups: Sequence[LaneLines], look: Look, *, fine: bool) -> list[Lines]:
    """Signals in the colours of their muscles, lost stretches in red, clipped samples in amber."""
    dark = look.colours.dark
    red, amber = look.colour("red"), look.colour("amber")
    out = []
    for group in groups:
        code = group.lane.channel.muscle or ""
        # Bars of many bins stay one device pixel wide; the few lines of a slow one need not.
        wide = 2.0 if fine and group.lane.channel.kind == "force" else 0.0
        out.append(Lines(_ink(code, dark), group.signal, wide))
        if len(group.lost):
            out.append(Lines(red, group.lost, 3.0))
        if len(group.clipped):
            out.append(Lines(amber, group.clipped, 2.0))
    return out


@lru_cache(maxsize=128)
def _ink(code: str, dark: bool) -> QColor:
    return QColor(palette.colour(code, dark=dark))


def frame_lines(x: tuple[float, float], count: int, look: Look) -> Lines:
    """Return the lines between the lanes."""
    edges = np.arange(1, count, dtype=float)
    rows = np.empty((len(edges), 4))
    rows[:, 0], rows[:, 2] = x
    rows[:, 1] = rows[:, 3] = edges
    return Lines(look.colour("border"), rows)
