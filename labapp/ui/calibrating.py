"""The step Calibrate at work: opens the cell, follows it, takes the readings, keeps the result."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from labapp.errors import LabError
from labapp.translate import tr
from labapp.ui.pages.calibrate import CalibratePage
from labapp.ui.pages.setup import SetupPage
from labapp.ui.window import Window
from labapp.ui.words import error_words
from labapp.workflow.calibrate_guide import (
    LAST_S,
    CalibrationGuide,
    Cell,
    CellChoice,
    simulated_cell,
)
from labapp.workflow.calibration_file import save_calibration
from labapp.workflow.live_counts import LiveCounts

if TYPE_CHECKING:
    from labapp.simulate.loadcell import SimulatedCell
    from labapp.workflow.calibration_file import CalibrationFile

LOOK_MS = 150


class Calibrating(QObject):
    """One calibration at a time.

    A simulated load cell is a cell in software that hangs its masses on itself, with the speed
    of the simulated lab. `calibrated` carries the file of a calibration that was saved.
    """

    calibrated = Signal(object)

    def __init__(self, window: Window, setup: SetupPage, page: CalibratePage) -> None:
        super().__init__(window)
        self.window, self.setup, self.page = window, setup, page
        self.guide: CalibrationGuide | None = None
        self.made: CalibrationFile | None = None
        self._open = ExitStack()
        # A cell that is being opened in the pool belongs to nobody yet.
        self._handing = threading.Lock()
        self._opening: LiveCounts | None = None
        self._entered = False
        self._cell: Cell | None = None
        self._simulated: SimulatedCell | None = None
        self._speed = 1.0
        self._begin = self._step = 0.0
        self._look = QTimer(self)
        self._look.setInterval(LOOK_MS)
        self._look.timeout.connect(self._follow)
        page.back_wanted.connect(self._back)
        page.start_wanted.connect(self.start)
        page.take_wanted.connect(self.take)
        page.undo_wanted.connect(self.undo)
        page.stop_wanted.connect(self.stop)
        page.save_wanted.connect(self.save)
        window.closing.connect(lambda _: self._leave())

    def open(self) -> None:
        """Show the step for the devices chosen on the page Set up."""
        if self.guide is None:
            self.page.set_devices(self.setup.montage.devices())
            busy = tr("A recording is running: finish it first.") if self.setup.recording else ""
            self.page.set_blocked(busy)
            self.page.set_state("choose")
        self.window.go("calibrate")

    def _back(self) -> None:
        self.page.set_state("choose")
        self.window.go("setup")

    def start(self, choice: CellChoice) -> None:
        """Open the cell, then lead through the steps."""
        try:
            self.guide = CalibrationGuide(choice)
        except LabError as error:
            self.window.show_error(error)
            return
        self.page.set_state("opening")
        if choice.device.simulated:
            self._speed = self.setup.simulator.chosen_speed()
            self._simulated = simulated_cell(choice, seed=self.setup.seed, speed=self._speed)
            self._opened(self._simulated)
            return
        self._simulated, self._speed = None, 1.0
        live = self._opening = LiveCounts(choice.device, choice.channel)

        def job(_: Any) -> LiveCounts:
            live.__enter__()
            with self._handing:
                if self._opening is not live:  # the window has closed meanwhile
                    live.__exit__(None, None, None)
                else:
                    self._entered = True
            return live

        self.window.work(tr("Opening the load cell"), job, self._opened, failed=self._failed)

    def _opened(self, cell: Any) -> None:
        with self._handing:
            self._opening, self._entered = None, False
        self._open.push(cell.__exit__)
        if self.guide is None:  # given up while it was opened
            self._close()
            return
        self._cell = cell
        self._begin = time.monotonic()
        self._show_step()
        self._look.start()

    def _failed(self, error: BaseException) -> None:
        self._close()
        self.page.set_state("choose")
        self.window.show_error(error)

    def _show_step(self) -> None:
        guide = self.guide
        if guide is None or guide.step is None:
            return
        self._step = time.monotonic()
        if self._simulated is not None:
            self._simulated.hang(guide.step.mass_kg * guide.choice.g)
        self.page.set_state("step")
        self.page.show_guide(guide)
        self._follow()

    def _counts(self, cell: Cell) -> Any:
        """Give the counts of the last seconds, none from before this step."""
        since = (time.monotonic() - self._step) * self._speed
        return cell.recent(min(LAST_S, since))

    def _follow(self) -> None:
        cell, guide = self._cell, self.guide
        if cell is not None and guide is not None and not guide.done:
            self.page.show_live(guide.look(self._counts(cell), cell.rate, cell.rails))

    def take(self) -> None:
        """Take the reading of this step; the last one shows what came out."""
        guide, cell = self.guide, self._cell
        if guide is None or cell is None:
            return
        counts = self._counts(cell)
        steady = guide.look(counts, cell.rate, cell.rails)
        if steady.light != "good":
            self.page.show_moving(steady)
            return
        try:
            guide.capture(counts, cell.rate, (time.monotonic() - self._begin) * self._speed)
        except LabError as error:
            self.window.show_error(error)
            return
        if not guide.done:
            self._show_step()
            return
        try:
            self.made, fit = guide.finish(cell.rails)
            self._close(keep=True)
            self.page.show_result(fit)
        except LabError as error:
            self._close(keep=True)
            self.page.show_result(None, error_words(error))

    def undo(self) -> None:
        """Take the last reading away."""
        if self.guide is not None:
            self.guide.back()
            self._show_step()

    def stop(self) -> None:
        """Give up; nothing is kept."""
        self._close()
        self.page.set_state("choose")

    def save(self) -> None:
        """Keep the calibration, and use it from the next recording on."""
        made, guide = self.made, self.guide
        if made is None or guide is None:
            return
        try:
            path = save_calibration(made)
        except LabError as error:
            self.window.show_error(error)
            return
        device = guide.choice.device
        if not device.simulated and not device.serial:
            self.setup.remember_cell(device, made.serial)
        self._close()
        self.page.show_saved(str(path))
        self.calibrated.emit(path)

    def _close(self, *, keep: bool = False) -> None:
        """Let go of the cell; ``keep`` keeps the readings for the result."""
        self._look.stop()
        self._cell = self._simulated = None
        if not keep:
            self.guide = self.made = None
        try:
            self._open.close()
        except LabError as error:
            self.window.show_error(error)

    def _leave(self) -> None:
        """Let go of everything when the window closes, also of a cell that is just opening."""
        with self._handing:
            live, self._opening = self._opening, None
            if live is not None and self._entered:
                self._open.push(live.__exit__)
        self._close()
