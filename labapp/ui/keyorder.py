"""The order in which Tab goes through a page: as it is read, whatever was made first."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLayout, QScrollArea, QTableWidget, QWidget


def order_keys(page: QWidget) -> None:
    """Let Tab go through ``page`` in the order of its layouts; hidden parts have their place."""
    for one, other in pairwise(keyed(page)):
        QWidget.setTabOrder(one, other)


def keyed(widget: QWidget) -> Iterator[QWidget]:
    """Give what Tab can reach in ``widget``, in the order in which it is read."""
    if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None:
        yield widget
    if isinstance(widget, QScrollArea):
        if (inside := widget.widget()) is not None:
            yield from keyed(inside)
    elif isinstance(widget, QTableWidget):
        for row in range(widget.rowCount()):
            for column in range(widget.columnCount()):
                if (cell := widget.cellWidget(row, column)) is not None:
                    yield from keyed(cell)
    elif (layout := widget.layout()) is not None:
        yield from _in_layout(layout)


def _cell(grid: QGridLayout, place: int) -> tuple[int, int]:
    where = cast("tuple[int, int, int, int]", grid.getItemPosition(place))
    return where[0], where[1]


def _in_layout(layout: QLayout) -> Iterator[QWidget]:
    places = list(range(layout.count()))
    if isinstance(layout, QGridLayout):
        places.sort(key=partial(_cell, layout))
    for place in places:
        item = layout.itemAt(place)
        if item is None:
            continue
        if (widget := item.widget()) is not None:
            yield from keyed(widget)
        elif (inner := item.layout()) is not None:
            yield from _in_layout(inner)
