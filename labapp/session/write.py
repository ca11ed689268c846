"""Writing a session: one writer for sessions built from a log and for imported ones.

Everything goes to ``<name>.part``; only `SessionWriter.publish` gives it its name. Counts are
appended in whole chunks of one second, so nothing is compressed twice, and compressed here
(`session.chunks`): the library takes the finished bytes of a chunk.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.errors import LabError
from labapp.model import Counts, Ticks
from labapp.paths import is_safe_name
from labapp.session import format as f
from labapp.session.chunks import stored
from labapp.session.content import (
    SessionContent,
    SessionHead,
    StreamHead,
    StreamTables,
    knot_table,
)
from labapp.session.documents import count_values, dump_json
from labapp.session.hdf import h5py, publish
from labapp.session.press import Press
from labapp.session.rows import channel_table

_FILTERS = {"shuffle": True, "compression": "gzip", "compression_opts": 4, "fletcher32": True}
_TABLE_CHUNK = 4096
_CHUNKS_AT_ONCE = 8  # fewer, larger calls; memory stays at a few seconds of samples


class StreamWriter:
    """Append the samples of one stream, then its tables."""

    def __init__(self, group: Any, head: StreamHead, press: Press) -> None:
        self._group = group
        self._press = press
        most = f.MAX_CHUNK_BYTES // 4 // max(8, 4 * len(head.channels))
        self._chunk = max(1, min(round(head.rate_nominal), most))
        self.received = 0
        self._pending: list[Counts] = []
        self._pending_ticks: list[Ticks] = []
        self._waiting = 0
        self._hashes = {f.COUNTS: hashlib.sha256(), f.TICKS: hashlib.sha256()}
        n_channels = len(head.channels)
        self._counts = group.create_dataset(
            f.COUNTS, (0, n_channels), "<i4", maxshape=(None, n_channels),
            chunks=(self._chunk, n_channels), **_FILTERS,
        )  # fmt: skip
        self._ticks = None
        if head.tick_rate is not None:
            self._ticks = group.create_dataset(
                f.TICKS, (0,), "<i8", maxshape=(None,), chunks=(self._chunk,), **_FILTERS
            )
        _table(group, f.CHANNELS, channel_table(head.channels))
        texts = {
            "driver": head.driver,
            "device": head.device,
            "clock": head.clock,
            "axis": head.axis,
        }
        for name, text in texts.items():
            group.attrs[name] = _fixed(text)
        numbers = {
            "rate_nominal": head.rate_nominal,
            "tick_rate": head.tick_rate or 0.0,
            "wire_delay_s": head.wire_delay_s,
            "filter_delay_s": head.filter_delay_s,
            "filter_delay_u_s": head.filter_delay_u_s,
        }
        for name, number in numbers.items():
            group.attrs[name] = np.float64(number)

    def append(self, counts: Counts, ticks: Ticks | None = None) -> None:
        """Add (n, n_channels) samples, and their (n,) ticks where the device has such."""
        self._pending.append(counts)
        if self._ticks is not None:
            if ticks is None or len(ticks) != len(counts):
                raise ValueError("a stream with a tick rate needs a tick for every sample")
            self._pending_ticks.append(ticks)
        self._waiting += len(counts)
        if self._waiting >= self._chunk * _CHUNKS_AT_ONCE:
            self._write(self._waiting - self._waiting % self._chunk)

    def _write(self, n: int) -> None:
        if not n:
            return
        counts = np.concatenate(self._pending).astype("<i4", copy=False)
        self._pending = [counts[n:]]
        self._send(f.COUNTS, self._counts, counts[:n])
        if self._ticks is not None:
            ticks = np.concatenate(self._pending_ticks).astype("<i8", copy=False)
            self._pending_ticks = [ticks[n:]]
            self._send(f.TICKS, self._ticks, ticks[:n])
        self.received += n
        self._waiting -= n

    def _send(self, name: str, target: Any, rows: NDArray[Any]) -> None:
        start, stop, digest = self.received, self.received + len(rows), self._hashes[name]
        beside = (0,) * (rows.ndim - 1)

        def write() -> None:
            digest.update(np.ascontiguousarray(rows).data)
            target.resize(stop, axis=0)
            for at in range(0, len(rows), self._chunk):
                chunk = stored(rows[at : at + self._chunk], self._chunk)
                target.id.write_direct_chunk((start + at, *beside), chunk)

        self._press.run(write)

    def flush(self) -> None:
        """Write what waits for a full chunk: no samples may follow."""
        self._write(self._waiting)
        self._press.wait()

    def finish(self, tables: StreamTables) -> None:
        """Write the tables and close the account."""
        self.flush()
        group = self._group
        _table(group, f.RUNS, tables.runs)
        _table(group, f.SEGMENTS, tables.segments)
        _table(group, f.READS, tables.reads)
        _table(group, f.CLOCK_MAP, knot_table(tables.clock))
        _texts(group, f.EVENTS, tables.events)
        group.attrs["spread_s"] = np.float64(tables.clock.spread_s)
        if tables.kind is not None:
            group.attrs["clock"] = _fixed(tables.kind)
        if (facts := tables.facts) is not None:
            for name in f.OPTIONAL_STREAM_NUMBERS:
                if (number := getattr(facts, name)) is not None:
                    group.attrs[name] = np.float64(number)
            group.attrs["timing"] = _fixed(facts.text)
        for name, digest in self._hashes.items():
            group.attrs[f"sha256_{name}"] = _fixed(digest.hexdigest())
        for name in f.STREAM_COUNTS:
            value = self.received if name == "received" else getattr(tables, name)
            group.attrs[name] = np.int64(value)


class SessionWriter:
    """A session file being written.

    Used as a context manager: leaving it without `publish` removes the unfinished file.

    Raises
    ------
    LabError
        The file exists already, or the folder cannot be written to.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.part = out.with_name(out.name + ".part")
        if out.exists():
            raise LabError(f"{out} exists already", "choose another name; nothing is overwritten")
        try:
            self.part.unlink(missing_ok=True)
            self._file = h5py.File(self.part, "x")
        except OSError as error:
            reason = error.strerror or str(error).splitlines()[0]
            raise LabError(f"cannot write {self.part}: {reason}", "check the folder") from error
        self._press = Press()
        self._file.create_group(f.STREAMS)
        self._file.create_group(f.DERIVED)

    def __enter__(self) -> SessionWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._press.close()
        self._file.close()
        self.part.unlink(missing_ok=True)

    def stream(self, head: StreamHead) -> StreamWriter:
        """Begin a stream."""
        if not is_safe_name(head.id):
            raise LabError(f"stream name {head.id!r} is not allowed", "use letters, digits, . _ -")
        group = self._file[f.STREAMS].create_group(head.id)
        return StreamWriter(group, head, self._press)

    def finish(
        self,
        head: SessionHead,
        meta: dict[str, Any],
        markers: Iterable[tuple[int, dict[str, Any]]],
        notes: Iterable[tuple[int, dict[str, Any]]],
    ) -> None:
        """Write what belongs to the whole session and close the file."""
        attrs = {
            "format": f.FORMAT,
            "format_version": f.VERSION,
            "app_version": head.app_version,
            "created_utc": head.created_utc,
            "uuid": head.uuid,
            "state": head.state,
        }
        for name, text in attrs.items():
            self._file.attrs[name] = _fixed(text)
        self._file.attrs["origin_ns"] = np.int64(head.origin_ns)
        _blob(self._file, f.META, dump_json(meta))
        _texts(self._file, f.MARKERS, markers)
        _texts(self._file, f.NOTES, notes)
        self._file.close()

    def publish(self) -> None:
        """Give the finished file its name, safely."""
        publish(self.part, self.out)


