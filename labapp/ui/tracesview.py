"""Live traces of all channels, with their names, scales and the few controls for looking."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QHideEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from labapp import palette
from labapp.ui.lanenames import WIDTH, LaneNames
from labapp.ui.lanes import ERASE, Lanes, Mode, Source
from labapp.ui.look import Look
from labapp.ui.parts import named
from labapp.ui.theme import GRID
from labapp.ui.tracescontrols import TracesControls
from labapp.ui.tracesitem import Lines, TracesItem
from labapp.ui.tracesmarks import Marks

if TYPE_CHECKING:
    from labapp.workflow.live_levels import Level
    from labapp.workflow.live_pull import PullLook

FRAME_MS = 16
SLOWEST_MS = 100
SHARE = 0.25  # of one core that painting may take


class TracesView(QWidget):
    """Shows a `Source` at its own rate, at most 60 frames a second, never while hidden."""

    filter_wanted = Signal(bool)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.lanes: Lanes | None = None
        self.frame_ms = 0.0
        self.marks = Marks()
        self._can_filter = False
        self._swept = 0.0
        self._painted: tuple[object, ...] = ()
        named(self, "traces", "Live traces of all channels")
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
        self.plot: Any = pg.PlotWidget()
        named(self.plot, "traces_plot", "Live traces")
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.hideAxis("left")
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.invertY(True)
        self.plot.getViewBox().setDefaultPadding(0)
        self.plot.setLabel("bottom", "")
        self.plot.getAxis("bottom").tickStrings = _seconds
        self.item = TracesItem(self._lines)
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

    # ------------------------------------------------------------------ what to show

    def set_source(self, source: Source | None) -> None:
        """Show another recording, or none."""
        self.marks.clear()
        if source is None:
            self.lanes = None
            self.item.repaint_strips([self._x_range()])
        else:
            self.lanes = Lanes(source, float(self.seconds.currentData()), self._pixels())
            self.lanes.mode = self.mode.currentData()
            if self._can_filter and self.filter.isChecked():
                self.lanes.set_filtered(True, self._pixels())
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

    def show_age(self, status: dict[str, Any]) -> None:
        """Say how old the newest sample on the screen is, from a recorder's status."""
        ages = [
            (status["now_ns"] - stream["newest_ns"]) / 1e6
            for stream in status["streams"].values()
            if stream.get("newest_ns")
        ]
        if ages:
            self.delay.setText(f"newest sample {max(0.0, min(ages)):.0f} ms old")

    def refresh(self) -> None:
        """Take what is new and paint it."""
        lanes = self.lanes
        if lanes is None:
            return
        began = time.perf_counter()
        if not lanes.poll():
            return
        self.item.repaint_strips(self._strips(lanes))
        self.names.refresh(lanes)
        self.frame_ms = (time.perf_counter() - began) * 1e3 + self.item.paint_ms
        # A slow machine gets fewer frames a second, never a busy window.
        interval = min(SLOWEST_MS, max(FRAME_MS, round(self.frame_ms / SHARE)))
        if abs(interval - self._timer.interval()) > 0.2 * self._timer.interval():
            self._timer.setInterval(interval)

    def _strips(self, lanes: Lanes) -> list[tuple[float, float]]:
        """Parts of the x axis that changed: everything, or in a sweep what was swept over."""
        state = (lanes.mode, lanes.seconds, tuple(lane.scale.limit for lane in lanes.lanes))
        before, self._swept = self._swept, lanes.oldest_end_s
        now = lanes.now_s
        unchanged, self._painted = state == self._painted, state
        if lanes.mode != "sweep" or not unchanged or now - before > 0.5 * lanes.seconds:
            return [self._x_range()]
        margin = 0.005 * lanes.seconds
        left = (before - margin) % lanes.seconds
        right = left + (now - before) + (ERASE * lanes.seconds) + 2 * margin
        if right <= lanes.seconds:
            return [(left, right)]
        return [(left, lanes.seconds), (0.0, right - lanes.seconds)]

    def _lines(self, left: float, right: float) -> list[Lines]:
        """Everything to paint between two places on the x axis."""
        lanes = self.lanes
        if lanes is None:
            return []
        dark = self.look.colours.dark
        red, amber = self.look.colour("red"), self.look.colour("amber")
        fine = self.devicePixelRatioF() >= 1.5
        out = [self._frame_lines(lanes)]
        for group in lanes.lines(left, right):
            code = group.lane.channel.muscle or ""
            # Bars of many bins stay one device pixel wide; the few lines of a slow one need not.
            wide = 2.0 if fine and group.lane.channel.kind == "force" else 0.0
            out.append(Lines(QColor(palette.colour(code, dark=dark)), group.signal, wide))
            if len(group.lost):
                out.append(Lines(red, group.lost, 3.0))
            if len(group.clipped):
                out.append(Lines(amber, group.clipped, 2.0))
        out += self.marks.lines(lanes, self.look)
        return out

    def _frame_lines(self, lanes: Lanes) -> Lines:
        left, right = self._x_range()
        edges = np.arange(1, len(lanes.lanes), dtype=float)
        rows = np.empty((len(edges), 4))
        rows[:, 0], rows[:, 2] = left, right
        rows[:, 1] = rows[:, 3] = edges
        return Lines(self.look.colour("border"), rows)

    # ------------------------------------------------------------------ controls

    def _set_mode(self) -> None:
        if self.lanes is not None:
            mode: Mode = self.mode.currentData()
            self.lanes.mode = mode
            self._fit()

    def _set_filter(self, on: bool) -> None:
        if self.lanes is not None and self._can_filter:
            self.lanes.set_filtered(on, self._pixels())

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
        self.plot.setRange(xRange=x, yRange=(0, count), padding=0, disableAutoRange=True)

    def lane_rect(self) -> QRectF:
        """Where the lanes lie, in coordinates of this widget's plot."""
        box = self.plot.getViewBox()
        scene = box.sceneBoundingRect()
        top = self.plot.mapFromScene(QPointF(scene.left(), scene.top()))
        return QRectF(QPointF(top), scene.size())

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


def _seconds(values: list[float], scale: float, spacing: float) -> list[str]:
    """Tick labels of the time axis, with their unit and a true minus."""
    return [f"{value:g} s".replace("-", "\u2212") for value in values]
