"""Set up: who, which protocol, which devices, which muscle on which channel."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QGridLayout,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from labapp import paths
from labapp.errors import LabError
from labapp.record.listing import PortInfo
from labapp.simulate.scenario import list_scenarios, load_scenario
from labapp.trials.protocol import Protocol, load_protocol
from labapp.ui.choices import SetUp, simulated_devices
from labapp.ui.look import Look
from labapp.ui.pages.montage import MontageTable
from labapp.ui.pages.page import Page
from labapp.ui.pages.ports import PortsTable
from labapp.ui.parts import Card, button, column, label, named, row
from labapp.ui.theme import GRID
from labapp.ui.words import minutes, muscle_short
from labapp.workflow.devices import missing_channels
from labapp.workflow.naming import check_participant

SPEEDS = (1.0, 4.0, 10.0)


class SetupPage(Page):
    """Leads to one button: start recording."""

    start_wanted = Signal(object)
    ports_wanted = Signal()
    problem = Signal(object)
    crumbs_changed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(look, "setup", "Set up")
        self.seed = 1
        self.protocol: Protocol | None = None
        self._recording = False
        grid = QGridLayout()
        grid.setSpacing(2 * GRID)
        left = column(self._who(), self._test(), None, spacing=2 * GRID)
        right = column(self._devices(), self._montage(), None, spacing=2 * GRID)
        grid.addLayout(left, 0, 0)
        grid.addLayout(right, 0, 1)
        grid.setColumnStretch(0, 5)
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
        self.add_actions(self.start)
        self._load_protocol()
        self._source_changed()

    # ------------------------------------------------------------------ making

    def _who(self) -> Card:
        card = Card("Participant", "participant_card")
        self.participant = QLineEdit()
        self.participant.setPlaceholderText("AB-014")
        self.participant.setMaxLength(64)
        named(
            self.participant,
            "participant",
            "Participant code",
            "A code, never a name or a birth date:\n2 to 4 capitals, a hyphen, 3 to 5 digits",
        )
        self.participant.textChanged.connect(self._check)
        self.participant.textChanged.connect(lambda _: self.crumbs_changed.emit())
        card.column.addWidget(self.participant)
        note = "A code such as AB-014. No name, birth date or address is stored."
        card.column.addWidget(label(note, "faint", name="participant_note", wrap=True))
        return card

    def _test(self) -> Card:
        card = Card("Protocol", "protocol_card")
        self.protocols = QComboBox()
        for name in paths.listing("protocols", ".toml"):
            self.protocols.addItem(name.replace("_", " ").capitalize(), name)
        named(self.protocols, "protocol", "Protocol", "The test that is run")
        self.protocols.currentIndexChanged.connect(self._load_protocol)
        self.aim = label("", name="protocol_aim", wrap=True)
        self.length = label("", "soft", name="protocol_length", wrap=True)
        self.needs = label("", "soft", name="protocol_needs", wrap=True)
        self.place = label("", "soft", name="protocol_setup", wrap=True)
        self.stops = label("", "faint", name="protocol_stops", wrap=True)
        for widget in (self.protocols, self.aim, self.length, self.needs, self.place, self.stops):
            card.column.addWidget(widget)
        return card

    def _devices(self) -> Card:
        card = Card("Devices", "devices_card")
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
        self.simulated.toggled.connect(self._source_changed)
        card.column.addLayout(row(self.simulated, self.serial, None, spacing=3 * GRID))
        self.simulated_panel = self._simulated_panel()
        self.serial_panel = self._serial_panel()
        card.column.addWidget(self.simulated_panel)
        card.column.addWidget(self.serial_panel)
        return card

    def _simulated_panel(self) -> QWidget:
        panel = QWidget()
        form = QFormLayout(panel)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(GRID)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.scenario = QComboBox()
        for name in list_scenarios():
            self.scenario.addItem(name.replace("_", " ").capitalize(), name)
        named(self.scenario, "scenario", "Scenario", "What is true in the simulated lab")
        self.scenario.setCurrentIndex(max(0, self.scenario.findData("demo")))
        self.scenario.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.scenario.setMinimumContentsLength(20)
        self.speed = QComboBox()
        for speed in SPEEDS:
            words = "real time" if speed == 1 else f"{speed:g} × real time"
            self.speed.addItem(words, speed)
        named(self.speed, "speed", "Speed", "Lab seconds per second of simulated devices")
        self.speed.currentIndexChanged.connect(self._show_length)
        for words, field in (("Scenario", self.scenario), ("Speed", self.speed)):
            head = label(words, "soft")
            head.setBuddy(field)
            head.setMinimumHeight(self.look.px(32))
            form.addRow(head, field)
        self.truth = label("", "faint", name="scenario_truth", wrap=True)
        form.addRow(self.truth)
        self.scenario.currentIndexChanged.connect(self._show_truth)
        self._show_truth()
        return panel

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
        self.montage.changed.connect(self._check)
        card.column.addWidget(self.montage)
        return card

    # ------------------------------------------------------------------ state

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

    def crumb(self) -> str:
        """Who and what, for the top bar."""
        parts = (self.participant.text().strip(), self.protocol.title if self.protocol else "")
        return " ▸ ".join(part for part in parts if part)

    def choice(self) -> SetUp | None:
        """Return what is chosen, None while something is missing."""
        if self.missing() or self.protocol is None:
            return None
        simulated = self.simulated.isChecked()
        return SetUp(
            participant=self.participant.text().strip(),
            protocol=str(self.protocols.currentData()),
            devices=self.montage.devices(),
            scenario=str(self.scenario.currentData()) if simulated else None,
            speed=float(self.speed.currentData()) if simulated else 1.0,
            seed=self.seed,
        )

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
        devices = self.montage.devices()
        if not devices:
            return "Missing: a device. Tick a port that can be opened."
        doubled = self.montage.doubled()
        if doubled:
            return f"{', '.join(doubled)} is on two channels: give each channel its own."
        lacking = missing_channels(devices, self.protocol.channels.required)
        if lacking:
            return f"The protocol needs a channel for {', '.join(lacking)}."
        return ""

    def _source_changed(self) -> None:
        simulated = self.simulated.isChecked()
        self.simulated_panel.setVisible(simulated)
        self.serial_panel.setVisible(not simulated)
        try:
            self.montage.set_devices(simulated_devices() if simulated else self.ports.chosen())
        except LabError as error:
            self.problem.emit(error)
        if not simulated and self.sender() is self.simulated:
            self.ports_wanted.emit()

    def _load_protocol(self) -> None:
        self.protocol = None
        name = self.protocols.currentData()
        if name is not None:
            try:
                self.protocol = load_protocol(name)
            except LabError as error:
                self.problem.emit(error)
        protocol = self.protocol
        self.aim.setText(protocol.aim if protocol else "This protocol cannot be read.")
        required = protocol.channels.required if protocol else ()
        codes = ", ".join(muscle_short(code) for code in required)
        self.needs.setText(f"Needs channels for: {codes}." if codes else "")
        self.place.setText(protocol.setup_text if protocol else "")
        stops = "; ".join(protocol.safety.stop) if protocol else ""
        self.stops.setText(f"Stop at: {stops}." if stops else "")
        self._show_length()
        self._check()
        self.crumbs_changed.emit()

    def _show_truth(self) -> None:
        name = self.scenario.currentData()
        self.truth.setText(f"Truth: {load_scenario(name).title}." if name else "")

    def _show_length(self) -> None:
        if self.protocol is None:
            self.length.setText("")
            return
        blocks = self.protocol.blocks_to_run()
        parts = ", then ".join(f"{b.repetitions} × {b.title.lower()}" for b in blocks)
        seconds = self.protocol.duration_s()
        words = f"{parts}; about {minutes(seconds)}"
        speed = float(self.speed.currentData() or 1.0) if hasattr(self, "speed") else 1.0
        if speed > 1 and self.simulated.isChecked():
            words += f" ({minutes(seconds / speed)} at this speed)"
        self.length.setText(f"{words}.")

    def _check(self) -> None:
        if not hasattr(self, "start"):
            return
        missing = self.missing()
        self.hint.setText(missing)
        self.hint.setAccessibleName(missing)
        self.start.setEnabled(not missing)

    def _start(self) -> None:
        chosen = self.choice()
        if chosen is not None:
            self.start_wanted.emit(chosen)
