"""One stream of an open session: its channels, account and clock now, its samples on demand."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.errors import LabError
from labapp.model import ChannelInfo, Counts, Floats, Gap, Kind
from labapp.session import format as f
from labapp.session.content import Table
from labapp.session.hdf import guarded
from labapp.session.hostile import number_attribute, refuse, schema, text_attribute
from labapp.timing.gaps import gaps_of, nan_view, overlapping, valid_mask
from labapp.timing.offline import ClockMap, SegmentMap

_MAX_VIEW_BYTES = 2 << 30


class Stream:
    """One device of a session.

    Attributes
    ----------
    id, driver, device
        Name in the session, driver, title of the device.
    channels
        One `ChannelInfo` per column.
    rate_nominal, rate
        Hz: as the data sheet says, and as measured against the host's clock.
    runs, segments
        Tables of `format.RUN_ROW` and `format.SEGMENT_ROW`.
    clock
        `ClockMap` from sample index to seconds (from device time in samples where the device
        stamps its own time; `times` takes care of that).
    received, lost, outage, n
        Samples stored; sent but lost; not made while the port was closed (estimated); index
        after the last sample: ``received + lost + outage == n``.
    """

    def __init__(self, group: Any, path: Path) -> None:
        self._group = group
        self._path = path
        schema(group, f.STREAM_DATASETS, path)
        schema(group, f.OPTIONAL_STREAM_DATASETS, path, required=False)
        self.id = str(group.name).rsplit("/", 1)[-1]
        texts = {name: text_attribute(group, name, path) for name in f.STREAM_TEXTS}
        self.driver, self.device = texts["driver"], texts["device"]
        self.clock_kind = texts["clock"]
        self._axis = texts["axis"]
        self.sha256 = {name: texts[f"sha256_{name}"] for name in (f.COUNTS, f.TICKS)}
        numbers = {name: number_attribute(group, name, path) for name in f.STREAM_NUMBERS}
        self.rate_nominal = numbers["rate_nominal"]
        if not 0 < self.rate_nominal < 1e7:
            raise refuse(path, f"stream {self.id} has a rate of {self.rate_nominal} Hz")
        self.tick_rate = numbers["tick_rate"] or None
        self.wire_delay_s = numbers["wire_delay_s"]
        self.filter_delay_s = numbers["filter_delay_s"]
        self.filter_delay_u_s = numbers["filter_delay_u_s"]
        self.received, self.lost, self.outage = (
            int(number_attribute(group, name, path)) for name in f.STREAM_COUNTS
        )
        self.channels = _channels(group[f.CHANNELS][:], path, self.id)
        self.runs: Table = group[f.RUNS][:]
        self.segments: Table = group[f.SEGMENTS][:]
        self._first = self.runs["first"].astype(np.int64)
        self._count = self.runs["count"].astype(np.int64)
        self._row = np.concatenate([[0], np.cumsum(self._count)])
        self._check_tables()
        self.clock = _clock(group[f.CLOCK_MAP][:], self.segments, self.rate_nominal,
                            numbers["spread_s"], path)  # fmt: skip

    @property
    def ticked(self) -> bool:
        """Whether the clock map runs over the device's own time stamps."""
        return self._axis == "ticks"

    def _check_tables(self) -> None:
        counts, path = self._group[f.COUNTS], self._path
        if counts.shape[1] != len(self.channels):
            raise refuse(path, f"stream {self.id}: {counts.shape[1]} columns, "
                               f"{len(self.channels)} channels")  # fmt: skip
        stops = self._first + self._count
        good = 0 < len(self.segments) < 1 << 20
        good = good and bool(np.all(np.diff(self.segments["base"]) > 0))
        good = good and bool(np.all(np.diff(self.segments["axis"]) > 0))
        good = good and bool(np.all(np.isfinite(self.segments["axis_offset"])))
        good = good and bool(np.all(self.runs["segment"] >= 0))
        good = good and bool(np.all(self.runs["segment"] < len(self.segments)))
        good = good and bool(np.all(self._count > 0)) and bool(np.all(self._first >= 0))
        good = good and bool(np.all(self._first[1:] >= stops[:-1]))
        good = good and bool(np.all(self._first < 2**52)) and bool(np.all(self._count < 2**40))
        if not good or self._row[-1] != counts.shape[0] or self.received != counts.shape[0]:
            raise refuse(path, f"stream {self.id}: runs do not fit its {counts.shape[0]} samples")
        ticks = self._group.get(f.TICKS)
        if (ticks is not None and ticks.shape != (counts.shape[0],)) or (
            self.ticked and (ticks is None or self.tick_rate is None)
        ):
            raise refuse(path, f"stream {self.id}: not one tick per sample")

    @property
    def n(self) -> int:
        """Index after the last sample received."""
        return int(self._first[-1] + self._count[-1]) if len(self._first) else 0

    @property
    def kind(self) -> Kind:
        """What most of the channels measure: ``emg``, ``force`` or ``digital``."""
        kinds = [channel.kind for channel in self.channels]
        return max(("emg", "force", "digital"), key=kinds.count)

    @property
    def rate(self) -> float:
        """Measured rate, Hz (device's own sample period for devices that stamp their time)."""
        if not self.ticked or self.received < 2:
            return self.clock.rate
        times = self.times()
        return (self.n - 1 - int(self._first[0])) / float(times[-1] - times[int(self._first[0])])

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """Index ranges without samples, from the start of the stream on."""
        return gaps_of(self._first, self._count)

    @property
    def uncertain(self) -> int:
        """Runs whose place in time could not be told with certainty."""
        return int(np.count_nonzero(self.runs["uncertain"]))

    @cached_property
    def reads(self) -> Table:
        """Table of `format.READ_ROW`: every read of the port."""
        with guarded(self._path):
            rows: Table = self._group[f.READS][:]
            return rows

    @cached_property
    def _device_time(self) -> tuple[Floats, Floats]:
        """Index and device time (in samples) of every received sample of a ticked stream."""
        with guarded(self._path):
            ticks = self._group[f.TICKS][:]
        index = np.repeat(self._first - self._row[:-1], self._count) + np.arange(len(ticks))
        scale = self.rate_nominal / (self.tick_rate or 1.0)
        offset = self.segments["axis_offset"][self.runs["segment"]]
        return index.astype(np.float64), ticks * scale + np.repeat(offset, self._count)

    def device_time(self, index: Floats) -> Floats:
        """Axis of the clock map for sample indices: the index itself, or the device's time."""
        if not self.ticked or not self.received:
            return index
        known, ticks = self._device_time
        position = np.interp(index, known, ticks)
        # Beyond the ends one sample is one nominal period.
        below, above = np.minimum(index - known[0], 0), np.maximum(index - known[-1], 0)
        return np.asarray(position + below + above, dtype=np.float64)

    def span(self, start: float | None, stop: float | None) -> tuple[int, int]:
        """Index range of the samples whose time lies in ``start <= time < stop`` (s)."""
        if not self.n:
            return 0, 0
        low = 0 if start is None else self._index_at(float(start))
        high = self.n if stop is None else self._index_at(float(stop))
        low = min(max(low, 0), self.n)
        return low, min(max(high, low), self.n)

    def _index_at(self, time: float) -> int:
        """First index whose time is not before ``time``."""
        if not np.isfinite(time):
            raise LabError(f"time {time} is not a number of seconds", "give seconds")
        if self.ticked:
            return int(np.searchsorted(self._all_times, time - 1e-9))
        # A sample that lies on the edge but for rounding belongs to the window.
        guess = float(self.clock.index(time))
        return int(np.ceil(guess - 1e-9 * self.rate_nominal))

    @cached_property
    def _all_times(self) -> Floats:
        return self.clock.time(self.device_time(np.arange(self.n, dtype=np.float64)))

    def times(self, start: float | None = None, stop: float | None = None) -> Floats:
        """(n,) time of each sample in the window, s since the start of the recording.

        Lost samples have a time too, so that rows of `values` and of `times` go together.
        """
        low, high = self.span(start, stop)
        if self.ticked:
            return self._all_times[low:high].copy()
        return self.clock.time(np.arange(low, high, dtype=np.float64))

    def valid(self, start: float | None = None, stop: float | None = None) -> NDArray[np.bool_]:
        """(n,) True where the sample arrived."""
        return valid_mask(self._first, self._count, *self.span(start, stop))

    def values(
        self,
        start: float | None = None,
        stop: float | None = None,
        *,
        channels: Sequence[str | int] | None = None,
    ) -> Floats:
        """(n, n_channels) physical values of the window; NaN rows where samples were lost."""
        columns = self.columns(channels)
        low, high = self.span(start, stop)
        if (high - low) * max(1, len(columns)) * 8 > _MAX_VIEW_BYTES:
            raise LabError(
                f"{high - low} samples of {self.id} do not fit in memory at once",
                "ask for a shorter window",
            )
        scale = np.array([self.channels[k].scale for k in columns])
        offset = np.array([self.channels[k].offset for k in columns])
        part = overlapping(self._first, self._count, low, high)
        if part.start == part.stop or not columns:
            return np.full((high - low, len(columns)), np.nan)
        first = self._first[part]
        head = max(low - int(first[0]), 0)
        begin = int(self._row[part.start]) + head
        tail = max(int(self._first[part.stop - 1] + self._count[part.stop - 1]) - high, 0)
        end = int(self._row[part.stop]) - tail
        physical = (self.counts(begin, end)[:, columns] - offset) * scale
        pieces = []
        for number, a in enumerate(first.tolist()):
            row = int(self._row[part.start + number])
            stop_row = int(self._row[part.start + number + 1])
            piece = physical[max(row - begin, 0) : min(stop_row, end) - begin]
            pieces.append((max(a, low) if number == 0 else a, piece))
        return nan_view(pieces, low, high, len(columns))

    def counts(self, start_row: int, stop_row: int) -> Counts:
        """(n, n_channels) int32 as stored: received samples only, by row, not by index."""
        with guarded(self._path):
            rows: Counts = self._group[f.COUNTS][start_row:stop_row]
            return rows

    def digests(self) -> dict[str, str]:
        """SHA-256 of all counts and all ticks as they read back, in hexadecimal.

        Reads the whole stream, some seconds at a time; bit rot is found on the way (fletcher32).
        """
        found = {}
        for name in (f.COUNTS, f.TICKS):
            digest = hashlib.sha256()
            item = self._group.get(name)
            rows = item.shape[0] if item is not None else 0
            portion = max(1, 8 * (item.chunks or (1 << 16,))[0]) if item is not None else 1
            with guarded(self._path):
                for start in range(0, rows, portion):
                    digest.update(np.ascontiguousarray(item[start : start + portion]).data)
            found[name] = digest.hexdigest()
        return found

    def columns(self, channels: Sequence[str | int] | None) -> list[int]:
        """Column numbers of channels given by number, name or muscle code."""
        if channels is None:
            return list(range(len(self.channels)))
        found = []
        for wanted in channels:
            matches = [k for k, c in enumerate(self.channels) if wanted in (k, c.name, c.muscle)]
            if not matches:
                have = ", ".join(c.muscle or c.name for c in self.channels)
                raise LabError(f"{self.id} has no channel {wanted!r}", f"it has {have}")
            found.append(matches[0])
        return found


