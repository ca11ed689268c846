"""The journal of onsets that a rater set by hand: one file a rater, beside the session.

``SESSION.onsets-A.jsonl`` holds one JSON object a line, appended and synced one at a time, never
changed: an edit, a repetition rejected or accepted again, or the undoing or redoing of one of
these. The session itself stays as it was recorded. Every line names the session by its uuid and
by the checksum of its samples, and carries a checksum of its own, so a line that was altered, or
a journal that belongs to another session, is refused. A last line that was cut short was never
confirmed to anybody: it is left out, and cut off by the next line.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from labapp.errors import LabError, NotGiven
from labapp.load import parse_json
from labapp.session.check import Finding
from labapp.session.file import Session, open_session
from labapp.workflow.naming import PSEUDONYM

SCHEMA = "labapp-onsets/1"
MAX_BYTES = 4_000_000
MAX_LINE = 2_000
ACTS = ("edit", "reject", "accept")
"""Lines that do something; the others undo or redo one of them."""

_RATER = re.compile(r"[A-Z][A-Z0-9]{0,7}")
_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00:00)")


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line: an act, or the undoing or redoing of an earlier act of the same rater.

    Attributes
    ----------
    id
        First 16 digits of the SHA-256 of the rest of the line.
    session, content
        The session's uuid, and the checksum of its samples.
    repetition, anchor_s, channel
        Index of the repetition in the analysis document, its cue (else force onset), the muscle.
    original_s, original_state
        What the detector said, null where it found none.
    new_s
        What the rater set; null where the rater says that there is no onset.
    undone
        Of an undo or redo: the id of the act.
    """

    schema: Literal["labapp-onsets/1"]
    id: str
    what: Literal["edit", "reject", "accept", "undo", "redo"]
    session: str
    content: str
    rater: str
    operator: str
    blind: bool
    utc: str
    labapp: str
    repetition: int = -1
    anchor_s: float | None = None
    channel: str = ""
    original_s: float | None = None
    original_state: str = ""
    new_s: float | None = None
    reason: str = ""
    undone: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a session is known by in its journals."""

    uuid: str
    content: str


def identity_of(session: Session) -> Identity:
    """Identity of an open session: its uuid, and one checksum of the samples of all streams."""
    digest = hashlib.sha256()
    for name, stream in sorted(session.streams.items()):
        digest.update(f"{name}:{stream.sha256['counts']}\n".encode())
    return Identity(str(session.info["uuid"]), digest.hexdigest())


def check_rater(rater: str) -> str:
    """Return a rater's letter unchanged, `LabError` if it is none."""
    if not _RATER.fullmatch(rater):
        raise LabError(f"rater {rater[:40]!r} is not a rater", "use one capital letter, as A")
    return rater


def check_operator(operator: str) -> str:
    """Return an operator's pseudonym unchanged, `NotGiven` if it is none."""
    if not operator:
        raise NotGiven("the operator is missing", "use 2-4 capitals, '-' and 3-5 digits, as OP-001")
    if not PSEUDONYM.fullmatch(operator):
        raise NotGiven(
            f"operator {operator[:40]!r} is not a pseudonym",
            "use 2-4 capitals, '-' and 3-5 digits, as OP-001",
        )
    return operator


def journal_path(session: Path, rater: str) -> Path:
    """Where the journal of a rater lies."""
    return session.with_name(f"{session.stem}.onsets-{check_rater(rater)}.jsonl")


def raters_of(session: Path) -> list[str]:
    """Raters that have a journal beside the session, in order."""
    prefix, suffix = f"{session.stem}.onsets-", ".jsonl"
    try:
        names = [path.name for path in session.absolute().parent.iterdir()]
    except OSError:  # the folder went away, or may not be listed: no journal can be read there
        return []
    found = [
        name[len(prefix) : -len(suffix)]
        for name in names
        if name.startswith(prefix) and name.endswith(suffix)
    ]
    return sorted(rater for rater in found if _RATER.fullmatch(rater))


def check_journals(path: Path) -> list[Finding]:
    """Verify the journals beside a session: refused ones, and last lines that were cut short."""
    raters = raters_of(path)
    if not raters:
        return []
    with open_session(path) as session:
        identity = identity_of(session)
    findings = []
    for rater in raters:
        place = journal_path(path, rater)
        try:
            torn = read_journal(place, identity, rater).torn_bytes
        except LabError as error:
            findings.append(Finding("warn", place.name, str(error)))
        else:
            if torn:
                text = f"the last line was cut short ({torn} bytes) and is left out"
                findings.append(Finding("warn", place.name, text))
    return findings


