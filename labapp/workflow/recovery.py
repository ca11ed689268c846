"""Recordings that were cut short become sessions, by the code that every recording ends with."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from labapp.errors import LabError
from labapp.record.client import Recorder
from labapp.record.log import read_log
from labapp.record.place import ADDRESS_NAME, LOG_NAME, discard
from labapp.session.file import open_session
from labapp.workflow.record import finish_recording

Progress = Callable[[str, float], None]

SUFFIX = ".recording"


def recover(path: str | Path, *, progress: Progress | None = None) -> list[Path]:
    """Build the session of every recording at ``path`` that was left behind.

    ``NAME.recording/capture.log`` becomes ``NAME.h5`` beside the folder, which is deleted after
    the session was compared with its log. A recorder that still runs (whoever started it died)
    is stopped first when its own folder is given, and left alone when it only lies somewhere
    below ``path``.

    Parameters
    ----------
    path
        A recording folder, its log, or a folder that holds such at any depth.

    Returns
    -------
    list of Path
        Sessions, in the order of their folders.

    Raises
    ------
    LabError
        Nothing to recover, or a log that cannot be read (after the others were built).
    """
    path = Path(path)
    if path.is_file():
        path = path.parent
    named = (path / LOG_NAME).exists()
    found, busy, failures = [], 0, []
    folders = _folders(path)
    for folder in folders:
        try:
            if not _let_end(folder, stop=named):
                busy += 1
                continue
            found.append(_session_of(folder, progress))
        except LabError as error:
            failures.append(error)
    if failures:
        built = f"{len(found)} others were recovered; " if found else ""
        raise type(failures[0])(failures[0].what, built + failures[0].remedy)
    if not found:
        if busy:
            raise LabError(
                f"{busy} recordings below {path} are still running", "stop them, or name one folder"
            )
        raise LabError(
            f"no recording at {path}", f"give a folder that holds a {LOG_NAME}, or the log itself"
        )
    return found


def _folders(path: Path) -> list[Path]:
    # os.walk does not follow links to folders, so a cycle of links cannot trap it.
    return sorted(Path(at) for at, _, names in os.walk(path) if LOG_NAME in names)


def _let_end(folder: Path, *, stop: bool) -> bool:
    """Whether nothing is recording into a folder any more."""
    if not (folder / ADDRESS_NAME).exists():
        return True
    try:
        recorder = Recorder.attach(folder)
    except LabError:  # the address of a recorder that is gone
        return True
    if not stop:
        recorder.close()
        return False
    recorder.stop()
    return True


def _session_of(folder: Path, progress: Progress | None) -> Path:
    name = folder.resolve().name
    stem = name[: -len(SUFFIX)] if name.endswith(SUFFIX) else name
    out = folder.resolve().parent / f"{stem}.h5"
    if out.exists():
        # Cut short between the finished session and the deletion of its folder?
        with open_session(out) as session:
            same = session.info["uuid"] == read_log(folder / LOG_NAME).header.get("uuid")
        if not same:
            raise LabError(f"{out} exists and is another session", "move it away and try again")
        discard(folder)
        return out
    return finish_recording(folder, out, progress=progress)
