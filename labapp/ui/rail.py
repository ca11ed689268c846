"""The rail: the order of the work, top to bottom; settings and help at the foot."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QButtonGroup, QFrame, QToolButton, QVBoxLayout

from labapp.translate import phrase, tr
from labapp.ui.icons import icon
from labapp.ui.look import Look
from labapp.ui.parts import named
from labapp.ui.theme import GRID

WORK = (
    ("setup", phrase("Set up")),
    ("check", phrase("Check")),
    ("run", phrase("Run")),
    ("result", phrase("Result")),
    ("library", phrase("Library")),
)
TALL = 66
"""Height of a button with its word, design pixels."""
FOOT = (("settings", phrase("Settings")), ("help", phrase("Help")))

_STEP_OF = dict.fromkeys(("sync", "calibrate", "forms", "adapt", "facts"), "setup")
"""Steps that have no button of their own, and the page they belong to."""


class Rail(QFrame):
    """One button a page; it never blocks looking."""

    chosen = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        named(self, "rail", tr("Pages"))
        self.buttons: dict[str, QToolButton] = {}
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(GRID, 2 * GRID, GRID, 2 * GRID)
        column.setSpacing(GRID)
        for number, (name, words) in enumerate(WORK, start=1):
            column.addWidget(self._button(name, tr(words), f"Ctrl+{number}"))
        column.addStretch(1)
        for name, words in FOOT:
            column.addWidget(self._button(name, tr(words), "F1" if name == "help" else "Ctrl+,"))
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
        # As wide as the longest word where it is chosen, in the language in use.
        ink = QFontMetrics(look.font(12, bold=True))
        widest = max(ink.horizontalAdvance(one.text()) for one in self.buttons.values())
        width = max(look.px(72), widest + look.px(12))
        self.setFixedWidth(width + look.px(16))
        for name, one in self.buttons.items():
            one.setIcon(icon(name, look.colours.soft, look.colours.accent, look.px(24)))
            one.setIconSize(QSize(look.px(24), look.px(24)))
            one.setFixedWidth(width)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the height of the window."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Leave the words to the tooltips where there is no room for them below the icons."""
        look, edges = self.look, self._column.contentsMargins()
        gaps = self._column.spacing() * (len(self.buttons) - 1)
        room = (self.height() - edges.top() - edges.bottom() - gaps) // len(self.buttons)
        tall = room >= look.px(TALL)
        style = Qt.ToolButtonStyle
        for one in self.buttons.values():
            one.setToolButtonStyle(
                style.ToolButtonTextUnderIcon if tall else style.ToolButtonIconOnly
            )
            one.setFixedHeight(look.px(TALL) if tall else max(look.px(32), room))
