"""The card of the person: a code, consent, sides, a note, screening; nothing that tells who."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit

from labapp.translate import phrase, tr
from labapp.ui.flow import FlowLayout
from labapp.ui.parts import Card, allow, button, chip, label, named, row, set_level
from labapp.ui.theme import GRID
from labapp.workflow.form_filling import Answers
from labapp.workflow.person import LONGEST_NOTE, PersonFacts, Side, looks_personal
from labapp.workflow.spoken import spoken

SIDES: tuple[tuple[str, Side], ...] = (
    (phrase("Hand not stated"), ""),
    (phrase("Right-handed"), "right"),
    (phrase("Left-handed"), "left"),
    (phrase("Both hands"), "both"),
)
TESTED: tuple[tuple[str, Side], ...] = (
    (phrase("Side not stated"), ""),
    (phrase("Right side"), "right"),
    (phrase("Left side"), "left"),
    (phrase("Both sides"), "both"),
)


class PersonCard(Card):
    """Asks for what a session may know of a person."""

    changed = Signal()
    study_wanted = Signal()
    screening_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(tr("Participant"), "participant_card")
        self.study = label("", "soft", name="study_name", wrap=True)
        self.change = button(
            tr("Change…"), "change_study", tr("Opens the page Settings, where the study is chosen")
        )
        self.change.clicked.connect(self.study_wanted)
        self.code = QLineEdit()
        self.code.setPlaceholderText("AB-014")
        self.code.setMaxLength(64)
        named(
            self.code,
            "participant",
            tr("Participant code"),
            tr("A code, never a name or a birth date:\n2 to 4 capitals, a hyphen, 3 to 5 digits"),
        )
        self.consent = QCheckBox(tr("Consent is on file"))
        named(
            self.consent,
            "consent",
            tr("Consent is on file"),
            tr("The person's signed consent lies with the study. Needed before a real recording."),
        )
        self.side = _sides(SIDES)
        named(
            self.side,
            "dominant",
            tr("Strong side"),
            tr("Hand that the person throws and writes with"),
        )
        self.tested = _sides(TESTED)
        named(self.tested, "tested_side", tr("Side tested"), tr("Side that the electrodes are on"))
        self.remark = QLineEdit()
        self.remark.setMaxLength(LONGEST_NOTE)
        self.remark.setPlaceholderText(tr("Note on the site, skin, posture …"))
        named(
            self.remark,
            "person_note",
            tr("Note"),
            tr("Kept in the session. No name, birth date, address or number of a person."),
        )
        self.warning = label("", "missing", name="note_warning", wrap=True)
        self.warning.hide()
        self.screening = button(
            tr("Screening…"),
            "screening",
            tr("Reasons not to test, and the forms of the protocol"),
        )
        self.screening.clicked.connect(self.screening_wanted)
        self.screened = chip("", "grey", "screened")
        self._arrange()
        self.code.textChanged.connect(lambda _: self.changed.emit())
        self.consent.toggled.connect(lambda _: self.changed.emit())
        self.remark.textChanged.connect(self._look_at_note)

    def _arrange(self) -> None:
        where = row(self.study, self.change)
        where.setStretch(0, 1)
        self.column.addLayout(where)
        self.column.addWidget(self.code)
        note = tr("A code such as AB-014. No name, birth date or address is stored.")
        self.column.addWidget(label(note, "faint", name="participant_note", wrap=True))
        self.column.addWidget(self.consent)
        sides = row(self.side, self.tested)
        for place in (0, 1):
            sides.setStretch(place, 1)
        self.column.addLayout(sides)
        self.column.addWidget(self.remark)
        self.column.addWidget(self.warning)
        asked = FlowLayout(GRID)
        for one in (self.screening, self.screened):
            asked.addWidget(one)
        self.column.addLayout(asked)

    def show_study(self, name: str, path: str) -> None:
        """Say in which study the session will lie."""
        words = tr("Study: {name}", name=name)
        self.study.setText(words)
        self.study.setAccessibleName(words)
        self.study.setToolTip(path)

    def show_screening(self, answers: Answers, say: Callable[[str], str]) -> None:
        """Say whether the reasons not to test were asked for, and what came out."""
        if answers.stops:
            word, level = tr("do not test"), "bad"
        elif not answers.forms:
            word, level = "", "grey"
        elif answers.asked:
            word, level = tr("no reason against"), "good"
        else:
            word, level = tr("not asked yet"), "grey"
        allow(self.screening, bool(answers.forms), tr("This protocol asks nothing beforehand."))
        self.screened.setVisible(bool(word))
        self.screened.setText(word)
        self.screened.setToolTip(answers.words(say) if answers.forms else "")
        set_level(self.screened, level)

    def facts(self, *, simulated: bool) -> PersonFacts:
        """Return what is stated; nobody gives consent in the simulated laboratory."""
        return PersonFacts(
            consent=None if simulated else self.consent.isChecked(),
            dominant=cast("Side", self.side.currentData()),
            note=self.remark.text().strip(),
            tested=cast("Side", self.tested.currentData()),
        )

    def missing(self, *, simulated: bool) -> str:
        """Return what must be mended before a recording, in words; empty when nothing."""
        if not simulated and not self.consent.isChecked():
            return tr("Missing: consent. Tick it once the signed form is on file.")
        found = spoken(looks_personal(self.remark.text()))
        return tr("In the note {what}: take it out.", what=found) if found else ""

    def _look_at_note(self, text: str) -> None:
        found = spoken(looks_personal(text))
        self.warning.setText(
            tr("{what}: leave it out, a session tells nobody's identity.", what=found)
        )
        self.warning.setVisible(bool(found))
        self.changed.emit()


def _sides(choices: tuple[tuple[str, Side], ...]) -> QComboBox:
    combo = QComboBox()
    for words, side in choices:
        combo.addItem(tr(words), side)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(6)  # two of them side by side at 300 %
    return combo
