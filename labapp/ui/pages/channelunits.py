"""What each channel of a stream measures: as the stream says, to be corrected where it is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent, QKeySequence, QUndoCommand, QUndoStack
from PySide6.QtWidgets import QComboBox, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from labapp.translate import phrase, tr
from labapp.ui.look import Look
from labapp.ui.pages.ports import PortsTable
from labapp.ui.parts import REDO, column, label, named, row, undo_buttons
from labapp.ui.theme import GRID
from labapp.ui.words import unit_words
from labapp.workflow.channel_units import (
    FITTING,
    ChannelUnit,
    Corrections,
    Measure,
    StreamUnits,
    first_problem,
)

MEASURES: Mapping[Measure, str] = {
    "emg": phrase("EMG"),
    "force": phrase("Force"),
    "other": phrase("Other"),
}
IN_SENTENCE: Mapping[Measure, str] = {"emg": phrase("EMG"), "force": phrase("force")}
SHOWN = 6
"""Rows that are seen at once; the rest of a long list scrolls."""
NAMED = 3
"""Channels that a sentence names one by one."""


class Correction(QUndoCommand):
    """What was corrected in a stream's description before a choice, and after it."""

    def __init__(
        self, ports: PortsTable, port: str, before: Corrections, after: Corrections
    ) -> None:
        super().__init__(tr("Correction"))
        self._ports, self._port, self._before, self._after = ports, port, before, after

    def undo(self) -> None:
        """Take the choice back."""
        self._ports.correct(self._port, self._before)

    def redo(self) -> None:
        """Make it, or make it again."""
        self._ports.correct(self._port, self._after)


