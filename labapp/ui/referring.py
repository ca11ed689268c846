"""Looks for maximal contractions of the person on Set up, while the window goes on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from PySide6.QtCore import QObject, QTimer

from labapp.errors import LabError
from labapp.record.config import DeviceConfig
from labapp.trials.protocol import Protocol
from labapp.ui.pages.setup import SetupPage
from labapp.ui.window import Window
from labapp.workflow.naming import check_participant

WAIT_MS = 400
"""A code is typed letter by letter; the folder is looked at when that has ended."""
AGAIN_MS = 60_000
"""The line tells minutes."""


class Asked(NamedTuple):
    """What the answer depends on."""

    folder: Path
    participant: str
    protocol: Protocol | None
    devices: Sequence[DeviceConfig]
    scenario: str | None


class Referring(QObject):
    """Keeps the line about 100 % true to person, protocol and channels.

    To look is to read the study folder, and to analyse a session that nobody has analysed yet: so
    only while the page is in front and no recording runs.
    """

    def __init__(self, window: Window, page: SetupPage) -> None:
        super().__init__(window)
        self.window, self.page = window, page
        self._asked = 0
        self._told: Asked | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(WAIT_MS)
        self._soon.timeout.connect(self._look)
        self._again = QTimer(self)
        self._again.setInterval(AGAIN_MS)
        self._again.timeout.connect(self._look)
        page.free.connect(self._soon.start)
        page.participant.textChanged.connect(lambda _: self._changed())
        page.simulator.scenario.currentIndexChanged.connect(lambda _: self._changed())
        for signal in (page.test.changed, page.choices_changed, page.lying.changed):
            signal.connect(self._changed)

    def ask(self) -> None:
        """Look soon, even if nothing has changed on the page: a session may be new."""
        self._told = None
        self._changed()

    def _now(self) -> Asked:
        page = self.page
        simulated = page.all_simulated()
        return Asked(
            self.window.study_folder,
            page.participant.text().strip(),
            page.protocol,
            page.montage.devices(),
            page.simulator.chosen_scenario() if simulated else None,
        )

    def _changed(self) -> None:
        if self._now() == self._told:
            return
        self._asked += 1  # an answer that is under way is of something else
        self.page.test.reference.forget()
        self._again.stop()
        self._soon.start()

    def _look(self) -> None:
        if not self.page.isVisible() or self.page.recording:
            self._again.stop()
            return
        folder, participant, protocol, devices, scenario = now = self._now()
        self._told = now
        try:
            check_participant(participant)
        except LabError:
            return
        self._asked += 1
        number = self._asked

        def look(_: Any) -> Any:
            from labapp.workflow.reference_session import find_reference  # brings HDF5
            from labapp.workflow.study_facts import study_facts

            codes = [code for one in devices for code in one.montage.values()]
            facts = study_facts(folder, codes)
            return find_reference(
                folder, participant, protocol, devices, scenario=scenario, facts=facts
            )

        def show(found: Any) -> None:
            if number == self._asked:
                self._show(found)

        # What is wrong with a device or the facts is told where it is chosen, and at the start.
        self.window.jobs.start(
            look, show, failed=lambda _: self.page.test.reference.forget(), shown=False
        )

    def _show(self, found: Any) -> None:
        from labapp.workflow.reference_session import ReferenceSession

        row = self.page.test.reference
        if isinstance(found, ReferenceSession):
            row.show_found(found)
        elif found.reasons:
            row.show_refused(found)
        else:
            row.forget()
            return
        self._again.start()
