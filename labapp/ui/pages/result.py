"""Result: one large sentence, then the evidence, all of it from the analysis document."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from labapp.report.words import not_applicable
from labapp.translate import tr
from labapp.ui.columns import Columns
from labapp.ui.firstbars import FirstBars
from labapp.ui.flow import FlowLayout
from labapp.ui.glossary import explained
from labapp.ui.lagforest import LagForest
from labapp.ui.look import Look
from labapp.ui.pages.formscard import FormsCard
from labapp.ui.pages.onsetcard import OnsetCard
from labapp.ui.pages.page import Page
from labapp.ui.pages.qualitycard import QualityCard
from labapp.ui.pages.recordcard import RecordCard
from labapp.ui.pages.standingcard import StandingCard
from labapp.ui.pages.verdictcard import VerdictCard
from labapp.ui.parts import Card, button, label, named
from labapp.ui.raster import OrderRaster
from labapp.ui.ratiochart import RatioChart
from labapp.ui.theme import GRID
from labapp.ui.words import capital, readable
from labapp.workflow.protocol_words import listed
from labapp.workflow.spoken import spoken

if TYPE_CHECKING:
    from labapp.workflow.pull_traces import PullTraces


class ResultPage(Page):
    """The verdict and what it rests on."""

    report_wanted = Signal(str)
    library_wanted = Signal()
    setup_wanted = Signal()
    traces_wanted = Signal()
    recount_wanted = Signal()
    problem = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__(look, "result", tr("Result"))
        self.path: Path | None = None
        self.document: Mapping[str, Any] | None = None
        self._build_empty()
        self._build_evidence()
        self.report = button(
            tr("Save report"),
            "save_report",
            tr("Writes the report beside the session file"),
            role="primary",
        )
        menu = QMenu(self.report)
        named(menu, "report_menu", tr("Kind of report"))
        for kind, words in (("html", tr("As HTML (one file)")), ("pdf", tr("As PDF (A4)"))):
            action = menu.addAction(words)
            action.setObjectName(f"report_{kind}")
            action.triggered.connect(lambda _=False, kind=kind: self.report_wanted.emit(kind))
        self.report.setMenu(menu)
        self.report.setMinimumWidth(self.look.px(176))
        self.look_at = button(
            tr("Look at the onsets"),
            "show_onsets",
            tr("Shows the traces of every pull, on which onsets can be set by hand"),
        )
        self.look_at.clicked.connect(lambda: self._ask_for(None))
        self.add_actions(self.look_at, self.report)
        self._show_evidence(False)

    # ------------------------------------------------------------------ making

    def _build_empty(self) -> None:
        self.empty = Card(
            tr("No result yet"),
            "result_empty",
            tr(
                "A result is made from a recorded session: which muscle came first, with its "
                "interval, and what it rests on."
            ),
        )
        go_setup = button(tr("Set up a recording"), "result_to_setup", tr("Opens the page Set up"))
        go_library = button(tr("Open a session"), "result_to_library", tr("Opens the page Library"))
        go_setup.clicked.connect(self.setup_wanted)
        go_library.clicked.connect(self.library_wanted)
        line = FlowLayout(GRID)
        line.addWidget(go_setup)
        line.addWidget(go_library)
        self.empty.column.addLayout(line)
        self.inside.addWidget(self.empty, 0, Qt.AlignmentFlag.AlignTop)

    def _build_evidence(self) -> None:
        self.evidence = QWidget()
        named(self.evidence, "evidence", tr("Evidence"))
        column = QVBoxLayout(self.evidence)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        self.verdict = VerdictCard()
        self.state, self.headline = self.verdict.state, self.verdict.headline
        column.addWidget(self.verdict)
        self.onsets = OnsetCard(self.look)
        self.onsets.hide()
        column.addWidget(self.onsets)
        self.raster = OrderRaster(self.look)
        self.forest = LagForest(self.look)
        self.first = FirstBars(self.look)
        self.ratios = RatioChart(self.look)
        self.raster_card = Card(
            tr("Order in each repetition"),
            "raster_card",
            tr(
                "Dot and 95 % interval per muscle; pale rows are left out; hollow dots are "
                "doubtful; diamonds were set by hand; struck-out numbers were excluded afterwards. "
                "Click a row to see its traces."
            ),
        )
        self.forest_card = Card(
            tr("Lags"), "forest_card", tr("Mean over repetitions with 95 % interval.")
        )
        self.first_card = Card(
            tr("Which came first"),
            "first_card",
            tr(
                "Probability of being the first of all; dashed line: chance. "
                "Right: probability, repetitions in which it was first."
            ),
        )
        self.ratio_card = Card(
            tr("Activation ratios"),
            "ratio_card",
            tr("Geometric mean with 95 % interval, each muscle in % of its reference contraction."),
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
        self.raster_card.note.setToolTip(explained("onset", "95 % interval"))
        self.forest_card.note.setToolTip(explained("lag", "95 % interval"))
        self.ratio_card.note.setToolTip(explained("95 % interval", "reference contraction"))
        self.quality_card = QualityCard()
        self.record_card = RecordCard()
        self.standing_card, self.forms_card = StandingCard(), FormsCard()
        self.charts = Columns(
            self.look,
            (
                *(self.standing_card, self.forms_card),
                *(self.raster_card, self.first_card, self.quality_card),
            ),
            (self.forest_card, self.ratio_card, self.record_card),
        )
        named(self.charts, "charts", tr("Charts"))
        column.addWidget(self.charts)
        column.addStretch(1)
        self.inside.addWidget(self.evidence)
        self._wanted: int | None = None
        self.onsets.problem.connect(self.problem)
        self.onsets.edited.connect(self._edited)
        self.onsets.judged.connect(self.recount_wanted)
        self.onsets.blind_changed.connect(self._hide_results)
        self.raster.chosen.connect(self._ask_for)

    # ------------------------------------------------------------------ showing

    def set_document(self, document: Mapping[str, Any], path: Path) -> None:
        """Show the analysis of a session file."""
        self.onsets.close_desk()
        self.onsets.hide()
        self._show(document, path)
        self.scroller.verticalScrollBar().setValue(0)

    def show_again(self, document: Mapping[str, Any], path: Path) -> None:
        """Show the session in front as it is after repetitions were rejected or accepted."""
        if path != self.path:
            return
        self._show(document, path)
        self.onsets.go_on(document)
        self._edited()
        if self.onsets.desk is not None and self.onsets.desk.blind:
            self._hide_results(True)

    def _show(self, document: Mapping[str, Any], path: Path) -> None:
        self.document, self.path = document, path
        self.verdict.show_document(document, path)
        for chart in (self.raster, self.forest, self.first, self.ratios):
            chart.set_document(document)
        self._show_ratios(document)
        asked = not not_applicable(document)
        for card in (self.forest_card, self.first_card):
            card.setVisible(asked)
        self.quality_card.show_findings(document["quality"])
        self.record_card.show_record(document)
        protocol = str(document.get("protocol") or "")
        self.standing_card.show_standing(document.get("standing"), protocol)
        self.forms_card.show_forms(document.get("forms"), protocol)
        has_emg = bool(document["order"]["muscles"])
        pulls = has_emg and bool(document["repetitions"])
        self.raster_card.setVisible(pulls)
        self.ratio_card.setVisible(has_emg)
        self.quality_card.setVisible(has_emg or bool(document["quality"]))
        self._show_evidence(True)
        self.look_at.setVisible(pulls)

    # ------------------------------------------------------------------ onsets

    def _ask_for(self, index: int | None) -> None:
        """Show the traces of a repetition; they are cut out of the session when first asked for."""
        self._wanted = index
        if self.onsets.desk is None:
            self.traces_wanted.emit()
        else:
            self._show_onsets()

    def show_traces(self, path: Path, traces: dict[int, PullTraces]) -> None:
        """Lay out the traces that were asked for, unless another session is in front by now."""
        if self.document is None or path != self.path:
            return
        self.onsets.open(path, self.document, traces)
        if self.onsets.desk is not None:
            self._edited()
            self._show_onsets()

    def _show_onsets(self) -> None:
        self.onsets.show()
        if self._wanted is not None:
            self.onsets.show_pull(self._wanted)
        self.onsets.view.setFocus()
        self.inside.activate()
        self.scroller.ensureWidgetVisible(self.onsets, 0, self.scroller.height())

    def _edited(self) -> None:
        """Mark in the raster what the rater at the desk has moved."""
        desk = self.onsets.desk
        if desk is not None:
            self.raster.set_marks({} if desk.blind else desk.hand.marks)

    def _hide_results(self, hidden: bool) -> None:
        """Keep from a blind rater what the session says."""
        for widget in (self.verdict, self.charts, self.look_at, self.report):
            widget.setVisible(not hidden)
        self._edited()
        if not hidden:  # what was rejected blind counts from now on
            self.recount_wanted.emit()

    def crumb(self) -> tuple[str, ...]:
        """Whose result, of which protocol."""
        document = self.document or {}
        protocol = listed(document["protocol"]) if document.get("protocol") else ""
        return str(document.get("participant") or ""), protocol, self.title

    def resizeEvent(self, event: QResizeEvent) -> None:
        """One column of cards where two would not fit."""
        super().resizeEvent(event)
        self.charts.fit(event.size().width())  # what scrolls is laid out later
        self.onsets.fields.fit(event.size().width())
        self.verdict.fit(event.size().width())

    def entered(self) -> None:
        """Let the keys scroll at once."""
        self.scroller.setFocus()

    def _show_evidence(self, there: bool) -> None:
        self.evidence.setVisible(there)
        self.empty.setVisible(not there)
        for one in (self.report, self.look_at):
            one.setVisible(there)

    def _show_ratios(self, document: Mapping[str, Any]) -> None:
        there = bool(self.ratios.rows)
        self.ratios.setVisible(there)
        self.ratio_card.note.setVisible(there)
        reasons = [str(reason) for reason in document.get("ratios_withheld") or ()]
        withheld = [readable(capital(spoken(reason))) for reason in reasons]
        if not there and not withheld:
            withheld = [
                tr("There is no pull to take ratios from.")
                if document.get("reference")
                else tr("There is no reference contraction to compare with.")
            ]
        self.ratio_none.setText("\n".join(withheld))
        self.ratio_none.setToolTip(explained("reference contraction", *reasons))
        self.ratio_none.setVisible(bool(withheld))
