"""The top bar: where am I, is it being saved, how are the devices."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from labapp.translate import tr
from labapp.ui.flow import FlowLayout
from labapp.ui.look import Look
from labapp.ui.numbers import clock, number, size
from labapp.ui.parts import Level, button, clear, label, named, row, set_level, set_role
from labapp.ui.theme import GRID
from labapp.workflow.saving import Saving, saving


class Light(QWidget):
    """A dot: filled red while bytes reach the disk, hollow otherwise; a red sign where they fail.

    The sign is a triangle with an exclamation mark: its shape tells it from the dot.
    """

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.on = False
        self.alarm = False
        named(self, "light", tr("Recording light"))
        self._resize()
        look.changed.connect(self._resize)

    def set_on(self, on: bool, *, alarm: bool = False) -> None:
        """Show whether bytes were written in the last second, or should have been (``alarm``)."""
        if (on, alarm) != (self.on, self.alarm):
            self.on, self.alarm = on, alarm
            self._resize()

    def _resize(self) -> None:
        side = self.look.px(20 if self.alarm else 14)
        self.setFixedSize(QSize(side, side))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the dot, or the sign."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.alarm:
            self._draw_sign(painter)
            painter.end()
            return
        ink = self.look.colour("red" if self.on else "faint")
        pen = painter.pen()
        pen.setColor(ink)
        pen.setWidthF(self.look.px(2))
        painter.setPen(pen)
        painter.setBrush(ink if self.on else Qt.BrushStyle.NoBrush)
        inset = self.look.px(2)
        painter.drawEllipse(self.rect().adjusted(inset, inset, -inset, -inset))
        painter.end()

    def _draw_sign(self, painter: QPainter) -> None:
        one = self.width() / 20
        ink, paper = self.look.colour("red"), self.look.colour("surface")
        painter.setPen(QPen(ink, 2 * one, j=Qt.PenJoinStyle.RoundJoin))
        painter.setBrush(ink)
        corners = ((10, 2), (18.5, 17.5), (1.5, 17.5))
        painter.drawPolygon(QPolygonF([QPointF(x * one, y * one) for x, y in corners]))
        painter.setPen(QPen(paper, 2.2 * one, c=Qt.PenCapStyle.RoundCap))
        painter.drawLine(QPointF(10 * one, 7.5 * one), QPointF(10 * one, 11.5 * one))
        painter.drawPoint(QPointF(10 * one, 15.2 * one))


class Crumb(QLabel):
    """Where we are, on one line; where there is no room for all of it, its end.

    It takes all the room that is left, so that new words are whole before any layout is done anew.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def fitted(self) -> str:
        """Give what there is room for."""
        return self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideLeft, self.contentsRect().width()
        )

    def minimumSizeHint(self) -> QSize:
        """Be content with little room."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what there is room for."""
        fit = self.fitted()
        if fit == self.text():
            super().paintEvent(event)
            return
        painter = QPainter(self)
        where, ink = int(Qt.AlignmentFlag.AlignVCenter), self.foregroundRole()
        self.style().drawItemText(painter, self.rect(), where, self.palette(), True, fit, ink)
        painter.end()


class TopBar(QFrame):
    """Breadcrumb, recording light tied to bytes on disk, one chip a device."""

    device_clicked = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        named(self, "topbar", tr("State"))
        self.crumb = Crumb()
        self.crumb.setTextFormat(Qt.TextFormat.PlainText)
        self.crumb.setProperty("role", "crumb")
        named(self.crumb, "breadcrumb")
        self.light = Light(look)
        self.saving: QLabel = label(tr("not recording"), "soft", name="saving")
        self.saving.setToolTip(tr("Bytes by which the recording's file grew in the last second"))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        outer.setSpacing(6)
        line = row(self.crumb, self.light, self.saving)
        outer.addLayout(line)
        self.chips = FlowLayout(GRID)
        holder = QWidget()
        named(holder, "device_chips", tr("Devices"))
        holder.setLayout(self.chips)
        self.holder = holder
        holder.hide()
        outer.addWidget(holder)
        self._chips: dict[str, QPushButton] = {}

    def set_crumb(self, text: str, tip: str) -> None:
        """Where we are; ``tip`` is the path of the study folder."""
        self.crumb.setText(text)
        self.crumb.setToolTip(tr("Study folder: {tip}", tip=tip))
        self.crumb.setAccessibleName(text)

    def show_status(self, status: dict[str, Any] | None, drivers: dict[str, str]) -> None:
        """Show the recorder's state; None while nothing records."""
        if status is None:
            self._show_saving(tr("not recording"))
            clear(self.chips)
            self._chips = {}
            self.holder.hide()
            return
        rate = int(status["bytes_last_second"])
        elapsed = (int(status["now_ns"]) - int(status["origin_ns"])) / 1e9
        now = saving(status)
        words = {
            "saved": tr(
                "REC {elapsed} · {size}/s on disk{room}",
                elapsed=clock(elapsed),
                size=size(rate),
                room=_room(status),
            ),
            "waiting": tr("{elapsed} · waiting for the first data", elapsed=clock(elapsed)),
            "ending": tr("{elapsed} · ending the recording", elapsed=clock(elapsed)),
            "stopped": tr("{elapsed} · nothing reaches the disk", elapsed=clock(elapsed)),
        }
        self._show_saving(words[now], now)
        for name, stream in status["streams"].items():
            if name not in self._chips:
                self._chips[name] = self._chip(name)
            self._show_stream(self._chips[name], name, stream, drivers.get(name, ""))
        self.holder.show()

    def _show_saving(self, words: str, now: Saving | None = None) -> None:
        alarm = now == "stopped"
        self.light.set_on(now == "saved", alarm=alarm)
        self.saving.setText(words)
        self.saving.setAccessibleName(words)
        set_role(self.saving, "chip" if alarm else "soft")
        set_level(self.saving, "bad" if alarm else "")
        self.light.setAccessibleDescription(words)

    def _chip(self, name: str) -> QPushButton:
        one = button("", f"chip_{name}", "", role="chip")
        one.clicked.connect(lambda _=False: self.device_clicked.emit(name))
        self.chips.addWidget(one)
        return one

    def _show_stream(
        self, one: QPushButton, name: str, stream: dict[str, Any], driver: str
    ) -> None:
        lost, state = int(stream["lost"]), str(stream["state"])
        rate = stream.get("rate_hz")
        level, dot = stream_level(stream)
        parts = [f"{dot} {name}"]
        if state == "open":
            parts.append(f"{rate:.0f} Hz" if rate else tr("no rate yet"))
            parts.append(tr("{lost} lost", lost=number(lost)))
        else:
            parts.append(tr(state))
        one.setText("  ".join(parts))
        set_level(one, level)
        one.setAccessibleName(" ".join(parts[1:]) + tr(", device {name}", name=name))
        one.setToolTip(stream_details(name, stream, driver))


