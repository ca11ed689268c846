"""How one pull is painted: grid, traces, automatic onsets with their bands, onsets set by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from labapp import palette
from labapp.translate import tr
from labapp.ui.chart import nice_ticks, tick_text
from labapp.ui.numbers import signed

if TYPE_CHECKING:  # they bring SciPy and HDF5, or need this module themselves
    from labapp.ui.pullview import PullView
    from labapp.workflow.onset_desk import Lane, OnsetDesk
    from labapp.workflow.pull_traces import PullTraces, Trace

FORCE = 54
"""Height of the force trace, design pixels."""
MIDDLE_LEFT = int(Qt.AlignmentFlag.AlignVCenter)
CENTRED = int(Qt.AlignmentFlag.AlignCenter)


class PullPaint:
    """Paints one pull: first `ground`, which is worth keeping, then `marks`.

    Parameters
    ----------
    painter
        Open on `view`.
    view
        Knows the places; `desk` and `pull` are what it shows.
    """

    def __init__(
        self, painter: QPainter, view: PullView, desk: OnsetDesk, pull: PullTraces
    ) -> None:
        self.painter, self.view, self.desk, self.pull = painter, view, desk, pull
        self.look, self.axis = view.look, view.axis()
        self.lanes = desk.lanes()
        self.chosen = min(desk.selected, len(self.lanes) - 1)

    def ground(self) -> None:
        """Paint what stays while an onset is moved: grid, traces, bands."""
        look, lanes = self.look, self.lanes
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bottom = self.view.lane_rect(len(lanes)).top()
        if self.pull.force is not None:
            bottom += look.px(FORCE)
        self._grid(bottom)
        for number, lane in enumerate(lanes):
            self._ground_of(number, lane)
        if self.pull.force is not None:
            where = self.view.lane_rect(len(lanes))
            where.setHeight(look.px(FORCE))
            self._names(where, tr("Force"), tr("N"))
            self.painter.setClipRect(where)
            self._trace(self.pull.force, where, look.colour("soft"), from_zero=True)

    def _grid(self, bottom: float) -> None:
        look, axis, painter = self.look, self.axis, self.painter
        painter.setFont(look.font(12))
        for tick in nice_ticks(axis.low, axis.high, 9):
            x = round(axis.x(tick)) + 0.5
            painter.setPen(QPen(look.colour("border"), 1))
            painter.drawLine(QPointF(x, 0), QPointF(x, bottom))
            painter.setPen(look.colour("faint"))
            box = QRectF(x - look.px(30), bottom + look.px(2), look.px(60), look.px(18))
            painter.drawText(box, CENTRED, tick_text(tick))
        if axis.low <= 0 <= axis.high:
            painter.setPen(QPen(look.colour("faint"), look.px(1.5)))
            painter.drawLine(QPointF(axis.x(0), 0), QPointF(axis.x(0), bottom))
        cued = self.desk.pull is not None and (
            self.desk.edits.pulls[self.desk.pull].get("cue_s") is not None
        )
        title = tr("ms after the cue") if cued else tr("ms after the force onset")
        painter.setPen(look.colour("faint"))
        box = QRectF(axis.left, bottom + look.px(20), axis.right - axis.left, look.px(18))
        painter.drawText(box, CENTRED, title)

    def marks(self) -> None:
        """Paint the names of the traces and their onsets."""
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, lane in enumerate(self.lanes):
            self._marks_of(number, lane)

    def _ground_of(self, number: int, lane: Lane) -> None:
        look, desk, view, painter = self.look, self.desk, self.view, self.painter
        where = view.lane_rect(number)
        dark = look.colours.dark
        ink = look.colour("text") if desk.blind else QColor(palette.colour(lane.muscle, dark=dark))
        if number == self.chosen:
            ground = QRectF(0, where.top(), view.width(), where.height())
            painter.fillRect(ground, look.colour("accent_soft", 150))
            painter.fillRect(QRectF(0, where.top(), look.px(3), where.height()), ink)
        painter.save()
        painter.setClipRect(where)
        if lane.low_s is not None and lane.high_s is not None:
            low, high = view.x_of(lane.low_s), view.x_of(lane.high_s)
            band = QRectF(low, where.top() + 2, high - low, where.height() - 4)
            painter.fillRect(band, QColor(ink.red(), ink.green(), ink.blue(), 46))
        trace = self.pull.emg.get(lane.muscle)
        if trace is not None:
            self._trace(trace, where, ink)
        painter.restore()
        painter.setPen(QPen(look.colour("border"), 1))
        painter.drawLine(where.bottomLeft(), where.bottomRight())

    def _marks_of(self, number: int, lane: Lane) -> None:
        look, desk, view, painter = self.look, self.desk, self.view, self.painter
        where, chosen = view.lane_rect(number), number == self.chosen
        held = view.drag_s if chosen else None
        time = lane.time_s if held is None else held
        said = "" if time is None else tr("{ms} ms", ms=signed(1000 * (time - desk.zero_s)))
        if lane.gone and held is None:
            said = tr("no onset")
        self._names(where, view.name_of(lane), said, hand=lane.marked)
        painter.save()
        painter.setClipRect(where)
        if lane.automatic_s is not None:
            pen = QPen(look.colour("soft"), 1.2, Qt.PenStyle.DashLine)
            self._line(pen, lane.automatic_s, where)
        if time is not None:
            by_hand = lane.marked or held is not None or time != lane.automatic_s
            self._mark(time, where, by_hand, chosen)
        painter.restore()

    def _names(self, where: QRectF, name: str, said: str, *, hand: bool = False) -> None:
        """Write the name of a trace and a line under it, left of the trace."""
        look, painter = self.look, self.painter
        left, line = look.px(10), look.px(20)
        wide, middle = where.left() - left - look.px(4), where.center().y()
        painter.setPen(look.colour("text"))
        painter.setFont(look.font(14, bold=True))
        painter.drawText(QRectF(left, middle - line, wide, line), MIDDLE_LEFT, name)
        painter.setFont(look.font(12, bold=hand))
        painter.setPen(look.colour("text" if hand else "soft"))
        painter.drawText(QRectF(left, middle, wide, line), MIDDLE_LEFT, said)

    def _line(self, pen: QPen, time_s: float, where: QRectF) -> None:
        x = self.view.x_of(time_s)
        self.painter.setPen(pen)
        self.painter.drawLine(QPointF(x, where.top() + 2), QPointF(x, where.bottom() - 2))

    def _mark(self, time_s: float, where: QRectF, by_hand: bool, chosen: bool) -> None:
        """Draw the onset that can be moved: a handle, and a line where it was set by hand."""
        look = self.look
        ink = look.colour("text" if by_hand else "soft")
        if by_hand:
            self._line(QPen(ink, look.px(2)), time_s, where)
        x, top, reach = self.view.x_of(time_s), where.top() + 2, look.px(6 if chosen else 4)
        corners = ((x - reach, top), (x + reach, top), (x, top + 1.5 * reach))
        self.painter.setBrush(ink if by_hand else look.colour("surface"))
        self.painter.setPen(QPen(ink, 1.2))
        self.painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))

    def _trace(self, trace: Trace, where: QRectF, ink: QColor, *, from_zero: bool = False) -> None:
        """Draw one channel, scaled to the whole pull (EMG close: to what is seen); gaps stay."""
        axis, painter = self.axis, self.painter
        ms = 1000 * (trace.times - self.desk.zero_s)
        pad = 0.05 * (axis.high - axis.low)
        seen = (ms >= axis.low - pad) & (ms <= axis.high + pad)
        near = trace.values[seen] if self.view.is_close and not from_zero else trace.values
        known = near[np.isfinite(near)]
        if not len(known):
            return
        low, high = float(known.min()), float(known.max())
        if not from_zero:
            high = max(abs(low), abs(high))
            low = -high
        reach = high - low if high > low else 1.0
        edge = self.look.px(6)
        x = axis.left + (ms[seen] - axis.low) / (axis.high - axis.low) * (axis.right - axis.left)
        share = (trace.values[seen] - low) / reach
        y = where.bottom() - edge - share * (where.height() - 2 * edge)
        painter.setPen(QPen(ink, 1.1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        run: list[QPointF] = []
        for a, b in zip(x.tolist(), y.tolist(), strict=True):
            if math.isnan(b):
                painter.drawPolyline(QPolygonF(run))
                run = []
            else:
                run.append(QPointF(a, b))
        painter.drawPolyline(QPolygonF(run))
