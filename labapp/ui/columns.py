"""Cards in two columns, or below each other where the window is narrow for its scale."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from labapp.ui.look import Look
from labapp.ui.theme import GRID

NARROW = 720
"""Width, in design pixels, below which two columns would not fit."""


class Columns(QWidget):
    """Two columns of equal width; one below the other when told that there is little room."""

    def __init__(self, look: Look, left: Sequence[QWidget], right: Sequence[QWidget]) -> None:
        super().__init__()
        self.look = look
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(2 * GRID)
        self._sides = (QWidget(), QWidget())
        for side, cards in zip(self._sides, (left, right), strict=True):
            column = QVBoxLayout(side)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(2 * GRID)
            for card in cards:
                column.addWidget(card)
            column.addStretch(1)
        self._narrow: bool | None = None
        self.fit(look.px(NARROW))

    def fit(self, width: int) -> None:
        """Choose one or two columns for a width (pixels)."""
        narrow = width < self.look.px(NARROW)
        if narrow == self._narrow:
            return
        self._narrow = narrow
        for place, side in enumerate(self._sides):
            self._grid.addWidget(side, place if narrow else 0, 0 if narrow else place)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 0 if narrow else 1)
