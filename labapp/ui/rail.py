"""The rail: the order of the work, top to bottom; settings and help at the foot."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QButtonGroup, QFrame, QToolButton, QVBoxLayout

from labapp.ui.icons import icon
from labapp.ui.look import Look
from labapp.ui.parts import named
from labapp.ui.theme import GRID

WORK = (
    ("setup", "Set up"),
    ("check", "Check"),
    ("run", "Run"),
    ("result", "Result"),
    ("library", "Library"),
)
FOOT = (("settings", "Settings"), ("help", "Help"))

_STEP_OF = {"sync": "setup"}
"""Steps that have no button of their own, and the page they belong to."""


class Rail(QFrame):
    """One button a page; it never blocks looking."""

    chosen = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        named(self, "rail", "Pages")
        self.buttons: dict[str, QToolButton] = {}
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, 2 * GRID, GRID, 2 * GRID)
        column.setSpacing(GRID)
        for number, (name, words) in enumerate(WORK, start=1):
            column.addWidget(self._button(name, words, f"Ctrl+{number}"))
        column.addStretch(1)
        for name, words in FOOT:
            column.addWidget(self._button(name, words, "F1" if name == "help" else "Ctrl+,"))
        look.changed.connect(self._dress)
        self._dress()

    def show_page(self, name: str) -> None:
        """Mark the page that is shown."""
        self.buttons[_STEP_OF.get(name, name)].setChecked(True)

    def _button(self, name: str, words: str, keys: str) -> QToolButton:
        one = QToolButton()
        named(one, f"go_{name}", words, f"{words} ({keys})")
        one.setProperty("role", "rail")
        one.setText(words)
        one.setCheckable(True)
        # Not the button's own shortcut: that one waits a tenth of a second.
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.setObjectName(f"key_{name}")
        shortcut.activated.connect(partial(self.chosen.emit, name))
        one.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        one.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        one.setCursor(Qt.CursorShape.PointingHandCursor)
        one.clicked.connect(lambda _=False: self.chosen.emit(name))
        self._group.addButton(one)
        self.buttons[name] = one
        return one

    def _dress(self) -> None:
        look = self.look
        self.setFixedWidth(look.px(88))
        for name, one in self.buttons.items():
            one.setIcon(icon(name, look.colours.soft, look.colours.accent, look.px(24)))
            one.setIconSize(QSize(look.px(24), look.px(24)))
            one.setFixedSize(look.px(72), look.px(60))
