"""Library: the sessions of the study folder, and any session file from elsewhere."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHeaderView, QTableWidget, QTableWidgetItem, QVBoxLayout

from labapp.translate import phrase, tr
from labapp.ui.look import Look
from labapp.ui.numbers import clock
from labapp.ui.pages.page import Page
from labapp.ui.parts import Card, Level, allow, button, clear, fact, label, named, row
from labapp.ui.theme import GRID
from labapp.ui.words import VERDICTS, breakable, readable
from labapp.workflow.headline_words import headline_told
from labapp.workflow.protocol_words import listed
from labapp.workflow.spoken import spoken

if TYPE_CHECKING:
    from labapp.session.check import Finding
    from labapp.ui.sessions import Entry

_FINDING: dict[str, tuple[str, Level]] = {
    "error": (phrase("wrong"), "bad"),
    "warn": (phrase("look"), "warn"),
    "note": (phrase("note"), "grey"),
}
_COLUMNS = (
    phrase("Recorded"),
    phrase("Participant"),
    phrase("Protocol"),
    phrase("Length"),
    phrase("Verdict"),
)


class LibraryPage(Page):
    """Lists, opens, checks and recovers."""

    refresh_wanted = Signal()
    open_wanted = Signal(object)
    check_wanted = Signal(object)
    recover_wanted = Signal(object)
    attach_wanted = Signal(object)
    setup_wanted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(look, "library", tr("Library"))
        self.entries: list[Entry] = []
        self.study = Path()
        self.setAcceptDrops(True)
        self.card = Card(tr("Sessions"), "library_card")
        self.where = label("", "faint", name="library_where", wrap=True)
        self.card.column.addWidget(self.where)
        self.table = QTableWidget(0, len(_COLUMNS))
        named(
            self.table, "sessions", tr("Sessions of the study folder"), tr("Enter opens a session")
        )
        self.table.setHorizontalHeaderLabels([tr(words) for words in _COLUMNS])
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setWordWrap(True)
        self.table.setAlternatingRowColors(True)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        header.setHighlightSections(False)
        for column in range(len(_COLUMNS) - 1):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(len(_COLUMNS) - 1, QHeaderView.ResizeMode.Stretch)
        self.table.itemSelectionChanged.connect(self._selected)
        self.table.itemActivated.connect(lambda _: self._open())
        self.card.column.addWidget(self.table, 1)
        self.empty = Card(
            tr("No sessions yet"),
            "library_empty",
            tr(
                "Sessions that are recorded appear here. Record one, on the simulated lab too, or "
                "open a session file from elsewhere (or drop it here)."
            ),
        )
        self.record = button(
            tr("Set up a recording"), "library_to_setup", tr("Opens the page Set up")
        )
        self.record.clicked.connect(self.setup_wanted)
        self.empty.column.addLayout(row(self.record, None))
        self.findings = Card(tr("Check"), "findings_card")
        self.findings.title.setWordWrap(True)
        self.findings_rows = QVBoxLayout()
        self.findings_rows.setSpacing(GRID)
        self.findings.column.addLayout(self.findings_rows)
        self.findings.hide()
        self.inside.addWidget(self.empty)
        self.inside.addWidget(self.card, 1)
        self.inside.addWidget(self.findings)
        self.inside.addStretch(0)
        self.again = button(
            tr("Refresh"), "library_refresh", tr("Reads the study folder again (F5)")
        )
        self.again.setShortcut("F5")
        self.again.clicked.connect(self.refresh_wanted)
        self.browse = button(tr("Open a file…"), "open_file", tr("Opens a session file (Ctrl+O)"))
        self.browse.setShortcut("Ctrl+O")
        self.browse.clicked.connect(self._browse)
        self.check = button(
            tr("Check"),
            "check_session",
            tr("Verifies the session: structure, counts, losses, clock"),
        )
        self.check.clicked.connect(self._check)
        self.open = button(
            tr("Open"), "open_session", tr("Opens the session's result"), role="primary"
        )
        self.open.clicked.connect(self._open)
        self.add_actions(self.again, self.browse, self.check, self.open)
        look.changed.connect(self._dress)
        self.card.hide()
        self.empty.title.setText(tr("Reading the study folder"))
        self._selected()

    def entered(self) -> None:
        """Read the folder each time the page is opened."""
        self.refresh_wanted.emit()

    def set_entries(self, entries: Sequence[Entry], study: Path) -> None:
        """Show these lines."""
        kept = self.chosen()
        self.entries, self.study = list(entries), study
        self.where.setText(tr("Study folder: {name}", name=study.name))
        self.where.setToolTip(str(study))
        self.table.setRowCount(0)
        titles = {name: listed(name) for name in {entry.protocol for entry in self.entries}}
        for line, entry in enumerate(self.entries):
            self.table.insertRow(line)
            cells = (
                entry.when.strftime("%Y-%m-%d %H:%M") if entry.when else "",
                entry.participant,
                titles[entry.protocol],
                clock(entry.duration_s) if entry.duration_s else "",
                verdict_words(entry),
            )
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setToolTip(f"{entry.path}\n{_told(entry)}")
                self.table.setItem(line, column, item)
        self._dress()
        chosen = next((i for i, e in enumerate(self.entries) if kept and e.path == kept.path), 0)
        if self.entries:
            self.table.selectRow(chosen)
        self.empty.title.setText(tr("No sessions yet"))
        self.card.setVisible(bool(self.entries))
        self.empty.setVisible(not self.entries)
        self._selected()

    def _dress(self) -> None:
        """Give every line room for a verdict of three lines, and the list room for two of them."""
        self.table.setMinimumHeight(self.look.px(168))
        for line in range(self.table.rowCount()):
            self.table.setRowHeight(line, self.look.px(64))

    def chosen(self) -> Entry | None:
        """Return the selected line."""
        rows = self.table.selectionModel().selectedRows()
        return self.entries[rows[0].row()] if rows and self.entries else None

    def show_findings(self, name: str, findings: Sequence[Finding]) -> None:
        """Show what a check found in the session ``name``."""
        clear(self.findings_rows)
        poor = [finding for finding in findings if finding.level != "note"]
        words = tr("nothing wrong")
        if poor:
            words = tr("1 finding") if len(poor) == 1 else tr("{n} findings", n=len(poor))
        self.findings.title.setText(tr("Check of {name}: {words}", name=name, words=words))
        for index, finding in enumerate(findings):
            word, level = _FINDING[finding.level]
            said = spoken(finding.text).replace(f"{self.study}{os.sep}", "")
            place = "" if Path(finding.place).name == name else finding.place
            text = f"{place}: {said}" if place else said
            self.findings_rows.addWidget(fact(tr(word), level, text, f"check_{index}", text))
        if not findings:
            done = tr("Every stored byte was read back; every sample is accounted for.")
            self.findings_rows.addWidget(fact(tr("good"), "good", done, "check_0", done))
        self.findings.show()

    def _selected(self) -> None:
        entry = self.chosen()
        kind = entry.kind if entry else ""
        words, tip = {
            "running": (tr("Attach"), tr("Shows the recording that is still running")),
            "unfinished": (tr("Recover"), tr("Builds the session from what was recorded")),
        }.get(kind, (tr("Open"), tr("Opens the session's result")))
        self.open.setText(words)
        self.open.setAccessibleName(words)
        self.open.setToolTip(tip)
        self.open.setEnabled(entry is not None and kind != "unreadable")
        if entry is None:
            why = tr("Off now: no session is chosen.")
            self.open.setToolTip(f"{tip}\n{why}")
        elif kind == "unreadable":
            why = tr("Off now: this file cannot be read; Check says what is wrong with it.")
            self.open.setToolTip(f"{tip}\n{why}")
        why = tr("Off now: only a session that is finished can be checked.")
        allow(self.check, kind in {"session", "unreadable"}, why)
        words = spoken(entry.words) if entry is not None and kind != "session" else ""
        self.hint.setText(breakable(words))

    def _open(self) -> None:
        entry = self.chosen()
        if entry is None or not self.open.isEnabled():
            return
        signal = {"running": self.attach_wanted, "unfinished": self.recover_wanted}.get(
            entry.kind, self.open_wanted
        )
        signal.emit(entry.path)

    def _check(self) -> None:
        entry = self.chosen()
        if entry is not None:
            self.check_wanted.emit(entry.path)

    def _browse(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, tr("Open a session"), str(self.study), tr("Sessions (*.h5);;All files (*)")
        )
        if path:
            self.open_wanted.emit(Path(path))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the first file that is dropped."""
        for url in event.mimeData().urls():
            if url.isLocalFile():
                self.open_wanted.emit(Path(url.toLocalFile()))
                return


def verdict_words(entry: Entry) -> str:
    """Return what the library says of a file: its verdict, or why there is none."""
    if entry.kind == "running":
        return tr("recording now")
    if entry.kind == "unfinished":
        return tr("not finished")
    if entry.kind == "unreadable":
        return tr("cannot be read: {words}", words=spoken(entry.words))
    state = VERDICTS.get(entry.state, "")
    words = _told(entry)
    if entry.excluded:  # in front: a long verdict is cut off at its end
        words = f"({entry.excluded}) {words}"
    if not state or entry.words.startswith(state):
        return readable(words)
    return readable(f"{tr(state)}: {words}")


def _told(entry: Entry) -> str:
    return headline_told(entry.words, entry.names, entry.protocol)
