"""What is done before a test off the page Set up: screening, a protocol of one's own, facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from labapp.errors import LabError
from labapp.translate import spoken_language, tr
from labapp.ui.banner import Message
from labapp.ui.pages.adapt import AdaptPage
from labapp.ui.pages.forms import FormsPage
from labapp.workflow.form_filling import ANSWER
from labapp.workflow.naming import ensure_folder
from labapp.workflow.protocol_copy import Draft, save_copy
from labapp.workflow.study_facts import begin_facts

if TYPE_CHECKING:
    from labapp.ui.pages.setup import SetupPage
    from labapp.ui.steering import Steering
    from labapp.ui.window import Window


class Preparing(QObject):
    """Opens the pages Screening and Duplicate and adapt; made when one is first wanted.

    Answers before a recording wait for it; answers during one go into it at once.
    """

    def __init__(self, window: Window, setup: SetupPage, steering: Steering) -> None:
        super().__init__(window)
        self.window, self.setup, self.steering = window, setup, steering
        self.forms = FormsPage(window.look)
        self.adapt = AdaptPage(window.look)
        for page in (self.forms, self.adapt):
            window.add_page(page)
        self._from = "setup"
        self.forms.answered.connect(self._answered)
        self.forms.back_wanted.connect(self._back)
        self.adapt.back_wanted.connect(lambda: window.go("setup"))
        self.adapt.save_wanted.connect(self.save)

    def screen(self, form: str = "") -> None:
        """Show the forms of the chosen protocol, from this one on."""
        self._from = self.window.page
        if self.forms.answers is not self.setup.answers:
            self.forms.set_answers(self.setup.answers, self._say)
        self.window.go("forms")
        self.forms.show_form(form)

    def _say(self, text: str) -> str:
        """Put a word of the protocol's file into the language of the window."""
        protocol = self.setup.protocol
        told = text if protocol is None else protocol.say(text, spoken_language())
        return tr(text) if told == text else told

    def duplicate(self) -> None:
        """Begin a copy of the chosen protocol."""
        if self.setup.protocol is not None:
            self.adapt.set_protocol(self.setup.protocol)
            self.window.go("adapt")

    def facts(self) -> None:
        """Open the file that describes the study's electrodes, made if there is none."""
        codes = [c for one in self.setup.montage.devices() for c in one.montage.values()]
        try:
            path = begin_facts(ensure_folder(self.window.study_folder), codes)
        except LabError as error:
            self.window.show_error(error)
            return
        where = tr("The file is {path}.", path=path)
        if QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self.window.say(
                Message(tr("The next recording reads these facts."), where, "grey", "facts")
            )
        else:
            self.window.say(Message(tr("No text editor was found."), where, "warn", "facts"))

    def save(self, draft: Draft) -> None:
        """Keep the copy and choose it."""
        try:
            save_copy(draft)
        except LabError as error:
            self.window.show_error(error)
            return
        self.setup.test.choose(draft.name, practice=False)
        self.window.go("setup")

    def _answered(self, data: dict[str, Any]) -> None:
        recording = self.steering.recording
        if recording is not None:
            recording.mark(ANSWER, data)
        self.setup.show_answers()

    def _back(self) -> None:
        self.window.go(self._from if self._from in ("setup", "run") else "setup")
