"""Guides that a person follows: beats, breath, a line of force, bars of activation.

Painted into any rectangle, so that the card of the page Run and the participant's display show the
same thing in their own size. What is drawn comes from `labapp.trials.guide` and the rooms below.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF

from labapp import palette
from labapp.translate import tr
from labapp.trials.guide import (
    TOLERANCE_PERCENT,
    Breath,
    accented,
    breath_now,
    has_breath_guide,
    has_target,
    since_cue_s,
    target_path,
)
from labapp.trials.run import RunState
from labapp.trials.schema import Block
from labapp.ui.look import Look
from labapp.ui.words import muscle_short, ratio_short
from labapp.workflow.biofeedback import BarsNow
from labapp.workflow.live_force import ForceNow

MOST_PERCENT = 100.0
SPAN = 4.0
"""The ratio's scale reaches from one to SPAN to SPAN to one."""
LEAD = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
MIDDLE = Qt.AlignmentFlag.AlignCenter


@dataclass(frozen=True)
class Moment:
    """What a guide is drawn from: a block, a moment of its run, and what is measured now."""

    block: Block
    state: RunState
    bars: BarsNow | None = None
    force: ForceNow | None = None
    trail: tuple[tuple[float, float], ...] = ()


def kinds(moment: Moment | None) -> tuple[str, ...]:
    """Which guides a moment has, from the top: bars, force, breath, beats."""
    if moment is None or moment.state.over or moment.state.step == "rest":
        return ()
    block = moment.block
    found = []
    if moment.bars is not None and moment.state.feedback:
        found.append("bars")
    if has_target(block) and moment.force is not None:
        found.append("force")
    if has_breath_guide(block):
        found.append("breath")
    if block.metronome is not None:
        found.append("beats")
    return tuple(found)


def ratio_share(ratio: float) -> float:
    """Place of a ratio on its scale: 0 for one, −1 and 1 for its ends."""
    return math.log(min(max(ratio, 1 / SPAN), SPAN)) / math.log(SPAN)


