"""Set up: who, which protocol, which devices, which muscle on which channel."""

from __future__ import annotations

from functools import partial

from msgspec.structs import replace
from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout

from labapp.errors import LabError
from labapp.record.config import DeviceConfig
from labapp.translate import tr
from labapp.trials.protocol import Protocol
from labapp.ui.choices import Preset, SetUp
from labapp.ui.keyorder import order_keys
from labapp.ui.look import Look
from labapp.ui.pages.devicescard import DevicesCard
from labapp.ui.pages.montagecard import MontageCard
from labapp.ui.pages.needs import missing_words, what_is_chosen
from labapp.ui.pages.page import Page
from labapp.ui.pages.personcard import PersonCard
from labapp.ui.pages.protocolcard import ProtocolCard
from labapp.ui.parts import allow, button, column, row
from labapp.ui.recalling import cells_in, recall_choices
from labapp.ui.theme import GRID
from labapp.workflow.channel_names import proposed
from labapp.workflow.devices import force_channels
from labapp.workflow.form_filling import Answers, forms_of
from labapp.workflow.naming import PSEUDONYM
from labapp.workflow.protocol_words import told
from labapp.workflow.study_settings import Key, StudySettings, key_of, recalled, remembered

NARROW = 1080
"""Width of the page (design pixels) below which the table of the montage stands alone."""
STACKED, BACK = 960, 720
"""Widths below which the halves stack, and below which the table is alone then."""
PLUG_MS = 1500
"""While real devices are chosen on the open page, plugs are looked at this often."""


