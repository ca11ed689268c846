"""What lies in a study folder: sessions, and recordings that were not finished."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from labapp.errors import LabError
from labapp.record.client import Recorder
from labapp.record.config import read_config
from labapp.record.place import CONFIG_NAME
from labapp.report.words import not_applicable
from labapp.session.file import Session, open_session
from labapp.translate import tr
from labapp.workflow.headline_words import own_words
from labapp.workflow.naming import newest_first
from labapp.workflow.onset_journal import identity_of, raters_of

MOST = 300
SUFFIX = ".recording"
Kind = Literal["session", "unfinished", "running", "unreadable"]


@dataclass(frozen=True)
class Entry:
    """One line of the library."""

    path: Path
    kind: Kind
    participant: str = ""
    protocol: str = ""
    when: datetime | None = None
    duration_s: float = 0.0
    words: str = ""
    state: str = ""
    excluded: str = ""
    names: tuple[str, ...] = ()
    """Words of the protocol in `words`."""


def scan(folder: Path) -> list[Entry]:
    """Newest first; reads at most 300 sessions, two folders deep."""
    if not folder.is_dir():
        return []
    found = [*folder.glob("*.h5"), *folder.glob("*/*.h5")]
    open_ones = [
        path
        for path in (*folder.glob(f"*{SUFFIX}"), *folder.glob(f"*/*{SUFFIX}"))
        if (path / "capture.log").is_file()
    ]
    recordings = [look_at_recording(path) for path in sorted(open_ones, reverse=True)]
    return [
        *(entry for entry in recordings if entry is not None),
        *(look_at(path) for path in newest_first(found)[:MOST]),
    ]


def look_at(path: Path) -> Entry:
    """Return what a session file says about itself."""
    try:
        with open_session(path) as session:
            results = session.results or {}
            verdict = results.get("verdict") or {}
            return Entry(
                path,
                "session",
                session.participant,
                _protocol(session.meta),
                _when(str(session.info.get("created_utc", ""))),
                float(session.info.get("duration_s", 0.0)),
                str(verdict.get("headline", tr("not analysed yet"))),
                "" if not_applicable(results) else str(verdict.get("state", "")),
                _excluded(session, results),
                own_words(verdict),
            )
    except LabError as error:
        return Entry(path, "unreadable", words=str(error).replace(str(path), path.name))


def _excluded(session: Session, results: dict[str, Any]) -> str:
    """Say that repetitions were excluded afterwards: for the stored verdict, or since then."""
    if part := results.get("excluded"):
        return tr("{n} of {of} repetitions excluded afterwards by hand", n=part["n"], of=part["of"])
    if not results or not raters_of(session.path):
        return ""
    from labapp.analysis.document import SCHEMA  # they bring SciPy: not on the start-up path
    from labapp.workflow.exclusions import read_exclusions

    if results.get("schema") != SCHEMA:  # of another version: opening it analyses it again
        return ""
    rows = read_exclusions(session.path, results, identity_of(session)).rows
    n = len({row["repetition"] for row in rows})
    return tr("as recorded; {n} excluded by hand since then", n=n) if n else ""


def look_at_recording(folder: Path) -> Entry | None:
    """Whether a recording still runs, or was cut short; None where it became a session by now."""
    try:
        when = datetime.fromtimestamp((folder / "capture.log").stat().st_mtime)
    except OSError:
        return None
    participant, protocol = "", ""
    with contextlib.suppress(LabError):  # what was cut short may lack even this
        config = read_config(folder / CONFIG_NAME)
        participant = config.participant
        protocol = config.protocol.name if config.protocol is not None else ""
    kind: Kind = "running" if is_alive(folder) else "unfinished"
    words = {
        "running": tr("The recorder is at work; Attach shows it on the page Run."),
        "unfinished": tr(
            "The recording was cut short; Recover builds the session from what is there."
        ),
    }
    return Entry(folder, kind, participant, protocol, when, words=words[kind])


def is_alive(folder: Path) -> bool:
    """Whether the recorder of a recording folder answers."""
    try:
        recorder = Recorder.attach(folder)
    except LabError:
        return False
    try:
        return recorder.alive
    finally:
        recorder.close()


def running(folder: Path) -> Path | None:
    """Return the newest recording in a study folder whose recorder still runs."""
    if not folder.is_dir():
        return None
    for entry in sorted(folder.glob(f"*{SUFFIX}"), reverse=True):
        if (entry / "recorder.json").is_file() and is_alive(entry):
            return entry
    return None


def _protocol(meta: dict[str, Any]) -> str:
    protocol = meta.get("protocol")
    return str(protocol.get("name", "")) if isinstance(protocol, dict) else ""


def _when(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone()
    except ValueError:
        return None
