"""From the bins of a stream to lines: which of them reach into a stretch, and where they lie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.model import ChannelInfo
from labapp.ui.lanescale import LaneScale
from labapp.ui.minmax import MinMaxRing

Floats = NDArray[np.float64]

TOP, HEIGHT = 0.06, 0.88  # a lane's drawing area, share of its height
NONE = np.empty((0, 4))


@dataclass
class Lane:
    """One channel on the screen."""

    stream: str
    column: int
    channel: ChannelInfo
    scale: LaneScale
    value: float = float("nan")
    percent: float | None = None


@dataclass(frozen=True, eq=False)
class LaneLines:
    """Lines of one lane: signal, lost stretches, clipped samples; each (n, 4)."""

    lane: Lane
    signal: Floats
    lost: Floats
    clipped: Floats


@dataclass(frozen=True)
class Stretch:
    """Times from `begin` to `end` (s), of which `zero` lies at x = 0."""

    begin: float
    end: float
    zero: float


def bins_within(
    ring: MinMaxRing, start_s: float, step_s: float, stretches: Sequence[Stretch]
) -> tuple[NDArray[np.int64], Floats]:
    """Numbers of the bins whose middle lies in one of the stretches, and their x; each (n,)."""
    newest = ring.newest_bin
    numbers: list[NDArray[np.int64]] = []
    x: list[Floats] = []
    for one in stretches:
        first = math.ceil((one.begin - start_s) / step_s - 0.5)
        last = math.floor((one.end - start_s) / step_s - 0.5)
        first, last = max(first, 0, newest - ring.bins + 1), min(last, newest)
        if first <= last:
            here: NDArray[np.int64] = np.arange(first, last + 1, dtype=np.int64)
            numbers.append(here)
            x.append((here.astype(np.float64) - ((one.zero - start_s) / step_s - 0.5)) * step_s)
    if len(x) == 1:
        return numbers[0], x[0]
    at: NDArray[np.int64] = np.concatenate([np.empty(0, np.int64), *numbers])
    return at, np.concatenate([np.empty(0), *x])


def lane_lines(
    ring: MinMaxRing,
    start_s: float,
    step_s: float,
    stretches: Sequence[Stretch],
    rows: Sequence[tuple[int, Lane]],
) -> list[LaneLines]:
    """Lines of the lanes of one stream, in plot units (y counts lanes from the top).

    Parameters
    ----------
    ring, start_s, step_s
        Its bins, the time of sample 0 and the length of a bin, s.
    rows
        Place of each lane on the screen, and the lane, in the order of the ring's channels.
    """
    numbers, x = bins_within(ring, start_s, step_s, stretches)
    at = numbers % ring.bins
    low, high = ring.low[:, at], ring.high[:, at]
    bottom = np.array([place for place, _ in rows], dtype=float)[:, None] + TOP + HEIGHT
    base = np.array([lane.scale.base for _, lane in rows])[:, None]
    factor = HEIGHT / (np.array([lane.scale.top for _, lane in rows])[:, None] - base)
    shift = bottom + factor * base

    def placed(values: Floats) -> Floats:
        y: Floats = shift - factor * values
        np.maximum(y, bottom - HEIGHT, out=y)
        np.minimum(y, bottom, out=y)
        return y

    seen: NDArray[np.bool_] = ~np.isnan(low)
    drawn = seen
    if ring.per_bin == 1:
        y = placed(ring.last[:, at])
        lines = _rows(x[:-1], y[:, :-1], x[1:], y[:, 1:])
        drawn = seen[:, 1:] & seen[:, :-1] & (np.diff(numbers) == 1) & (np.diff(x) > 0)
    else:
        lines = _rows(x, placed(low), x, placed(high))
    whole = bool(drawn.all())
    lost = x[ring.lost[at]]
    clipped = ring.clipped[:, at] & seen
    some = bool(clipped.any())
    out = []
    for row, (_, lane) in enumerate(rows):
        signal = lines[row] if whole else lines[row][drawn[row]]
        floor = float(bottom[row, 0])
        gap = rail = NONE
        if len(lost):
            gap = _rows(lost, np.full(len(lost), floor), lost + step_s, floor)
        if some and clipped[row].any():
            top, there = floor - HEIGHT, x[clipped[row]]
            rail = _rows(there, np.full(len(there), top), there, top + 0.12)
        out.append(LaneLines(lane, signal, gap, rail))
    return out


def _rows(x1: Any, y1: Floats, x2: Any, y2: Any) -> Floats:
    """Lines (..., 4) from two ends; x is shared by all lanes."""
    rows = np.empty((*y1.shape, 4))
    rows[..., 0], rows[..., 1], rows[..., 2], rows[..., 3] = x1, y1, x2, y2
    return rows
