"""What is done before a test off the page Set up: screening, and a protocol of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from labapp.errors import LabError
from labapp.translate import spoken_language, tr
from labapp.ui.pages.adapt import AdaptPage
from labapp.ui.pages.forms import FormsPage
from labapp.workflow.form_filling import ANSWER
from labapp.workflow.protocol_copy import Draft, save_copy

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
