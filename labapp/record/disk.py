"""Keeping the log on the disk, and knowing that it is there."""

from __future__ import annotations

import shutil
import threading
import time
from collections import deque
from typing import Any, Final

from labapp.record.log import LogWriter

_SYNC_S: Final = 1.0
_RATE_S: Final = 1.0
_LOW_BYTES: Final = 500 << 20


class DiskKeeper:
    """Syncs the log once a second in a thread of its own, and tells how the disk does.

    A slow disk blocks only this thread: readers go on writing into the system's cache, and
    `status` says for how long nothing has been confirmed. Whoever watches the recording calls
    `look` a few times a second.
    """

    def __init__(self, log: LogWriter) -> None:
        self._log = log
        self._stop = threading.Event()
        self._begun = self._confirmed = time.monotonic()
        self._seen: deque[tuple[float, int]] = deque([(self._begun, 0)])
        self._free: int | None = None
        self._in_place = True
        self._thread = threading.Thread(target=self._sync, name="disk-sync", daemon=True)
        self._thread.start()

    def status(self) -> dict[str, Any]:
        """Bytes taken by the system, confirmed by the disk, in the file since a second; warnings.

        ``disk_state`` is ``"good"``, ``"slow"`` (nothing confirmed for over 2.5 s) or
        ``"fault"`` (the disk refuses).
        """
        log = self._log
        unconfirmed_s = time.monotonic() - self._confirmed
        slow = unconfirmed_s > 2.5 * _SYNC_S
        warnings = []
        if log.fault:
            warnings.append(
                _warning(
                    f"the disk does not take the data ({log.fault})",
                    f"free some space; {log.bytes_waiting} bytes wait in memory,"
                    f" {log.frames_dropped} reads are lost",
                )
            )
        elif slow:
            warnings.append(
                _warning(
                    "the disk is slow to confirm the data",
                    f"nothing was confirmed for {unconfirmed_s:.0f} s; use a faster disk",
                )
            )
        if self._free is not None and self._free < _LOW_BYTES:
            warnings.append(
                _warning(
                    "the disk is nearly full",
                    f"free some space; {self._free / 1e6:.0f} MB are left. The recording goes on",
                )
            )
        if not self._in_place:
            warnings.append(
                _warning(
                    f"{log.path} was removed or replaced while recording",
                    "stop, and record again in another folder",
                )
            )
        return {
            "bytes_written": log.bytes_written,
            "bytes_last_second": self._last_second(),
            "bytes_synced": log.bytes_synced,
            "bytes_waiting": log.bytes_waiting,
            "reads_dropped": log.frames_dropped,
            "disk_free": self._free,
            "disk_left_s": self._left_s(),
            "disk_state": "fault" if log.fault else "slow" if slow else "good",
            "warnings": warnings,
        }

    def close(self) -> None:
        """End the thread (the log stays open)."""
        self._stop.set()
        self._thread.join()

    def look(self) -> None:
        """See whether the file is still in its place, and how long it is."""
        now = time.monotonic()
        try:
            found = self._log.path.stat()
        except OSError:
            self._in_place, size = False, self._seen[-1][1]
        else:
            self._in_place = (found.st_dev, found.st_ino) == self._log.identity
            size = found.st_size
        self._seen.append((now, size))
        while len(self._seen) > 2 and now - self._seen[1][0] > _RATE_S:
            self._seen.popleft()

    def _last_second(self) -> int:
        """Bytes by which the file itself, not our count of it, grew in the last second."""
        seen = self._seen.copy()
        now, size = seen[-1]
        then = next((n for at, n in reversed(seen) if now - at >= _RATE_S), seen[0][1])
        return max(0, size - then)

    def _left_s(self) -> float | None:
        """Seconds of recording that fit on the disk at the mean rate so far; for show only."""
        spent = time.monotonic() - self._begun
        if self._free is None or spent < 5.0 or not self._log.bytes_written:
            return None
        return self._free * spent / self._log.bytes_written

    def _sync(self) -> None:
        while True:
            stopping = self._stop.is_set()
            self._log.sync()
            if not self._log.fault:
                self._confirmed = time.monotonic()
            try:
                self._free = shutil.disk_usage(self._log.path.parent).free
            except OSError:  # the folder is gone; `look` says so
                self._free = None
            if stopping:
                return
            self._stop.wait(_SYNC_S)


def _warning(what: str, remedy: str) -> dict[str, str]:
    return {"what": what, "remedy": remedy}
