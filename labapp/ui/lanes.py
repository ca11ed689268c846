"""From the samples of a recording to the lines of its lanes: all the arithmetic of the live view.

Knows no widget: a source of samples goes in, arrays of lines come out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from labapp.model import ChannelInfo
from labapp.ui.lanescale import LaneScale
from labapp.ui.minmax import MinMaxRing
from labapp.ui.viewfilter import ViewFilter

Mode = Literal["sweep", "scroll"]
ERASE = 0.03  # share of the window kept empty ahead of the sweep
FLOOR = {"V": 50e-6, "N": 20.0}
TOP, HEIGHT = 0.06, 0.88  # a lane's drawing area, share of its height
RECENT_S = 0.25  # the value beside a lane is the peak of this long
CALM_S = 0.2  # how often the whole window is looked at, to shrink a scale


@dataclass(frozen=True)
class LiveStream:
    """What the live view must know of one device."""

    id: str
    rate: float
    channels: tuple[ChannelInfo, ...]


class Source(Protocol):
    """Where the live view reads samples: the ring of a recording."""

    @property
    def streams(self) -> tuple[LiveStream, ...]:
        """The devices."""
        ...

    def newest(self, stream: str) -> int:
        """Index after the newest sample."""
        ...

    def start_s(self, stream: str) -> float:
        """Lab time of sample 0, seconds (to a display's accuracy)."""
        ...

    def read(
        self, stream: str, first: int, stop: int
    ) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Return counts (n, n_channels) and whether each row arrived (n,)."""
        ...


@dataclass
class Lane:
    """One channel on the screen."""

    stream: str
    column: int
    channel: ChannelInfo
    scale: LaneScale
    value: float = float("nan")
    percent: float | None = None


@dataclass
class _Feed:
    stream: LiveStream
    columns: NDArray[np.int64]
    ring: MinMaxRing
    scale: NDArray[np.float64]
    offset: NDArray[np.float64]
    low: NDArray[np.int32]
    high: NDArray[np.int32]
    emg: NDArray[np.bool_]
    lanes: list[int]
    filters: dict[str, ViewFilter] = field(default_factory=dict)
    looked_s: float = -np.inf


@dataclass(frozen=True, eq=False)
class LaneLines:
    """Lines of one lane: signal, lost stretches, clipped samples; each (n, 4)."""

    lane: Lane
    signal: NDArray[np.float64]
    lost: NDArray[np.float64]
    clipped: NDArray[np.float64]


class Lanes:
    """Keeps the min/max rings of all streams up to date and turns them into lines."""

    def __init__(self, source: Source, seconds: float, pixels: int) -> None:
        self.source = source
        self.seconds = seconds
        self.filtered = False
        self.mode: Mode = "sweep"
        self.generation = 0
        self.lanes: list[Lane] = []
        self._feeds: list[_Feed] = []
        for stream in source.streams:
            for column, channel in enumerate(stream.channels):
                if channel.kind != "digital":
                    floor = FLOOR.get(channel.unit, 1.0)
                    scale = LaneScale(channel.kind == "emg", floor)
                    self.lanes.append(Lane(stream.id, column, channel, scale))
        self.lanes.sort(key=lambda lane: lane.channel.kind == "force")
        self.rebin(seconds, pixels)

    @property
    def now_s(self) -> float:
        """Lab time of the newest sample of any stream, seconds."""
        times = [
            self.source.start_s(f.stream.id) + f.ring.stop / f.stream.rate for f in self._feeds
        ]
        return max(times, default=0.0)

    @property
    def oldest_end_s(self) -> float:
        """Lab time up to which every stream has been drawn, seconds."""
        times = [
            self.source.start_s(f.stream.id) + f.ring.stop / f.stream.rate for f in self._feeds
        ]
        return min(times, default=0.0)

    def rebin(self, seconds: float, pixels: int) -> None:
        """Start the rings again for this window and width, from the samples still there."""
        self.seconds = seconds
        self.generation += 1
        self._feeds = []
        for stream in self.source.streams:
            own = [i for i, lane in enumerate(self.lanes) if lane.stream == stream.id]
            if not own:
                continue
            columns = np.array([self.lanes[i].column for i in own], dtype=np.int64)
            infos = [stream.channels[int(c)] for c in columns]
            samples = max(2, round(seconds * stream.rate))
            per_bin = max(1, samples // max(64, pixels))
            ring = MinMaxRing(len(columns), -(-samples // per_bin), per_bin)
            emg = np.array([c.kind == "emg" for c in infos])
            feed = _Feed(
                stream,
                columns,
                ring,
                np.array([c.scale for c in infos]),
                np.array([c.offset for c in infos]),
                np.array([c.low for c in infos], dtype=np.int32),
                np.array([c.high for c in infos], dtype=np.int32),
                emg,
                own,
            )
            if self.filtered and emg.any():
                feed.filters["emg"] = ViewFilter(stream.rate)
            ring.stop = 0
            self._feeds.append(feed)
        self.poll()

    def set_filtered(self, on: bool, pixels: int) -> None:
        """Band-pass the EMG lanes, for viewing only."""
        self.filtered = on
        for lane in self.lanes:
            lane.scale.restart()
        self.rebin(self.seconds, pixels)

    def poll(self) -> bool:
        """Take the samples that arrived since the last call; True if there were any."""
        moved = False
        for feed in self._feeds:
            stop = self.source.newest(feed.stream.id)
            first = max(feed.ring.stop, stop - feed.ring.capacity)
            if stop <= first:
                continue
            counts, valid = self.source.read(feed.stream.id, first, stop)
            counts = counts[:, feed.columns]
            values = (counts - feed.offset) * feed.scale
            values[~valid] = np.nan
            rails = ((counts <= feed.low) | (counts >= feed.high)) & valid[:, None]
            if "emg" in feed.filters:
                values[:, feed.emg] = feed.filters["emg"].apply(values[:, feed.emg])
            feed.ring.feed(first, values, rails)
            moved = True
            self._rescale(feed, self.source.start_s(feed.stream.id) + stop / feed.stream.rate)
        return moved

    def lines(
        self, left: float = -np.inf, right: float = np.inf, *, ring: bool = False
    ) -> list[LaneLines]:
        """Lines of every lane in plot units: x in seconds, y in lanes (0 at the top).

        Parameters
        ----------
        left, right
            Only what reaches into this part of the x axis: a sweep needs a narrow strip a frame.
        ring
            In any mode x is the time modulo the window, with nothing erased.
        """
        now = self.now_s
        out: list[LaneLines] = []
        for feed in self._feeds:
            out += self._feed_lines(feed, now, left, right, ring)
        return out

    def _feed_lines(
        self, feed: _Feed, now: float, left: float, right: float, around: bool
    ) -> list[LaneLines]:
        ring = feed.ring
        numbers, at = ring.slots()
        step = ring.per_bin / feed.stream.rate
        times = self.source.start_s(feed.stream.id) + (numbers + 0.5) * step
        hidden = ERASE * self.seconds if self.mode == "sweep" and not around else 0.0
        around = around or self.mode == "sweep"
        x = np.mod(times, self.seconds) if around else times - now
        # A line that starts left of the strip, or a gap as wide as a bin, may reach into it.
        keep = (numbers >= 0) & (times > now - self.seconds + hidden)
        keep &= (x >= left - 2 * step) & (x <= right + 2 * step)
        at, x = at[keep], x[keep]
        low, high, last = ring.low[:, at], ring.high[:, at], ring.last[:, at]
        clipped = ring.clipped[:, at]
        lost = np.flatnonzero(ring.lost[at])
        lanes = [self.lanes[index] for index in feed.lanes]
        bottom = np.array(feed.lanes, dtype=float) + TOP + HEIGHT
        factor = np.array([HEIGHT / (lane.scale.top - lane.scale.base) for lane in lanes])
        shift = bottom + factor * [lane.scale.base for lane in lanes]
        ceiling = (bottom - HEIGHT)[:, None]

        def place(values: NDArray[np.float64]) -> NDArray[np.float64]:
            y: NDArray[np.float64] = shift[:, None] - factor[:, None] * values
            np.maximum(y, ceiling, out=y)
            np.minimum(y, bottom[:, None], out=y)
            return y

        seen = ~np.isnan(low)
        if ring.per_bin == 1:
            y = place(last)
            rows = _rows(x[:-1], y[:, :-1], x[1:], y[:, 1:])
            drawn = seen[:, 1:] & seen[:, :-1] & (x[1:] > x[:-1])
        else:
            rows = _rows(x, place(low), x, place(high))
            drawn = seen
        whole = bool(drawn.all())
        out = []
        for row, lane in enumerate(lanes):
            signal = rows[row] if whole else rows[row][drawn[row]]
            floor, top = bottom[row], bottom[row] - HEIGHT
            gap = _rows(x[lost], np.full(len(lost), floor), x[lost] + step, floor)
            rail = x[clipped[row] & seen[row]] if clipped[row].any() else x[:0]
            marks = _rows(rail, np.full(len(rail), top), rail, top + 0.12)
            out.append(LaneLines(lane, signal, gap, marks))
        return out

    def _rescale(self, feed: _Feed, now: float) -> None:
        """Let the scales follow what is in view, and note the value to show beside each lane.

        A scale has to grow at once, for which the newest bins are enough; whether it may shrink
        is asked of the whole window, five times a second.
        """
        ring = feed.ring
        _, at = ring.slots()
        recent = at[-max(1, round(RECENT_S * feed.stream.rate / ring.per_bin)) :]
        low, high = ring.low[:, recent], ring.high[:, recent]
        peak = np.fmax.reduce(np.fmax(-low, high), axis=1)
        last = ring.last[:, at[-1]]
        whole = not 0 <= now - feed.looked_s < CALM_S
        if whole:
            feed.looked_s = now
            low, high = ring.low, ring.high
        least, most = np.fmin.reduce(low, axis=1), np.fmax.reduce(high, axis=1)
        for row, index in enumerate(feed.lanes):
            lane = self.lanes[index]
            span = float(least[row]), float(most[row])
            if whole or lane.scale.exceeded(*span):
                lane.scale.update(*span, now)
            emg = lane.channel.kind == "emg"
            lane.value = float(peak[row]) if emg else float(last[row])


def _rows(x1: Any, y1: NDArray[np.float64], x2: Any, y2: Any) -> NDArray[np.float64]:
    """Lines (..., 4) from two ends; x is shared by all lanes."""
    rows = np.empty((*y1.shape, 4))
    rows[..., 0], rows[..., 1], rows[..., 2], rows[..., 3] = x1, y1, x2, y2
    return rows
