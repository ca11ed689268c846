"""The scrolling view: a picture that time runs round, painted only where it is new.

Traces that move to the left change every pixel of every frame, and painting all of their lines
costs three times what a sweep costs. So they are kept in a picture as wide as the window, in which
the newest samples overwrite the oldest, and each frame shows it in two pieces. It is moved by
whole pixels, so a trace looks the same wherever it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPixmap, QTransform

from labapp.ui.lanes import Lanes
from labapp.ui.tracesitem import Lines, draw_groups

MARGIN = 0.005
"""Painted again before what is new, share of the window: bins that have grown since."""


class ScrollPicture:
    """The picture of one view.

    Parameters
    ----------
    lines
        Gives the lines between two places of the ring, 0 to the window's seconds.
    """

    def __init__(self, lines: Callable[[float, float], Sequence[Lines]]) -> None:
        self._lines = lines
        self._pixmap = QPixmap()
        self._key: tuple[object, ...] = ()
        self._until = 0.0

    def forget(self) -> None:
        """Give the memory back, and paint everything anew the next time."""
        self._pixmap, self._key = QPixmap(), ()

    def paint(self, painter: QPainter, bounds: QRectF, lanes: Lanes, ground: QColor) -> None:
        """Bring the picture up to date, and draw it over ``bounds`` (plot units)."""
        ratio = painter.device().devicePixelRatioF()
        area = painter.worldTransform().mapRect(bounds)
        size = QSize(max(1, round(area.width() * ratio)), max(1, round(area.height() * ratio)))
        limits = tuple(lane.scale.top for lane in lanes.lanes)
        key = (size, ratio, lanes.generation, lanes.seconds, limits, ground.rgb())
        now, begin = lanes.now_s, self._until
        if key != self._key:
            self._pixmap = QPixmap(size)
            self._key, begin = key, now - lanes.seconds
        self._update(lanes, max(begin, now - lanes.seconds), now, ground)
        self._until = lanes.oldest_end_s
        self._show(painter, area.topLeft(), ratio, (now % lanes.seconds) / lanes.seconds)

    def _update(self, lanes: Lanes, begin: float, now: float, ground: QColor) -> None:
        """Paint what came between two times."""
        seconds = lanes.seconds
        left = (begin - MARGIN * seconds) % seconds
        right = left + min(seconds, now - begin + MARGIN * seconds)
        pieces = [(left, min(right, seconds))]
        if right > seconds:
            pieces.append((0.0, right - seconds))
        width, height = self._pixmap.width(), self._pixmap.height()
        inner = QPainter(self._pixmap)
        for one, other in pieces:
            first, last = int(one / seconds * width), int(other / seconds * width) + 1
            inner.resetTransform()
            inner.setClipRect(first, 0, last - first, height)
            inner.fillRect(first, 0, last - first, height, ground)
            inner.setTransform(
                QTransform.fromScale(width / seconds, height / max(1, len(lanes.lanes)))
            )
            draw_groups(inner, self._lines(one, other))
        inner.end()

    def _show(self, painter: QPainter, corner: QPointF, ratio: float, share: float) -> None:
        """Draw the two pieces, the newest pixel at the right."""
        width, height = self._pixmap.width(), self._pixmap.height()
        newest = min(width, int(share * width) + 1)
        self._pixmap.setDevicePixelRatio(ratio)
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        for source, at in (((newest, width), 0), ((0, newest), width - newest)):
            piece = QRectF(source[0], 0, source[1] - source[0], height)
            if piece.width() > 0:
                painter.drawPixmap(corner + QPointF(at / ratio, 0), self._pixmap, piece)
        painter.restore()
        self._pixmap.setDevicePixelRatio(1.0)
