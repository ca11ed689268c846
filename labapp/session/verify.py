"""Is what can be read back from a finished file what the log says? Only then may the log go.

The log is read from the disk and decoded a second time, by new codecs and in other portions, and
the file is read back and decompressed at the same time in a thread, by the HDF5 library's own
filters, not by those that made it. Both sides are compared by their SHA-256, so memory does not
grow with the samples.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from labapp.errors import SessionRefused
from labapp.model import Counts, Ticks
from labapp.record.log import FrameKind, Log
from labapp.session import format as f
from labapp.session.content import StreamTables
from labapp.session.decode import StreamDecoder, require_id
from labapp.session.file import open_session
from labapp.session.hdf import guarded, h5py

_PORTION = 100_000  # not a multiple of what the first pass takes together


def verify(
    log: Log, part: Path, tables: dict[str, StreamTables], told: Callable[[int], None]
) -> None:
    """Compare every sample, tick and table of a finished file with a fresh decode of its log.

    Parameters
    ----------
    log
        The capture log.
    part
        The finished file, closed.
    tables
        What must be found in it, by stream.
    told
        Called with the place in the log.

    Raises
    ------
    SessionRefused
        They differ, or the file cannot be read.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="session-verify") as pool:
        stored = pool.submit(_stored, part)
        decoders, digests = _fresh(log, told)
        _compare(part, stored.result(), decoders, digests, tables)
    told(1 << 62)


def _stored(part: Path) -> dict[str, dict[str, str]]:
    """Read the file back, every chunk of it, as any other program will: with the HDF5 library."""
    with guarded(part), h5py.File(part, "r") as file:
        # Not over `items()`: h5py holds its lock while such a loop runs, and an error in it is
        # kept with the loop unfinished.
        return {name: _digests(file[f.STREAMS][name]) for name in list(file[f.STREAMS])}


def _digests(group: Any) -> dict[str, str]:
    """SHA-256 of all counts and all ticks of a stream, in hexadecimal."""
    found = {}
    for name in (f.COUNTS, f.TICKS):
        digest = hashlib.sha256()
        item = group.get(name)
        if item is not None:
            portion = 8 * item.chunks[0]
            for start in range(0, item.shape[0], portion):
                digest.update(np.ascontiguousarray(item[start : start + portion]).data)
        found[name] = digest.hexdigest()
    return found


def _fresh(
    log: Log, told: Callable[[int], None]
) -> tuple[list[StreamDecoder], dict[str, dict[str, Any]]]:
    """Decode the log again, from the disk, in large portions."""
    digests: dict[str, dict[str, Any]] = {}
    decoders: dict[int, StreamDecoder] = {}
    waiting: dict[int, bytearray] = {}
    for number, entry in enumerate(require_id(log.header.get("streams"))):
        pair = {f.COUNTS: hashlib.sha256(), f.TICKS: hashlib.sha256()}

        def sink(counts: Counts, ticks: Ticks | None, pair: dict[str, Any] = pair) -> None:
            pair[f.COUNTS].update(np.ascontiguousarray(counts, dtype="<i4").data)
            if ticks is not None:
                pair[f.TICKS].update(np.ascontiguousarray(ticks, dtype="<i8").data)

        decoder = StreamDecoder(entry, sink)
        digests[decoder.id] = pair
        key = int(entry.get("number", number))
        decoders[key], waiting[key] = decoder, bytearray()
    for frame in log.frames():
        if frame.kind is FrameKind.DATA:
            bytes_ = waiting[frame.stream]
            bytes_ += frame.payload
            if len(bytes_) < _PORTION:
                continue
        elif frame.kind is not FrameKind.OPEN:
            continue
        told(frame.offset)
        decoder = decoders[frame.stream]
        if waiting[frame.stream]:
            decoder.feed(bytes(waiting[frame.stream]), frame.t_ns)
            waiting[frame.stream].clear()
        if frame.kind is FrameKind.OPEN:
            decoder.open(frame.t_ns)
    for key, decoder in decoders.items():
        if waiting[key]:
            decoder.feed(bytes(waiting[key]), 0)
        decoder.finish(0)
    return list(decoders.values()), digests


def _compare(
    part: Path,
    stored: dict[str, dict[str, str]],
    decoders: list[StreamDecoder],
    digests: dict[str, dict[str, Any]],
    tables: dict[str, StreamTables],
) -> None:
    with open_session(part) as session:
        for decoder in decoders:
            name = decoder.id
            stream, expected = session.streams[name], tables[name]
            fresh = {what: digests[name][what].hexdigest() for what in stored[name]}
            same = stored[name] == fresh == stream.sha256 and stream.received == decoder.rows
            same = same and np.array_equal(stream.runs, expected.runs)
            same = same and np.array_equal(stream.segments, expected.segments)
            same = same and np.array_equal(stream.reads, expected.reads)
            if not same:
                raise SessionRefused(
                    f"stream {name} reads back from {part} other than it was written",
                    "keep the recording folder, check the disk and run `labapp recover` again",
                )
