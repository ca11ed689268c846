"""From logged bytes to the live view: decoding, the ring, and the account of a stream.

Nothing here can hurt the recording: the bytes are in the log before they come here.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labapp.device import Codec
from labapp.model import DeviceEvent, SampleBlock
from labapp.record.pace import Pace
from labapp.record.ring import RingWriter

DECODE_NS: Final = 90_000_000
"""Reads of 90 ms are decoded together: a decoder costs the same for one frame as for fifty."""
_MOST_BYTES: Final = 1 << 16
_MOST_FEEDS: Final = 8
"""Times a batch is fed to a codec that cannot place samples: bytes may come one by one."""
_RATE_WINDOW_S: Final = 30


class LiveStream:
    """Decodes one stream through all its segments.

    Parameters
    ----------
    number
        Stream number in the ring.
    codec
        Codec of the first segment.
    ring
        Live view to write to.
    pace
        Clock of the device, told of the newest sample of each batch.

    Attributes
    ----------
    text
        Last thing the device said in words.
    fault
        Why the driver failed; empty while it works. From then on nothing is decoded.
    """

    def __init__(self, number: int, codec: Codec, ring: RingWriter, pace: Pace) -> None:
        self.codec = codec
        self.pace = pace
        self.text = ""
        self.fault = ""
        self._number = number
        self._ring = ring
        self._waiting = bytearray()
        self._reads: list[tuple[int, int]] = []  # bytes waiting after each read, and its stamp
        self._decoded_ns = 0
        self._stamp = 0
        self._base = 0
        self._newest = 0
        self._before = [0, 0, 0]  # samples, lost, junk bytes of the segments before this one
        self._marks: deque[tuple[int, int]] = deque(maxlen=_RATE_WINDOW_S)

    def take(self, data: bytes, stamp: int) -> None:
        """Take the bytes of one read; anything that the driver raises is passed on."""
        if self.fault:
            return
        self._waiting += data
        self._reads.append((len(self._waiting), stamp))
        self._stamp = stamp
        if stamp - self._decoded_ns >= DECODE_NS or len(self._waiting) > _MOST_BYTES:
            self.flush()

    def flush(self) -> None:
        """Decode what waits."""
        if not self._waiting:
            return
        data, reads = bytes(self._waiting), self._reads
        self._waiting.clear()
        self._reads = []
        self._decoded_ns = self._stamp
        try:
            # Where the codec can, it tells which read brought which sample; else it is fed read
            # by read. The last read of a batch alone would be a sixth of the observations for
            # the clock, and most of those come late.
            placing = getattr(self.codec, "feed_placed", None) if len(reads) > 1 else None
            placed = placing(data) if placing is not None else None
            if placed is not None:
                items, ends = placed
                self._observe(items, ends, reads)
                self._show(items, self._stamp)
                return
            start, step = 0, -(-len(reads) // _MOST_FEEDS)
            for stop, stamp in [*reads[:-1:step], reads[-1]]:
                self._show(self.codec.feed(data[start:stop]), stamp)
                start = stop
        except Exception as error:
            self.fault = f"{type(error).__name__}: {error}"
            raise

    def end_segment(self) -> None:
        """Decode the rest, and what the codec holds back."""
        if self.fault:
            return
        self.flush()
        self._show(self.codec.finish(), self._stamp)

    def begin_segment(self, codec: Codec, away_ns: int) -> None:
        """Go on with a fresh codec after ``away_ns``; the view shows that time as a gap."""
        stats = self.codec.stats
        for at, value in enumerate((stats.samples, stats.lost, stats.junk_bytes)):
            self._before[at] += value
        self._base += self._newest + round(max(0, away_ns) * 1e-9 * codec.rate)
        self._newest = 0
        self._marks.clear()
        self.pace.restart()
        self.codec = codec

    def status(self) -> dict[str, Any]:
        """Account over all segments (JSON values)."""
        stats = self.codec.stats
        return {
            "samples": self._before[0] + stats.samples,
            "lost": self._before[1] + stats.lost,
            "junk_bytes": self._before[2] + stats.junk_bytes,
            "rate_hz": self._rate(),
            "rate_nominal_hz": self.codec.rate,
            "newest_index": self._base + self._newest,
            "device_text": self.text,
            "driver_fault": self.fault,
        }

    def _observe(
        self,
        items: list[SampleBlock | DeviceEvent],
        ends: NDArray[np.int64],
        reads: list[tuple[int, int]],
    ) -> None:
        """Tell the clock of the newest sample of each read but the last, which `_show` tells."""
        blocks = [item for item in items if isinstance(item, SampleBlock)]
        if not blocks:
            return
        rows = ends.searchsorted([stop for stop, _ in reads[:-1]], "right").tolist()
        block, before = 0, 0
        for row, (_, stamp) in zip(rows, reads, strict=False):
            while block + 1 < len(blocks) and row > before + len(blocks[block].counts):
                before += len(blocks[block].counts)
                block += 1
            if row > before:  # beyond the last block: held back, but on the wire
                self.pace.observe(blocks[block].first + row - before - 1, stamp)

    def _show(self, items: list[SampleBlock | DeviceEvent], stamp: int) -> None:
        newest = self._newest
        for item in items:
            if isinstance(item, DeviceEvent):
                self.text = item.text[:80] or self.text
                continue
            self._ring.write(self._number, item, self._base)
            newest = item.stop
        if newest > self._newest:
            self._newest = newest
            # The stamp belongs to the newest sample on the wire, held back by the codec or not.
            held = self.codec.pending
            self._ring.stamp(self._number, self._base + newest - 1 + held, stamp)
            self.pace.observe(newest - 1 + held, stamp)
            if not self._marks or stamp - self._marks[-1][1] >= 1_000_000_000:
                self._marks.append((newest, stamp))

    def _rate(self) -> float | None:
        """Return samples (received and lost) per second of lab time over the last half minute."""
        if not self._marks:
            return None
        first, then = self._marks[0]
        span = self._stamp - then
        return (self._newest - first) * 1e9 / span if span >= 2_000_000_000 else None
