"""Build a session from a capture log: after a clean stop and after a crash alike.

The log is decoded once while the file is written, and once more, in other portions, to compare
with what can be read back from the finished file. Memory does not grow with the samples.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from labapp.errors import LogDamaged, SessionRefused
from labapp.model import Counts, Ticks
from labapp.record.log import Frame, FrameKind, Log, read_log
from labapp.session import format as f
from labapp.session.assemble import assemble
from labapp.session.content import SessionHead, StreamTables
from labapp.session.decode import StreamDecoder, require_id
from labapp.session.file import open_session
from labapp.session.format import State
from labapp.session.write import SessionWriter, StreamWriter

__all__ = ["BuildReport", "StreamReport", "build_session"]

Progress = Callable[[float], None]
_PORTION = 1 << 18


@dataclass(frozen=True)
class StreamReport:
    """Account of one stream of a session that was built.

    ``received + lost + outage`` is the index after the last sample; ``lost`` were sent and did
    not arrive, ``outage`` is what the device would have sent while its port was closed;
    ``uncertain`` counts runs whose place could not be told from counter and stamps.
    """

    received: int
    lost: int
    outage: int
    gaps: int
    uncertain: int
    segments: int
    rate_hz: float
    junk_bytes: int
    bad_frames: int


@dataclass(frozen=True)
class BuildReport:
    """What was built: the file, its state, the account of each stream.

    ``torn_bytes`` were cut off the log's end by a crash; ``missing_frames`` of the log were
    never written (full disk) or are damaged.
    """

    path: Path
    state: State
    duration_s: float
    streams: dict[str, StreamReport]
    torn_bytes: int
    missing_frames: int


def build_session(
    log_path: str | Path, out_path: str | Path, *, progress: Progress | None = None
) -> BuildReport:
    """Turn a capture log into a session file and verify it.

    Parameters
    ----------
    log_path
        ``capture.log`` of a recording; it is only read. The caller may delete it after this
        function returned, not before.
    out_path
        Session to write; never overwritten.
    progress
        Called with the share done, 0 to 1.

    Raises
    ------
    LabError
        ``out_path`` exists or cannot be written; a driver is missing.
    LogDamaged
        The log cannot be read.
    SessionRefused
        What was written reads back differently: the log must be kept.
    """
    log, out = read_log(Path(log_path)), Path(out_path)
    told = _Progress(progress, max(1, Path(log_path).stat().st_size))
    with SessionWriter(out) as writer:
        decoders, state, extra = _decode(log, writer, told)
        tables: dict[str, StreamTables] = {}
        notes = extra["notes"]
        for decoder, stream in decoders:
            tables[decoder.id], repaired = assemble(decoder, _origin(log))
            stream.finish(tables[decoder.id])
            notes += repaired
        head = SessionHead(
            uuid=str(log.header.get("uuid", "")),
            created_utc=str(log.header.get("created_utc", "")),
            app_version=str(log.header.get("app_version", "")),
            origin_ns=_origin(log),
            state=state,
        )
        notes.sort(key=lambda note: note[0])
        meta = _meta(log, [decoder for decoder, _ in decoders])
        writer.finish(head, meta, sorted(extra["markers"], key=lambda m: m[0]), notes)
        _verify(log, writer.part, tables, told)
        writer.publish()
    return _report(out, log)


class _Progress:
    """Two passes over the log, told as one share from 0 to 1."""

    def __init__(self, tell: Progress | None, size: int) -> None:
        self._tell = tell
        self._size = size
        self._told = 0.0

    def __call__(self, offset: int, number: int) -> None:
        share = 0.5 * (number + min(1.0, offset / self._size))
        if self._tell is not None and (share >= self._told + 0.005 or share >= 1.0):
            self._told = share
            self._tell(share)


def _decode(
    log: Log, writer: SessionWriter, told: _Progress
) -> tuple[list[tuple[StreamDecoder, StreamWriter]], State, dict[str, list[Any]]]:
    """First pass: samples go to the file as they come, the rest is collected."""
    streams: dict[int, tuple[StreamDecoder, StreamWriter]] = {}
    for number, entry in enumerate(require_id(log.header.get("streams"))):
        target: list[StreamWriter] = []

        def sink(counts: Counts, ticks: Ticks | None, target: list[StreamWriter] = target) -> None:
            target[0].append(counts, ticks)

        decoder = StreamDecoder(entry, sink)
        target.append(writer.stream(decoder.head))
        streams[int(entry.get("number", number))] = (decoder, target[0])
    markers: list[tuple[int, dict[str, Any]]] = []
    notes: list[tuple[int, dict[str, Any]]] = []
    state: State = "recovered"
    t_ns = _origin(log)
    for frame in log.frames():
        t_ns = max(t_ns, frame.t_ns)
        kind = frame.kind
        if kind is FrameKind.DATA:
            _stream_of(streams, frame)[0].feed(frame.payload, frame.t_ns)
            told(frame.offset, 0)
        elif kind is FrameKind.OPEN:
            _stream_of(streams, frame)[0].open(frame.t_ns)
            notes.append((frame.t_ns, {"event": "open", **frame.json()}))
        elif kind is FrameKind.MARKER:
            markers.append((frame.t_ns, frame.json()))
        elif kind is FrameKind.NOTE:
            notes.append((frame.t_ns, frame.json()))
        elif kind is FrameKind.CLOCK:
            notes.append((frame.t_ns, {"event": "clock pair", **frame.json()}))
        elif kind is FrameKind.END:
            state = "closed"
    for decoder, stream in streams.values():
        decoder.finish(t_ns)
        stream.flush()
    return list(streams.values()), state, {"markers": markers, "notes": notes}


def _stream_of(streams: dict[int, Any], frame: Frame) -> Any:
    try:
        return streams[frame.stream]
    except KeyError:
        raise LogDamaged(
            f"the log holds data of stream {frame.stream}, which it does not describe",
            "it was not written by labapp",
        ) from None


def _origin(log: Log) -> int:
    origin = log.header.get("origin_ns", 0)
    if not isinstance(origin, int):
        raise LogDamaged(
            f"{log.path} begins at {origin!r} instead of a time", "it was not written by labapp"
        )
    return origin


def _meta(log: Log, decoders: list[StreamDecoder]) -> dict[str, Any]:
    """Everything known of the recording that is not a sample, as JSON values."""
    header = log.header
    kept = ("participant", "protocol", "plan", "scenario", "seed", "clock", "versions", "streams")
    meta: dict[str, Any] = {name: header.get(name) for name in kept}
    protocol = meta["protocol"]
    if isinstance(protocol, dict) and isinstance(protocol.get("text"), str):
        meta["protocol"] = {
            **protocol,
            "sha256": hashlib.sha256(protocol["text"].encode()).hexdigest(),
        }
    meta["account"] = {decoder.id: asdict(decoder.stats) for decoder in decoders}
    meta["sheets"] = {decoder.id: asdict(decoder.sheet) for decoder in decoders}
    meta["log"] = {
        "torn_bytes": log.torn_bytes,
        "missing_frames": log.missing_frames,
        "damaged": [list(piece) for piece in log.damaged],
    }
    return meta


def _verify(log: Log, part: Path, tables: dict[str, StreamTables], told: _Progress) -> None:
    """Second pass: decode the log again in larger portions, compare with the finished file."""
    digests: dict[str, Any] = {}
    decoders: dict[int, StreamDecoder] = {}
    waiting: dict[int, bytearray] = {}
    for number, entry in enumerate(require_id(log.header.get("streams"))):
        pair = (hashlib.sha256(), hashlib.sha256())

        def sink(counts: Counts, ticks: Ticks | None, pair: Any = pair) -> None:
            pair[0].update(np.ascontiguousarray(counts, dtype="<i4").data)
            if ticks is not None:
                pair[1].update(np.ascontiguousarray(ticks, dtype="<i8").data)

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
        told(frame.offset, 1)
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
    _compare(part, decoders, digests, tables)
    told(1 << 62, 1)


def _compare(
    part: Path,
    decoders: dict[int, StreamDecoder],
    digests: dict[str, Any],
    tables: dict[str, StreamTables],
) -> None:
    """Every stored sample, tick and table of the file against the fresh decode."""
    with open_session(part) as session:
        for decoder in decoders.values():
            stream, expected = session.streams[decoder.id], tables[decoder.id]
            stored = stream.digests()
            fresh = {f.COUNTS: digests[decoder.id][0], f.TICKS: digests[decoder.id][1]}
            same = all(stored[name] == fresh[name].hexdigest() for name in stored)
            same = same and stored == stream.sha256 and stream.received == decoder.rows
            same = same and np.array_equal(stream.runs, expected.runs)
            same = same and np.array_equal(stream.segments, expected.segments)
            same = same and np.array_equal(stream.reads, expected.reads)
            if not same:
                raise SessionRefused(
                    f"stream {decoder.id} reads back from {part} other than it was written",
                    "keep the recording folder, check the disk and run `labapp recover` again",
                )


def _report(out: Path, log: Log) -> BuildReport:
    with open_session(out) as session:
        account = session.meta["account"]
        streams = {
            name: StreamReport(
                received=stream.received,
                lost=stream.lost,
                outage=stream.outage,
                gaps=len(stream.gaps),
                uncertain=stream.uncertain,
                segments=len(stream.segments),
                rate_hz=stream.rate,
                junk_bytes=int(account[name]["junk_bytes"]),
                bad_frames=int(account[name]["bad_frames"]),
            )
            for name, stream in session.streams.items()
        }
        state: State = session.info["state"]
        return BuildReport(
            out,
            state,
            session.info["duration_s"],
            streams,
            log.torn_bytes,
            log.missing_frames,
        )
