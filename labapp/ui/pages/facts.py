"""Facts for the report: a form for what only people know, with the paragraph that comes of it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QBoxLayout

from labapp.errors import LabError
from labapp.translate import tr
from labapp.ui.look import Look
from labapp.ui.pages.factscard import ElectrodesCard, FactsCard
from labapp.ui.pages.factsview import FactsView
from labapp.ui.pages.page import Page
from labapp.ui.parts import allow, button, clear, column, label, row
from labapp.ui.theme import GRID
from labapp.workflow.facts_draft import FactsDraft
from labapp.workflow.facts_preview import Coming, Preview, preview
from labapp.workflow.toml_edit import Place

WAIT_MS = 150
"""The paragraph is written anew when nothing was typed for so long."""
NARROW = 980
"""Width (design pixels) below which the paragraph comes after the fields, not beside them."""
VIEW_WIDTH = 360
VIEW_HEIGHT = 320


class FactsPage(Page):
    """Every right entry is in the file as soon as its field is left."""

    back_wanted = Signal()
    file_wanted = Signal()
    problem = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__(look, "facts", tr("Facts for the report"))
        self.draft: FactsDraft | None = None
        self.coming: Coming | None = None
        self.cards: list[FactsCard] = []
        self._why = ""
        self.unknown = label("", "missing", name="facts_unknown", wrap=True)
        self.groups = column(spacing=2 * GRID)
        self.inside.addWidget(self.unknown)
        self.inside.addLayout(self.groups)
        self.file = button(
            tr("Open as a file"),
            "facts_file",
            tr(
                "Opens the same facts in the text editor; comments and other lines stay as they are"
            ),
        )
        self.file.clicked.connect(self._open_file)
        self.inside.addLayout(row(self.file, None))
        self.inside.addStretch(1)
        self.view = FactsView(look)
        self._place_view_beside()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT_MS)
        self._timer.timeout.connect(self._show)
        self._make_buttons()
        look.changed.connect(self._fit)

    def _place_view_beside(self) -> None:
        outer = self.layout()
        assert isinstance(outer, QBoxLayout)
        outer.removeWidget(self.scroller)
        self.beside = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.beside.setContentsMargins(0, 0, 2 * GRID, 0)
        self.beside.setSpacing(0)
        self.beside.addWidget(self.scroller, 1)
        self.side = column(self.view)
        self.side.setContentsMargins(0, 2 * GRID, 0, GRID)
        self.beside.addLayout(self.side)
        outer.insertLayout(0, self.beside, 1)

    def _make_buttons(self) -> None:
        self.undo = button(tr("Undo"), "undo_facts", tr("Takes the last entry back"))
        self.redo = button(tr("Redo"), "redo_facts", tr("Makes it again"))
        self.done = button(
            tr("Done"),
            "facts_done",
            tr("Leaves the form; what is right is saved already"),
            role="primary",
        )
        self.done.clicked.connect(self._leave)
        for one, keys, back in (
            (self.undo, QKeySequence(QKeySequence.StandardKey.Undo), True),
            (self.redo, QKeySequence("Ctrl+Shift+Z"), False),
        ):
            one.setToolTip(f"{one.toolTip()} ({keys.toString()})")
            one.clicked.connect(self._undo if back else self._redo)
            shortcut = QShortcut(keys, self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(self._undo if back else self._redo)
        self.add_actions(self.undo, self.redo, self.done)

    # ------------------------------------------------------------------ showing

    def set_draft(self, draft: FactsDraft, what: Coming | None, why: str = "") -> None:
        """Show a draft, for the recording to come; None and why where that is not known."""
        self.draft, self.coming, self._why = draft, what, why
        shown = next((c.stem for c in self.cards if isinstance(c, ElectrodesCard)), None)
        self.cards = []
        clear(self.groups)
        for group in draft.groups:
            card = ElectrodesCard(self.look, group) if group.each else FactsCard(self.look, group)
            if isinstance(card, ElectrodesCard):
                card.stem = shown or card.stem
                card.set_electrodes(draft.electrodes)
                card.copy_wanted.connect(self._copy)
                card.chosen.connect(self._show)
            card.edited.connect(self._edited)
            card.left.connect(self.keep)
            self.groups.addWidget(card)
            self.cards.append(card)
        self.unknown.setVisible(bool(draft.unknown))
        self.unknown.setText(
            tr(
                "The file has what is no fact: {places}. It is kept, but no recording starts with "
                "it: take it out in the file.",
                places=", ".join(draft.unknown),
            )
        )
        self._fit()
        self._show()

    def entered(self) -> None:
        """Begin with the first field that something is wrong with or that is missing."""
        if self.draft is not None:
            wanted = self._preview().wanted if self.coming is not None else frozenset()
            wrong = self.draft.mistakes()
            first = (one for one in self.draft.fields if one in wrong or one in wanted)
            self._go_to(next(first, next(iter(self.draft.fields))))

    def _preview(self) -> Preview:
        assert self.draft is not None
        assert self.coming is not None
        return preview(self.draft, self.coming)

    def _show(self) -> None:
        """Show fields, notes, paragraph and counter as they are now."""
        draft = self.draft
        if draft is None:
            return
        shown = None if self.coming is None else self._preview()
        for card in self.cards:
            card.show_draft(draft, frozenset() if shown is None else shown.wanted)
        self.view.show_preview(shown, self._why)
        wrong = len(draft.mistakes())
        words = f"{self.view.words()}." if shown is not None and shown.missing else ""
        if wrong:
            words = tr("Not saved: {n}. Correct what is marked.", n=wrong)
        self.hint.setText(words)
        self.hint.setAccessibleName(words)
        allow(self.undo, draft.can_undo, tr("Nothing to take back yet."))
        allow(self.redo, draft.can_redo, tr("Nothing was taken back."))

    def _fit(self) -> None:
        """Put the paragraph beside the fields where there is room, else after them."""
        wide = self.width() >= self.look.px(NARROW)
        for card in self.cards:
            card.set_narrow(not wide)
        if wide:
            self.side.addWidget(self.view)
            self.view.setFixedWidth(self.look.px(VIEW_WIDTH))
            self.view.setMinimumHeight(0)
        else:
            self.inside.insertWidget(self.inside.count() - 2, self.view)
            self.view.setMinimumWidth(0)
            self.view.setMaximumWidth(16_777_215)
            self.view.setMinimumHeight(self.look.px(VIEW_HEIGHT))
        self.beside.setContentsMargins(0, 0, 2 * GRID if wide else 0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the width of the window."""
        super().resizeEvent(event)
        self._fit()

    # ------------------------------------------------------------------ entering

    def _edited(self, place: Place, text: str) -> None:
        if self.draft is not None:
            self.draft.enter(place, text)
            self._timer.start()

    def keep(self) -> None:
        """End the step and save what is right."""
        self._timer.stop()
        if self.draft is None:
            return
        self.draft.step()
        try:
            self.draft.save()
        except LabError as error:
            self.problem.emit(error)
        self._show()

    def _copy(self, code: str) -> None:
        if self.draft is not None:
            self.keep()
            self.draft.copy_to_all(code)
            self.keep()

    def _undo(self) -> None:
        if self.draft is not None:
            self._went_back(self.draft.undo())

    def _redo(self) -> None:
        if self.draft is not None:
            self._went_back(self.draft.redo())

    def _went_back(self, changed: tuple[Place, ...]) -> None:
        self.keep()
        if changed:
            self._go_to(changed[0])

    def _go_to(self, place: Place) -> None:
        for card in self.cards:
            found = card.show_place(place)
            if found is not None:
                found.focus()
                show = partial(self.scroller.ensureWidgetVisible, found.input)
                QTimer.singleShot(0, found.input, show)

    # ------------------------------------------------------------------ leaving

    def _leave(self) -> None:
        """Go back, unless something is wrong: then show it."""
        self.keep()
        wrong = {} if self.draft is None else self.draft.mistakes()
        if wrong:
            self._go_to(next(iter(wrong)))
        else:
            self.back_wanted.emit()

    def _open_file(self) -> None:
        self.keep()
        self.file_wanted.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        """Keep what was typed last when another page comes to the front."""
        super().hideEvent(event)
        self.keep()

    def changeEvent(self, event: QEvent) -> None:
        """Read the file again when the person comes back from the text editor."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.read_again()

    def read_again(self) -> None:
        """Show what is in the file now, unless something is still to be corrected here."""
        draft = self.draft
        if draft is None or not self.isVisible() or draft.mistakes():
            return
        try:
            if draft.is_stale():
                self.set_draft(FactsDraft(draft.path, draft.codes), self.coming, self._why)
        except LabError as error:
            self.problem.emit(error)
