"""From the samples of a recording to the lines of its lanes: all the arithmetic of the live view.

Knows no widget: a source of samples goes in, arrays of lines come out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labapp.ui.lanelines import Lane, LaneLines, Stretch, lane_lines
from labapp.ui.lanescale import LaneScale
from labapp.ui.minmax import MinMaxRing
from labapp.ui.viewfilter import ViewFilter
from labapp.workflow.live_source import LiveSource, LiveStream

Mode = Literal["sweep", "scroll"]
ERASE = 0.03  # share of the window kept empty ahead of the sweep
FLOOR = {"V": 50e-6, "N": 20.0}
RECENT_S = 0.25  # the value beside a lane is the peak of this long
SPARE = 16  # bins kept beyond the window, of which parts are still in it
CALM_S = 0.2  # how often the whole window is looked at, to shrink a scale


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
    start_s: float = 0.0

    @property
    def step_s(self) -> float:
        """Length of a bin, s."""
        return self.ring.per_bin / self.stream.rate


class Lanes:
    """Keeps the min/max rings of all streams up to date and turns them into lines."""

    def __init__(self, source: LiveSource, seconds: float, pixels: int) -> None:
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
    def ends_s(self) -> tuple[float, ...]:
        """Lab time up to which each stream has been taken in, seconds."""
        return tuple(feed.start_s + feed.ring.stop / feed.stream.rate for feed in self._feeds)

    @property
    def settled_s(self) -> tuple[float, ...]:
        """Lab time before which the lines of each stream stay as they are, seconds."""
        return tuple(
            end - 2 * feed.step_s for end, feed in zip(self.ends_s, self._feeds, strict=True)
        )

    @property
    def now_s(self) -> float:
        """Lab time of the newest sample of any stream, seconds."""
        return max(self.ends_s, default=0.0)

    @property
    def looks(self) -> tuple[object, ...]:
        """What all of a picture depends on: where it differs, nothing painted before is right."""
        return (
            self.mode,
            self.seconds,
            self.generation,
            tuple(feed.start_s for feed in self._feeds),
            tuple((lane.scale.limit, lane.scale.gain) for lane in self.lanes),
        )

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
            ring = MinMaxRing(len(columns), -(-samples // per_bin) + SPARE, per_bin)
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
            feed.start_s = self.source.start_s(feed.stream.id)
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
            self._rescale(feed, feed.start_s + stop / feed.stream.rate)
        return moved

    def forget(self, streams: Collection[str]) -> bool:
        """Show no value beside the lanes of these devices until samples come; False if none was."""
        shown = [one for one in self.lanes if one.stream in streams and not np.isnan(one.value)]
        for lane in shown:
            lane.value = np.nan
        return bool(shown)

    def lines(self, left: float = 0.0, right: float = np.inf) -> list[LaneLines]:
        """Lines of every lane in a sweep, in plot units: y in lanes (0 at the top).

        x is the time modulo the window; a part ahead of now is empty.

        Parameters
        ----------
        left, right
            Only what reaches into this part of the x axis: a frame needs a narrow strip.
        """
        seconds, now = self.seconds, self.now_s
        oldest = now - (1 - ERASE) * seconds
        laps = [lap * seconds for lap in range(int(oldest // seconds), int(now // seconds) + 1)]

        def stretches(step: float) -> list[Stretch]:
            low, high = max(0.0, left - 2 * step), min(seconds, right + 2 * step)
            return [Stretch(max(zero + low, oldest), zero + high, zero) for zero in laps]

        return self._lines(stretches)

    def lines_between(self, begin: float, end: float, zero: float) -> list[LaneLines]:
        """Lines of every lane that reach into the time between two moments (s).

        x is the time since ``zero``; y as in `lines`.
        """
        return self._lines(lambda step: [Stretch(begin - 2 * step, end + 2 * step, zero)])

    def _lines(self, stretches: Callable[[float], Sequence[Stretch]]) -> list[LaneLines]:
        """Lines in what is wanted of a stream with bins of a length: one may start before it."""
        out: list[LaneLines] = []
        for feed in self._feeds:
            step = feed.step_s
            rows = [(index, self.lanes[index]) for index in feed.lanes]
            out += lane_lines(feed.ring, feed.start_s, step, stretches(step), rows)
        return out

    def _rescale(self, feed: _Feed, now: float) -> None:
        """Let the scales follow what is in view, and note the value to show beside each lane.

        A scale has to grow at once, for which the newest bins are enough; whether it may shrink
        is asked of the whole window, five times a second.
        """
        ring = feed.ring
        _, recent = ring.slots(max(1, round(RECENT_S / feed.step_s)))
        low, high = ring.low[:, recent], ring.high[:, recent]
        peak = np.fmax.reduce(np.fmax(-low, high), axis=1)
        last = ring.last[:, recent[-1]]
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
