"""Help: keys, what the verdicts mean, what this program is not, and where its logs are."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices, QResizeEvent
from PySide6.QtWidgets import QGridLayout

import labapp
from labapp.translate import phrase, tr
from labapp.ui.glossary import TERMS
from labapp.ui.logs import log_folder
from labapp.ui.look import Look
from labapp.ui.pages.keypad import KEYS
from labapp.ui.pages.page import Page
from labapp.ui.parts import Card, button, label, row
from labapp.ui.theme import GRID
from labapp.ui.words import breakable, unbroken

NARROW = 560
"""Width, in design pixels, below which the words at the left are broken into lines."""
DISCLAIMER = phrase("Research and education software, not a medical device.")
VERDICTS = (
    (
        phrase("Order found"),
        phrase("one muscle came first beyond measurement error, by at least 10 ms"),
    ),
    (phrase("Together"), phrase("the interval lies inside ±10 ms")),
    (
        phrase("Cannot tell"),
        phrase("the interval is too wide; the page Result says how many repetitions decide"),
    ),
    (
        phrase("Not interpretable"),
        phrase("a channel or the number of repetitions does not allow an answer"),
    ),
)
ONSET_KEYS = (
    (phrase("Page up, Page down"), phrase("the pull before, the next pull")),
    (phrase("Arrows"), phrase("choose a trace; move its onset")),
    (phrase("Enter, Delete"), phrase("the onset is right as it is; this trace has no onset")),
    ("X", phrase("reject the pull, or accept it again")),
    (phrase("Ctrl+Z, Ctrl+Shift+Z"), phrase("take an edit back; edit again")),
    ("+  −", phrase("show less of the pull, larger; show more of it")),
)
WINDOW_KEYS = (
    (phrase("Ctrl+1 … Ctrl+5"), phrase("Set up, Check, Run, Result, Library")),
    (phrase("Ctrl+O"), phrase("open a session file (page Library)")),
    ("F5", phrase("read the study folder again (page Library)")),
    ("F1", phrase("this page")),
)


class HelpPage(Page):
    """Short and complete."""

    folder_failed = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__(look, "help", tr("Help"))
        keys = Card(tr("Keys"), "keys_card", tr("A presenter or a foot pedal sends the same keys."))
        rows = [
            (tr(key), tr("{action}: {effect}", action=tr(words), effect=tr(tip)))
            for key, _, words, tip in KEYS
        ]
        keys.column.addLayout(_table([*rows, *_told(WINDOW_KEYS)], "key"))
        onsets = Card(
            tr("Keys on the onsets of a pull"), "onset_keys_card", tr("On the page Result.")
        )
        onsets.column.addLayout(_table(_told(ONSET_KEYS), "onset_key"))
        meaning = Card(tr("What the verdicts mean"), "verdicts_card")
        meaning.column.addLayout(_table(_told(VERDICTS), "verdict"))
        terms = Card(tr("Words of the field"), "terms_card")
        parted = [unbroken(tr(words)).partition(": ") for _, words in TERMS]
        terms.column.addLayout(_table([(term, told) for term, _, told in parted], "term"))
        about = Card(tr("About"), "about_card")
        about.column.addWidget(label(tr(DISCLAIMER), name="disclaimer", wrap=True))
        version = f"labapp {labapp.__version__} · BSD-3-Clause"
        about.column.addWidget(label(version, "soft", name="version", wrap=True))
        where = label(
            tr("Logs: {folder}", folder=breakable(str(log_folder()))),
            "soft",
            name="log_folder",
            wrap=True,
        )
        about.column.addWidget(where)
        self.logs = button(
            tr("Open the folder of logs"), "open_logs", tr("Opens it in the file manager")
        )
        self.logs.clicked.connect(self._open_logs)
        about.column.addLayout(row(self.logs, None))
        self._cards = (keys, onsets, meaning, terms, about)
        for card in self._cards:
            card.title.setWordWrap(True)
            # A row of its own: a column would reckon with lines of the width of the window.
            beside = row(card, None)
            beside.setStretch(0, 100)
            beside.setStretch(1, 1)
            self.inside.addLayout(beside)
        self.inside.addStretch(1)
        look.changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        """Keep lines short enough to read, and what is explained in one column."""
        for card in self._cards:
            card.setMaximumWidth(self.look.px(860))
            for grid in card.column.findChildren(QGridLayout):
                wide = min(self.look.px(192), self.width() // 4)
                grid.setColumnMinimumWidth(0, wide)
                narrow = self.width() < self.look.px(NARROW)
                for index in range(0, grid.count(), 2):  # the words at the left
                    item = grid.itemAt(index)
                    if item is not None and (head := item.widget()) is not None:
                        head.setMaximumWidth(wide if narrow else self.look.px(860))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave room for the explanations in a window that is narrow for its scale."""
        super().resizeEvent(event)
        self._fit()

    def _open_logs(self) -> None:
        folder = log_folder()
        folder.mkdir(parents=True, exist_ok=True)
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self.folder_failed.emit(str(folder))


def _told(rows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(tr(left), tr(right)) for left, right in rows]


def _table(rows: Sequence[tuple[str, str]], name: str) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(3 * GRID)
    grid.setVerticalSpacing(GRID)
    grid.setColumnStretch(1, 1)
    for index, (left, right) in enumerate(rows):
        head = label(left, name=f"{name}_{index}", wrap=True)
        font = head.font()
        font.setBold(True)
        head.setFont(font)
        grid.addWidget(head, index, 0)
        grid.addWidget(label(right, "soft", name=f"{name}_{index}_text", wrap=True), index, 1)
    return grid
