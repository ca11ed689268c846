"""The base of the painted charts: a value axis, rows, and hints under the pointer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from labapp import palette
from labapp.ui.look import Look
from labapp.ui.parts import named

Document = Mapping[str, Any]
"""An analysis document: the charts are painted from it and from nothing else."""
LINE, GAP, KEY = 18, 16, 22
"""Height of a line of small words, room between words, width of a sample of the key with the room
behind it; design pixels."""


def nice_ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Round values (1, 2, 5 times a power of ten) from ``low`` to ``high``, at most ``most``."""
    span = high - low
    if not span > 0 or not math.isfinite(span):
        return [low]
    step = 10.0 ** math.floor(math.log10(span / most))
    for factor in (1, 2, 5, 10, 20):
        if span / (step * factor) <= most:
            step *= factor
            break
    first = math.ceil(low / step - 1e-9)
    return [step * k for k in range(first, math.floor(high / step + 1e-9) + 1)]


def ratio_ticks(low: float, high: float) -> list[float]:
    """Round ratios (1, 2, 5 times a power of ten) within ``low`` to ``high``, both > 0."""
    ticks = []
    for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1):
        for step in (1, 2, 5):
            value = step * 10.0**power
            if low * 0.999 <= value <= high * 1.001:
                ticks.append(value)
    return ticks


def tick_text(value: float) -> str:
    """Return a tick label with a true minus sign."""
    return f"{round(value, 12):g}".replace("-", "\u2212")


