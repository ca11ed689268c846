"""Settings: look and study folder; everything else is a choice on the page it belongs to."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QFormLayout, QLineEdit

from labapp.ui.look import Look
from labapp.ui.pages.page import Page
from labapp.ui.parts import Card, button, label, named, row
from labapp.ui.preferences import Preferences
from labapp.ui.theme import GRID

SCALES = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0)


class SettingsPage(Page):
    """Changes take effect, and are saved, at once."""

    look_wanted = Signal(str, float)
    study_wanted = Signal(str)

    def __init__(self, look: Look, preferences: Preferences) -> None:
        super().__init__(look, "settings", "Settings")
        card = Card("Look", "look_card")
        form = QFormLayout()
        form.setSpacing(2 * GRID)
        self.theme = QComboBox()
        for words, name in (("As the system", "system"), ("Light", "light"), ("Dark", "dark")):
            self.theme.addItem(words, name)
        self.theme.setCurrentIndex(max(0, self.theme.findData(preferences.theme)))
        named(self.theme, "theme", "Theme", "Light or dark")
        self.scale = QComboBox()
        for scale in SCALES:
            self.scale.addItem(f"{scale * 100:.0f} %", scale)
        self.scale.setCurrentIndex(max(0, self.scale.findData(preferences.scale)))
        named(self.scale, "scale", "Scale", "Size of text and controls, percent")
        for words, field in (("Theme", self.theme), ("Scale", self.scale)):
            head = label(words, "soft")
            head.setBuddy(field)
            head.setMinimumHeight(look.px(32))
            form.addRow(head, field)
        card.column.addLayout(form)
        self.theme.currentIndexChanged.connect(self._look)
        self.scale.currentIndexChanged.connect(self._look)
        folder = Card("Study folder", "study_card", "Where sessions and reports are kept.")
        self.study = QLineEdit(str(preferences.study_folder))
        named(self.study, "study", "Study folder", "Path of the folder; Enter takes it")
        self.study.editingFinished.connect(self._study)
        self.browse = button("Choose…", "choose_study", "Chooses the study folder")
        self.browse.clicked.connect(self._browse)
        line = row(self.study, self.browse)
        line.setStretch(0, 1)
        folder.column.addLayout(line)
        for one in (card, folder):
            one.setMaximumWidth(760)
            self.inside.addWidget(one)
        self.inside.addStretch(1)

    def _look(self) -> None:
        self.look_wanted.emit(str(self.theme.currentData()), float(self.scale.currentData()))

    def _study(self) -> None:
        self.study_wanted.emit(self.study.text().strip())

    def _browse(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Study folder", self.study.text())
        if path:
            self.study.setText(path)
            self._study()
