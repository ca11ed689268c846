"""Samples that come from a library instead of a wire, as bytes of our own.

A laboratory system hands over numbers (LSL, BrainFlow), not bytes. Its port writes each sample as
one frame, so that log, replay, recovery and tests work as for every serial device. A frame
(little endian, version 1)::

    4C 42 | version u8 | kind u8 | columns u16 | counter u32 | stamp f64 | columns values | crc u32

``kind`` tells the values: ``d`` f64, ``f`` f32, ``i`` i32, as the library has them, or ``C``: a
reading of clocks (two f64) instead of a sample. ``counter`` is what the port counts, ``stamp`` the
source's own time in s, unchanged. The CRC (CRC-32 as ``zlib.crc32``) covers everything before it.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from labapp.device.contract import FeedStats
from labapp.errors import LabError
from labapp.model import SampleBlock

ValueKind = Literal["d", "f", "i"]
Floats = NDArray[np.float64]
Longs = NDArray[np.int64]

SYNC: Final = b"LB"
VERSION: Final = 1
RAIL: Final = (1 << 31) - 2
"""Largest count: what 32 bits hold, less one, so that a rail can be told from an overflow."""
WINDOW: Final = 4096  # frames looked at in one go, far fewer just after a break
_START: Final = struct.Struct("<2sBBH")
_CLOCK: Final = struct.Struct("<2sBBHIdddI")
_CLOCK_HEAD: Final = _START.pack(SYNC, VERSION, ord("C"), 2)
_TYPES: Final = {"d": "<f8", "f": "<f4", "i": "<i4"}


@dataclass(frozen=True, eq=False)
class Batch:
    """Frames in a row: (n,) counters, (n,) stamps in s, (n, columns) values.

    ``ends``: (n,) bytes of the last feed after which each frame was complete.
    """

    counter: Longs
    stamp: Floats
    values: NDArray[np.generic]
    ends: Longs


@dataclass(frozen=True)
class ClockReading:
    """Clocks read together: ``stamp`` of the library's clock (s), and two numbers of its port."""

    stamp: float
    first: float
    second: float


