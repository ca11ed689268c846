"""The window's two doors: `main` for a person, `run_demo` for the demo that runs by itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QApplication

from labapp.errors import LabError
from labapp.ui.logs import Unexpected, start_log
from labapp.ui.opening import Opening


def check_screen() -> None:
    """Raise `LabError` where Qt would end the process: Linux without any display."""
    if sys.platform.startswith("linux") and not any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        raise LabError(
            "no screen found (DISPLAY and WAYLAND_DISPLAY are not set)",
            "use --headless, or log in at a screen",
        )


def application() -> QApplication:
    """Return the one QApplication, made if there is none yet.

    Raises
    ------
    LabError
        There is no screen.
    """
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    check_screen()
    made = QApplication(["labapp"])
    made.setApplicationName("labapp")
    made.setApplicationDisplayName("labapp")
    made.setStyle("Fusion")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window and stay until it is closed; ``argv`` may name a session to open."""
    made = application()
    end_log = start_log()
    unexpected = Unexpected()
    unexpected.install()
    try:
        opening = Opening(unexpected=unexpected)
        for word in list(argv or ())[:1]:
            opening.open(Path(word))
        return int(made.exec())
    finally:
        unexpected.remove()
        end_log()


def run_demo(
    out: str | Path,
    seed: int = 1,
    speed: float | None = None,
    scenario: str = "demo",
    linger_s: float = 6.0,
) -> int:
    """Do the whole main job in the window by itself: record, verdict, report.

    Parameters
    ----------
    out
        Folder, created if need be; files of an earlier demo with the same seed are replaced.
    seed
        Of the simulated lab and the random foreperiods.
    speed
        Lab seconds per second; None: so that the protocol takes about 20 s, if the machine can.
    linger_s
        How long the result stays on the screen unless somebody uses the window.

    Returns
    -------
    int
        0 when session, verdict and report were made; 1 when the window was closed before.

    Raises
    ------
    LabError
        No screen, or a folder that cannot be written to.
    """
    made = application()
    from labapp.ui.demo import Demo

    end_log = start_log()
    unexpected = Unexpected()
    unexpected.install()
    try:
        demo = Demo(Path(out), seed, speed, scenario, linger_s, unexpected)
        made.exec()
        return demo.finish()
    finally:
        unexpected.remove()
        end_log()
