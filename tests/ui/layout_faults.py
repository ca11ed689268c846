"""What is cut off, overlaps or stands without words in a widget and all that it shows."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QComboBox,
    QLabel,
    QLineEdit,
    QStyle,
    QStyleOptionComboBox,
    QTableWidget,
    QWidget,
)

SLACK = 1
"""Pixels by which a text may be larger than its place: sizes are rounded."""
PADDING = 24
"""Pixels of a table's cell that are left empty beside its text."""


def layout_faults(root: QWidget) -> list[str]:
    """Return every fault below ``root`` that can be measured, in words."""
    found: list[str] = []
    for widget in [root, *root.findChildren(QWidget)]:
        if not widget.isVisible():
            continue
        name = widget.objectName() or type(widget).__name__
        found += [f"{name}: {fault}" for fault in _text_faults(widget)]
        found += [f"{name}: {fault}" for fault in _overlaps(widget)]
    return found


def _text_faults(widget: QWidget) -> list[str]:
    if isinstance(widget, QLabel):
        return _label_faults(widget)
    if isinstance(widget, QAbstractButton) and widget.text():
        hint = widget.sizeHint()
        return _too_small(widget, hint.width(), hint.height(), widget.text())
    if isinstance(widget, QComboBox):
        return _combo_faults(widget)
    if isinstance(widget, QLineEdit):
        return _edit_faults(widget)
    if isinstance(widget, QTableWidget):
        return _table_faults(widget)
    return []


def _too_small(widget: QWidget, width: int, height: int, text: str) -> list[str]:
    if widget.width() < width - SLACK:
        return [f"{text!r} needs {width} px across, has {widget.width()}"]
    if widget.height() < height - SLACK:
        return [f"{text!r} needs {height} px down, has {widget.height()}"]
    return []


def _label_faults(label: QLabel) -> list[str]:
    if not label.text():
        return []
    if not label.wordWrap():
        hint = label.sizeHint()
        return _too_small(label, hint.width(), hint.height(), label.text())
    faults = _too_small(label, 0, label.heightForWidth(label.width()), label.text())
    room = label.contentsRect().width()
    longest = max(label.text().split(), key=label.fontMetrics().horizontalAdvance, default="")
    wide = label.fontMetrics().horizontalAdvance(longest)
    return faults + [f"{longest!r} needs {wide} px, has {room}"] * (wide > room + SLACK)


def _combo_faults(box: QComboBox) -> list[str]:
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    part = QStyle.SubControl.SC_ComboBoxEditField
    room = box.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, box).width()
    wide = box.fontMetrics().horizontalAdvance(box.currentText())
    return [f"{box.currentText()!r} needs {wide} px, has {room}"] * (wide > room + SLACK)


def _edit_faults(edit: QLineEdit) -> list[str]:
    text = edit.text() or edit.placeholderText()
    room = edit.contentsRect().width() - 4
    wide = edit.fontMetrics().horizontalAdvance(text)
    faults = [f"{text!r} needs {wide} px, has {room}"] * (wide > room and not edit.text())
    return faults + _too_small(edit, 0, edit.minimumSizeHint().height(), text)


def _table_faults(table: QTableWidget) -> list[str]:
    faults = []
    for row in range(table.rowCount()):
        for column in range(table.columnCount()):
            item = table.item(row, column)
            if item is None or not item.text() or table.columnSpan(row, column) > 1:
                continue
            room = QRect(0, 0, table.columnWidth(column) - PADDING, 10_000)
            flags = int(Qt.TextFlag.TextWordWrap)
            ink = table.fontMetrics().boundingRect(room, flags, item.text())
            if ink.height() > table.rowHeight(row) or ink.width() > room.width() + SLACK:
                faults.append(f"{item.text()!r} needs {ink.width()} x {ink.height()} px")
    return faults


def _overlaps(widget: QWidget) -> list[str]:
    """Children of a layout that cover each other, or stick out of their parent."""
    if isinstance(widget, QAbstractScrollArea) or widget.layout() is None:
        return []
    kids = [
        kid
        for kid in widget.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        if kid.isVisible() and not kid.isWindow() and not kid.geometry().isEmpty()
    ]
    faults = []
    for place, one in enumerate(kids):
        if not widget.rect().contains(one.geometry()):
            faults.append(f"{_called(one)} sticks out")
        for other in kids[place + 1 :]:
            if one.geometry().intersects(other.geometry()):
                faults.append(f"{_called(one)} covers {_called(other)}")
    return faults


def _called(widget: QWidget) -> str:
    return str(widget.property("name") or widget.objectName() or type(widget).__name__)
