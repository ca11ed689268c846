"""From the bytes of one stream of a log to samples: the only place where that happens.

A `StreamDecoder` feeds the driver's codec read by read and keeps, besides the samples, what
their indices and their clock will be worked out from: runs, segments and reads, all in the
device's own count. `session.assemble` does the rest once the last byte is in.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp import device
from labapp.device import Codec, FeedStats, Sheet
from labapp.errors import LabError, LogDamaged
from labapp.model import ChannelInfo, Counts, DeviceEvent, SampleBlock, Ticks, calibrated
from labapp.session.content import StreamHead

Sink = Callable[[Counts, Ticks | None], None]
Longs = NDArray[np.int64]


def _longs() -> array[int]:
    return array("q")


@dataclass
class Account:
    """Runs, segments and reads of a stream in the device's own count, growing.

    Kept in compact arrays: an hour of reads at 1 kHz takes 120 MB as Python objects but 30 MB so.
    """

    run_first: array[int] = field(default_factory=_longs)
    run_row: array[int] = field(default_factory=_longs)
    run_segment: array[int] = field(default_factory=_longs)
    run_tick: array[int] = field(default_factory=_longs)
    read_newest: array[int] = field(default_factory=_longs)
    read_row: array[int] = field(default_factory=_longs)
    read_tick: array[int] = field(default_factory=_longs)
    read_t_ns: array[int] = field(default_factory=_longs)
    read_segment: array[int] = field(default_factory=_longs)
    opened_ns: list[int] = field(default_factory=list)

    def table(self, name: str) -> Longs:
        """Give one of the arrays as int64."""
        return np.array(getattr(self, name), dtype=np.int64)


def _meant(channel: ChannelInfo, entry: dict[str, Any]) -> ChannelInfo:
    """Give a channel as its driver says, or in newtons by the calibration in the header."""
    known = (entry.get("calibration") or {}).get(channel.name)
    if not isinstance(known, dict):
        return channel
    slope, intercept = known.get("slope"), known.get("intercept")
    if not (isinstance(slope, float | int) and isinstance(intercept, float | int) and slope > 0):
        raise LogDamaged(
            f"the calibration of {channel.name} has slope {slope!r}, intercept {intercept!r}",
            "it was not written by labapp",
        )
    return calibrated(channel, float(slope), float(intercept))


class StreamDecoder:
    """Decode one stream of a log.

    Parameters
    ----------
    entry
        The stream's entry in the log's header (id, driver, settings, montage …).
    sink
        Takes (n, n_channels) counts and (n,) ticks, in the order they were received.

    Raises
    ------
    LabError
        The driver is not there or refuses the settings.
    LogDamaged
        The entry makes no sense.
    """

    def __init__(self, entry: dict[str, Any], sink: Sink) -> None:
        try:
            self.id = str(entry["id"])
            driver = device.get_driver(str(entry["driver"]))
            settings = device.parse_settings(driver, entry.get("settings") or {})
        except (KeyError, TypeError) as error:
            raise LogDamaged(
                f"the log describes a stream without {error}", "it was not written by labapp"
            ) from None
        self._new_codec: Callable[[], Codec] = lambda: driver.codec(settings)
        self._codec = self._new_codec()
        self._sink = sink
        self.sheet: Sheet = device.sheet(driver.name)
        self.montage = dict(entry.get("montage") or {})
        self.ticked = self._codec.tick_rate is not None and self._codec.counter_modulus is None
        self.modulus = self._codec.counter_modulus
        self.rate = self._codec.rate
        self.tick_rate = self._codec.tick_rate
        self.head = StreamHead(
            id=self.id,
            driver=driver.name,
            device=self.sheet.title,
            rate_nominal=self._codec.rate,
            clock=self.sheet.clock,
            channels=tuple(
                replace(_meant(c, entry), muscle=self.montage.get(c.name, c.muscle))
                for c in self._codec.channels
            ),
            tick_rate=self._codec.tick_rate,
            axis="ticks" if self.ticked else "index",
            wire_delay_s=self.sheet.wire_delay_s,
            filter_delay_s=self.sheet.filter_delay_s,
            filter_delay_u_s=self.sheet.filter_delay_u_s,
        )
        self.account = Account()
        self.events: list[tuple[int, int, DeviceEvent]] = []
        self.stats = FeedStats()
        self.port: dict[str, Any] = {}
        self.rows = 0
        self._next: int | None = None
        self._tick: int | None = None
        self._segment = -1
        self._shift = 0

    def open(self, t_ns: int, port: Any = None) -> None:
        """Begin a segment: the port was opened (again), the device counts from 0.

        ``port`` is what the log says of it, kept in `port`.
        """
        if isinstance(port, dict):
            self.port = port
        if self._segment >= 0:
            self._finish(t_ns)
            self._codec = self._new_codec()
        self._begin(t_ns)

    def _begin(self, t_ns: int, shift: int = 0) -> None:
        """Start a segment whose first sample has the codec's index ``shift``."""
        self._segment += 1
        self._shift = shift
        self.account.opened_ns.append(t_ns)
        self._next = self._tick = None

    def feed(self, data: bytes, t_ns: int) -> None:
        """Decode the bytes of one read, stamped ``t_ns``."""
        if self._segment < 0:
            self._begin(t_ns)
        self._take(self._codec.feed(data), t_ns)
        self._observe(t_ns)

    def feed_reads(self, reads: Sequence[tuple[bytes, int]]) -> None:
        """Decode the bytes of several reads with their stamps: as `feed` one by one, but faster.

        Where the codec tells at which byte each sample was complete, all are decoded in one go
        and the newest sample of each read follows from that; else they are split further.
        """
        placing = getattr(self._codec, "feed_placed", None)
        if placing is None or len(reads) < 2:
            for data, t_ns in reads:
                self.feed(data, t_ns)
            return
        if self._segment < 0:
            self._begin(reads[0][1])
        placed = placing(b"".join(data for data, _ in reads))
        if placed is None:
            half = len(reads) // 2
            self.feed_reads(reads[:half])
            self.feed_reads(reads[half:])
            return
        items, ends = placed
        stops = np.cumsum([len(data) for data, _ in reads])
        self._take_placed(items, ends, stops, np.array([t_ns for _, t_ns in reads], np.int64))

    def _take_placed(
        self, items: list[SampleBlock | DeviceEvent], ends: Longs, stops: Longs, t_ns: Longs
    ) -> None:
        """Take samples that ended at byte ``ends`` of reads that ended at byte ``stops``."""
        # The newest sample of each read that completed any, by its place among `ends`.
        newest = np.searchsorted(ends, stops, side="right") - 1
        mine = np.flatnonzero(np.diff(newest, prepend=-1) > 0)
        at = newest[mine]
        before, done = self.rows, 0
        found = np.zeros((3, len(at)), np.int64)  # index, tick, segment
        noted = 0

        def note(first: int, n: int, ticks: Ticks | None) -> None:
            """Fill in the reads whose newest sample is one of the next ``n``."""
            nonlocal noted, done
            stop = int(np.searchsorted(at, done + n))
            places = at[noted:stop] - done
            found[0, noted:stop] = first - self._shift + places
            found[1, noted:stop] = (self._tick or 0) if ticks is None else ticks[places]
            found[2, noted:stop] = self._segment
            noted, done = stop, done + n

        for item in items:
            read = int(np.searchsorted(stops, ends[done])) if done < len(ends) else len(stops)
            self._take([item], int(t_ns[min(read, len(stops) - 1)]))
            if isinstance(item, SampleBlock):
                note(item.first, len(item.counts), item.ticks)
        if done < len(ends) and self._next is not None:  # held back by the codec so far
            note(self._next, len(ends) - done, None)
        index, tick, segment = found[:, :noted]
        fresh = np.ones(noted, np.bool_)
        account = self.account
        if account.read_newest:  # samples held back were seen already
            fresh = (segment != account.read_segment[-1]) | (index > account.read_newest[-1])
        columns = {
            "read_newest": index,
            "read_row": at[:noted] + before + 1,
            "read_tick": tick,
            "read_t_ns": t_ns[mine[:noted]],
            "read_segment": segment,
        }
        for name, column in columns.items():
            getattr(account, name).frombytes(column[fresh].astype(np.int64).tobytes())

    def finish(self, t_ns: int) -> None:
        """Take what the codec still held: no more bytes follow."""
        if self._segment >= 0:
            self._finish(t_ns)

    def _finish(self, t_ns: int) -> None:
        self._take(self._codec.finish(), t_ns)
        for name in asdict(self.stats):
            total = getattr(self.stats, name) + getattr(self._codec.stats, name)
            setattr(self.stats, name, total)

    def _take(self, items: list[SampleBlock | DeviceEvent], t_ns: int) -> None:
        for item in items:
            if isinstance(item, SampleBlock):
                self._add(item, t_ns)
            else:
                event = item
                if event.index is not None:
                    event = replace(event, index=event.index - self._shift)
                self.events.append((t_ns, max(self._segment, 0), event))
                if item.name == "restart" and self._next is not None:
                    self._begin(t_ns, self._next if item.index is None else item.index)

    def _add(self, block: SampleBlock, t_ns: int) -> None:
        if not len(block.counts):
            return
        ticks = block.ticks
        if self._next is not None:
            # A device that counts anew although nobody said so: never splice, start a segment.
            if block.first < self._next:
                self._begin(t_ns)
            elif self.ticked and ticks is not None and int(ticks[0]) <= (self._tick or 0):
                self._begin(t_ns, block.first)
        account = self.account
        if block.first != self._next:
            account.run_first.append(block.first - self._shift)
            account.run_row.append(self.rows)
            account.run_segment.append(self._segment)
            account.run_tick.append(int(ticks[0]) if ticks is not None else 0)
        self._sink(block.counts, ticks)
        self.rows += len(block.counts)
        self._next = block.stop
        if ticks is not None:
            self._tick = int(ticks[-1])

    def _observe(self, t_ns: int) -> None:
        """Note which sample was the newest complete one when this read returned."""
        if self._next is None:
            return
        # A codec that waits for following frames has seen more complete samples than it gave.
        pending = self._codec.pending
        newest, account = self._next - self._shift - 1 + pending, self.account
        known = account.read_newest
        if known and account.read_segment[-1] == self._segment and newest <= known[-1]:
            return
        known.append(newest)
        account.read_row.append(self.rows + pending)
        account.read_tick.append(self._tick or 0)
        account.read_t_ns.append(t_ns)
        account.read_segment.append(self._segment)


def require_id(entries: Any) -> list[dict[str, Any]]:
    """Return the stream entries of a log header: a list of objects with different ids."""
    good = (
        isinstance(entries, list)
        and all(isinstance(one, dict) for one in entries)
        and all(isinstance(one.get("number", 0), int) for one in entries)
    )
    if not good:
        raise LogDamaged("the log's header lists no streams", "it was not written by labapp")
    listed: list[dict[str, Any]] = entries
    ids = [one.get("id") for one in listed]
    if len(set(map(str, ids))) != len(ids):
        raise LabError(f"the log names a stream twice: {ids}", "it was not written by labapp")
    return listed
