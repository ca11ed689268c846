"""The window: the frame, and the order in which pages, jobs and the recorder talk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QTimer, QUrl, Signal
from PySide6.QtGui import QCloseEvent, QDesktopServices, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from labapp.errors import LabError
from labapp.translate import tr
from labapp.ui.banner import Banners, Message, message_of
from labapp.ui.guarded import guard_overrides
from labapp.ui.jobs import Jobs
from labapp.ui.keyorder import order_keys
from labapp.ui.look import Look
from labapp.ui.parts import label, named, row
from labapp.ui.preferences import Preferences, save_preferences
from labapp.ui.rail import Rail
from labapp.ui.spacing import space
from labapp.ui.theme import GRID
from labapp.ui.topbar import TopBar
from labapp.workflow.spoken import spoken

MESSAGES = 0.4
"""Share of the height of the window that banners may take."""


class Window(QMainWindow):
    """The frame: rail, top bar, pages, progress, banners.

    `Work` fills it with pages; this class knows none of them.
    """

    closing = Signal(object)

    def __init__(self, look: Look, preferences: Preferences) -> None:
        super().__init__()
        self.look = look
        self.preferences = preferences
        self.keep_preferences = True
        self.study: Path | None = None
        self.setWindowTitle("labapp")
        self.setObjectName("window")
        self.jobs = Jobs(self)
        self.rail = Rail(look)
        self.topbar = TopBar(look)
        self.stack = QStackedWidget()
        named(self.stack, "pages", tr("Page"))
        self.banners = Banners()
        self.banners.changed.connect(lambda: space(self.banners, look.scale))
        self.pages: dict[str, Any] = {}
        self.progress = QProgressBar()
        named(self.progress, "progress", tr("Progress"))
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.doing = label("", "soft", name="doing")
        self.working = QWidget()
        named(self.working, "working", tr("Work in progress"))
        line = row(self.doing, self.progress, spacing=2 * GRID)
        line.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        line.setStretch(1, 1)
        self.working.setLayout(line)
        self.working.hide()
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self.topbar)
        right.addWidget(self.stack, 1)
        right.addWidget(self.working)
        right.addWidget(self.banners)
        whole = row(self.rail, spacing=0)
        whole.addLayout(right, 1)
        centre = QWidget()
        named(centre, "centre", "labapp")
        centre.setLayout(whole)
        self.setCentralWidget(centre)
        self.rail.chosen.connect(self.go)
        self.jobs.busy_changed.connect(self._busy)
        self.jobs.progressed.connect(self._progressed)
        self.jobs.failed.connect(self.show_error)
        self.resize(look.px(1280), look.px(800))
        self.setMinimumSize(960, 640)
        look.changed.connect(lambda: space(self, look.scale))

    def add_page(self, page: Any) -> None:
        """Put a page behind its button in the rail."""
        guard_overrides()  # its modules may have been loaded just now
        self.pages[page.name] = page
        self.stack.addWidget(page)

    def go(self, name: str) -> None:
        """Bring a page to the front."""
        page = self.pages.get(name)
        if page is None:
            return
        self.stack.setCurrentWidget(page)
        self.rail.show_page(name)
        if self.look.scale != 1:
            space(self, self.look.scale)
        order_keys(page)
        page.entered()
        self.show_crumb()

    @property
    def page(self) -> str:
        """Name of the page in front."""
        return str(getattr(self.stack.currentWidget(), "name", ""))

    @property
    def study_folder(self) -> Path:
        """Where sessions are kept: as the command line said, else as in the preferences."""
        return self.study or self.preferences.study_folder

    def show_crumb(self) -> None:
        """Say where we are: study, what the page is about, page."""
        page = self.pages.get(self.page)
        parts = (self.study_folder.name, *(page.crumb() if page else ()))
        self.topbar.set_crumb(" ▸ ".join(part for part in parts if part), str(self.study_folder))

    # ------------------------------------------------------------------ messages and work

    def say(self, message: Message) -> None:
        """Show a banner."""
        self.banners.show_message(message)

    def show_error(self, error: BaseException) -> None:
        """Show an error as a banner; what is not a `LabError` is logged with its trace too."""
        message = message_of(error)
        if not isinstance(error, LabError):
            from labapp.ui.logs import LOGGER

            LOGGER.error("unexpected", exc_info=error)
            message = replace(message, action=tr("Open the folder of logs"), act=self.open_logs)
        self.say(message)

    def open_logs(self) -> None:
        """Show what the window has written down of errors."""
        from labapp.ui.logs import log_folder

        self.open_file(log_folder())

    def work(
        self,
        what: str,
        function: Any,
        done: Any,
        *,
        failed: Any = None,
    ) -> None:
        """Run a long job with the progress bar; ``what`` says what is being done."""
        self.doing.setText(f"{what}…")
        self.progress.setValue(0)
        self.jobs.start(function, done, failed=failed)

    def _busy(self, busy: bool) -> None:
        self.working.setVisible(busy)

    def _progressed(self, what: str, share: float) -> None:
        told = spoken(what)
        self.doing.setText(f"{told[:1].upper()}{told[1:]}…")
        self.progress.setValue(round(1000 * share))

    # ------------------------------------------------------------------ preferences and end

    def remember(self, **changes: Any) -> None:
        """Change preferences and save them."""
        self.preferences = msgspec.structs.replace(self.preferences, **changes)
        if not self.keep_preferences:
            return
        try:
            save_preferences(self.preferences)
        except OSError as error:
            self.say(
                Message(
                    tr("The settings were not saved: {strerror}.", strerror=error.strerror),
                    key="preferences",
                )
            )

    def open_file(self, path: Path) -> None:
        """Open a file with the program the desktop has for it."""
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self.say(
                Message(
                    tr("No program opens this kind of file."),
                    tr("It is {path}.", path=path),
                    key="open",
                )
            )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave room for the page above the banners."""
        super().resizeEvent(event)
        self.banners.fit(round(MESSAGES * self.height()))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let the work decide; then wait for what runs in the pool."""
        self.closing.emit(event)
        if event.isAccepted():
            self.jobs.finish()

    def later(self, what: Any, ms: int = 0) -> None:
        """Call ``what`` when the event loop has drawn what there is to draw.

        Its object is kept until then. Given a bare method, Qt would call it on the memory of an
        object that is gone, and crash.
        """
        QTimer.singleShot(ms, self, lambda: what())
