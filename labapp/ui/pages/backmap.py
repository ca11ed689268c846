"""A drawn back: drag a channel to the muscle its electrodes lie on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from labapp import palette
from labapp.translate import tr
from labapp.ui import backsites
from labapp.ui.look import Look
from labapp.ui.parts import named
from labapp.ui.words import muscle_name

REACH = 16.0
"""How near (design units) to a site a channel must be dropped."""
CHIPS = 44.0
"""Height of the row of channels that lie on no muscle yet."""


@dataclass(frozen=True)
class MappedChannel:
    """A channel as the map shows it; ``code`` is empty while it lies on no muscle."""

    row: int
    name: str
    code: str


class BackMap(QWidget):
    """Sites on a back, channels on the sites; `dropped` carries a row and its new code.

    `pointed` carries the code of the site under the pointer, empty between sites.
    """

    dropped = Signal(int, str)
    pointed = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self._channels: tuple[MappedChannel, ...] = ()
        self._held: MappedChannel | None = None
        self._pointer = QPointF()
        named(
            self,
            "back_map",
            tr("Electrode sites on the back"),
            tr("Seen from behind. Drag a channel to a site; drag it off the back to free it."),
        )
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        look.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """Return room for the back and the row of free channels."""
        least = self.look.px(backsites.HEIGHT + CHIPS)
        lowest = max((box.bottom() for box in self._chips().values()), default=0.0)
        return QSize(self.look.px(backsites.WIDTH), max(least, round(lowest) + self.look.px(10)))

    def set_channels(self, channels: Sequence[MappedChannel]) -> None:
        """Show where these channels lie."""
        self._channels = tuple(channels)
        self.updateGeometry()
        self.setAccessibleDescription(
            "; ".join(
                f"{c.name}: {muscle_name(c.code) if c.code else tr('free')}" for c in channels
            )
        )
        self.update()

    # ------------------------------------------------------------------ places

    def where(self, code: str) -> QPointF | None:
        """Place of a site in the widget; None where it is not drawn."""
        found = backsites.place(code)
        return None if found is None else self._point(found[1])

    def chip(self, row: int) -> QRectF | None:
        """Place of a free channel in the widget."""
        return self._chips().get(row)

    def _chips(self) -> dict[int, QRectF]:
        """Places of the free channels by row, as many to a line as there is room for."""
        metrics = QFontMetricsF(self.look.font(12))
        gap, tall = self.look.px(6), self.look.px(24)
        left, right = float(self.look.px(8)), float(self.look.px(backsites.WIDTH))
        x, y = left, float(self.look.px(backsites.HEIGHT + 10))
        places: dict[int, QRectF] = {}
        for channel in self._channels:
            if channel.code:
                continue
            width = metrics.horizontalAdvance(_short(channel.name)) + self.look.px(16)
            if x > left and x + width > right:
                x, y = left, y + tall + gap
            places[channel.row] = QRectF(x, y, width, tall)
            x += width + gap
        return places

    def _point(self, point: backsites.Point) -> QPointF:
        return QPointF(point[0] * self.look.scale, point[1] * self.look.scale)

    def _site_at(self, at: QPointF) -> str:
        """Code of the site nearest to a place, empty where none is near."""
        best, code = REACH * self.look.scale, ""
        for site in backsites.SITES:
            for side in "RL":
                one = self.where(f"{site.muscle}_{side}")
                if one is not None:
                    away = math.hypot(one.x() - at.x(), one.y() - at.y())
                    if away < best:
                        best, code = away, f"{site.muscle}_{side}"
        return code

    def _channel_at(self, at: QPointF) -> MappedChannel | None:
        code = self._site_at(at)
        for channel in self._channels:
            box = self.chip(channel.row)
            if (code and channel.code == code) or (box is not None and box.contains(at)):
                return channel
        return None

    # ------------------------------------------------------------------ the mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of a channel."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._held, self._pointer = self._channel_at(event.position()), event.position()
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Carry it."""
        self._pointer = event.position()
        if self._held is not None:
            self.update()
        over = self._channel_at(event.position()) is not None
        hand = Qt.CursorShape.OpenHandCursor if over else Qt.CursorShape.ArrowCursor
        self.setCursor(Qt.CursorShape.ClosedHandCursor if self._held is not None else hand)
        self.pointed.emit(self._site_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Put it down: on a site, or off the back."""
        held, self._held = self._held, None
        self.update()
        if held is not None:
            code = self._site_at(event.position())
            if code != held.code:
                self.dropped.emit(held.row, code)

    def event(self, event: QEvent) -> bool:
        """Tell the landmark rule of the site under the pointer."""
        if isinstance(event, QHelpEvent):
            code = self._site_at(QPointF(event.pos()))
            found = backsites.place(code)
            if found is not None:
                QToolTip.showText(
                    event.globalPos(), f"{muscle_name(code)}\n{tr(found[0].rule)}", self
                )
                return True
        return super().event(event)

    # ------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the back, the sites, and the channels."""
        look = self.look
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_body(painter)
        target = self._site_at(self._pointer) if self._held is not None else ""
        placed = {c.code: c for c in self._channels if c.code}
        for site in backsites.SITES:
            for side in "RL":
                code = f"{site.muscle}_{side}"
                self._paint_site(painter, code, placed.get(code), near=code == target)
        painter.setFont(look.font(12))
        free = [c for c in self._channels if not c.code]
        for channel in free:
            box = self.chip(channel.row)
            if box is not None and channel is not self._held:
                self._paint_chip(painter, box, channel.name)
        if not free and self._held is None:
            painter.setPen(look.colour("faint"))
            where = QRectF(0, look.px(backsites.HEIGHT), self.width(), look.px(CHIPS))
            painter.drawText(where, int(Qt.AlignmentFlag.AlignCenter), tr("seen from behind"))
        if self._held is not None:
            box = QRectF(0, 0, look.px(44), look.px(24))
            box.moveCenter(self._pointer)
            self._paint_chip(painter, box, self._held.name)
        painter.end()

    def _paint_body(self, painter: QPainter) -> None:
        look = self.look
        painter.setPen(QPen(look.colour("border"), look.px(1.5)))
        right = list(backsites.BODY)
        whole = right + [backsites.mirrored(p) for p in reversed(right)]
        painter.setBrush(look.colour("sunken"))
        painter.drawPolygon(QPolygonF([self._point(p) for p in whole]))
        for side in (lambda p: p, backsites.mirrored):
            for site in backsites.SITES:
                if site.patch:
                    ink = QColor(palette.colour(site.muscle, dark=look.colours.dark))
                    ink.setAlpha(38)
                    painter.setPen(Qt.PenStyle.NoPen)
                    painter.setBrush(ink)
                    painter.drawPolygon(QPolygonF([self._point(side(p)) for p in site.patch]))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look.colour("faint"), look.px(1)))
            painter.drawPolygon(QPolygonF([self._point(side(p)) for p in backsites.SCAPULA]))
            a, b = backsites.SPINE_OF_SCAPULA
            painter.drawLine(self._point(side(a)), self._point(side(b)))
        painter.setPen(QPen(look.colour("faint"), look.px(1.5), Qt.PenStyle.DotLine))
        for a, b in backsites.SPINE:
            painter.drawLine(self._point(a), self._point(b))
        painter.setFont(look.font(10))
        painter.setPen(look.colour("faint"))
        for name, (x, y) in backsites.LANDMARKS:
            where = QRectF(0, 0, look.px(24), look.px(14))
            where.moveCenter(self._point((x, y)))
            painter.drawText(where, int(Qt.AlignmentFlag.AlignCenter), name)
        painter.setFont(look.font(12))
        for words, x in ((tr("left"), 14.0), (tr("right"), 250.0)):
            painter.drawText(self._point((x, 20)), words)

    def _paint_site(
        self, painter: QPainter, code: str, channel: MappedChannel | None, *, near: bool
    ) -> None:
        """Draw a pair of electrodes along its direction; filled where a channel lies on it."""
        found = backsites.place(code)
        if found is None:
            return
        look = self.look
        site, at, towards = found
        angle = math.atan2(towards[1] - at[1], towards[0] - at[0])
        step = (4.5 * math.cos(angle), 4.5 * math.sin(angle))
        ink = QColor(palette.colour(code, dark=look.colours.dark))
        lies = channel is not None and channel is not self._held
        painter.setPen(QPen(ink, look.px(2) if lies or near else look.px(1)))
        painter.setBrush(ink if lies else Qt.BrushStyle.NoBrush)
        for sign in (-1, 1):
            centre = self._point((at[0] + sign * step[0], at[1] + sign * step[1]))
            painter.drawEllipse(centre, look.px(3), look.px(3))
        if near:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(self._point(at), look.px(REACH), look.px(REACH))
        if lies and channel is not None:
            painter.setFont(look.font(12, bold=True))
            name = _short(channel.name)
            width = painter.fontMetrics().horizontalAdvance(name) + look.px(8)
            out = 1 if at[0] > backsites.WIDTH / 2 else -1
            box = QRectF(0, 0, width, look.px(17))
            away = QPointF(out * (width / 2 + look.px(9)), 0)
            box.moveCenter(self._point(at) + (QPointF(0, look.px(16)) if site.below else away))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("surface"))
            painter.drawRoundedRect(box, look.px(4), look.px(4))
            painter.setPen(look.colour("text"))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), name)

    def _paint_chip(self, painter: QPainter, box: QRectF, name: str) -> None:
        look = self.look
        painter.setFont(look.font(12))
        painter.setPen(QPen(look.colour("accent"), look.px(1.5)))
        painter.setBrush(look.colour("surface"))
        painter.drawRoundedRect(box, look.px(12), look.px(12))
        painter.setPen(look.colour("text"))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), _short(name))


def _short(name: str) -> str:
    """Name of a channel without its device."""
    return name.rpartition(" ")[2]
