"""Screening: the reasons not to test, and a protocol's own forms, to be filled in by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QLineEdit, QPushButton, QWidget

from labapp.errors import LabError
from labapp.translate import tr
from labapp.trials.forms import Form
from labapp.ui.look import Look
from labapp.ui.pages.page import Page
from labapp.ui.parts import Card, button, clear, column, label, named, row
from labapp.ui.theme import GRID
from labapp.ui.words import error_words
from labapp.workflow.form_filling import Answers, Field, fields_of

WIDEST = 980
INSIDE = 28
"""Height inside what is pressed, design pixels; with its frame, a finger's."""


class Choices(QWidget):
    """One of several large buttons; arrow keys go through them, digits choose."""

    chosen = Signal(str)

    def __init__(
        self, look: Look, name: str, spoken: str, words: tuple[tuple[str, str], ...]
    ) -> None:
        super().__init__()
        named(self, name, spoken)
        self.buttons: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        line = row(spacing=GRID // 2)
        for number, (text, value) in enumerate(words, 1):
            one = button(text, f"{name}_{number}", f"{spoken}: {text} ({number})", role="choice")
            one.setCheckable(True)
            one.setStyleSheet(f"min-height: {look.px(INSIDE)}px;")
            one.setMinimumWidth(look.px(72))
            one.clicked.connect(partial(self._press, value))
            self._group.addButton(one)
            self.buttons[value] = one
            line.addWidget(one)
        line.addStretch(1)
        self.setLayout(line)

    def show_value(self, value: str) -> None:
        """Mark the button of a value; an empty one marks none."""
        self._group.setExclusive(False)
        for name, one in self.buttons.items():
            one.setChecked(name == value)
        self._group.setExclusive(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose by a digit."""
        place = event.text()
        if place.isdecimal() and 1 <= int(place) <= len(self.buttons):
            list(self.buttons.values())[int(place) - 1].click()
            return
        super().keyPressEvent(event)

    def _press(self, value: str) -> None:
        self.show_value(value)
        self.chosen.emit(value)


class FormsPage(Page):
    """Shows and fills in `Answers`; `answered` carries the data of a marker."""

    back_wanted = Signal()
    answered = Signal(dict)

    def __init__(self, look: Look) -> None:
        super().__init__(look, "forms", tr("Screening"))
        self.answers = Answers(())
        self.warning = Card("", "forms_warning")
        self.said = label("", "verdict", name="forms_said", wrap=True)
        self.warning.column.addWidget(self.said)
        self.cards = column(spacing=2 * GRID)
        self.inside.addWidget(self.warning)
        self.inside.addLayout(self.cards)
        self.inside.addStretch(1)
        self.body.setMaximumWidth(look.px(WIDEST))
        look.changed.connect(lambda: self.body.setMaximumWidth(look.px(WIDEST)))
        self.none = button(
            tr("No to all"),
            "forms_none",
            tr("All reasons were asked for, and none is true"),
        )
        self.none.clicked.connect(self._none)
        self.back = button(
            tr("Done"), "forms_back", tr("Leaves the forms; answers are kept"), role="primary"
        )
        self.back.clicked.connect(self.back_wanted)
        self.add_actions(self.none, self.back)
        self._words: Callable[[str], str] = tr
        self._first: QWidget | None = None
        self._choices: dict[tuple[str, str, str, int], Choices] = {}

    def set_answers(self, answers: Answers, say: Callable[[str], str]) -> None:
        """Show these forms, as ``say`` puts their words, with what has been answered so far."""
        self.answers, self._words = answers, say
        clear(self.cards)
        self._choices, self._first = {}, None
        for form in answers.forms:
            self.cards.addWidget(self._card(form))
        self.none.setVisible(bool(answers.forms))
        self._say()

    def entered(self) -> None:
        """Begin with the first field."""
        if self._first is not None:
            self._first.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_form(self, form: str) -> None:
        """Bring a form into view, and its first field under the keys."""
        for field in self.answers.fields:
            if field.form.id == form:
                found = self.findChild(QWidget, _name(field))
                if found is not None:
                    found.setFocus(Qt.FocusReason.OtherFocusReason)
                    QTimer.singleShot(0, self, partial(self.scroller.ensureWidgetVisible, found))
                return

    # ------------------------------------------------------------------ making

    def _card(self, form: Form) -> Card:
        card = Card(self._words(form.title), f"form_{form.id}", self._words(form.note))
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(GRID)
        grid.setColumnStretch(0, 1)
        line = -1
        seen = None
        for field in fields_of(form):
            place = field.item.id, field.side
            if place != seen:
                line, seen = line + 1, place
                text = label(self._spoken(field), wrap=True, name=f"{_name(field)}_text")
                grid.addWidget(text, line, 0)
                box = row(spacing=GRID)
                grid.addLayout(box, line, 1, Qt.AlignmentFlag.AlignLeft)
            widget = self._input(field)
            if self._first is None:
                self._first = widget
            box.addWidget(widget)
        card.column.addLayout(grid)
        return card

    def _input(self, field: Field) -> QWidget:
        item = field.item
        spoken = self._spoken(field)
        value = self.answers.value(field)
        if item.kind == "number" or (item.kind == "scale" and not item.choices):
            return self._number(field, spoken, "" if value is None else f"{float(value):g}")
        if item.kind == "choice":
            words = tuple((self._words(text), text) for text in item.choices)
            shown = "" if value is None else str(value)
        else:
            words = tuple(
                (self._words(text), f"{item.low + n:g}") for n, text in enumerate(item.choices)
            )
            shown = "" if value is None else f"{float(value):g}"
        choices = Choices(self.look, _name(field), spoken, words)
        choices.show_value(shown)
        choices.chosen.connect(partial(self._enter, field, None))
        choices.setFocusProxy(next(iter(choices.buttons.values())))
        self._choices[field.key] = choices
        return choices

    def _spoken(self, field: Field) -> str:
        words = self._words(field.item.text)
        return words[:1].upper() + words[1:] + (f", {_side(field.side)}" if field.side else "")

    def _number(self, field: Field, spoken: str, text: str) -> QLineEdit:
        item = field.item
        edit = QLineEdit(text)
        unit = self._words(item.unit) if item.unit else tr("points")
        which = f" {field.repeat}" if item.repeats > 1 else ""
        tip = tr("{low} to {high} {unit}", low=f"{item.low:g}", high=f"{item.high:g}", unit=unit)
        named(edit, _name(field), spoken + which, tip)
        edit.setPlaceholderText(unit)
        edit.setStyleSheet(f"min-height: {self.look.px(INSIDE)}px;")
        edit.setFixedWidth(self.look.px(96))
        edit.setMaxLength(12)
        edit.editingFinished.connect(lambda: self._enter(field, edit, edit.text()))
        return edit

    # ------------------------------------------------------------------ answers

    def _enter(self, field: Field, edit: QLineEdit | None, text: str) -> None:
        try:
            data = self.answers.enter(field, text)
        except LabError as error:
            self.hint.setText(error_words(error))
            if edit is not None:
                edit.selectAll()
            return
        self.hint.setText("")
        if data is not None:
            self.answered.emit(data)
        self._say()

    def _none(self) -> None:
        """Answer every reason not to test that has no answer yet with no."""
        for field in self.answers.fields:
            if field.item.stop_at and self.answers.value(field) is None:
                no = next(c for c in field.item.choices if c not in field.item.stop_at)
                self._choices[field.key].show_value(no)
                self._enter(field, None, no)

    def _say(self) -> None:
        """Say what the answers mean, plainly where one of them ends the test."""
        words = self.answers.words(self._words)
        self.said.setText(words)
        self.said.setAccessibleName(words)
        stops = bool(self.answers.stops)
        self.hint.setText(words if stops else "")
        self.said.setProperty("level", "bad" if stops else "")
        self.said.setContentsMargins(*(4 * [GRID if stops else 0]))
        self.said.style().unpolish(self.said)
        self.said.style().polish(self.said)


def _name(field: Field) -> str:
    side = f"_{field.side}" if field.side else ""
    number = f"_{field.repeat}" if field.item.repeats > 1 else ""
    return f"answer_{field.form.id}_{field.item.id}{side}{number}"


def _side(side: str) -> str:
    return tr("left") if side == "L" else tr("right")