class SetupPage(Page):
    """Leads to one button: start recording."""

    start_wanted = Signal(object)
    ports_wanted = Signal()
    sync_wanted = Signal()
    calibrate_wanted = Signal()
    problem = Signal(object)
    crumbs_changed = Signal()
    choices_changed = Signal()
    free = Signal()
    """The page came to the front, or a recording ended: what it tells of the study may be old."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, "setup", tr("Set up"))
        self.seed = 1
        self.preset: Preset | None = None
        self.study = StudySettings()
        self.cells: dict[Key, str] = {}
        self.answers = Answers(())
        self._answered = ""
        self.recording = False
        self._recalling = False
        self._plugs = QTimer(self)
        self._plugs.setInterval(PLUG_MS)
        self._plugs.timeout.connect(self.ports_wanted)
        self._make_cards()
        self.halves = row(spacing=2 * GRID)
        self.halves.addLayout(column(self.person, self.test, None, spacing=2 * GRID), 4)
        self.halves.addLayout(column(self.devices, self.lying, None, spacing=2 * GRID), 7)
        self.inside.addLayout(self.halves)
        self.inside.addStretch(1)
        self.calibrate = button(
            tr("Calibrate…"), "calibrate", tr("Turns a load cell's counts into newtons, by masses")
        )
        self.calibrate.clicked.connect(self.calibrate_wanted)
        self.sync = button(
            tr("Synchronise…"),
            "synchronise",
            tr("Measures how the clocks of the two devices relate"),
        )
        self.sync.clicked.connect(self.sync_wanted)
        self.start = button(
            tr("Start recording"),
            "start_recording",
            tr("Starts the recorder; the protocol begins when you say so on the page Run"),
            role="primary",
        )
        self.start.clicked.connect(self._start)
        self.add_actions(self.calibrate, self.sync, self.start)
        self.test.load()
        self._source_changed()

    def _make_cards(self) -> None:
        self.test = ProtocolCard()
        self.protocols = self.test.protocols
        self.test.problem.connect(self.problem)
        self.test.changed.connect(self._protocol_changed)
        self.test.practice.toggled.connect(lambda _: self._choice_changed())
        self.person = PersonCard()
        self.participant = self.person.code
        self.person.changed.connect(self._check)
        self.participant.textChanged.connect(self._participant_changed)
        self.devices = DevicesCard(self.look)
        self.given, self.simulated = self.devices.given, self.devices.simulated
        self.serial, self.ports = self.devices.serial, self.devices.ports
        self.set_ports = self.ports.set_ports
        self.simulator = self.devices.simulator
        self.devices.changed.connect(self._source_changed)
        self.devices.ports_wanted.connect(self.ports_wanted)
        self.simulator.speed_changed.connect(self._show_speed)
        self.simulator.scenario.currentIndexChanged.connect(lambda _: self._choice_changed())
        self.lying = MontageCard(self.look, self)
        self.montage, self.back = self.lying.table, self.lying.back
        self.lying.changed.connect(self._check)
        self.lying.changed.connect(self._choice_changed)

    # ------------------------------------------------------------------ state

    @property
    def protocol(self) -> Protocol | None:
        """The chosen protocol, None if it cannot be read."""
        return self.test.protocol

    def entered(self) -> None:
        """Look for ports when the page is opened on real devices; the first field is ready."""
        (self.start if self.start.isEnabled() else self.participant).setFocus()
        self._watch_plugs()
        if self.serial.isChecked():
            self.ports_wanted.emit()
        self.free.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the ports alone while another page is in front."""
        super().hideEvent(event)
        self._plugs.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the halves below each other, or leave the drawn back out, where room is short."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        width, way = self.width() / self.look.scale, QBoxLayout.Direction
        stacked = width < STACKED
        self.halves.setDirection(way.TopToBottom if stacked else way.LeftToRight)
        self.lying.allow_back(width >= (BACK if stacked else NARROW))

    def set_recording(self, on: bool) -> None:
        """While a recording runs, another cannot start, and its ports are left alone."""
        self.recording = on
        self._watch_plugs()
        self._check()
        if not on:
            self.free.emit()

    def crumb(self) -> tuple[str, ...]:
        """Who and what, for the top bar, which names nobody: only a code is shown there."""
        what = told(self.protocol, self.protocol.title) if self.protocol else ""
        code = self.participant.text().strip()
        return code if PSEUDONYM.fullmatch(code) else "", what, self.title

    def choice(self) -> SetUp | None:
        """Return what is chosen, None while something is missing."""
        try:
            return None if self.missing() else what_is_chosen(self)
        except LabError as error:
            self.problem.emit(error)
            return None

    def set_preset(self, wishes: Preset) -> None:
        """Fill in what the command line gave.

        Raises
        ------
        LabError
            No such scenario.
        """
        self.preset, self.seed = wishes, wishes.seed
        self.simulator.choose(wishes.scenario, wishes.speed)
        self.participant.setText(wishes.participant)
        self.test.choose(wishes.protocol, practice=wishes.practice)
        if wishes.devices:
            self.devices.show_given(wishes.devices)
        else:
            self.simulated.setChecked(True)
        self._source_changed()

    def all_simulated(self) -> bool:
        """Whether no device is real: nobody is asked for consent."""
        return all(device.simulated for device in self.montage.devices())

    def missing(self) -> str:
        """Return what still has to be chosen, in words; empty when ready."""
        return missing_words(self)

    # ------------------------------------------------------------------ changes

    def _source_changed(self) -> None:
        """Show the devices of the chosen source, with the montage that the study knows."""
        if self._recalling:
            return
        shown = self.montage.devices()
        if shown:
            self.study = replace(self.study, devices=remembered(self.study, shown, self.cells))
        try:
            devices = self.devices.devices(self.preset)
        except LabError as error:
            self.problem.emit(error)
            devices = shown
        given = self.given.isChecked() and self.preset is not None
        if not given:
            devices = tuple(recalled(self.study, device) for device in devices)
        if devices != shown or not devices:
            self.lying.set_devices(devices, {} if given else proposed(self.study, devices))
        order_keys(self)
        self.devices.show_panels(given=given, simulated=self.all_simulated())
        self._fit()
        self._watch_plugs()
        self._show_speed()
        self._check()
        self._choice_changed()
        if self.serial.isChecked():
            self.ports.ask()

    def recall(self, study: StudySettings) -> None:
        """Take up the devices that a study remembers, in place of those of another study."""
        self._recalling = True
        self.study, self.cells = study, cells_in(study)
        try:
            recall_choices(self, study)
        finally:
            self._recalling = False
            self.lying.set_devices(())
            self._source_changed()

    def remember_cell(self, device: DeviceConfig, cell: str) -> None:
        """Use a load cell that was calibrated under a name of its own."""
        self.cells[key_of(device)] = cell
        self._choice_changed()

    def _choice_changed(self) -> None:
        if not self._recalling and self.preset is None:
            self.choices_changed.emit()

    def _watch_plugs(self) -> None:
        """Follow plugs while somebody chooses among connected devices."""
        if self.serial.isChecked() and self.isVisible() and not self.recording:
            self._plugs.start()
        else:
            self._plugs.stop()

    def _show_speed(self) -> None:
        self.test.show_speed(self.simulator.chosen_speed() if self.all_simulated() else 1.0)
        self._choice_changed()

    def _protocol_changed(self) -> None:
        self.new_answers()
        self._choice_changed()
        self.crumbs_changed.emit()

    def _participant_changed(self) -> None:
        """Answers belong to one person: another code begins anew."""
        if self.answers.markers() and self.participant.text().strip() != self._answered:
            self.new_answers()
        self.crumbs_changed.emit()

    def new_answers(self) -> None:
        """Begin the forms anew: for another person, protocol, or recording."""
        self.answers = Answers(forms_of(self.protocol) if self.protocol is not None else ())
        self.show_answers()

    def show_answers(self) -> None:
        """Say how far the forms are."""
        self._answered = self.participant.text().strip()
        self.person.show_screening(self.answers, partial(told, self.protocol))
        self._check()

    def _check(self) -> None:
        if not hasattr(self, "start"):
            return
        missing = self.missing()
        self.hint.setText(missing)
        self.hint.setAccessibleName(missing)
        allow(self.start, not missing, missing)
        devices = self.montage.devices()
        self.sync.setVisible(len(devices) > 1)
        self.calibrate.setVisible(any(force_channels(device) for device in devices))

    def _start(self) -> None:
        chosen = self.choice()
        if chosen is not None:
            self.start_wanted.emit(chosen)
