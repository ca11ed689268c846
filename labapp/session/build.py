"""Build a session from a capture log: after a clean stop and after a crash alike.

The log is decoded once while the file is written, and once more, in other portions, to compare
with what can be read back from the finished file. Memory does not grow with the samples.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import structs

from labapp.errors import LogDamaged
from labapp.model import Counts, Ticks
from labapp.record.log import Frame, FrameKind, Log, read_log
from labapp.session.assemble import assemble
from labapp.session.content import SessionHead, StreamTables
from labapp.session.decode import StreamDecoder, require_id
from labapp.session.file import open_session
from labapp.session.format import State
from labapp.session.verify import verify
from labapp.session.write import SessionWriter, StreamWriter

__all__ = ["BuildReport", "StreamReport", "build_session"]

Progress = Callable[[float], None]
# Decoded together: enough to make the cost per read vanish, little enough to stay in the cache.
_TOGETHER = 1 << 17
_READS = 1024


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
            tables[decoder.id], repaired = assemble(decoder, _origin(log), decoder.port)
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
        verify(log, writer.part, tables, partial(told, number=1))
        writer.publish()
    return _report(out, log)


class _Reads:
    """Reads of one stream that wait to be decoded together."""

    def __init__(self) -> None:
        self._reads: list[tuple[bytes, int]] = []
        self._size = 0

    def add(self, data: bytes, t_ns: int) -> bool:
        """Add a read; True when it is time to decode."""
        self._reads.append((data, t_ns))
        self._size += len(data)
        return self._size >= _TOGETHER or len(self._reads) >= _READS

    def take(self) -> list[tuple[bytes, int]]:
        """Take all that wait."""
        reads, self._reads, self._size = self._reads, [], 0
        return reads


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
    waiting: dict[int, _Reads] = {number: _Reads() for number in streams}
    markers: list[tuple[int, dict[str, Any]]] = []
    notes: list[tuple[int, dict[str, Any]]] = []
    state: State = "recovered"
    t_ns = _origin(log)
    for frame in log.frames():
        t_ns = max(t_ns, frame.t_ns)
        kind = frame.kind
        if kind is FrameKind.DATA:
            decoder = _stream_of(streams, frame)[0]
            if waiting[frame.stream].add(frame.payload, frame.t_ns):
                decoder.feed_reads(waiting[frame.stream].take())
                told(frame.offset, 0)
        elif kind is FrameKind.OPEN:
            decoder = _stream_of(streams, frame)[0]
            decoder.feed_reads(waiting[frame.stream].take())
            opened = frame.json()
            decoder.open(frame.t_ns, opened.get("port"))
            notes.append((frame.t_ns, {"event": "open", **opened}))
        elif kind is FrameKind.MARKER:
            markers.append((frame.t_ns, frame.json()))
        elif kind is FrameKind.NOTE:
            notes.append((frame.t_ns, frame.json()))
        elif kind is FrameKind.CLOCK:
            notes.append((frame.t_ns, {"event": "clock pair", **frame.json()}))
        elif kind is FrameKind.END:
            state = "closed"
    for number, (decoder, stream) in streams.items():
        decoder.feed_reads(waiting[number].take())
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
    if header.get("reference") is not None:
        meta["reference"] = header["reference"]
    protocol = meta["protocol"]
    if isinstance(protocol, dict) and isinstance(protocol.get("text"), str):
        meta["protocol"] = {
            **protocol,
            "sha256": hashlib.sha256(protocol["text"].encode()).hexdigest(),
        }
    meta["account"] = {decoder.id: asdict(decoder.stats) for decoder in decoders}
    meta["sheets"] = {decoder.id: structs.asdict(decoder.sheet) for decoder in decoders}
    meta["log"] = {
        "torn_bytes": log.torn_bytes,
        "missing_frames": log.missing_frames,
        "damaged": [list(piece) for piece in log.damaged],
    }
    return meta


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
