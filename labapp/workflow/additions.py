"""What stands in an analysis document beside the analysis: plan, calibrations, standing, forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from labapp.analysis.document import plain
from labapp.analysis.given import GivenReferences
from labapp.analysis.standing import standing_part
from labapp.errors import LabError
from labapp.model import ChannelInfo, Floats
from labapp.session.facts import reported
from labapp.session.file import Session
from labapp.trials.protocol import Protocol
from labapp.workflow.calibration_file import channel_calibration, load_calibration
from labapp.workflow.given_reference import OWN, PART, Given, as_given, frozen_in, given_part
from labapp.workflow.plan import plan_part
from labapp.workflow.protocol_facts import forms_part, protocol_of
from labapp.workflow.report_facts import read_facts
from labapp.workflow.standing import plate_input, standing_trials

NEWTON = "N"
_PLACE = ("stream", "channel", "at")
"""What a row of the document says of a calibration beside the calibration itself."""


@dataclass(frozen=True, slots=True)
class LaterCalibration:
    """A calibration chosen at the analysis, for one channel of one stream."""

    stream: str
    channel: ChannelInfo
    line: dict[str, Any]

    def force(self, values: Floats) -> Floats:
        """Force (N) of the values that the session gives for the channel."""
        counts = values / self.channel.scale + self.channel.offset
        return np.asarray(self.line["slope"] * counts + self.line["intercept"])


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """What is read from a session for the document while it is open."""

    meta: dict[str, Any]
    protocol_text: str
    markers: tuple[Any, ...]
    protocol: Protocol | None
    parts: dict[str, Any] = field(default_factory=dict)
    later: tuple[LaterCalibration, ...] = ()
    findings: list[dict[str, Any]] = field(default_factory=list)
    given: GivenReferences | None = None

    def later_for(self, stream: str, channel: str) -> LaterCalibration | None:
        """Calibration chosen at the analysis for a channel, or None."""
        return next(
            (one for one in self.later if (one.stream, one.channel.name) == (stream, channel)), None
        )


def look_beside(
    session: Session,
    calibration: Path | None = None,
    facts: str | Path | Mapping[str, Any] | None = None,
    *,
    again: Sequence[Mapping[str, Any]] = (),
    reference: Given | None = None,
) -> Beside:
    """Read plan, calibrations, standing and forms of an open session.

    ``facts`` is a facts file, or what was read of one. ``again`` are the ``calibrations`` of an
    earlier document: what was given at that analysis counts once more. ``reference`` counts
    instead of the references of another session that this one was recorded with.

    Raises
    ------
    LabError
        References in the session that are none; a calibration file that is none, or that fits no
        channel of the session; a facts file that is none.
    """
    protocol = protocol_of(session)
    told = read_facts(Path(facts)) if isinstance(facts, str | Path) else facts
    later = _given_then(session, again) if calibration is None else _later(session, calibration)
    parts: dict[str, Any] = {"calibrations": _calibrations(session, later)}
    plate = plate_input(session, protocol)
    if plate is not None:
        parts["standing"] = standing_part(plate, standing_trials(session, protocol))
    forms = forms_part(protocol, session.markers)
    if forms:
        parts["forms"] = forms
    meta = reported(session, told)
    if reference is None:
        recorded = frozen_in(meta, Path(session.path).name)
        given = recorded
    else:
        recorded, given = None, None if reference == OWN else reference
    parts |= given_part(recorded, reference)
    beside = Beside(
        meta,
        session.protocol_text,
        session.markers,
        protocol,
        parts,
        later,
        given=None if given is None else as_given(given),
    )
    return replace(beside, findings=uncalibrated_force(session, beside))


def add_beside(document: dict[str, Any], beside: Beside) -> None:
    """Put it all into the document."""
    document.update(plain(beside.parts))
    document["plan"] = plain(
        plan_part(
            beside.meta,
            beside.protocol_text,
            beside.markers,
            document,
            calibrated_later=[one.channel.muscle or one.channel.name for one in beside.later],
            reference_later=beside.parts.get(PART, {}).get("at") == "analysis",
        )
    )


def _later(session: Session, path: Path) -> tuple[LaterCalibration, ...]:
    made = load_calibration(path)
    line = msgspec.to_builtins(channel_calibration(path))
    found = tuple(
        LaterCalibration(stream.id, channel, line)
        for stream in session.streams.values()
        if stream.driver == made.driver
        for channel in stream.channels
        if channel.name == made.channel and channel.kind == "force"
    )
    if len(found) != 1:
        raise LabError(
            f"calibration {path.stem} of {made.driver}, channel {made.channel}, fits "
            f"{len(found)} channels of the session",
            "give the calibration of a load cell that was recorded",
        )
    return found


def _given_then(
    session: Session, rows: Sequence[Mapping[str, Any]]
) -> tuple[LaterCalibration, ...]:
    """Return calibrations that were given at an earlier analysis, from its document."""
    return tuple(
        LaterCalibration(stream.id, channel, {k: row[k] for k in row if k not in _PLACE})
        for row in rows
        if row.get("at") == "analysis"
        for stream in session.streams.values()
        if stream.id == row["stream"]
        for channel in stream.channels
        if channel.name == row["channel"]
    )


def _calibrations(session: Session, later: tuple[LaterCalibration, ...]) -> list[dict[str, Any]]:
    """Every calibration that made newtons of counts: from the header, or chosen now."""
    rows = []
    entries = session.meta.get("streams")
    for entry in entries if isinstance(entries, list) else []:
        known = entry.get("calibration") if isinstance(entry, Mapping) else None
        for name, line in (known or {}).items():
            if not any((one.stream, one.channel.name) == (entry["id"], name) for one in later):
                rows.append({"stream": entry["id"], "channel": name, **line, "at": "recording"})
    rows += [
        {"stream": one.stream, "channel": one.channel.name, **one.line, "at": "analysis"}
        for one in later
    ]
    return rows


def uncalibrated_force(session: Session, beside: Beside | None = None) -> list[dict[str, Any]]:
    """Quality findings: force channels in bare counts, which the analysis leaves alone."""
    return [
        {
            "channel": str(channel.muscle),
            "check": "calibration",
            "value": 0.0,
            "level": "warn",
            "text": f"{channel.muscle} is in counts, not newtons, and was left out: calibrate the "
            "load cell (labapp calibrate), or give its scale in the driver's settings",
        }
        for stream in session.streams.values()
        for channel in stream.channels
        if channel.kind == "force"
        and channel.muscle is not None
        and channel.unit != NEWTON
        and (beside is None or beside.later_for(stream.id, channel.name) is None)
    ]
