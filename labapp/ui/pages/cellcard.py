"""The card that says which load cell is calibrated, with which masses, and where."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit

from labapp import paths
from labapp.errors import LabError
from labapp.record.config import DeviceConfig
from labapp.translate import tr
from labapp.ui.look import Look
from labapp.ui.parts import Card, label, named
from labapp.ui.theme import GRID
from labapp.workflow.calibrate_guide import (
    SIMULATED_SERIAL,
    CellChoice,
    cells_of,
    gravity,
    read_masses,
)

CYCLES = (3, 2, 1, 4, 5)


class CellCard(Card):
    """`changed` comes with every keystroke; `chosen` says what is wrong."""

    changed = Signal()

    def __init__(self, look: Look) -> None:
        note = tr(
            "Switch the cell on 15 minutes before. Weigh hook and tray: they belong to every mass."
        )
        super().__init__(tr("Load cell and masses"), "calibrate_choice", note)
        self._cells: tuple[tuple[DeviceConfig, str], ...] = ()
        form = QFormLayout()
        form.setSpacing(GRID)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.cell = QComboBox()
        named(self.cell, "cell", tr("Load cell"), tr("Device and channel that is calibrated"))
        self.cell.currentIndexChanged.connect(lambda _: self._cell_changed())
        self.serial = self._field(
            "cell_serial",
            tr("Serial number"),
            tr("Of the plug, or a name of your own, written on the cell: CELL-1"),
        )
        self.masses = self._field(
            "masses", tr("Masses, kg"), tr("Two or more, hook and tray included"), "5, 10, 15, 20"
        )
        self.cycles = QComboBox()
        for number in CYCLES:
            self.cycles.addItem(tr("{n} times up and down", n=number), number)
        named(self.cycles, "cycles", tr("Cycles"), tr("Three are usual"))
        self.latitude = self._field(
            "latitude", tr("Latitude, degrees"), tr("For the local g; empty: 9.80665 m/s²")
        )
        self.model = self._field("cell_model", tr("Maker and model"), tr("As on the cell's label"))
        self.latitude.setPlaceholderText(tr("optional, e.g. 52.5"))
        self.model.setPlaceholderText(tr("optional"))
        for words, field in (
            (tr("Load cell"), self.cell),
            (tr("Serial number"), self.serial),
            (tr("Masses, kg"), self.masses),
            (tr("Cycles"), self.cycles),
            (tr("Latitude, degrees"), self.latitude),
            (tr("Maker and model"), self.model),
        ):
            head = label(words, "soft")
            head.setBuddy(field)
            head.setMinimumHeight(look.px(32))
            form.addRow(head, field)
        self.column.addLayout(form)

    def _field(self, name: str, spoken: str, tip: str, text: str = "") -> QLineEdit:
        field = QLineEdit(text)
        field.setMaxLength(120)
        named(field, name, spoken, tip)
        field.textChanged.connect(lambda _: self.changed.emit())
        return field

    def set_devices(self, devices: Sequence[DeviceConfig]) -> None:
        """Offer the load cells of these devices."""
        self._cells = cells_of(devices)
        self.cell.clear()
        for device, channel in self._cells:
            name = channel if channel == device.id else f"{device.id}: {channel}"
            self.cell.addItem(f"{name} ({device.driver}, {device.port})")
        self._cell_changed()

    def _cell_changed(self) -> None:
        index = self.cell.currentIndex()
        if 0 <= index < len(self._cells):
            device, _ = self._cells[index]
            self.serial.setText(device.serial or (SIMULATED_SERIAL if device.simulated else ""))
            self.serial.setReadOnly(bool(device.serial))
        self.changed.emit()

    def chosen(self) -> CellChoice:
        """Return what is to be calibrated.

        Raises
        ------
        LabError
            What is missing or makes no sense, in words.
        """
        index = self.cell.currentIndex()
        if not 0 <= index < len(self._cells):
            raise LabError("no device measures force", "choose one on the page Set up")
        device, channel = self._cells[index]
        serial = self.serial.text().strip()
        if not paths.is_safe_name(serial):
            raise LabError(
                "the cell has no serial number", "give it a name of your own, written on it: CELL-1"
            )
        g, source = gravity(self.latitude.text())
        return CellChoice(
            device,
            channel,
            serial,
            read_masses(self.masses.text()),
            cycles=int(self.cycles.currentData()),
            g=g,
            g_source=source,
            cell=self.model.text().strip(),
        )
