"""A field for a number with decimals that takes a comma as well as a point."""

from __future__ import annotations

from PySide6.QtCore import QLocale
from PySide6.QtGui import QResizeEvent, QValidator
from PySide6.QtWidgets import QDoubleSpinBox


class NumberBox(QDoubleSpinBox):
    """Shows a point; a typed comma becomes one.

    Qt alone takes "2,5" for 25 where the point marks decimals, and "2.5" for 25 where the comma
    does: ten times the load that was meant.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setLocale(QLocale.c())
        self._indent()

    def _indent(self) -> None:
        """Keep the number off the border: a style sheet's padding does not reach it."""
        self.lineEdit().setTextMargins(self.fontMetrics().averageCharWidth(), 0, 0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the size of the letters."""
        super().resizeEvent(event)
        self._indent()

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Judge what is typed, with a point for each comma."""
        return super().validate(text.replace(",", "."), position)

    def valueFromText(self, text: str) -> float:
        """Return the number of a text, with a point for each comma."""
        return super().valueFromText(text.replace(",", "."))
