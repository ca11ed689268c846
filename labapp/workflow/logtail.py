"""The markers of a recording that still runs, read from the growing end of its log."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

from labapp.errors import LogDamaged
from labapp.record.frame import CRC_AT, HEAD, KINDS, MAGIC, MAX_PAYLOAD, Frame, FrameKind


class LogTail:
    """Frames that are appended to a log from now on; the file is only read.

    Parameters
    ----------
    path
        ``capture.log`` of a running recording.

    Raises
    ------
    LogDamaged
        It cannot be read.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise LogDamaged(f"cannot read {path}: {error.strerror}", "is it running?") from None
        self._file.seek(0, 2)
        self._rest = b""

    def markers(self) -> Iterator[Frame]:
        """Markers that came since the last call."""
        for frame in self._frames():
            if frame.kind is FrameKind.MARKER:
                yield frame

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _frames(self) -> Iterator[Frame]:
        """Intact frames; one that is not complete yet waits, what is no frame is skipped."""
        data = self._rest + self._file.read()
        at = 0
        while True:
            found = data.find(MAGIC, at)
            if found < 0:
                at = max(at, len(data) - len(MAGIC) + 1)
                break
            at = found
            if at + HEAD.size > len(data):
                break
            _, kind, stream, _, sequence, length, t_ns, crc = HEAD.unpack_from(data, at)
            stop = at + HEAD.size + length
            if length > MAX_PAYLOAD or kind >= len(KINDS):
                at += 1
                continue
            if stop > len(data):
                break
            payload = data[at + HEAD.size : stop]
            if zlib.crc32(payload, zlib.crc32(data[at + 4 : at + CRC_AT])) != crc:
                at += 1
                continue
            yield Frame(KINDS[kind], stream, t_ns, payload, sequence, at)
            at = stop
        self._rest = data[at:]
