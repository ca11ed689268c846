"""One fact in a form: its words, where it is entered, and one line on what is wrong or missing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLineEdit, QWidget

from labapp.translate import tr
from labapp.ui.look import Look
from labapp.ui.parts import label, named, set_level, set_role
from labapp.ui.theme import GRID
from labapp.workflow.facts_fields import YES, FactField, range_words

LONGEST = 400
"""Characters that fit into a field: more than any fact may have, so that too many are told."""
HEADS = 184
"""Width of the words before a field, design pixels."""


class FactRow(QObject):
    """`edited` carries what was typed; `left` says that the field has been left."""

    edited = Signal(str)
    left = Signal()

    def __init__(self, look: Look, field: FactField, grid: QGridLayout, line: int) -> None:
        super().__init__(grid.parentWidget())
        self.look, self.field = look, field
        name = f"fact_{field.group}_{field.key}"
        words = tr(field.words.title) + (f", {field.words.unit}" if field.words.unit else "")
        self.head = label(words, "soft", name=f"{name}_words", wrap=True)
        self.input = self._make_input()
        self.example = tr("e.g. {example}", example=field.words.example)
        hints = (tr(field.words.tip), range_words(field), self.example)
        tip = "\n".join(one for one in hints[: 3 if field.words.example else 2] if one)
        named(self.input, name, words, tip)
        self.head.setToolTip(tip)
        self.head.setBuddy(self.input)
        self.note = label("", "faint", name=f"{name}_note", wrap=True)
        self._wrong = self._hidden = self._narrow = False
        self._grid, self._line = grid, 2 * line
        grid.addWidget(self.head, self._line, 0, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(self.input, self._line, 1, Qt.AlignmentFlag.AlignVCenter)
        self.set_narrow(False)
        look.changed.connect(self._dress)
        self._dress()

    def _make_input(self) -> QWidget:
        if self.field.kind == "choice":
            combo = QComboBox()
            combo.addItem("–", "")
            for choice in self.field.choices:
                combo.addItem(choice, choice)
            combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            combo.installEventFilter(self)
            combo.activated.connect(lambda _: self._chosen(str(combo.currentData())))
            return combo
        if self.field.kind == "yes":
            box = QCheckBox()
            box.clicked.connect(lambda on: self._chosen(YES if on else ""))
            return box
        edit = QLineEdit()
        edit.setMaxLength(LONGEST)
        edit.textEdited.connect(self.edited)
        edit.editingFinished.connect(self.left)
        return edit

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the wheel scroll the page: it must not change a choice that it passes over."""
        if event.type() == QEvent.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def show_fact(self, text: str, inherited: str) -> None:
        """Show what is filled in, and what holds while nothing is."""
        if isinstance(self.input, QComboBox):
            self.input.setItemText(0, inherited or "–")
            self.input.setCurrentIndex(max(0, self.input.findData(text)))
        elif isinstance(self.input, QCheckBox):
            self.input.setChecked((text or inherited) == YES)
        elif isinstance(self.input, QLineEdit):
            if self.input.text() != text:
                self.input.setText(text)
            hint = self.example if self.field.words.example else ""
            self.input.setPlaceholderText(inherited or hint)

    def show_note(self, mistake: str, *, wanted: bool, inherited: bool) -> None:
        """Say what is wrong; else whether it is missing, or comes from the entry for all."""
        words = mistake
        if not mistake:
            words = tr("missing") if wanted else tr("as for all") if inherited else ""
        self.note.setText(words)
        self.note.setAccessibleName(words)
        self.note.setVisible(bool(words) and not self._hidden)
        set_role(self.note, "wrong" if mistake else "missing" if wanted else "faint")
        self.input.setAccessibleDescription(words)
        if self._wrong != bool(mistake):
            self._wrong = bool(mistake)
            self._place_note()
            self._dress()

    def set_visible(self, on: bool) -> None:
        """Show or hide the whole row."""
        self._hidden = not on
        self.head.setVisible(on)
        self.input.setVisible(on)
        self.note.setVisible(on and bool(self.note.text()))

    def set_narrow(self, narrow: bool) -> None:
        """Put the word on what is missing beside the field, or below it where there is no room."""
        self._narrow = narrow
        self._place_note()

    def _place_note(self) -> None:
        """Put the note beside the field; a mistake takes a line of its own."""
        below = self._line + 1, 1, 1, 1 if self._narrow else 2
        place = below if self._narrow or self._wrong else (self._line, 2, 1, 1)
        self._grid.addWidget(self.note, *place, Qt.AlignmentFlag.AlignVCenter)

    def focus(self) -> None:
        """Bring the field under the keys."""
        self.input.setFocus(Qt.FocusReason.OtherFocusReason)

    def _chosen(self, text: str) -> None:
        self.edited.emit(text)
        self.left.emit()

    def _dress(self) -> None:
        colours = self.look.colours
        self.head.setFixedWidth(self.look.px(HEADS))
        set_level(self.input, "bad" if self._wrong else "")
        self.note.setStyleSheet(f"color: {colours.red};" if self._wrong else "")


def fact_grid() -> QGridLayout:
    """Return the grid that rows are put into: words, field, note."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(2 * GRID)
    grid.setVerticalSpacing(GRID // 2)
    grid.setColumnStretch(1, 1)
    return grid
