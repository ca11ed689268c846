"""What stands beside the live traces: each channel's name, value and vertical scale."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from labapp import palette
from labapp.translate import tr
from labapp.ui.lanelines import Lane
from labapp.ui.lanes import Lanes
from labapp.ui.look import Look
from labapp.ui.parts import named
from labapp.ui.words import muscle_short

WIDTH = 136
SMALLEST_PX = 9
"""Letters that can just be read, pixels."""
LETTERS = 0.8
"""Size of letters that fill a lane, share of its height."""


class LaneNames(QWidget):
    """Names, scales and values to the left of the lanes; painted, so that they never jump."""

    def __init__(self, look: Look, area: Callable[[], QRectF]) -> None:
        super().__init__()
        self.look = look
        self._area = area
        self._lanes: Lanes | None = None
        self._shown = 0.0
        named(self, "traces_names", tr("Channel names, scales and values"))

    def set_lanes(self, lanes: Lanes | None) -> None:
        """Show the names of other lanes."""
        self._lanes = lanes
        self.update()

    def refresh(self, lanes: Lanes) -> None:
        """Repaint at most five times a second: digits that flicker cannot be read."""
        now = time.perf_counter()
        if now - self._shown > 0.2:
            self._shown = now
            self.setAccessibleDescription(
                "; ".join(f"{muscle_short(_code(x))} {value_text(x)}" for x in lanes.lanes)
            )
            self.update()

    def sizeHint(self) -> QSize:
        """As wide as the longest name and value."""
        return QSize(self.look.px(WIDTH), 100)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the names."""
        lanes = self._lanes
        if lanes is None or not lanes.lanes:
            return
        look = self.look
        painter = QPainter(self)
        area = self._area()
        height = area.height() / len(lanes.lanes)
        # Where not even small letters have room, every second lane is named, or every third.
        every = max(1, math.ceil(SMALLEST_PX / (LETTERS * height))) if height > 0 else 1
        for index, lane in enumerate(lanes.lanes):
            top = area.top() + index * height
            self._paint_line(painter, look, lane, top, height)
            if index % every == 0:
                self._paint_words(painter, look, lane, top, height)
        painter.end()

    def _ink(self, look: Look, lane: Lane) -> QColor:
        return QColor(palette.colour(lane.channel.muscle or "", dark=look.colours.dark))

    def _paint_line(
        self, painter: QPainter, look: Look, lane: Lane, top: float, height: float
    ) -> None:
        """Draw the colour and the side of a lane."""
        pen = QPen(self._ink(look, lane), look.px(3))
        if palette.line(lane.channel.muscle or "") == "dashed":
            pen.setDashPattern([1.5, 1.2])
        painter.setPen(pen)
        inset = min(look.px(6), height * 0.12)
        painter.drawLine(QPointF(2, top + inset), QPointF(2, top + height - inset))

    def _paint_words(
        self, painter: QPainter, look: Look, lane: Lane, top: float, height: float
    ) -> None:
        """Write what there is room for: a name alone in letters as high as its lane allows."""
        left, line = look.px(12), look.px(18)
        away = np.isnan(lane.value)
        width = self.width() - left
        name = muscle_short(_code(lane))
        if QFontMetrics(look.font(14, bold=True)).horizontalAdvance(name) > width:
            name = muscle_short(lane.channel.muscle or lane.channel.name)
        lines = [
            (look.font(14, bold=True), look.colour("text"), name),
            (look.font(14), look.colour("faint" if away else "soft"), value_text(lane)),
            (look.font(12), look.colour("faint"), f"{lane.channel.name} · {scale_text(lane)}"),
        ]
        shown = max(1, min(len(lines), int(height // line)))
        if height < line:
            letters = max(SMALLEST_PX, math.floor(LETTERS * height))
            lines[0][0].setPixelSize(min(letters, look.px(14)))
        y = top + (height - shown * line) / 2
        for font, colour, text in lines[:shown]:
            painter.setFont(font)
            painter.setPen(colour)
            where = QRectF(left, y, width, line)
            said = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(width))
            painter.drawText(where, int(Qt.AlignmentFlag.AlignVCenter), said)
            y += line
        if lane.percent is not None and shown > 1 and not (away or np.isnan(lane.percent)):
            number = QFontMetrics(look.font(14)).horizontalAdvance("100 %") + look.px(8)
            bar = QRectF(left + number, 0, width - number - look.px(8), look.px(4))
            bar.moveTop(y - (shown - 1.5) * line - bar.height() / 2)
            painter.fillRect(bar, look.colour("sunken"))
            bar.setWidth(bar.width() * min(max(lane.percent, 0.0), 100.0) / 100.0)
            painter.fillRect(bar, self._ink(look, lane))


def _code(lane: Lane) -> str:
    return lane.channel.muscle or tr("{name}, no muscle", name=lane.channel.name)


def value_text(lane: Lane) -> str:
    """Activation in % of its reference, else the largest EMG of 0.25 s; or the newest force."""
    if np.isnan(lane.value):
        return tr("no data")
    if lane.percent is not None and not np.isnan(lane.percent):
        return f"{lane.percent:.0f} %"
    if lane.channel.kind == "emg":
        return f"{lane.value * 1e6:.0f} µV"
    return f"{lane.value:.0f} {lane.channel.unit}"


def scale_text(lane: Lane) -> str:
    """Height of the lane in physical units."""
    limit = lane.scale.top
    if lane.channel.kind == "emg":
        return f"±{limit * 1e3:g} mV" if limit >= 1e-3 else f"±{limit * 1e6:g} µV"
    return f"{limit:g} {lane.channel.unit}"
