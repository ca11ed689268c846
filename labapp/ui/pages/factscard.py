"""A card of facts: one group of fields; for electrodes, one entry at a time from a list of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QListWidget, QListWidgetItem

from labapp.session.facts import EVERY
from labapp.translate import tr
from labapp.ui.look import Look
from labapp.ui.pages.factrow import FactRow, fact_grid
from labapp.ui.parts import Card, button, column, label, named, row
from labapp.ui.theme import GRID
from labapp.ui.words import muscle_name, muscle_short
from labapp.workflow.facts_draft import FactsDraft
from labapp.workflow.facts_fields import FactGroup
from labapp.workflow.toml_edit import Place

BESIDE, ABOVE = 176, 240
"""Width of the list of electrodes beside the fields, and above them; design pixels."""
NOTES = 84
"""Width of the words beside a field, design pixels."""
MANY, FEW = 20, 6
"""Electrodes that are listed without scrolling: beside the fields, and above them."""


class FactsCard(Card):
    """`edited` carries a place and its text, `left` that a field has been left."""

    edited = Signal(object, str)
    left = Signal()

    def __init__(self, look: Look, group: FactGroup) -> None:
        super().__init__(
            tr(group.words.title),
            f"facts_{group.name}",
            tr(group.words.tip) if group.words.tip else "",
        )
        self.look, self.group = look, group
        self.stem: Place = (group.name,)
        self.grid = fact_grid()
        self.rows: dict[str, FactRow] = {}
        self._arrange()
        for line, field in enumerate(group.fields):
            one = FactRow(look, field, self.grid, line)
            one.edited.connect(partial(self._edited, field.key))
            one.left.connect(self.left)
            self.rows[field.key] = one

    def _arrange(self) -> None:
        self.column.addLayout(self.grid)

    def set_narrow(self, narrow: bool) -> None:
        """Lay the card out for a narrow window, or for a wide one."""
        for one in self.rows.values():
            one.set_narrow(narrow)
        self.grid.setColumnMinimumWidth(2, 0 if narrow else self.look.px(NOTES))

    def _edited(self, key: str, text: str) -> None:
        self.edited.emit((*self.stem, key), text)

    def show_draft(self, draft: FactsDraft, wanted: Iterable[Place]) -> None:
        """Show what is filled in, what is wrong and what is missing."""
        missing = frozenset(wanted)
        for key, one in self.rows.items():
            place = (*self.stem, key)
            typed, inherited = draft.typed(place), draft.inherited(place)
            one.show_fact(typed, inherited)
            one.show_note(
                draft.mistake(place),
                wanted=place in missing,
                inherited=bool(inherited) and not typed.strip(),
            )

    def show_place(self, place: Place) -> FactRow | None:
        """Bring a field to where it can be seen; None where it is of another card."""
        return self.rows.get(place[-1]) if place[0] == self.group.name else None


class ElectrodesCard(FactsCard):
    """The entry for all electrodes, or that of one; `copy_wanted` carries whose to copy."""

    copy_wanted = Signal(str)
    chosen = Signal()

    def _arrange(self) -> None:
        self.stem = (self.group.name, EVERY)
        self._most = MANY
        self.list = QListWidget()
        named(
            self.list,
            "facts_electrodes",
            tr("Electrodes"),
            tr("Whose facts are shown; arrow keys go through them"),
        )
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentItemChanged.connect(self._choose)
        self.copy = button(
            tr("Copy to all"),
            "copy_electrode",
            tr(
                "What holds for this electrode then holds for all; sites and distances stay their "
                "own. Undo takes it back."
            ),
        )
        self.copy.clicked.connect(lambda: self.copy_wanted.emit(self.stem[1]))
        self.whose = label("", "soft", name="facts_whose", wrap=True)
        self.beside = row(spacing=2 * GRID)
        self.beside.addLayout(column(self.list, self.copy, None))
        right = column(self.whose, None)
        right.insertLayout(1, self.grid)
        self.beside.addLayout(right, 1)
        self.column.addLayout(self.beside)
        self.look.changed.connect(self._fit)

    def set_narrow(self, narrow: bool) -> None:
        """Put the list above the fields where there is no room beside them."""
        super().set_narrow(narrow)
        ways = QBoxLayout.Direction
        self.beside.setDirection(ways.TopToBottom if narrow else ways.LeftToRight)
        self._most = FEW if narrow else MANY
        self._fit()

    def set_electrodes(self, codes: Iterable[str]) -> None:
        """Fill the list; the entry that was shown stays in front where there still is one."""
        self.list.blockSignals(True)
        self.list.clear()
        for code in codes:
            item = QListWidgetItem(self._name(code))
            item.setData(Qt.ItemDataRole.UserRole, code)
            item.setToolTip(muscle_name(code) if code != EVERY else item.text())
            self.list.addItem(item)
            if code == self.stem[1]:
                self.list.setCurrentItem(item)
        if self.list.currentItem() is None:
            self.list.setCurrentRow(0)
            self.stem = (self.group.name, EVERY)
        self.list.blockSignals(False)
        self._fit()

    def show_draft(self, draft: FactsDraft, wanted: Iterable[Place]) -> None:
        """Show the entry that is chosen; how much each lacks stands in the list."""
        missing = frozenset(wanted)
        super().show_draft(draft, missing)
        code = self.stem[1]
        for key, one in self.rows.items():
            own = one.field.words.own and code == EVERY
            one.set_visible(not own or bool(draft.typed((*self.stem, key))))
        self.copy.setVisible(code != EVERY)
        self.whose.setText(
            tr("Holds for every electrode that has no entry of its own.")
            if code == EVERY
            else tr("Only of {muscle}. What is left empty is as for all.", muscle=muscle_name(code))
        )
        wrong = draft.mistakes()
        for line in range(self.list.count()):
            item = self.list.item(line)
            of = str(item.data(Qt.ItemDataRole.UserRole))
            words = self._name(of)
            n = sum(place[:2] == (self.group.name, of) for place in missing)
            if any(place[:2] == (self.group.name, of) for place in wrong):
                words = tr("{electrode}: to correct", electrode=words)
            elif n:
                words = tr("{electrode}: {n} missing", electrode=words, n=n)
            item.setText(words)

    def show_place(self, place: Place) -> FactRow | None:
        """Choose the electrode of a place, too."""
        found = super().show_place(place)
        if found is not None:
            for line in range(self.list.count()):
                if self.list.item(line).data(Qt.ItemDataRole.UserRole) == place[1]:
                    self.list.setCurrentRow(line)
        return found

    def _name(self, code: str) -> str:
        return tr("All") if code == EVERY else muscle_short(code)

    def _choose(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.stem = (self.group.name, str(item.data(Qt.ItemDataRole.UserRole)))
            self.chosen.emit()

    def _fit(self) -> None:
        self.list.setStyleSheet(f"QListWidget::item {{ padding: {self.look.px(GRID // 2)}px; }}")
        for widget in (self.list, self.copy):
            widget.setFixedWidth(self.look.px(BESIDE if self._most == MANY else ABOVE))
        lines = min(self.list.count(), self._most)
        high = self.list.sizeHintForRow(0) * lines + 2 * self.list.frameWidth() + GRID
        self.list.setFixedHeight(max(self.look.px(64), high))
