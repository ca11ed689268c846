"""The order of starting: frame first, then pages, then the plot library, SciPy last.

The frame needs Qt alone and is on the screen in a tenth of a second; each further step waits
until the one before has been painted, and SciPy (0.7 s) loads in a worker thread.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from labapp.translate import tr
from labapp.ui.banner import Message
from labapp.ui.collecting import Collecting
from labapp.ui.guarded import guard_overrides
from labapp.ui.language import speak_as_chosen
from labapp.ui.logs import Unexpected
from labapp.ui.look import Look
from labapp.ui.preferences import Preferences, load_preferences
from labapp.ui.window import Window

if TYPE_CHECKING:
    from labapp.ui.choices import Preset
    from labapp.ui.work import Work

HEAVY = ("scipy.signal", "h5py", "labapp.session.build", "labapp.workflow.analysing")


class Opening(QObject):
    """Opens a window step by step; `ready` comes when everything can be used."""

    ready = Signal()

    def __init__(
        self,
        preferences: Preferences | None = None,
        unexpected: Unexpected | None = None,
        *,
        attach: bool = True,
    ) -> None:
        super().__init__()
        chosen = load_preferences() if preferences is None else preferences
        speak_as_chosen(chosen.language)
        guard_overrides()
        self.look = Look(chosen.theme, chosen.scale)
        self.window = Window(self.look, chosen)
        self.work: Work | None = None
        self.is_ready = False
        self._attach = attach
        self._collecting = Collecting(
            self.window, lambda: self.work is not None and self.work.recording is not None
        )
        if unexpected is not None:
            unexpected.caught.connect(self._caught)
        self.window.show()
        self.window.later(self._pages, 1)

    def open(self, path: Path) -> None:
        """Open a session file once the pages are there."""
        if self.work is not None and self.is_ready:
            self.work.open(path)
        else:
            self.ready.connect(lambda: self.open(path))

    def preset(self, wishes: Preset) -> None:
        """Fill in the page Set up once it is there."""
        if self.work is not None and self.is_ready:
            self.work.preset(wishes)
        else:
            self.ready.connect(lambda: self.preset(wishes))

    def _pages(self) -> None:
        from labapp.ui.work import Work

        guard_overrides()
        self.work = Work(self.window)
        self.window.later(self._plot, 1)

    def _plot(self) -> None:
        if self.work is None:
            return
        self.work.run.ensure_traces()
        guard_overrides()
        self.window.jobs.start(
            lambda _: _load_heavy(), self._loaded, failed=self._not_loaded, shown=False
        )

    def _loaded(self, _: object) -> None:
        if self.work is None:
            return
        self.work.run.ensure_traces().allow_filter()
        self.work.check.allow_analysis()
        self._all_there()

    def _not_loaded(self, error: BaseException) -> None:
        """Say what is missing; the window records without the viewing filter."""
        self.window.show_error(error)
        self._all_there()

    def _all_there(self) -> None:
        if self.work is None:
            return
        self.is_ready = True
        if self._attach:
            self.work.steering.look_for_running()
        self.ready.emit()

    def _caught(self, words: str) -> None:
        self.window.say(
            Message(
                tr("Something unexpected happened ({words}).", words=words),
                tr("The recording is not affected. Details are in the folder of logs (page Help)."),
                "bad",
                key=words,
                action=tr("Open the folder of logs"),
                act=self.window.open_logs,
            )
        )


def _load_heavy() -> None:
    """Import what the first analysis needs, off the window's thread."""
    for name in HEAVY:
        importlib.import_module(name)
