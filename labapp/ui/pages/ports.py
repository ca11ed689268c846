"""What is connected: ports, streams and boards, the driver to use, and why one cannot be opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QComboBox, QHeaderView, QTableWidget, QTableWidgetItem

from labapp.device import list_drivers
from labapp.record.config import DeviceConfig
from labapp.record.listing import PortInfo
from labapp.translate import tr
from labapp.ui.look import Look
from labapp.ui.pages.portwords import LATENCY, state_words
from labapp.ui.parts import named
from labapp.ui.words import unit_words
from labapp.workflow.channel_units import Corrections, StreamUnits, first_problem, given_in
from labapp.workflow.sources import BARE_UNITS, ChosenPort, as_devices, says_no_unit, scheme_of
from labapp.workflow.study_settings import StudySettings


def _key(port: PortInfo) -> str:
    """Return what tells a device from others, on whatever port it appears."""
    return port.serial or port.port


class PortsTable(QTableWidget):
    """One row a port: tick it to record from it.

    A stream or board that is ticked must first be asked what it sends: `describe_wanted` carries
    its address, `describe` takes the answer.
    """

    changed = Signal()
    describe_wanted = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__(0, 3)
        self.look = look
        self._serial: list[PortInfo] = []
        self._streams: list[PortInfo] = []
        self._found: list[PortInfo] = []
        self._combos: list[QComboBox] = []
        self._drivers = [info.name for info in list_drivers()]
        self._settings: dict[str, dict[str, Any]] = {}
        self.given: dict[str, Corrections] = {}
        self._asking: set[str] = set()
        # What a person chose stays while a device is away.
        self._ticked: set[str] = set()
        self._chosen: dict[str, str] = {}
        named(self, "ports", tr("Ports and streams"))
        self.setHorizontalHeaderLabels([tr("Port"), tr("Driver"), tr("State")])
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setWordWrap(True)
        self.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        header.sectionResized.connect(self._fit_rows)
        look.changed.connect(self._dress)
        self.itemChanged.connect(self._item_changed)
        self._fill()

    # ------------------------------------------------------------------ what there is

    def set_ports(self, found: Sequence[PortInfo]) -> None:
        """Show these serial ports; nothing is touched where they are those shown already."""
        if list(found) != self._serial:
            self._serial = list(found)
            self._fill()

    def set_streams(self, found: Sequence[PortInfo]) -> None:
        """Show these streams; addresses that somebody typed or ticked stay.

        What they send is asked again: a program may have been started with other settings.
        """
        there = {port.port for port in found}
        self._settings = {
            port: known for port, known in self._settings.items() if scheme_of(port) != "lsl"
        }
        kept = [
            port
            for port in self._streams
            if port.port not in there
            and (scheme_of(port.port) != "lsl" or port.port in self._ticked)
        ]
        self._streams = [*found, *kept]
        self._fill()
        self._show_streams()

    def add_address(self, port: PortInfo) -> None:
        """Put a stream or board on the list, ticked."""
        if port.port not in [one.port for one in self._streams]:
            self._streams.append(port)
        self._ticked.add(port.port)
        self._fill()
        self._show_streams()

    def _show_streams(self) -> None:
        """Bring the newest streams into view: they stand below the ports."""
        if self._streams:
            self.scrollToBottom()

    def describe(self, port: str, settings: dict[str, Any] | None) -> None:
        """Take what a stream says it sends; None where it does not answer: its tick goes."""
        self._asking.discard(port)
        if settings is None:
            self._settings.pop(port, None)
            self._ticked.discard(port)
        else:
            self._settings[port] = settings
        self._fill()

    def recall(self, study: StudySettings, addresses: Sequence[PortInfo]) -> None:
        """Tick what the study used last, where it is there; choose its drivers."""
        self._ticked = {one.serial or one.port for one in study.devices if one.used}
        self._chosen = {
            one.serial or one.port: f"{one.driver}:{unit}"
            if scheme_of(one.port) and (unit := one.settings.get("unit"))
            else one.driver
            for one in study.devices
        }
        self.given = {one.port: given_in(one.settings) for one in study.devices}
        self._streams = list(addresses)
        self._fill()

    # ------------------------------------------------------------------ rows

    def _fill(self) -> None:
        self.blockSignals(True)
        self._found, self._combos = [*self._serial, *self._streams], []
        self.clearSpans()
        self.setRowCount(0)
        for port in self._found:
            self._add(port)
        if not self._found:
            self.setRowCount(1)
            words = tr("No serial port found. Plug the device in: it appears here.")
            self.setItem(0, 0, QTableWidgetItem(words))
            self.setSpan(0, 0, 1, 3)
        self._dress()
        self.blockSignals(False)
        self.changed.emit()

    def _add(self, port: PortInfo) -> None:
        row = self.rowCount()
        self.insertRow(row)
        name = QTableWidgetItem(port.port)
        name.setToolTip(port.description)
        usable = port.access == "ok"
        flags = Qt.ItemFlag.ItemIsUserCheckable
        name.setFlags(flags | Qt.ItemFlag.ItemIsEnabled if usable else Qt.ItemFlag.NoItemFlags)
        on = usable and _key(port) in self._ticked
        name.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
        self.setItem(row, 0, name)
        combo = QComboBox()
        for words, choice in self._offers(port):
            combo.addItem(words, choice)
        chosen = self._chosen.get(_key(port), "")
        at = combo.findData(chosen) if chosen else -1
        combo.setCurrentIndex(at if at >= 0 else max(0, combo.findData(port.driver or "")))
        combo.setEnabled(usable)
        named(
            combo,
            f"driver_{row}",
            tr("Driver for {port}", port=port.port),
            tr("What speaks on this port"),
        )
        combo.currentIndexChanged.connect(lambda _: self._driver_changed(port, combo))
        self._combos.append(combo)
        self.setCellWidget(row, 1, combo)
        state = QTableWidgetItem(state_words(port))
        state.setFlags(Qt.ItemFlag.ItemIsEnabled)
        late = port.access == "ok" and (port.latency_ms or 0) > 2
        state.setToolTip(f"{state.text()}\n{tr(LATENCY)}" if late else state.text())
        self.setItem(row, 2, state)

    def _offers(self, port: PortInfo) -> list[tuple[str, str]]:
        """Words and data of the choices of a driver; a stream may have to be told its unit."""
        if scheme_of(port.port):
            driver = port.driver or ""
            settings = self._settings.get(port.port)
            told = StreamUnits(settings or {}, self.given.get(port.port, {}))
            if settings is None or not says_no_unit(told.corrected_settings):
                return [(driver, driver)]
            bare = [(tr("choose unit…"), "")]
            return bare + [(f"{driver}, {unit_words(u)}", f"{driver}:{u}") for u in BARE_UNITS]
        first = [(tr("choose…"), "")] if port.driver is None else []
        return first + [(name, name) for name in self._drivers if name not in ("lsl", "brainflow")]

    def _dress(self) -> None:
        """Give the names their width with the tick, and every line room for two lines."""
        metrics = self.look.font(14)
        names = [port.port for port in self._found] or [tr("Port")]
        widest = max(QFontMetrics(metrics).horizontalAdvance(name) for name in names)
        self.setColumnWidth(0, min(widest, self.look.px(200)) + self.look.px(56))
        # Of its own accord a column follows its items, not combo boxes that are made anew.
        choices = max((combo.sizeHint().width() for combo in self._combos), default=0)
        self.setColumnWidth(1, max(self.look.px(72), choices + self.look.px(16)))
        self._fit_rows()
        shown = min(5, max(2, self.rowCount()))
        self.setFixedHeight(self.look.px(34 + 48 * shown + 4))

    def _fit_rows(self, *_: int) -> None:
        """Give every line room for its words, as they are wrapped now."""
        px, flags = self.look.px, int(Qt.TextFlag.TextWordWrap)
        room = QRect(0, 0, max(1, self.columnWidth(2) - px(32)), 10_000)
        for row in range(self.rowCount()):
            words = state.text() if (state := self.item(row, 2)) is not None else ""
            ink = self.fontMetrics().boundingRect(room, flags, words).height()
            self.setRowHeight(row, max(px(48), ink + px(12)))

    # ------------------------------------------------------------------ choices

    def _item_changed(self, item: QTableWidgetItem) -> None:
        if item.column() != 0 or item.row() >= len(self._found):
            return
        port = self._found[item.row()]
        if item.checkState() == Qt.CheckState.Checked:
            self._ticked.add(_key(port))
        else:
            self._ticked.discard(_key(port))
            self._settings.pop(port.port, None)
        self.changed.emit()

    def _driver_changed(self, port: PortInfo, combo: QComboBox) -> None:
        self._chosen[_key(port)] = str(combo.currentData() or "")
        self.changed.emit()

    def ask(self) -> None:
        """Ask the ticked streams what they send, unless they have said so or are being asked."""
        for port in self.unanswered():
            if port not in self._asking:
                self._asking.add(port)
                self.describe_wanted.emit(port)

    def _rows(self) -> list[tuple[PortInfo, str]]:
        """Ticked ports with the driver chosen for each."""
        return [
            (port, str(self._combos[row].currentData() or ""))
            for row, port in enumerate(self._found)
            if port.access == "ok" and _key(port) in self._ticked
        ]

    def undecided(self) -> list[str]:
        """Ticked ports whose driver or unit nobody has chosen."""
        return [port.port for port, driver in self._rows() if not driver]

    def unanswered(self) -> list[str]:
        """Ticked streams that have not yet said what they send."""
        return [
            port.port
            for port, _ in self._rows()
            if scheme_of(port.port) and port.port not in self._settings
        ]

    def described(self) -> dict[str, StreamUnits]:
        """Ticked streams with a unit per channel: what they say and what was corrected, by port."""
        told = {
            port.port: StreamUnits(
                self._settings.get(port.port, {}),
                self.given.get(port.port, {}),
                choice.partition(":")[2],
            )
            for port, choice in self._rows()
        }
        return {port: one for port, one in told.items() if one.channels}

    def correct(self, port: str, given: Corrections) -> None:
        """Take these for the corrections of a stream."""
        self.given[port] = given
        self._fill()

    def chosen(self) -> tuple[DeviceConfig, ...]:
        """Return the ticked ports as devices with their usual montage.

        Raises
        ------
        LabError
            A driver that cannot be used with these settings.
        """
        ports, described = [], self.described()
        for port, choice in self._rows():
            driver = choice.partition(":")[0]
            settings = self._settings.get(port.port)
            if not driver or (scheme_of(port.port) and settings is None):
                continue
            stream = described.get(port.port)
            if stream is not None and first_problem(stream.channels):
                continue
            told = settings or {} if stream is None else stream.corrected_settings
            ports.append(ChosenPort(port.port, driver, port.serial or None, told))
        return as_devices(ports)
