"""What is done before a test off the page Set up: screening, a protocol of one's own, facts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from labapp.errors import LabError
from labapp.translate import spoken_language, tr
from labapp.ui.banner import Message, message_of
from labapp.ui.pages.adapt import AdaptPage
from labapp.ui.pages.facts import FactsPage
from labapp.ui.pages.forms import FormsPage
from labapp.ui.words import error_words
from labapp.workflow.facts_draft import FactsDraft
from labapp.workflow.facts_preview import Coming, coming
from labapp.workflow.form_filling import ANSWER
from labapp.workflow.naming import ensure_folder
from labapp.workflow.protocol_copy import Draft, save_copy
from labapp.workflow.study_facts import begin_facts, facts_file

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
        self._form: FactsPage | None = None
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
        """Show the form of the study's facts; a file that is no TOML can still be opened."""
        codes = [c for one in self.setup.montage.devices() for c in one.montage.values()]
        page = self.form
        old = page.draft
        try:
            draft = FactsDraft(facts_file(ensure_folder(self.window.study_folder)), codes)
        except LabError as error:
            self.window.say(
                replace(
                    message_of(error),
                    key="facts",
                    action=tr("Open as a file"),
                    act=self.facts_as_file,
                )
            )
            return
        if old is not None and old.mistakes() and (old.path, old.text) == (draft.path, draft.text):
            draft = draft if draft.codes != old.codes else old  # what is to be corrected stays
        self.window.banners.dismiss("facts")
        page.set_draft(draft, *self._coming())
        self.window.go("facts")

    def _coming(self) -> tuple[Coming | None, str]:
        """Look at the recording that is being set up; why, where that is not possible."""
        person = self.setup.person.facts(simulated=self.setup.all_simulated())
        try:
            return coming(self.setup.montage.devices(), person), ""
        except LabError as error:
            return None, error_words(error)

    def facts_as_file(self) -> None:
        """Open the facts in the text editor; the file is made if there is none."""
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

    @property
    def form(self) -> FactsPage:
        """The page of facts; made when it is first wanted."""
        if self._form is None:
            self._form = FactsPage(self.window.look)
            self._form.back_wanted.connect(lambda: self.window.go("setup"))
            self._form.file_wanted.connect(self.facts_as_file)
            self._form.problem.connect(self.window.show_error)
            self.window.add_page(self._form)
        return self._form

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
