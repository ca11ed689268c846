"""One channel of the signal check: a light for each kind of fault, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QGridLayout, QWidget

from labapp.translate import phrase, tr
from labapp.ui.look import Look
from labapp.ui.parts import Level, chip, label, named
from labapp.ui.theme import GRID
from labapp.ui.words import muscle_short
from labapp.workflow.spoken import spoken

if TYPE_CHECKING:
    from labapp.workflow.signal_check import ChannelCheck

KINDS = (
    ("noise", phrase("Noise"), phrase("Noise at rest, 20 to 450 Hz, µV")),
    ("line", phrase("Hum"), phrase("Share of mains hum in the rest noise, %")),
    ("motion", phrase("Motion"), phrase("Power below 20 Hz in the pull, %: cables that move")),
    ("clipping", phrase("Clipping"), phrase("Samples at the end of the converter's range, %")),
    ("flat", phrase("Contact"), phrase("Longest stretch that stands still, ms: electrode off")),
    ("heard", phrase("Signal"), phrase("By how much a light pull rises over rest, dB")),
    ("ecg", phrase("Heart"), phrase("Heart beats against the rest noise, times")),
    ("loss", phrase("Loss"), phrase("Samples lost on the way, %")),
)
"""Checks in the order of their lights: name in the check, word, and what it measures."""
UNITS = {"noise": "µV", "line": "%", "motion": "%", "clipping": "%", "flat": "ms", "heard": "dB",
         "ecg": "×", "loss": "%"}  # fmt: skip
WORDS = {"good": phrase("good"), "warn": phrase("doubtful"), "bad": phrase("mend")}


def value_words(check: str, value: float) -> str:
    """Return the number of a light with its unit, short; a dash where there is none."""
    if value != value:
        return "–"
    few = check in ("clipping", "loss") and 0 < value < 1
    digits = 1 if check in ("noise", "ecg") else 2 if few else 0
    return f"{value:.{digits}f} {UNITS[check]}"


class ChannelLights(QWidget):
    """Head: the channel and its worst light. Then a light for each check, then the sentences."""

    def __init__(self, look: Look, one: ChannelCheck) -> None:
        super().__init__()
        name = f"check_{one.muscle}"
        poor = [spoken(f.text) for f in one.findings if f.level != "good"]
        sentences = "; ".join(poor) if poor else tr("all checks passed")
        word = tr(WORDS[one.level])
        named(self, name, f"{word}: {muscle_short(one.muscle)}: {sentences}",
              "\n".join(spoken(f.text) for f in one.findings))  # fmt: skip
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, GRID)
        grid.setHorizontalSpacing(GRID // 2)
        grid.setVerticalSpacing(GRID // 2)
        mark = chip(word, cast("Level", one.level), f"{name}_word")
        mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        ink = QFontMetrics(look.font(14))
        widest = max(ink.horizontalAdvance(tr(word)) for word in WORDS.values())
        mark.setFixedWidth(max(look.px(88), widest + look.px(24)))
        lines = "\n".join(poor) if poor else sentences
        text = label(f"{muscle_short(one.muscle)}: {lines}", wrap=True, name=f"{name}_text")
        grid.addWidget(mark, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(text, 0, 1, 1, len(KINDS))
        found = {finding.check: finding for finding in one.findings}
        for column, (check, short, tip) in enumerate(KINDS, 1):
            finding = found.get(check)
            level: Level = "grey" if finding is None else finding.level
            value = "–" if finding is None else value_words(check, finding.value)
            light = chip(f"{tr(short)}\n{value}", level, f"{name}_{check}")
            light.setAlignment(Qt.AlignmentFlag.AlignCenter)
            said = tr("not looked at") if finding is None else spoken(finding.text)
            light.setAccessibleName(f"{tr(short)}: {tr(WORDS.get(level, ''))}: {said}")
            light.setToolTip(f"{tr(tip)}\n{said}")
            light.setStyleSheet(
                f"font-size: {look.px(12)}px; padding: {look.px(2)}px {look.px(4)}px;"
            )
            grid.addWidget(light, 1, column)
            grid.setColumnStretch(column, 1)
