"""What the last pull showed, and the ratio right now: a light, a sentence, a gauge."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QVBoxLayout, QWidget

from labapp import palette
from labapp.translate import tr
from labapp.ui.glossary import explained
from labapp.ui.guides import ratio_share
from labapp.ui.look import Look
from labapp.ui.parts import label, named, row
from labapp.ui.theme import GRID
from labapp.ui.words import muscle_short, pair_sentence, pair_short, ratio_short, readable
from labapp.workflow.spoken import spoken

if TYPE_CHECKING:
    from labapp.workflow.live_levels import Level
    from labapp.workflow.live_pull import PullLook

ACTIVE_PERCENT = 5.0
"""Below this activation of either muscle a ratio says nothing."""


def look_words(look: PullLook) -> str:
    """One sentence about a pull: ``"RM right 21 ms before UT right (±12)"``."""
    if look.told is None:
        if not look.reasons:
            return tr("Cannot tell")
        return tr("Cannot tell: {reason}", reason=readable(spoken(look.reasons[0])))
    lag = look.lags[look.told]
    half = f"±{(lag.high - lag.low) / 2 * 1e3:.0f}"
    pair = f"{look.asked}-{look.told}"
    if look.light == "close":
        number = f"{lag.lag * 1e3:+.0f}".replace("-", "\u2212").replace("+0", "0")
        return tr(
            "Too close to tell: {pair} {ms} ms ({half})",
            pair=pair_short(pair), ms=number, half=half,
        )  # fmt: skip
    return f"{pair_sentence(pair, lag.lag * 1e3)} ({half})"


def ratios_now(levels: dict[str, Level]) -> list[tuple[str, float | None]]:
    """Ratio of the asked muscle to each other one; None where either is nearly at rest.

    NaN where a device is away.
    """
    percent = {m: level.percent for m, level in levels.items() if level.percent is not None}
    if len(percent) < 2:
        return []
    from labapp.analysis.question import the_question

    question = the_question(list(percent))
    rows: list[tuple[str, float | None]] = []
    for other in question.others:
        a, b = percent[question.muscle], percent[other]
        active = math.isnan(a + b) or min(a, b) >= ACTIVE_PERCENT
        rows.append((f"{question.muscle}:{other}", a / b if active else None))
    return rows


class OrderLight(QWidget):
    """A lamp in the colour of the muscle that came first; grey where it is too close to tell."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self._ink: str | None = None
        named(self, "order_light", tr("Order of the last pull"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        look.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """As high as a line of text."""
        return QSize(self.look.px(20), self.look.px(20))

    def show_muscle(self, code: str | None) -> None:
        """Light up for a muscle, or go grey."""
        self._ink = code
        self.setAccessibleDescription(muscle_short(code) if code else tr("grey"))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the lamp."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look = self.look
        centre = QPointF(self.width() / 2, self.height() / 2)
        radius = look.px(7)
        if self._ink is None:
            painter.setPen(QPen(look.colour("faint"), look.px(2)))
            painter.drawEllipse(centre, radius - 1, radius - 1)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(palette.colour(self._ink, dark=look.colours.dark)))
            painter.drawEllipse(centre, radius, radius)
        painter.end()


class RatioGauge(QWidget):
    """One row a pair: activation of the asked muscle over the other's, on a log scale."""

    ROW = 22

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.rows: list[tuple[str, float | None]] = []
        named(
            self,
            "ratio_gauge",
            tr("Ratio of activations now"),
            tr(
                "Activation now in % of each muscle's own reference, divided; last 0.25 s.\n"
                "The mark in the middle is 1, the ends are 0.25 and 4. For looking only."
            ),
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        look.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """Its rows."""
        return QSize(self.look.px(240), self.look.px(self.ROW) * len(self.rows))

    def show_rows(self, rows: list[tuple[str, float | None]]) -> None:
        """Show other ratios; None where a muscle is not active."""
        if len(rows) != len(self.rows):
            self.updateGeometry()
        self.rows = rows
        self.setAccessibleDescription("; ".join(f"{k} {_ratio_text(v)}" for k, v in rows))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw name, scale, mark and number of every row."""
        look = self.look
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(look.font(12))
        height = look.px(self.ROW)
        words = (tr("at rest"), tr("no data"))
        widest = max(painter.fontMetrics().horizontalAdvance(one) for one in words)
        wide = max(look.px(42), widest + 2)
        left, right = look.px(104), self.width() - look.px(10) - wide
        for index, (name, ratio) in enumerate(self.rows):
            top = index * height
            middle = top + height / 2
            painter.setPen(look.colour("soft"))
            sides = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
            painter.drawText(QRectF(0, top, left, height), sides, ratio_short(name))
            painter.drawText(
                QRectF(right + look.px(10), top, wide, height), sides, _ratio_text(ratio)
            )
            painter.setPen(QPen(look.colour("border"), look.px(2)))
            painter.drawLine(QPointF(left, middle), QPointF(right, middle))
            one = (left + right) / 2
            painter.setPen(QPen(look.colour("faint"), look.px(2)))
            painter.drawLine(QPointF(one, middle - look.px(5)), QPointF(one, middle + look.px(5)))
            if ratio is not None and not math.isnan(ratio):
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(look.colour("accent"))
                x = one + ratio_share(ratio) * (right - left) / 2
                painter.drawEllipse(QPointF(x, middle), look.px(6), look.px(6))
        painter.end()


class Feedback(QWidget):
    """Light, sentence and gauge, with the switch that hides them from a curious eye."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        named(self, "feedback", tr("What the last pull showed"))
        self.shown = QCheckBox(tr("Show who came first"))
        named(
            self.shown,
            "order_shown",
            tr("Show who came first"),
            tr("Off: nobody at the screen learns the order before the session is analysed."),
        )
        self.shown.setChecked(True)
        self.shown.toggled.connect(self._show_parts)
        self.light = OrderLight(look)
        self.text = label("", name="order_text", wrap=True)
        self.gauge = RatioGauge(look)
        self._any = False
        self._aside = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        beside = row(self.light, self.text)
        beside.setStretch(1, 1)
        beside.setAlignment(self.light, Qt.AlignmentFlag.AlignTop)
        column.addLayout(beside)
        column.addWidget(self.gauge)
        column.addWidget(self.shown)
        self.clear()

    def clear(self) -> None:
        """Begin without a pull."""
        self._any = self._aside = False
        self.gauge.show_rows([])
        self._show_parts()

    def step_aside(self, on: bool) -> None:
        """Give the room to the bars that the participant follows."""
        if on != self._aside:
            self._aside = on
            self._show_parts()

    def show_look(self, look: PullLook) -> None:
        """Say what a pull showed."""
        first = {"first": look.asked, "later": look.told}.get(look.light)
        self.light.show_muscle(first)
        self.text.setText(look_words(look))
        lines = [
            tr(
                "{pair}: {ms:.0f} ms ({low:.0f} to {high:.0f})",
                pair=pair_short(f"{look.asked}-{other}"),
                ms=lag.lag * 1e3,
                low=lag.low * 1e3,
                high=lag.high * 1e3,
            )
            for other, lag in look.lags.items()
            if lag.state == "ok"
        ]
        self.text.setToolTip(
            "\n".join(
                [tr("One pull with its 95 % interval; the verdict comes from all pulls."), *lines,
                 *map(spoken, look.reasons), explained(*look.reasons)]
            ).strip().replace("-", "\u2212")
        )  # fmt: skip
        self._any = True
        self._show_parts()

    def leave_out(self) -> None:
        """Say that the last pull does not count."""
        if self._any:
            self.light.show_muscle(None)
            self.text.setText(tr("The last pull is left out."))
            self.text.setToolTip("")

    def show_levels(self, levels: dict[str, Level]) -> None:
        """Move the gauge; it appears with the first reference contraction."""
        self.gauge.show_rows(ratios_now(levels))
        self._show_parts()

    def _show_parts(self) -> None:
        on = self.shown.isChecked()
        self.light.setVisible(self._any and on)
        self.text.setVisible(self._any and on)
        self.gauge.setVisible(bool(self.gauge.rows))
        self.setVisible((self._any or bool(self.gauge.rows)) and not self._aside)


def _ratio_text(ratio: float | None) -> str:
    if ratio is None:
        return tr("at rest")
    if math.isnan(ratio):
        return tr("no data")
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"
