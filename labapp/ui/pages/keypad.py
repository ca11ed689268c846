"""The six keys of a run, as buttons and as shortcuts: a presenter or a pedal sends the same."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QPushButton, QWidget

from labapp.translate import phrase, tr
from labapp.trials.run import Action, RunState
from labapp.ui.flow import FlowLayout
from labapp.ui.parts import allow, button, named
from labapp.ui.theme import GRID

KEYS: tuple[tuple[str, Action, str, str], ...] = (
    (
        phrase("Space"),
        "next",
        phrase("Next"),
        phrase("Ends a rest or a step that waits; never a pull"),
    ),
    (
        phrase("Backspace"),
        "redo",
        phrase("Redo"),
        phrase("Rejects this repetition and does it again"),
    ),
    (
        "X",
        "reject",
        phrase("Reject"),
        phrase("Leaves the last repetition out of the analysis; it stays stored"),
    ),
    (
        "P",
        "pause",
        phrase("Pause"),
        phrase("Holds the protocol, or lets it go on; recording continues"),
    ),
    ("M", "marker", phrase("Marker"), phrase("Writes a marker at this moment")),
    (
        "Esc",
        "stop",
        phrase("STOP"),
        phrase("Ends the cues at once and marks the file; data are kept"),
    ),
)
SEQUENCES: dict[Action, tuple[str, ...]] = {
    "next": ("Space", "PgDown", "F5"),
    "redo": ("Backspace", "PgUp"),
    "reject": ("X",),
    "pause": ("P", "B"),
    "marker": ("M", "."),
    "stop": ("Esc",),
}
"""Keys of each action. A presenter sends Page Down, Page Up, F5 and Esc in turn, B or a full stop;
a pedal sends whatever it is set to."""
BETWEEN = "  ·  "


class KeyPad(QWidget):
    """Buttons of a run; `pressed` carries the action. Shortcuts work anywhere on ``page``."""

    pressed = Signal(str)

    def __init__(self, page: QWidget) -> None:
        super().__init__(page)
        named(self, "keypad", tr("Keys of the run"))
        self._buttons: dict[Action, QPushButton] = {}
        self._said: dict[Action, tuple[str, str]] = {}
        line = self._line = FlowLayout(GRID, self)
        for key, action, words, tip in KEYS:
            role = "stop" if action == "stop" else ""
            keys = ", ".join(tr(one) for one in SEQUENCES[action])
            self._said[action] = said = (tr(words), tr(key))
            one = button(BETWEEN.join(said), f"do_{action}", f"{tr(tip)} ({keys})", role=role)
            one.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            one.clicked.connect(lambda _=False, action=action: self.pressed.emit(action))
            self._buttons[action] = one
            line.addWidget(one)
            shortcut = QShortcut(page)
            shortcut.setKeys([QKeySequence(sequence) for sequence in SEQUENCES[action]])
            shortcut.setObjectName(f"key_{action}")
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(lambda action=action: self.pressed.emit(action))

    def allow(self, *actions: Action) -> None:
        """Enable the buttons of these actions and no others."""
        for action, one in self._buttons.items():
            if one.isEnabled() != (action in actions):
                allow(one, action in actions, tr("Off now: no protocol is in progress."))

    def show_state(self, state: RunState) -> None:
        """Follow a run: all keys while it goes on, the marker also afterwards."""
        self.allow(*(self._buttons if not state.over else ("marker",)))
        self._said["pause"] = (tr("Go on") if state.paused else tr("Pause"), tr("P"))
        self._name_keys()

    def _name_keys(self) -> None:
        """Name the keys on the buttons where one line holds all; their tooltips always do."""
        long = {action: BETWEEN.join(said) for action, said in self._said.items()}
        more = sum(
            one.fontMetrics().horizontalAdvance(long[action])
            - one.fontMetrics().horizontalAdvance(one.text())
            for action, one in self._buttons.items()
        )
        fits = self._line.sizeHint().width() + more <= self.width()
        for action, one in self._buttons.items():
            text = long[action] if fits else self._said[action][0]
            if one.text() != text:
                one.setText(text)
                one.setAccessibleName(long[action])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the width there is."""
        super().resizeEvent(event)
        self._name_keys()
