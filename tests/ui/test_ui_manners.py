"""What holds for every page: names, tooltips, words, keys, look, start-up, unexpected errors."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from labapp.errors import LabError, NotGiven, NotNeeded
from labapp.ui.app import check_screen
from labapp.ui.banner import Banners, Message, message_of
from labapp.ui.logs import Unexpected, log_folder, start_log
from labapp.ui.opening import Opening
from labapp.ui.preferences import Preferences, load_preferences, preferences_path
from labapp.ui.sessions import look_at_recording

Open = Callable[..., Opening]
PAGES = ("setup", "check", "run", "result", "library", "settings", "help")
QT_OWN = ("qt_", "ScrollLeftButton", "ScrollRightButton")


def controls(window: QWidget) -> list[QWidget]:
    """Everything of ours that can be operated."""
    found: list[QWidget] = []
    for kind in (QAbstractButton, QComboBox, QLineEdit):
        found += [w for w in window.findChildren(kind) if not w.objectName().startswith(QT_OWN)]
    # Corner buttons of tables and editors inside combos belong to Qt.
    return [w for w in found if type(w).__module__ != "PySide6.QtWidgets" or w.objectName()]


def test_every_control_has_name_words_and_tooltip(open_window: Open) -> None:
    window = open_window().window
    unnamed = [
        f"{type(w).__name__} {w.objectName()!r}"
        for w in controls(window)
        if not (w.objectName() and w.accessibleName() and w.toolTip())
    ]
    assert not unnamed
    names = [w.objectName() for w in controls(window)]
    assert len(names) == len(set(names))
    assert len(names) > 40


def test_no_exclamation_marks_and_no_praise(open_window: Open) -> None:
    window = open_window().window
    words = [w.text() for w in window.findChildren(QLabel)]
    words += [w.text() + w.toolTip() for w in window.findChildren(QAbstractButton)]
    assert not [text for text in words if "!" in text or "improved" in text]


def test_pages_by_key_and_nothing_is_cut(qtbot: QtBot, open_window: Open) -> None:
    opening = open_window()
    window = opening.window
    window.resize(1280, 800)
    with qtbot.waitActive(window):
        window.activateWindow()
    for number, name in enumerate(PAGES[:5], start=1):
        key = getattr(Qt.Key, f"Key_{number}")
        QTest.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
        assert window.page == name
    QTest.keyClick(window, Qt.Key.Key_F1)
    assert window.page == "help"
    for name in PAGES:
        window.go(name)
        QTest.qWait(1)
        page = window.pages[name]
        if hasattr(page, "scroller"):
            assert page.body.minimumSizeHint().width() <= page.scroller.viewport().width(), name
        cut = [
            w.objectName()
            for w in page.findChildren(QAbstractButton)
            if w.isVisible() and w.width() < w.sizeHint().width() - 1
        ]
        assert not cut, name


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_scale_is_applied_at_once_and_kept(qtbot: QtBot, open_window: Open, theme: str) -> None:
    opening = open_window()
    window, work = opening.window, opening.work
    assert work is not None
    before = window.rail.width()
    work.settings.theme.setCurrentIndex(work.settings.theme.findData(theme))
    work.settings.scale.setCurrentIndex(work.settings.scale.findData(2.0))
    assert window.rail.width() == 2 * before
    assert window.look.colours.dark == (theme == "dark")
    assert load_preferences().theme == theme
    assert load_preferences().scale == 2.0
    window.look.apply("light", 1.0)


def test_study_folder_that_cannot_be_is_a_banner(open_window: Open, tmp_path: Path) -> None:
    opening = open_window()
    assert opening.work is not None
    (tmp_path / "file").write_text("x")
    kept = opening.window.preferences.study_folder
    opening.work.settings.study.setText(str(tmp_path / "file" / "below"))
    opening.work.settings.study.editingFinished.emit()
    assert "cannot be created" in opening.window.banners.text()
    assert opening.window.preferences.study_folder == kept
    opening.work.settings.study.setText(str(tmp_path / "other"))
    opening.work.settings.study.editingFinished.emit()
    assert (tmp_path / "other").is_dir()
    assert opening.window.preferences.study == str(tmp_path / "other")


def test_broken_preferences_give_the_defaults(home: Path) -> None:
    preferences_path().write_text('{"theme": "pink"')
    assert load_preferences() == Preferences()
    preferences_path().write_text('{"theme": "light", "scale": 99}')
    assert load_preferences() == Preferences()


def test_banner_replaces_the_same_matter_and_keeps_three(qtbot: QtBot, qapp: Any) -> None:
    banners = Banners()
    qtbot.addWidget(banners)
    for text in ("a", "b", "c", "d"):
        banners.show_message(Message(text))
    assert banners.text() == "b\nc\nd"
    banners.show_message(Message("C again", key="c"))
    assert banners.text() == "b\nd\nC again"
    banners.dismiss("c")
    assert banners.text() == "b\nd"


def test_message_of_an_error_has_what_and_remedy() -> None:
    message = message_of(LabError("COM3 is in use", "close the other program"))
    assert (message.what, message.remedy) == ("COM3 is in use.", "Close the other program.")
    assert message.level == "bad"
    for fault, level in ((False, "grey"), (True, "warn")):
        said = message_of(NotNeeded("this repetition does not count as recorded", fault=fault))
        assert said.level == level
    missing = message_of(NotGiven("a rejection needs a reason"))
    assert missing.level == "warn"  # nothing is lost: red would cry wolf
    bug = message_of(ValueError("odd"))
    assert "ValueError" in bug.what
    assert "folder of logs" in bug.remedy


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_unexpected_exceptions_reach_banner_and_log(
    qtbot: QtBot, home: Path, qapp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_log = start_log()
    unexpected = Unexpected()
    unexpected.install()
    opening = Opening(Preferences(theme="light"), unexpected, attach=False)
    try:
        with qtbot.waitSignal(opening.ready, timeout=30_000):
            pass

        def fail() -> None:
            raise RuntimeError("a slot fell over")

        with qtbot.captureExceptions() as caught:
            QTimer.singleShot(0, fail)
            qtbot.waitUntil(lambda: bool(caught), timeout=5_000)
        unexpected._hook(*caught[0])
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        qtbot.waitUntil(lambda: "a slot fell over" in opening.window.banners.text(), timeout=5_000)
    finally:
        unexpected.remove()
        end_log()
        opening.window.close()
        opening.window.deleteLater()
    log = (log_folder() / "window.log").read_text()
    assert log.count("a slot fell over") >= 2
    assert "Traceback" in log


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux lacks a screen")
def test_no_screen_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(LabError, match="no screen found"):
        check_screen()


def test_a_recording_that_became_a_session_while_the_library_looks_is_left_out(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "AB-014_pull.recording"
    folder.mkdir()
    assert look_at_recording(folder) is None
    (folder / "capture.log").touch()
    entry = look_at_recording(folder)
    assert entry is not None
    assert entry.kind == "unfinished"


def test_frame_and_pages_need_no_library_that_loads_slowly() -> None:
    script = (
        "import sys; import labapp.ui.opening, labapp.ui.app;"
        "print([n for n in ('numpy', 'pyqtgraph', 'scipy', 'h5py') if n in sys.modules]);"
        "import labapp.ui.work;"
        "print([n for n in ('pyqtgraph', 'scipy', 'h5py') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.stdout.split() == ["[]", "[]"]


def test_what_nobody_expected_leads_to_the_logs(
    open_window: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window().window
    opened: list[str] = []
    monkeypatch.setattr(window, "open_file", lambda path: opened.append(path.name))
    window.show_error(ValueError("no such thing"))
    click = window.banners.findChild(QPushButton, "banner_0_action")
    assert click is not None
    assert click.text() == "Open the folder of logs"
    click.click()
    assert opened == ["logs"]
