"""The participant's display: a second window with the instruction, phases and guides, nothing else.

No name, no signal, no result: a person who sees the own order or loss of samples pulls
differently. The live bars show only where the protocol gives feedback. It never takes the keys
from the operator's window.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QPainter, QPaintEvent, QScreen
from PySide6.QtWidgets import QPushButton, QWidget

from labapp.translate import tr
from labapp.trials.run import RunState
from labapp.ui.guides import Moment, Painter, kinds
from labapp.ui.look import Look
from labapp.ui.pages.card import PHASE_INK, breath_words, large_words, time_words
from labapp.ui.parts import named

LARGEST, SMALLEST = 0.26, 0.05
"""Height of the instruction's letters, share of the window's height."""
MARGIN = 0.05
SHARES = {"bars": 0.4, "force": 0.3, "breath": 0.09, "beats": 0.08}
"""Height of each guide, share of the window's height."""
HAS_BREATH = frozenset({"breath"})


class ParticipantDisplay(QWidget):
    """Shows what a `RunState` asks of the person, as large as the window allows."""

    closed = Signal()

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window | Qt.WindowType.WindowDoesNotAcceptFocus)
        self.look = look
        self.state: RunState | None = None
        self.moment: Moment | None = None
        self._text = tr("Please wait.")
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setWindowTitle(tr("labapp: participant"))
        named(self, "participant_display", tr("Participant display"))
        look.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Half of a usual screen."""
        return QSize(960, 540)

    def present(self, away_from: QScreen | None) -> None:
        """Show it: over the whole of another screen if there is one, else as a window."""
        others = [one for one in QGuiApplication.screens() if one is not away_from]
        if others:
            self.setGeometry(others[0].geometry())
            self.showFullScreen()
        else:
            self.resize(self.sizeHint())
            self.show()

    def show_moment(self, state: RunState | None, moment: Moment | None = None) -> None:
        """Show another moment with its guides; None while no protocol runs."""
        self.state, self.moment = state, moment
        if state is None:
            self._text = tr("Please wait.")
        else:
            self._text = tr("Pause. Breathe.") if state.paused else large_words(state.text)
        self.setAccessibleDescription(self._text)
        self.update()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell the page that its switch is off again."""
        super().closeEvent(event)
        self.closed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the instruction, the guides, the way to breathe, the time left and the phases."""
        look, state = self.look, self.state
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), look.colour("surface"))
        width, height = self.width(), self.height()
        margin = MARGIN * height
        shown = () if state is None or state.paused else kinds(self.moment)
        guides = min(0.5, sum(SHARES[kind] for kind in shown))
        text = QRectF(margin, margin, width - 2 * margin, (0.56 - guides) * height)
        self._paint_text(painter, text)
        if state is None or state.over:
            painter.end()
            return
        self._paint_guides(painter, shown, QRectF(margin, text.bottom(), width - 2 * margin,
                                                  guides * height))  # fmt: skip
        font = look.font(12)
        font.setPixelSize(max(1, round(0.07 * height)))
        painter.setFont(font)
        line = QRectF(margin, 0.64 * height, width - 2 * margin, 0.12 * height)
        painter.setPen(look.colour("soft"))
        if not HAS_BREATH & set(shown):
            painter.drawText(line, int(Qt.AlignmentFlag.AlignVCenter), breath_words(state.breath))
        painter.setPen(look.colour("text"))
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(line, int(right), time_words(state, waiting=tr("when you are ready")))
        self._paint_phases(painter, QRectF(margin, 0.79 * height, width - 2 * margin, margin))
        painter.setPen(look.colour("faint"))
        font.setPixelSize(max(1, round(0.045 * height)))
        painter.setFont(font)
        where = QRectF(margin, 0.87 * height, width - 2 * margin, 0.1 * height)
        count = tr("{n} of {of}", n=state.repetition, of=state.of)
        painter.drawText(where, int(Qt.AlignmentFlag.AlignCenter), count)
        painter.end()

    def _paint_guides(self, painter: QPainter, shown: tuple[str, ...], box: QRectF) -> None:
        """Draw the guides one under the other, in large letters."""
        if self.moment is None or not shown:
            return
        whole = sum(SHARES[kind] for kind in shown)
        draw = Painter(painter, self.look, 0.045 * self.height())
        top = box.top()
        for kind in shown:
            part = box.height() * SHARES[kind] / whole
            getattr(draw, kind)(QRectF(box.left(), top, box.width(), part), self.moment)
            top += part

    def _paint_text(self, painter: QPainter, box: QRectF) -> None:
        """Draw the instruction in the largest letters that fit the box."""
        flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
        font = self.look.font(40, bold=True)
        size = round(LARGEST * self.height())
        smallest = max(8, round(SMALLEST * self.height()))
        while True:
            font.setPixelSize(max(size, smallest))
            painter.setFont(font)
            need = painter.boundingRect(box, flags, self._text)
            if size <= smallest or (need.height() <= box.height() and need.width() <= box.width()):
                break
            size = round(0.9 * size)
        painter.setPen(self.look.colour("text"))
        painter.drawText(box, flags, self._text)

    def _paint_phases(self, painter: QPainter, box: QRectF) -> None:
        state = self.state
        if state is None:
            return
        steps = (*state.steps, tr("rest"))
        gap = 0.15 * box.height()
        width = (box.width() - gap * (len(steps) - 1)) / len(steps)
        painter.setPen(Qt.PenStyle.NoPen)
        for index, name in enumerate(steps):
            part = QRectF(QPointF(box.left() + index * (width + gap), box.top()), box.size())
            part.setWidth(width)
            painter.setBrush(self.look.colour("sunken"))
            painter.drawRoundedRect(part, gap, gap)
            if name == state.step and state.remaining_s is not None:
                part.setWidth(max(gap, width * state.progress))
                painter.setBrush(self.look.colour(PHASE_INK.get(state.phase, "accent")))
                painter.drawRoundedRect(part, gap, gap)
            elif name == state.step:
                painter.setBrush(self.look.colour(PHASE_INK.get(state.phase, "accent"), 90))
                painter.drawRoundedRect(part, gap, gap)


class ParticipantSwitch(QPushButton):
    """The button that shows and hides the display; the display closes with the button's window."""

    def __init__(self, look: Look) -> None:
        super().__init__(tr("Participant display"))
        named(
            self,
            "show_participant",
            tr("Participant display"),
            tr(
                "A second window for another screen: instruction, phases, beats, breath,\n"
                "the force to follow and, where the protocol gives feedback, the live bars"
            ),
        )
        self.setCheckable(True)
        self.display = ParticipantDisplay(look, self)
        self.display.closed.connect(lambda: self.setChecked(False))
        self.toggled.connect(self._switch)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Close the display with the window that it belongs to."""
        if event.type() == QEvent.Type.Hide and not event.spontaneous():
            self.display.close()
        return super().eventFilter(watched, event)

    def _switch(self, on: bool) -> None:
        if on:
            self.window().installEventFilter(self)
            self.display.present(self.screen())
        else:
            self.display.hide()
