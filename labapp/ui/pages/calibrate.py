"""Calibrate: a step off the page Set up that turns a load cell's counts into newtons."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QLabel, QProgressBar, QWidget

from labapp.analysis.calibration import Calibration
from labapp.errors import LabError
from labapp.record.config import DeviceConfig
from labapp.translate import phrase, tr
from labapp.ui.look import Look
from labapp.ui.numbers import number
from labapp.ui.pages.cellcard import CellCard
from labapp.ui.pages.page import Page
from labapp.ui.parts import (
    Card,
    Level,
    allow,
    button,
    chip,
    clear,
    column,
    fact,
    label,
    named,
    row,
    set_level,
)
from labapp.ui.residualchart import ResidualChart
from labapp.ui.theme import GRID
from labapp.ui.words import error_words
from labapp.workflow.calibrate_guide import CalibrationGuide, Steadiness, figures, verdict
from labapp.workflow.spoken import spoken

WIDEST = 880
FIGURES = {
    "non-linearity": phrase(
        "How far the readings bend away from a straight line, % of the greatest load"
    ),
    "hysteresis": phrase(
        "How far a load that is reached from above reads from the same load reached from below, "
        "% of the greatest load"
    ),
    "repeatability": phrase(
        "Spread (standard deviation) of one load from cycle to cycle, % of the greatest load"
    ),
    "zero return": phrase(
        "How far the last reading of the empty cell lies from the first, % of the greatest load"
    ),
    "drift in 10 min": phrase(
        "How far the empty cell wanders in ten minutes, % of the greatest load"
    ),
    "resolution": phrase("Three times the noise of the empty cell: smaller forces drown in it"),
}
"""What each figure of a calibration means."""


class CalibratePage(Page):
    """Shows what to do and what came out; says what it wants and does nothing itself."""

    back_wanted = Signal()
    start_wanted = Signal(object)
    take_wanted = Signal()
    undo_wanted = Signal()
    stop_wanted = Signal()
    save_wanted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(look, "calibrate", tr("Calibrate"))
        self._blocked = ""
        self.state = "choose"
        self.choice = CellCard(look)
        self.choice.changed.connect(self._refresh)
        self.inside.addWidget(self.choice)
        self.inside.addWidget(self._step_card())
        self.inside.addWidget(self._result_card())
        self.inside.addStretch(1)
        self.body.setMaximumWidth(look.px(WIDEST))
        look.changed.connect(lambda: self.body.setMaximumWidth(look.px(WIDEST)))
        self.back = button(tr("Back to set up"), "calibrate_back", tr("Leaves this step"))
        self.back.clicked.connect(self.back_wanted)
        self.stop = button(
            tr("Give up"), "calibrate_stop", tr("Ends this calibration; nothing is saved")
        )
        self.stop.clicked.connect(self.stop_wanted)
        self.undo = button(
            tr("Last reading again"),
            "calibrate_undo",
            tr("Takes the last reading away (Backspace); its step comes again"),
        )
        self.undo.setShortcut("Backspace")
        self.undo.clicked.connect(self.undo_wanted)
        self.begin = button(
            tr("Begin"), "calibrate_begin", tr("Opens the load cell"), role="primary"
        )
        self.begin.clicked.connect(self._begin)
        self.take = button(
            tr("Take the reading"),
            "calibrate_take",
            tr("Takes the mean of the last seconds (Space), once the load hangs still"),
            role="primary",
        )
        self.take.clicked.connect(self.take_wanted)
        self.save = button(
            tr("Save the calibration"),
            "calibrate_save",
            tr("From the next recording on, this cell measures newtons"),
            role="primary",
        )
        self.save.clicked.connect(self.save_wanted)
        self.add_actions(self.back, self.stop, self.undo, self.begin, self.take, self.save)
        self.set_state("choose")

    # ------------------------------------------------------------------ making

    def _step_card(self) -> Card:
        self.doing = Card(tr("Step"), "calibrate_step")
        self.now = label("", "shout", name="calibrate_now", wrap=True)
        self.value = label("", "hero", name="calibrate_value")
        self.value.setToolTip(
            tr("What the cell's converter gives; the calibration turns it into newtons")
        )
        self.light = chip("", "grey", "calibrate_light")
        self.bar = QProgressBar()
        named(self.bar, "calibrate_bar", tr("Progress"), tr("Readings taken"))
        self.bar.setTextVisible(False)
        self.last = label("", "soft", name="calibrate_last", wrap=True)
        self.last.setToolTip(tr("Mean of the reading; its spread is the standard deviation"))
        for widget in (self.now, self.bar):
            self.doing.column.addWidget(widget)
        self.doing.column.addLayout(row(self.value, self.light, None, spacing=2 * GRID))
        self.doing.column.addWidget(self.last)
        return self.doing

    def _result_card(self) -> Card:
        self.result = Card(tr("What came out"), "calibrate_result")
        self.told = QWidget()
        named(self.told, "calibrate_told", tr("What came out"))
        self.lines = column(spacing=GRID)
        self.told.setLayout(self.lines)
        self.chart = ResidualChart(self.look)
        self.result.column.addWidget(self.told)
        self.result.column.addWidget(self.chart)
        return self.result

    # ------------------------------------------------------------------ what is shown

    def set_devices(self, devices: Sequence[DeviceConfig]) -> None:
        """Offer the load cells of these devices."""
        self.choice.set_devices(devices)

    def set_blocked(self, why: str) -> None:
        """Say why a calibration cannot begin now; empty when it can."""
        self._blocked = why
        self._refresh()

    def set_state(self, state: str) -> None:
        """Go to ``choose``, ``opening``, ``step``, ``result`` or ``saved``."""
        self.state = state
        working = state in ("opening", "step")
        self.choice.setVisible(state in ("choose", "opening"))
        self.choice.setEnabled(state == "choose")
        self.doing.setVisible(working)
        self.result.setVisible(state in ("result", "saved"))
        for one, states in (
            (self.back, ("choose", "saved")),
            (self.stop, ("opening", "step", "result")),
            (self.undo, ("step",)),
            (self.begin, ("choose",)),
            (self.take, ("step",)),
            (self.save, ("result",)),
        ):
            one.setVisible(state in states)
        if state == "opening":
            self.now.setText(tr("Opening the load cell."))
            self.last.setText("")
        self._refresh()
        self.entered()

    def show_guide(self, guide: CalibrationGuide) -> None:
        """Show the step that comes now, and the reading before it."""
        step = guide.step
        self.bar.setRange(0, len(guide.steps))
        self.bar.setValue(len(guide.readings))
        if step is not None:
            self.doing.title.setText(
                tr("Step {n} of {of}, cycle {cycle}", n=step.number, of=step.of, cycle=step.cycle)
            )
            words = (
                tr("Leave the cell empty.")
                if step.mass_kg == 0
                else tr("Hang {mass} kg on the cell.", mass=f"{step.mass_kg:g}")
            )
            self.now.setText(words)
            self.now.setAccessibleName(words)
        last = guide.readings[-1] if guide.readings else None
        self.last.setText(
            ""
            if last is None
            else tr(
                "Before: {mass} kg read {count} counts (spread {sd}).",
                mass=f"{last.mass_kg:g}",
                count=number(round(last.count)),
                sd=number(round(last.sd)),
            )
        )
        allow(self.undo, bool(guide.readings), tr("No reading was taken yet."))

    def show_live(self, steady: Steadiness) -> None:
        """Show what the cell reads now, and whether the load hangs still."""
        known = steady.mean == steady.mean
        count = number(round(steady.mean)) if known else "—"
        self.value.setText(tr("{count} counts", count=count))
        self.light.setText(tr(steady.text))
        set_level(self.light, steady.light)
        if steady.light == "good":
            self.hint.setText("")

    def show_moving(self, steady: Steadiness) -> None:
        """Say why the reading was not taken."""
        self.hint.setText(tr("Not taken: {why}.", why=tr(steady.text)))

    def show_result(self, fit: Calibration | None, problem: str = "") -> None:
        """Show the line's figures and residuals, or why there is none."""
        clear(self.lines)
        self.chart.setVisible(fit is not None)
        allow(self.save, fit is not None, problem)
        self.set_state("result")
        if fit is None:
            self._line(tr("refused"), "bad", problem, "calibrate_verdict")
            return
        level, said = verdict(fit)
        words = spoken(said)
        self._line(tr("accepted") if level == "good" else tr("with care"), level, words,
                   "calibrate_verdict")  # fmt: skip
        for name, value, limit, unit in figures(fit):
            shown = tr("not measured") if value != value else f"{value:.3f} {unit}"
            good: Level = "grey"
            if limit is not None:
                good = "good" if value <= limit else "warn"
            goal = "" if limit is None else tr(" (good: up to {limit} %)", limit=f"{limit:g}")
            tip = tr(FIGURES[name])
            self._line(shown, good, tr(name) + goal, f"figure_{name.split()[0]}", tip)
        self.chart.show_residuals(fit.residuals, fit.full_scale_n)

    def show_saved(self, where: str) -> None:
        """Say where the calibration lies and what it means from now on."""
        self.set_state("saved")
        words = tr("Saved. From the next recording on, this cell measures newtons. File: {file}",
                   file=where)  # fmt: skip
        self.lines.addWidget(label(words, "soft", name="calibrate_saved", wrap=True))

    def _line(self, word: str, level: Level, text: str, name: str, tip: str = "") -> None:
        line = fact(word, level, text, name, tip or text)
        mark = line.findChild(QLabel, f"{name}_word")
        if mark is not None:
            mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
            ink = QFontMetrics(self.look.font(14))
            widest = ink.horizontalAdvance(tr("not measured"))
            mark.setFixedWidth(max(self.look.px(124), widest + self.look.px(24)))
        self.lines.addWidget(line)

    def _refresh(self) -> None:
        if not hasattr(self, "save"):
            return
        problem = ""
        if self.state == "choose":
            problem = self._blocked
            if not problem:
                try:
                    self.choice.chosen()
                except LabError as error:
                    problem = error_words(error)
        self.hint.setText(problem[:1].upper() + problem[1:])
        allow(self.begin, not problem, self.hint.text())

    def entered(self) -> None:
        """Give the next step the keyboard."""
        steps = (self.begin, self.take, self.save, self.back, self.stop)
        there = [one for one in steps if one.isVisibleTo(self) and one.isEnabled()]
        if there and self.isVisible():
            there[0].setFocus(Qt.FocusReason.OtherFocusReason)

    def _begin(self) -> None:
        self.start_wanted.emit(self.choice.chosen())
