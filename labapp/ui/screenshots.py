"""Pictures of every page, for the documentation: ``python -m labapp.ui.screenshots FOLDER``.

A simulated recording is made in the window, with the real recorder, and every page is saved as
PNG in the light and the dark theme. ``QT_SCALE_FACTOR=2`` doubles the pixels.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from labapp.errors import LabError
from labapp.translate import LANGUAGES, tr
from labapp.trials.run import RunEvent
from labapp.ui.app import application
from labapp.ui.banner import Message
from labapp.ui.choices import SetUp, simulated_devices
from labapp.ui.opening import Opening
from labapp.ui.preferences import Preferences
from labapp.ui.recording import LiveRecording
from labapp.ui.theme import ThemeName
from labapp.workflow.demo_job import demo_protocol

PAGES = ("setup", "check", "result", "library", "settings", "help")
SETTLE_MS = 400


class Photographer(QObject):
    """Runs one recording in one window and takes pictures on the way."""

    def __init__(
        self, out: Path, study: Path, scenario: str, size: tuple[int, int], language: str
    ) -> None:
        super().__init__()
        self.out = out
        self.scenario = scenario
        self.cues = 0
        self._pages: list[str] = []
        preferences = Preferences(
            theme="light", study=str(study), scenario=scenario, speed=10.0, language=language
        )
        self.opening = Opening(preferences, attach=False)
        self.window = self.opening.window
        self.window.keep_preferences = False
        self.window.resize(*size)
        self.opening.ready.connect(self._start)

    def take(self, name: str) -> None:
        """Save the window in both themes."""
        for theme in ("light", "dark"):
            self._dress("dark" if theme == "dark" else "light")
            self.window.grab().save(str(self.out / f"{name}_{theme}.png"))
        self._dress("light")

    def _dress(self, theme: ThemeName) -> None:
        self.window.look.apply(theme, self.window.look.scale)
        for _ in range(3):
            application().processEvents()

    def _start(self) -> None:
        work = self.opening.work
        if work is None:
            return
        work.setup.participant.setText("AB-014")
        work.recording_started.connect(self._began)
        work.result_shown.connect(lambda _: QTimer.singleShot(SETTLE_MS, self._tour))
        work.start(
            SetUp(
                participant="AB-014",
                protocol=demo_protocol(),
                devices=simulated_devices(),
                scenario=self.scenario,
                speed=16.0,
                seed=1,
            )
        )

    def _began(self, recording: LiveRecording) -> None:
        work = self.opening.work
        if work is None:
            return
        recording.happened.connect(self._happened)
        recording.over.connect(work.finish)
        work.run.begin_protocol()

    def _happened(self, event: RunEvent) -> None:
        work = self.opening.work
        self.cues += event.kind == "cue"
        if self.cues == 8 and event.kind == "hold":
            QTimer.singleShot(30, partial(self.take, "run"))
        if self.cues == 5 and event.kind == "rest" and work is not None:
            work.run.press("reject")

    def _tour(self) -> None:
        self._pages = [*PAGES, "run"]
        self._next_page()

    def _next_page(self) -> None:
        if not self._pages:
            self.window.close()
            return
        if self._pages == ["run"]:
            what = tr("UT right: 50 Hz hum.")
            self.window.say(Message(what, tr("Check the reference electrode."), "warn"))
        self.window.go(self._pages[0])
        QTimer.singleShot(SETTLE_MS, self._take_page)

    def _take_page(self) -> None:
        name = self._pages.pop(0)
        self.take("idle" if name == "run" else name)
        self._next_page()


def main(argv: list[str] | None = None) -> int:
    """Take the pictures; returns 0."""
    parser = argparse.ArgumentParser(prog="python -m labapp.ui.screenshots", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--scenario", default="demo")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=800)
    parser.add_argument("--language", choices=sorted(LANGUAGES), default="en")
    words = parser.parse_args(argv)
    words.out.mkdir(parents=True, exist_ok=True)
    try:
        made = application()
    except LabError as error:
        print(f"screenshots: {error}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LABAPP_HOME"] = folder
        photographer = Photographer(
            words.out,
            Path(folder) / "demo study",
            words.scenario,
            (words.width, words.height),
            words.language,
        )
        made.exec()
        photographer.window.jobs.finish()
    print(f"{len(list(words.out.glob('*.png')))} pictures in {words.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
