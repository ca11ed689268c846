"""The window's doors: `main`, `run_preset` for ``labapp run``, `run_demo` for the demo."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from labapp.errors import LabError
from labapp.ui.logs import Unexpected, start_log
from labapp.ui.opening import Opening

if TYPE_CHECKING:
    from labapp.record.config import DeviceConfig


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


def run_preset(
    protocol: str,
    participant: str,
    *,
    study: Path | None = None,
    devices: tuple[DeviceConfig, ...] = (),
    scenario: str = "demo",
    speed: float = 1.0,
    seed: int = 1,
    practice: bool = False,
) -> int:
    """Open the window with the page Set up filled in; the person starts the recording there.

    Parameters
    ----------
    protocol, scenario
        Name, or path of a file.
    study
        Folder of the session; None: that of the preferences. It is not remembered.
    devices
        None given: the simulated lab.
    speed
        Lab seconds per second, where every device is simulated.
    seed
        Of simulated devices and of the foreperiods of a simulated recording.
    practice
        Run the optional blocks too.

    Returns
    -------
    int
        0 when the window was closed.

    Raises
    ------
    LabError
        No screen, no such protocol or scenario, a study folder that cannot be written to.
    """
    from labapp.simulate.scenario import load_scenario
    from labapp.trials.protocol import load_protocol
    from labapp.ui.choices import Preset
    from labapp.workflow.naming import ensure_folder

    load_protocol(protocol)
    load_scenario(scenario)
    if study is not None:
        study = ensure_folder(study).absolute()
    made = application()
    wishes = Preset(protocol, participant, study, devices, scenario, speed, seed, practice)
    end_log = start_log()
    unexpected = Unexpected()
    unexpected.install()
    try:
        opening = Opening(unexpected=unexpected, attach=False)
        opening.preset(wishes)
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
