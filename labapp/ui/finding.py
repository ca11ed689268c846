"""Looking for devices while the window goes on: ports, streams, and what a stream sends."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QObject

from labapp.errors import LabError
from labapp.record.listing import list_ports
from labapp.translate import tr
from labapp.ui.pages.setup import SetupPage
from labapp.ui.window import Window
from labapp.ui.words import error_words
from labapp.workflow.grades import latest_grades
from labapp.workflow.naming import check_participant
from labapp.workflow.sources import lsl_ports, settings_of


class Finding(QObject):
    """Answers what the page Set up asks for, off the window's thread."""

    def __init__(self, window: Window, page: SetupPage) -> None:
        super().__init__(window)
        self.window, self.page = window, page
        self._looking = False
        self._graded = ""
        self._trouble = ""
        page.ports_wanted.connect(self.ports)
        page.devices.streams_wanted.connect(self.streams)
        page.ports.describe_wanted.connect(self.describe)
        page.participant.textChanged.connect(lambda _: self.grades())

    def ports(self) -> None:
        """Look for serial ports; while one look is under way, another waits for the next turn."""
        if self._looking:
            return
        self._looking = True
        self.window.jobs.start(
            lambda _: list_ports(), self._ports, failed=self._no_ports, shown=False
        )

    def _ports(self, found: Any) -> None:
        self._looking, self._trouble = False, ""
        self.page.set_ports(found)

    def _no_ports(self, error: BaseException) -> None:
        self._looking = False
        if str(error) != self._trouble:  # the next look is at hand: once is enough
            self._trouble = str(error)
            self.window.show_error(error)

    def streams(self) -> None:
        """Look for LSL streams on this computer."""
        devices = self.page.devices
        devices.streams.setEnabled(False)
        devices.say(tr("Looking for streams."))
        self.window.jobs.start(
            lambda _: lsl_ports(), devices.show_streams, failed=devices.no_streams, shown=False
        )

    def describe(self, port: str) -> None:
        """Ask a stream or a board what it sends."""

        def failed(error: BaseException) -> None:
            self.page.ports.describe(port, None)
            self.page.devices.say(error_words(error))

        self.page.devices.say("")
        self.window.jobs.start(
            lambda _: settings_of(port),
            partial(self.page.ports.describe, port),
            failed=failed,
            shown=False,
        )

    def grades(self, *, again: bool = False) -> None:
        """Look up how selective the electrodes of the participant were."""
        code = self.page.participant.text().strip()
        study = self.window.study_folder
        asked = f"{study} {code}"
        if asked == self._graded and not again:
            return
        self._graded = asked
        try:
            check_participant(code)
        except LabError:
            self.page.lying.show_grades({})
            return

        def show(found: Any) -> None:
            if self._graded == asked:
                self.page.lying.show_grades(found)

        self.window.jobs.start(lambda _: latest_grades(study, code), show, shown=False)
