"""The card that chooses where samples come from: the simulated lab, or what is connected."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QRadioButton, QVBoxLayout, QWidget

from labapp.errors import LabError
from labapp.record.config import DeviceConfig
from labapp.record.listing import PortInfo
from labapp.translate import tr
from labapp.ui.choices import Preset, simulated_devices
from labapp.ui.flow import FlowLayout
from labapp.ui.look import Look
from labapp.ui.pages.channelunits import ChannelUnits
from labapp.ui.pages.ports import PortsTable
from labapp.ui.pages.simulator import SimulatorPanel
from labapp.ui.parts import Card, button, label, named, row
from labapp.ui.theme import GRID
from labapp.ui.words import error_words
from labapp.workflow.sources import address_port


class DevicesCard(Card):
    """`changed` comes with another choice of devices; the other signals ask for work.

    `ports_wanted`: look for serial ports; `streams_wanted`: look for LSL streams.
    """

    changed = Signal()
    ports_wanted = Signal()
    streams_wanted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(tr("Devices"), "devices_card")
        self.given = QRadioButton(tr("As given"))
        named(
            self.given,
            "source_given",
            tr("Devices as given"),
            tr("Devices of the command line"),
        )
        self.given.hide()
        self.simulated = QRadioButton(tr("Simulated lab"))
        named(
            self.simulated,
            "source_simulated",
            tr("Simulated lab"),
            tr("Simulated devices that speak the real wire formats, with a known truth"),
        )
        self.serial = QRadioButton(tr("Connected devices"))
        named(
            self.serial,
            "source_serial",
            tr("Connected devices"),
            tr("USB and Bluetooth ports, streams of other programs, boards"),
        )
        self.simulated.setChecked(True)
        for source in (self.given, self.simulated, self.serial):
            source.toggled.connect(self._toggled)
        sources = FlowLayout(3 * GRID)
        for source in (self.given, self.simulated, self.serial):
            sources.addWidget(source)
        self.column.addLayout(sources)
        self.given_words = label("", name="given_devices", wrap=True)
        self.simulator = SimulatorPanel(look)
        self.panel = self._connected(look)
        for part in (self.given_words, self.simulator, self.panel):
            self.column.addWidget(part)

    def _connected(self, look: Look) -> QWidget:
        panel = QWidget()
        named(panel, "connected_panel", tr("Connected devices"))
        inside = QVBoxLayout(panel)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(GRID)
        self.ports = PortsTable(look)
        self.channels = ChannelUnits(look, self.ports)
        self.ports.changed.connect(self.channels.refresh)
        self.ports.changed.connect(self.changed)
        self.search = button(
            tr("Search again"),
            "search_ports",
            tr("Looks for serial ports again; the list follows plugs by itself"),
        )
        self.search.clicked.connect(self.ports_wanted)
        self.streams = button(
            tr("Find LSL streams"),
            "search_streams",
            tr("Looks for streams of other programs on this computer (Lab Streaming Layer)"),
        )
        self.streams.clicked.connect(self.streams_wanted)
        self.address = QLineEdit()
        self.address.setMaxLength(300)
        self.address.setPlaceholderText("brainflow://cyton?serial_port=COM3")
        named(
            self.address,
            "address",
            tr("Address of a stream or board"),
            tr("lsl://NAME or brainflow://BOARD, with the options of docs/how-to"),
        )
        self.address.returnPressed.connect(self._add)
        self.add = button(tr("Add"), "add_address", tr("Puts this address on the list"))
        self.add.clicked.connect(self._add)
        self.note = label("", "missing", name="sources_note", wrap=True)
        self.note.hide()
        inside.addWidget(self.ports)
        inside.addLayout(row(self.search, self.streams, None))
        line = row(self.address, self.add)
        line.setStretch(0, 1)
        inside.addLayout(line)
        inside.addWidget(self.note)
        inside.addWidget(self.channels)
        return panel

    # ------------------------------------------------------------------ state

    def devices(self, preset: Preset | None) -> tuple[DeviceConfig, ...]:
        """Return the devices of the chosen source.

        Raises
        ------
        LabError
            A driver that cannot be used.
        """
        if self.given.isChecked() and preset is not None:
            return preset.devices
        if self.simulated.isChecked():
            return simulated_devices()
        return self.ports.chosen()

    def show_panels(self, *, given: bool, simulated: bool) -> None:
        """Show what belongs to the chosen source."""
        self.given_words.setVisible(given)
        self.panel.setVisible(self.serial.isChecked())
        self.simulator.setVisible(self.simulated.isChecked() or (given and simulated))

    def show_given(self, devices: Sequence[DeviceConfig]) -> None:
        """Offer the devices of the command line, and choose them."""
        lines = [f"{device.id}: {device.driver} on {device.port}" for device in devices]
        self.given_words.setText("\n".join(lines))
        self.given.show()
        self.given.setChecked(True)

    def show_streams(self, found: Sequence[PortInfo]) -> None:
        """Put the streams that were found on the list."""
        self.streams.setEnabled(True)
        none = tr("No LSL stream answers on this computer. Start the program that sends it.")
        self.say("" if found else none)
        self.ports.set_streams(found)

    def say(self, words: str) -> None:
        """Show a plain reason under the list; empty hides it."""
        self.note.setText(words)
        self.note.setAccessibleName(words)
        self.note.setVisible(bool(words))

    def no_streams(self, error: BaseException) -> None:
        """Say why no stream can be found."""
        self.streams.setEnabled(True)
        self.say(error_words(error))

    def _add(self) -> None:
        try:
            self.ports.add_address(address_port(self.address.text()))
        except LabError as error:
            self.say(error_words(error))
            return
        self.address.clear()
        self.say("")

    def _toggled(self, on: bool) -> None:
        if on:
            self.changed.emit()
            if self.serial.isChecked():
                self.ports_wanted.emit()
