"""The lags: one row a pair, with interval, equivalence band and what the set-up resolves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from labapp.translate import tr
from labapp.ui.chart import GAP, KEY, LINE, Axis, Chart, Document, flowed, nice_ticks, wrapped
from labapp.ui.look import Look
from labapp.ui.numbers import signed
from labapp.ui.words import STATES, muscle_places, muscle_short, pair_sentence, pair_short
from labapp.workflow.spoken import spoken

MARK, EDGE = 26, 8
"""Height of an interval, room at the sides; design pixels."""
INKS = {"first": "green", "second": "green", "simultaneous": "green"}
RIGHT = Qt.AlignmentFlag.AlignRight


class LagForest(Chart):
    """Lags per pair with interval, the equivalence band, and what the set-up resolves.

    Nothing is shortened: words that do not fit beside each other stand below each other, alike
    in every row, and the chart is as much higher.
    """

    def __init__(self, look: Look) -> None:
        super().__init__(look, "lag_forest", tr("Lags between muscles"))
        self.pairs: list[tuple[str, Mapping[str, Any]]] = []
        self.resolution = 0.0
        self.rope = 0.0
        self.lines = 1
        self._key_places: list[tuple[float, int]] = []
        self._title: list[str] = [""]

    def set_document(self, document: Document) -> None:
        """Show another analysis."""
        order = document["order"]
        self.pairs = sorted(
            order["pairs"].items(), key=lambda item: muscle_places(item[0], order["muscles"])
        )
        self.resolution = float(document["timing"].get("resolution_ms") or 0.0)
        ropes = [float(p["rope_ms"]) for _, p in self.pairs if p.get("rope_ms")]
        self.rope = max(ropes, default=0.0)
        self.setAccessibleDescription(
            "; ".join(f"{pair_short(k)}: {self._words(k, p)}" for k, p in self.pairs)
        )
        self._again()

    # ------------------------------------------------------------------ room

    def design_height(self) -> int:
        """Key, a row a pair, axis and its title."""
        rows = max(1, len(self.pairs)) * (MARK + LINE * self.lines)
        return self._top() + rows + 28 + LINE * len(self._title)

    def _top(self) -> int:
        return 6 + LINE * max((line + 1 for _, line in self._key_places), default=0)

    def measure(self) -> None:
        """Find how many lines the words of a row, the key and the title need at this width."""
        look = self.look
        bold, plain = (QFontMetricsF(look.font(12, bold=one)) for one in (True, False))
        room = self.width() - 2 * look.px(EDGE)
        self.lines = 1
        for key, pair in self.pairs:
            lag, verdict = self._words(key, pair), self._verdict(key, pair)
            name = bold.horizontalAdvance(pair_short(key)) + look.px(GAP)
            if name + plain.horizontalAdvance(f"{lag} · {verdict}") > room:
                beside = name + plain.horizontalAdvance(lag) <= room
                self.lines = max(self.lines, 2 if beside else 3)
        widths = [look.px(KEY) + plain.horizontalAdvance(words) for _, words, _ in self._keys()]
        self._key_places = flowed(widths, self.width(), look.px(GAP))
        title = tr("lag, ms (left: the first-named muscle came first)")
        self._title = wrapped(plain, title, room)

    # ------------------------------------------------------------------ words

    @staticmethod
    def _words(key: str, pair: Mapping[str, Any]) -> str:
        if pair.get("lag_ms") is None:
            return tr("no lag")
        lag = signed(pair["lag_ms"])
        if pair.get("low_ms") is None or pair.get("high_ms") is None:
            return tr("{ms} ms", ms=lag)
        low, high = signed(pair["low_ms"]), signed(pair["high_ms"])
        return tr("{ms} ms ({low} to {high})", ms=lag, low=low, high=high)

    @staticmethod
    def _verdict(key: str, pair: Mapping[str, Any]) -> str:
        state = str(pair["verdict"])
        if state in {"first", "second"}:
            one, _, other = key.partition("-")
            return tr("{muscle} first", muscle=muscle_short(one if state == "first" else other))
        return tr(STATES.get(state, state))

    def _keys(self) -> list[tuple[str, str, bool]]:
        """Colour, words, and whether it is a line, of each entry of the key."""
        keys = []
        if self.rope:
            said = tr("counts as together: ±{ms} ms", ms=f"{self.rope:.0f}")
            keys.append(("accent", said, False))
        if self.resolution:
            said = tr("this set-up resolves ≥ {ms} ms", ms=f"{self.resolution:.0f}")
            keys.append(("amber", said, True))
        return keys

    # ------------------------------------------------------------------ painting

    def draw(self, painter: QPainter) -> None:
        """Paint the bands, then one row a pair."""
        look = self.look
        left, right = look.px(EDGE), self.width() - look.px(EDGE)
        top, row = look.px(self._top()), look.px(MARK + LINE * self.lines)
        bottom = top + row * max(1, len(self.pairs))
        ends = [
            abs(p[k])
            for _, p in self.pairs
            for k in ("lag_ms", "low_ms", "high_ms")
            if p[k] is not None
        ]
        reach = max([20.0, 1.6 * self.rope, 1.3 * self.resolution, *ends]) * 1.08
        axis = Axis(-reach, reach, left, right)
        self._bands(painter, axis, top, bottom)
        self._key(painter)
        self.axis(painter, axis, nice_ticks(-reach, reach), top, bottom, "")
        for index, words in enumerate(self._title):
            below = bottom + look.px(2) + look.px(LINE) * (index + 1)
            where = QRectF(left, below, right - left, look.px(LINE))
            middle = Qt.AlignmentFlag.AlignHCenter
            self.text(painter, where, words, size=12, colour="faint", align=middle)
        painter.setPen(QPen(look.colour("faint"), look.px(1.5)))
        painter.drawLine(QPointF(axis.x(0), top), QPointF(axis.x(0), bottom))
        for index, (key, pair) in enumerate(self.pairs):
            self._pair(painter, axis, key, pair, top + index * row)

    def _bands(self, painter: QPainter, axis: Axis, top: float, bottom: float) -> None:
        look = self.look
        if self.rope:
            band = QRectF(QPointF(axis.x(-self.rope), top), QPointF(axis.x(self.rope), bottom))
            painter.fillRect(band, look.colour("accent", 44 if look.colours.dark else 30))
        if self.resolution:
            painter.setPen(QPen(look.colour("amber"), 1.2, Qt.PenStyle.DashLine))
            for edge in (-self.resolution, self.resolution):
                at = axis.x(edge)
                painter.drawLine(QPointF(at, top), QPointF(at, bottom))

    def _key(self, painter: QPainter) -> None:
        look = self.look
        for (colour, words, line), (x, place) in zip(self._keys(), self._key_places, strict=True):
            top = look.px(LINE) * place
            mark = QRectF(x, top + look.px(5), look.px(16), look.px(9))
            if line:
                painter.setPen(QPen(look.colour(colour), 1.2, Qt.PenStyle.DashLine))
                middle = mark.center().y()
                painter.drawLine(QPointF(mark.left(), middle), QPointF(mark.right(), middle))
            else:
                painter.fillRect(mark, look.colour(colour, 90))
            where = QRectF(x + look.px(KEY), top, self.width() - x - look.px(KEY), look.px(20))
            self.text(painter, where, words, size=12, colour="soft")

    def _pair(
        self, painter: QPainter, axis: Axis, key: str, pair: Mapping[str, Any], top: float
    ) -> None:
        look = self.look
        colour = INKS.get(str(pair["verdict"]), "grey")
        name, lag, verdict = pair_short(key), self._words(key, pair), self._verdict(key, pair)
        one = [(name, 0), (f"{lag} · {verdict}", 0)]
        below = [(name, 0), (lag, self.lines - 2), (verdict, self.lines - 1)]
        for place, (words, line) in enumerate(one if self.lines == 1 else below):
            self._say(painter, axis, words, top + look.px(2) + line * look.px(LINE), place, colour)
        self._hint(axis, key, pair, top)
        if pair.get("lag_ms") is None:
            return
        y = top + look.px(LINE * self.lines + 12)
        ink = look.colour(colour)
        if pair.get("low_ms") is not None and pair.get("high_ms") is not None:
            self.whisker(painter, axis, pair["low_ms"], pair["high_ms"], y, ink)
        self.dot(painter, axis.x(pair["lag_ms"]), y, ink, hollow=colour == "grey")

    def _say(
        self, painter: QPainter, axis: Axis, words: str, top: float, place: int, colour: str
    ) -> None:
        """Write the name at the left, what was found at the right, on a pale ground."""
        look = self.look
        named = place == 0
        wide = QFontMetricsF(look.font(12, bold=named)).horizontalAdvance(words) + look.px(6)
        wide = min(wide, axis.right - axis.left)
        x = axis.left if named else axis.right - wide
        where = QRectF(x, top, wide, look.px(LINE))
        # The bands run behind the words: a pale ground under them keeps them readable.
        painter.fillRect(where, look.colour("surface", 225))
        if named:
            self.text(painter, where, words, size=12, bold=True)
        else:
            self.text(painter, where, words, size=12, colour=colour, align=RIGHT)

    def _hint(self, axis: Axis, key: str, pair: Mapping[str, Any], top: float) -> None:
        """Tell everything about a pair under the pointer."""
        if pair.get("lag_ms") is None:
            return
        reasons = "".join(f"\n· {spoken(str(reason))}" for reason in pair["reasons"])
        p = pair.get("p_before")
        chance = tr("; P(before) {p}", p=f"{p:.2f}") if p is not None else ""
        height = self.look.px(MARK + LINE * self.lines)
        self.hint(
            QRectF(axis.left, top, axis.right - axis.left, height),
            tr(
                "{sentence}; {lag}, 95 % interval; {n} repetitions",
                sentence=pair_sentence(key, pair["lag_ms"]),
                lag=self._words(key, pair),
                n=pair["n"],
            )
            + chance
            + reasons,
        )
