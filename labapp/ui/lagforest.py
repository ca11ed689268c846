"""The lags: one row a pair, with interval, equivalence band and what the set-up resolves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from labapp.translate import tr
from labapp.ui.chart import Axis, Chart, Document, nice_ticks
from labapp.ui.look import Look
from labapp.ui.numbers import signed
from labapp.ui.words import STATES, muscle_places, muscle_short, pair_sentence, pair_short
from labapp.workflow.spoken import spoken


class LagForest(Chart):
    """Lags per pair with interval, the equivalence band, and what the set-up resolves."""

    ROW = 44

    def __init__(self, look: Look) -> None:
        super().__init__(look, "lag_forest", tr("Lags between muscles"))
        self.pairs: list[tuple[str, Mapping[str, Any]]] = []
        self.resolution = 0.0

    def set_document(self, document: Document) -> None:
        """Show another analysis."""
        order = document["order"]
        self.pairs = sorted(
            order["pairs"].items(), key=lambda item: muscle_places(item[0], order["muscles"])
        )
        self.resolution = float(document["timing"].get("resolution_ms") or 0.0)
        self.setAccessibleDescription(
            "; ".join(f"{pair_short(k)}: {self._words(k, p)}" for k, p in self.pairs)
        )
        self._again()

    def design_height(self) -> int:
        """Two lines a pair, axis and key."""
        return 24 + self.ROW * max(1, len(self.pairs)) + 46

    @staticmethod
    def _words(key: str, pair: Mapping[str, Any]) -> str:
        if pair.get("lag_ms") is None:
            return tr("no lag")
        lag = signed(pair["lag_ms"])
        if pair.get("low_ms") is None or pair.get("high_ms") is None:
            return tr("{ms} ms", ms=lag)
        low, high = signed(pair["low_ms"]), signed(pair["high_ms"])
        return tr("{ms} ms ({low} to {high})", ms=lag, low=low, high=high)

    def draw(self, painter: QPainter) -> None:
        """Paint the bands, then one row a pair."""
        look = self.look
        left, right = look.px(8), self.width() - look.px(8)
        top, row = look.px(24), look.px(self.ROW)
        bottom = top + row * max(1, len(self.pairs))
        ropes = [float(p["rope_ms"]) for _, p in self.pairs if p.get("rope_ms")]
        rope = max(ropes, default=0.0)
        ends = [
            abs(p[k])
            for _, p in self.pairs
            for k in ("lag_ms", "low_ms", "high_ms")
            if p[k] is not None
        ]
        reach = max([20.0, 1.6 * rope, 1.3 * self.resolution, *ends]) * 1.08
        axis = Axis(-reach, reach, left, right)
        self._bands(painter, axis, rope, top, bottom)
        ticks = nice_ticks(-reach, reach)
        title = tr("lag, ms (left: the first-named muscle came first)")
        self.axis(painter, axis, ticks, top, bottom, title)
        painter.setPen(QPen(look.colour("faint"), look.px(1.5)))
        painter.drawLine(QPointF(axis.x(0), top), QPointF(axis.x(0), bottom))
        for index, (key, pair) in enumerate(self.pairs):
            self._pair(painter, axis, key, pair, top + index * row)

    def _bands(self, painter: QPainter, axis: Axis, rope: float, top: float, bottom: float) -> None:
        look = self.look
        x = 0.0
        keys = []
        if rope:
            band = QRectF(QPointF(axis.x(-rope), top), QPointF(axis.x(rope), bottom))
            painter.fillRect(band, look.colour("accent", 44 if look.colours.dark else 30))
            keys.append(("accent", tr("counts as together: ±{ms} ms", ms=f"{rope:.0f}"), False))
        if self.resolution:
            pen = QPen(look.colour("amber"), 1.2, Qt.PenStyle.DashLine)
            painter.setPen(pen)
            for edge in (-self.resolution, self.resolution):
                at = axis.x(edge)
                painter.drawLine(QPointF(at, top), QPointF(at, bottom))
            said = tr("this set-up resolves ≥ {ms} ms", ms=f"{self.resolution:.0f}")
            keys.append(("amber", said, True))
        for colour, words, dashed in keys:
            mark = QRectF(x, look.px(5), look.px(16), look.px(9))
            if dashed:
                painter.setPen(QPen(look.colour(colour), 1.2, Qt.PenStyle.DashLine))
                painter.drawLine(
                    QPointF(mark.left(), mark.center().y()),
                    QPointF(mark.right(), mark.center().y()),
                )
            else:
                painter.fillRect(mark, look.colour(colour, 90))
            painter.setFont(look.font(12))
            width = painter.fontMetrics().horizontalAdvance(words) + look.px(4)
            where = QRectF(x + look.px(22), 0, width, look.px(20))
            self.text(painter, where, words, size=12, colour="soft")
            x += width + look.px(38)

    def _pair(
        self, painter: QPainter, axis: Axis, key: str, pair: Mapping[str, Any], top: float
    ) -> None:
        look = self.look
        line = look.px(18)
        state = str(pair["verdict"])
        half = (axis.right - axis.left) / 2
        name = QRectF(axis.left, top + look.px(2), half, line)
        colour = {"first": "green", "second": "green", "simultaneous": "green"}.get(state, "grey")
        words = tr(STATES.get(state, state))
        if state in {"first", "second"}:
            one, _, other = key.partition("-")
            words = tr("{muscle} first", muscle=muscle_short(one if state == "first" else other))
        says = f"{self._words(key, pair)} · {words}"
        right = QRectF(axis.left + half, top + look.px(2), half, line)
        # The bands run behind the words: a pale ground under them keeps them readable.
        for where, text, left in ((name, pair_short(key), True), (right, says, False)):
            painter.setFont(look.font(12, bold=left))
            wide = min(where.width(), painter.fontMetrics().horizontalAdvance(text) + look.px(6))
            x = where.left() if left else where.right() - wide
            painter.fillRect(QRectF(x, where.top(), wide, line), look.colour("surface", 225))
        self.text(painter, name, pair_short(key), size=12, bold=True)
        self.text(painter, right, says, size=12, colour=colour, align=Qt.AlignmentFlag.AlignRight)
        if pair.get("lag_ms") is None:
            return
        y = top + look.px(30)
        ink = look.colour(colour)
        if pair.get("low_ms") is not None and pair.get("high_ms") is not None:
            self.whisker(painter, axis, pair["low_ms"], pair["high_ms"], y, ink)
        self.dot(painter, axis.x(pair["lag_ms"]), y, ink, hollow=colour == "grey")
        reasons = "".join(f"\n· {spoken(str(reason))}" for reason in pair["reasons"])
        p = pair.get("p_before")
        chance = tr("; P(before) {p}", p=f"{p:.2f}") if p is not None else ""
        self.hint(
            QRectF(axis.left, top, axis.right - axis.left, look.px(self.ROW)),
            tr(
                "{sentence}; {lag}, 95 % interval; {n} repetitions",
                sentence=pair_sentence(key, pair["lag_ms"]),
                lag=self._words(key, pair),
                n=pair["n"],
            )
            + chance
            + reasons,
        )
