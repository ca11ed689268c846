"""The montage: which muscle lies under which channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QIcon,
    QPainter,
    QPixmap,
    QResizeEvent,
    QUndoCommand,
    QUndoStack,
)
from PySide6.QtWidgets import QComboBox, QHeaderView, QTableWidget, QTableWidgetItem

from labapp import palette
from labapp.device import get_driver, parse_settings
from labapp.model import ChannelInfo
from labapp.muscles import SYNC_CODES
from labapp.record.config import DeviceConfig
from labapp.translate import tr
from labapp.ui.choices import EMG_CODES, FORCE_CODES
from labapp.ui.look import Look
from labapp.ui.pages.backmap import MappedChannel
from labapp.ui.parts import named
from labapp.ui.words import muscle_name


def channels_of(device: DeviceConfig) -> tuple[ChannelInfo, ...]:
    """Channels that a muscle or a force can be attached to."""
    driver = get_driver(device.driver)
    codec = driver.codec(parse_settings(driver, dict(device.settings)))
    return tuple(channel for channel in codec.channels if channel.kind != "digital")


MOST_CHANNEL = 0.35
"""Share of the width that the names of the channels have at most."""


class Assignment(QUndoCommand):
    """Which muscle was under which channel before a change, and after it."""

    def __init__(
        self, table: MontageTable, before: tuple[str, ...], after: tuple[str, ...]
    ) -> None:
        super().__init__(tr("Assignment"))
        self._table, self._before, self._after = table, before, after

    def undo(self) -> None:
        """Put the channels back."""
        self._table.set_codes(self._before)

    def redo(self) -> None:
        """Make the change again; the first time it is made already."""
        self._table.set_codes(self._after)


class MontageTable(QTableWidget):
    """One row a channel: device, channel, what it measures, muscle; `undo` takes changes back."""

    changed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(0, 2)
        self.look = look
        self._devices: tuple[DeviceConfig, ...] = ()
        self._combos: list[tuple[str, str, QComboBox]] = []
        self._codes: tuple[str, ...] = ()
        self._holding = False
        self.undo = QUndoStack(self)
        self.undo.setUndoLimit(100)
        named(self, "montage", tr("Montage: which muscle is on which channel"))
        self.setHorizontalHeaderLabels([tr("Channel"), tr("Muscle or force")])
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        look.changed.connect(self._dress)

    def set_devices(self, devices: Sequence[DeviceConfig]) -> None:
        """Show the channels of these devices with their present montage."""
        self._devices = tuple(devices)
        self._combos = []
        self.setRowCount(0)
        for device in devices:
            for channel in channels_of(device):
                self._add(device, channel)
        self._codes = self.codes()
        self.undo.clear()
        self._dress()
        self.changed.emit()

    def codes(self) -> tuple[str, ...]:
        """Return the code of each row, empty for a channel that is not used."""
        return tuple(str(combo.currentData() or "") for _, _, combo in self._combos)

    def set_codes(self, codes: Sequence[str]) -> None:
        """Put every row on its code at once."""
        if tuple(codes) == self.codes() == self._codes:
            return
        self._holding = True
        for (_, _, combo), code in zip(self._combos, codes, strict=True):
            combo.setCurrentIndex(max(0, combo.findData(code)))
        self._holding = False
        self._codes = self.codes()
        self.changed.emit()

    def _assigned(self) -> None:
        """Remember a change for undo, then tell it."""
        if self._holding:
            return
        before, self._codes = self._codes, self.codes()
        if before != self._codes:
            self.undo.push(Assignment(self, before, self._codes))
        self.changed.emit()

    def propose(self, found: Mapping[tuple[str, str], str]) -> None:
        """Put channels, by device and name, on these codes: one change that undo takes back."""
        after = tuple(
            found.get((id_, channel), code)
            for (id_, channel, _), code in zip(self._combos, self._codes, strict=True)
        )
        if after != self._codes:
            self.undo.push(Assignment(self, self._codes, after))

    def devices(self) -> tuple[DeviceConfig, ...]:
        """Return the devices with the montage as chosen."""
        out = []
        for device in self._devices:
            montage = {
                channel: combo.currentData()
                for id_, channel, combo in self._combos
                if id_ == device.id and combo.currentData()
            }
            out.append(replace(device, montage=montage))
        return tuple(out)

    def doubled(self) -> list[str]:
        """Codes chosen for more than one channel."""
        codes = [combo.currentData() for _, _, combo in self._combos if combo.currentData()]
        return sorted({code for code in codes if codes.count(code) > 1} - SYNC_CODES)

    def channels(self) -> tuple[MappedChannel, ...]:
        """EMG channels for the drawn back, with the muscle that each lies on."""
        return tuple(
            MappedChannel(row, channel, str(combo.currentData() or ""))
            for row, (_, channel, combo) in enumerate(self._combos)
            if combo.findData(EMG_CODES[0]) >= 0
        )

    def assign(self, row: int, code: str) -> None:
        """Put a channel on a muscle (or on none); what lay there before becomes free."""
        self._holding = True
        for other, (_, _, combo) in enumerate(self._combos):
            if other != row and code and combo.currentData() == code:
                combo.setCurrentIndex(0)
        combo = self._combos[row][2]
        combo.setCurrentIndex(max(0, combo.findData(code)))
        self._holding = False
        self._assigned()

    def _add(self, device: DeviceConfig, channel: ChannelInfo) -> None:
        row = self.rowCount()
        self.insertRow(row)
        item = QTableWidgetItem(_place(device, channel))
        item.setToolTip(item.text())
        self.setItem(row, 0, item)
        combo = QComboBox()
        codes = EMG_CODES if channel.kind == "emg" else FORCE_CODES
        combo.addItem(tr("not used"), "")
        for code in codes:
            combo.addItem(muscle_name(code), code)
            combo.setItemData(combo.count() - 1, code, Qt.ItemDataRole.ToolTipRole)
        chosen = device.montage.get(channel.name, "")
        if chosen and combo.findData(chosen) < 0:
            combo.addItem(muscle_name(chosen), chosen)
        combo.setCurrentIndex(max(0, combo.findData(chosen)))
        named(
            combo,
            f"muscle_{device.id}_{channel.name}",
            tr("Muscle on {device} {channel}", device=device.id, channel=channel.name),
            tr(
                "What channel {channel} of {driver} is attached to",
                channel=channel.name,
                driver=device.driver,
            ),
        )
        combo.currentIndexChanged.connect(lambda _: self._assigned())
        self._combos.append((device.id, channel.name, combo))
        self.setCellWidget(row, 1, combo)

    def _dress(self) -> None:
        size = self.look.px(14)
        for _, _, combo in self._combos:
            combo.setIconSize(QSize(size, size))
            for index in range(1, combo.count()):
                combo.setItemIcon(index, swatch(self.look, str(combo.itemData(index)), size))
        for row in range(self.rowCount()):
            self.setRowHeight(row, self.look.px(40))
        header = self.look.px(32)
        self.setMinimumHeight(header + self.look.px(40) * max(1, self.rowCount()) + 8)
        self._share()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width between channels and muscles anew."""
        super().resizeEvent(event)
        self._share()

    def _share(self) -> None:
        """Leave room for the muscles: long names of channels end in dots, the tooltip has them."""
        wanted = max(self.sizeHintForColumn(0), self.horizontalHeader().sectionSizeHint(0))
        self.setColumnWidth(0, min(wanted, int(MOST_CHANNEL * self.viewport().width())))


def _place(device: DeviceConfig, channel: ChannelInfo) -> str:
    """Device and channel, once where they have the same name."""
    return channel.name if channel.name == device.id else f"{device.id} {channel.name}"


def swatch(look: Look, code: str, size: int) -> QIcon:
    """Return a small mark in the muscle's colour; left sides are hollow."""
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ink = QColor(palette.colour(code, dark=look.colours.dark))
    pen = painter.pen()
    pen.setColor(ink)
    pen.setWidth(2)
    painter.setPen(pen)
    if palette.line(code) == "solid":
        painter.setBrush(ink)
    painter.drawEllipse(2, 2, size - 4, size - 4)
    painter.end()
    return QIcon(pixmap)