class SampleFrames:
    """Finds the frames of one stream and writes them."""

    def __init__(self, columns: int, kind: ValueKind, stats: FeedStats) -> None:
        fields = [("start", "S6"), ("counter", "<u4"), ("stamp", "<f8")]
        layout = [*fields, ("values", _TYPES[kind], (columns,)), ("crc", "<u4")]
        self.dtype = np.dtype(layout)
        self.size = self.dtype.itemsize
        self._head = _START.pack(SYNC, VERSION, ord(kind), columns)
        self._stats = stats
        self._data = b""
        self._at = 0
        self._before = 0  # bytes that waited when the last feed began
        self._window = WINDOW

    def feed(self, data: bytes) -> list[Batch | ClockReading]:
        """Find frames; each is given out as soon as it is complete."""
        self._data = self._data[self._at :] + data
        self._at = 0
        self._before = len(self._data) - len(data)
        out: list[Batch | ClockReading] = []
        while self._step(out):
            pass
        return out

    def finish(self) -> None:
        """Give up the bytes of an unfinished frame."""
        self._stats.junk_bytes += len(self._data) - self._at
        self._data, self._at = b"", 0

    def _step(self, out: list[Batch | ClockReading]) -> bool:
        """Take the good frames at hand, or skip to where the next one may start."""
        data, at = self._data, self._at
        left = len(data) - at
        if data.startswith(self._head, at):
            if left < self.size:
                return False
            good = self._good(min(left // self.size, self._window))
            if good:
                self._take(good, out)
                return True
        elif data.startswith(_CLOCK_HEAD, at):
            if left < _CLOCK.size:
                return False
            if self._intact(at, _CLOCK.size):
                *_, stamp, first, second, _ = _CLOCK.unpack_from(data, at)
                out.append(ClockReading(stamp, first, second))
                self._at += _CLOCK.size
                return True
        elif left < len(self._head) and (
            self._head.startswith(data[at:]) or _CLOCK_HEAD.startswith(data[at:])
        ):
            return False
        return self._seek()

    def _good(self, slots: int) -> int:
        """Count the leading frames with the right start and checksum."""
        frames = np.frombuffer(self._data, self.dtype, slots, self._at)
        view, size, body = memoryview(self._data), self.size, self.size - 4
        places = range(self._at, self._at + slots * size, size)
        crc = np.fromiter((zlib.crc32(view[at : at + body]) for at in places), np.uint32, slots)
        good = (crc == frames["crc"]) & (frames["start"] == self._head)
        return slots if good.all() else int(good.argmin())

    def _take(self, lead: int, out: list[Batch | ClockReading]) -> None:
        frames = np.frombuffer(self._data, self.dtype, lead, self._at)
        ends = self._at - self._before + self.size * np.arange(1, lead + 1)
        out.append(
            Batch(
                frames["counter"].astype(np.int64),
                frames["stamp"].astype(np.float64),
                frames["values"].copy(),
                ends,
            )
        )
        self._at += lead * self.size
        self._window = min(2 * self._window, WINDOW)

    def _seek(self) -> bool:
        """Skip to the next good frame, or to where one may begin; True if there is one."""
        start, data = self._at, self._data
        self._stats.bad_frames += 1
        self._window = 4
        at = start
        whole = False
        while True:
            at = data.find(SYNC, at + 1)
            if at < 0:
                at = len(data) - data.endswith(SYNC[:1])
                at = max(at, start + 1)
                break
            size = 0
            for head, length in ((self._head, self.size), (_CLOCK_HEAD, _CLOCK.size)):
                if head.startswith(data[at : at + len(head)]):
                    size = length
            if size and at + size > len(data):
                break
            if size and self._intact(at, size):
                whole = True
                break
        self._stats.junk_bytes += at - start
        self._at = at
        return whole

    def _intact(self, at: int, size: int) -> bool:
        stop = at + size - 4
        crc = int.from_bytes(self._data[stop : stop + 4], "little")
        return zlib.crc32(memoryview(self._data)[at:stop]) == crc

    def encode(self, counter: Longs, stamp: Floats, values: NDArray[np.generic]) -> bytes:
        """One frame per row of ``values``; counters are taken modulo 2^32."""
        frames = np.zeros(len(values), self.dtype)
        frames["counter"] = counter % (1 << 32)
        frames["stamp"] = stamp
        frames["values"] = values
        raw = frames.view(np.uint8).reshape(len(values), self.size)
        raw[:, : len(self._head)] = np.frombuffer(self._head, np.uint8)
        data, size = memoryview(raw.tobytes()), self.size
        frames["crc"] = [zlib.crc32(data[at : at + size - 4]) for at in range(0, len(data), size)]
        return frames.tobytes()


def encode_clock(reading: ClockReading) -> bytes:
    """Frame of a clock reading."""
    frame = _CLOCK.pack(
        SYNC, VERSION, ord("C"), 2, 0, reading.stamp, reading.first, reading.second, 0
    )
    return frame[:-4] + zlib.crc32(frame[:-4]).to_bytes(4, "little")


def check_counts(title: str, block: SampleBlock, columns: int) -> Longs:
    """Take the counts to encode, as int64; `LabError` for a wrong shape or counts off the rails."""
    counts = np.asarray(block.counts).astype(np.int64)
    if counts.ndim != 2 or counts.shape[1] != columns:
        raise LabError(f"{title} block of shape {counts.shape}", f"{columns} columns")
    if len(counts) and (counts.min() < -RAIL or counts.max() > RAIL):
        raise LabError(f"{title} count off the rails", f"keep within +-{RAIL}")
    return counts


def to_counts(
    values: NDArray[np.generic], per_unit: Floats
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Find the nearest counts within the rails, and which rows are numbers throughout.

    ``per_unit``: (columns,) counts per unit of the source.
    """
    scaled = values.astype(np.float64) * per_unit
    whole = np.asarray(np.isfinite(scaled).all(axis=1))
    counts = np.rint(np.clip(np.nan_to_num(scaled), -RAIL, RAIL)).astype(np.int32)
    return counts, whole


def per_unit(factor: float, scale: float) -> float:
    """Find the counts per unit of the source: ``factor`` to SI, ``scale`` SI per count."""
    ratio = factor / scale
    near = float(round(ratio))
    return near if near and abs(ratio - near) < 1e-9 * near else ratio
