"""The demo in the window: presses the buttons that a person would press, at a higher speed."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication

from labapp.errors import LabError
from labapp.translate import tr
from labapp.ui.banner import Message
from labapp.ui.choices import SetUp, simulated_devices
from labapp.ui.logs import Unexpected
from labapp.ui.opening import Opening
from labapp.ui.preferences import load_preferences
from labapp.ui.recording import LiveRecording
from labapp.ui.work import Work
from labapp.workflow.demo_job import closing_words, demo_files, demo_protocol, write_analysis
from labapp.workflow.naming import DEMO_PARTICIPANT

WALL_S = 20.0


class Demo(QObject):
    """Drives one window from set-up to report, then lets it linger."""

    def __init__(
        self,
        out: Path,
        seed: int,
        speed: float | None,
        scenario: str,
        linger_s: float,
        unexpected: Unexpected | None,
    ) -> None:
        super().__init__()
        folder = out.absolute()
        self.files = demo_files(folder, seed=seed, scenario=scenario)
        self.seed, self.scenario, self.linger_s = seed, scenario, linger_s
        self.speed = speed or max(8.0, demo_protocol().duration_s() / WALL_S)
        self.done = False
        self.problem: BaseException | None = None
        preferences = msgspec.structs.replace(load_preferences(), study=str(folder))
        self.opening = Opening(preferences, unexpected, attach=False)
        self.opening.window.keep_preferences = False
        self.opening.ready.connect(self._start)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.opening.window.close)

    @property
    def work(self) -> Work:
        """The work of the demo's window."""
        if self.opening.work is None:
            raise RuntimeError("the window is not ready")
        return self.opening.work

    def _start(self) -> None:
        work = self.work
        work.recording_started.connect(self._begin)
        work.result_shown.connect(self._save)
        work.report_written.connect(self._linger)
        self.opening.window.jobs.failed.connect(self._failed)
        work.stopped.connect(self._stopped)
        work.setup.participant.setText(DEMO_PARTICIPANT)
        work.start(
            SetUp(
                participant=DEMO_PARTICIPANT,
                protocol=demo_protocol(),
                devices=simulated_devices(),
                scenario=self.scenario,
                speed=self.speed,
                seed=self.seed,
                out=self.files.session,
            )
        )

    def _begin(self, recording: LiveRecording) -> None:
        recording.over.connect(self.work.finish)
        self.work.run.begin_protocol()

    def _stopped(self) -> None:
        if not self.files.session.exists():
            self.opening.window.close()

    def _save(self, _: object) -> None:
        document = self.work.result.document
        if document is not None:
            write_analysis(self.files.analysis, dict(document))
        self.work.shelf.report("html")

    def _failed(self, error: BaseException) -> None:
        self.problem = error
        self._timer.start(round(self.linger_s * 1000))

    def _linger(self, _: object) -> None:
        self.done = True
        self.opening.window.say(
            Message(
                tr(
                    "The demo is done. The window closes in {linger_s:.0f} s, unless you use it.",
                    linger_s=self.linger_s,
                ),
                "",
                "grey",
                key="demo",
            )
        )
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(self)
        self._timer.start(round(self.linger_s * 1000))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay open as soon as somebody presses a key or a button."""
        if event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.KeyPress):
            self._timer.stop()
            self.opening.window.banners.dismiss("demo")
        return False

    def finish(self) -> int:
        """Print what was made; 0 if all of it was."""
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        if isinstance(self.problem, LabError):
            raise self.problem
        if not self.done or self.work.result.document is None:
            print("labapp: the demo was ended before its report", file=sys.stderr)
            return 1
        print(closing_words(dict(self.work.result.document), self.files))
        return 0
