"""Settings: look and study folder; everything else is a choice on the page it belongs to."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QFormLayout, QLineEdit

from labapp.translate import LANGUAGES, tr
from labapp.ui.language import SYSTEM
from labapp.ui.look import Look
from labapp.ui.pages.page import Page
from labapp.ui.parts import Card, button, label, named, row
from labapp.ui.preferences import Preferences
from labapp.ui.theme import GRID

WIDEST = 880
SCALES = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0)


class SettingsPage(Page):
    """Changes take effect, and are saved, at once."""

    look_wanted = Signal(str, float)
    study_wanted = Signal(str)
    language_wanted = Signal(str)

    def __init__(self, look: Look, preferences: Preferences) -> None:
        super().__init__(look, "settings", tr("Settings"))
        card = Card(tr("Look"), "look_card")
        form = QFormLayout()
        form.setSpacing(2 * GRID)
        self.theme = QComboBox()
        for words, name in (
            (tr("As the system"), "system"),
            (tr("Light"), "light"),
            (tr("Dark"), "dark"),
        ):
            self.theme.addItem(words, name)
        self.theme.setCurrentIndex(max(0, self.theme.findData(preferences.theme)))
        named(self.theme, "theme", tr("Theme"), tr("Light or dark"))
        self.scale = QComboBox()
        for scale in SCALES:
            self.scale.addItem(f"{scale * 100:.0f} %", scale)
        self.scale.setCurrentIndex(max(0, self.scale.findData(preferences.scale)))
        named(self.scale, "scale", tr("Scale"), tr("Size of text and controls, percent"))
        self.language = QComboBox()
        self.language.addItem(tr("As the system"), SYSTEM)
        for code, own_name in LANGUAGES.items():
            self.language.addItem(own_name, code)
        self.language.setCurrentIndex(max(0, self.language.findData(preferences.language)))
        named(self.language, "language", tr("Language"), tr("Language of the window"))
        self.language_note = label("", "faint", name="language_note", wrap=True)
        for words, field in (
            (tr("Theme"), self.theme),
            (tr("Scale"), self.scale),
            (tr("Language"), self.language),
        ):
            head = label(words, "soft")
            head.setBuddy(field)
            head.setMinimumHeight(look.px(32))
            form.addRow(head, field)
        card.column.addLayout(form)
        card.column.addWidget(self.language_note)
        self.language_note.hide()
        self.language.currentIndexChanged.connect(self._language)
        self.theme.currentIndexChanged.connect(self._look)
        self.scale.currentIndexChanged.connect(self._look)
        folder = Card(
            tr("Study folder"),
            "study_card",
            tr(
                "Where sessions and reports are kept. Devices, montage, protocol and choices are "
                "remembered with the study; another folder brings its own."
            ),
        )
        self.study = QLineEdit(str(preferences.study_folder))
        named(
            self.study,
            "study",
            tr("Study folder"),
            tr("Path of the folder; Enter takes it, and makes it if it is new"),
        )
        self.study.editingFinished.connect(self._study)
        self.browse = button(tr("Choose…"), "choose_study", tr("Chooses or makes the study folder"))
        self.browse.clicked.connect(self._browse)
        line = row(self.study, self.browse)
        line.setStretch(0, 1)
        folder.column.addLayout(line)
        for one in (card, folder):
            self.inside.addWidget(one)
        self.inside.addStretch(1)
        self.body.setMaximumWidth(look.px(WIDEST))
        look.changed.connect(lambda: self.body.setMaximumWidth(look.px(WIDEST)))

    def entered(self) -> None:
        """Begin with the first choice."""
        self.theme.setFocus()

    def _look(self) -> None:
        self.look_wanted.emit(str(self.theme.currentData()), float(self.scale.currentData()))

    def _language(self) -> None:
        """Keep the choice; every word on the screen would have to be made anew to change now."""
        self.language_note.setText(tr("The language changes at the next start."))
        self.language_note.show()
        self.language_wanted.emit(str(self.language.currentData()))

    def _study(self) -> None:
        self.study_wanted.emit(self.study.text().strip())

    def _browse(self) -> None:
        path = QFileDialog.getExistingDirectory(self, tr("Study folder"), self.study.text())
        if path:
            self.study.setText(path)
            self._study()
