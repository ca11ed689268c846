"""Verify a session: structure, checksums, account, times; nothing is changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from labapp.errors import LabError, SessionRefused
from labapp.session.file import Session, open_session
from labapp.session.stream import Stream

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
    found: list[Finding] = []
    try:
        digests = stream.digests()
        session.events(stream.id)
        reads = stream.reads
    except LabError as error:
        return [Finding("error", place, str(error))]
    for name, digest in digests.items():
        if digest != stream.sha256[name]:
            found.append(Finding("error", place, f"{name} do not have their checksum"))
    found += _account(stream)
    if len(reads) and np.any(np.diff(reads["t_ns"].astype(np.int64)) < 0):
        found.append(Finding("error", place, "time stamps of the reads go back"))
    if stream.received:
        ends = stream.clock.time(stream.device_time(np.array([0.0, stream.n - 1.0])))
        if stream.n > 1 and not ends[1] > ends[0]:
            found.append(Finding("error", place, "sample times do not rise"))
        deviation = stream.rate / stream.rate_nominal - 1
        if stream.n > 100 and abs(deviation) > _RATE_TOLERANCE.get(stream.clock_kind, 0.003):
            text = f"measured rate {stream.rate:.3f} Hz, nominal {stream.rate_nominal:g} Hz"
            found.append(Finding("warn", place, text))
    if stream.uncertain:
        text = f"{stream.uncertain} gaps whose length or place is not certain"
        found.append(Finding("warn", place, text))
    if stream.lost or stream.outage:
        text = f"{stream.received} samples received, {stream.lost} lost in {len(stream.gaps)} gaps"
        if stream.outage:
            text += f", about {stream.outage} not made while the port was closed"
        found.append(Finding("note", place, text))
    return found


def _account(stream: Stream) -> list[Finding]:
    """Every index is received, lost or outage, in each segment and in all."""
    found = []
    runs, segments = stream.runs, stream.segments
    lost = outage = 0
    previous = 0
    for number, segment in enumerate(segments):
        mine = runs[runs["segment"] == number]
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
    gaps = sum(gap.stop - gap.first for gap in stream.gaps)
    if gaps != lost + outage or stream.received + gaps != stream.n:
        found.append(Finding("error", stream.id, "received and lost samples do not add up"))
    if np.any(np.diff(runs["segment"]) < 0):
        found.append(Finding("error", stream.id, "segments are out of order"))
    return found
