"""The folder of a running recording: the names in it, and how it is tidied."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any, Final

LOG_NAME: Final = "capture.log"
RING_NAME: Final = "live.ring"
PAGE_NAME: Final = "intake.page"
TRUTH_NAME: Final = "truth.json"
CONFIG_NAME: Final = "config.json"
ADDRESS_NAME: Final = "recorder.json"
ERRORS_NAME: Final = "recorder.err"
SOCKET_NAME: Final = "recorder.sock"
_SIDE_FILES: Final = (CONFIG_NAME, ADDRESS_NAME, ERRORS_NAME, RING_NAME, PAGE_NAME, SOCKET_NAME)


def clean_up(folder: Path, *, keep_folder: bool = False) -> None:
    """Remove what a recording leaves beside its log; the folder too if it is empty then.

    The capture log and the truth of simulated devices are never touched here.
    """
    for name in _SIDE_FILES:
        with contextlib.suppress(OSError):  # a window on Windows may still look at the ring
            (folder / name).unlink(missing_ok=True)
    if not keep_folder:
        with contextlib.suppress(OSError):  # not empty: it holds a log
            folder.rmdir()


def discard(folder: Path) -> None:
    """Delete a recording's folder: only after its session was built and verified."""
    for name in (LOG_NAME, TRUTH_NAME):
        (folder / name).unlink(missing_ok=True)
    clean_up(folder)


def write_atomically(path: Path, document: Any, mode: int = 0o600) -> None:
    """Write JSON beside ``path`` and put it in place in one step."""
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, allow_nan=False)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
