"""Starting a recorder process, and hearing how its start went."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

from labapp.errors import LabError, PortError
from labapp.record.place import CONFIG_NAME, ERRORS_NAME

_START_S: Final = 60.0


def make_folder(folder: Path) -> bool:
    """Create the folder of a recording; False if it was there."""
    if folder.is_dir():
        return False
    try:
        folder.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise LabError(
            f"cannot create the folder {folder}: {error.strerror}",
            "choose a folder you may write to",
        ) from None
    return True


def spawn(folder: Path) -> subprocess.Popen[bytes]:
    """Start the process in a session of its own: closing our terminal does not end it."""
    environment = dict(os.environ)
    home = str(Path(__file__).resolve().parents[2])
    paths = environment.get("PYTHONPATH", "")
    environment["PYTHONPATH"] = home + (os.pathsep + paths if paths else "")
    # Nothing there is worth threads for matrices; they cost a tenth of a second at each start.
    environment.setdefault("OPENBLAS_NUM_THREADS", "1")
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
    with (folder / ERRORS_NAME).open("wb") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", "labapp.record", str(folder / CONFIG_NAME)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            start_new_session=sys.platform != "win32",
            creationflags=flags,
        )


def await_ready(child: subprocess.Popen[bytes], folder: Path) -> None:
    """Read the one line the recorder says; it comes, or the process ends, or time is over."""
    if child.stdout is None:
        raise ValueError("the child was started without a pipe")
    guard = threading.Timer(_START_S, child.kill)
    guard.start()
    try:
        with child.stdout as pipe:
            line = pipe.readline(65536)
    finally:
        guard.cancel()
        guard.join()
    try:
        said = json.loads(line)
    except ValueError:
        said = {}
    if said.get("ready"):
        return
    error = said.get("error")
    if isinstance(error, dict):
        raise PortError(str(error.get("what")), str(error.get("remedy", "")))
    raise LabError(
        f"the recorder did not start: {last_line(folder)}", "labapp doctor checks the installation"
    )


def end(child: subprocess.Popen[bytes]) -> None:
    """Make sure that a recorder whose start failed has ended and is reaped."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(2.0)
    if child.poll() is None:
        child.kill()
        child.wait()


def last_line(folder: Path) -> str:
    """Return what the recorder said last on its way out."""
    try:
        lines = (folder / ERRORS_NAME).read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else "it said nothing"
