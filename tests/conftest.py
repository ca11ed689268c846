"""For every test: no display needed, no trace in the user's folders, nothing left behind.

A test that leaves a thread, a child process, an open file or a running Qt timer fails, with
the names of what it left. The watch costs well under 2 ms a test: it counts before and after,
and only looks closely (and waits a little for things that are just ending) if counts differ.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    # Without a display and without this, QApplication aborts the whole process.
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
HOME = tempfile.mkdtemp(prefix="labapp-tests-")
os.environ["LABAPP_HOME"] = HOME
os.environ["LANGUAGE"] = "en"  # the window speaks the computer's language
# Else every process that loads NumPy has a tenth of a second of threads that wait in circles.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Workers and two hundred child processes import the same modules: without this, where it is set,
# each would compile all of them again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

GRACE_S = 2.0
HARMLESS_FILES = (
    "/dev/null",
    "/dev/urandom",
    "/dev/random",
    "/dev/dri",
    "/proc",
    "/sys",
    "/memfd:",
)

FONTS = (".ttf", ".otf", ".ttc")  # matplotlib keeps the fonts that it uses open


def qt_loads() -> bool:
    """Whether Qt's system libraries are there (run.py tells what is missing)."""
    try:
        from PySide6 import QtWidgets  # noqa: F401
    except ImportError:
        return False
    return True


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    if not pluginmanager.hasplugin("pytest-qt") and not pluginmanager.hasplugin("pytestqt.plugin"):
        parser.addini("qt_api", "read by pytest-qt, which is switched off where Qt cannot load")


def pytest_configure(config: pytest.Config) -> None:
    from hypothesis import settings

    # Same examples every time, and no deadline: the machine may be busy.
    settings.register_profile("labapp", deadline=None, derandomize=True, database=None)
    settings.register_profile("search", deadline=None, max_examples=2000)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "labapp"))
    config.add_cleanup(lambda: shutil.rmtree(HOME, ignore_errors=True))
    gc.disable()


def pytest_collection_finish() -> None:
    """Leave the thousands of collected tests out of every later garbage collection.

    A seventh of the whole run went into walking through them; tests that watch for leaks
    collect by themselves.
    """
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 20, 100)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    tests = Path(__file__).parent
    if collection_path == tests / "bench":
        # Measurements run by their own word (run.py bench).
        return not any("bench" in argument for argument in config.invocation_params.args)
    if collection_path == tests / "ui" and not qt_loads():
        config.stash[QT_MISSING] = True
        return True
    return None


QT_MISSING = pytest.StashKey[bool]()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if config.stash.get(QT_MISSING, False):
        terminalreporter.write_line("tests/ui left out: Qt's system libraries are missing here")


# ---------------------------------------------------------------- the leak watch


def threads() -> dict[int, str]:
    """Living threads by id."""
    return {
        id(thread): f"thread {thread.name}"
        for thread in threading.enumerate()
        if not isinstance(thread, threading._DummyThread)
    }


def children() -> dict[int, str]:
    """Child processes by pid, ended but not awaited ones too."""
    found = {child.pid: f"process {child.name}" for child in multiprocessing.active_children()}
    if sys.platform == "linux":
        for task in Path("/proc/self/task").iterdir():
            try:
                pids = (task / "children").read_text().split()
            except OSError:  # the thread has just ended
                continue
            for pid in map(int, pids):
                found[pid] = found.get(pid) or f"process {pid}"
    return {pid: name for pid, name in found.items() if pid is not None}


def command_of(pid: int) -> str:
    """Command line of a process, to name it."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    return b" ".join(words).decode(errors="replace")[:120] or "(ended, not awaited)"


def open_files() -> dict[int, str]:
    """Open descriptors and what they are (Linux; elsewhere nothing can be said)."""
    if sys.platform != "linux":
        return {}
    found = {}
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 (ten times faster than pathlib)
        try:
            target = os.readlink(f"/proc/self/fd/{name}")  # noqa: PTH115
        except OSError:
            continue
        if not target.startswith((*HARMLESS_FILES, "anon_inode:")) and not target.endswith(FONTS):
            found[int(name)] = f"file {target}"
    return found


class QtWatch:
    """Timers and threads of Qt that were started and are still running."""

    def __init__(self) -> None:
        self.started: dict[int, Any] = {}
        self._patched: list[tuple[Any, Callable[..., Any]]] = []

    def patch(self) -> None:
        """Note every start from here on; does nothing until something has loaded Qt."""
        core = sys.modules.get("PySide6.QtCore")
        if core is None or self._patched:
            return
        for kind in (core.QTimer, core.QThread):
            original = kind.start

            def start(this: Any, *args: Any, _original: Callable[..., Any] = original) -> Any:
                self.started[id(this)] = this
                return _original(this, *args)

            self._patched.append((kind, original))
            kind.start = start

    def unpatch(self) -> None:
        """Put Qt's own methods back."""
        for kind, original in self._patched:
            kind.start = original
        self._patched.clear()

    def running(self) -> dict[int, str]:
        """Names of what is still running."""
        if not self.started:
            return {}
        import shiboken6

        found = {}
        for key, thing in list(self.started.items()):
            if not shiboken6.isValid(thing):
                active = False
            else:
                active = thing.isActive() if hasattr(thing, "isActive") else thing.isRunning()
            if active:
                parent = thing.parent()
                owner = f" of {type(parent).__name__}" if parent else ""
                found[key] = f"{type(thing).__name__} {thing.objectName()!r}{owner}"
            else:
                del self.started[key]
        return found


qt_watch = QtWatch()


def settle() -> None:
    """Let things that are just ending end."""
    gc.collect()
    core = sys.modules.get("PySide6.QtCore")
    if core is not None and core.QCoreApplication.instance() is not None:
        core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete.value)


def is_tracker(pid: int) -> bool:
    """Whether this is multiprocessing's own helper, kept for the life of the process."""
    return "resource_tracker" in (command := command_of(pid)) or "forkserver" in command


def tracker_pipe() -> int | None:
    """Descriptor that multiprocessing keeps to its own helper."""
    module = sys.modules.get("multiprocessing.resource_tracker")
    return module._resource_tracker._fd if module else None


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fail a test that leaves a thread, a process, an open file or a running timer."""
    qt_watch.patch()
    before = (threads(), children(), open_files(), qt_watch.running())
    yield
    qt_watch.patch()
    give_up = time.monotonic() + GRACE_S
    while True:
        left = [
            *(name for key, name in threads().items() if key not in before[0]),
            *(
                f"{name} {command_of(pid)}"
                for pid, name in children().items()
                if pid not in before[1] and not is_tracker(pid)
            ),
            *(
                name
                for fd, name in open_files().items()
                if before[2].get(fd) != name and fd != tracker_pipe()
            ),
            *(name for key, name in qt_watch.running().items() if key not in before[3]),
        ]
        if not left:
            return
        if time.monotonic() > give_up:
            pytest.fail(f"left behind: {'; '.join(sorted(left))}", pytrace=False)
        settle()
        time.sleep(0.02)


@pytest.fixture(scope="session")
def own_lsl_session() -> Iterator[None]:
    """Let liblsl, here and in children, see nothing but what this test process starts.

    One for all tests: liblsl reads its settings once per process.
    """
    path = Path(HOME) / "lsl_api.cfg"
    text = f"[lab]\nSessionID = labapp-test-{os.getpid()}\n[log]\nlevel = -3\n"
    path.write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LSLAPICFG", str(path))
        yield
