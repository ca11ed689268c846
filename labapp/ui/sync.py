"""Synchronise: a step off the page Set up that measures how two devices' clocks relate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QWidget

from labapp.errors import LabError
from labapp.record.config import DeviceConfig
from labapp.translate import phrase, tr
from labapp.ui.banner import sentence
from labapp.ui.look import Look
from labapp.ui.pages.page import Page
from labapp.ui.parts import Card, Level, allow, button, clear, column, fact, label, named
from labapp.ui.theme import GRID
from labapp.ui.words import error_words, unbroken
from labapp.workflow.spoken import spoken

if TYPE_CHECKING:  # the files of sessions need not be loaded for the first frame
    from labapp.workflow.sync import SyncFinding, SyncMethod
    from labapp.workflow.sync_guide import SyncStep

WAYS = (
    (phrase("A pulse that both devices record"), "pulses"),
    (phrase("A copy of the force in a spare EMG channel"), "copy"),
)
WIDEST = 880
UNMEASURED = phrase(
    "Until it is measured, times between the two devices are off by an unknown constant "
    "(30 ms and more). Muscles on one box are not affected."
)


class SyncPage(Page):
    """Steps, progress and finding; says what it wants and does nothing itself."""

    back_wanted = Signal()
    start_wanted = Signal(object)
    stop_wanted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(look, "sync", tr("Synchronise"))
        self._devices: tuple[DeviceConfig, ...] = ()
        self._running = False
        self._blocked = ""
        self._problem = tr("Choose two devices on the page Set up.")
        self.finding: SyncFinding | None = None
        way = Card(tr("How"), "sync_way_card")
        self.way = QComboBox()
        for words, method in WAYS:
            self.way.addItem(tr(words), method)
        named(
            self.way, "sync_way", tr("How the devices are related"), tr("What both devices record")
        )
        self.way.currentIndexChanged.connect(lambda _: self._show_steps())
        way.column.addWidget(self.way)
        self.steps = column(spacing=2 * GRID)
        for card in (self._result_card(), way):
            self.inside.addWidget(card)
        self.inside.addLayout(self.steps)
        self.inside.addStretch(1)
        self.body.setMaximumWidth(look.px(WIDEST))
        look.changed.connect(lambda: self.body.setMaximumWidth(look.px(WIDEST)))
        self.back = button(
            tr("Back to set up"), "sync_back", tr("Leaves this step; what was found stays")
        )
        self.back.clicked.connect(self.back_wanted)
        self.stop = button(tr("Stop"), "sync_stop", tr("Ends the recording and uses what there is"))
        self.stop.clicked.connect(self._stop)
        self.start = button(
            tr("Start measuring"),
            "sync_start",
            tr("Records both devices for this step"),
            role="primary",
        )
        self.start.clicked.connect(self._start)
        self.add_actions(self.back, self.stop, self.start)
        self._show_finding()
        self._refresh()

    def _result_card(self) -> Card:
        card = Card(tr("Finding"), "sync_result_card")
        self.now = label("", "hero", name="sync_now", wrap=True)
        self.found = QWidget()
        named(self.found, "sync_found", tr("What was found"))
        self.lines = column(spacing=GRID)
        self.found.setLayout(self.lines)
        for widget in (self.now, self.found):
            card.column.addWidget(widget)
        return card

    # ------------------------------------------------------------------ what is shown

    def set_devices(self, devices: Sequence[DeviceConfig]) -> None:
        """Prepare the steps for these devices; another choice than before forgets the finding."""
        if tuple(devices) != self._devices:
            self._devices = tuple(devices)
            self.finding = None
            self._show_finding()
        self._show_steps()

    def set_blocked(self, why: str) -> None:
        """Say why measuring cannot start now; empty when it can."""
        self._blocked = why
        self._refresh()

    def set_running(self, on: bool) -> None:
        """Show that both devices record, or that they no longer do."""
        self._running = on
        if on:
            self.finding = None
            self.tell("starting the recorder")
        self._show_finding()
        self._refresh()

    def tell(self, what: str) -> None:
        """Show in large letters what to do now."""
        said = spoken(what)
        words = f"{said[:1].upper()}{said[1:]}"
        self.now.setText(words)
        self.now.setAccessibleName(words)

    def show_found(self, finding: SyncFinding) -> None:
        """Show the end of a measurement."""
        self.finding = finding
        self.set_running(False)

    @property
    def method(self) -> SyncMethod:
        """What the devices will be related by."""
        chosen: SyncMethod = self.way.currentData()
        return chosen

    def _show_steps(self) -> None:
        clear(self.steps)
        for number, step in enumerate(self._steps_now(), start=1):
            card = Card(f"{number}  {spoken(step.title)}", f"step{number}")
            for place, line in enumerate(step.lines):
                card.column.addWidget(
                    label(spoken(line), name=f"step{number}_line{place}", wrap=True)
                )
            self.steps.addWidget(card)
        self._refresh()

    def _steps_now(self) -> tuple[SyncStep, ...]:
        """Make the steps for the devices; none where there is a problem, kept for the hint."""
        from labapp.workflow.sync_guide import sync_steps, without_copy

        self._problem = ""
        if len(self._devices) < 2:
            self._problem = tr("Choose two devices on the page Set up.")
            return ()
        if self.method == "copy" and without_copy(self._devices):
            self._problem = tr(
                "No channel carries a copy of the force: give the copy to a spare EMG channel in "
                "the montage on the page Set up."
            )
            return ()
        try:
            return sync_steps(self._devices, self.method)
        except LabError as error:
            self._problem = error_words(error)
            return ()

    def _show_finding(self) -> None:
        self.now.setVisible(self._running)
        self.found.setVisible(not self._running)
        clear(self.lines)
        found = self.finding
        if found is None:
            self._say(tr("not measured"), "grey", unbroken(tr(UNMEASURED)))
            return
        if found.result.verified:
            said, _, able = spoken(found.text).partition("; ")
            said = unbroken(said.removeprefix(tr("verified")).lstrip())
            self._say(tr("verified"), "good", said)
            able = tr("This set-up {able}", able=able)
            resolves = label(able, "title", name="sync_resolves", wrap=True)
            resolves.setToolTip(
                tr("A smaller difference between the two devices cannot be told from none")
            )
            self.lines.addWidget(resolves)
        else:
            self._say(tr("not verified"), "warn", spoken(found.text.removeprefix("not verified: ")))
            said = spoken(found.remedy)
            remedy = f"{said[:1].upper()}{said[1:]}."
            self.lines.addWidget(label(remedy, name="sync_remedy", wrap=True))
        for place, note in enumerate(found.document["notes"]):
            said = spoken(note)
            words = f"{said[:1].upper()}{said[1:]}."
            self.lines.addWidget(label(words, "soft", name=f"sync_note{place}", wrap=True))
        kept = (
            tr("Kept for later recordings of these two devices.")
            if found.profile is not None
            else tr(
                "Devices without a serial number: recordings with pulses of their own are "
                "aligned, others are not."
            )
        )
        if found.result.verified:
            self.lines.addWidget(label(kept, "faint", name="sync_kept", wrap=True))
        where = tr("Recording: {session}", session=found.session)
        self.lines.addWidget(label(where, "faint", name="sync_session", wrap=True))

    def _say(self, word: str, level: Level, text: str) -> None:
        tip = tr("Standard uncertainty of the time between the two devices")
        self.lines.addWidget(fact(word, level, text, "sync_verdict", tip))

    def _refresh(self) -> None:
        if not hasattr(self, "start"):
            return
        problem = "" if self._running else self._problem or self._blocked
        problem = sentence(problem)
        self.hint.setText(problem)
        self.hint.setAccessibleName(problem)
        allow(self.start, not self._running and not problem, problem)
        self.start.setVisible(not self._running)
        again = tr("Measure again") if self.finding is not None else tr("Start measuring")
        self.start.setText(again)
        self.start.setAccessibleName(again)
        self.stop.setVisible(self._running)
        self.stop.setEnabled(self._running)
        allow(self.way, not self._running, tr("Stop the measurement first."))
        allow(self.back, not self._running, tr("Stop the measurement first."))
        if self.isVisible():
            self.entered()

    def entered(self) -> None:
        """Give the next step the keyboard."""
        step = self.start if self.start.isEnabled() else self.back
        (self.stop if self._running else step).setFocus(Qt.FocusReason.OtherFocusReason)

    def _start(self) -> None:
        self.start_wanted.emit(self.method)

    def _stop(self) -> None:
        self.stop.setEnabled(False)
        self.stop_wanted.emit()