class Painter:
    """Paints guides with the letters and lines of a size: ``unit`` is the height of small text."""

    def __init__(self, painter: QPainter, look: Look, unit: float) -> None:
        self.painter, self.look, self.unit = painter, look, unit

    def _font(self, size: float = 1.0, *, bold: bool = False) -> QFont:
        font = self.look.font(12, bold=bold)
        font.setPixelSize(max(8, round(size * self.unit)))
        return font

    def _words(self, box: QRectF, text: str, ink: str, where: Qt.AlignmentFlag) -> None:
        self.painter.setPen(self.look.colour(ink))
        self.painter.drawText(box, int(where), text)

    # ------------------------------------------------------------------ beats and breath

    def beats(self, box: QRectF, moment: Moment) -> None:
        """Draw one mark a beat, the present one filled; counting in shows numbers."""
        metronome, beat = moment.block.metronome, moment.state.beat
        if metronome is None:
            return
        painter, count = self.painter, metronome.beats
        if beat < 0:
            painter.setFont(self._font(1.6, bold=True))
            self._words(box, str(-beat), "accent", MIDDLE)
            return
        pitch = min(box.width() / count, 3.2 * self.unit)
        left = box.center().x() - pitch * (count - 1) / 2
        for number in range(1, count + 1):
            strong = accented(moment.block, number)
            radius = min(0.55 * self.unit, 0.4 * pitch) * (1.0 if strong else 0.65)
            now = number == beat
            painter.setPen(QPen(self.look.colour("accent" if now else "faint"), 0.14 * self.unit))
            painter.setBrush(self.look.colour("accent") if now else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(
                QPointF(left + (number - 1) * pitch, box.center().y()), radius, radius
            )

    def breath(self, box: QRectF, moment: Moment) -> None:
        """Draw a bar that fills while breathing in and empties while breathing out."""
        now: Breath = breath_now(moment.block, moment.state)
        words = {"in": tr("Breathe in"), "out": tr("Breathe out")}.get(
            now.way, tr("Breathe freely")
        )
        painter = self.painter
        painter.setFont(self._font(bold=now.way != "free"))
        wide = min(9.0 * self.unit, 0.4 * box.width())
        self._words(QRectF(box.left(), box.top(), wide, box.height()), words, "text", LEAD)
        bar = QRectF(box.left() + wide, 0, box.width() - wide, 0.7 * self.unit)
        bar.moveTop(box.center().y() - bar.height() / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.look.colour("sunken"))
        painter.drawRoundedRect(bar, bar.height() / 2, bar.height() / 2)
        if now.way != "free":
            bar.setWidth(max(bar.height(), bar.width() * now.fullness))
            painter.setBrush(self.look.colour("accent"))
            painter.drawRoundedRect(bar, bar.height() / 2, bar.height() / 2)

    # ------------------------------------------------------------------ force

    def force(self, box: QRectF, moment: Moment) -> None:
        """Draw the line to follow with its band, the way so far, and where the force is now."""
        look, painter, unit = self.look, self.painter, self.unit
        path, force = target_path(moment.block), moment.force
        if force is None or not path:
            return
        painter.setFont(self._font())
        head = QRectF(box.left(), box.top(), box.width(), 1.5 * unit)
        self._words(head, force_words(force), "soft", LEAD)
        top_edge = head.bottom() + 0.6 * unit  # a force beyond the top stays off the words
        area = QRectF(box.left(), top_edge, box.width(), box.bottom() - top_edge)
        ramp = moment.block.pull == "ramp"
        top = 1.4 * max(y for _, y in path)
        begin, end = path[0][0], path[-1][0]

        def place(t: float, percent: float) -> QPointF:
            share = (t - begin) / (end - begin) if end > begin else 0.0
            y = area.bottom() - area.height() * min(max(percent / top, -0.05), 1.0)
            return QPointF(area.left() + area.width() * min(max(share, 0.0), 1.0), y)

        # A pull from a random wait gets a level line over the whole width: no beep to be seen.
        line = list(path) if ramp else [(begin, path[-1][1]), (end, path[-1][1])]
        band = 0.01 * TOLERANCE_PERCENT * max(y for _, y in path)
        shape = [place(t, y + band) for t, y in line]
        shape += [place(t, y - band) for t, y in reversed(line)]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("accent_soft"))
        painter.drawPolygon(QPolygonF(shape))
        painter.setPen(QPen(look.colour("accent"), 0.2 * unit))
        painter.drawPolyline(QPolygonF([place(t, y) for t, y in line]))
        painter.setPen(QPen(look.colour("border"), 1))
        painter.drawLine(place(begin, 0), place(end, 0))
        if force.percent is None:
            return
        if ramp and moment.trail:
            painter.setPen(QPen(look.colour("text"), 0.25 * unit))
            painter.drawPolyline(QPolygonF([place(t, y) for t, y in moment.trail]))
        since = since_cue_s(moment.block, moment.state)
        painter.setPen(QPen(look.colour("text"), 0.25 * unit))
        if ramp:
            painter.setBrush(look.colour("text"))
            painter.drawEllipse(place(since or begin, force.percent), 0.45 * unit, 0.45 * unit)
        else:
            painter.drawLine(place(begin, force.percent), place(end, force.percent))

    # ------------------------------------------------------------------ bars

    def bars(self, box: QRectF, moment: Moment) -> None:
        """Draw the activation of every muscle, the ratio with its zone, the repetitions so far."""
        bars = moment.bars
        if bars is None:
            return
        rows = len(bars.bars) + 3
        height = box.height() / rows
        unit = min(self.unit, 0.62 * height)
        self.painter.setFont(self._font(unit / self.unit))
        names = [muscle_short(code) for code, _ in bars.bars] + [ratio_short(":".join(bars.pair))]
        widest = max(self.painter.fontMetrics().horizontalAdvance(one) for one in names)
        name, number = max(6.5 * unit, widest + unit), 5.0 * unit
        for index, (code, percent) in enumerate(bars.bars):
            row = QRectF(box.left(), box.top() + index * height, box.width(), height)
            self._bar(row, code, percent, name, number)
        below = box.top() + len(bars.bars) * height
        row = QRectF(box.left(), below, box.width(), height)
        self._ratio(row, bars, name, number, unit)
        trend = QRectF(box.left() + name, below + height, box.width() - name - number, height)
        self._trend(trend, bars, unit)
        foot = QRectF(box.left(), below + 2 * height, box.width(), height)
        said = bars_words(bars)
        wide = self.painter.fontMetrics().horizontalAdvance(said)
        if wide > foot.width():
            self.painter.setFont(self._font(unit / self.unit * foot.width() / wide))
        self._words(foot, said, "faint", LEAD)

    def _bar(
        self, row: QRectF, code: str, percent: float | None, name: float, number: float
    ) -> None:
        look, painter = self.look, self.painter
        self._words(row, muscle_short(code), "text", LEAD)
        bar = QRectF(row.left() + name, 0, row.width() - name - number, 0.6 * row.height())
        bar.moveTop(row.center().y() - bar.height() / 2)
        painter.fillRect(bar, look.colour("sunken"))
        said = "–" if percent is None else f"{percent:.0f} %"
        right = QRectF(bar.right(), row.top(), number, row.height())
        self._words(
            right, said, "text", Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        )
        if percent is not None:
            bar.setWidth(bar.width() * min(max(percent, 0.0), MOST_PERCENT) / MOST_PERCENT)
            painter.fillRect(bar, QColor(palette.colour(code, dark=look.colours.dark)))

    def _ratio(self, row: QRectF, bars: BarsNow, name: float, number: float, unit: float) -> None:
        look, painter = self.look, self.painter
        self._words(row, ratio_short(":".join(bars.pair)), "text", LEAD)
        left, right = row.left() + name, row.right() - number
        line = QRectF(left, 0, right - left, 0.35 * row.height())
        line.moveTop(row.center().y() - line.height() / 2)
        painter.fillRect(line, look.colour("sunken"))
        if bars.target is not None:
            zone = QRectF(line)
            zone.setRight(self._at(bars.target, left, right))
            painter.fillRect(zone, look.colour("green_soft"))
            painter.setPen(QPen(look.colour("green"), 0.2 * unit))
            x = zone.right()
            painter.drawLine(QPointF(x, row.top() + 0.1 * unit), QPointF(x, row.bottom()))
        if bars.ratio is not None:
            ink = {True: "green", False: "amber", None: "accent"}[bars.inside]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour(ink))
            centre = QPointF(self._at(bars.ratio, left, right), row.center().y())
            painter.drawEllipse(centre, 0.55 * unit, 0.55 * unit)
        said = "–" if bars.ratio is None else f"{bars.ratio:.2f}"
        where = QRectF(right, row.top(), number, row.height())
        self._words(
            where, said, "text", Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        )

    @staticmethod
    def _at(ratio: float, left: float, right: float) -> float:
        return left + (right - left) * (1 + ratio_share(ratio)) / 2

    def _trend(self, box: QRectF, bars: BarsNow, unit: float) -> None:
        """Draw one dot a repetition from left to right, high where the ratio was high."""
        look, painter = self.look, self.painter
        painter.setPen(Qt.PenStyle.NoPen)
        newest = bars.trend[-20:]
        for index, one in enumerate(newest):
            share = ratio_share(one.ratio)
            good = bars.target is not None and one.ratio <= bars.target
            painter.setBrush(look.colour("green" if good else "faint"))
            x = box.left() + box.width() * (index + 0.5) / 20
            y = box.center().y() - 0.45 * box.height() * share
            radius = min(0.3 * unit, 0.4 * box.width() / 20)
            painter.drawEllipse(QPointF(x, y), radius, radius)


def force_words(force: ForceNow) -> str:
    """Say the force now."""
    newtons = f"{force.newtons:.0f}".replace("-", "\u2212")
    if force.percent is None:
        return tr("Force {newtons} N. No greatest pull is known yet.", newtons=newtons)
    percent = f"{force.percent:.0f}".replace("-", "\u2212")
    return tr("Force {percent} % of the greatest pull ({newtons} N)", percent=percent,
              newtons=newtons)  # fmt: skip


def bars_words(bars: BarsNow) -> str:
    """Say what is aimed at, and how old the signal in the bars is."""
    pair = ratio_short(":".join(bars.pair))
    if bars.target is None:
        words = tr("{pair}: no target yet.", pair=pair)
    else:
        words = tr("Keep {pair} at or below {target}.", pair=pair, target=f"{bars.target:.2f}")
    if bars.age_ms is not None:
        words += " " + tr("Signal of {age} ms ago.", age=f"{bars.age_ms:.0f}")
    return words
