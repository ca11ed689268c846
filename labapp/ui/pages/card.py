"""The card of the page Run: the instruction readable from 3 m, phases, dots, keys."""

from __future__ import annotations

import re

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from labapp.translate import phrase, tr
from labapp.trials.run import RunState
from labapp.ui.look import Look
from labapp.ui.parts import named

BREATHS = {"in": phrase("Breathe in"), "out": phrase("Breathe out")}
PHASE_INK = {"pre": "grey", "con": "accent", "hold": "accent", "ecc": "grey", "rest": "grey"}
_SPOKEN = {
    "done": phrase("done"),
    "rejected": phrase("rejected"),
    "now": phrase("in progress"),
    "todo": phrase("to come"),
}


class PhaseBar(QWidget):
    """The steps of a repetition side by side, the present one filled as it passes."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.state: RunState | None = None
        named(
            self, "phase_bar", tr("Phases of the repetition"), tr("Where in the repetition we are")
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        look.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """Return a bar and its words."""
        return QSize(self.look.px(240), self.look.px(42))

    def show_state(self, state: RunState | None) -> None:
        """Show another moment."""
        self.state = state
        self.setAccessibleDescription(state.step if state else "")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the steps."""
        state = self.state
        if state is None:
            return
        look = self.look
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        steps = (*state.steps, tr("rest"))
        gap = look.px(4)
        height = look.px(12)
        x = 0.0
        for name, width in zip(steps, self._widths(steps, gap), strict=True):
            box = QRectF(x, look.px(4), width, height)
            now = name == state.step
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("sunken"))
            painter.drawRoundedRect(box, look.px(4), look.px(4))
            if now:
                painter.setBrush(look.colour(PHASE_INK.get(state.phase, "accent"), 90))
                painter.drawRoundedRect(box, look.px(4), look.px(4))
                # A random foreperiod shows no progress: nobody may see the beep coming.
                filled = QRectF(box)
                filled.setWidth(max(height, width * state.progress))
                if state.remaining_s is not None:
                    painter.setBrush(look.colour(PHASE_INK.get(state.phase, "accent")))
                    painter.drawRoundedRect(filled, look.px(4), look.px(4))
            painter.setFont(look.font(12, bold=now))
            painter.setPen(look.colour("text" if now else "faint"))
            where = QRectF(x, look.px(20), width, look.px(20))
            words = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(width))
            painter.drawText(where, int(Qt.AlignmentFlag.AlignCenter), words)
            x += width + gap
        painter.end()

    def _widths(self, names: tuple[str, ...], gap: int) -> list[float]:
        """Give equal parts where every name fits its own, else each what its name needs."""
        room = self.width() - gap * (len(names) - 1)
        metrics = QFontMetrics(self.look.font(12, bold=True))
        needs = [metrics.horizontalAdvance(name) + 1.0 for name in names]
        equal = room / len(names)
        spare = (room - sum(needs)) / len(names)
        if max(needs) <= equal or spare < 0:
            return [equal] * len(names)
        return [need + spare for need in needs]


class Dots(QWidget):
    """One dot a repetition: done, rejected, now, to come; told apart by shape, not by colour."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.dots: tuple[str, ...] = ()
        named(
            self,
            "dots",
            tr("Repetitions"),
            tr(
                "One mark a repetition: filled = done, cross = rejected, ring = now, pale = to come"
            ),
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        look.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(self.look.px(200), self.look.px(24))

    def show_dots(self, dots: tuple[str, ...]) -> None:
        """Show another state of the repetitions."""
        if dots != self.dots:
            self.dots = dots
            self.setAccessibleDescription(", ".join(tr(_SPOKEN[dot]) for dot in dots))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the dots."""
        if not self.dots:
            return
        look = self.look
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pitch = min(look.px(24), self.width() / len(self.dots))
        radius = min(look.px(7), pitch * 0.36)
        y = self.height() / 2
        for index, dot in enumerate(self.dots):
            centre = QPointF((index + 0.5) * pitch, y)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            if dot == "done":
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(look.colour("green"))
                painter.drawEllipse(centre, radius, radius)
            elif dot == "now":
                painter.setPen(QPen(look.colour("accent"), look.px(3)))
                painter.drawEllipse(centre, radius - 1, radius - 1)
            elif dot == "rejected":
                painter.setPen(QPen(look.colour("amber"), look.px(3)))
                r = radius * 0.8
                painter.drawLine(centre + QPointF(-r, -r), centre + QPointF(r, r))
                painter.drawLine(centre + QPointF(-r, r), centre + QPointF(r, -r))
            else:
                painter.setPen(QPen(look.colour("border"), look.px(2)))
                painter.drawEllipse(centre, radius - 1, radius - 1)
        painter.end()


def breath_words(breath: str) -> str:
    """Return how to breathe in this step; nothing where it is free."""
    return tr(BREATHS[breath]) if breath in BREATHS else ""


def large_words(text: str) -> str:
    """Return a text with true dashes: a dash in a file may be a hyphen; large type shows it."""
    return re.sub(r"(?<=\w)-(?=\w)", "\u2011", text.replace(" - ", " \u2013 "))


def time_words(state: RunState, *, waiting: str = "") -> str:
    """Return how long this step still takes, or what it waits for."""
    if state.over or state.paused:
        return ""
    if state.waiting:
        return waiting or tr("waiting for Space")
    if state.countdown is not None:
        return f"{state.countdown} s"
    return f"{state.remaining_s:.1f} s" if state.remaining_s is not None else ""
