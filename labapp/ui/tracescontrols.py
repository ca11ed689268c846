"""The few controls for looking at live traces; none of them changes what is recorded."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QWidget

from labapp.ui.parts import label, named
from labapp.ui.theme import GRID

WINDOWS_S = (2, 5, 10, 20)


class TracesControls(QWidget):
    """Way of drawing, width, viewing filter, held scales, and the age of what is shown."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "traces_controls", "Controls of the live traces")
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
        self.delay.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.delay.setToolTip("Age of the newest sample on the screen, milliseconds of lab time")
        bar = QHBoxLayout(self)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.setSpacing(GRID)
        for widget in (self.mode, self.seconds, self.filter, self.hold):
            bar.addWidget(widget)
        bar.addWidget(self.delay, 1)
