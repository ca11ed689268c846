"""The sentence of a step on the page Run, to be read aloud: as large as its room allows."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy

from labapp.ui.look import Look
from labapp.ui.pages.card import large_words
from labapp.ui.parts import named, set_role

ROLES = {40: "shout", 28: "hero", 22: "verdict"}
"""Role of each size, design pixels; what is read from 3 m is the word of the step (`callword`)."""
SMALLEST = min(ROLES)


class LargeWords(QLabel):
    """Asks for the room of its smallest size, and takes the largest that fits what it is given."""

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self.look = look
        self.size_px = 0
        self._most = max(ROLES)
        self._asked: tuple[object, ...] = ()
        named(self, name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        look.changed.connect(self._fit)

    def say(self, text: str, most: int = max(ROLES)) -> None:
        """Show a text, ``most`` design pixels large at most."""
        self._most = most
        if self.accessibleName() != text:
            self.setText(large_words(text))
            self.setAccessibleName(text)
        self._fit()

    def _need(self, size: int, width: int) -> QSize:
        metrics = QFontMetrics(self.look.font(size, bold=True))
        flags = int(Qt.TextFlag.TextWordWrap)
        return metrics.boundingRect(QRect(0, 0, width, 100_000), flags, self.text()).size()

    def _fit(self) -> None:
        asked = (self.text(), self._most, self.size(), self.look.scale)
        if asked == self._asked:  # a step is shown 30 times a second
            return
        self._asked = asked
        self.size_px = self._fitting()
        set_role(self, ROLES[self.size_px])

    def _fitting(self) -> int:
        """Largest size at which the text fits, the smallest if none does."""
        for size in (one for one in ROLES if one <= self._most):
            need = self._need(size, self.width())
            if need.height() <= self.height() and need.width() <= self.width():
                return size
        return SMALLEST

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make the words as large as the new room allows."""
        super().resizeEvent(event)
        self._fit()

    def heightForWidth(self, width: int) -> int:
        """Height that the smallest size needs; what more there is makes the words larger."""
        return self._need(SMALLEST, width).height()

    def sizeHint(self) -> QSize:
        """As `minimumSizeHint`: the same at every size, or the layout would never rest."""
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        """Room for the longest word and one line of the smallest size."""
        metrics = QFontMetrics(self.look.font(SMALLEST, bold=True))
        words = self.text().split() or [""]
        return QSize(max(metrics.horizontalAdvance(word) for word in words), metrics.height())
