"""The window's log file, and exceptions that nobody expected: written down, and shown."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, Signal

from labapp import paths

LOGGER = logging.getLogger("labapp")


def log_folder() -> Path:
    """Folder of the window's logs."""
    return paths.home() / "logs"


def start_log() -> Callable[[], None]:
    """Write warnings and errors to ``window.log``; returns what ends it.

    A folder that cannot be written to is no reason not to start: the banner still shows every
    problem.
    """
    try:
        log_folder().mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = RotatingFileHandler(
            log_folder() / "window.log", maxBytes=1_000_000, backupCount=3, encoding="utf-8"
        )
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.setLevel(logging.INFO)
    LOGGER.addHandler(handler)

    def end() -> None:
        LOGGER.removeHandler(handler)
        handler.close()

    return end


class Unexpected(QObject):
    """Catches exceptions of slots and threads, logs them, and tells the window."""

    caught = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._before = (sys.excepthook, threading.excepthook)

    def install(self) -> None:
        """Take over `sys.excepthook` and `threading.excepthook`."""
        sys.excepthook = self._hook
        threading.excepthook = self._thread_hook

    def remove(self) -> None:
        """Give the hooks back."""
        sys.excepthook, threading.excepthook = self._before

    def _hook(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
            return
        LOGGER.error("unexpected: %s", "".join(traceback.format_exception(kind, error, trace)))
        self.caught.emit(f"{kind.__name__}: {error}")

    def _thread_hook(self, arguments: threading.ExceptHookArgs) -> None:
        error = arguments.exc_value
        if error is not None:
            self._hook(arguments.exc_type, error, arguments.exc_traceback)
