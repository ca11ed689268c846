"""The card of the person: a code, consent, the strong side, a note; nothing that tells who."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit

from labapp.ui.parts import Card, label, named, row
from labapp.workflow.person import LONGEST_NOTE, PersonFacts, Side, looks_personal

SIDES: tuple[tuple[str, Side], ...] = (
    ("Strong side not stated", ""),
    ("Right-handed", "right"),
    ("Left-handed", "left"),
    ("Both hands", "both"),
)


class PersonCard(Card):
    """Asks for what a session may know of a person."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__("Participant", "participant_card")
        self.code = QLineEdit()
        self.code.setPlaceholderText("AB-014")
        self.code.setMaxLength(64)
        named(
            self.code,
            "participant",
            "Participant code",
            "A code, never a name or a birth date:\n2 to 4 capitals, a hyphen, 3 to 5 digits",
        )
        self.consent = QCheckBox("Consent is on file")
        named(
            self.consent,
            "consent",
            "Consent is on file",
            "The person's signed consent lies with the study. Needed before a real recording.",
        )
        self.side = QComboBox()
        for words, side in SIDES:
            self.side.addItem(words, side)
        named(self.side, "dominant", "Strong side", "Hand that the person throws and writes with")
        self.remark = QLineEdit()
        self.remark.setMaxLength(LONGEST_NOTE)
        self.remark.setPlaceholderText("Note on the site, skin, posture …")
        named(
            self.remark,
            "person_note",
            "Note",
            "Kept in the session. No name, birth date, address or number of a person.",
        )
        self.warning = label("", "missing", name="note_warning", wrap=True)
        self.warning.hide()
        self.column.addWidget(self.code)
        note = "A code such as AB-014. No name, birth date or address is stored."
        self.column.addWidget(label(note, "faint", name="participant_note", wrap=True))
        beside = row(self.consent, self.side)
        beside.setStretch(1, 1)
        self.column.addLayout(beside)
        self.column.addWidget(self.remark)
        self.column.addWidget(self.warning)
        self.code.textChanged.connect(lambda _: self.changed.emit())
        self.consent.toggled.connect(lambda _: self.changed.emit())
        self.remark.textChanged.connect(self._look_at_note)

    def facts(self, *, simulated: bool) -> PersonFacts:
        """Return what is stated; nobody gives consent in the simulated laboratory."""
        return PersonFacts(
            consent=None if simulated else self.consent.isChecked(),
            dominant=cast("Side", self.side.currentData()),
            note=self.remark.text().strip(),
        )

    def missing(self, *, simulated: bool) -> str:
        """Return what must be mended before a recording, in words; empty when nothing."""
        if not simulated and not self.consent.isChecked():
            return "Missing: consent. Tick it once the signed form is on file."
        found = looks_personal(self.remark.text())
        return f"In the note {found}: take it out." if found else ""

    def _look_at_note(self, text: str) -> None:
        found = looks_personal(text)
        self.warning.setText(f"{found}: leave it out, a session tells nobody's identity.")
        self.warning.setVisible(bool(found))
        self.changed.emit()
