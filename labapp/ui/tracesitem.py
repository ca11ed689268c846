"""One graphics object that paints the lines of all live channels.

It asks for the lines of the part that Qt wants painted, so a sweep computes and draws a strip a
frame, and an uncovered window still gets all of it. Lines are handed to the painter as one block
of memory, without a Python object per line; the pen stays one device pixel wide (a wider one
costs five times as much).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyqtgraph as pg
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

PEN_PIXELS = 4
"""Pixels of the screen that the ends and the width of a line may reach beyond its place."""


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines of one colour: (n, 4) float64 rows of x1, y1, x2, y2 in plot units."""

    colour: QColor
    rows: NDArray[np.float64]
    width: float = 0.0


def draw_lines(painter: QPainter, rows: NDArray[np.float64]) -> None:
    """Draw (n, 4) C-contiguous float64 rows as lines, straight from their memory."""
    if not len(rows):
        return
    if rows.dtype != np.float64 or rows.ndim != 2 or rows.shape[1] != 4:
        raise ValueError(f"lines must be (n, 4) float64, not {rows.shape} {rows.dtype}")
    rows = np.ascontiguousarray(rows)
    # `rows.ctypes.data` says the same in three times the time, once for every lane and frame.
    address = rows.__array_interface__["data"][0]
    first: Any = shiboken6.wrapInstance(address, QLineF)
    painter.drawLines(first, len(rows))


def draw_groups(painter: QPainter, groups: Sequence[Lines]) -> None:
    """Draw every group of lines with its pen, whose width counts in pixels of the screen."""
    for group in groups:
        if len(group.rows):
            painter.setPen(_pen(group.colour.rgba(), group.width))
            draw_lines(painter, group.rows)


@lru_cache(maxsize=64)
def _pen(rgba: int, width: float) -> QPen:
    pen = QPen(QColor.fromRgba(rgba))
    pen.setCosmetic(True)
    pen.setWidthF(width)
    return pen


class TracesItem(pg.GraphicsObject):  # type: ignore[misc]
    """Paints what its source gives for the exposed part.

    Parameters
    ----------
    lines
        Gives the lines between two places on the x axis, in plot units.
    under
        Paints what lies beneath them, over the given bounds.
    """

    def __init__(
        self,
        lines: Callable[[float, float], Sequence[Lines]],
        under: Callable[[QPainter, QRectF], None],
    ) -> None:
        super().__init__()
        self._lines, self._under = lines, under
        self.paint_ms = 0.0
        # Qt then says which part has to be painted: a sweep needs a narrow strip a frame.
        self.setFlag(self.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self._bounds = QRectF(0, 0, 1, 1)

    def set_bounds(self, x: tuple[float, float], lanes: int) -> None:
        """Extent of the item in plot units."""
        self.prepareGeometryChange()
        self._bounds = QRectF(x[0], 0, x[1] - x[0], lanes)

    def repaint_strips(self, strips: Sequence[tuple[float, float]]) -> None:
        """Paint anew, between the x of each strip only."""
        for left, right in strips:
            box = self._bounds
            self.update(QRectF(left, box.top(), right - left, box.height()))

    def boundingRect(self) -> QRectF:
        """Extent in plot units."""
        return self._bounds

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Draw every group of lines with its pen."""
        began = time.perf_counter()
        exposed: Any = option
        beside = PEN_PIXELS * self.pixelWidth()
        left, right = exposed.exposedRect.left() - beside, exposed.exposedRect.right() + beside
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._under(painter, self._bounds)
        draw_groups(painter, self._lines(left, right))
        self.paint_ms = (time.perf_counter() - began) * 1e3