@dataclass(frozen=True, slots=True)
class Journal:
    """The lines of a journal, and how many of its bytes they are (the rest was cut short)."""

    lines: tuple[Line, ...] = ()
    whole_bytes: int = 0
    torn_bytes: int = 0


def read_journal(path: Path, identity: Identity, rater: str) -> Journal:
    """Read and check a journal; an absent one is empty.

    Raises
    ------
    LabError
        Too large, not a plain file, a line that is none, that was altered, or that belongs to
        another session or rater, an undo of nothing.
    """
    try:
        if not path.exists():
            return Journal()
        if not path.is_file():
            raise LabError(f"{path} is not a plain file", "move it away")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise LabError(f"{path} cannot be read: {error.strerror}", "check its rights") from None
    if len(data) > MAX_BYTES:
        raise LabError(f"{path} is larger than {MAX_BYTES // 1_000_000} MB", "move it away")
    whole = data.rfind(b"\n") + 1
    lines = [
        _line(raw, f"{path.name}, line {number}", identity, rater)
        for number, raw in enumerate(data[:whole].splitlines(), 1)
    ]
    _check_order(lines, path.name)
    return Journal(tuple(lines), whole, len(data) - whole)


def _line(raw: bytes, place: str, identity: Identity, rater: str) -> Line:
    if len(raw) > MAX_LINE:
        raise LabError(f"{place} is longer than {MAX_LINE} bytes", "it is no journal of onsets")
    tree = parse_json(raw, name=place)
    try:
        line = msgspec.convert(tree, Line)
    except msgspec.ValidationError as error:
        raise LabError(f"{place}: {error}", "it is no journal of onsets; move it away") from None
    if (line.session, line.content) != (identity.uuid, identity.content):
        raise LabError(
            f"{place} belongs to another session ({line.session[:36]!r})",
            "keep a journal beside its own session",
        )
    if line.id != line_id(line):
        raise LabError(f"{place} was altered: its checksum is not its own", "restore the file")
    if line.rater != rater:
        raise LabError(f"{place} is of rater {line.rater[:8]!r}", "name the file by its rater")
    check_operator(line.operator)
    if not (line.reason + line.channel).isprintable() or not _UTC.fullmatch(line.utc):
        raise LabError(f"{place} holds text that no journal has", "restore the file")
    return line


def _check_order(lines: Sequence[Line], name: str) -> None:
    """Refuse an undo of what is not done and a redo of what is not undone."""
    if len({line.blind for line in lines}) > 1:
        raise LabError(f"{name} mixes blind and open marking", "one rater marks in one way")
    standing: dict[str, bool] = {}
    for number, line in enumerate(lines, 1):
        if line.what in ACTS and line.id in standing:
            raise LabError(f"{name}, line {number} repeats an earlier one", "restore the file")
        if line.what in ACTS:
            standing[line.id] = True
        elif standing.get(line.undone) is not (line.what == "undo"):
            raise LabError(
                f"{name}, line {number}: {line.what} of an edit that is not there",
                "restore the file",
            )
        else:
            standing[line.undone] = line.what == "redo"


def line_id(line: Line) -> str:
    """Checksum of everything in a line but the checksum itself."""
    body = {key: value for key, value in msgspec.to_builtins(line).items() if key != "id"}
    return hashlib.sha256(_dump(body)).hexdigest()[:16]


def sealed(line: Line) -> Line:
    """Return the line with its checksum."""
    return msgspec.structs.replace(line, id=line_id(line))


def _dump(tree: Any) -> bytes:
    return json.dumps(
        tree, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":")
    ).encode()


def append_line(path: Path, journal: Journal, line: Line) -> None:
    """Append one line with one write, and wait until it is on the disk.

    `journal` is what was read from the file just before: a tail that was cut short goes.

    Raises
    ------
    LabError
        The journal is full, or the file cannot be written.
    """
    data = _dump(msgspec.to_builtins(line)) + b"\n"
    if journal.whole_bytes + len(data) > MAX_BYTES:
        raise LabError(f"{path} is full", "mark on as another rater")
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags, 0o644)
        try:
            if journal.torn_bytes:
                os.ftruncate(descriptor, journal.whole_bytes)
            done = os.write(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise LabError(
            f"{path} cannot be written: {error.strerror}", "check space and rights"
        ) from None
    if done != len(data):
        raise LabError(f"{path} took {done} of {len(data)} bytes", "make space and edit again")
