"""The foot of a page: what is missing at the left, the buttons at the right, in several lines."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import QLabel, QLayoutItem

from labapp.ui.flow import FlowLayout

LEAST_HINT = 12
"""Width of the hint beside the buttons, in heights of its line, below which it stands above."""


class Foot(FlowLayout):
    """A hint and buttons: side by side where there is room, else the hint above the buttons.

    Buttons stand at the right; those that do not fit into a line begin another below it.
    """

    def __init__(self, hint: QLabel, spacing: int) -> None:
        super().__init__(spacing)
        self.hint = hint
        self.addWidget(hint)

    def sizeHint(self) -> QSize:
        """Room for the buttons in one line; the hint takes what is left."""
        edges = self.contentsMargins()
        return super().sizeHint() + QSize(
            edges.left() + edges.right(), edges.top() + edges.bottom()
        )

    def minimumSize(self) -> QSize:
        """Room for the widest button."""
        edges = self.contentsMargins()
        return super().minimumSize() + QSize(
            edges.left() + edges.right(), edges.top() + edges.bottom()
        )

    def _place(self, rect: QRect, *, move: bool) -> int:
        edges = self.contentsMargins()
        inner = rect.marginsRemoved(edges)
        lines = self._lines(inner.width())
        heights = [max(item.sizeHint().height() for item in line) for line in lines]
        words_of = self._items[0]
        buttons = sum(heights) + self.spacing() * max(0, len(lines) - 1)
        beside = inner.width() - (self._width(lines[0]) + self.spacing() if lines else 0)
        said = bool(self.hint.text()) and not self.hint.isHidden()
        least = LEAST_HINT * self.hint.fontMetrics().height()
        above = said and (len(lines) > 1 or beside < min(least, self.hint.sizeHint().width()))
        room = inner.width() if above else max(0, beside)
        words = words_of.heightForWidth(room) if said else 0
        whole = words + self.spacing() + buttons if above else max(words, buttons)
        if move:
            down = 0 if above else (whole - words) // 2
            words_of.setGeometry(QRect(inner.topLeft() + QPoint(0, down), QSize(room, words)))
            y = inner.y() + (words + self.spacing() if above else (whole - buttons) // 2)
            for line, height in zip(lines, heights, strict=True):
                self._right(line, QRect(inner.x(), y, inner.width(), height))
                y += height + self.spacing()
        return whole + edges.top() + edges.bottom()

    def _visible(self) -> list[QLayoutItem]:
        """Buttons that are shown; the hint has a place of its own."""
        return [item for item in super()._visible() if item.widget() is not self.hint]

    def _width(self, line: list[QLayoutItem]) -> int:
        return sum(item.sizeHint().width() for item in line) + self.spacing() * (len(line) - 1)

    def _lines(self, room: int) -> list[list[QLayoutItem]]:
        lines: list[list[QLayoutItem]] = []
        for item in self._visible():
            if lines and self._width([*lines[-1], item]) <= room:
                lines[-1].append(item)
            else:
                lines.append([item])
        return lines

    def _right(self, line: list[QLayoutItem], place: QRect) -> None:
        """Give the buttons of a line their places, from the right edge."""
        x = place.right() + 1 - min(self._width(line), place.width())
        for item in line:
            hint = item.sizeHint()
            width = min(hint.width(), place.width())
            down = (place.height() - hint.height()) // 2
            item.setGeometry(QRect(QPoint(x, place.y() + down), QSize(width, hint.height())))
            x += width + self.spacing()
