"""The recording at hand: start it or attach to it, watch it, finish it, or leave it running."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QCloseEvent

from labapp.errors import LabError
from labapp.record.client import Recorder
from labapp.record.config import RecorderConfig
from labapp.translate import tr
from labapp.trials.protocol import Protocol
from labapp.trials.run import RunEvent
from labapp.ui.banner import Message
from labapp.ui.beginning import described
from labapp.ui.choices import SetUp
from labapp.ui.health import Health
from labapp.ui.jobs import Progress
from labapp.ui.pages.check import CheckPage
from labapp.ui.pages.run import RunPage
from labapp.ui.pages.setup import SetupPage
from labapp.ui.recording import LiveRecording
from labapp.ui.window import Window
from labapp.workflow.record import analyse_saved
from labapp.workflow.resume import Attached, attach
from labapp.workflow.spoken import spoken
from labapp.workflow.study_facts import tell_beginning

CLOSE_KEY = "closing"
ATTACHED_KEY = "attached"
GOES_ON = ("resume", "block", "rest", "stop", "finished")
"""After one of these there is nothing left to do of what was said when attaching."""
References = tuple[dict[str, Any], ...]
Started = tuple[Recorder, RecorderConfig, Path, Protocol | None]


class Steering(QObject):
    """Connects the pages Set up and Run with a recorder, one at a time.

    Signals: `started` (a `LiveRecording` is shown), `stopped` (it is no more), `finished`
    (session path and analysis document), `unfinished` (there is no result to show),
    `recover_wanted` (folder of a recording whose recorder died).
    """

    started = Signal(object)
    stopped = Signal()
    finished = Signal(object, object)
    unfinished = Signal()
    recover_wanted = Signal(object)

    def __init__(self, window: Window, setup: SetupPage, check: CheckPage, run: RunPage) -> None:
        super().__init__(window)
        self.window, self.setup, self.check, self.run = window, setup, check, run
        self.recording: LiveRecording | None = None
        self.finishing = False
        self._optional = False
        self._close_asked = False
        self.health = Health(window, run)
        setup.start_wanted.connect(self.start)
        run.finish_wanted.connect(self.finish)
        window.closing.connect(self.closing)

    # ------------------------------------------------------------------ beginning

    def start(self, chosen: SetUp) -> None:
        """Start a recorder for what was chosen."""
        if self.recording is not None or self.finishing:
            return
        self.setup.set_recording(True)
        self._optional = chosen.optional
        study = self.window.study_folder

        def job(progress: Progress) -> Started:
            progress("starting the recorder", 0.2)
            config, out, facts = described(chosen, study)
            recorder = Recorder.start(config)
            tell_beginning(recorder, chosen.person, chosen.answers, facts)
            return recorder, config, out, chosen.protocol

        self.window.work(tr("Starting the recorder"), job, self._started, failed=self._not_started)

    def _not_started(self, error: BaseException) -> None:
        self.setup.set_recording(False)
        self.window.show_error(error)

    def _started(self, result: Started, references: References = ()) -> None:
        try:
            self._follow(*result, references)
        except LabError as error:
            result[0].close()
            self._not_started(error)
            return
        self.window.go("run")
        self.started.emit(self.recording)

    def _follow(
        self, recorder: Recorder, config: RecorderConfig, out: Path, protocol: Protocol | None,
        references: References,
    ) -> None:  # fmt: skip
        recording = LiveRecording(
            recorder,
            Path(config.folder),
            out,
            clock=config.clock,
            protocol=protocol,
            optional=self._optional,
            simulated=config.scenario is not None,
            seed=config.seed if config.seed is not None else _seed_of(out),
            references=references,
            parent=self,
        )
        self.recording = recording
        self._close_asked = False
        self.health.watch(recording, config)
        recording.troubled.connect(self.window.show_error)
        recording.died.connect(self._died)
        self.setup.set_recording(True)
        self.run.set_recording(recording, config.participant)
        self.check.set_recording(recording, config.participant)

    def attach(self, folder: Path) -> None:
        """Follow a recording that another window left running."""
        if self.recording is not None or self.finishing:
            self.window.say(Message(tr("A recording is shown already."), tr("Finish it first.")))
            return
        self._optional = False
        self.window.work(tr("Attaching to the recording"), lambda _: attach(folder), self._attached)

    def _attached(self, found: Attached) -> None:
        begun = found.recorder, found.config, found.out, found.protocol
        self._started(begun, found.references)
        if self.recording is None:
            return
        if found.resumed is not None:
            self.recording.take_up(found.resumed)
            self.run.follow_run()
        self.recording.happened.connect(self._went_on)
        self.window.say(
            Message(
                tr("The recording went on while no window was open, and is shown again."),
                spoken(found.what_now()),
                "grey",
                key=ATTACHED_KEY,
            )
        )

    def _went_on(self, event: RunEvent) -> None:
        if event.kind in GOES_ON:
            self.window.banners.dismiss(ATTACHED_KEY)

    def look_for_running(self) -> None:
        """At start: find a recording that a window left running, and attach to it."""
        study = self.window.study_folder
        from labapp.ui.sessions import running

        def done(folder: Path | None) -> None:
            if folder is not None and self.recording is None:
                self.attach(folder)

        self.window.jobs.start(lambda _: running(study), done, shown=False)

    def _died(self) -> None:
        recording = self.recording
        if recording is None or self.finishing:
            return
        folder = recording.folder
        self.let_go()
        self.window.say(
            Message(
                tr("The recorder has ended unexpectedly. What it wrote is safe."),
                tr("Recover builds the session from it."),
                "bad",
                key="died",
                action=tr("Recover"),
                act=lambda: self.recover_wanted.emit(folder),
            )
        )

    # ------------------------------------------------------------------ ending

    def finish(self) -> None:
        """Stop the recorder, build the session, analyse it."""
        recording = self.recording
        if recording is None or self.finishing:
            return
        self.finishing = True
        recording.quiet()
        self.run.set_recording(None)
        self.check.set_recording(None)
        self.run.show_saving()
        recording.source.close()
        self.health.end()

        def job(progress: Progress) -> tuple[Path, dict[str, Any] | LabError]:
            path = recording.finish(lambda what, share: progress(what, 0.5 * share))
            return path, analyse_saved(path, lambda what, share: progress(what, 0.5 + 0.5 * share))

        self.window.work(
            tr("Stopping the recorder"), job, self._finished, failed=self._not_finished
        )

    def _finished(self, result: tuple[Path, dict[str, Any] | LabError]) -> None:
        self._end()
        path, document = result
        self.stopped.emit()
        if isinstance(document, LabError):
            self.window.say(
                Message(
                    tr(
                        "The session is saved as {name}. It cannot be analysed: {what}.",
                        name=path.name,
                        what=spoken(document.what),
                    ),
                    spoken(document.remedy),
                    "warn",
                    key="analysis",
                )
            )
            self.unfinished.emit()
        else:
            self.finished.emit(path, document)

    def _not_finished(self, error: BaseException) -> None:
        self._end()
        self.window.show_error(error)
        self.stopped.emit()
        self.unfinished.emit()

    def _end(self) -> None:
        self.let_go()
        self.finishing = False
        self.window.banners.dismiss(CLOSE_KEY)

    def let_go(self) -> None:
        """Show no recording any more; a recorder that runs goes on."""
        recording, self.recording = self.recording, None
        if recording is not None:
            self.run.set_recording(None)
            self.check.set_recording(None)
            recording.release()
            recording.recorder.close()
            recording.deleteLater()
        self.health.end()
        self.window.banners.dismiss(ATTACHED_KEY)  # what it says to do is of no use any more
        self.setup.set_recording(False)
        self.window.show_crumb()

    def closing(self, event: QCloseEvent) -> None:
        """While recording, the first attempt to close explains; the second closes."""
        if self.finishing:
            event.ignore()
            self.window.say(
                Message(
                    tr("The session is being built."),
                    tr("The window can close in a moment."),
                    "grey",
                    key=CLOSE_KEY,
                )
            )
            return
        if self.recording is not None and not self._close_asked:
            event.ignore()
            self._close_asked = True
            self.window.say(
                Message(
                    tr("The recording goes on when the window closes; cues end."),
                    tr(
                        "The window finds it again at the next start. Close again to leave it "
                        "running, or finish it on the page Run."
                    ),
                    "warn",
                    key=CLOSE_KEY,
                    action=tr("Close the window"),
                    act=lambda: self.window.later(self.window.close),
                )
            )
            return
        event.accept()
        if self.recording is not None:
            self.let_go()


def _seed_of(out: Path) -> int:
    """Seed of the random foreperiods of a real recording: from its name, so that it is known."""
    return int.from_bytes(out.stem.encode()[-8:], "little") % 2**31
