"""Live traces of all channels, with their names, scales and the few controls for looking."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from labapp import palette
from labapp.ui.lanes import ERASE, Lane, Lanes, Mode, Source
from labapp.ui.look import Look
from labapp.ui.parts import label, named
from labapp.ui.theme import GRID
from labapp.ui.tracesitem import Lines, TracesItem
from labapp.ui.words import muscle_short

FRAME_MS = 16
SLOWEST_MS = 100
SHARE = 0.25  # of one core that painting may take
WINDOWS_S = (2, 5, 10, 20)


class TracesView(QWidget):
    """Shows a `Source` at its own rate, at most 60 frames a second, never while hidden."""

    filter_wanted = Signal(bool)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.lanes: Lanes | None = None
        self.frame_ms = 0.0
        self._events: list[tuple[float, str]] = []
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
        self.mode = QComboBox()
        self.mode.addItem("Sweep", "sweep")
        self.mode.addItem("Scroll", "scroll")
        named(
            self.mode,
            "traces_mode",
            "Way of drawing",
            "Sweep: old traces stand still until they are overwritten.\n"
            "Scroll: the newest sample is always at the right.",
        )
        self.seconds = QComboBox()
        for seconds in WINDOWS_S:
            self.seconds.addItem(f"{seconds} s", seconds)
        self.seconds.setCurrentIndex(WINDOWS_S.index(10))
        named(self.seconds, "traces_seconds", "Seconds shown", "Width of the view, seconds")
        self.filter = QCheckBox("Filter 20–450 Hz")
        named(
            self.filter,
            "traces_filter",
            "Band-pass for viewing",
            "Band-pass 20 to 450 Hz (causal, 2nd order) for looking only;\n"
            "what is stored and analysed stays as it came.",
        )
        self.filter.setEnabled(False)
        self.hold = QCheckBox("Hold scales")
        named(
            self.hold,
            "traces_hold",
            "Hold the vertical scales",
            "Keeps every vertical scale as it is now.\n"
            "Otherwise they grow at once and shrink after 6 s of small signals.",
        )
        self.delay = label("", "faint", name="traces_delay")
        self.delay.setToolTip("Age of the newest sample on the screen, milliseconds of lab time")
        bar = QHBoxLayout()
        bar.setContentsMargins(0, 0, 0, 0)
        bar.setSpacing(GRID)
        for widget in (self.mode, self.seconds, self.filter, self.hold):
            bar.addWidget(widget)
        bar.addStretch(1)
        bar.addWidget(self.delay)
        self.names = _LaneNames(self)
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
        self.item = TracesItem()
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
        outer.addLayout(bar)
        outer.addLayout(middle, 1)
        self.mode.currentIndexChanged.connect(self._set_mode)
        self.seconds.currentIndexChanged.connect(self._rebin)
        self.filter.toggled.connect(self._set_filter)
        self.hold.toggled.connect(self._set_hold)

    # ------------------------------------------------------------------ what to show

    def set_source(self, source: Source | None) -> None:
        """Show another recording, or none."""
        self._events.clear()
        if source is None:
            self.lanes = None
            self.item.show_lines((), [self._x_range()])
        else:
            self.lanes = Lanes(source, float(self.seconds.currentData()), self._pixels())
            self.lanes.mode = self.mode.currentData()
            if self._can_filter and self.filter.isChecked():
                self.lanes.set_filtered(True, self._pixels())
            self._fit()
        self.names.update()
        self._run_timer()

    def allow_filter(self) -> None:
        """Offer the viewing filter; called once its library has been loaded off this thread."""
        self._can_filter = True
        self.filter.setEnabled(True)
        self.filter.setChecked(True)

    def add_event(self, time_s: float, kind: str) -> None:
        """Show a moment (cue, marker, reject) as a line across the lanes; lab seconds."""
        self._events = [*self._events[-49:], (time_s, kind)]

    def refresh(self) -> None:
        """Take what is new and paint it."""
        lanes = self.lanes
        if lanes is None:
            return
        began = time.perf_counter()
        if not lanes.poll():
            return
        lines = self._lines(lanes)
        self.item.show_lines(lines, self._strips(lanes))
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

    def _lines(self, lanes: Lanes) -> tuple[Lines, ...]:
        dark = self.look.colours.dark
        red, amber = self.look.colour("red"), self.look.colour("amber")
        fine = self.devicePixelRatioF() >= 1.5
        out = [self._frame_lines(lanes)]
        for group in lanes.lines():
            code = group.lane.channel.muscle or ""
            # Bars of many bins stay one device pixel wide; the few lines of a slow one need not.
            wide = 2.0 if fine and group.lane.channel.kind == "force" else 0.0
            out.append(Lines(QColor(palette.colour(code, dark=dark)), group.signal, wide))
            if len(group.lost):
                out.append(Lines(red, group.lost, 3.0))
            if len(group.clipped):
                out.append(Lines(amber, group.clipped, 2.0))
        out += self._event_lines(lanes)
        return tuple(out)

    def _frame_lines(self, lanes: Lanes) -> Lines:
        left, right = self._x_range()
        edges = np.arange(1, len(lanes.lanes), dtype=float)
        rows = np.empty((len(edges), 4))
        rows[:, 0], rows[:, 2] = left, right
        rows[:, 1] = rows[:, 3] = edges
        return Lines(self.look.colour("border"), rows)

    def _event_lines(self, lanes: Lanes) -> list[Lines]:
        now, count = lanes.now_s, float(len(lanes.lanes))
        groups: dict[str, list[tuple[float, float, float, float]]] = {}
        for at, kind in self._events:
            age = now - at
            if 0 <= age < lanes.seconds * 0.97:
                x = at % lanes.seconds if lanes.mode == "sweep" else -age
                ink = {"cue": "accent", "reject": "red", "stop": "red"}.get(kind, "faint")
                groups.setdefault(ink, []).append((x, 0.0, x, count))
        out = [Lines(self.look.colour(ink, 200), np.array(rows)) for ink, rows in groups.items()]
        if lanes.mode == "sweep":
            x = now % lanes.seconds
            out.append(Lines(self.look.colour("soft"), np.array([(x, 0.0, x, count)])))
        return out

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
        self.names.setFixedWidth(look.px(136))
        self.names.update()
        if self.lanes is not None:
            self.item.show_lines(self._lines(self.lanes), [self._x_range()])

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


class _LaneNames(QWidget):
    """Names, scales and values to the left of the lanes; painted, so that they never jump."""

    def __init__(self, view: TracesView) -> None:
        super().__init__(view)
        self._view = view
        self._shown = 0.0
        named(self, "traces_names", "Channel names, scales and values")

    def refresh(self, lanes: Lanes) -> None:
        """Repaint at most five times a second: digits that flicker cannot be read."""
        now = time.perf_counter()
        if now - self._shown > 0.2:
            self._shown = now
            self.setAccessibleDescription(
                "; ".join(f"{muscle_short(_code(x))} {value_text(x)}" for x in lanes.lanes)
            )
            self.update()

    def sizeHint(self) -> QSize:
        """As wide as the longest name and value."""
        return QSize(self._view.look.px(136), 100)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the names."""
        lanes = self._view.lanes
        if lanes is None or not lanes.lanes:
            return
        look = self._view.look
        painter = QPainter(self)
        area = self._view.lane_rect()
        height = area.height() / len(lanes.lanes)
        for index, lane in enumerate(lanes.lanes):
            self._paint_lane(painter, look, lane, area.top() + index * height, height)
        painter.end()

    def _paint_lane(
        self, painter: QPainter, look: Look, lane: Lane, top: float, height: float
    ) -> None:
        code = _code(lane)
        width = self.width() - look.px(12)
        ink = QColor(palette.colour(lane.channel.muscle or "", dark=look.colours.dark))
        pen = QPen(ink, look.px(3))
        if palette.line(code) == "dashed":
            pen.setDashPattern([1.5, 1.2])
        painter.setPen(pen)
        inset = min(look.px(6), height * 0.12)
        painter.drawLine(QPointF(2, top + inset), QPointF(2, top + height - inset))
        line = look.px(18)
        lines = [
            (look.font(14, bold=True), look.colour("text"), muscle_short(code)),
            (look.font(14), look.colour("soft"), value_text(lane)),
            (look.font(12), look.colour("faint"), f"{lane.channel.name} · {scale_text(lane)}"),
        ]
        shown = max(1, min(len(lines), int(height // line)))
        y = top + max(0.0, (height - shown * line) / 2)
        for font, colour, text in lines[:shown]:
            painter.setFont(font)
            painter.setPen(colour)
            where = QRectF(look.px(12), y, width, line)
            painter.drawText(where, int(Qt.AlignmentFlag.AlignVCenter), text)
            y += line


def _seconds(values: list[float], scale: float, spacing: float) -> list[str]:
    """Tick labels of the time axis, with their unit and a true minus."""
    return [f"{value:g} s".replace("-", "\u2212") for value in values]


def _code(lane: Lane) -> str:
    return lane.channel.muscle or f"{lane.channel.name}, no muscle"


def value_text(lane: Lane) -> str:
    """Largest EMG of the last quarter second, or the newest force, with its unit."""
    if np.isnan(lane.value):
        return "no data"
    if lane.channel.kind == "emg":
        return f"{lane.value * 1e6:.0f} µV"
    return f"{lane.value:.0f} {lane.channel.unit}"


def scale_text(lane: Lane) -> str:
    """Height of the lane in physical units."""
    limit = lane.scale.limit
    if lane.channel.kind == "emg":
        return f"±{limit * 1e3:g} mV" if limit >= 1e-3 else f"±{limit * 1e6:g} µV"
    return f"{limit:g} {lane.channel.unit}"
