"""The one word of a step that the person on the bench reads from 3 m, across the live traces."""

from __future__ import annotations

import math

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from labapp.translate import tr
from labapp.ui.look import Look
from labapp.ui.parts import Card, named
from labapp.ui.theme import GRID

CAPITAL_MM = 15.0
"""Height of a capital that is read without effort at 3 m: a 200th of the distance."""
MM_INCH, DPI = 25.4, 96.0
"""A pixel is a 96th of an inch at 100 %: 15 mm are 57 pixels. A usual desktop screen has 92 (24
inches, 1920 across) to 109 (27 inches, 2560 across) of them to the inch, or twice that at 200 %."""


def capital_px() -> float:
    """Height of a readable capital, in pixels of a window at 100 %."""
    return CAPITAL_MM / MM_INCH * DPI


class CallWord(QWidget):
    """Paints a word with capitals of 15 mm, smaller only where the room is too narrow for it."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.word = ""
        named(self, "call_word", "", tr("What the person does now, to be read from 3 m"))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        look.changed.connect(self._again)

    def say(self, word: str) -> None:
        """Show another word."""
        if word != self.word:  # a step is shown 30 times a second
            self.word = word
            self.setAccessibleName(word)
            self.update()

    def sizeHint(self) -> QSize:
        """One line at the scale in force."""
        return QSize(self.look.px(240), self._line(self.look.scale))

    def minimumSizeHint(self) -> QSize:
        """One line that can be read from 3 m, whatever the scale."""
        return QSize(0, self._line(1.0))

    def font_now(self) -> QFont:
        """Font of the word in the room it has."""
        font = self._font(self.look.scale)
        wanted = font.pixelSize()
        metrics = QFontMetrics(font)
        across = self.width() / max(1, metrics.horizontalAdvance(self.word))
        down = self.height() / metrics.height()
        font.setPixelSize(max(1, math.floor(wanted * min(1.0, across, down))))
        return font

    def paintEvent(self, event: QPaintEvent) -> None:
        """Write the word."""
        painter = QPainter(self)
        painter.setFont(self.font_now())
        painter.setPen(self.look.colour("text"))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignVCenter), self.word)
        painter.end()

    def _font(self, scale: float) -> QFont:
        font = self.look.font(bold=True)
        font.setPixelSize(1000)
        share = QFontMetricsF(font).capHeight() / 1000
        font.setPixelSize(math.ceil(scale * capital_px() / share))
        return font

    def _line(self, scale: float) -> int:
        return QFontMetrics(self._font(scale)).height()

    def _again(self) -> None:
        self.updateGeometry()
        self.update()


class CallCard(Card):
    """The word on a surface of its own; hidden while no protocol runs."""

    def __init__(self, look: Look) -> None:
        super().__init__("", "call_card")
        # Above the capitals there is room for the dots of an umlaut, below a descender none.
        self.column.setContentsMargins(GRID + GRID // 2, 0, GRID + GRID // 2, GRID // 2)
        self.word = CallWord(look)
        self.column.addWidget(self.word)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.hide()

    def say(self, word: str) -> None:
        """Show a word."""
        self.word.say(word)
        self.show()
