"""The charts of the result page, painted from the analysis document and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from labapp import palette
from labapp.ui.chart import Axis, Chart, nice_ticks, ratio_ticks
from labapp.ui.look import Look
from labapp.ui.words import (
    ONSET_STATES,
    STATES,
    muscle_short,
    pair_sentence,
    pair_short,
    signed,
)
from labapp.ui.words import ratio_short as ratio_words

Document = Mapping[str, Any]
_SHOWN = {"ok", "edited", "ambiguous", "in_baseline"}
_FAR_MS = 400.0


def reference_time(repetition: Mapping[str, Any]) -> tuple[float | None, str]:
    """Moment a raster row is aligned at: force onset, else cue, else the first onset."""
    if (time := repetition.get("force_onset_s")) is not None:
        return float(time), "force onset"
    if (time := repetition.get("cue_s")) is not None:
        return float(time), "cue"
    times = [o["time_s"] for o in repetition["onsets"].values() if o.get("time_s") is not None]
    return (float(min(times)), "first onset") if times else (None, "")


class OrderRaster(Chart):
    """One row a repetition, aligned at force onset; a dot with its interval per muscle."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, "order_raster", "Onset order per repetition")
        self.muscles: list[str] = []
        self.rows: list[Mapping[str, Any]] = []
        self.aligned = "force onset"

    def set_document(self, document: Document) -> None:
        """Show another analysis."""
        self.muscles = list(document["order"]["muscles"])
        self.rows = list(document["repetitions"])
        references = {reference_time(row)[1] for row in self.rows} - {""}
        self.aligned = " or ".join(sorted(references)) or "force onset"
        valid = sum(bool(row["valid"]) for row in self.rows)
        self.setAccessibleDescription(
            f"{len(self.rows)} repetitions, {valid} valid, muscles "
            + ", ".join(muscle_short(code) for code in self.muscles)
        )
        self._again()

    def _row_height(self) -> int:
        return 22 if len(self.rows) <= 14 else 15

    def design_height(self) -> int:
        """Legend, rows and axis."""
        return 28 + self._row_height() * max(1, len(self.rows)) + 48

    def _range(self) -> tuple[float, float]:
        reach = [0.0]
        for row in self.rows:
            zero = reference_time(row)[0]
            for code, onset in row["onsets"].items():
                if zero is None or code not in self.muscles or onset.get("time_s") is None:
                    continue
                if onset.get("state") in _SHOWN and row["valid"]:
                    ends = [onset.get(key) for key in ("low_s", "time_s", "high_s")]
                    reach += [(end - zero) * 1e3 for end in ends if end is not None]
        low, high = max(min(reach), -_FAR_MS), min(max(reach), _FAR_MS)
        return low - 10.0, max(high, low + 60.0) + 10.0

    def draw(self, painter: QPainter) -> None:
        """Paint legend, axis and rows."""
        look = self.look
        left, right = look.px(40), self.width() - look.px(10)
        top = look.px(28)
        height = look.px(self._row_height())
        bottom = top + height * max(1, len(self.rows))
        low, high = self._range()
        axis = Axis(low, high, left, right)
        self._legend(painter, left)
        title = f"ms after {self.aligned}"
        self.axis(painter, axis, nice_ticks(low, high), top, bottom, title)
        painter.setPen(QPen(look.colour("faint"), look.px(1.5)))
        painter.drawLine(QPointF(axis.x(0), top), QPointF(axis.x(0), bottom))
        for index, row in enumerate(self.rows):
            self._row(painter, axis, row, top + index * height, height)

    def _legend(self, painter: QPainter, left: float) -> None:
        look = self.look
        x = left
        for code in self.muscles:
            name = muscle_short(code)
            pen = QPen(self.ink(code), look.px(3))
            if palette.line(code) == "dashed":
                pen.setDashPattern([1.5, 1.2])
            painter.setPen(pen)
            painter.drawLine(QPointF(x, look.px(10)), QPointF(x + look.px(16), look.px(10)))
            painter.setFont(look.font(12))
            width = painter.fontMetrics().horizontalAdvance(name) + look.px(4)
            where = QRectF(x + look.px(22), 0, width, look.px(20))
            self.text(painter, where, name, size=12, colour="soft")
            self.hint(where, palette.name(code))
            x += width + look.px(38)

    def _row(
        self, painter: QPainter, axis: Axis, row: Mapping[str, Any], top: float, height: float
    ) -> None:
        look = self.look
        number = str(row.get("number") or row["index"] + 1)
        where = QRectF(0, top, axis.left - look.px(8), height)
        colour = "soft" if row["valid"] else "faint"
        right = Qt.AlignmentFlag.AlignRight
        self.text(painter, where, number, size=12, colour=colour, align=right)
        whole = QRectF(0, top, self.width(), height)
        if not row["valid"]:
            reasons = "; ".join(row["reasons"]) or "rejected"
            self.hint(whole, f"Repetition {number}: left out: {reasons}")
        zero = reference_time(row)[0]
        found = 0
        painter.setOpacity(1.0 if row["valid"] else 0.35)
        spread = min(3.2 * look.scale, height / (2 + len(self.muscles)))
        for place, code in enumerate(self.muscles):
            onset = row["onsets"].get(code)
            if onset is None or zero is None or onset.get("time_s") is None:
                continue
            if onset.get("state") not in _SHOWN:
                continue
            found += 1
            y = top + height / 2 + (place - (len(self.muscles) - 1) / 2) * spread
            ms = [
                ((onset["time_s"] if onset.get(key) is None else onset[key]) - zero) * 1e3
                for key in ("low_s", "time_s", "high_s")
            ]
            colour_of = self.ink(code)
            self.whisker(painter, axis, ms[0], ms[2], y, colour_of)
            hollow = onset["state"] != "ok"
            self.dot(painter, axis.x(ms[1]), y, colour_of, radius=4.2, hollow=hollow)
            words = ONSET_STATES.get(onset["state"], onset["state"])
            self.hint(
                QRectF(axis.x(ms[1]) - look.px(7), y - look.px(5), look.px(14), look.px(10)),
                f"{palette.name(code)}, repetition {number}\n{signed(ms[1])} ms "
                f"(95 % interval {signed(ms[0])} to {signed(ms[2])}); {words}"
                + (f"; SNR {onset['snr_db']:.0f} dB" if onset.get("snr_db") is not None else ""),
            )
        painter.setOpacity(1.0)
        if not found:
            reasons = "; ".join(row["reasons"]) or "no onset found"
            self.text(
                painter,
                QRectF(axis.left + look.px(8), top, axis.right - axis.left, height),
                reasons,
                size=12,
                colour="faint",
            )