def _room(status: dict[str, Any]) -> str:
    """How long the disk will do, where that is less than a day."""
    left = status.get("disk_left_s")
    if left is None or left > 86_400:
        return ""
    return tr(" · room for {left}", left=clock(left))


def stream_level(stream: dict[str, Any]) -> tuple[Level, str]:
    """Tint and dot of a device: red only while data are being lost."""
    state = str(stream["state"])
    if state in {"lost", "silent"} or stream.get("driver_fault"):
        return "bad", "◌"
    if state != "open":
        return "grey", "◌"
    sent = int(stream["samples"]) + int(stream["lost"])
    unsure = stream.get("timing", {}).get("state") == "suspect"
    if unsure or int(stream["lost"]) > 0.001 * max(1, sent):
        return "warn", "◉"
    return "good", "◉"


def stream_details(name: str, stream: dict[str, Any], driver: str) -> str:
    """Return the account of a device, one fact a line."""
    lines = [f"{name}: {driver}" if driver else name]
    lines.append(tr("state: {state}", state=tr(str(stream["state"]))))
    rate = stream.get("rate_hz")
    if rate:
        lines.append(tr("rate: {rate:.2f} Hz", rate=rate))
    lines += _timing_lines(stream.get("timing", {}), stream.get("port", {}))
    lines.append(tr("samples received: {samples}", samples=number(int(stream["samples"]))))
    lines.append(tr("samples lost: {lost}", lost=number(int(stream["lost"]))))
    lines.append(
        tr("bytes that were no data: {junk_bytes}", junk_bytes=number(int(stream["junk_bytes"])))
    )
    if stream.get("device_text"):
        lines.append(tr("device says: {device_text}", device_text=stream["device_text"]))
    return "\n".join(lines)


def _timing_lines(timing: dict[str, Any], port: dict[str, Any]) -> list[str]:
    """Return how well the device's clock is known, in plain words."""
    lines = []
    state = timing.get("state")
    if state == "converging":
        lines.append(tr("clock: being learnt (takes 5 s)"))
    elif state is not None and timing.get("drift_ppm") is not None:
        speed = tr("fast") if timing["drift_ppm"] >= 0 else tr("slow")
        sure = tr("sure to") if state == "locked" else tr("unsure, about")
        lines.append(
            tr(
                "clock: {drift_ppm:.0f} millionths {speed}; times {sure} {spread_ms:.1f} ms",
                drift_ppm=abs(timing["drift_ppm"]),
                speed=speed,
                sure=sure,
                spread_ms=timing["spread_ms"],
            )
        )
        lines.append(
            tr(
                "data arrive {late_median_ms:.1f} ms late, {late_max_ms:.0f} ms at most",
                late_median_ms=timing["late_median_ms"],
                late_max_ms=timing["late_max_ms"],
            )
        )
    if timing.get("beat_ms"):
        lines.append(
            tr("times may be off by {beat_ms:.1f} ms without showing it", beat_ms=timing["beat_ms"])
        )
    if port.get("latency_timer_ms") is not None:
        lines.append(
            tr(
                "latency timer of the USB chip: {latency_timer_ms} ms",
                latency_timer_ms=port["latency_timer_ms"],
            )
        )
    return lines
