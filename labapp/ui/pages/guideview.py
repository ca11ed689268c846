"""The guides of a run in the card of the page Run: what the participant's display shows, small."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from labapp.translate import tr
from labapp.ui.guides import Moment, Painter, kinds
from labapp.ui.look import Look
from labapp.ui.parts import named

HEIGHTS = {"bars": 132, "force": 90, "breath": 24, "beats": 24}


class GuideView(QWidget):
    """As high as the guides of the moment; hidden where there are none."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.moment: Moment | None = None
        self.kinds: tuple[str, ...] = ()
        named(
            self,
            "guides",
            tr("Guides of the repetition"),
            tr(
                "What the participant's display shows: beats of the metronome, breath,\n"
                "the force to follow, activation in % of the reference."
            ),
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        look.changed.connect(self.updateGeometry)
        self.hide()

    def sizeHint(self) -> QSize:
        """Height of all guides."""
        return QSize(self.look.px(240), sum(self.look.px(HEIGHTS[kind]) for kind in self.kinds))

    def show_moment(self, moment: Moment | None) -> None:
        """Show another moment."""
        self.moment = moment
        found = kinds(moment)
        if found != self.kinds:
            self.kinds = found
            self.setVisible(bool(found))
            self.updateGeometry()
        if found:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw one under the other."""
        if self.moment is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw = Painter(painter, self.look, float(self.look.px(12)))
        top = 0
        for kind in self.kinds:
            height = self.look.px(HEIGHTS[kind])
            getattr(draw, kind)(QRectF(0, top, self.width(), height), self.moment)
            top += height
        painter.end()
