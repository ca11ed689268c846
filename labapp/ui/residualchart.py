"""The residuals of a calibration: how far each reading lies from the line, over its load."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from labapp.analysis.calibration import LINE_LIMIT, Residual
from labapp.translate import tr
from labapp.ui.chart import Axis, Chart, nice_ticks, tick_text
from labapp.ui.look import Look


class ResidualChart(Chart):
    """Loads along, residuals up; rising loads are filled, falling ones hollow.

    The band is the limit of non-linearity and hysteresis, % of the greatest load.
    """

    def __init__(self, look: Look) -> None:
        super().__init__(look, "residuals", tr("Residuals of the calibration"))
        self._residuals: tuple[Residual, ...] = ()
        self._full = 1.0

    def show_residuals(self, residuals: Sequence[Residual], full_n: float) -> None:
        """Show these residuals of a cell loaded up to ``full_n``."""
        self._residuals, self._full = tuple(residuals), full_n
        told = [f"{r.mass_kg:g} kg {r.direction}: {r.residual_n:+.3f} N" for r in residuals]
        self.setAccessibleDescription("; ".join(told))
        self.update()

    def design_height(self) -> int:
        """Return room for the points and two axes."""
        return 220

    def draw(self, painter: QPainter) -> None:
        """Paint band, zero line, axes and points."""
        if not self._residuals:
            return
        px = self.look.px
        limit = LINE_LIMIT / 100 * self._full
        worst = max(abs(r.residual_n) for r in self._residuals)
        top = 1.15 * max(limit, worst)
        masses = [r.mass_kg for r in self._residuals]
        low, high = min(masses), max(masses)
        box = QRectF(px(64), px(24), self.width() - px(64 + 24), self.height() - px(24 + 40))
        across = Axis(low, high, box.left() + px(16), box.right() - px(16))
        down = Axis(-top, top, box.bottom(), box.top())
        band = QRectF(box.left(), down.x(limit), box.width(), down.x(-limit) - down.x(limit))
        painter.fillRect(band, self.look.colour("green_soft"))
        percent = tr("± {limit} % of {force} N", limit=f"{LINE_LIMIT:g}", force=f"{self._full:.0f}")
        self.hint(band, percent)
        painter.setPen(QPen(self.look.colour("border"), px(1)))
        painter.drawLine(QPointF(box.left(), down.x(0)), QPointF(box.right(), down.x(0)))
        right = Qt.AlignmentFlag.AlignRight
        for value in nice_ticks(-top, top, 4):
            where = QRectF(0, down.x(value) - px(9), px(56), px(18))
            self.text(painter, where, tick_text(value), size=12, colour="faint", align=right)
        for mass in sorted(set(masses)):
            where = QRectF(across.x(mass) - px(30), box.bottom() + px(2), px(60), px(18))
            centre = Qt.AlignmentFlag.AlignHCenter
            self.text(painter, where, f"{mass:g}", size=12, colour="faint", align=centre)
        words = tr("off the line, N (band: {band})", band=percent)
        self.text(painter, QRectF(0, 0, self.width(), px(18)), words, size=12, colour="faint")
        bottom = QRectF(0, self.height() - px(20), box.right(), px(18))
        key = tr("load, kg · filled: rising · hollow: falling")
        self.text(painter, bottom, key, size=12, colour="faint", align=right)
        self._points(painter, across, down)

    def _points(self, painter: QPainter, across: Axis, down: Axis) -> None:
        ink, size = self.look.colour("accent"), self.look.px(5)
        painter.setPen(QPen(ink, self.look.px(1.5)))
        for r in self._residuals:
            # Rising ones a little to the left of falling ones: they would hide each other.
            shift = -size if r.direction == "up" else size
            at = QPointF(across.x(r.mass_kg) + shift, down.x(r.residual_n))
            up = r.direction == "up"
            painter.setBrush(ink if up else self.look.colour("surface"))
            tip = -size if up else size
            painter.drawPolygon(
                QPolygonF(
                    [
                        at + QPointF(0, tip),
                        at + QPointF(size, -tip * 0.8),
                        at + QPointF(-size, -tip * 0.8),
                    ]
                )
            )
            where = QRectF(at.x() - size, at.y() - size, 2 * size, 2 * size)
            way = tr("rising") if up else tr("falling")
            self.hint(
                where,
                tr(
                    "{mass} kg {way}, cycle {cycle}: {off} N off the line",
                    mass=f"{r.mass_kg:g}",
                    way=way,
                    cycle=r.cycle,
                    off=f"{r.residual_n:+.3f}",
                ),
            )
