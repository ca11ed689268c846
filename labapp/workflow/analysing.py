"""From a session file to the analysis document: load, find the pulls, analyse, keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

import labapp
from labapp.analysis.inputs import EmgChannel, ForceChannel, RecordingInput, StreamFacts
from labapp.analysis.session_analysis import analyse_recording
from labapp.analysis.settings import AnalysisSettings, settings_from
from labapp.device import capability_at, sheet
from labapp.errors import LabError
from labapp.load import read_toml
from labapp.session.file import Session, open_session, write_results
from labapp.session.stream import Stream
from labapp.trials.protocol import parse_protocol
from labapp.trials.repetitions import Repetition, cues_from_markers, find_repetitions

Progress = Callable[[str, float], None]

RESULTS = "analysis"
"""Name of the analysis document among a session's derived data."""

NEWTON = "N"


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An analysis plan file: the parameters that differ from the defaults."""

    title: str = ""
    analysis: dict[str, Any] = {}


def read_plan(path: Path) -> AnalysisSettings:
    """Analysis settings from a plan file; `LabError` names a wrong place or value."""
    return settings_from(read_toml(path, Plan).analysis)


def analyse(
    path: str | Path,
    *,
    plan: str | Path | AnalysisSettings | None = None,
    save: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Analyse a session.

    Parameters
    ----------
    path
        Session file.
    plan
        Settings, or the TOML file they stand in (table ``[analysis]``); the defaults if None.
    save
        Append the document to the session's derived data; raw data never change.
    progress
        Called with (what, share done 0 … 1).

    Returns
    -------
    dict
        The analysis document (``labapp-analysis/1``): JSON values only, no NaN, nothing that
        differs between two analyses of the same data.

    Raises
    ------
    LabError
        Not a session, damaged, no EMG channel, or a plan that is not one.
    """
    settings = plan if isinstance(plan, AnalysisSettings) else None
    if isinstance(plan, str | Path):
        settings = read_plan(Path(plan))
    if progress is not None:
        progress("reading", 0.0)
    with open_session(Path(path)) as session:
        inputs = load_recording(session)
        uncalibrated = uncalibrated_force(session)
    document = analyse_recording(inputs, settings, progress)
    document["quality"] += uncalibrated
    if save:
        write_results(Path(path), RESULTS, document)
    return document


def uncalibrated_force(session: Session) -> list[dict[str, Any]]:
    """Quality findings: force channels in bare counts, which the analysis leaves alone."""
    return [
        {
            "channel": str(channel.muscle),
            "check": "calibration",
            "value": 0.0,
            "level": "warn",
            "text": f"{channel.muscle} is in counts, not newtons, and was left out: calibrate the "
            "load cell, or give its scale in the driver's settings",
        }
        for stream in session.streams.values()
        for channel in stream.channels
        if channel.kind == "force" and channel.muscle is not None and channel.unit != NEWTON
    ]


def load_recording(session: Session) -> RecordingInput:
    """Arrays, repetitions and facts of an open session."""
    emg: list[EmgChannel] = []
    force: ForceChannel | None = None
    facts: dict[str, StreamFacts] = {}
    for stream in session.streams.values():
        facts[stream.id] = _facts(stream)
        columns = [
            (i, channel)
            for i, channel in enumerate(stream.channels)
            if channel.kind in ("emg", "force") and channel.muscle is not None
        ]
        if not columns or not stream.received:
            continue
        values = session.values(stream.id)
        times = session.times(stream.id)
        for column, channel in columns:
            if channel.kind == "force":
                if force is None and channel.unit == NEWTON:
                    force = ForceChannel(
                        values=np.ascontiguousarray(values[:, column]),
                        times=times,
                        rate=stream.rate,
                        stream=stream.id,
                        name=str(channel.muscle),
                    )
                continue
            emg.append(
                EmgChannel(
                    muscle=str(channel.muscle),
                    values=np.ascontiguousarray(values[:, column]),
                    times=times,
                    rate=stream.rate,
                    stream=stream.id,
                    low=(channel.low - channel.offset) * channel.scale,
                    high=(channel.high - channel.offset) * channel.scale,
                    step=abs(channel.scale),
                )
            )
    if not emg:
        raise LabError(
            f"{session.path} has no EMG channel that is attached to a muscle",
            "record or import with a montage",
        )
    repetitions, source = _repetitions(session, force, emg)
    streams = {channel.stream for channel in emg}
    return RecordingInput(
        emg=emg,
        repetitions=repetitions,
        force=force,
        streams=facts,
        sync="one clock" if len(streams) == 1 else "unsynchronised",
        session=Path(session.path).stem,
        protocol=_protocol_id(session),
        participant=session.participant or "",
        version=labapp.__version__,
        repetition_source=source,
    )


def _facts(stream: Stream) -> StreamFacts:
    """Account of a stream, and what its device's data sheet says about onsets."""
    try:
        known = sheet(stream.driver)
    except LabError:  # an imported file, or a driver that is not installed here
        capable, reason = "yes" if stream.rate >= 1000 else "marginal", "device not known"
    else:
        capable, reason = capability_at(known, stream.rate_nominal)
    return StreamFacts(
        driver=stream.driver,
        rate_hz=stream.rate,
        rate_nominal_hz=stream.rate_nominal,
        received=stream.received,
        lost=stream.lost,
        gaps=len(stream.gaps),
        onset_capable=capable,
        onset_reason=reason,
    )


def _protocol_id(session: Session) -> str:
    """Return the identifier of the protocol in the session, empty if there is none."""
    if not session.protocol_text:
        return ""
    return parse_protocol(session.protocol_text, name=f"in {session.path}").id


def _practice_blocks(session: Session) -> frozenset[str]:
    if not session.protocol_text:
        return frozenset()
    protocol = parse_protocol(session.protocol_text, name=f"in {session.path}")
    return frozenset(block.name for block in protocol.blocks if block.role == "practice")


def _repetitions(
    session: Session, force: ForceChannel | None, emg: list[EmgChannel]
) -> tuple[tuple[Repetition, ...], str]:
    """Return the pulls without practice, numbered from 0, and what they were found from."""
    cues = cues_from_markers(session.markers)
    found = find_repetitions(
        None if force is None else force.times,
        None if force is None else force.values,
        cues,
        activity=None if cues or force is not None else _activity(emg),
    )
    practice = _practice_blocks(session)
    kept = [repetition for repetition in found if repetition.block not in practice]
    source = "cue" if cues else ("force" if force is not None else "emg")
    return tuple(replace(rep, index=i) for i, rep in enumerate(kept)), source


def _activity(emg: list[EmgChannel]) -> tuple[np.ndarray, np.ndarray]:
    """Sum the rectified activity of the first EMG stream, each channel in units of its rest.

    Smoothed over 50 ms; only used when neither a cue nor a force tells where the pulls are.
    """
    first = [channel for channel in emg if channel.stream == emg[0].stream]
    width = max(1, round(0.05 * first[0].rate))
    total = np.zeros(len(first[0].values))
    for channel in first:
        level = np.abs(channel.values - np.nanmedian(channel.values))
        rest = np.nanquantile(level, 0.2)
        total += np.nan_to_num(level) / (rest if rest > 0 else 1.0)
    return first[0].times, np.convolve(total, np.full(width, 1 / width), mode="same")
