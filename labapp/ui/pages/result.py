"""Result: one large sentence, then the evidence, all of it from the analysis document."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QMenu, QVBoxLayout, QWidget

from labapp import palette
from labapp.ui.firstbars import FirstBars
from labapp.ui.flow import FlowLayout
from labapp.ui.lagforest import LagForest
from labapp.ui.look import Look
from labapp.ui.numbers import number
from labapp.ui.pages.page import Page
from labapp.ui.pages.qualitycard import QualityCard
from labapp.ui.parts import (
    Card,
    Level,
    button,
    chip,
    clear,
    fact,
    label,
    named,
    row,
    set_level,
    set_role,
)
from labapp.ui.raster import OrderRaster
from labapp.ui.ratiochart import RatioChart
from labapp.ui.theme import GRID
from labapp.ui.words import VERDICTS, unbroken

_STATE_LEVEL: dict[str, Level] = {
    "first": "good",
    "second": "good",
    "simultaneous": "good",
    "undecided": "grey",
    "not interpretable": "grey",
}
LARGEST = 96  # characters of a headline that two lines of the largest type hold


class ResultPage(Page):
    """The verdict and what it rests on."""

    report_wanted = Signal(str)
    library_wanted = Signal()
    setup_wanted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(look, "result", "Result")
        self.path: Path | None = None
        self.document: Mapping[str, Any] | None = None
        self._build_empty()
        self._build_evidence()
        self.report = button(
            "Save report",
            "save_report",
            "Writes the report beside the session file",
            role="primary",
        )
        menu = QMenu(self.report)
        named(menu, "report_menu", "Kind of report")
        for kind, words in (("html", "As HTML (one file)"), ("pdf", "As PDF (A4)")):
            action = menu.addAction(words)
            action.setObjectName(f"report_{kind}")
            action.triggered.connect(lambda _=False, kind=kind: self.report_wanted.emit(kind))
        self.report.setMenu(menu)
        self.report.setMinimumWidth(self.look.px(176))
        self.add_actions(self.report)
        self._show_evidence(False)

    # ------------------------------------------------------------------ making

    def _build_empty(self) -> None:
        self.empty = Card(
            "No result yet",
            "result_empty",
            "A result is made from a recorded session: which muscle came first, with its "
            "interval, and what it rests on.",
        )
        go_setup = button("Set up a recording", "result_to_setup", "Opens the page Set up")
        go_library = button("Open a session", "result_to_library", "Opens the page Library")
        go_setup.clicked.connect(self.setup_wanted)
        go_library.clicked.connect(self.library_wanted)
        line = FlowLayout(GRID)
        line.addWidget(go_setup)
        line.addWidget(go_library)
        self.empty.column.addLayout(line)
        self.inside.addWidget(self.empty, 0, Qt.AlignmentFlag.AlignTop)

    def _build_evidence(self) -> None:
        self.evidence = QWidget()
        named(self.evidence, "evidence", "Evidence")
        column = QVBoxLayout(self.evidence)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        self.verdict = Card("", "verdict_card")
        self.state = chip("", "grey", "verdict_state", "State of the verdict")
        self.headline = label("", "hero", name="headline", wrap=True)
        self.headline.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.reasons = FlowLayout(GRID)
        self.source = label("", "faint", name="result_source")
        self.verdict.column.addLayout(row(self.state, self.source, None, spacing=2 * GRID))
        self.verdict.column.addWidget(self.headline)
        self.verdict.column.addLayout(self.reasons)
        column.addWidget(self.verdict)
        grid = QGridLayout()
        grid.setSpacing(2 * GRID)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self.raster = OrderRaster(self.look)
        self.forest = LagForest(self.look)
        self.first = FirstBars(self.look)
        self.ratios = RatioChart(self.look)
        self.raster_card = Card(
            "Order in each repetition",
            "raster_card",
            "Dot and 95 % interval per muscle; pale rows are left out; hollow dots are doubtful.",
        )
        self.forest_card = Card("Lags", "forest_card", "Mean over repetitions with 95 % interval.")
        self.first_card = Card(
            "Which came first",
            "first_card",
            "Probability of being the first of all; dashed line: chance. "
            "Right: probability, repetitions in which it was first.",
        )
        self.ratio_card = Card(
            "Activation ratios",
            "ratio_card",
            "Geometric mean with 95 % interval, each muscle in % of its reference contraction.",
        )
        self.ratio_none = label("", "soft", name="ratios_withheld", wrap=True)
        for card, chart in (
            (self.raster_card, self.raster),
            (self.forest_card, self.forest),
            (self.first_card, self.first),
            (self.ratio_card, self.ratios),
        ):
            card.column.addWidget(chart)
        self.ratio_card.column.addWidget(self.ratio_none)
        for card in (self.raster_card, self.forest_card, self.first_card, self.ratio_card):
            card.column.addStretch(1)
        self.quality_card = QualityCard()
        self.record_card = Card("Recording", "record_card")
        self.record = QVBoxLayout()
        self.record.setSpacing(GRID)
        self.record_card.column.addLayout(self.record)
        self.record_card.column.addStretch(1)
        left = QVBoxLayout()
        right = QVBoxLayout()
        for side in (left, right):
            side.setSpacing(2 * GRID)
        for card in (self.raster_card, self.first_card, self.quality_card):
            left.addWidget(card)
        for card in (self.forest_card, self.ratio_card, self.record_card):
            right.addWidget(card)
        left.addStretch(1)
        right.addStretch(1)
        grid.addLayout(left, 0, 0)
        grid.addLayout(right, 0, 1)
        column.addLayout(grid)
        column.addStretch(1)
        self.inside.addWidget(self.evidence)

    # ------------------------------------------------------------------ showing

    def set_document(self, document: Mapping[str, Any], path: Path) -> None:
        """Show the analysis of a session file."""
        self.document, self.path = document, path
        verdict = document["verdict"]
        state = str(verdict["state"])
        self.headline.setText(unbroken(str(verdict["headline"])))
        self.headline.setAccessibleName(str(verdict["headline"]))
        set_role(self.headline, "hero" if len(verdict["headline"]) <= LARGEST else "verdict")
        level = _STATE_LEVEL.get(state, "grey")
        self.state.setText(VERDICTS.get(state, state))
        self.state.setAccessibleName(f"Verdict: {self.state.text()}")
        set_level(self.state, level)
        clear(self.reasons)
        # A headline that gives a reason itself need not be followed by the same words.
        headline = str(verdict["headline"])
        reasons = [r for r in verdict["reasons"] if str(r) not in headline]
        for index, reason in enumerate(reasons):
            self.reasons.addWidget(chip(str(reason), level, f"reason_{index}"))
        if verdict.get("n_needed"):
            words = f"about {verdict['n_needed']} repetitions would decide it"
            self.reasons.addWidget(chip(words, "grey", "n_needed"))
        self.source.setText(
            f"{document.get('participant') or 'no participant'} · "
            f"{str(document.get('protocol') or 'no protocol').replace('_', ' ')} · {path.name}"
        )
        self.source.setToolTip(str(path))
        for chart in (self.raster, self.forest, self.first, self.ratios):
            chart.set_document(document)
        self._show_ratios(document)
        self.quality_card.show_findings(document["quality"])
        self._show_record(document)
        self._show_evidence(True)
        self.scroller.verticalScrollBar().setValue(0)

    def crumb(self) -> tuple[str, ...]:
        """Whose result, of which protocol."""
        document = self.document or {}
        protocol = str(document.get("protocol") or "").replace("_", " ")
        return str(document.get("participant") or ""), protocol.capitalize(), self.title

    def entered(self) -> None:
        """Let the keys scroll at once."""
        self.scroller.setFocus()

    def _show_evidence(self, there: bool) -> None:
        self.evidence.setVisible(there)
        self.empty.setVisible(not there)
        self.report.setVisible(there)

    def _show_ratios(self, document: Mapping[str, Any]) -> None:
        there = bool(self.ratios.rows)
        self.ratios.setVisible(there)
        self.ratio_card.note.setVisible(there)
        withheld = [str(reason) for reason in document.get("ratios_withheld") or ()]
        if not there and not withheld:
            withheld = ["There is no reference contraction to compare with."]
        self.ratio_none.setText("\n".join(withheld))
        self.ratio_none.setVisible(bool(withheld))

    def _show_record(self, document: Mapping[str, Any]) -> None:
        clear(self.record)
        for name, stream in document["streams"].items():
            lost = int(stream["lost"])
            state: Level = "good" if lost == 0 else "warn"
            rate = stream.get("rate_hz")
            words = f"{name}: {stream['driver']}, " + (f"{rate:.2f} Hz, " if rate else "")
            words += f"{number(int(stream['received']))} samples received"
            if lost:
                words += f", {number(lost)} lost in {stream['gaps']} gaps"
            tip = f"Onset from this device: {stream['onset_capable']}. {stream['onset_reason']}"
            said = "nothing lost" if not lost else "losses"
            self.record.addWidget(fact(said, state, words, f"stream_{name}", tip))
        timing = document["timing"]
        resolves = timing.get("resolution_ms")
        words = f"Timing: {timing['sync']}" + (
            f"; this set-up resolves lags ≥ {resolves:.0f} ms" if resolves is not None else ""
        )
        if timing.get("uncertainty_ms") is not None:
            words += f"; uncertainty ±{timing['uncertainty_ms']:.1f} ms"
        self.record.addWidget(label(words, "soft", name="timing_words", wrap=True))
        force = document.get("force") or {}
        peak = force.get("peak_n")
        if peak and peak.get("mean") is not None:
            words = f"Peak force {peak['mean']:.0f} N"
            words += f" (SD {peak['sd']:.0f})" if peak.get("sd") is not None else ""
            self.record.addWidget(
                label(f"{words}, {peak['n']} repetitions", "soft", name="force_words", wrap=True)
            )
        if force.get("emd_text"):
            self.record.addWidget(
                label(
                    f"Electromechanical delay: {force['emd_text']}",
                    "soft",
                    name="emd_words",
                    wrap=True,
                )
            )
        reference = document.get("reference")
        if reference:
            names = ", ".join(palette.name(code) for code in reference["muscles"])
            words = f"Reference contraction: {reference['method']} ({names})"
            self.record.addWidget(label(words, "faint", name="reference_words", wrap=True))
