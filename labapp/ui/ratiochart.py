"""The activation ratios: geometric mean and interval on a log axis, by phase."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetrics, QPainter, QPen

from labapp.translate import tr
from labapp.ui.chart import Axis, Chart, Document, ratio_ticks
from labapp.ui.look import Look
from labapp.ui.words import muscle_places, phase_place
from labapp.ui.words import ratio_short as ratio_words
from labapp.workflow.spoken import spoken


class RatioChart(Chart):
    """Activation ratios: geometric mean and interval on a log axis, by phase."""

    ROW, LINE, NARROW = 24, 18, 340

    def __init__(self, look: Look) -> None:
        super().__init__(look, "ratio_chart", tr("Activation ratios by phase"))
        self.rows: list[tuple[str, str, Mapping[str, Any]]] = []
        self._narrow = False

    def set_document(self, document: Document) -> None:
        """Show another analysis."""
        self.rows = [
            (key, phase, value)
            for key, phases in sorted(
                (document.get("ratios") or {}).items(),
                key=lambda item: muscle_places(item[0], document["order"]["muscles"]),
            )
            for phase, value in sorted(phases.items(), key=lambda item: phase_place(item[0]))
            if value is not None and value.get("ratio") is not None
        ]
        self.setAccessibleDescription(
            "; ".join(f"{ratio_words(k)} {p} {v['ratio']:.2f}" for k, p, v in self.rows)
        )
        self._again()

    def design_height(self) -> int:
        """Rows and axis."""
        return 8 + self._row_height() * max(1, len(self.rows)) + 46

    def _row_height(self) -> int:
        """Height of a row in design pixels: words stand above the interval where it is narrow."""
        return self.ROW + (self.LINE if self._narrow else 0)

    def measure(self) -> None:
        """Find whether words and intervals have room beside each other."""
        self._narrow = self.width() < self.look.px(self.NARROW)

    def draw(self, painter: QPainter) -> None:
        """Paint one row a ratio and phase."""
        if not self.rows:
            return
        look = self.look
        wide = QFontMetrics(look.font(12, bold=True)).horizontalAdvance
        stem = max(look.px(96), *(wide(ratio_words(key)) for key, _, _ in self.rows)) + look.px(10)
        leaf = max(look.px(36), *(wide(tr(phase)) for _, phase, _ in self.rows))
        left, right = stem + leaf + look.px(8), self.width() - look.px(112)
        top, row = look.px(8), look.px(self._row_height())
        narrow, words_high = self._narrow, look.px(self.LINE if self._narrow else self.ROW)
        if narrow:
            left, right = look.px(8), self.width() - look.px(8)
        bottom = top + row * len(self.rows)
        lows = [v["low"] if v["low"] is not None else v["ratio"] for _, _, v in self.rows]
        highs = [v["high"] if v["high"] is not None else v["ratio"] for _, _, v in self.rows]
        low, high = min(0.5, *lows) / 1.1, max(2.0, *highs) * 1.1
        axis = Axis(low, high, left, right, log=True)
        ticks = ratio_ticks(low, high)
        if len(ticks) > 7:
            ticks = [t for t in ticks if f"{t:e}"[0] == "1"]
        self.axis(painter, axis, ticks, top, bottom, tr("ratio of % of reference (log axis)"))
        painter.setPen(QPen(look.colour("faint"), look.px(1.5)))
        painter.drawLine(QPointF(axis.x(1), top), QPointF(axis.x(1), bottom))
        before = ""
        for index, (key, phase, value) in enumerate(self.rows):
            y = top + index * row
            if key != before:
                where = QRectF(0, y, stem, words_high)
                self.text(painter, where, ratio_words(key), size=12, bold=True)
                before = key
            where = QRectF(stem, y, leaf, words_high)
            self.text(painter, where, tr(phase), size=12, colour="soft")
            ink = look.colour("text")
            middle = y + (row + words_high) / 2 if narrow else y + row / 2
            says = f"{value['ratio']:.2f}"
            if value["low"] is not None and value["high"] is not None:
                self.whisker(painter, axis, value["low"], value["high"], middle, ink)
                says += f"  {value['low']:.2f}–{value['high']:.2f}"
            self.dot(painter, axis.x(value["ratio"]), middle, ink)
            beside = QRectF(self.width() - look.px(102), y, look.px(102), words_high)
            self.text(painter, beside, says, size=12, colour="soft")
            self.hint(
                QRectF(0, y, self.width(), row),
                tr(
                    "{ratio_words}, {phase}: {says} (95 % interval of the geometric mean), {n} "
                    "repetitions",
                    ratio_words=ratio_words(key),
                    phase=tr(phase),
                    says=says,
                    n=value["n"],
                )
                + (f"\n{spoken(value['text'])}" if value.get("text") else ""),
            )
