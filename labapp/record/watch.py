"""What is looked at beside the samples: silence, sleep, clocks that were set, the log's file."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Final

from labapp.record.disk import DiskKeeper
from labapp.record.hostwatch import HostWatch
from labapp.record.log import NO_STREAM, FrameKind, LogWriter
from labapp.record.reader import StreamReader
from labapp.timing.labclock import LabClock

_WATCH_S: Final = 0.25
_CLOCK_PAIR_S: Final = 60.0


class Watch:
    """Looks at readers, clocks and the log's file four times a second, in a thread of its own.

    Parameters
    ----------
    log, disk, clock, readers
        Of the recording.
    host
        Clocks of the computer; None where lab time is not its time. A stepped clock needs no
        watch: its time does not pass by itself, and its log is the same in every run.
    stop
        Ends it.
    """

    def __init__(
        self,
        log: LogWriter,
        disk: DiskKeeper,
        clock: LabClock,
        readers: Sequence[StreamReader],
        host: HostWatch | None,
        stop: threading.Event,
    ) -> None:
        self._log = log
        self._disk = disk
        self._clock = clock
        self._readers = readers
        self._host = host
        self._stop = stop
        self._silent: set[str] = set()
        self._paired = time.monotonic()
        self._thread = threading.Thread(target=self._work, name="watch", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait for the end of the thread."""
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.wait(_WATCH_S):
            self._disk.look()
            self._hear()
            if self._host is None:
                continue
            for event in self._host.look():
                note = {"event": event.what, "seconds": event.seconds}
                self._log.append_json(FrameKind.NOTE, NO_STREAM, self._clock.now_ns(), note)
                clock_pair(self._log, self._clock)
            if time.monotonic() - self._paired > _CLOCK_PAIR_S:
                self._paired += _CLOCK_PAIR_S
                clock_pair(self._log, self._clock)

    def _hear(self) -> None:
        for reader in self._readers:
            name = reader.device.id
            if reader.silent() == (name in self._silent):
                continue
            self._silent ^= {name}
            event = "silent" if name in self._silent else "heard again"
            note = {"event": event, "id": name, "since_ns": reader.newest_ns}
            now = self._clock.now_ns()
            self._log.append_json(FrameKind.NOTE, reader.number, now, note)


def clock_pair(log: LogWriter, clock: LabClock) -> None:
    """Log the performance counter and the wall clock, read together."""
    before = time.perf_counter_ns()
    utc = time.time_ns()
    pair = {"perf_ns": (before + time.perf_counter_ns()) // 2, "utc_ns": utc}
    log.append_json(FrameKind.CLOCK, NO_STREAM, clock.now_ns(), pair)
