"""Names of participants and files: safe on every system, and nobody's real name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from labapp.errors import LabError

DEMO_PARTICIPANT = "DEMO-001"

PSEUDONYM = re.compile(r"[A-Z]{2,4}-\d{3,5}")
"""What participants and operators are called: 2-4 capitals, a hyphen, 3-5 digits."""


def check_participant(participant: str) -> str:
    """Return the pseudonym unchanged if it is one.

    Raises
    ------
    LabError
        If it is not two to four capitals, a hyphen and three to five digits: names, dates of
        birth and record numbers have no place in a session.
    """
    if not PSEUDONYM.fullmatch(participant):
        raise LabError(
            f"participant {participant[:40]!r} is not a pseudonym",
            "use 2-4 capitals, '-' and 3-5 digits, as AB-014",
        )
    return participant


def session_name(participant: str, protocol: str, when: datetime) -> str:
    """File name of a session: participant, protocol, date and time, without extension."""
    return f"{participant}_{safe(protocol)}_{when:%Y-%m-%d_%H%M%S}"


def safe(text: str) -> str:
    """Return the text with everything but letters, digits, '.', '_' and '-' made '-'."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip(".-") or "unnamed"


def free_path(path: Path) -> Path:
    """Return the path itself, or with ``-2``, ``-3`` … before its suffix if it exists."""
    candidate, number = path, 1
    while candidate.exists() or recording_folder(candidate).exists():
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate


def newest_first(paths: Iterable[Path]) -> list[Path]:
    """Sort files by when they were changed, the newest first; those that are gone are left out."""
    changed = {}
    for path in paths:
        try:
            changed[path] = path.stat().st_mtime_ns
        except OSError:  # moved or deleted meanwhile, or on a drive that was unplugged
            continue
    return sorted(changed, key=changed.__getitem__, reverse=True)


def recording_folder(session: Path) -> Path:
    """Folder of the capture log while a session of this path is being recorded."""
    return session.with_name(f"{session.stem}.recording")


def truth_path(session: Path) -> Path:
    """Where the truth of a simulated session lies: beside it, never in it."""
    return session.with_name(f"{session.stem}.truth.json")


def check_new(path: Path, *, suffixes: tuple[str, ...] = ()) -> Path:
    """Return the path of a file about to be written, after the checks that need no writing.

    Raises
    ------
    LabError
        Wrong extension, exists already, its folder is missing or not writable.
    """
    if suffixes and path.suffix.lower() not in suffixes:
        raise LabError(
            f"output {path} does not end in {' or '.join(suffixes)}", "change its extension"
        )
    if path.exists():
        raise LabError(f"{path} exists already", "choose another name; nothing is overwritten")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise LabError(f"folder {folder} does not exist", "create it or choose another")
    check_writable(folder)
    return path


def check_writable(folder: Path) -> None:
    """Refuse a folder that nothing can be written to."""
    if not os.access(folder, os.W_OK | os.X_OK):
        raise LabError(f"no permission to write in {folder}", "choose a folder of your own")


def ensure_folder(folder: Path) -> Path:
    """Create a folder with its parents if need be, and check that it can be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(
            f"folder {folder} cannot be created: {error.strerror}", "choose another folder"
        ) from None
    check_writable(folder)
    return folder
