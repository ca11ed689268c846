"""Duplicate and adapt: a copy of a protocol with one's own numbers, checked as they are typed."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from labapp.translate import tr
from labapp.trials.protocol import Protocol
from labapp.ui.look import Look
from labapp.ui.pages.page import Page
from labapp.ui.parts import Card, allow, button, clear, column, label, named, set_level
from labapp.ui.theme import GRID
from labapp.workflow.protocol_copy import Draft, Number, begin_copy, check_draft
from labapp.workflow.protocol_words import number_words, told
from labapp.workflow.spoken import spoken

WIDEST = 980
COLUMNS = 3


class AdaptPage(Page):
    """`save_wanted` carries the draft once it has no mistake."""

    back_wanted = Signal()
    save_wanted = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__(look, "adapt", tr("Duplicate and adapt"))
        self.draft: Draft | None = None
        self.fields: dict[str, QLineEdit] = {}
        self.cards = column(spacing=2 * GRID)
        self.inside.addLayout(self.cards)
        self.inside.addStretch(1)
        self.body.setMaximumWidth(look.px(WIDEST))
        look.changed.connect(lambda: self.body.setMaximumWidth(look.px(WIDEST)))
        look.changed.connect(self._check)
        self.back = button(tr("Back to set up"), "adapt_back", tr("Leaves; nothing is saved"))
        self.back.clicked.connect(self.back_wanted)
        self.save = button(
            tr("Save the copy"),
            "adapt_save",
            tr("Keeps it among your own protocols, and chooses it"),
            role="primary",
        )
        self.save.clicked.connect(self._save)
        self.add_actions(self.back, self.save)

    def set_protocol(self, protocol: Protocol) -> None:
        """Begin a copy of this protocol."""
        self.draft = begin_copy(protocol)
        self.fields = {}
        clear(self.cards)
        self.cards.addWidget(self._head(protocol, self.draft))
        blocks: dict[str, list[Number]] = {}
        for number in self.draft.numbers():
            blocks.setdefault(number.key.rpartition(".")[0], []).append(number)
        for name, numbers in blocks.items():
            self.cards.addWidget(self._block(name, numbers))
        self._check()

    def _head(self, protocol: Protocol, draft: Draft) -> Card:
        note = tr(
            "Texts, safety and the order of steps stay as they are in {title}.",
            title=told(protocol, protocol.title),
        )
        card = Card(tr("Copy of {title}", title=told(protocol, protocol.title)), "adapt_head", note)
        grid = _grid(2)
        for place, (key, words, tip, text) in enumerate(
            (
                ("name", tr("Name"), tr("Of the file: letters, digits, '.', '_', '-'"), draft.name),
                ("title", tr("Title"), tr("As it is shown"), draft.title),
            )
        ):
            self._add(grid, place, key, words, tip, text)
        card.column.addLayout(grid)
        return card

    def _block(self, name: str, numbers: list[Number]) -> Card:
        source = self.draft.source if self.draft is not None else None
        title = told(source, numbers[0].block) or tr("Acceptance")
        card = Card(title, f"adapt_{name or 'acceptance'}")
        grid = _grid(len(numbers))
        for place, number in enumerate(numbers):
            words = number_words(source, number.text)
            words += f", {tr(number.unit)}" if number.unit else ""
            tip = tr("In the original: {value}", value=f"{number.value:g} {number.unit}".strip())
            self._add(grid, place, number.key, words, tip, f"{number.value:g}")
        card.column.addLayout(grid)
        return card

    def _add(
        self, grid: QGridLayout, place: int, key: str, words: str, tip: str, text: str
    ) -> None:
        edit = QLineEdit(text)
        edit.setMaxLength(80)
        named(edit, f"adapt_{key}", words, tip)
        head = label(words, "soft", name=f"adapt_{key}_words")
        head.setBuddy(edit)
        line, at = divmod(place, COLUMNS)
        grid.addLayout(column(head, edit, spacing=GRID // 2), line, at)
        edit.textChanged.connect(lambda typed: self._typed(key, typed))
        self.fields[key] = edit

    def entered(self) -> None:
        """Begin with the name."""
        if "name" in self.fields:
            self.fields["name"].setFocus()
            self.fields["name"].selectAll()

    def _typed(self, key: str, text: str) -> None:
        if self.draft is None:
            return
        if key in ("name", "title"):
            setattr(self.draft, key, text.strip())
        else:
            self.draft.changed[key] = text
        self._check()

    def _check(self) -> None:
        """Say the first mistake, and mark every field that has one."""
        wrong = () if self.draft is None else check_draft(self.draft)
        marked = {mistake.key for mistake in wrong}
        for key, edit in self.fields.items():
            set_level(edit, "bad" if key in marked else "")
        words = self._said(wrong[0].text) if wrong else ""
        self.hint.setText(words)
        self.hint.setAccessibleName(words)
        allow(self.save, self.draft is not None and not wrong, words)

    def _said(self, text: str) -> str:
        """Put a mistake into the language: the name of its number, what is wrong, what to do."""
        name, told_of, wrong = text.partition(": ")
        if not told_of:
            return spoken(text)
        source = self.draft.source if self.draft is not None else None
        if (words := told(source, name)) == name:
            words = number_words(source, name)
        return f"{words}: {spoken(wrong.removesuffix('.'))}."

    def _save(self) -> None:
        if self.draft is not None:
            self.save_wanted.emit(self.draft)


def _grid(fields: int) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(2 * GRID)
    grid.setVerticalSpacing(3 * GRID // 2)
    for place in range(COLUMNS):
        grid.setColumnStretch(place, 1)
    for place in range(fields, COLUMNS):
        # An empty column would lose its spacing, and the fields of two cards stand askew.
        grid.addWidget(QWidget(), 0, place)
    return grid
