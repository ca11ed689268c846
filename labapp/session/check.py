"""Verify a session: structure, checksums, account, times; nothing is changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from labapp.errors import LabError, SessionRefused
from labapp.session import format as f
from labapp.session.file import Session, open_session
from labapp.session.stream import Stream
from labapp.session.timing import timing_warnings

Level = Literal["error", "warn", "note"]

# 20 % off the nominal rate is more than any RC clock of the sheets (HX711: up to 17 %).
_RATE_TOLERANCE = {"crystal": 0.003, "rc": 0.25, "exact": 1e-9}


@dataclass(frozen=True)
class Finding:
    """Something that a check found.

    ``level``: ``error`` (data are missing or wrong), ``warn`` (look at it), ``note`` (as it
    should be, worth knowing). ``place`` is the stream or part, ``text`` one line.
    """

    level: Level
    place: str
    text: str


def check_session(path: str | Path) -> list[Finding]:
    """Read a whole session and report whatever is not as it should be.

    An empty list (or one of notes only) means: every stored byte was read back, checksums and
    hashes agree, every sample is accounted for.

    Raises
    ------
    LabError
        There is no such file. A file that is damaged or no session is a finding, not an error.
    """
    path = Path(path)
    try:
        with open_session(path) as session:
            return _check(session)
    except SessionRefused as refused:
        return [Finding("error", str(path), str(refused))]


def _check(session: Session) -> list[Finding]:
    found: list[Finding] = []
    if session.info["state"] == "recovered":
        found.append(
            Finding("note", "session", "recovered from its log: the recording was cut short")
        )
    for part in ("meta", "markers", "notes"):
        try:
            getattr(session, part)
        except LabError as error:
            found.append(Finding("error", part, str(error)))
    found += _protocol(session)
    for stream in session.streams.values():
        found += _stream(session, stream)
    try:
        _ = session.results
    except LabError as error:
        found.append(Finding("error", "derived", str(error)))
    return found


def _protocol(session: Session) -> list[Finding]:
    try:
        protocol = session.meta.get("protocol")
    except LabError:
        return []
    if not isinstance(protocol, dict):
        return []
    digest = hashlib.sha256(str(protocol.get("text", "")).encode()).hexdigest()
    if digest == protocol.get("sha256"):
        return []
    return [Finding("error", "protocol", "its text does not have its checksum")]


def _stream(session: Session, stream: Stream) -> list[Finding]:
    place = stream.id
    found = _bytes(stream)
    try:
        session.events(place)
    except LabError as error:
        found.append(Finding("error", place, f"what the device said beside: {error}"))
    try:
        stamps = stream.reads["t_ns"]
    except LabError as error:
        found.append(Finding("error", place, f"time stamps of the reads: {error}"))
        stamps = np.zeros(0, np.int64)
    found += _account(stream)
    if np.any(np.diff(stamps) < 0):
        found.append(Finding("error", place, "time stamps of the reads go back"))
    if stream.received > 1:
        found += _times(stream)
    found += [Finding("warn", place, text) for text in timing_warnings(stream.timing)]
    if stream.uncertain:
        gaps = "gap" if stream.uncertain == 1 else "gaps"
        text = f"{stream.uncertain} {gaps} whose length or place is not certain"
        found.append(Finding("warn", place, text))
    if stream.lost or stream.outage:
        text = f"{stream.received} samples received, {stream.lost} lost in {stream.breaks} gaps"
        if stream.outage:
            text += f", about {stream.outage} not made while the port was closed"
        found.append(Finding("note", place, text))
    return found


def _times(stream: Stream) -> list[Finding]:
    """Tell whether the samples follow each other in time, about as fast as they should."""
    falls = [Finding("error", stream.id, "sample times do not rise")]
    try:
        rate = stream.rate
    except SessionRefused:
        return falls
    if not stream.ticked:
        first, last = stream.clock.time(np.array([0.0, stream.n - 1.0]))
        if not last > first:
            return falls
    tolerance = _RATE_TOLERANCE.get(stream.clock_kind, 0.003)
    if stream.n > 100 and abs(rate / stream.rate_nominal - 1) > tolerance:
        text = f"measured rate {rate:.3f} Hz, nominal {stream.rate_nominal:g} Hz"
        return [Finding("warn", stream.id, text)]
    return []


def _bytes(stream: Stream) -> list[Finding]:
    """Every stored chunk: its checksum, and the hash of all together."""
    back = stream.read_back()
    found = []
    for name in back.sha256:
        pieces: list[tuple[int, int, str]] = []
        for piece in back.damaged:
            if piece.name.endswith(f"/{name}"):
                if pieces and pieces[-1][1:] == (piece.start, piece.reason):
                    pieces[-1] = (pieces[-1][0], piece.stop, piece.reason)
                else:
                    pieces.append((piece.start, piece.stop, piece.reason))
        for start, stop, reason in pieces:
            text = f"{stream.span_of_rows(start, stop)}: {name} damaged, {reason}"
            what = "samples" if name == f.COUNTS else "stamps of the device"
            text += f"; {stop - start} {what} are lost, all others can be read"
            found.append(Finding("error", stream.id, text))
        if not pieces and back.sha256[name] != stream.sha256[name]:
            found.append(Finding("error", stream.id, f"{name} do not have their checksum"))
    return found


def _account(stream: Stream) -> list[Finding]:
    """Every index is received, lost or outage, in each segment and in all."""
    found = []
    runs, segments = stream.runs, stream.segments
    lost = outage = previous = 0
    edges = np.searchsorted(runs["segment"], np.arange(len(segments) + 1))
    for number, segment in enumerate(segments):
        mine = runs[edges[number] : edges[number + 1]]
        base, stop = int(segment["base"]), int(segment["stop"])
        outage += base - previous
        previous = stop
        last = int(mine["first"][-1] + mine["count"][-1]) if len(mine) else base
        first = int(mine["first"][0]) if len(mine) else base
        if first < base or last != stop:
            text = (
                f"segment {number} reaches from {base} to {stop}, its runs from {first} to {last}"
            )
            found.append(Finding("error", stream.id, text))
        lost += stop - base - int(mine["count"].sum())
    if (lost, outage) != (stream.lost, stream.outage):
        text = (
            f"{lost} lost and {outage} outage by its runs, {stream.lost} and {stream.outage} noted"
        )
        found.append(Finding("error", stream.id, text))
    if stream.received + lost + outage != stream.n:
        found.append(Finding("error", stream.id, "received and lost samples do not add up"))
    return found