def _channels(rows: Table, path: Path, stream: str) -> tuple[ChannelInfo, ...]:
    channels = []
    for row in rows:
        values = {name: row[name].item() for name in f.CHANNEL_ROW.names or ()}
        texts = {k: v.decode(errors="replace") for k, v in values.items() if isinstance(v, bytes)}
        values.update(texts)
        values["muscle"] = values["muscle"] or None
        scale, offset = values["scale"], values["offset"]
        if values["kind"] not in f.CHANNEL_KINDS or not (np.isfinite(scale) and scale > 0):
            raise refuse(path, f"stream {stream}: channel {values['name']!r} makes no sense")
        if not np.isfinite(offset):
            raise refuse(path, f"stream {stream}: channel {values['name']!r} has no offset")
        channels.append(ChannelInfo(**values))
    return tuple(channels)


def _clock(knots: Table, segments: Table, rate: float, spread_s: float, path: Path) -> ClockMap:
    maps = []
    for number, segment in enumerate(segments):
        mine = knots[knots["segment"] == number]
        index, time = mine["index"].astype(np.float64), mine["time"].astype(np.float64)
        rising = len(mine) >= 2 and np.all(np.diff(index) > 0) and np.all(np.diff(time) > 0)
        if not rising or not np.all(np.isfinite(index)) or not np.all(np.isfinite(time)):
            raise refuse(path, f"the clock map of segment {number} does not rise")
        maps.append(SegmentMap(float(segment["axis"]), index, time))
    return ClockMap(tuple(maps), rate, spread_s)
