"""The window as a test uses it: opened in a study folder of its own, closed without a trace."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from example_document import example_document
from PySide6.QtCore import QCoreApplication, QEvent
from pytestqt.qtbot import QtBot

from labapp.ui.language import speak_as_chosen
from labapp.ui.look import Look
from labapp.ui.opening import Opening
from labapp.ui.preferences import Preferences

SHORT = Path(__file__).parents[1] / "data" / "short_pull.toml"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's data folder with the short protocol in it."""
    folder = tmp_path / "home"
    (folder / "protocols").mkdir(parents=True)
    shutil.copy(SHORT, folder / "protocols" / "short_pull.toml")
    monkeypatch.setenv("LABAPP_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def qapp(qapp: Any) -> Any:
    """Dress the application once: a style put on again restyles every widget there is."""
    qapp.setStyle("Fusion")
    return qapp


@pytest.fixture(autouse=True)
def deleted_at_once() -> Iterator[None]:
    """Delete what is to be deleted now, not when an event loop next runs.

    Widgets of tests before are dressed anew with every style sheet, as long as they are there.
    """
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def look(qapp: Any) -> Look:
    return Look("light")


@pytest.fixture
def document() -> dict[str, Any]:
    return example_document()


Open = Callable[..., Opening]


@pytest.fixture
def open_window(qtbot: QtBot, qapp: Any, home: Path, tmp_path: Path) -> Iterator[Open]:
    """Open a window that is ready; it is closed at the end, with whatever it left running."""
    opened: list[Opening] = []

    def open_one(**wishes: Any) -> Opening:
        attach = wishes.pop("attach", False)
        wishes = {
            "theme": "light",
            "language": "en",
            "study": str(tmp_path / "study"),
            "protocol": "short_pull",
            "scenario": "rhomboid_leads_30ms",
            "speed": 10.0,
            **wishes,
        }
        opening = Opening(Preferences(**wishes), attach=attach)
        opened.append(opening)
        if not opening.is_ready:
            with qtbot.waitSignal(opening.ready, timeout=30_000):
                pass
        assert opening.work is not None
        return opening

    yield open_one
    for opening in opened:
        work = opening.work
        if work is not None and work.recording is not None:
            recording = work.recording
            recording.quiet()
            recording.recorder.stop()
            work.steering.let_go()
        opening.window.close()
        opening.window.jobs.finish()
        opening.window.deleteLater()
    speak_as_chosen("en")
