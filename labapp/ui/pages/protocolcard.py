"""The card that chooses a protocol and says what it asks of people, channels and time."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox

from labapp import paths
from labapp.errors import LabError
from labapp.translate import spoken_language, tr
from labapp.trials.protocol import Block, Protocol, load_protocol
from labapp.ui.flow import FlowLayout
from labapp.ui.numbers import minutes
from labapp.ui.pages.referencerow import ReferenceRow
from labapp.ui.parts import Card, button, label, named
from labapp.ui.theme import GRID
from labapp.ui.words import listed_names, muscle_name, muscle_short, unbroken
from labapp.workflow.protocol_words import listed, told

FIRST = "isometric_pull"
"""Protocol that is chosen before anybody has chosen: the primary test of the onset claim."""


class ProtocolCard(Card):
    """`changed` comes with another protocol, `problem` with one that cannot be read.

    `adapt_wanted` asks for a copy of the protocol with other numbers.
    """

    changed = Signal()
    problem = Signal(object)
    adapt_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(tr("Protocol"), "protocol_card")
        self.protocol: Protocol | None = None
        self._speed = 1.0
        self.protocols = QComboBox()
        for name in paths.listing("protocols", ".toml"):
            self.protocols.addItem(listed(name), name)
        self.protocols.setCurrentIndex(max(0, self.protocols.findData(FIRST)))
        self.protocols.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.protocols.setMinimumContentsLength(12)
        named(self.protocols, "protocol", tr("Protocol"), tr("The test that is run"))
        self.aim = label("", name="protocol_aim", wrap=True)
        self.practice = QCheckBox(tr("Practice first"))
        named(self.practice, "practice", tr("Practice first"), tr("Runs the optional blocks too"))
        self.adapt = button(
            tr("Duplicate and adapt…"),
            "adapt_protocol",
            tr("Makes a copy of this protocol with your own repetitions, load, rests and tempo"),
        )
        self.adapt.clicked.connect(self.adapt_wanted)
        self.length = label("", "soft", name="protocol_length", wrap=True)
        self.needs = label("", "soft", name="protocol_needs", wrap=True)
        self.place = label("", "soft", name="protocol_setup", wrap=True)
        self.stops = label("", "faint", name="protocol_stops", wrap=True)
        for widget in (self.protocols, self.aim):
            self.column.addWidget(widget)
        copies = FlowLayout(2 * GRID)
        for one in (self.practice, self.adapt):
            copies.addWidget(one)
        self.column.addLayout(copies)
        self.reference = ReferenceRow()
        for words in (self.length, self.needs, self.reference, self.place, self.stops):
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
        self.aim.setText(
            told(protocol, protocol.aim) if protocol else tr("This protocol cannot be read.")
        )
        self.adapt.setEnabled(protocol is not None)
        required = protocol.channels.required if protocol else ()
        codes = listed_names(muscle_short(code) for code in required)
        self.needs.setText(tr("Needs channels for: {codes}.", codes=codes) if codes else "")
        self.needs.setToolTip("\n".join(muscle_name(code) for code in required))
        self.place.setText(unbroken(told(protocol, protocol.setup_text)) if protocol else "")
        stops = "; ".join(told(protocol, one) for one in protocol.safety.stop) if protocol else ""
        self.stops.setText(tr("Stop at: {reasons}.", reasons=stops) if stops else "")
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
        parts = tr(", then ").join(_part(self.protocol, b) for b in blocks)
        seconds = self.protocol.duration_s(optional=optional)
        words = tr("{parts}; about {minutes}", parts=parts, minutes=minutes(seconds))
        if self._speed != 1:
            words += " " + tr("({minutes} at this speed)", minutes=minutes(seconds / self._speed))
        self.length.setText(f"{words}.")


def _part(protocol: Protocol, block: Block) -> str:
    """Say a block and how often; English takes its title in small letters, German cannot."""
    title = told(protocol, block.title)
    said = title.lower() if spoken_language() == "en" else title
    return f"{block.repetitions}\u00a0×\u00a0{said}"