class ChannelUnits(QWidget):
    """A table of the channels of all ticked streams; hidden where no stream has such channels."""

    def __init__(self, look: Look, ports: PortsTable) -> None:
        super().__init__()
        self.look, self.ports = look, ports
        self._streams: dict[str, StreamUnits] = {}
        self._shape: tuple[tuple[str, str], ...] = ()
        self._rows: list[tuple[str, ChannelUnit]] = []
        self._combos: list[tuple[QComboBox, QComboBox]] = []
        self.stack = QUndoStack(self)
        self.stack.setUndoLimit(100)
        named(self, "channel_units", tr("What the channels measure"))
        self.table = self._make_table()
        # The keys are those of the montage's card, but in the table (`eventFilter`).
        self.undo, self.redo = undo_buttons(
            self.stack, "channels", tr("Takes the last correction back")
        )
        self.problem = label("", "missing", name="channels_problem", wrap=True)
        note = label(
            tr(
                "What each stream says of its channels. Correct it where it is missing or wrong; "
                "the study remembers it."
            ),
            "faint",
            name="channels_note",
            wrap=True,
        )
        head = label(tr("What the channels measure"), "title", name="channels_title")
        inside = column(GRID, head, note, self.table, self.problem)
        inside.addLayout(row(self.undo, self.redo, None))
        self.setLayout(inside)
        look.changed.connect(self._dress)
        self.hide()

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, 4)
        named(table, "channels", tr("What the channels measure"))
        table.setHorizontalHeaderLabels(
            [tr("Channel"), tr("The stream says"), tr("Measures"), tr("Unit")]
        )
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        return table

    # ------------------------------------------------------------------ state

    def refresh(self) -> None:
        """Show the channels of the ticked streams; fields that are there already keep the focus.

        Once a stream is gone, or has other channels, nothing can be taken back any more.
        """
        self._streams = streams = self.ports.described()
        self._rows = [(port, one) for port, told in streams.items() for one in told.channels]
        shape = tuple((port, one.name) for port, one in self._rows)
        if shape != self._shape:
            if set(self._shape) - set(shape):
                self.stack.clear()
            self._shape = shape
            self._make_rows(several=len(streams) > 1)
        for at, (_, one) in enumerate(self._rows):
            self._fill(at, one)
        words = self.words()
        self.problem.setText(words)
        self.problem.setAccessibleName(words)
        self.problem.setVisible(bool(words))
        self.setVisible(bool(shape))

    def words(self) -> str:
        """Return the first thing that stands in the way of a recording; empty if nothing does."""
        for port in dict.fromkeys(port for port, _ in self._rows):
            wrong = first_problem([one for at, one in self._rows if at == port])
            if wrong:
                return _problem_words(port, wrong)
        return ""

    def _make_rows(self, *, several: bool) -> None:
        for combo in (combo for pair in self._combos for combo in pair):
            combo.removeEventFilter(self)  # the focus passes over those that go with it
        self._combos = []
        self.table.setRowCount(0)
        self.table.setRowCount(len(self._rows))
        for at, (port, one) in enumerate(self._rows):
            place = f"{port} {one.name}" if several else one.name
            for place_at, words in enumerate((place, _said(one))):
                item = QTableWidgetItem(words)
                item.setFlags(Qt.ItemFlag.ItemIsEnabled)
                item.setToolTip(f"{port} {one.name}" if place_at == 0 else words)
                self.table.setItem(at, place_at, item)
            kind, unit = QComboBox(), QComboBox()
            named(kind, f"measures_{at}", tr("What {channel} measures", channel=place))
            named(unit, f"unit_{at}", tr("Unit of {channel}", channel=place))
            kind.addItem(tr("choose…"), "")
            for code, name in MEASURES.items():
                kind.addItem(tr(name), code)
            kind.activated.connect(partial(self._choose_measure, at))
            unit.activated.connect(partial(self._choose_unit, at))
            for place_at, combo in enumerate((kind, unit)):
                combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
                combo.installEventFilter(self)
                self.table.setCellWidget(at, 2 + place_at, combo)
            self._combos.append((kind, unit))
        self._dress()

    def _fill(self, at: int, one: ChannelUnit) -> None:
        """Show kind and unit of a channel; only units that fit its kind can be chosen."""
        said = self.table.item(at, 1)
        if said is not None:
            said.setText(_said(one))
            said.setToolTip(_said(one))
        kind, unit = self._combos[at]
        kind.setCurrentIndex(kind.findData(one.measure))
        fitting = FITTING.get(one.measure) or [*FITTING["emg"], *FITTING["force"]]
        offered = [*([] if one.unit else [""]), *fitting]
        if [unit.itemData(place) for place in range(unit.count())] != offered:
            unit.clear()
            for code in offered:
                unit.addItem(unit_words(code) if code else tr("choose…"), code)
        unit.setCurrentIndex(unit.findData(one.unit))
        unit.setEnabled(len(offered) > 1)

    # ------------------------------------------------------------------ changes

    def _choose_measure(self, at: int, _: int) -> None:
        port, one = self._rows[at]
        measure: Measure = self._combos[at][0].currentData() or ""
        if measure and measure != one.measure:
            self._correct(port, self._streams[port].choose(one.name, measure=measure))
        self._fill(at, self._rows[at][1])

    def _choose_unit(self, at: int, _: int) -> None:
        port, one = self._rows[at]
        unit = str(self._combos[at][1].currentData() or "")
        if unit and unit != one.unit:
            self._correct(port, self._streams[port].choose(one.name, unit=unit))
        self._fill(at, self._rows[at][1])

    def _correct(self, port: str, after: Corrections) -> None:
        self.stack.push(Correction(self.ports, port, self._streams[port].given, after))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the wheel scroll; with the focus in the table, Undo and Redo mean the table."""
        if event.type() == QEvent.Type.Wheel:
            event.ignore()
            return True
        if event.type() == QEvent.Type.FocusIn:
            at = next(at for at, pair in enumerate(self._combos) if watched in pair)
            self.table.scrollTo(self.table.model().index(at, 0))
        if isinstance(event, QKeyEvent) and event.type() in (
            QEvent.Type.ShortcutOverride,
            QEvent.Type.KeyPress,
        ):
            act = self._meant(event)
            if act is not None:
                event.accept()
                if event.type() == QEvent.Type.KeyPress:
                    act()
                return True
        return super().eventFilter(watched, event)

    def _meant(self, event: QKeyEvent) -> Callable[[], None] | None:
        if event.matches(QKeySequence.StandardKey.Undo):
            return self.stack.undo
        again = QKeySequence(event.keyCombination()) == QKeySequence(REDO)
        return self.stack.redo if again else None

    def _dress(self) -> None:
        px, table = self.look.px, self.table
        names = [item.text() for at in range(table.rowCount()) if (item := table.item(at, 0))]
        metrics = QFontMetrics(self.look.font(14))
        widest = max((metrics.horizontalAdvance(name) for name in names), default=0)
        table.setColumnWidth(0, max(px(80), min(widest, px(200)) + px(24)))
        units = [unit_words(unit) for fitting in FITTING.values() for unit in fitting]
        for at, words in ((2, [tr(name) for name in MEASURES.values()]), (3, units)):
            ink = max(map(metrics.horizontalAdvance, [tr("choose…"), *words]))
            table.setColumnWidth(at, max(px(132), ink + px(64)))
        for at in range(table.rowCount()):
            table.setRowHeight(at, px(40))
        head = table.horizontalHeader().sizeHint().height() + 2 * table.frameWidth()
        table.setFixedHeight(head + px(40) * min(SHOWN, max(1, table.rowCount())))


def _said(one: ChannelUnit) -> str:
    """Return the stream's own words about a channel."""
    if one.said_type and one.said_unit:
        return f"{one.said_type}, {one.said_unit}"
    if one.said_type:
        return tr("{kind}, no unit", kind=one.said_type)
    return one.said_unit or tr("nothing")


def _problem_words(port: str, wrong: Sequence[ChannelUnit]) -> str:
    first, more = wrong[0], len(wrong) - NAMED
    names = ", ".join(one.name for one in wrong[:NAMED])
    if more > 0:
        names = tr("{names} and {n} more", names=names, n=more)
    if first.problem == "unfit":
        *some, last = (unit_words(unit) for unit in FITTING[first.measure])
        return tr(
            "{stream}, {channels}: {unit} is no unit of {what}. Choose {units} or {last}.",
            stream=port,
            channels=names,
            unit=unit_words(first.unfit),
            what=tr(IN_SENTENCE[first.measure]),
            units=", ".join(some),
            last=last,
        )
    if first.problem == "unit":
        return tr("{stream}, {channels}: choose the unit.", stream=port, channels=names)
    return tr(
        "{stream}, {channels}: choose what is measured, and its unit.",
        stream=port,
        channels=names,
    )
