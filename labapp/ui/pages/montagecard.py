"""The card of the montage: the table, the drawn back, undo, and how selective electrodes are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from labapp.record.config import DeviceConfig
from labapp.translate import tr
from labapp.ui import backsites
from labapp.ui.look import Look
from labapp.ui.pages.backmap import BackMap
from labapp.ui.pages.montage import MontageTable
from labapp.ui.parts import Card, Level, button, clear, column, fact, label, row, undo_buttons
from labapp.ui.theme import GRID
from labapp.ui.words import muscle_name
from labapp.workflow.channel_names import Place
from labapp.workflow.protocol_words import listed
from labapp.workflow.spoken import spoken

if TYPE_CHECKING:
    from labapp.workflow.grades import ElectrodeGrade

SELECTIVITY = "mvic_scapular"
"""Protocol with the tasks that tell rhomboid from trapezius."""
LEVELS: dict[str, Level] = {"": "grey", "FW": "good", "A": "good", "B": "warn", "C": "bad"}


class MontageCard(Card):
    """`changed` comes with every assignment, by hand, by mouse, by undo or by redo.

    `facts_wanted` asks for the form in which the electrodes are described.
    """

    changed = Signal()
    facts_wanted = Signal()

    def __init__(self, look: Look, page: QWidget) -> None:
        super().__init__(tr("Montage"), "montage_card", tr("Which muscle is under which channel."))
        self.look = look
        self.table = MontageTable(look)
        self.table.changed.connect(self._changed)
        self.back = BackMap(look)
        self.back.dropped.connect(self.table.assign)
        self.back.pointed.connect(self._tell_rule)
        self.none = label(
            tr("The channels of a device appear here when its port is ticked."),
            "soft",
            name="no_channels",
            wrap=True,
        )
        self.named = label("", "soft", name="named_channels", wrap=True)
        self.named.hide()
        self._proposed: dict[Place, str] = {}
        self.undo, self.redo = undo_buttons(
            self.table.undo, "montage", tr("Takes the last assignment back"), page
        )
        self.facts = button(
            tr("Facts for the report…"),
            "facts",
            tr(
                "Describes electrodes, amplifier and posture for the methods paragraph; it holds "
                "for the whole study"
            ),
        )
        self.facts.clicked.connect(self.facts_wanted)
        self.rule = label("", "faint", name="site_rule", wrap=True)
        self.grades = column(spacing=GRID)
        self._known: Mapping[str, ElectrodeGrade] = {}
        self._graded: tuple[str, ...] | None = None
        self.column.addWidget(self.none)
        left = column(self.table, None)
        left.insertWidget(1, self.named)
        left.insertLayout(2, row(self.undo, self.redo, None))
        left.insertLayout(3, self.grades)
        left.insertLayout(4, row(self.facts, None))
        right = column(self.back, self.rule, None)
        beside = row(spacing=2 * GRID)
        beside.addLayout(left, 1)
        beside.addLayout(right)
        self.column.addLayout(beside)
        look.changed.connect(self._dress)
        self._dress()

    # ------------------------------------------------------------------ state

    def set_devices(
        self, devices: Sequence[DeviceConfig], proposed: Mapping[Place, str] | None = None
    ) -> None:
        """Show these devices; what was undone before belongs to others.

        ``proposed`` is filled in on top of their montage, where it can be seen and taken back.
        """
        self._proposed = {}
        self.table.set_devices(devices)
        self._proposed = dict(proposed or {})
        self.table.propose(self._proposed)
        self._tell_proposed()
        there = bool(devices)
        for widget in (self.table, self.undo, self.redo, self.facts):
            widget.setVisible(there)
        self.none.setVisible(not there)

    def allow_back(self, wide: bool) -> None:
        """Show the drawn back where there is room for it, and something to put on it."""
        shown = wide and bool(self.table.channels())
        self.back.setVisible(shown)
        self.rule.setVisible(shown)

    def show_grades(self, known: Mapping[str, ElectrodeGrade]) -> None:
        """Show how selective the electrodes were when the participant was last tested."""
        self._known, self._graded = dict(known), None
        self._list_grades()

    def _tell_proposed(self) -> None:
        """Say which channels were put on a muscle by their names, as long as they lie there."""
        lies = {
            (d.id, name): code for d in self.table.devices() for name, code in d.montage.items()
        }
        names = [place[1] for place, code in self._proposed.items() if lies.get(place) == code]
        self.named.setVisible(bool(names))
        if names:
            words = tr(
                "By the names of their channels: {names}. Check it; Undo takes it back.",
                names=", ".join(names),
            )
            self.named.setText(words)

    def _changed(self) -> None:
        self._tell_proposed()
        self.back.set_channels(self.table.channels())
        self._list_grades()
        self.changed.emit()

    def _list_grades(self) -> None:
        """Give every rhomboid channel its grade; other muscles need none."""
        codes = tuple(c.code for c in self.table.channels() if c.code.startswith("RM_"))
        if codes == self._graded:
            return
        self._graded = codes
        clear(self.grades)
        for code in codes:
            one = self._known.get(code)
            name = muscle_name(code)
            if one is None:
                word, level = tr("not tested"), LEVELS[""]
                text = tr(
                    "{muscle}: its selectivity has not been tested in this study. The protocol "
                    "“{protocol}” has the two tasks.",
                    muscle=name,
                    protocol=listed(SELECTIVITY),
                )
            else:
                word, level = tr("grade {grade}", grade=one.grade), LEVELS[one.grade]
                text = tr("{muscle}, tested {day}", muscle=name, day=f"{one.when:%Y-%m-%d}")
                text += (
                    f": {'; '.join(spoken(reason) for reason in one.reasons)}."
                    if one.reasons
                    else "."
                )
            tip = tr(
                "How much of the signal is rhomboid and not trapezius: FW fine wire, A best, "
                "C cannot stand for the rhomboid"
            )
            self.grades.addWidget(fact(word, level, text, f"grade_{code}", tip))

    def _tell_rule(self, code: str) -> None:
        """Say where the electrodes of a site go, or what the map is for."""
        found = backsites.place(code)
        words = (
            tr("Drag a channel to a site; point at a site for its rule.")
            if found is None
            else f"{muscle_name(code)}: {tr(found[0].rule)}"
        )
        if words != self.rule.text():
            self.rule.setText(words)

    def _dress(self) -> None:
        self.rule.setFixedWidth(self.back.sizeHint().width())
        self.rule.setMinimumHeight(self.look.px(64))
        self.rule.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._tell_rule("")
