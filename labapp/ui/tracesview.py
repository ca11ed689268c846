"""Live traces of all channels, with their names, scales and the few controls for looking."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QPainter, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from labapp.translate import tr
from labapp.ui.lanelines import LaneLines
from labapp.ui.lanenames import WIDTH, LaneNames
from labapp.ui.lanes import Lanes, Mode
from labapp.ui.look import Look
from labapp.ui.parts import named
from labapp.ui.theme import GRID
from labapp.ui.tracescontrols import TracesControls
from labapp.ui.tracesdelay import ShownDelay
from labapp.ui.tracesitem import Lines, TracesItem
from labapp.ui.traceslines import FINE, frame_lines, signal_lines
from labapp.ui.tracesmarks import Marks
from labapp.ui.tracesplot import TracesPlot
from labapp.ui.tracesscroll import ScrollPicture
from labapp.ui.tracesswept import Swept
from labapp.workflow.live_source import away

if TYPE_CHECKING:
    from labapp.workflow.live_levels import Level
    from labapp.workflow.live_pull import PullLook
    from labapp.workflow.live_source import LiveSource

FRAME_MS = 16
SLOWEST_MS = 100
SHARE = 0.25  # of one core that painting may take
FOOT = 9.0
"""Pixels between lanes and time axis: Qt would paint the axis with every frame that touches it."""


class TracesView(QWidget):
    """Shows a `Source` at its own rate, at most 60 frames a second, never while hidden."""

    filter_wanted = Signal(bool)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.lanes: Lanes | None = None
        self.frame_ms = 0.0
        self.marks = Marks()
        # Tells the lab time since the recording began, where it goes on by itself.
        self.now_s: Callable[[], float] | None = None
        self.shown = ShownDelay()
        self._scroll = ScrollPicture(self._scroll_lines)
        self._can_filter = False
        self._swept = Swept()
        named(self, "traces", tr("Live traces of all channels"))
        self._build()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self.refresh)
        look.changed.connect(self._paint_theme)
        self._paint_theme()

    # ------------------------------------------------------------------ making

    def _build(self) -> None:
        self.controls = TracesControls()
        self.mode, self.seconds = self.controls.mode, self.controls.seconds
        self.filter, self.hold = self.controls.filter, self.controls.hold
        self.delay = self.controls.delay
        self.names = LaneNames(self.look, self.lane_rect)
        self.plot: Any = TracesPlot()
        named(self.plot, "traces_plot", tr("Live traces"))
        self.item = TracesItem(self._lines, self._paint_under)
        self.plot.addItem(self.item)
        self.plot.getViewBox().sigResized.connect(self._rebin)
        middle = QHBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addWidget(self.names)
        middle.addWidget(self.plot, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(GRID)
        outer.addWidget(self.controls)
        outer.addLayout(middle, 1)
        self.mode.currentIndexChanged.connect(self._set_mode)
        self.seconds.currentIndexChanged.connect(self._rebin)
        self.filter.toggled.connect(self._set_filter)
        self.hold.toggled.connect(self._set_hold)
        self.controls.gain.currentIndexChanged.connect(self._set_gain)

    # ------------------------------------------------------------------ what to show

    def set_source(self, source: LiveSource | None) -> None:
        """Show another recording, or none."""
        self.marks.clear()
        self.shown.clear()
        self._scroll.forget()
        if source is None:
            self.lanes = None
            self.plot.set_covered(None)
            self.item.repaint_strips([self._x_range()])
        else:
            self.lanes = Lanes(source, float(self.seconds.currentData()), self._pixels())
            self.lanes.mode = self.mode.currentData()
            if self._can_filter and self.filter.isChecked():
                self.lanes.set_filtered(True, self._pixels())
            self._set_gain()
            self._fit()
        self.names.set_lanes(self.lanes)
        self._run_timer()

    @property
    def can_analyse(self) -> bool:
        """Whether the libraries of filter and analysis have been loaded."""
        return self._can_filter

    def allow_filter(self) -> None:
        """Offer the viewing filter; called once its library has been loaded off this thread."""
        self._can_filter = True
        self.filter.setEnabled(True)
        self.filter.setChecked(True)

    def show_onsets(self, look: PullLook) -> None:
        """Mark the onsets of a pull on the lanes of their muscles."""
        if self.lanes is not None:
            self.marks.add_onsets(look, self.lanes)
            self.item.repaint_strips([self._x_range()])

    def show_levels(self, levels: dict[str, Level]) -> None:
        """Show the levels beside the lanes, in % once there is a reference."""
        if self.lanes is not None:
            for lane in self.lanes.lanes:
                level = levels.get(lane.channel.muscle or "")
                lane.percent = None if level is None else level.percent

    def show_status(self, status: dict[str, Any]) -> None:
        """Say how long samples take to the screen, as often as a recorder tells of itself.

        Beside the lanes of a device that is away no value stays; its next samples bring one.
        """
        if self.lanes is not None and self.lanes.forget(away(status)):
            self.names.refresh(self.lanes)
        self.delay.setText(self.shown.words() if status["streams"] else "")
        self.delay.setToolTip(self.shown.details())

    def show_target(self, newtons: float | None) -> None:
        """Draw the force to reach, or none."""
        if newtons != self.marks.target:
            self.marks.target = newtons
            self.item.repaint_strips([self._x_range()])

    def refresh(self) -> None:
        """Take what is new and paint it."""
        lanes = self.lanes
        if lanes is None:
            return
        began, before = time.perf_counter(), lanes.now_s
        if not lanes.poll():
            return
        if self.now_s is not None:
            painted = 1e-3 * self.item.paint_ms  # this frame will take as long as the last one
            self.shown.add(self.now_s() + painted, before, lanes.now_s)
        self.item.repaint_strips(self._swept.strips(lanes, self._x_range()))
        self.names.refresh(lanes)
        self.frame_ms = (time.perf_counter() - began) * 1e3 + self.item.paint_ms
        # A slow machine gets fewer frames a second, never a busy window.
        interval = min(SLOWEST_MS, max(FRAME_MS, round(self.frame_ms / SHARE)))
        if abs(interval - self._timer.interval()) > 0.2 * self._timer.interval():
            self._timer.setInterval(interval)

    def _lines(self, left: float, right: float) -> list[Lines]:
        """Everything to paint between two places on the x axis."""
        lanes = self.lanes
        if lanes is None:
            return []
        marks = self.marks.lines(lanes, self.look)
        if lanes.mode == "scroll":
            return marks
        return [*self._coloured((left, right), lanes.lines(left, right)), *marks]

    def _scroll_lines(self, begin: float, end: float, zero: float) -> list[Lines]:
        """Give what the scrolling picture keeps of the time between two moments."""
        if self.lanes is None:
            return []
        x = (begin - zero, end - zero)
        return self._coloured(x, self.lanes.lines_between(begin, end, zero))

    def _coloured(self, x: tuple[float, float], groups: list[LaneLines]) -> list[Lines]:
        """Traces, and under them what divides the lanes."""
        count = len(self.lanes.lanes) if self.lanes is not None else 0
        fine = self.devicePixelRatioF() >= FINE
        return [frame_lines(x, count, self.look), *signal_lines(groups, self.look, fine=fine)]

    def _paint_under(self, painter: QPainter, bounds: QRectF) -> None:
        """Show the scrolling picture, where the view scrolls."""
        if self.lanes is not None and self.lanes.mode == "scroll":
            self._scroll.paint(painter, bounds, self.lanes, self.look.colour("surface"))

    # ------------------------------------------------------------------ controls

    def _set_mode(self) -> None:
        if self.lanes is not None:
            mode: Mode = self.mode.currentData()
            self.lanes.mode = mode
            self._scroll.forget()
            self._fit()

    def _set_filter(self, on: bool) -> None:
        if self.lanes is not None and self._can_filter:
            self.lanes.set_filtered(on, self._pixels())

    def _set_gain(self) -> None:
        if self.lanes is not None:
            for lane in self.lanes.lanes:
                lane.scale.gain = float(self.controls.gain.currentData())
            self.item.repaint_strips([self._x_range()])
            self.names.update()

    def _set_hold(self, on: bool) -> None:
        if self.lanes is not None:
            for lane in self.lanes.lanes:
                lane.scale.held = on

    def _rebin(self) -> None:
        if self.lanes is not None:
            self.lanes.rebin(float(self.seconds.currentData()), self._pixels())
            self._fit()

    def _pixels(self) -> int:
        """Width of the traces in device pixels, a little more to leave no comb."""
        width = max(200.0, self.plot.getViewBox().width())
        return int(width * self.devicePixelRatioF() * 1.05)

    def _x_range(self) -> tuple[float, float]:
        seconds = float(self.seconds.currentData())
        return (0.0, seconds) if self.mode.currentData() == "sweep" else (-seconds, 0.0)

    def _fit(self) -> None:
        count = max(1, len(self.lanes.lanes)) if self.lanes is not None else 1
        x = self._x_range()
        self.item.set_bounds(x, count)
        height = self.plot.getViewBox().height()
        below = count * FOOT / max(1.0, height - FOOT)
        self.plot.setRange(xRange=x, yRange=(0, count + below), padding=0, disableAutoRange=True)
        scrolls = self.lanes is not None and self.lanes.mode == "scroll"
        self.plot.set_covered(self._lanes_in_scene() if scrolls else None)

    def _lanes_in_scene(self) -> QRectF:
        box: QRectF = self.plot.getViewBox().sceneBoundingRect()
        return box.adjusted(0, 0, 0, -FOOT)

    def lane_rect(self) -> QRectF:
        """Where the lanes lie, in coordinates of this widget's plot."""
        scene = self._lanes_in_scene()
        return QRectF(QPointF(self.plot.mapFromScene(scene.topLeft())), scene.size())

    # ------------------------------------------------------------------ theme and visibility

    def _paint_theme(self) -> None:
        look = self.look
        self.plot.setBackground(look.colours.surface)
        axis = self.plot.getAxis("bottom")
        axis.setPen(QPen(look.colour("border")))
        axis.setTextPen(QPen(look.colour("faint")))
        axis.setTickFont(look.font(12))
        axis.setStyle(tickTextOffset=4)
        axis.setHeight(look.px(26))
        self.names.setFixedWidth(look.px(WIDTH))
        self.names.update()
        if self.lanes is not None:
            self.item.repaint_strips([self._x_range()])

    def _run_timer(self) -> None:
        if self.lanes is not None and self.isVisible():
            self._timer.start()
        else:
            self._timer.stop()

    def showEvent(self, event: QShowEvent) -> None:
        """Start painting."""
        super().showEvent(event)
        self._rebin()
        self._run_timer()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop painting: a hidden page costs nothing."""
        super().hideEvent(event)
        self._timer.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the names beside their lanes."""
        super().resizeEvent(event)
        self.names.update()
