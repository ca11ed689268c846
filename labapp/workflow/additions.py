"""What stands in an analysis document beside the analysis: plan, calibrations, standing, forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from labapp.analysis.document import plain
from labapp.analysis.standing import standing_part
from labapp.errors import LabError
from labapp.model import ChannelInfo, Floats
from labapp.session.facts import reported
from labapp.session.file import Session
from labapp.trials.protocol import Protocol
from labapp.workflow.calibration_file import channel_calibration, load_calibration
from labapp.workflow.plan import plan_part
from labapp.workflow.protocol_facts import forms_part, protocol_of
from labapp.workflow.report_facts import read_facts
from labapp.workflow.standing import plate_input, standing_trials

NEWTON = "N"


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

    def later_for(self, stream: str, channel: str) -> LaterCalibration | None:
        """Calibration chosen at the analysis for a channel, or None."""
        return next(
            (one for one in self.later if (one.stream, one.channel.name) == (stream, channel)), None
        )


def look_beside(
    session: Session, calibration: Path | None = None, facts: Path | None = None
) -> Beside:
    """Read plan, calibrations, standing and forms of an open session.

    Raises
    ------
    LabError
        A calibration file that is none, or that fits no channel of the session; a facts file that
        is none.
    """
    protocol = protocol_of(session)
    told = None if facts is None else read_facts(facts)
    later = () if calibration is None else _later(session, calibration)
    parts: dict[str, Any] = {"calibrations": _calibrations(session, later)}
    plate = plate_input(session, protocol)
    if plate is not None:
        parts["standing"] = standing_part(plate, standing_trials(session, protocol))
    forms = forms_part(protocol, session.markers)
    if forms:
        parts["forms"] = forms
    meta = reported(session, told)
    return Beside(meta, session.protocol_text, session.markers, protocol, parts, later)


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
