"""The plot of the live traces: a time axis, and as little as possible behind the lanes."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsView

OVERLAP = 1.0
"""Pixels by which the ground reaches under a picture, whose edges lie on whole pixels."""


class TracesPlot(pg.PlotWidget):  # type: ignore[misc]
    """A plot that is only looked at; whatever scales it has are set by its view."""

    def __init__(self) -> None:
        super().__init__()
        self._covered: QRectF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # The background fills all of it: what lies behind need not be painted with every frame.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.hideAxis("left")
        self.setMouseEnabled(x=False, y=False)
        self.invertY(True)
        self.getViewBox().setDefaultPadding(0)
        self.setLabel("bottom", "")
        self.getAxis("bottom").tickStrings = _seconds

    def set_covered(self, covered: QRectF | None) -> None:
        """Paint no ground where a picture covers all of it, in coordinates of the scene.

        With none, the ground is kept as a picture of its own, which is the cheaper for a strip.
        """
        inner = None
        if covered is not None:
            inner = covered.adjusted(OVERLAP, OVERLAP, -OVERLAP, -OVERLAP)
        if inner != self._covered:
            self._covered = inner
            modes = QGraphicsView.CacheModeFlag
            self.setCacheMode(modes.CacheBackground if inner is None else modes.CacheNone)
            self.viewport().update()

    def drawBackground(self, painter: QPainter, rect: QRectF | None = None) -> None:
        """Paint the ground of the exposed part, around what is covered."""
        whole = QRectF(rect)  # type: ignore[arg-type]
        ground = self.backgroundBrush()
        inner = self._covered
        if inner is None or not inner.intersects(whole):
            painter.fillRect(whole, ground)
            return
        left, right = min(whole.left(), inner.left()), max(whole.right(), inner.right())
        for piece in (
            QRectF(left, whole.top(), right - left, inner.top() - whole.top()),
            QRectF(left, inner.bottom(), right - left, whole.bottom() - inner.bottom()),
            QRectF(left, inner.top(), inner.left() - left, inner.height()),
            QRectF(inner.right(), inner.top(), right - inner.right(), inner.height()),
        ):
            if piece.width() > 0 and piece.height() > 0:
                painter.fillRect(piece, ground)


def _seconds(values: list[float], scale: float, spacing: float) -> list[str]:
    """Tick labels of the time axis, with their unit and a true minus."""
    return [f"{value:g} s".replace("-", "\u2212") for value in values]
