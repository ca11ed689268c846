"""The bars of the probability of being first, with the line of chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from labapp.translate import tr
from labapp.ui.chart import Axis, Chart, Document
from labapp.ui.look import Look
from labapp.ui.words import muscle_name, muscle_short


class FirstBars(Chart):
    """Probability that each muscle is the first of all, with the line of chance."""

    ROW = 32

    def __init__(self, look: Look) -> None:
        super().__init__(look, "first_bars", tr("Probability of being first"))
        self.rows: list[tuple[str, float | None, Mapping[str, Any] | None]] = []

    def set_document(self, document: Document) -> None:
        """Show another analysis."""
        order = document["order"]
        shares = order.get("share_first_interval") or {}
        self.rows = [
            (code, (order.get("p_first") or {}).get(code), shares.get(code))
            for code in order["muscles"]
        ]
        self.setAccessibleDescription(
            "; ".join(f"{muscle_short(c)} {p:.2f}" for c, p, _ in self.rows if p is not None)
        )
        self._again()

    def design_height(self) -> int:
        """Rows and axis."""
        return 8 + self.ROW * max(1, len(self.rows)) + 46

    def draw(self, painter: QPainter) -> None:
        """Paint one bar a muscle."""
        look = self.look
        bold, plain = (QFontMetricsF(look.font(14, bold=one)) for one in (True, False))
        names = [bold.horizontalAdvance(muscle_short(code)) for code, _, _ in self.rows]
        left = max([look.px(68), *names]) + look.px(8)
        figures = [plain.horizontalAdvance(_figures(p, share)) for _, p, share in self.rows]
        beside_wide = max([look.px(104), *figures]) + look.px(2)
        right = self.width() - beside_wide - look.px(10)
        top, row = look.px(8), look.px(self.ROW)
        bottom = top + row * max(1, len(self.rows))
        axis = Axis(0.0, 1.0, left, right)
        ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
        self.axis(painter, axis, ticks, top, bottom, tr("P(first of all)"))
        for index, (code, p, share) in enumerate(self.rows):
            y = top + index * row
            self.text(painter, QRectF(0, y, left - look.px(8), row), muscle_short(code), bold=True)
            beside = QRectF(right + look.px(10), y, beside_wide, row)
            self.text(painter, beside, _figures(p, share), colour="soft")
            if p is None:
                continue
            bar = QRectF(left, y + row * 0.22, max(1.0, axis.x(p) - left), row * 0.56)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.ink(code))
            painter.drawRoundedRect(bar, 2, 2)
            words = tr("{name}: P(first of all) = {p:.3f}", name=muscle_name(code), p=p)
            if share is not None and share.get("n"):
                words += tr(
                    "\nfirst in {k} of {n} repetitions (95 % interval of the share {low:.2f} "
                    "to {high:.2f})",
                    k=share["k"],
                    n=share["n"],
                    low=share["low"],
                    high=share["high"],
                )
            self.hint(QRectF(0, y, self.width(), row), words)
        if len(self.rows) > 1:
            chance = axis.x(1 / len(self.rows))
            painter.setPen(QPen(look.colour("text"), 1.4, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(chance, top), QPointF(chance, bottom))
            self.hint(
                QRectF(chance - look.px(4), top, look.px(8), bottom - top),
                tr("Chance: {rows:.2f}", rows=1 / len(self.rows)),
            )


def _figures(p: float | None, share: Mapping[str, Any] | None) -> str:
    """Say the probability, and in how many repetitions a muscle was first."""
    says = "–" if p is None else f"{p:.2f}"
    if share is not None and share.get("n"):
        says += "   " + tr("{k} of {n}", k=share["k"], n=share["n"])
    return says
