"""The card that chooses a protocol and says what it asks of people, channels and time."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox

from labapp import paths
from labapp.errors import LabError
from labapp.trials.protocol import Protocol, load_protocol
from labapp.ui.numbers import minutes
from labapp.ui.parts import Card, label, named
from labapp.ui.words import muscle_short

FIRST = "isometric_pull"
"""Protocol that is chosen before anybody has chosen: the primary test of the onset claim."""


class ProtocolCard(Card):
    """`changed` comes with another protocol, `problem` with one that cannot be read."""

    changed = Signal()
    problem = Signal(object)

    def __init__(self) -> None:
        super().__init__("Protocol", "protocol_card")
        self.protocol: Protocol | None = None
        self._speed = 1.0
        self.protocols = QComboBox()
        for name in paths.listing("protocols", ".toml"):
            self.protocols.addItem(name.replace("_", " ").capitalize(), name)
        self.protocols.setCurrentIndex(max(0, self.protocols.findData(FIRST)))
        named(self.protocols, "protocol", "Protocol", "The test that is run")
        self.aim = label("", name="protocol_aim", wrap=True)
        self.practice = QCheckBox("Practice first")
        named(self.practice, "practice", "Practice first", "Runs the optional blocks too")
        self.length = label("", "soft", name="protocol_length", wrap=True)
        self.needs = label("", "soft", name="protocol_needs", wrap=True)
        self.place = label("", "soft", name="protocol_setup", wrap=True)
        self.stops = label("", "faint", name="protocol_stops", wrap=True)
        for widget in (self.protocols, self.aim, self.practice):
            self.column.addWidget(widget)
        for words in (self.length, self.needs, self.place, self.stops):
            self.column.addWidget(words)
        self.protocols.currentIndexChanged.connect(self.load)
        self.practice.toggled.connect(self._show_length)

    def choose(self, name: str, *, practice: bool) -> None:
        """Choose a protocol by name or path of a file, on the list or not."""
        if self.protocols.findData(name) < 0:
            self.protocols.addItem(Path(name).stem.replace("_", " ").capitalize(), name)
        self.protocols.setCurrentIndex(self.protocols.findData(name))
        self.practice.setChecked(practice)

    def load(self) -> None:
        """Read the chosen protocol and show what it says."""
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
        optional = any(block.optional for block in protocol.blocks) if protocol else False
        self.practice.setVisible(optional)
        if not optional:
            self.practice.setChecked(False)
        self._show_length()
        self.changed.emit()

    def show_speed(self, speed: float) -> None:
        """Say how long the test takes at this speed of a simulated lab."""
        self._speed = speed
        self._show_length()

    def _show_length(self) -> None:
        if self.protocol is None:
            self.length.setText("")
            return
        optional = self.practice.isChecked()
        blocks = self.protocol.blocks_to_run(optional=optional)
        parts = ", then ".join(f"{b.repetitions} × {b.title.lower()}" for b in blocks)
        seconds = self.protocol.duration_s(optional=optional)
        words = f"{parts}; about {minutes(seconds)}"
        if self._speed != 1:
            words += f" ({minutes(seconds / self._speed)} at this speed)"
        self.length.setText(f"{words}.")
