"""The foot of a page or a banner: words at the left, the buttons at the right, in several lines."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import QLayoutItem, QWidget

from labapp.ui.flow import FlowLayout

LEAST_HINT = 12
"""Width of the hint beside the buttons, in heights of its line, below which it stands above."""


class Foot(FlowLayout):
    """A hint and buttons: side by side where there is room, else the hint above the buttons.

    The hint is a text that wraps, or a widget with such texts; without words it takes no room.
    Buttons stand at the right; those that do not fit into a line begin another below it.
    """

    def __init__(self, hint: QWidget, spacing: int) -> None:
        super().__init__(spacing)
        self.hint = hint
        self.addWidget(hint)

    def _place(self, rect: QRect, *, move: bool) -> int:
        lines = self._lines(rect.width())
        heights = [max(item.sizeHint().height() for item in line) for line in lines]
        words_of = self._items[0]
        buttons = sum(heights) + self.spacing() * max(0, len(lines) - 1)
        beside = rect.width() - (self._width(lines[0]) + self.spacing() if lines else 0)
        said = words_of.heightForWidth(rect.width()) > 0
        least = LEAST_HINT * self.hint.fontMetrics().height()
        above = said and (len(lines) > 1 or beside < min(least, self.hint.sizeHint().width()))
        room = rect.width() if above else max(0, beside)
        words = words_of.heightForWidth(room) if said else 0
        whole = words + self.spacing() + buttons if above else max(words, buttons)
        if move:
            down = 0 if above else (whole - words) // 2
            words_of.setGeometry(QRect(rect.topLeft() + QPoint(0, down), QSize(room, words)))
            y = rect.y() + (words + self.spacing() if above else (whole - buttons) // 2)
            for line, height in zip(lines, heights, strict=True):
                self._right(line, QRect(rect.x(), y, rect.width(), height))
                y += height + self.spacing()
        return whole

    def _visible(self) -> list[QLayoutItem]:
        """Buttons that are shown; the hint takes the room that they leave."""
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
