"""One stream of an open session: its channels, account and clock now, its samples on demand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.errors import LabError, SessionRefused
from labapp.model import Counts, Floats, Gap, Kind
from labapp.session import format as f
from labapp.session.content import Table
from labapp.session.hdf import guarded
from labapp.session.hostile import number_attribute, refuse, schema, text_attribute
from labapp.session.readback import ReadBack, read_back
from labapp.session.reading import ChunkReader, RowsDamaged, read_rows
from labapp.session.rows import pick_channels, read_channels, read_clock, rows_between, runs_fit
from labapp.session.timing import read_timing
from labapp.timing.gaps import gaps_of, nan_view, valid_mask

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
    timing, beat_s
        Figures of the clock (`session.timing.read_timing`), and the error in s that a beat with
        the USB timer may hide; 0.0 for none.
    received, lost, outage, n
        Samples stored; sent but lost; not made while the port was closed (estimated); index
        after the last sample: ``received + lost + outage == n``.
    """

    def __init__(self, group: Any, path: Path) -> None:
        self._group = group
        self._path = path
        self._readers: dict[str, ChunkReader] = {}
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
        self.channels = read_channels(read_rows(group[f.CHANNELS], path), path, self.id)
        self.runs: Table = read_rows(group[f.RUNS], path)
        self.segments: Table = read_rows(group[f.SEGMENTS], path)
        self._first = self.runs["first"].astype(np.int64)
        self._count = self.runs["count"].astype(np.int64)
        self._row = np.concatenate([[0], np.cumsum(self._count)])
        self._check_tables()
        knots = read_rows(group[f.CLOCK_MAP], path)
        spread_s = numbers["spread_s"]
        self.clock = read_clock(knots, self.segments, self.rate_nominal, spread_s, path)
        self.timing = read_timing(group, self.clock, path)
        self.beat_s = float(self.timing["beat_ms"]) * 1e-3

    @property
    def ticked(self) -> bool:
        """Whether the clock map runs over the device's own time stamps."""
        return self._axis == "ticks"

    def _check_tables(self) -> None:
        counts, path = self._group[f.COUNTS], self._path
        if counts.shape[1] != len(self.channels):
            raise refuse(path, f"stream {self.id}: {counts.shape[1]} columns, "
                               f"{len(self.channels)} channels")  # fmt: skip
        if not runs_fit(self.runs, self.segments, counts.shape[0]) or (
            self.received != counts.shape[0]
        ):
            raise refuse(path, f"stream {self.id}: runs do not fit its {counts.shape[0]} samples")
        ticks = self._group.get(f.TICKS)
        if (ticks is not None and ticks.shape != (counts.shape[0],)) or (
            self.ticked and (ticks is None or self.tick_rate is None)
        ):
            raise refuse(path, f"stream {self.id}: not one tick per sample")
        if self.ticked and self.n > f.MAX_TICKED:
            raise refuse(path, f"stream {self.id}: {self.n} samples with their own stamps")

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
        span = self._time_of_row(-1) - self._time_of_row(0)
        if not span > 0:
            raise refuse(self._path, f"stream {self.id}: its stamps do not rise")
        return (self.n - 1 - int(self._first[0])) / span

    @property
    def end(self) -> float:
        """Where the stream ends, s: its last sample by its own stamp, else one period later."""
        return self._time_of_row(-1) if self.ticked else float(self.clock.time(self.n))

    def _time_of_row(self, row: int) -> float:
        """Time of the first (0) or last (-1) received sample of a ticked stream."""
        reader = self._reader(f.TICKS)
        at = row % self.received
        try:
            tick = int(reader.read(at, at + 1)[0])
        except RowsDamaged:  # its clock map reaches about as far
            return float(self.clock.segments[row].time[row])
        offset = float(self.segments["axis_offset"][self.runs["segment"][row]])
        return float(self.clock.time(tick * (self.rate_nominal / (self.tick_rate or 1.0)) + offset))

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """Index ranges without samples, from the start of the stream on."""
        return gaps_of(self._first, self._count)

    @property
    def breaks(self) -> int:
        """Places where samples were sent and lost; what an outage did not make is none."""
        base = self.segments["base"][self.runs["segment"]]
        before = np.concatenate([[0], self._first + self._count])[:-1]
        return int(np.count_nonzero(self._first > np.maximum(before, base)))

    @property
    def uncertain(self) -> int:
        """Runs whose place in time could not be told with certainty."""
        return int(np.count_nonzero(self.runs["uncertain"]))

    @cached_property
    def reads(self) -> Table:
        """Table of `format.READ_ROW`: every read of the port."""
        return read_rows(self._group[f.READS], self._path)

    @cached_property
    def _device_time(self) -> tuple[Floats, Floats]:
        """Index and device time (in samples) of every received sample of a ticked stream."""
        ticks = self._told(f.TICKS, 0, self.received)
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
        low, high = self._fitting(start, stop, 1)
        if self.ticked:
            return self._all_times[low:high].copy()
        return self.clock.time(np.arange(low, high, dtype=np.float64))

    def valid(self, start: float | None = None, stop: float | None = None) -> NDArray[np.bool_]:
        """(n,) True where the sample arrived."""
        return valid_mask(self._first, self._count, *self._fitting(start, stop, 1))

    def _fitting(self, start: float | None, stop: float | None, columns: int) -> tuple[int, int]:
        """Index range of a window whose numbers fit in memory."""
        low, high = self.span(start, stop)
        if (high - low) * max(1, columns) * 8 > _MAX_VIEW_BYTES:
            raise LabError(
                f"{high - low} samples of {self.id} do not fit in memory at once",
                "ask for a shorter window",
            )
        return low, high

    def values(
        self,
        start: float | None = None,
        stop: float | None = None,
        *,
        channels: Sequence[str | int] | None = None,
    ) -> Floats:
        """(n, n_channels) physical values of the window; NaN rows where samples were lost."""
        columns = self.columns(channels)
        low, high = self._fitting(start, stop, len(columns))
        scale = np.array([self.channels[k].scale for k in columns])
        offset = np.array([self.channels[k].offset for k in columns])
        rows, places = rows_between(self._first, self._row, low, high)
        if not places or not columns:
            return np.full((high - low, len(columns)), np.nan)
        physical = (self.counts(rows.start, rows.stop)[:, columns] - offset) * scale
        pieces = [(first, physical[part]) for first, part in places]
        return nan_view(pieces, low, high, len(columns))

    def counts(self, start_row: int, stop_row: int) -> Counts:
        """(n, n_channels) int32 as stored: received samples only, by row, not by index."""
        return self._told(f.COUNTS, start_row, stop_row)

    def _told(self, name: str, start: int, stop: int) -> NDArray[Any]:
        """Rows of a dataset; an error tells the seconds that are damaged."""
        try:
            return self._reader(name).read(start, stop)
        except RowsDamaged as damage:
            raise SessionRefused(
                f"{self._path}: {self.id}, {self.span_of_rows(damage.start, damage.stop)}: "
                f"{name} damaged, {damage.reason}",
                "the rest can be read: choose another window, or use a copy of the file",
            ) from damage

    def _reader(self, name: str) -> ChunkReader:
        if name not in self._readers:
            with guarded(self._path):
                self._readers[name] = ChunkReader(self._group[name], self._path)
        return self._readers[name]

    def span_of_rows(self, start: int, stop: int) -> str:
        """Say in words where rows of counts or ticks lie in time."""
        run = np.searchsorted(self._row, [start, stop - 1], side="right") - 1
        index = np.array([start, stop - 1]) - self._row[run] + self._first[run]
        if self.ticked:  # its stamps may be what is damaged: between the ends, evenly
            first, last = self._time_of_row(0), self._time_of_row(-1)
            times = first + (last - first) * index / max(1, self.n - 1)
        else:
            times = self.clock.time(index.astype(np.float64))
        return f"{times[0]:.2f} to {times[1]:.2f} s"

    def read_back(self) -> ReadBack:
        """Read all counts and ticks, and tell what is damaged."""
        return read_back({n: self._reader(n) for n in (f.COUNTS, f.TICKS) if n in self._group})

    def columns(self, channels: Sequence[str | int] | None) -> list[int]:
        """Column numbers of channels given by number, name or muscle code."""
        return pick_channels(self.channels, channels, self.id)
