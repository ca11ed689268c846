"""What every page shares: a scrolling body and a foot with one next step, bottom right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from labapp.translate import tr
from labapp.ui.look import Look
from labapp.ui.parts import column, label, named, row
from labapp.ui.theme import GRID


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
        self.foot = row(self.hint)
        self.foot.setContentsMargins(2 * GRID, GRID, 2 * GRID, 2 * GRID)
        self.foot.setStretch(0, 1)
        outer = column(spacing=0)
        self.setLayout(outer)
        if scrolls:
            self.scroller = QScrollArea()
            named(self.scroller, f"{name}_scroll", tr("{title}: contents", title=title))
            self.scroller.setWidgetResizable(True)
            self.scroller.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self.scroller.setFrameShape(QFrame.Shape.NoFrame)
            self.scroller.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
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