def wrapped(metrics: QFontMetricsF, text: str, width: float) -> list[str]:
    """Break a text into lines of at most ``width`` pixels, between words only."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and metrics.horizontalAdvance(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def flowed(widths: Sequence[float], room: float, gap: float) -> list[tuple[float, int]]:
    """Place things side by side in lines of ``room`` pixels: x and line (from 0) of each."""
    places: list[tuple[float, int]] = []
    x, line = 0.0, 0
    for width in widths:
        if x and x + width > room:
            x, line = 0.0, line + 1
        places.append((x, line))
        x += width + gap
    return places


@dataclass(frozen=True)
class Axis:
    """Maps values to pixels along the width of a chart; ``log`` needs values > 0."""

    low: float
    high: float
    left: float
    right: float
    log: bool = False

    def x(self, value: float) -> float:
        """Pixel of a value; values outside stay just outside the edge."""
        if self.log:
            value = max(value, 1e-12)
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.left + min(1.02, max(-0.02, share)) * (self.right - self.left)


class Chart(QWidget):
    """A widget that paints rows against one horizontal axis.

    Subclasses paint; `hint` collects what the pointer can ask for, so that every number behind
    a mark can be read, and `setAccessibleDescription` tells the same to a screen reader.
    """

    def __init__(self, look: Look, name: str, spoken: str) -> None:
        super().__init__()
        self.look = look
        named(self, name, spoken)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._hints: list[tuple[QRectF, str]] = []
        look.changed.connect(self._again)

    def design_height(self) -> int:
        """Height in design pixels; subclasses say how much their rows need."""
        return 120

    def sizeHint(self) -> QSize:
        """Width is free, height as the rows need."""
        return QSize(self.look.px(420), self.look.px(self.design_height()))

    def minimumSizeHint(self) -> QSize:
        """Narrow columns are allowed, cut rows are not."""
        return QSize(self.look.px(240), self.look.px(self.design_height()))

    def measure(self) -> None:
        """Find out what depends on the width; subclasses that break lines need it."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for another height where words need more or fewer lines now."""
        super().resizeEvent(event)
        before = self.design_height()
        self.measure()
        if self.design_height() != before:
            self.updateGeometry()

    def _again(self) -> None:
        self.measure()
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the chart afresh."""
        self._hints.clear()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.draw(painter)
        painter.end()

    def draw(self, painter: QPainter) -> None:
        """Paint the rows."""

    def hint(self, where: QRectF, text: str) -> None:
        """Show ``text`` when the pointer rests on ``where``."""
        self._hints.append((where, text))

    def event(self, event: QEvent) -> bool:
        """Show the hint under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = QPointF(event.pos())
            for where, text in reversed(self._hints):
                if where.contains(at):
                    QToolTip.showText(event.globalPos(), text, self)
                    return True
            QToolTip.hideText()
            event.ignore()
            return True
        return super().event(event)

    def hints_at(self, point: QPoint) -> list[str]:
        """Return what the pointer would be told at a point (for tests)."""
        return [text for where, text in self._hints if where.contains(QPointF(point))]

    # ------------------------------------------------------------------ marks

    def ink(self, code: str) -> QColor:
        """Colour of a muscle on this theme."""
        return QColor(palette.colour(code, dark=self.look.colours.dark))

    def text(
        self,
        painter: QPainter,
        where: QRectF,
        text: str,
        *,
        size: int = 14,
        colour: str = "text",
        bold: bool = False,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    ) -> None:
        """One line of text, vertically centred, shortened with … where it does not fit."""
        painter.setFont(self.look.font(size, bold=bold))
        painter.setPen(self.look.colour(colour))
        shown = painter.fontMetrics().elidedText(
            text, Qt.TextElideMode.ElideRight, math.ceil(where.width()) + 1
        )
        painter.drawText(where, int(align | Qt.AlignmentFlag.AlignVCenter), shown)
        if shown != text:
            self.hint(where, text)

    def axis(
        self,
        painter: QPainter,
        axis: Axis,
        ticks: Sequence[float],
        top: float,
        bottom: float,
        title: str,
        *,
        labels: Sequence[str] | None = None,
    ) -> None:
        """Grid lines, tick labels and the axis title with its unit under the rows."""
        look = self.look
        height = look.px(18)
        names = labels if labels is not None else [tick_text(tick) for tick in ticks]
        for tick, name in zip(ticks, names, strict=True):
            x = round(axis.x(tick)) + 0.5
            painter.setPen(QPen(look.colour("border"), 1))
            painter.drawLine(QPointF(x, top), QPointF(x, bottom))
            self.text(
                painter,
                QRectF(x - look.px(30), bottom + look.px(2), look.px(60), height),
                name,
                size=12,
                colour="faint",
                align=Qt.AlignmentFlag.AlignHCenter,
            )
        # A title that is wider than its axis takes the room at both sides of it.
        wide = QFontMetricsF(look.font(12)).horizontalAdvance(title) + look.px(4)
        wide = min(max(wide, axis.right - axis.left), self.width())
        left = min(max(0.0, (axis.left + axis.right - wide) / 2), self.width() - wide)
        self.text(
            painter,
            QRectF(left, bottom + look.px(2) + height, wide, height),
            title,
            size=12,
            colour="faint",
            align=Qt.AlignmentFlag.AlignHCenter,
        )

    def whisker(
        self,
        painter: QPainter,
        axis: Axis,
        low: float,
        high: float,
        y: float,
        colour: QColor,
        *,
        dashed: bool = False,
    ) -> None:
        """Draw an interval as a line; those of the left side are dashed."""
        pen = QPen(colour, self.look.px(2))
        pen.setCapStyle(Qt.PenCapStyle.FlatCap if dashed else Qt.PenCapStyle.RoundCap)
        if dashed:
            pen.setDashPattern([3.0, 1.6])
        painter.setPen(pen)
        painter.drawLine(QPointF(axis.x(low), y), QPointF(axis.x(high), y))

    def dot(
        self,
        painter: QPainter,
        x: float,
        y: float,
        colour: QColor,
        *,
        radius: float = 5,
        hollow: bool = False,
    ) -> None:
        """Draw a mark; hollow ones are pale evidence."""
        reach = radius * self.look.scale
        painter.setPen(QPen(colour if hollow else self.look.colour("surface"), 1.5))
        painter.setBrush(self.look.colour("surface") if hollow else colour)
        painter.drawEllipse(QPointF(x, y), reach, reach)
