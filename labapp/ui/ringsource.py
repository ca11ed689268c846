"""The ring of a recording as the live view wants it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from labapp.record.ring import RingReader
from labapp.workflow.live_source import LiveStream

NS = 1_000_000_000


class RingSource:
    """The ring of a recording as the live view wants it."""

    def __init__(self, folder: Path, origin_ns: int) -> None:
        self._ring = RingReader(folder / "live.ring")
        self._origin_ns = origin_ns
        self.streams = tuple(
            LiveStream(stream.id, stream.rate, stream.channels)
            for stream in self._ring.streams.values()
        )
        self._start: dict[str, float] = {}

    def newest(self, stream: str) -> int:
        """Index after the newest sample."""
        return self._ring.newest(stream)

    def start_s(self, stream: str) -> float:
        """Time of sample 0 since the start of the recording, seconds.

        From the first stamp that came; it moves only if the device jumped by more than 0.2 s
        (a reconnection), so that the traces do not tremble with the radio.
        """
        stamp = self._ring.stamp(stream)
        if stamp is None:
            return self._start.get(stream, 0.0)
        index, t_ns = stamp
        start = (t_ns - self._origin_ns) / NS - (index + 1) / self._ring.streams[stream].rate
        if abs(start - self._start.get(stream, -1e9)) > 0.2:
            self._start[stream] = start
        return self._start[stream]

    def read(self, stream: str, first: int, stop: int) -> tuple[Any, Any]:
        """Return counts and validity of a range of samples."""
        return self._ring.read(stream, first, stop)

    def close(self) -> None:
        """Give the ring free."""
        self._ring.close()
