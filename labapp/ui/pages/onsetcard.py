"""The card of the result page on which onsets are looked at pull by pull, and set by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut

from labapp.errors import LabError
from labapp.translate import tr
from labapp.ui.flow import FlowLayout
from labapp.ui.glossary import explained
from labapp.ui.look import Look
from labapp.ui.pages.onsetbuttons import OnsetButtons
from labapp.ui.pages.onsetfields import OnsetFields
from labapp.ui.pages.onsetwords import agreed_words, edited_words, pull_words
from labapp.ui.parts import Card, button, chip, label
from labapp.ui.pullview import PullView
from labapp.ui.theme import GRID
from labapp.ui.words import readable, unbroken
from labapp.workflow.headline_words import verdict_told

if TYPE_CHECKING:  # they bring SciPy and HDF5: not on the start-up path
    from labapp.workflow.onset_desk import OnsetDesk
    from labapp.workflow.pull_traces import PullTraces

REST_MS = 700
"""An onset that keys have moved is journalled when the keys have rested for so long."""


class OnsetCard(Card):
    """Shows an `OnsetDesk` and passes on what is done to it.

    Signals: `edited` (something was journalled), `judged` (a pull was rejected or accepted, not
    blind), `blind_changed` (whether names are hidden), `problem` (a `LabError` to show).
    """

    edited = Signal()
    judged = Signal()
    blind_changed = Signal(bool)
    problem = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__(
            tr("Onsets of each pull"),
            "onset_card",
            " ",
        )
        self.look = look
        self.note.setToolTip(explained("onset", "95 % interval"))
        self.desk: OnsetDesk | None = None
        self._told: tuple[int, int, bool] | None = None
        self.view = PullView(look)
        self._build()
        look.changed.connect(self._fit)
        self._fit()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(lambda: self._do(self._commit))
        self._connect()

    def _build(self) -> None:
        self.before = button("◀", "pull_before", tr("Pull before (Page up)"))
        self.before.setAccessibleName(tr("Pull before"))
        self.after = button("▶", "pull_after", tr("Next pull (Page down)"))
        self.after.setAccessibleName(tr("Next pull"))
        self.where = label("", "title", name="pull_where")
        self.share = chip("", "grey", "edited_share", tr("Onsets that this rater has changed"))
        self.nearer = button("+", "pull_nearer", tr("Show less of the pull, larger (plus)"))
        self.nearer.setAccessibleName(tr("Zoom in"))
        self.farther = button("−", "pull_farther", tr("Show more of the pull (minus)"))
        self.farther.setAccessibleName(tr("Zoom out"))
        head = FlowLayout(GRID)
        for one in (
            *(self.before, self.after, self.farther, self.nearer),
            *(self.where, self.share),
        ):
            head.addWidget(one)
        self.column.addLayout(head)
        self.fields = OnsetFields(self.look)
        self.operator, self.rater = self.fields.operator, self.fields.rater
        self.reason, self.blind = self.fields.reason, self.fields.blind
        self.column.addLayout(self.fields.line)
        self.column.addWidget(self.view)
        self.said = label("", "soft", name="onset_said", wrap=True)
        self.buttons = OnsetButtons()
        self.undo, self.redo = self.buttons.undo, self.buttons.redo
        self.confirm, self.remove = self.buttons.confirm, self.buttons.remove
        self.judge = self.buttons.judge
        self.column.addWidget(self.said)
        self.column.addLayout(self.buttons.line)
        self.verdict = label("", name="edited_verdict", wrap=True)
        self.agreed = label("", "soft", name="rater_agreement", wrap=True)
        self.column.addWidget(self.verdict)
        self.column.addWidget(self.agreed)

    def _fit(self) -> None:
        """Give the words of the head the height of the buttons beside them."""
        for words in (self.where, self.share):
            words.setMinimumHeight(self.look.px(32))

    def _connect(self) -> None:
        view = self.view
        view.placed.connect(lambda time: self._edit(lambda desk: desk.place(time)))
        view.confirmed.connect(lambda: self._edit(lambda desk: desk.confirm()))
        view.removed.connect(lambda: self._edit(lambda desk: desk.remove()))
        view.nudged.connect(self._nudge)
        view.judged.connect(self._judge)
        self.judge.clicked.connect(self._judge)
        view.chosen.connect(lambda lane: self._do(lambda desk: desk.choose(lane)))
        view.turned.connect(self._turn)
        self.confirm.clicked.connect(lambda: self._edit(lambda desk: desk.confirm()))
        self.remove.clicked.connect(lambda: self._edit(lambda desk: desk.remove()))
        self.undo.clicked.connect(lambda: self._edit(lambda desk: desk.undo()))
        self.redo.clicked.connect(lambda: self._edit(lambda desk: desk.redo()))
        self.before.clicked.connect(lambda: self._turn(-1))
        self.after.clicked.connect(lambda: self._turn(1))
        self.nearer.clicked.connect(lambda: self.view.zoom(-1))
        self.farther.clicked.connect(lambda: self.view.zoom(1))
        self.rater.editingFinished.connect(self._sit)
        self.blind.toggled.connect(self._sit)
        undo = QKeySequence(Qt.Modifier.CTRL | Qt.Key.Key_Z)
        redo = QKeySequence(Qt.Modifier.CTRL | Qt.Modifier.SHIFT | Qt.Key.Key_Z)
        for keys, pressed in ((undo, self.undo), (redo, self.redo)):
            shortcut = QShortcut(keys, self.view)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(pressed.click)

    # ------------------------------------------------------------------ what it shows

    def open(self, path: Path, document: Mapping[str, Any], traces: dict[int, PullTraces]) -> None:
        """Lay out the pulls of a session."""
        from labapp.workflow.onset_desk import OnsetDesk

        self.close_desk()
        rater = self.rater.text() or "A"
        try:
            self.desk = OnsetDesk(path, document, rater=rater)
        except LabError as error:
            self.problem.emit(error)
            return
        self.view.set_desk(self.desk, traces)
        self.again()

    def close_desk(self) -> None:
        """Journal what is pending and forget the session."""
        if self.desk is not None:
            self._do(self._commit)
        self._rest.stop()
        hidden = self.desk is not None and self.desk.blind
        self.desk, self._told = None, None
        self.view.set_desk(None, {})
        self.blind.setChecked(False)
        if hidden:
            self.blind_changed.emit(False)

    def show_pull(self, index: int) -> None:
        """Bring a repetition to the front."""
        self._do(lambda desk: desk.show(index))
        self.view.setFocus()

    def again(self) -> None:
        """Show what the desk says."""
        desk = self.desk
        if desk is None:
            return
        self.view.again()
        self.note.setText(
            tr(
                "Click where each burst begins; drag it, or move it with the arrow keys. Names, "
                "automatic onsets and results are hidden, pulls and traces are shuffled."
            )
            if desk.blind
            else tr(
                "Dashed: automatic onset, with its 95 % interval as a band. Drag it, or move it "
                "with the arrow keys: the original is kept, every edit is journalled beside the "
                "session."
            )
        )
        self.where.setText(pull_words(desk))
        self.before.setEnabled(desk.position > 0)
        self.after.setEnabled(desk.position + 1 < len(desk.pulls))
        self.buttons.show_desk(desk)
        lane = desk.lane
        name = "" if lane is None else self.view.name_of(lane)
        self.said.setText("" if lane is None else f"{name}: {unbroken(self.view.words(lane))}")
        self._show_result(desk)

    def _show_result(self, desk: OnsetDesk) -> None:
        """Say what the marks amount to; every write makes a new hand, other keys change nothing."""
        now = (id(desk), id(desk.hand), desk.blind)
        if now == self._told:
            return
        self._told = now
        marked, of = desk.marked()
        if desk.blind:
            self.share.setText(tr("marked {n} of {of} traces", n=marked, of=of))
        else:
            part = desk.result()
            self.share.setText(edited_words(part))
            self.verdict.setText(
                tr(
                    "With rater {rater}'s onsets: {headline}",
                    rater=desk.rater,
                    headline=readable(verdict_told(part["verdict"], desk.protocol)),
                )
            )
        self.verdict.setVisible(bool(marked) and not desk.blind)
        pairs = {} if desk.blind else desk.agreement()
        mine = {k: one for k, one in pairs.items() if desk.rater in k.split("-")}
        some = {k: one for k, one in mine.items() if one["onsets"]["n"]}
        told = [agreed_words(k, one) for k, one in (some or mine).items()]
        self.agreed.setText("\n".join(told))
        self.agreed.setVisible(bool(told))

    # ------------------------------------------------------------------ what is done

    def _do(self, act: Callable[[OnsetDesk], Any]) -> bool:
        """Do something at the desk; an error is told, and what stands is shown either way."""
        if self.desk is None:
            return False
        try:
            act(self.desk)
        except LabError as error:
            self.problem.emit(error)
            self.again()
            return False
        self.again()
        return True

    def _edit(self, act: Callable[[OnsetDesk], Any]) -> None:
        """Do something that is journalled."""
        self._rest.stop()
        if self.desk is None:
            return
        self._sign(self.desk)
        before = self.desk.hand.rejected
        if self._do(act):
            self.edited.emit()
            if self.desk.hand.rejected != before and not self.desk.blind:
                self.judged.emit()

    def _judge(self) -> None:
        """Reject the pull in front, or accept it again; the next one needs a reason of its own."""
        if self.desk is None:
            return
        before = self.desk.hand
        rejected = self.desk.pull in before.rejected
        self._edit(lambda desk: desk.accept() if rejected else desk.reject())
        if self.desk.hand is not before:
            self.reason.clear()

    def go_on(self, document: Mapping[str, Any]) -> None:
        """Show a fresh analysis of the session at the desk, in the same place."""
        self._do(lambda desk: desk.go_on(document))

    def _sign(self, desk: OnsetDesk) -> None:
        desk.operator, desk.reason = self.operator.text().strip(), self.reason.text()

    def _commit(self, desk: OnsetDesk) -> None:
        self._sign(desk)
        moved = desk.pending is not None
        desk.commit()
        if moved:
            self.edited.emit()

    def _nudge(self, step_s: float) -> None:
        self._do(lambda desk: desk.nudge(step_s))
        self._rest.start()

    def _turn(self, by: int) -> None:
        self._do(self._commit)
        self._do(lambda desk: desk.go(desk.position + by))

    def _sit(self) -> None:
        """Change rater or blindness; what is refused jumps back."""
        desk = self.desk
        if desk is None:
            return
        rater, blind = self.rater.text().strip(), self.blind.isChecked()
        if (rater, blind) == (desk.rater, desk.blind):
            return
        was = desk.blind
        self._do(self._commit)
        self._do(lambda desk: desk.sit(rater, blind=blind))
        self.rater.setText(desk.rater)
        self.blind.setChecked(desk.blind)
        if desk.blind != was:
            self.blind_changed.emit(desk.blind)

    def hideEvent(self, event: QHideEvent) -> None:
        """Journal what keys have moved before the page goes."""
        if self._rest.isActive():
            self._rest.stop()
            self._do(self._commit)
        super().hideEvent(event)
