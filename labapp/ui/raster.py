"""The order raster: one row a repetition, one dot with its interval per muscle."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPen, QPolygonF

from labapp import palette
from labapp.translate import phrase, tr
from labapp.ui.chart import GAP, KEY, LINE, Axis, Chart, Document, flowed, nice_ticks
from labapp.ui.look import Look
from labapp.ui.numbers import signed
from labapp.ui.words import ONSET_STATES, muscle_name, muscle_short
from labapp.workflow.protocol_words import part_listed
from labapp.workflow.spoken import spoken

_SHOWN = {"ok", "edited", "ambiguous", "in_baseline"}
_FAR_MS = 400.0
LEFT, HEAD = 40, 20
"""Room for the numbers of the repetitions, for the name of a part; design pixels."""


def reference_time(repetition: Mapping[str, Any]) -> tuple[float | None, str]:
    """Moment a raster row is aligned at: force onset, else cue, else the first onset."""
    if (time := repetition.get("force_onset_s")) is not None:
        return float(time), phrase("force onset")
    if (time := repetition.get("cue_s")) is not None:
        return float(time), phrase("cue")
    times = [o["time_s"] for o in repetition["onsets"].values() if o.get("time_s") is not None]
    return (float(min(times)), phrase("first onset")) if times else (None, "")


class OrderRaster(Chart):
    """One row a repetition, aligned at force onset; a dot with its interval per muscle.

    Signal: `chosen` (index of the repetition whose row was clicked).
    """

    chosen = Signal(int)

    def __init__(self, look: Look) -> None:
        super().__init__(look, "order_raster", tr("Onset order per repetition"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.marks: Mapping[tuple[int, str], float] = {}
        self.excluded: frozenset[int] = frozenset()
        self.muscles: list[str] = []
        self.rows: list[Mapping[str, Any]] = []
        self.aligned = "force onset"
        self._places: list[tuple[float, int]] = []
        self._heads: dict[int, str] = {}
        self._offsets: list[int] = []
        self._down = self._row_height()

    def set_document(self, document: Document) -> None:
        """Show another analysis."""
        self.muscles = list(document["order"]["muscles"])
        self.rows = list(document["repetitions"])
        self._divide(str(document.get("protocol") or ""))
        self.marks = {}
        part = document.get("excluded") or {"repetitions": ()}
        self.excluded = frozenset(row["repetition"] for row in part["repetitions"])
        references = {reference_time(row)[1] for row in self.rows} - {""}
        self.aligned = tr(" or ").join(tr(one) for one in sorted(references)) or tr("force onset")
        valid = sum(bool(row["valid"]) for row in self.rows)
        self.setAccessibleDescription(
            tr(
                "{n} repetitions, {valid} valid, muscles {muscles}",
                n=len(self.rows),
                valid=valid,
                muscles=", ".join(muscle_short(code) for code in self.muscles),
            )
        )
        self._again()

    def _divide(self, protocol: str) -> None:
        """Give every part of a run a line with its name: numbers begin anew in each."""
        names = [str(row.get("block") or "") for row in self.rows]
        self._heads, self._offsets, down = {}, [], 0
        for index, name in enumerate(names):
            if len(set(names)) > 1 and (index == 0 or name != names[index - 1]):
                self._heads[index] = part_listed(protocol, name)
                down += HEAD
            self._offsets.append(down)
            down += self._row_height()
        self._down = max(down, self._row_height())

    def set_marks(self, marks: Mapping[tuple[int, str], float]) -> None:
        """Show onsets set by hand beside the automatic ones: (index, muscle) to s."""
        self.marks = {key: time for key, time in marks.items() if not math.isnan(time)}
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the repetition of a row."""
        y = event.position().y() - self.look.px(self._top())
        row = bisect_right([self.look.px(one) for one in self._offsets], y) - 1
        if row < 0 or event.button() != Qt.MouseButton.LeftButton:
            return
        if y < self.look.px(self._offsets[row] + self._row_height()):
            self.chosen.emit(int(self.rows[row]["index"]))

    def _row_height(self) -> int:
        return (26 if len(self.rows) <= 14 else 16) + 4 * max(0, len(self.muscles) - 4)

    def design_height(self) -> int:
        """Legend, rows and axis."""
        return self._top() + self._down + 48

    def _top(self) -> int:
        return 28 + LINE * max((line for _, line in self._places), default=0)

    def measure(self) -> None:
        """Find the lines of the legend."""
        look = self.look
        metrics = QFontMetricsF(look.font(12))
        widths = [
            look.px(KEY) + metrics.horizontalAdvance(muscle_short(code)) for code in self.muscles
        ]
        self._places = flowed(widths, self.width() - look.px(LEFT), look.px(GAP))

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
        left, right = look.px(LEFT), self.width() - look.px(10)
        top = look.px(self._top())
        height = look.px(self._row_height())
        bottom = top + look.px(self._down)
        low, high = self._range()
        axis = Axis(low, high, left, right)
        self._legend(painter, left)
        title = tr("ms after {moment}", moment=self.aligned)
        self.axis(painter, axis, nice_ticks(low, high), top, bottom, title)
        painter.setPen(QPen(look.colour("faint"), look.px(1.5)))
        painter.drawLine(QPointF(axis.x(0), top), QPointF(axis.x(0), bottom))
        for index, row in enumerate(self.rows):
            at = top + look.px(self._offsets[index])
            if (head := self._heads.get(index)) is not None:
                where = QRectF(0, at - look.px(HEAD), self.width(), look.px(HEAD))
                wide = QFontMetricsF(look.font(12, bold=True)).horizontalAdvance(head)
                self._ground(painter, where, wide)
                self.text(painter, where, head, size=12, colour="soft", bold=True)
            self._row(painter, axis, row, at, height)

    def _legend(self, painter: QPainter, left: float) -> None:
        look = self.look
        metrics = QFontMetricsF(look.font(12))
        for code, (beside, line) in zip(self.muscles, self._places, strict=True):
            x, y = left + beside, look.px(LINE) * line
            name = muscle_short(code)
            pen = QPen(self.ink(code), look.px(3))
            if palette.line(code) == "dashed":
                pen.setDashPattern([1.5, 1.2])
            painter.setPen(pen)
            middle = y + look.px(10)
            painter.drawLine(QPointF(x, middle), QPointF(x + look.px(16), middle))
            width = metrics.horizontalAdvance(name) + look.px(4)
            where = QRectF(x + look.px(KEY), y, width, look.px(20))
            self.text(painter, where, name, size=12, colour="soft")
            self.hint(where, muscle_name(code))

    def _row(
        self, painter: QPainter, axis: Axis, row: Mapping[str, Any], top: float, height: float
    ) -> None:
        look = self.look
        number = str(row.get("number") or row["index"] + 1)
        where = QRectF(0, top, axis.left - look.px(8), height)
        colour = "soft" if row["valid"] else "faint"
        right = Qt.AlignmentFlag.AlignRight
        self.text(painter, where, number, size=12, colour=colour, align=right)
        if row["index"] in self.excluded:
            reach, middle = painter.fontMetrics().horizontalAdvance(number), top + height / 2
            painter.drawLine(
                QPointF(where.right() - reach - 2, middle), QPointF(where.right() + 2, middle)
            )
        whole = QRectF(0, top, self.width(), height)
        if not row["valid"]:
            reasons = spoken("; ".join(row["reasons"])) or tr("rejected")
            self.hint(whole, tr("Repetition {n}: left out: {why}", n=number, why=reasons))
        zero = reference_time(row)[0]
        found = 0
        painter.setOpacity(1.0 if row["valid"] else 0.35)
        spread = min(4.4 * look.scale, height / (2 + len(self.muscles)))
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
            dashed = palette.line(code) == "dashed"
            self.whisker(painter, axis, ms[0], ms[2], y, colour_of, dashed=dashed)
            hollow = onset["state"] != "ok"
            self.dot(painter, axis.x(ms[1]), y, colour_of, radius=3.6, hollow=hollow)
            if (mark := self.marks.get((row["index"], code))) is not None:
                self._diamond(painter, axis.x(1e3 * (mark - zero)), y)
            words = tr(ONSET_STATES.get(onset["state"], onset["state"]))
            self.hint(
                QRectF(axis.x(ms[1]) - look.px(7), y - look.px(5), look.px(14), look.px(10)),
                tr(
                    "{muscle}, repetition {n}\n{ms} ms (95 % interval {low} to {high}); {state}",
                    muscle=muscle_name(code),
                    n=number,
                    ms=signed(ms[1]),
                    low=signed(ms[0]),
                    high=signed(ms[2]),
                    state=words,
                )
                + (f"; SNR {onset['snr_db']:.0f} dB" if onset.get("snr_db") is not None else "")
                + (
                    ""
                    if mark is None
                    else tr("\nset by hand: {ms} ms", ms=signed(1e3 * (mark - zero)))
                ),
            )
        painter.setOpacity(1.0)
        if not found:
            reasons = spoken("; ".join(row["reasons"])) or tr("no onset found")
            wide = QFontMetricsF(look.font(12)).horizontalAdvance(reasons)
            x, line = axis.left + look.px(8), axis.x(0)
            if x - look.px(4) < line < x + wide and line + look.px(8) + wide < self.width():
                x = line + look.px(8)
            where = QRectF(x, top, self.width() - x, height)
            self._ground(painter, where, wide)
            self.text(painter, where, reasons, size=12, colour="faint")

    def _ground(self, painter: QPainter, where: QRectF, wide: float) -> None:
        """Keep the lines of the axis out of words."""
        reach = self.look.px(3)
        box = where.adjusted(-reach, self.look.px(3), 0, -self.look.px(3))
        box.setWidth(min(wide + 2 * reach, where.width()))
        painter.fillRect(box, self.look.colour("surface"))

    def _diamond(self, painter: QPainter, x: float, y: float) -> None:
        """Draw where a rater has set an onset."""
        reach = 4.2 * self.look.scale
        painter.setPen(QPen(self.look.colour("text"), 1.4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        corners = ((x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y))
        painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
