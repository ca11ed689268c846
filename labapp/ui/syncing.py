"""The step Synchronise at work: from the page's wish to a recording and its finding."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from labapp.record.config import ClockConfig
from labapp.translate import tr
from labapp.ui.jobs import Progress
from labapp.ui.pages.setup import SetupPage
from labapp.ui.sync import SyncPage
from labapp.ui.window import Window

if TYPE_CHECKING:
    from labapp.workflow.sync import SyncFinding, SyncMethod


class Syncing(QObject):
    """Runs one measurement at a time off the window's thread."""

    found = Signal(object)

    def __init__(self, window: Window, setup: SetupPage, page: SyncPage) -> None:
        super().__init__(window)
        self.window, self.setup, self.page = window, setup, page
        self._stop: threading.Event | None = None
        setup.sync_wanted.connect(self.open)
        page.back_wanted.connect(partial(window.go, "setup"))
        page.start_wanted.connect(self.start)
        page.stop_wanted.connect(self.stop)
        window.jobs.progressed.connect(self._progressed)
        window.closing.connect(lambda _: self.stop())

    def open(self) -> None:
        """Show the step for the devices chosen on the page Set up."""
        self.page.set_devices(self.setup.montage.devices())
        busy = tr("A recording is running: finish it first.") if self.setup.recording else ""
        self.page.set_blocked(busy)
        self.window.go("sync")

    def start(self, method: SyncMethod) -> None:
        """Record both devices and relate them."""
        devices = self.setup.montage.devices()
        simulator = self.setup.simulator
        simulated = all(device.simulated for device in devices)
        stop = self._stop = threading.Event()
        speed = simulator.chosen_speed()
        clock = ClockConfig("scaled" if speed == 1 else "stepped", speed) if simulated else None
        scenario = simulator.chosen_scenario() if simulated else None
        seed = self.setup.seed

        def job(progress: Progress) -> SyncFinding:
            from labapp.workflow.sync_guide import guide_sync

            return guide_sync(
                devices,
                method=method,
                scenario=scenario,
                clock=clock,
                seed=seed,
                progress=progress,
                stop=stop,
            )

        self.page.set_running(True)
        self.window.work(tr("Synchronising"), job, self._done, failed=self._failed)

    def stop(self) -> None:
        """End the recording early."""
        if self._stop is not None:
            self._stop.set()

    def _progressed(self, what: str, _: float) -> None:
        if self._stop is not None:
            self.page.tell(what)

    def _done(self, finding: SyncFinding) -> None:
        self._stop = None
        self.page.show_found(finding)
        self.found.emit(finding)

    def _failed(self, error: BaseException) -> None:
        self._stop = None
        self.page.set_running(False)
        self.window.show_error(error)
