"""What every page shares: a scrolling body and a foot with one next step, bottom right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from labapp.translate import tr
from labapp.ui.foot import Foot
from labapp.ui.look import Look
from labapp.ui.parts import column, label, named
from labapp.ui.theme import GRID


class PageScroller(QScrollArea):
    """Scrolls by keys; its bar, not a frame around the whole page, shows that it has them."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.verticalScrollBar().rangeChanged.connect(self._reach)
        self._reach(0, 0)

    def _reach(self, _low: int, high: int) -> None:
        """Stop for the Tab key only where there is something to scroll."""
        policy = Qt.FocusPolicy.TabFocus if high else Qt.FocusPolicy.NoFocus
        self.setFocusPolicy(policy)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Colour the bar."""
        super().focusInEvent(event)
        self._mark(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Give the bar its usual colour."""
        super().focusOutEvent(event)
        self._mark(False)

    def _mark(self, on: bool) -> None:
        bar = self.verticalScrollBar()
        bar.setProperty("keys", on)
        bar.style().unpolish(bar)
        bar.style().polish(bar)


class Page(QWidget):
    """A page of the window.

    Parameters
    ----------
    name
        Object name of the page, also its key in the rail.
    title
        Word in the rail and the breadcrumb.
    scrolls
        False for a page that always fits the window (the live one).
    """

    def __init__(self, look: Look, name: str, title: str, *, scrolls: bool = True) -> None:
        super().__init__()
        self.look = look
        self.name = name
        self.title = title
        self.setObjectName("page")
        self.setAccessibleName(title)
        self.body = QWidget()
        named(self.body, "canvas", title)
        self.inside = QVBoxLayout(self.body)
        self.inside.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, GRID)
        self.inside.setSpacing(2 * GRID)
        self.hint = label("", "missing", name=f"{name}_hint", wrap=True)
        self.foot = Foot(self.hint, GRID)
        self.foot.setContentsMargins(2 * GRID, GRID, 2 * GRID, 2 * GRID)
        outer = column(spacing=0)
        self.setLayout(outer)
        if scrolls:
            self.scroller = PageScroller()
            named(self.scroller, f"{name}_scroll", tr("{title}: contents", title=title))
            self.scroller.setWidget(self.body)
            outer.addWidget(self.scroller, 1)
        else:
            outer.addWidget(self.body, 1)
        outer.addLayout(self.foot)

    def add_actions(self, *buttons: QPushButton) -> None:
        """Put buttons into the foot; the last one is the next step."""
        for one in buttons:
            self.foot.addWidget(one)

    def crumb(self) -> tuple[str, ...]:
        """Return what the page is about and its title, for the top bar."""
        return (self.title,)

    def entered(self) -> None:
        """Prepare the page each time it comes to the front."""
