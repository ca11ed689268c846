"""The work of the window: record, finish, analyse, report, open; every step a job below Qt."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QCloseEvent

from labapp.errors import LabError
from labapp.record.client import Recorder
from labapp.record.config import RecorderConfig, read_config
from labapp.record.listing import list_ports
from labapp.record.place import CONFIG_NAME
from labapp.trials.protocol import load_protocol, parse_protocol
from labapp.ui.banner import Message
from labapp.ui.choices import SetUp
from labapp.ui.jobs import Progress
from labapp.ui.pages.help import HelpPage
from labapp.ui.pages.library import LibraryPage
from labapp.ui.pages.result import ResultPage
from labapp.ui.pages.run import RunPage
from labapp.ui.pages.settings import SettingsPage
from labapp.ui.pages.setup import SetupPage
from labapp.ui.recording import LiveRecording
from labapp.ui.topbar import stream_details
from labapp.ui.window import Window
from labapp.workflow.naming import ensure_folder, free_path
from labapp.workflow.record import recorder_config, session_path

CLOSE_KEY = "closing"


class Work(QObject):
    """Connects the pages of a window with the rooms below."""

    recording_started = Signal(object)
    result_shown = Signal(object)
    report_written = Signal(object)
    stopped = Signal()

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window = window
        look = window.look
        self.recording: LiveRecording | None = None
        self.finishing = False
        self._close_asked = False
        self._warned: set[str] = set()
        self._drivers: dict[str, str] = {}
        self.setup = SetupPage(look)
        self.run = RunPage(look)
        self.result = ResultPage(look)
        self.library = LibraryPage(look)
        self.settings = SettingsPage(look, window.preferences)
        self.help = HelpPage(look)
        for page in (self.setup, self.run, self.result, self.library, self.settings, self.help):
            window.add_page(page)
        self._connect()
        self._recall()
        window.go("setup")

    def _connect(self) -> None:
        window = self.window
        self.setup.start_wanted.connect(self.start)
        self.setup.ports_wanted.connect(self.find_ports)
        self.setup.problem.connect(window.show_error)
        self.setup.crumbs_changed.connect(window.show_crumb)
        self.run.finish_wanted.connect(self.finish)
        self.run.setup_wanted.connect(lambda: window.go("setup"))
        self.result.report_wanted.connect(self.report)
        self.result.library_wanted.connect(lambda: window.go("library"))
        self.result.setup_wanted.connect(lambda: window.go("setup"))
        self.library.refresh_wanted.connect(self.refresh)
        self.library.open_wanted.connect(self.open)
        self.library.check_wanted.connect(self.check)
        self.library.recover_wanted.connect(self.recover)
        self.library.attach_wanted.connect(self.attach)
        self.library.setup_wanted.connect(lambda: window.go("setup"))
        self.settings.look_wanted.connect(self._set_look)
        self.settings.study_wanted.connect(self._set_study)
        self.help.folder_failed.connect(
            lambda path: window.say(Message("No file manager was found.", f"The folder is {path}."))
        )
        window.topbar.device_clicked.connect(self._device_details)
        window.closing.connect(self.closing)

    # ------------------------------------------------------------------ set up

    def _recall(self) -> None:
        preferences = self.window.preferences
        for combo, value in (
            (self.setup.protocols, preferences.protocol),
            (self.setup.scenario, preferences.scenario),
            (self.setup.speed, preferences.speed),
        ):
            index = combo.findData(value)
            if index >= 0:
                combo.setCurrentIndex(index)

    def find_ports(self) -> None:
        """Look for serial ports off the window's thread."""
        self.window.jobs.start(lambda _: list_ports(), self.setup.set_ports, shown=False)

    def start(self, chosen: SetUp) -> None:
        """Start a recorder for what was chosen."""
        if self.recording is not None or self.finishing:
            return
        self.setup.set_recording(True)
        study = self.window.preferences.study_folder
        self.window.remember(
            protocol=chosen.protocol,
            **({} if chosen.scenario is None else {"scenario": chosen.scenario}),
            speed=chosen.speed,
        )

        def job(progress: Progress) -> tuple[Recorder, RecorderConfig, Path]:
            progress("starting the recorder", 0.2)
            protocol = load_protocol(chosen.protocol)
            place = chosen.out or ensure_folder(study)
            out = session_path(place, chosen.participant, protocol.id)
            config = recorder_config(
                out,
                chosen.devices,
                clock=chosen.clock,
                scenario=chosen.scenario,
                seed=chosen.seed,
                participant=chosen.participant,
                protocol=protocol,
            )
            return Recorder.start(config), config, out

        self.window.work("Starting the recorder", job, self._started, failed=self._not_started)

    def _not_started(self, error: BaseException) -> None:
        self.setup.set_recording(False)
        self.window.show_error(error)

    def _started(self, result: tuple[Recorder, RecorderConfig, Path]) -> None:
        recorder, config, out = result
        try:
            self._follow(recorder, config, out)
        except LabError as error:
            recorder.close()
            self._not_started(error)
            return
        self.window.go("run")
        self.recording_started.emit(self.recording)

    def _follow(self, recorder: Recorder, config: RecorderConfig, out: Path) -> None:
        protocol = None
        if config.protocol is not None:
            protocol = parse_protocol(config.protocol.text, name=config.protocol.name)
        recording = LiveRecording(
            recorder,
            Path(config.folder),
            out,
            clock=config.clock,
            protocol=protocol,
            simulated=config.scenario is not None,
            seed=config.seed if config.seed is not None else _seed_of(out),
            parent=self,
        )
        self.recording = recording
        self._warned.clear()
        self._drivers = {
            device.id: f"{device.driver} on {device.port}" for device in config.devices
        }
        recording.status_changed.connect(self._status)
        recording.troubled.connect(self.window.show_error)
        recording.died.connect(self._died)
        self.setup.set_recording(True)
        self.run.set_recording(recording)
        who = " ▸ ".join(
            part for part in (config.participant, protocol.title if protocol else "") if part
        )
        self.window.show_crumb(who)

    def attach(self, folder: Path) -> None:
        """Follow a recording that another window left running."""
        if self.recording is not None or self.finishing:
            self.window.say(Message("A recording is shown already.", "Finish it first."))
            return

        def job(_: Progress) -> tuple[Recorder, RecorderConfig, Path]:
            config = read_config(folder / CONFIG_NAME)
            return Recorder.attach(folder), config, _session_of(folder)

        self.window.work("Attaching to the recording", job, self._attached)

    def _attached(self, result: tuple[Recorder, RecorderConfig, Path]) -> None:
        self._started(result)
        if self.recording is not None:
            self.window.say(
                Message(
                    "The recording went on while no window was open, and is shown again.",
                    "Start the protocol again, or finish and analyse what was recorded.",
                    "grey",
                    key="attached",
                )
            )

    # ------------------------------------------------------------------ while recording

    def _status(self, status: dict[str, Any]) -> None:
        if self.recording is None:
            return
        self.window.topbar.show_status(status, self._drivers)
        self.run.show_status(status)
        warnings = set(map(str, status.get("warnings", ())))
        for gone in self._warned - warnings:
            self.window.banners.dismiss(gone)
        for text in warnings - self._warned:
            what, _, remedy = text.partition("; ")
            self.window.say(
                Message(
                    f"{what[:1].upper()}{what[1:]}.",
                    f"{remedy[:1].upper()}{remedy[1:]}." if remedy else "",
                    "bad",
                    key=text,
                )
            )
        self._warned = warnings

    def _device_details(self, name: str) -> None:
        if self.recording is None or name not in self.recording.status.get("streams", {}):
            return
        stream = self.recording.status["streams"][name]
        first, *rest = stream_details(name, stream, self._drivers.get(name, "")).splitlines()
        self.window.say(Message(first, "; ".join(rest) + ".", "grey", key=f"device {name}"))

    def _died(self) -> None:
        recording = self.recording
        if recording is None or self.finishing:
            return
        folder = recording.folder
        self._let_go()
        self.window.say(
            Message(
                "The recorder has ended unexpectedly. What it wrote is safe.",
                "Recover builds the session from it.",
                "bad",
                key="died",
                action="Recover",
                act=lambda: self.recover(folder),
            )
        )

    # ------------------------------------------------------------------ finish and result

    def finish(self) -> None:
        """Stop the recorder, build the session, analyse it, show the result."""
        recording = self.recording
        if recording is None or self.finishing:
            return
        self.finishing = True
        recording.quiet()
        self.run.set_recording(None)
        recording.source.close()
        self.window.topbar.show_status(None, {})

        def job(progress: Progress) -> tuple[Path, dict[str, Any] | LabError]:
            path = recording.finish(lambda what, share: progress(what, 0.5 * share))
            return path, _analysed(path, lambda what, share: progress(what, 0.5 + 0.5 * share))

        self.window.work("Stopping the recorder", job, self._finished, failed=self._not_finished)

    def _finished(self, result: tuple[Path, dict[str, Any] | LabError]) -> None:
        self._let_go()
        self.finishing = False
        path, document = result
        self.window.banners.dismiss(CLOSE_KEY)
        self.stopped.emit()
        if isinstance(document, LabError):
            self.window.say(
                Message(
                    f"The session is saved: {path}. It cannot be analysed: {document.what}.",
                    document.remedy,
                    "warn",
                    key="analysis",
                )
            )
            self.window.go("library")
            return
        self._show(path, document)

    def _not_finished(self, error: BaseException) -> None:
        self._let_go()
        self.finishing = False
        self.window.banners.dismiss(CLOSE_KEY)
        self.window.show_error(error)
        self.stopped.emit()
        self.window.go("library")

    def _let_go(self) -> None:
        recording, self.recording = self.recording, None
        for text in self._warned:
            self.window.banners.dismiss(text)
        self._warned = set()
        if recording is not None:
            self.run.set_recording(None)
            recording.release()
            recording.recorder.close()
            recording.deleteLater()
        self.window.topbar.show_status(None, {})
        self.setup.set_recording(False)
        self.window.show_crumb()

    def _show(self, path: Path, document: dict[str, Any]) -> None:
        self.result.set_document(document, path)
        self.window.go("result")
        self.result_shown.emit(path)

    def open(self, path: Path) -> None:
        """Open a session file; analyses it if it has not been."""

        def job(progress: Progress) -> tuple[Path, dict[str, Any]]:
            progress("opening", 0.05)
            from labapp.session.file import open_session

            with open_session(path) as session:
                document = session.results
            if document is None or document.get("schema") != "labapp-analysis/1":
                document = _analyse(path, progress, save=False)
            return path, document

        self.window.work("Opening", job, lambda result: self._show(*result))

    def report(self, kind: str) -> None:
        """Write the report beside the session."""
        path = self.result.path
        if path is None:
            return
        out = free_path(path.with_suffix(f".{kind}"))
        documents = [dict(self.result.document)] if self.result.document is not None else []

        def job(progress: Progress) -> Path:
            from labapp.workflow.files import make_report

            return make_report([path], out, documents=documents, progress=progress)

        self.window.work("Writing the report", job, self._reported)

    def _reported(self, out: Path) -> None:
        self.window.say(
            Message(
                f"The report is saved: {out}",
                "",
                "good",
                key="report",
                action="Open",
                act=lambda: self.window.open_file(out),
            )
        )
        self.report_written.emit(out)

    # ------------------------------------------------------------------ library

    def refresh(self) -> None:
        """Read the study folder again."""
        study = self.window.preferences.study_folder
        from labapp.ui.sessions import scan

        self.window.jobs.start(
            lambda _: scan(study),
            lambda entries: self.library.set_entries(entries, study),
            shown=False,
        )

    def check(self, path: Path) -> None:
        """Verify a session and show what was found."""

        def done(findings: Any) -> None:
            self.library.show_findings(path.name, findings)

        def job(_: Progress) -> Any:
            from labapp.workflow.files import check

            return check(path)

        self.window.work("Checking", job, done)

    def recover(self, folder: Path) -> None:
        """Build the session of a recording that was cut short, and open it."""

        def done(paths: list[Path]) -> None:
            self.window.banners.dismiss("died")
            self.refresh()
            if paths:
                self.open(Path(paths[0]))

        def job(_: Progress) -> list[Path]:
            from labapp.workflow.recovery import recover

            return [Path(path) for path in recover(folder)]

        self.window.work("Recovering", job, done)

    def look_for_running(self) -> None:
        """At start: find a recording that a window left running, and offer it."""
        study = self.window.preferences.study_folder
        from labapp.ui.sessions import running

        def done(folder: Path | None) -> None:
            if folder is not None and self.recording is None:
                self.attach(folder)

        self.window.jobs.start(lambda _: running(study), done, shown=False)

    # ------------------------------------------------------------------ settings and end

    def _set_look(self, theme: str, scale: float) -> None:
        self.window.remember(theme=theme, scale=scale)
        self.window.look.apply(self.window.preferences.theme, scale)

    def _set_study(self, text: str) -> None:
        try:
            folder = ensure_folder(Path(text).expanduser()) if text else None
        except LabError as error:
            self.window.show_error(error)
            self.settings.study.setText(str(self.window.preferences.study_folder))
            return
        self.window.remember(study="" if folder is None else str(folder.absolute()))
        self.settings.study.setText(str(self.window.preferences.study_folder))
        self.window.show_crumb()

    def closing(self, event: QCloseEvent) -> None:
        """While recording, the first attempt to close explains; the second closes."""
        if self.finishing:
            event.ignore()
            self.window.say(
                Message(
                    "The session is being built.",
                    "The window can close in a moment.",
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
                    "The recording goes on when the window closes; cues end.",
                    "The window finds it again at the next start. Close again to leave it "
                    "running, or finish it on the page Run.",
                    "warn",
                    key=CLOSE_KEY,
                    action="Close the window",
                    act=lambda: self.window.later(self.window.close),
                )
            )
            return
        event.accept()
        if self.recording is not None:
            self._let_go()


def _analyse(path: Path, progress: Progress, *, save: bool) -> dict[str, Any]:
    from labapp.workflow.analysing import analyse  # brings SciPy: not on the start-up path

    return analyse(path, save=save, progress=progress)


def _analysed(path: Path, progress: Progress) -> dict[str, Any] | LabError:
    """Return the analysis of a session, or why there is none: the session itself is safe by now."""
    try:
        return _analyse(path, progress, save=True)
    except LabError as error:
        logging.getLogger("labapp.ui").warning("not analysed: %s", error)
        return error


def _session_of(folder: Path) -> Path:
    """Path of the session that a recording folder will become."""
    return folder.with_name(f"{folder.name.removesuffix('.recording')}.h5")


def _seed_of(out: Path) -> int:
    """Seed of the random foreperiods of a real recording: from its name, so that it is known."""
    return int.from_bytes(out.stem.encode()[-8:], "little") % 2**31
