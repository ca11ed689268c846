"""The scrolling view: a picture that time runs round, painted only where it is new.

Traces that move to the left change every pixel of every frame, and painting all of their lines
costs three times what a sweep costs. So they are kept in a picture as wide as the window, in which
the newest samples overwrite the oldest, and each frame shows it in two pieces. Both lie on whole
pixels of the screen, whatever its scaling: a trace looks the same wherever it stands, and the
pieces are copied, not drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QRect, QRectF
from PySide6.QtGui import QColor, QPainter, QPixmap, QTransform

from labapp.ui.lanes import Lanes
from labapp.ui.tracesfresh import Fresh
from labapp.ui.tracesitem import PEN_PIXELS, Lines, draw_groups


class ScrollPicture:
    """The picture of one view.

    Parameters
    ----------
    lines
        Gives the lines that reach into the time between two moments, from a third on (s).
    """

    def __init__(self, lines: Callable[[float, float, float], Sequence[Lines]]) -> None:
        self._lines = lines
        self._pixmap = QPixmap()
        self._fresh = Fresh()

    def forget(self) -> None:
        """Give the memory back, and paint everything anew the next time."""
        self._pixmap = QPixmap()
        self._fresh.forget()

    def paint(self, painter: QPainter, bounds: QRectF, lanes: Lanes, ground: QColor) -> None:
        """Bring the picture up to date, and draw it over ``bounds`` (plot units)."""
        to_screen = painter.deviceTransform()
        area = _whole(to_screen.mapRect(bounds))
        ratio = painter.device().devicePixelRatioF()
        begin = self._fresh.since(lanes, area.size().toTuple(), ratio, ground.rgb())
        if self._pixmap.size() != area.size():
            self._pixmap = QPixmap(area.size())
        newest = math.floor(lanes.now_s / lanes.seconds * area.width())
        self._update(lanes, begin, newest, ground)
        # Units of the painter that are pixels of the screen.
        plain, _ = (painter.worldTransform().inverted()[0] * to_screen).inverted()
        painter.save()
        painter.setWorldTransform(plain)
        self._show(painter, area.topLeft(), newest % area.width() + 1)
        painter.restore()

    def _update(self, lanes: Lanes, begin: float, newest: int, ground: QColor) -> None:
        """Paint the columns from a moment on, which are counted from the start of time.

        A column holds the lines that reach into it, whenever they were painted.
        """
        width, height = self._pixmap.width(), self._pixmap.height()
        column = lanes.seconds / width
        first = max(math.floor(begin / column), newest - width + 1)
        inner = QPainter(self._pixmap)
        for lap in range(first // width, newest // width + 1):
            left = max(first - lap * width, 0)
            right = min(newest - lap * width, width - 1) + 1
            inner.resetTransform()
            inner.setClipRect(left, 0, right - left, height)
            inner.fillRect(left, 0, right - left, height, ground)
            inner.setTransform(QTransform.fromScale(1 / column, height / max(1, len(lanes.lanes))))
            zero = lap * lanes.seconds
            one, other = left - PEN_PIXELS, right + PEN_PIXELS
            draw_groups(inner, self._lines(zero + one * column, zero + other * column, zero))
        inner.end()

    def _show(self, painter: QPainter, corner: QPoint, after: int) -> None:
        """Draw the two pieces: that from the column ``after`` the newest on, then the other."""
        width, height = self._pixmap.width(), self._pixmap.height()
        for first, last, at in ((after, width, 0), (0, after, width - after)):
            if last > first:
                piece = QRect(first, 0, last - first, height)
                painter.drawPixmap(corner + QPoint(at, 0), self._pixmap, piece)


def _whole(area: QRectF) -> QRect:
    """Pixels of the screen nearest to an area of it."""
    corner = area.topLeft().toPoint()
    far = area.bottomRight().toPoint()
    return QRect(corner.x(), corner.y(), max(1, far.x() - corner.x()), max(1, far.y() - corner.y()))
