"""The six keys of a run, as buttons and as shortcuts: a presenter or a pedal sends the same."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

from labapp.trials.run import Action, RunState
from labapp.ui.parts import button, named
from labapp.ui.theme import GRID

KEYS: tuple[tuple[str, Action, str, str], ...] = (
    ("Space", "next", "Next", "Ends a rest or a step that waits; never a pull"),
    ("Backspace", "redo", "Redo", "Rejects this repetition and does it again"),
    ("X", "reject", "Reject", "Leaves the last repetition out of the analysis; it stays stored"),
    ("P", "pause", "Pause", "Holds the protocol, or lets it go on; recording continues"),
    ("M", "marker", "Marker", "Writes a marker at this moment"),
    ("Esc", "stop", "STOP", "Ends the cues at once and marks the file; data are kept"),
)


class KeyPad(QWidget):
    """Buttons of a run; `pressed` carries the action. Shortcuts work anywhere on ``page``."""

    pressed = Signal(str)

    def __init__(self, page: QWidget) -> None:
        super().__init__(page)
        named(self, "keypad", "Keys of the run")
        self._buttons: dict[Action, QPushButton] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GRID)
        for index, (key, action, words, tip) in enumerate(KEYS):
            role = "stop" if action == "stop" else ""
            one = button(f"{words}  ·  {key}", f"do_{action}", f"{tip} ({key})", role=role)
            one.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            one.clicked.connect(lambda _=False, action=action: self.pressed.emit(action))
            self._buttons[action] = one
            grid.addWidget(one, index // 2, index % 2)
            shortcut = QShortcut(QKeySequence(key), page)
            shortcut.setObjectName(f"key_{action}")
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(lambda action=action: self.pressed.emit(action))

    def allow(self, *actions: Action) -> None:
        """Enable the buttons of these actions and no others."""
        for action, one in self._buttons.items():
            one.setEnabled(action in actions)

    def show_state(self, state: RunState) -> None:
        """Follow a run: all keys while it goes on, the marker also afterwards."""
        self.allow(*(self._buttons if not state.over else ("marker",)))
        self._buttons["pause"].setText("Go on  ·  P" if state.paused else "Pause  ·  P")
