"""Serial ports as found, with the driver to use and a plain reason where one cannot be opened."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QComboBox, QHeaderView, QTableWidget, QTableWidgetItem

from labapp.device import list_drivers
from labapp.record.config import DeviceConfig
from labapp.record.listing import PortInfo
from labapp.ui.look import Look
from labapp.ui.parts import named
from labapp.workflow.devices import default_montage

REMEDIES = {
    "in use": "Close that program and search again.",
    "no permission": "Add yourself to the group dialout, or install the udev rule.",
}


def state_words(port: PortInfo) -> str:
    """Return what a person should know about a port, in one or two short sentences."""
    if port.access == "in use":
        return f"In use by {port.used_by or 'another program'}. {REMEDIES['in use']}"
    if port.access != "ok":
        return f"{port.access.capitalize()}. {REMEDIES.get(port.access, '')}".strip()
    words = port.description if port.description not in ("", "n/a") else "Ready"
    if port.latency_ms is not None and port.latency_ms > 2:
        words += f". Latency timer {port.latency_ms} ms: set it to 1 ms."
    return words


class PortsTable(QTableWidget):
    """One row a port: tick it to record from it."""

    changed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(0, 3)
        self.look = look
        self._found: list[PortInfo] = []
        self._combos: list[QComboBox] = []
        named(self, "ports", "Serial ports")
        self.setHorizontalHeaderLabels(["Port", "Driver", "State"])
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setWordWrap(True)
        self.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        look.changed.connect(self._dress)
        self.itemChanged.connect(lambda _: self.changed.emit())
        self.set_ports(())

    def set_ports(self, found: Sequence[PortInfo]) -> None:
        """Show these ports; ticks of ports that are still there stay."""
        ticked = {device.port for device in self.chosen()}
        self.blockSignals(True)
        self._found, self._combos = list(found), []
        self.clearSpans()
        self.setRowCount(0)
        drivers = [info.name for info in list_drivers()]
        for port in found:
            self._add(port, drivers, port.port in ticked)
        if not found:
            self.setRowCount(1)
            self.setItem(
                0, 0, QTableWidgetItem("No serial port found. Plug the device in and search again.")
            )
            self.setSpan(0, 0, 1, 3)
        self._dress()
        self.blockSignals(False)
        self.changed.emit()

    def _add(self, port: PortInfo, drivers: Sequence[str], ticked: bool) -> None:
        row = self.rowCount()
        self.insertRow(row)
        name = QTableWidgetItem(port.port)
        name.setToolTip(port.description)
        usable = port.access == "ok"
        flags = Qt.ItemFlag.ItemIsUserCheckable
        name.setFlags(flags | Qt.ItemFlag.ItemIsEnabled if usable else Qt.ItemFlag.NoItemFlags)
        name.setCheckState(Qt.CheckState.Checked if ticked and usable else Qt.CheckState.Unchecked)
        self.setItem(row, 0, name)
        combo = QComboBox()
        if port.driver is None:
            combo.addItem("choose…", "")
        for driver in drivers:
            combo.addItem(driver, driver)
        combo.setCurrentIndex(max(0, combo.findData(port.driver or "")))
        combo.setEnabled(usable)
        named(combo, f"driver_{row}", f"Driver for {port.port}", "What speaks on this port")
        combo.currentIndexChanged.connect(lambda _: self.changed.emit())
        self._combos.append(combo)
        self.setCellWidget(row, 1, combo)
        state = QTableWidgetItem(state_words(port))
        state.setFlags(Qt.ItemFlag.ItemIsEnabled)
        state.setToolTip(state.text())
        self.setItem(row, 2, state)

    def _dress(self) -> None:
        """Give the names their width with the tick, and every line room for two lines."""
        metrics = self.look.font(14)
        names = [port.port for port in self._found] or ["Port"]
        widest = max(QFontMetrics(metrics).horizontalAdvance(name) for name in names)
        self.setColumnWidth(0, widest + self.look.px(56))
        for row in range(self.rowCount()):
            self.setRowHeight(row, self.look.px(48))
        shown = min(4, max(2, self.rowCount()))
        self.setMinimumHeight(self.look.px(34 + 48 * shown + 4))

    def undecided(self) -> list[str]:
        """Ticked ports whose driver nobody has chosen."""
        return [
            port.port
            for row, port in enumerate(self._found)
            if self._ticked(row) and not self._combos[row].currentData()
        ]

    def _ticked(self, row: int) -> bool:
        item = self.item(row, 0)
        return item is not None and item.checkState() == Qt.CheckState.Checked

    def chosen(self) -> tuple[DeviceConfig, ...]:
        """Return the ticked ports as devices with their usual montage."""
        out: list[DeviceConfig] = []
        taken: dict[str, int] = {}
        for row, port in enumerate(self._found):
            if not self._ticked(row):
                continue
            driver = str(self._combos[row].currentData() or "")
            if not driver:
                continue
            stem = "force" if driver == "chronojump" else "emg"
            taken[stem] = taken.get(stem, 0) + 1
            name = stem if taken[stem] == 1 else f"{stem}{taken[stem]}"
            device = DeviceConfig(
                id=name, driver=driver, port=port.port, serial=port.serial or None
            )
            montage = default_montage(device) if taken[stem] == 1 else {}
            out.append(replace(device, montage=montage))
        return tuple(out)