class LagForest(Chart):
    """Lags per pair with interval, the equivalence band, and what the set-up resolves."""

    ROW = 44

    def __init__(self, look: Look) -> None:
        super().__init__(look, "lag_forest", "Lags between muscles")
        self.pairs: list[tuple[str, Mapping[str, Any]]] = []
        self.resolution = 0.0

    def set_document(self, document: Document) -> None:
        """Show another analysis."""
        self.pairs = list(document["order"]["pairs"].items())
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
            return "no lag"
        words = f"{signed(pair['lag_ms'])} ms"
        if pair.get("low_ms") is not None and pair.get("high_ms") is not None:
            words += f" ({signed(pair['low_ms'])} to {signed(pair['high_ms'])})"
        return words

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
        title = "lag, ms (left: the first-named muscle came first)"
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
            keys.append(("accent", f"counts as together: ±{rope:.0f} ms", False))
        if self.resolution:
            pen = QPen(look.colour("amber"), 1.2, Qt.PenStyle.DashLine)
            painter.setPen(pen)
            for edge in (-self.resolution, self.resolution):
                at = axis.x(edge)
                painter.drawLine(QPointF(at, top), QPointF(at, bottom))
            keys.append(("amber", f"this set-up resolves ≥ {self.resolution:.0f} ms", True))
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
        words = STATES.get(state, state)
        if state in {"first", "second"}:
            one, _, other = key.partition("-")
            words = f"{muscle_short(one if state == 'first' else other)} first"
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
        reasons = "".join(f"\n· {reason}" for reason in pair["reasons"])
        p = pair.get("p_before")
        chance = f"; P(before) {p:.2f}" if p is not None else ""
        self.hint(
            QRectF(axis.left, top, axis.right - axis.left, look.px(self.ROW)),
            f"{pair_sentence(key, pair['lag_ms'])}; {self._words(key, pair)}, 95 % interval; "
            f"{pair['n']} repetitions{chance}{reasons}",
        )