def write_session(out: Path, content: SessionContent) -> None:
    """Write a session that is whole in memory (an imported recording, a test's)."""
    origin = content.head.origin_ns
    markers = [
        (origin + round(m.time * 1e9), {"kind": m.kind, "data": m.data}) for m in content.markers
    ]
    with SessionWriter(out) as writer:
        for stream in content.streams:
            part = writer.stream(stream.head)
            for start in range(0, len(stream.counts), 1 << 16):
                stop = start + (1 << 16)
                ticks = None if stream.ticks is None else stream.ticks[start:stop]
                part.append(stream.counts[start:stop], ticks)
            part.finish(stream.tables)
        writer.finish(content.head, content.meta, markers, content.notes)
        writer.publish()


def append_json(path: Path, name: str, document: dict[str, Any], order: int) -> None:
    """Add ``/derived/<name>`` to a copy of the session and put the copy in its place.

    A crash while HDF5 rewrites a file in place could cost the recording; a copy cannot.
    """
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    try:
        with path.open("rb") as source, part.open("xb") as target:
            while block := source.read(1 << 20):
                target.write(block)
        with h5py.File(part, "r+") as file:
            derived = file.require_group(f.DERIVED)
            data = _blob(derived, name, dump_json(document))
            data.attrs["order"] = np.int64(order)
        publish(part, path, replace=True)
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        raise LabError(f"cannot add results to {path}: {reason}", "check disk and folder") from None
    finally:
        part.unlink(missing_ok=True)


def _fixed(text: str) -> np.bytes_:
    return np.bytes_(text.encode() or b"\0")


def _table(group: Any, name: str, rows: NDArray[Any]) -> Any:
    chunk = max(1, min(len(rows), _TABLE_CHUNK))
    return group.create_dataset(name, data=rows, chunks=(chunk,), maxshape=(None,), **_FILTERS)


def _blob(group: Any, name: str, data: bytes) -> Any:
    array = np.frombuffer(data, dtype="u1")
    chunk = max(1, min(len(array), 1 << 16))
    return group.create_dataset(name, data=array, chunks=(chunk,), maxshape=(None,), **_FILTERS)


def _texts(group: Any, name: str, items: Iterable[tuple[int, dict[str, Any]]]) -> None:
    rows: list[tuple[int, int, int]] = []
    blob = bytearray()
    values = left_out = 0
    for t_ns, document in items:
        data = dump_json(document)
        values += count_values(data)
        # Room is kept for one more row; a reader refuses tables beyond the caps.
        full = len(rows) >= f.MAX_TEXT_ROWS - 1 or len(blob) + len(data) > f.MAX_TEXT_BYTES - 256
        if left_out or full or values > f.MAX_TEXT_VALUES - 16:
            left_out, last = left_out + 1, t_ns
            continue
        rows.append((t_ns, len(blob), len(data)))
        blob += data
    if left_out:
        data = dump_json({"event": "left out", "rows": left_out})
        rows.append((last, len(blob), len(data)))
        blob += data
    part = group.create_group(name)
    _table(part, f.ROWS, np.array(rows, dtype=f.TEXT_ROW))
    _blob(part, f.TEXT, bytes(blob))
