"""The work of the window: makes the pages and connects them with each other and the rooms below."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from labapp.errors import LabError
from labapp.translate import tr
from labapp.trials.run import RunEvent
from labapp.ui.banner import Message
from labapp.ui.choices import Preset, SetUp
from labapp.ui.finding import Finding
from labapp.ui.pages.check import CheckPage
from labapp.ui.pages.help import HelpPage
from labapp.ui.pages.library import LibraryPage
from labapp.ui.pages.result import ResultPage
from labapp.ui.pages.run import RunPage
from labapp.ui.pages.settings import SettingsPage
from labapp.ui.pages.setup import SetupPage
from labapp.ui.recalling import Recalling
from labapp.ui.recording import LiveRecording
from labapp.ui.referring import Referring
from labapp.ui.shelf import Shelf
from labapp.ui.steering import Steering
from labapp.ui.sync import SyncPage
from labapp.ui.syncing import Syncing
from labapp.ui.window import Window
from labapp.workflow.naming import ensure_folder

if TYPE_CHECKING:
    from labapp.ui.calibrating import Calibrating
    from labapp.ui.preparing import Preparing


class Work(QObject):
    """Owns the pages; `steering` has the recording at hand, `shelf` the sessions on disk."""

    recording_started = Signal(object)
    result_shown = Signal(object)
    report_written = Signal(object)
    stopped = Signal()

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window = window
        look = window.look
        self.setup = SetupPage(look)
        self.check = CheckPage(look)
        self.run = RunPage(look)
        self.result = ResultPage(look)
        self.library = LibraryPage(look)
        self.settings = SettingsPage(look, window.preferences)
        self.help = HelpPage(look)
        work = (self.setup, self.check, self.run, self.result, self.library)
        for page in (*work, self.settings, self.help):
            window.add_page(page)
        self.steering = Steering(window, self.setup, self.check, self.run)
        self.sync = SyncPage(look)
        window.add_page(self.sync)
        self.syncing = Syncing(window, self.setup, self.sync)
        self.shelf = Shelf(window, self.library, self.result)
        self.finding = Finding(window, self.setup)
        self.referring = Referring(window, self.setup)
        self.study = Recalling(window, self.setup)
        self.calibrating: Calibrating | None = None
        self._preparing: Preparing | None = None
        self._connect()
        self._recall()
        self._open_study()
        window.go("setup")

    def _connect(self) -> None:
        window, steering, shelf = self.window, self.steering, self.shelf
        self.setup.start_wanted.connect(self._remember)
        self.setup.problem.connect(window.show_error)
        self.setup.crumbs_changed.connect(window.show_crumb)
        self.run.setup_wanted.connect(lambda: window.go("setup"))
        self.run.check_wanted.connect(lambda: window.go("check"))
        self.check.setup_wanted.connect(lambda: window.go("setup"))
        self.check.run_wanted.connect(lambda: window.go("run"))
        self.check.failed.connect(window.show_error)
        self.result.library_wanted.connect(lambda: window.go("library"))
        self.result.setup_wanted.connect(lambda: window.go("setup"))
        self.library.attach_wanted.connect(steering.attach)
        self.library.setup_wanted.connect(lambda: window.go("setup"))
        self.settings.look_wanted.connect(self._set_look)
        self.settings.study_wanted.connect(self._set_study)
        self.settings.language_wanted.connect(lambda code: window.remember(language=code))
        self.setup.person.study_wanted.connect(self._show_study_choice)
        self.setup.calibrate_wanted.connect(self._calibrate)
        self.setup.person.screening_wanted.connect(lambda: self.preparing.screen())
        self.setup.lying.facts_wanted.connect(lambda: self.preparing.facts())
        self.setup.test.adapt_wanted.connect(lambda: self.preparing.duplicate())
        self.help.folder_failed.connect(
            lambda path: window.say(
                Message(tr("No file manager was found."), tr("The folder is {path}.", path=path))
            )
        )
        steering.started.connect(self.recording_started)
        steering.started.connect(lambda _: self.study.keep())
        steering.started.connect(lambda recording: recording.happened.connect(self._offer_form))
        steering.stopped.connect(self.stopped)
        steering.stopped.connect(self.setup.new_answers)
        steering.finished.connect(shelf.show)
        steering.unfinished.connect(lambda: window.go("library"))
        steering.recover_wanted.connect(shelf.recover)
        shelf.shown.connect(self.result_shown)
        shelf.shown.connect(lambda _: self.finding.grades(again=True))
        shelf.shown.connect(lambda _: self.referring.ask())
        shelf.report_written.connect(self.report_written)

    @property
    def recording(self) -> LiveRecording | None:
        """The recording at hand."""
        return self.steering.recording

    def start(self, chosen: SetUp) -> None:
        """Start a recorder for what was chosen."""
        self.steering.start(chosen)

    def finish(self) -> None:
        """Stop the recorder, build the session, analyse it, show the result."""
        self.steering.finish()

    def open(self, path: Path) -> None:
        """Open a session file."""
        self.shelf.open(path)

    # ------------------------------------------------------------------ choices

    def _recall(self) -> None:
        preferences = self.window.preferences
        for combo, value in (
            (self.setup.protocols, preferences.protocol),
            (self.setup.simulator.scenario, preferences.scenario),
        ):
            index = combo.findData(value)
            if index >= 0:
                combo.setCurrentIndex(index)
        self.setup.simulator.choose_speed(preferences.speed)

    def _remember(self, chosen: SetUp) -> None:
        """Keep what a person chose for the next start; what came with the command is not kept."""
        if self.setup.preset:
            return
        self.window.remember(
            protocol=str(self.setup.protocols.currentData()),
            **({} if chosen.scenario is None else {"scenario": chosen.scenario}),
            speed=chosen.speed,
        )

    def preset(self, wishes: Preset) -> None:
        """Fill in the page Set up as the command line said; nothing starts by itself."""
        if wishes.study is not None:
            self.window.study = wishes.study
            self.settings.study.setText(str(wishes.study))
            self.setup.person.show_study(wishes.study.name, str(wishes.study))
        self.setup.set_preset(wishes)
        self.window.go("setup")

    def _open_study(self) -> None:
        """Take up what the study remembers, and say on the pages which one it is."""
        folder = self.window.study_folder
        self.study.open()
        self.setup.person.show_study(folder.name, str(folder))
        self.finding.grades()
        self.referring.ask()

    @property
    def preparing(self) -> Preparing:
        """Screening and protocols of one's own; made when it is first wanted."""
        if self._preparing is None:
            from labapp.ui.preparing import Preparing

            self._preparing = Preparing(self.window, self.setup, self.steering)
        return self._preparing

    def _calibrate(self) -> None:
        """Open the step Calibrate; its libraries are loaded when it is first wanted."""
        if self.calibrating is None:
            from labapp.ui.calibrating import Calibrating
            from labapp.ui.pages.calibrate import CalibratePage

            page = CalibratePage(self.window.look)
            self.window.add_page(page)
            self.calibrating = Calibrating(self.window, self.setup, page)
        self.calibrating.open()

    def _offer_form(self, event: RunEvent) -> None:
        """When a block with a form begins, the way to it is one click."""
        protocol = self.recording.protocol if self.recording is not None else None
        block = self.recording.block(event.data.get("block")) if self.recording else None
        if event.kind != "block" or block is None or not block.form:
            return
        if protocol is None or self.setup.protocol is None or protocol.id != self.setup.protocol.id:
            return  # a recording of another window: its forms are not those at hand
        form = block.form
        self.window.say(
            Message(
                tr("A form belongs to this part: {title}.", title=block.title),
                level="grey",
                key="form",
                action=tr("Fill in"),
                act=lambda: self.preparing.screen(form),
            )
        )

    def _show_study_choice(self) -> None:
        self.window.go("settings")
        self.settings.study.setFocus()
        self.settings.study.selectAll()

    def _set_look(self, theme: str, scale: float) -> None:
        self.window.remember(theme=theme, scale=scale)
        self.window.look.apply(self.window.preferences.theme, scale)

    def _set_study(self, text: str) -> None:
        try:
            folder = ensure_folder(Path(text).expanduser()) if text else None
        except LabError as error:
            self.window.show_error(error)
            self.settings.study.setText(str(self.window.study_folder))
            return
        before = self.window.study_folder
        self.study.save()
        self.window.study = None
        self.window.remember(study="" if folder is None else str(folder.absolute()))
        self.settings.study.setText(str(self.window.study_folder))
        if self.window.study_folder != before:
            self._open_study()
        self.window.show_crumb()
