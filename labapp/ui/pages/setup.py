"""Set up: who, which protocol, which devices, which muscle on which channel."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from labapp.errors import LabError
from labapp.record.listing import PortInfo
from labapp.trials.protocol import Protocol
from labapp.ui.choices import Preset, SetUp, simulated_devices
from labapp.ui.look import Look
from labapp.ui.pages.backmap import BackMap
from labapp.ui.pages.montage import MontageTable
from labapp.ui.pages.page import Page
from labapp.ui.pages.personcard import PersonCard
from labapp.ui.pages.ports import PortsTable
from labapp.ui.pages.protocolcard import ProtocolCard
from labapp.ui.pages.simulator import SimulatorPanel
from labapp.ui.parts import Card, button, column, label, named, row
from labapp.ui.theme import GRID
from labapp.workflow.devices import missing_channels
from labapp.workflow.naming import check_participant

NARROW = 1080
"""Width of the page (design pixels) below which the table of the montage stands alone."""


class SetupPage(Page):
    """Leads to one button: start recording."""

    start_wanted = Signal(object)
    ports_wanted = Signal()
    sync_wanted = Signal()
    problem = Signal(object)
    crumbs_changed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(look, "setup", "Set up")
        self.seed = 1
        self.preset: Preset | None = None
        self._recording = False
        self.test = ProtocolCard()
        self.protocols = self.test.protocols
        self.test.problem.connect(self.problem)
        self.test.changed.connect(self._protocol_changed)
        self.person = PersonCard()
        self.participant = self.person.code
        self.person.changed.connect(self._check)
        self.participant.textChanged.connect(lambda _: self.crumbs_changed.emit())
        grid = QGridLayout()
        grid.setSpacing(2 * GRID)
        left = column(self.person, self.test, None, spacing=2 * GRID)
        right = column(self._devices(), self._montage(), None, spacing=2 * GRID)
        grid.addLayout(left, 0, 0)
        grid.addLayout(right, 0, 1)
        grid.setColumnStretch(0, 4)
        grid.setColumnStretch(1, 7)
        self.inside.addLayout(grid)
        self.inside.addStretch(1)
        self.start = button(
            "Start recording",
            "start_recording",
            "Starts the recorder; the protocol begins when you say so on the page Run",
            role="primary",
        )
        self.start.clicked.connect(self._start)
        self.sync = button(
            "Synchronise…", "synchronise", "Measures how the clocks of the two devices relate"
        )
        self.sync.clicked.connect(self.sync_wanted)
        self.add_actions(self.sync, self.start)
        self.test.load()
        self._source_changed()

    # ------------------------------------------------------------------ making

    def _devices(self) -> Card:
        card = Card("Devices", "devices_card")
        self.given = QRadioButton("As given")
        named(self.given, "source_given", "Devices as given", "Devices of the command line")
        self.given.hide()
        self.simulated = QRadioButton("Simulated lab")
        named(
            self.simulated,
            "source_simulated",
            "Simulated lab",
            "Simulated devices that speak the real wire formats, with a known truth",
        )
        self.serial = QRadioButton("Devices on serial ports")
        named(self.serial, "source_serial", "Devices on serial ports", "USB and Bluetooth ports")
        self.simulated.setChecked(True)
        for source in (self.given, self.simulated, self.serial):
            source.toggled.connect(self._source_toggled)
        card.column.addLayout(row(self.given, self.simulated, self.serial, None, spacing=3 * GRID))
        self.given_words = label("", name="given_devices", wrap=True)
        self.simulator = SimulatorPanel(self.look)
        self.simulator.speed_changed.connect(self._show_speed)
        self.serial_panel = self._serial_panel()
        for panel in (self.given_words, self.simulator, self.serial_panel):
            card.column.addWidget(panel)
        return card

    def _serial_panel(self) -> QWidget:
        panel = QWidget()
        inside = QVBoxLayout(panel)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(GRID)
        self.ports = PortsTable(self.look)
        self.ports.changed.connect(self._source_changed)
        self.search = button("Search again", "search_ports", "Looks for serial ports again")
        self.search.clicked.connect(self.ports_wanted)
        inside.addWidget(self.ports)
        inside.addLayout(row(self.search, None))
        return panel

    def _montage(self) -> Card:
        card = Card("Montage", "montage_card", "Which muscle is under which channel.")
        self.montage = MontageTable(self.look)
        self.montage.changed.connect(self._montage_changed)
        self.back = BackMap(self.look)
        self.back.dropped.connect(self.montage.assign)
        self.no_channels = label(
            "The channels of a device appear here when its port is ticked.",
            "soft",
            name="no_channels",
            wrap=True,
        )
        card.column.addWidget(self.no_channels)
        beside = row(self.montage, self.back, spacing=2 * GRID)
        beside.setAlignment(self.back, Qt.AlignmentFlag.AlignTop)
        card.column.addLayout(beside)
        return card

    def _montage_changed(self) -> None:
        channels = self.montage.channels()
        self.back.set_channels(channels)
        self.back.setVisible(bool(channels) and self.width() >= self.look.px(NARROW))
        self._check()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the drawn back out where the window is too narrow for it."""
        super().resizeEvent(event)
        self._montage_changed()

    # ------------------------------------------------------------------ state

    @property
    def protocol(self) -> Protocol | None:
        """The chosen protocol, None if it cannot be read."""
        return self.test.protocol

    def entered(self) -> None:
        """Look for ports when the page is opened on real devices; the first field is ready."""
        (self.start if self.start.isEnabled() else self.participant).setFocus()
        if self.serial.isChecked():
            self.ports_wanted.emit()

    def set_ports(self, found: Sequence[PortInfo]) -> None:
        """Show the ports that were found."""
        self.ports.set_ports(found)

    def set_recording(self, on: bool) -> None:
        """While a recording runs, another cannot start."""
        self._recording = on
        self._check()

    @property
    def recording(self) -> bool:
        """Whether a recording runs."""
        return self._recording

    def crumb(self) -> tuple[str, ...]:
        """Who and what, for the top bar."""
        what = self.protocol.title if self.protocol else ""
        return self.participant.text().strip(), what, self.title

    def choice(self) -> SetUp | None:
        """Return what is chosen, None while something is missing."""
        if self.missing() or self.protocol is None:
            return None
        devices = self.montage.devices()
        some = any(device.simulated for device in devices)
        return SetUp(
            participant=self.participant.text().strip(),
            protocol=self.protocol,
            devices=devices,
            scenario=self.simulator.chosen_scenario() if some else None,
            speed=self.simulator.chosen_speed() if self._all_simulated() else 1.0,
            seed=self.seed,
            optional=self.test.practice.isChecked(),
            person=self.person.facts(simulated=self._all_simulated()),
        )

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
            lines = [f"{d.id}: {d.driver} on {d.port}" for d in wishes.devices]
            self.given_words.setText("\n".join(lines))
            self.given.show()
            self.given.setChecked(True)
        else:
            self.simulated.setChecked(True)
        self._source_changed()

    def _all_simulated(self) -> bool:
        return all(device.simulated for device in self.montage.devices())

    def missing(self) -> str:
        """Return what still has to be chosen, in words; empty when ready."""
        if self._recording:
            return "A recording is running: finish it on the page Run."
        if not self.participant.text().strip():
            return "Missing: a participant code."
        try:
            check_participant(self.participant.text().strip())
        except LabError as error:
            return f"{error}."
        if self.protocol is None:
            return "Missing: a protocol."
        undecided = self.ports.undecided() if self.serial.isChecked() else []
        if undecided:
            return f"Choose the driver for {', '.join(undecided)}."
        devices = self.montage.devices()
        if not devices:
            return "Missing: a device. Tick a port that can be opened."
        doubled = self.montage.doubled()
        if doubled:
            return f"{', '.join(doubled)} is on two channels: give each channel its own."
        lacking = missing_channels(devices, self.protocol.channels.required)
        if lacking:
            return f"The protocol needs a channel for {', '.join(lacking)}."
        return self.person.missing(simulated=self._all_simulated())

    def _source_toggled(self, on: bool) -> None:
        if on:
            self._source_changed()
            if self.serial.isChecked():
                self.ports_wanted.emit()

    def _source_changed(self) -> None:
        given = self.given.isChecked() and self.preset is not None
        try:
            if given and self.preset is not None:
                self.montage.set_devices(self.preset.devices)
            elif self.simulated.isChecked():
                self.montage.set_devices(simulated_devices())
            else:
                self.montage.set_devices(self.ports.chosen())
        except LabError as error:
            self.problem.emit(error)
        there = bool(self.montage.devices())
        self.montage.setVisible(there)
        self.no_channels.setVisible(not there)
        self.given_words.setVisible(given)
        self.serial_panel.setVisible(self.serial.isChecked())
        self.simulator.setVisible(self.simulated.isChecked() or (given and self._all_simulated()))
        self._show_speed()

    def _show_speed(self) -> None:
        self.test.show_speed(self.simulator.chosen_speed() if self._all_simulated() else 1.0)

    def _protocol_changed(self) -> None:
        self._check()
        self.crumbs_changed.emit()

    def _check(self) -> None:
        if not hasattr(self, "start"):
            return
        missing = self.missing()
        self.hint.setText(missing)
        self.hint.setAccessibleName(missing)
        self.start.setEnabled(not missing)
        self.sync.setVisible(len(self.montage.devices()) > 1)

    def _start(self) -> None:
        chosen = self.choice()
        if chosen is not None:
            self.start_wanted.emit(chosen)
