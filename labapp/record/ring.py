"""The last minute of every stream in a memory-mapped file: one writer, any number of readers.

Rows are addressed by the device's absolute sample index; row ``i`` lies in slot
``i mod capacity``. The writer publishes two numbers per stream, ``reserved`` before it touches
slots and ``stop`` after, so a reader needs no lock: it copies, looks at ``reserved`` again, and
declares invalid whatever could have been overwritten meanwhile. A reader that is killed, or
never comes, costs the writer nothing.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labapp.errors import LabError
from labapp.model import ChannelInfo, Counts, SampleBlock

_MAGIC: Final = b"LABRING1"
_LEAD: Final = struct.Struct("<8sII")
_CELLS: Final = 8
"""int64 cells per stream: reserved, stop, stamp version, stamp index, stamp ns, 3 spare."""
_MAX_BYTES: Final = 2 << 30


@dataclass(frozen=True)
class RingStream:
    """What a ring says about one stream.

    ``capacity`` rows are kept; ``rate`` is nominal, Hz; ``channels`` one per column.
    """

    id: str
    number: int
    driver: str
    rate: float
    capacity: int
    channels: tuple[ChannelInfo, ...]


class _Area:
    """Views into the file for one stream."""

    def __init__(self, memory: Any, offset: int, stream: RingStream) -> None:
        rows, columns = stream.capacity, len(stream.channels)
        self.cells = memoryview(memory)[offset : offset + 8 * _CELLS].cast("q")
        offset += 8 * _CELLS
        self.counts: Counts = np.frombuffer(memory, np.int32, rows * columns, offset).reshape(
            rows, columns
        )
        offset += 4 * rows * columns
        self.valid: NDArray[np.uint8] = np.frombuffer(memory, np.uint8, rows, offset)


def _area_size(stream: RingStream) -> int:
    size = 8 * _CELLS + stream.capacity * (4 * len(stream.channels) + 1)
    return -(-size // 64) * 64


def _layout(header_size: int, streams: list[RingStream]) -> tuple[list[int], int]:
    at = -(-(_LEAD.size + header_size) // 64) * 64
    offsets = []
    for stream in streams:
        offsets.append(at)
        at += _area_size(stream)
    return offsets, at


class RingWriter:
    """Creates the file and writes samples into it; one thread per stream.

    Parameters
    ----------
    path
        File to create (replaced if it exists: a ring is no record).
    streams
        One entry per stream; ids unique.
    """

    def __init__(self, path: Path, streams: list[RingStream]) -> None:
        header = json.dumps([asdict(stream) for stream in streams]).encode()
        offsets, size = _layout(len(header), streams)
        if size > _MAX_BYTES:
            raise LabError(f"the live view needs {size >> 20} MB", "record fewer channels")
        descriptor = os.open(
            path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600
        )
        try:
            # Every block is written once: a hole that meets a full disk later kills the process.
            for start in range(0, size, 1 << 20):
                os.write(descriptor, bytes(min(1 << 20, size - start)))
            self._memory = mmap.mmap(descriptor, size)
        except (OSError, ValueError) as error:
            path.unlink()
            raise LabError(
                f"cannot write {path} ({size >> 20} MB): {error}", "free some space on that disk"
            ) from None
        finally:
            os.close(descriptor)
        self._areas = [
            _Area(self._memory, at, stream) for at, stream in zip(offsets, streams, strict=True)
        ]
        self._memory[_LEAD.size : _LEAD.size + len(header)] = header
        self._memory[: _LEAD.size] = _LEAD.pack(_MAGIC, len(header), len(streams))

    def write(self, number: int, block: SampleBlock, base: int = 0) -> None:
        """Write a block at index ``block.first + base``; indices between are marked lost.

        A block that lies before what was written already is ignored.
        """
        area = self._areas[number]
        cells, capacity = area.cells, len(area.valid)
        stop = cells[1]
        first, new_stop = block.first + base, block.stop + base
        counts = block.counts
        if new_stop <= stop:
            return
        if first < stop:
            counts, first = counts[stop - first :], stop
        cells[0] = new_stop
        if first > stop:
            lost = min(first - stop, capacity)
            _fill(area.valid, first - lost, lost, 0)
        if len(counts) > capacity:
            counts, first = counts[-capacity:], new_stop - capacity
        slot = first % capacity
        head = min(len(counts), capacity - slot)
        area.counts[slot : slot + head] = counts[:head]
        if head < len(counts):
            area.counts[: len(counts) - head] = counts[head:]
        _fill(area.valid, first, len(counts), 1)
        cells[1] = new_stop

    def stamp(self, number: int, index: int, t_ns: int) -> None:
        """Say that sample ``index`` was the newest when a read ended at lab time ``t_ns``."""
        cells = self._areas[number].cells
        cells[2] += 1  # odd: being changed
        cells[3] = index
        cells[4] = t_ns
        cells[2] += 1

    def close(self) -> None:
        """Give the file free."""
        self._areas.clear()
        self._memory.close()


class RingReader:
    """Look at the newest samples of a recording, from any process.

    Parameters
    ----------
    path
        ``live.ring`` in the folder of the recording.

    Raises
    ------
    LabError
        Missing, or not a ring.
    """

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                self._memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise LabError(f"cannot read the live samples in {path}: {error}") from None
        try:
            header_size, streams = self._describe()
            offsets, size = _layout(header_size, streams)
            if size > len(self._memory):
                raise ValueError("cut short")
        except (ValueError, TypeError, KeyError, struct.error, OverflowError) as error:
            self._memory.close()
            raise LabError(f"{path} holds no live samples: {error}") from None
        self.streams = {stream.id: stream for stream in streams}
        self._areas = {
            stream.id: _Area(self._memory, at, stream)
            for at, stream in zip(offsets, streams, strict=True)
        }

    def newest(self, stream: str) -> int:
        """Index after the newest sample, 0 before the first."""
        return self._areas[stream].cells[1]

    def stamp(self, stream: str) -> tuple[int, int] | None:
        """Newest index and the lab time (ns) of the read that brought it; None before it."""
        cells = self._areas[stream].cells
        for _ in range(100):
            version = cells[2]
            index, t_ns = cells[3], cells[4]
            if version % 2 == 0 and version == cells[2]:
                return (index, t_ns) if version else None
        return None

    def read(self, stream: str, first: int, stop: int) -> tuple[Counts, NDArray[np.bool_]]:
        """Copy rows ``first .. stop-1``.

        Returns
        -------
        counts
            (n, channels) int32; 0 where not valid.
        valid
            (n,) bool: False for samples that were lost, are not there yet, or are too old.
        """
        area = self._areas[stream]
        capacity, columns = area.counts.shape
        n = max(0, stop - first)
        counts = np.zeros((n, columns), np.int32)
        valid = np.zeros(n, np.bool_)
        low = max(first, area.cells[1] - capacity, 0)
        high = min(stop, area.cells[1])
        at = low
        while at < high:
            slot = at % capacity
            size = min(high - at, capacity - slot)
            counts[at - first : at - first + size] = area.counts[slot : slot + size]
            valid[at - first : at - first + size] = area.valid[slot : slot + size] != 0
            at += size
        overwritten = area.cells[0] - capacity - first
        if overwritten > 0:
            valid[:overwritten] = False
        counts[~valid] = 0
        return counts, valid

    def close(self) -> None:
        """Give the file free."""
        self._areas.clear()
        self._memory.close()

    def _describe(self) -> tuple[int, list[RingStream]]:
        magic, length, number = _LEAD.unpack_from(self._memory, 0)
        if magic != _MAGIC or length > 1 << 22:
            raise ValueError("not a ring")
        entries = json.loads(self._memory[_LEAD.size : _LEAD.size + length])
        if not isinstance(entries, list) or len(entries) != number:
            raise ValueError("wrong number of streams")
        streams = []
        for entry in entries:
            channels = tuple(ChannelInfo(**channel) for channel in entry.pop("channels"))
            stream = RingStream(**entry, channels=channels)
            if not 0 < stream.capacity < _MAX_BYTES:
                raise ValueError("capacity out of range")
            streams.append(stream)
        return length, streams


def _fill(valid: NDArray[np.uint8], first: int, n: int, value: int) -> None:
    capacity = len(valid)
    slot = first % capacity
    head = min(n, capacity - slot)
    valid[slot : slot + head] = value
    if head < n:
        valid[: n - head] = value
