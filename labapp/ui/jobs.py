"""Long work off the window's thread: a function runs in a pool, its end comes as a signal."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

Progress = Callable[[str, float], None]


class _Signals(QObject):
    done = Signal(object, object)
    failed = Signal(object, object)
    progress = Signal(object, str, float)


class _Job(QRunnable):
    def __init__(self, number: int, function: Callable[..., Any], signals: _Signals) -> None:
        super().__init__()
        self.number, self.function, self.signals = number, function, signals

    def run(self) -> None:
        try:
            result = self.function(self._report)
        except BaseException as error:  # handed to the window's thread, which shows it
            self.signals.failed.emit(self.number, error)
        else:
            self.signals.done.emit(self.number, result)

    def _report(self, what: str, share: float) -> None:
        self.signals.progress.emit(self.number, what, float(share))


class Jobs(QObject):
    """Starts jobs and brings their results back to the thread of this object.

    Every function is called with one argument, a `Progress` to report with (what is being done,
    share done 0 to 1).
    """

    busy_changed = Signal(bool)
    progressed = Signal(str, float)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(2)
        self._signals = _Signals(self)
        self._signals.done.connect(self._on_done)
        self._signals.failed.connect(self._on_failed)
        self._signals.progress.connect(self._on_progress)
        self._number = 0
        self._open: dict[int, tuple[Callable[[Any], None], Callable[[Any], None] | None, bool]] = {}

    @property
    def busy(self) -> bool:
        """True while a job with a progress bar runs."""
        return any(shown for _, _, shown in self._open.values())

    def start(
        self,
        function: Callable[[Progress], Any],
        done: Callable[[Any], None],
        *,
        failed: Callable[[Any], None] | None = None,
        shown: bool = True,
    ) -> None:
        """Run ``function`` in the pool, then ``done(result)`` or ``failed(error)`` here.

        Without ``failed`` the error goes to the signal `failed`. ``shown=False`` is for short
        background work that needs no progress bar.
        """
        was_busy = self.busy
        self._number += 1
        self._open[self._number] = (done, failed, shown)
        if self.busy != was_busy:
            self.busy_changed.emit(True)
        self._pool.start(_Job(self._number, function, self._signals))

    def finish(self, timeout_ms: int = 30_000) -> bool:
        """Wait for everything that runs; results that arrive later are dropped."""
        self._open.clear()
        return self._pool.waitForDone(timeout_ms)

    def _end(
        self, number: int
    ) -> tuple[Callable[[Any], None], Callable[[Any], None] | None] | None:
        entry = self._open.pop(number, None)
        if entry is None:
            return None
        if entry[2] and not self.busy:
            self.busy_changed.emit(False)
        return entry[0], entry[1]

    def _on_done(self, number: int, result: object) -> None:
        if (entry := self._end(number)) is not None:
            entry[0](result)

    def _on_failed(self, number: int, error: object) -> None:
        entry = self._end(number)
        if entry is None:
            logging.getLogger("labapp.ui").error("after the window closed: %s", error)
        elif entry[1] is not None:
            entry[1](error)
        else:
            self.failed.emit(error)

    def _on_progress(self, number: int, what: str, share: float) -> None:
        if number in self._open and self._open[number][2]:
            self.progressed.emit(what, share)
