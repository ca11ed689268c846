"""From logged bytes to the live view: decoding, the ring, and the account of a stream.

Nothing here can hurt the recording: the bytes are in the log before they come here.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final

from labapp.device import Codec
from labapp.model import DeviceEvent, SampleBlock
from labapp.record.ring import RingWriter

DECODE_NS: Final = 40_000_000
"""Reads of 40 ms are decoded together: a decoder costs the same for one frame as for fifty."""
_MOST_BYTES: Final = 1 << 16
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
    gather
        Collect 40 ms of bytes before decoding. False gives a view that is complete up to the
        last read (lock-step).

    Attributes
    ----------
    text
        Last thing the device said in words.
    fault
        Why the driver failed; empty while it works. From then on nothing is decoded.
    """

    def __init__(self, number: int, codec: Codec, ring: RingWriter, *, gather: bool) -> None:
        self.codec = codec
        self.text = ""
        self.fault = ""
        self._number = number
        self._ring = ring
        self._every_ns = DECODE_NS if gather else 0
        self._waiting = bytearray()
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
        self._stamp = stamp
        if stamp - self._decoded_ns >= self._every_ns or len(self._waiting) > _MOST_BYTES:
            self.flush()

    def flush(self) -> None:
        """Decode what waits."""
        if not self._waiting:
            return
        data = bytes(self._waiting)
        self._waiting.clear()
        self._decoded_ns = self._stamp
        try:
            items = self.codec.feed(data)
        except Exception as error:
            self.fault = f"{type(error).__name__}: {error}"
            raise
        self._show(items)

    def end_segment(self) -> None:
        """Decode the rest, and what the codec holds back."""
        if self.fault:
            return
        self.flush()
        self._show(self.codec.finish())

    def begin_segment(self, codec: Codec, away_ns: int) -> None:
        """Go on with a fresh codec after ``away_ns``; the view shows that time as a gap."""
        stats = self.codec.stats
        for at, value in enumerate((stats.samples, stats.lost, stats.junk_bytes)):
            self._before[at] += value
        self._base += self._newest + round(max(0, away_ns) * 1e-9 * codec.rate)
        self._newest = 0
        self._marks.clear()
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

    def _show(self, items: list[SampleBlock | DeviceEvent]) -> None:
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
            self._ring.stamp(self._number, self._base + newest - 1 + held, self._stamp)
            if not self._marks or self._stamp - self._marks[-1][1] >= 1_000_000_000:
                self._marks.append((newest, self._stamp))

    def _rate(self) -> float | None:
        """Return samples (received and lost) per second of lab time over the last half minute."""
        if not self._marks:
            return None
        first, then = self._marks[0]
        span = self._stamp - then
        return (self._newest - first) * 1e9 / span if span >= 2_000_000_000 else None
