"""The choices of a study: from the page Set up into its file, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from labapp.errors import LabError
from labapp.workflow.sources import address_port, scheme_of
from labapp.workflow.study_settings import (
    Key,
    StudySettings,
    load_study,
    remembered,
    save_study,
)

if TYPE_CHECKING:
    from labapp.ui.pages.setup import SetupPage
    from labapp.ui.window import Window

SAVE_MS = 500


def cells_in(study: StudySettings) -> dict[Key, str]:
    """Names of the load cells that the study has used, by device."""
    return {one.key: one.cell for one in study.devices if one.cell}


def recall_choices(page: SetupPage, study: StudySettings) -> None:
    """Choose on the page what a study remembers.

    Raises
    ------
    LabError
        A scenario that is no longer there; the rest has been chosen.
    """
    if page.protocols.findData(study.protocol) >= 0:
        page.test.choose(study.protocol, practice=study.practice)
    addresses = [
        address_port(one.port)
        for one in study.devices
        if one.used and scheme_of(one.port) and scheme_of(one.port) == one.driver
    ]
    page.ports.recall(study, addresses)
    page.devices.channels.stack.clear()  # what was corrected before belongs to another study
    (page.serial if study.source == "connected" else page.simulated).setChecked(True)
    if study.scenario:
        page.simulator.choose(study.scenario, study.speed)


def choices_of(page: SetupPage) -> StudySettings:
    """Collect what the study should remember of the page."""
    return StudySettings(
        protocol=_name(page.protocols.currentData()),
        practice=page.test.practice.isChecked(),
        source="connected" if page.serial.isChecked() else "simulated",
        scenario=_name(page.simulator.chosen_scenario()),
        speed=page.simulator.chosen_speed(),
        devices=remembered(page.study, page.montage.devices(), page.cells),
    )


def _name(text: object) -> str:
    """Keep names; a file somewhere on this computer is no choice of a study."""
    words = str(text or "")
    return "" if "/" in words or "\\" in words or words.endswith(".toml") else words[:64]


class Recalling(QObject):
    """Loads the choices of a study when it is opened, and keeps them as they change."""

    def __init__(self, window: Window, page: SetupPage) -> None:
        super().__init__(window)
        self.window, self.page = window, page
        self._due = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_MS)
        self._timer.timeout.connect(self.save)
        page.choices_changed.connect(self._later)
        window.closing.connect(lambda _: self.save())

    def open(self) -> None:
        """Take up the choices of the study that is open now; a new one keeps those shown."""
        try:
            study = load_study(self.window.study_folder)
            if study is not None:
                self.page.recall(study)
        except LabError as error:
            self.window.show_error(error)
        self._timer.stop()
        self._due = False

    def keep(self) -> None:
        """Save the choices that a recording was started with."""
        self._due = True
        self.save()

    def save(self) -> None:
        """Save what has changed; a study folder is made by its first recording, not by a choice."""
        self._timer.stop()
        folder = self.window.study_folder
        mine = self.page.preset is None and self.window.keep_preferences
        if not self._due or not mine or not folder.is_dir():
            return
        self._due = False
        try:
            save_study(folder, choices_of(self.page))
        except LabError as error:
            self.window.show_error(error)

    def _later(self) -> None:
        self._due = True
        self._timer.start()