class FirstBars(Chart):
    """Probability that each muscle is the first of all, with the line of chance."""

    ROW = 32

    def __init__(self, look: Look) -> None:
        super().__init__(look, "first_bars", "Probability of being first")
        self.rows: list[tuple[str, float | None, Mapping[str, Any] | None]] = []

    def set_document(self, document: Document) -> None:
        """Show another analysis."""
        order = document["order"]
        shares = order.get("share_first") or {}
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
        left, right = look.px(76), self.width() - look.px(116)
        top, row = look.px(8), look.px(self.ROW)
        bottom = top + row * max(1, len(self.rows))
        axis = Axis(0.0, 1.0, left, right)
        ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
        self.axis(painter, axis, ticks, top, bottom, "P(first of all)")
        for index, (code, p, share) in enumerate(self.rows):
            y = top + index * row
            self.text(painter, QRectF(0, y, left - look.px(8), row), muscle_short(code), bold=True)
            says = "–" if p is None else f"{p:.2f}"
            if share is not None and share.get("n"):
                says += f"   {share['k']} of {share['n']}"
            beside = QRectF(right + look.px(10), y, look.px(106), row)
            self.text(painter, beside, says, colour="soft")
            if p is None:
                continue
            bar = QRectF(left, y + row * 0.22, max(1.0, axis.x(p) - left), row * 0.56)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.ink(code))
            painter.drawRoundedRect(bar, 2, 2)
            words = f"{palette.name(code)}: P(first of all) = {p:.3f}"
            if share is not None and share.get("n"):
                words += (
                    f"\nfirst in {share['k']} of {share['n']} repetitions "
                    f"(95 % interval of the share {share['low']:.2f} to {share['high']:.2f})"
                )
            self.hint(QRectF(0, y, self.width(), row), words)
        if len(self.rows) > 1:
            chance = axis.x(1 / len(self.rows))
            painter.setPen(QPen(look.colour("text"), 1.4, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(chance, top), QPointF(chance, bottom))
            self.hint(
                QRectF(chance - look.px(4), top, look.px(8), bottom - top),
                f"Chance: {1 / len(self.rows):.2f}",
            )


class RatioChart(Chart):
    """Activation ratios: geometric mean and interval on a log axis, by phase."""

    ROW = 24

    def __init__(self, look: Look) -> None:
        super().__init__(look, "ratio_chart", "Activation ratios by phase")
        self.rows: list[tuple[str, str, Mapping[str, Any]]] = []

    def set_document(self, document: Document) -> None:
        """Show another analysis."""
        self.rows = [
            (key, phase, value)
            for key, phases in (document.get("ratios") or {}).items()
            for phase, value in phases.items()
            if value is not None and value.get("ratio") is not None
        ]
        self.setAccessibleDescription(
            "; ".join(f"{ratio_words(k)} {p} {v['ratio']:.2f}" for k, p, v in self.rows)
        )
        self._again()

    def design_height(self) -> int:
        """Rows and axis."""
        return 8 + self.ROW * max(1, len(self.rows)) + 46

    def draw(self, painter: QPainter) -> None:
        """Paint one row a ratio and phase."""
        if not self.rows:
            return
        look = self.look
        left, right = look.px(146), self.width() - look.px(112)
        top, row = look.px(8), look.px(self.ROW)
        bottom = top + row * len(self.rows)
        lows = [v["low"] if v["low"] is not None else v["ratio"] for _, _, v in self.rows]
        highs = [v["high"] if v["high"] is not None else v["ratio"] for _, _, v in self.rows]
        low, high = min(0.5, *lows) / 1.1, max(2.0, *highs) * 1.1
        axis = Axis(low, high, left, right, log=True)
        ticks = ratio_ticks(low, high)
        if len(ticks) > 7:
            ticks = [t for t in ticks if f"{t:e}"[0] == "1"]
        self.axis(painter, axis, ticks, top, bottom, "ratio of % of reference (log axis)")
        painter.setPen(QPen(look.colour("faint"), look.px(1.5)))
        painter.drawLine(QPointF(axis.x(1), top), QPointF(axis.x(1), bottom))
        before = ""
        for index, (key, phase, value) in enumerate(self.rows):
            y = top + index * row
            if key != before:
                where = QRectF(0, y, look.px(100), row)
                self.text(painter, where, ratio_words(key), size=12, bold=True)
                before = key
            where = QRectF(look.px(102), y, look.px(42), row)
            self.text(painter, where, phase, size=12, colour="soft")
            ink = look.colour("text")
            middle = y + row / 2
            says = f"{value['ratio']:.2f}"
            if value["low"] is not None and value["high"] is not None:
                self.whisker(painter, axis, value["low"], value["high"], middle, ink)
                says += f"  {value['low']:.2f}–{value['high']:.2f}"
            self.dot(painter, axis.x(value["ratio"]), middle, ink)
            beside = QRectF(right + look.px(10), y, look.px(102), row)
            self.text(painter, beside, says, size=12, colour="soft")
            self.hint(
                QRectF(0, y, self.width(), row),
                f"{ratio_words(key)}, {phase}: {says} (95 % interval of the geometric mean), "
                f"{value['n']} repetitions" + (f"\n{value['text']}" if value.get("text") else ""),
            )
