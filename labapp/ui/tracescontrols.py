"""The few controls for looking at live traces; none of them changes what is recorded."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from labapp.translate import tr
from labapp.ui.flow import FlowLayout
from labapp.ui.parts import label, named
from labapp.ui.theme import GRID

WINDOWS_S = (2, 5, 10, 20)
GAINS = (0.5, 1, 2, 4, 8)


class TracesControls(QWidget):
    """Way of drawing, width, viewing filter, held scales, and the age of what is shown."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "traces_controls", tr("Controls of the live traces"))
        self.mode = QComboBox()
        self.mode.addItem(tr("Sweep"), "sweep")
        self.mode.addItem(tr("Scroll"), "scroll")
        named(
            self.mode,
            "traces_mode",
            tr("Way of drawing"),
            tr(
                "Sweep: old traces stand still until they are overwritten.\n"
                "Scroll: the newest sample is always at the right."
            ),
        )
        self.seconds = QComboBox()
        for seconds in WINDOWS_S:
            self.seconds.addItem(tr("{n} s", n=seconds), seconds)
        self.seconds.setCurrentIndex(WINDOWS_S.index(10))
        named(self.seconds, "traces_seconds", tr("Seconds shown"), tr("Width of the view, seconds"))
        self.gain = QComboBox()
        for gain in GAINS:
            self.gain.addItem(f"×{gain:g}", float(gain))
        self.gain.setCurrentIndex(GAINS.index(1))
        named(
            self.gain,
            "traces_gain",
            tr("Gain for viewing"),
            tr("Enlarges every trace on the screen; what is stored stays as it came."),
        )
        self.filter = QCheckBox(tr("Filter 20–450 Hz"))
        named(
            self.filter,
            "traces_filter",
            tr("Band-pass for viewing"),
            tr(
                "Band-pass 20 to 450 Hz (causal, 2nd order) for looking only;\n"
                "what is stored and analysed stays as it came."
            ),
        )
        self.filter.setEnabled(False)
        self.hold = QCheckBox(tr("Hold scales"))
        named(
            self.hold,
            "traces_hold",
            tr("Hold the vertical scales"),
            tr(
                "Keeps every vertical scale as it is now.\n"
                "Otherwise they grow at once and shrink after 6 s of small signals."
            ),
        )
        self.delay = label("", "faint", name="traces_delay")
        line = FlowLayout(GRID, self)
        for widget in (self.mode, self.seconds, self.gain, self.filter, self.hold, self.delay):
            line.addWidget(widget)
