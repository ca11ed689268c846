"""Keeping the log on the disk, and knowing that it is there."""

from __future__ import annotations

import shutil
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any, Final

from labapp.record.log import LogWriter

_SYNC_S: Final = 1.0
_LOOK_S: Final = 0.1
_LOW_BYTES: Final = 500 << 20


class DiskKeeper:
    """Syncs the log once a second in a thread of its own, and tells how the disk does.

    A slow disk blocks only this thread: readers go on writing into the system's cache, and
    `status` says for how long nothing has been confirmed.
    """

    def __init__(self, log: LogWriter) -> None:
        self._log = log
        self._stop = threading.Event()
        self._seen: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])
        self._confirmed = time.monotonic()
        self._free: int | None = None
        self._in_place = True
        self._threads = [
            threading.Thread(target=self._sync, name="disk-sync", daemon=True),
            threading.Thread(target=self._look, name="disk-look", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def status(self) -> dict[str, Any]:
        """Bytes taken by the system, confirmed by the disk, written in the last second; warnings.

        ``disk_state`` is ``"good"``, ``"slow"`` (nothing confirmed for over 2.5 s) or
        ``"fault"`` (the disk refuses).
        """
        log = self._log
        unconfirmed_s = time.monotonic() - self._confirmed
        written = log.bytes_written
        warnings = []
        if log.fault:
            warnings.append(
                f"the disk does not take the data ({log.fault}):"
                f" {log.bytes_waiting} bytes wait in memory, {log.frames_dropped} reads are lost;"
                " free some space"
            )
        elif unconfirmed_s > 2.5 * _SYNC_S:
            warnings.append(f"the disk has confirmed nothing for {unconfirmed_s:.0f} s")
        if self._free is not None and self._free < _LOW_BYTES:
            warnings.append(f"only {self._free / 1e6:.0f} MB are free on the disk")
        if not self._in_place:
            warnings.append(f"{log.path} was removed or replaced while recording")
        slow = unconfirmed_s > 2.5 * _SYNC_S
        return {
            "bytes_written": written,
            "bytes_last_second": max(0, written - self._second_ago()),
            "bytes_synced": log.bytes_synced,
            "bytes_waiting": log.bytes_waiting,
            "reads_dropped": log.frames_dropped,
            "disk_free": self._free,
            "disk_state": "fault" if log.fault else "slow" if slow else "good",
            "warnings": warnings,
        }

    def close(self) -> None:
        """End both threads (the log stays open)."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _second_ago(self) -> int:
        now = time.monotonic()
        return next((n for at, n in reversed(self._seen.copy()) if now - at >= 1.0), 0)

    def _sync(self) -> None:
        while True:
            stopping = self._stop.is_set()
            self._log.sync()
            if not self._log.fault:
                self._confirmed = time.monotonic()
            try:
                self._free = shutil.disk_usage(self._log.path.parent).free
            except OSError:  # the folder is gone; `_look` says so
                self._free = None
            if stopping:
                return
            self._stop.wait(_SYNC_S)

    def _look(self) -> None:
        while not self._stop.wait(_LOOK_S):
            now = time.monotonic()
            self._seen.append((now, self._log.bytes_written))
            while len(self._seen) > 2 and now - self._seen[1][0] > 1.0:
                self._seen.popleft()
            self._in_place = _same_file(self._log.path, self._log.identity)


def _same_file(path: Path, identity: tuple[int, int]) -> bool:
    try:
        found = path.stat()
    except OSError:
        return False
    return (found.st_dev, found.st_ino) == identity
