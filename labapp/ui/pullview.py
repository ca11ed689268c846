"""One pull, large: every trace with its onset, which the mouse and the arrow keys move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from labapp.translate import tr
from labapp.ui.chart import Axis
from labapp.ui.look import Look
from labapp.ui.numbers import signed
from labapp.ui.parts import named
from labapp.ui.pullpaint import FORCE, PullPaint
from labapp.ui.words import ONSET_STATES, muscle_short

if TYPE_CHECKING:  # they bring SciPy and HDF5: not on the start-up path
    from labapp.workflow.onset_desk import Lane, OnsetDesk
    from labapp.workflow.pull_traces import PullTraces

LANE, AXIS, NAMES, RIGHT = 80, 40, 96, 20
GRAB = 7
STEPS_S = (0.001, 0.005)
"""What an arrow key moves an onset by, without and with Shift."""
SPANS_S = (0.2, 0.4, 0.8, 1.6)
WHOLE = 2
"""Widths of the view; from this one on it begins before the cue, closer ones show one onset."""


class PullView(QWidget):
    """Paints the pull in front of an `OnsetDesk`; asks by signal for every change.

    Signals: `placed` (s of the recording, of the chosen trace), `nudged` (s), `chosen` (lane
    from 0), `turned` (pulls forward), `confirmed`, `removed`, `judged` (the pull as a whole).
    """

    placed = Signal(float)
    nudged = Signal(float)
    chosen = Signal(int)
    turned = Signal(int)
    confirmed = Signal()
    removed = Signal()
    judged = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.desk: OnsetDesk | None = None
        self.traces: dict[int, PullTraces] = {}
        self.span = WHOLE
        self.drag_s: float | None = None
        self._still_s: float | None = None
        self._centred: tuple[object, float] = (None, 0.0)
        self._painted: tuple[object, QPixmap] = (None, QPixmap())
        named(self, "pull_view", tr("Traces of one pull"))
        self.setToolTip(
            tr(
                "Drag an onset, or double-click where it is.\n"
                "Left, right: 1 ms; with Shift 5 ms. Up, down: other trace.\n"
                "Page up, Page down: other pull. Plus, minus: zoom.\n"
                "Enter: right as it is. Delete: there is no onset.\n"
                "X: reject the pull, or accept it again."
            )
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        look.changed.connect(self.again)

    # ------------------------------------------------------------------ places

    def set_desk(self, desk: OnsetDesk | None, traces: dict[int, PullTraces]) -> None:
        """Show another session, or none."""
        self.desk, self.traces = desk, traces
        self._painted = (None, QPixmap())
        self.again()

    def again(self) -> None:
        """Paint anew, in another size if there are other traces."""
        desk = self.desk
        lane = None if desk is None else desk.lane
        if desk is not None and lane is not None:
            self.setAccessibleDescription(f"{self.name_of(lane)}: {self.words(lane)}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Height as the traces need it."""
        desk = self.desk
        lanes = 0 if desk is None else len(desk.lanes())
        return QSize(self.look.px(600), self.look.px(lanes * LANE + FORCE * self._force() + AXIS))

    def minimumSizeHint(self) -> QSize:
        """Narrow columns are allowed, cut traces are not."""
        return QSize(self.look.px(240), self.sizeHint().height())

    def _pull(self) -> PullTraces | None:
        if self.desk is None or self.desk.pull is None:
            return None
        return self.traces.get(self.desk.pull)

    def _force(self) -> bool:
        pull = self._pull()
        return pull is not None and pull.force is not None

    def axis(self) -> Axis:
        """Milliseconds after the zero of the pull, to pixels."""
        span = 1000 * SPANS_S[self.span]
        low = self._middle() - span / 2 if self.is_close else -0.125 * span
        left = self.look.px(NAMES)
        return Axis(low, low + span, left, self.width() - self.look.px(RIGHT))

    @property
    def is_close(self) -> bool:
        """Whether the view is close to one onset."""
        return self.span < WHOLE

    def _middle(self) -> float:
        """Middle of a close view, ms: the chosen onset, kept while that onset is moved."""
        lane = None if self.desk is None else self.desk.lane
        if self.desk is None or lane is None:
            return 200.0
        key = (self.desk.pull, lane.muscle, self.span)
        if self._centred[0] != key:
            time = lane.time_s
            self._centred = (key, 200.0 if time is None else 1000 * (time - self.desk.zero_s))
        return self._centred[1]

    def x_of(self, time_s: float) -> float:
        """Pixel of a moment of the recording."""
        zero = 0.0 if self.desk is None else self.desk.zero_s
        axis = self.axis()
        share = (1000 * (time_s - zero) - axis.low) / (axis.high - axis.low)
        return axis.left + share * (axis.right - axis.left)

    def time_at(self, x: float) -> float:
        """Moment of the recording at a pixel, on a whole millisecond after the zero."""
        axis = self.axis()
        ms = axis.low + (x - axis.left) / (axis.right - axis.left) * (axis.high - axis.low)
        return (0.0 if self.desk is None else self.desk.zero_s) + round(ms) / 1000

    def lane_rect(self, number: int) -> QRectF:
        """Place of a trace, counted from 0."""
        height = self.look.px(LANE)
        left = self.look.px(NAMES)
        return QRectF(left, number * height, self.width() - self.look.px(RIGHT) - left, height)

    # ------------------------------------------------------------------ mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a trace; take hold of its onset where the pointer is on it."""
        desk = self.desk
        number = int(event.position().y() // self.look.px(LANE))
        if desk is None or not 0 <= number < len(desk.lanes()):
            return
        self.setFocus()
        self.chosen.emit(number)
        lane = desk.lane
        if lane is None or event.button() != Qt.MouseButton.LeftButton:
            return
        x = event.position().x()
        near = lane.time_s is not None and abs(self.x_of(lane.time_s) - x) <= self.look.px(GRAB)
        if near or (lane.time_s is None and desk.blind):
            self._still_s = lane.time_s
            self.drag_s = lane.time_s if near else self.time_at(x)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move what is held; tell by the pointer what can be taken hold of."""
        if self.drag_s is not None:
            self.drag_s = self.time_at(event.position().x())
            self.update()
            return
        number = int(event.position().y() // self.look.px(LANE))
        lanes = () if self.desk is None else self.desk.lanes()
        time = lanes[number].time_s if 0 <= number < len(lanes) else None
        near = time is not None and abs(self.x_of(time) - event.position().x()) <= self.look.px(
            GRAB
        )
        self.setCursor(Qt.CursorShape.SizeHorCursor if near else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go: that is the edit, if anything moved."""
        time, self.drag_s = self.drag_s, None
        if time is not None and time != self._still_s:
            self.placed.emit(time)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Set the onset of a trace here."""
        desk = self.desk
        number = int(event.position().y() // self.look.px(LANE))
        if desk is not None and 0 <= number < len(desk.lanes()):
            self.chosen.emit(number)
            self.placed.emit(self.time_at(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys move the onset; the rest is in the tooltip."""
        key = Qt.Key(event.key())
        step = STEPS_S[bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)]
        selected = 0 if self.desk is None else self.desk.selected
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.nudged.emit(step if key == Qt.Key.Key_Right else -step)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.chosen.emit(selected + (1 if key == Qt.Key.Key_Down else -1))
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.turned.emit(1 if key == Qt.Key.Key_PageDown else -1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.confirmed.emit()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        elif key == Qt.Key.Key_X:
            self.judged.emit()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.zoom(-1 if key != Qt.Key.Key_Minus else 1)
        else:
            super().keyPressEvent(event)

    def zoom(self, step: int) -> None:
        """Show less (−1) or more (+1) of the pull; close up the chosen onset is in the middle."""
        self.span = max(0, min(self.span + step, len(SPANS_S) - 1))
        self.update()

    # ------------------------------------------------------------------ words and painting

    def name_of(self, lane: Lane) -> str:
        """Name of a trace as it is shown: the muscle, or blind its number."""
        blind = self.desk is not None and self.desk.blind
        return tr("Trace {n}", n=lane.number) if blind else muscle_short(lane.muscle)

    def words(self, lane: Lane) -> str:
        """Say where the onset of a trace is, and what the detector said."""
        if self.desk is None:
            return ""
        zero = self.desk.zero_s
        at = None if lane.time_s is None else signed(1000 * (lane.time_s - zero))
        if lane.gone:
            said = tr("set by hand: no onset")
        elif at is None:
            said = tr("not marked") if self.desk.blind else tr("no onset")
        elif lane.marked:
            said = tr("{ms} ms, set by hand", ms=at)
        else:
            said = tr("{ms} ms", ms=at)
        if lane.automatic_s is None or self.desk.blind:
            return said
        parts = [None if s is None else 1000 * (s - zero) for s in (lane.low_s, lane.high_s)]
        if parts[0] is None or parts[1] is None:
            return said
        return said + tr(
            "; automatic {ms} ms (95 % interval {low} to {high}; {state})",
            ms=signed(1000 * (lane.automatic_s - zero)),
            low=signed(parts[0]),
            high=signed(parts[1]),
            state=tr(ONSET_STATES.get(lane.state, lane.state)),
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pull in front."""
        pull = self._pull()
        if self.desk is not None and pull is not None:
            ground = self._ground(self.desk, pull)
            painter = QPainter(self)
            painter.drawPixmap(0, 0, ground)
            PullPaint(painter, self, self.desk, pull).marks()
            painter.end()

    def _ground(self, desk: OnsetDesk, pull: PullTraces) -> QPixmap:
        """Picture of the traces; painted anew only when something else is to be seen."""
        axis, fine = self.axis(), self.devicePixelRatioF()
        shown = (desk.pull, desk.blind, desk.rater, desk.selected, axis)
        key = (shown, self.size(), fine, self.look.colours, self.look.scale)
        if self._painted[0] != key:
            picture = QPixmap(round(self.width() * fine), round(self.height() * fine))
            picture.setDevicePixelRatio(fine)
            picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(picture)
            PullPaint(painter, self, desk, pull).ground()
            painter.end()
            self._painted = (key, picture)
        return self._painted[1]
