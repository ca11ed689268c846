"""The capture log: every byte read from a port, framed and checksummed, only ever appended.

One file per recording. A frame is handed to the system by one ``os.write``, and a torn tail is
recognised by its checksum; what a killed process had read and not yet written lies in the intake
page beside the log. The log, not the HDF5 session, is the truth of a recording.
"""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from labapp.errors import LabError, LogDamaged
from labapp.record.frame import NO_STREAM, Frame, FrameKind, pack_frame
from labapp.record.intake import rescue
from labapp.record.place import PAGE_NAME
from labapp.record.scan import Scan

__all__ = ["NO_STREAM", "Frame", "FrameKind", "Log", "LogWriter", "pack_frame", "read_log"]

BACKLOG: Final = 16 << 20
"""Bytes kept in memory while the disk is full, written as soon as there is room again."""


class LogWriter:
    """Append frames to a new log; safe to use from several threads.

    A full disk stops nothing: frames wait in memory (`BACKLOG` bytes), a frame that was written
    in part is completed later, and what no longer fits is dropped whole, which its missing
    sequence number shows. `fault` tells what is wrong while it is wrong.

    Parameters
    ----------
    path
        File to create; `LabError` if it exists (a log is never overwritten).
    header
        JSON object that describes the recording; ``origin_ns`` becomes its time stamp.
    """

    def __init__(self, path: Path, header: dict[str, Any]) -> None:
        self.path = path
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        try:
            self._fd = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o600)
        except FileExistsError:
            raise LabError(
                f"{path} exists already", "choose another folder; a recording is never overwritten"
            ) from None
        except OSError as error:
            raise LabError(
                f"cannot create {path}: {error.strerror}", "choose a folder you may write to"
            ) from None
        made = os.fstat(self._fd)
        self.identity = (made.st_dev, made.st_ino)
        """Device and number of the file, to notice when it is removed or replaced."""
        self._lock = threading.Lock()
        self._waiting: deque[bytes] = deque()
        self._sequence = 0
        self._open = True
        self.bytes_written = 0
        """Bytes the system has taken."""
        self.bytes_synced = 0
        """Bytes that were taken when the last successful `sync` began: safe from power loss."""
        self.bytes_waiting = 0
        """Bytes in memory because the disk does not take them."""
        self.frames_dropped = 0
        """Frames given up because the memory for waiting ones was full too."""
        self.fault = ""
        """Why the disk does not take what it is given; empty while all is well."""
        payload = json.dumps(header, allow_nan=False).encode()
        self.append(FrameKind.HEADER, NO_STREAM, int(header.get("origin_ns", 0)), payload)
        if self.fault:
            os.close(self._fd)
            path.unlink()
            raise LabError(f"cannot write {path}: {self.fault}", "free some space on that disk")

    def append(self, kind: FrameKind, stream: int, t_ns: int, payload: bytes) -> int:
        """Write one frame; returns when the system has taken it (or it waits for disk space).

        Returns
        -------
        int
            Sequence number of the frame.
        """
        with self._lock:
            if not self._open:
                raise ValueError(f"{self.path} is closed")
            sequence = self._sequence
            frame = pack_frame(kind, stream, sequence, t_ns, payload)
            self._sequence = sequence + 1
            if self._waiting:
                self._drain()
            if self._waiting and self.bytes_waiting + len(frame) > BACKLOG:
                self.frames_dropped += 1
                return sequence
            rest = frame if self._waiting else self._write(frame)
            if rest:
                self._waiting.append(rest)
                self.bytes_waiting += len(rest)
            return sequence

    def append_json(self, kind: FrameKind, stream: int, t_ns: int, document: Any) -> int:
        """Write one frame with a JSON payload; returns its sequence number."""
        return self.append(kind, stream, t_ns, json.dumps(document, allow_nan=False).encode())

    def sync(self) -> None:
        """Force what was written to the disk itself; slow (ms), never call it in a reader.

        A failure is kept in `fault`; it does not raise.
        """
        with self._lock:
            if not self._open:
                return
            self._drain()
            written = self.bytes_written
            descriptor = os.dup(self._fd)  # stays valid if `close` comes meanwhile
        try:
            getattr(os, "fdatasync", os.fsync)(descriptor)
        except OSError as error:
            self.fault = error.strerror or str(error)
        else:
            self.bytes_synced = max(self.bytes_synced, written)
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Sync and close; harmless when done twice."""
        self.sync()
        with self._lock:
            if self._open:
                self._open = False
                os.close(self._fd)

    def _write(self, frame: bytes) -> bytes:
        """Hand a frame to the system; return what it did not take."""
        while frame:
            try:
                taken = os.write(self._fd, frame)
            except OSError as error:  # ENOSPC, EDQUOT, EIO: keep the rest and try again later
                self.fault = error.strerror or str(error)
                return frame
            self.bytes_written += taken
            if taken == len(frame):
                break
            frame = frame[taken:]  # a nearly full disk takes a part and says nothing
        if self.fault:
            self.fault = ""
        return b""

    def _drain(self) -> None:
        while self._waiting:
            frame = self._waiting[0]
            rest = self._write(frame)
            self.bytes_waiting -= len(frame) - len(rest)
            if rest:
                self._waiting[0] = rest
                return
            self._waiting.popleft()


class Log:
    """A capture log opened for reading.

    Attributes
    ----------
    header
        JSON object of the first frame.
    path
        The file.
    """

    def __init__(self, path: Path, header: dict[str, Any]) -> None:
        self.path = path
        self.header = header
        self._scan: Scan | None = None

    def frames(self) -> Iterator[Frame]:
        """Every intact frame in file order (the header too), read lazily in bounded memory.

        Damaged stretches are skipped up to the next intact frame. A log that still grows is read
        up to the size it had at the start. What the intake page beside the log holds and the log
        does not (`labapp.record.intake`) follows as DATA frames, with a NOTE each.
        """
        scan = Scan(self.path)
        last: dict[int, int] = {}
        sequence = 0
        for frame in scan.frames():
            sequence = frame.sequence
            if frame.kind is FrameKind.DATA or frame.kind is FrameKind.OPEN:
                last[frame.stream] = sequence
            yield frame
        self._scan = scan
        size = self.path.stat().st_size
        page = self.path.with_name(PAGE_NAME)
        for found in rescue(page, str(self.header.get("uuid", "")), last):
            note = {"event": "rescued", "stream": found.stream, "bytes": len(found.data)}
            for kind, payload in (
                (FrameKind.DATA, found.data),
                (FrameKind.NOTE, json.dumps(note).encode()),
            ):
                sequence += 1
                yield Frame(kind, found.stream, found.t_ns, payload, sequence, size)

    @property
    def torn_bytes(self) -> int:
        """Bytes after the last intact frame: what a kill or power loss cut short."""
        return self._account().torn

    @property
    def damaged(self) -> tuple[tuple[int, int], ...]:
        """Byte ranges (start, stop) between intact frames that hold no intact frame."""
        return tuple(self._account().damaged)

    @property
    def missing_frames(self) -> int:
        """Frames that the sequence numbers show to be missing (before the last intact one)."""
        return self._account().missing

    def _account(self) -> Scan:
        if self._scan is None:
            for _ in self.frames():
                pass
        if self._scan is None:
            raise LogDamaged(f"{self.path} could not be read to its end")
        return self._scan


def read_log(path: Path) -> Log:
    """Open a capture log.

    Raises
    ------
    LogDamaged
        Not a capture log, or its header frame is unreadable.
    """
    try:
        first = next(Scan(path).frames(), None)
    except OSError as error:
        raise LogDamaged(
            f"cannot read the capture log {path}: {error.strerror}", "give the path of a recording"
        ) from None
    if first is None or first.kind != FrameKind.HEADER or first.offset:
        raise LogDamaged(
            f"{path} is no capture log, or its first frame is damaged",
            "give the capture.log of a recording",
        )
    header = first.json()
    if header.get("format") not in ("labapp-log", "labapp-replay"):
        raise LogDamaged(f"{path} is no capture log", "give the capture.log of a recording")
    if header.get("version") != 1:
        raise LogDamaged(
            f"{path} has log version {header.get('version')!r}, this program reads version 1",
            "use a newer labapp",
        )
    return Log(path, header)
