"""A card whose contents scroll where the window is too low for them: nothing is ever cut off."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from labapp.ui.parts import Card, named
from labapp.ui.theme import GRID

BESIDE = GRID // 2
"""Room between the contents and a scroll bar, pixels."""


class _Scroller(QScrollArea):
    """As wide as its contents need: only the height may be too small."""

    def minimumSizeHint(self) -> QSize:
        """Width of the contents with a scroll bar beside them."""
        bar = self.verticalScrollBar().sizeHint().width()
        inside = self.widget()
        wide = 0
        if inside is not None:
            wide = inside.minimumSizeHint().width() - inside.contentsMargins().right() + BESIDE
        edge = self.contentsMargins()
        return QSize(wide + bar + edge.left() + edge.right(), 10 * GRID)

    def sizeHint(self) -> QSize:
        """As `minimumSizeHint`: the page gives the height."""
        return self.minimumSizeHint()


class ScrollCard(Card):
    """A card without a title; `column` holds the contents that scroll."""

    def __init__(self, name: str) -> None:
        super().__init__("", name)
        outer = self.column
        self.column = QVBoxLayout()
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(GRID)
        inside = QWidget()
        inside.setLayout(self.column)
        self.scroller = _Scroller()
        named(self.scroller, f"{name}_scroll")
        self.scroller.setFrameShape(QFrame.Shape.NoFrame)
        self.scroller.setWidgetResizable(True)
        self.scroller.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # The keys of the page, Page Down among them, are never for scrolling.
        self.scroller.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scroller.setWidget(inside)
        # Beside a scroll bar, words keep off it.
        self.scroller.verticalScrollBar().rangeChanged.connect(
            lambda _, high: inside.setContentsMargins(0, 0, BESIDE if high else 0, 0)
        )
        inside.setAutoFillBackground(False)
        self.scroller.viewport().setAutoFillBackground(False)
        outer.addWidget(self.scroller, 1)
