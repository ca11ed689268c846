"""From a session file to the analysis document: load, find the pulls, analyse, keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

import labapp
from labapp.analysis.clocks import latency_findings
from labapp.analysis.document import plain
from labapp.analysis.excluded import excluded_document
from labapp.analysis.inputs import EmgChannel, ForceChannel, RecordingInput, StreamFacts
from labapp.analysis.multiverse import multiverse as other_ways
from labapp.analysis.session_analysis import analyse_recording
from labapp.analysis.settings import AnalysisSettings, settings_from
from labapp.analysis.without_emg import analyse_without_emg
from labapp.device import capability_at, sheet
from labapp.errors import LabError
from labapp.load import read_toml
from labapp.muscles import SYNC_CODES
from labapp.session.file import Session, open_session, write_results
from labapp.session.outages import outages
from labapp.session.stream import Stream
from labapp.trials.repetitions import Repetition, cues_from_markers, find_repetitions
from labapp.workflow.additions import NEWTON, Beside, add_beside, look_beside
from labapp.workflow.clock_links import Aligned, align
from labapp.workflow.edited_part import known_of, with_edits
from labapp.workflow.exclusions import Exclusions, read_exclusions, without
from labapp.workflow.given_reference import Given, given_then
from labapp.workflow.headline import with_headline
from labapp.workflow.protocol_facts import block_facts, order_asked, without_practice
from labapp.workflow.standing import CELLS

Progress = Callable[[str, float], None]

RESULTS = "analysis"
"""Name of the analysis document among a session's derived data."""


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
    calibration: str | Path | None = None,
    facts: str | Path | Mapping[str, Any] | None = None,
    reference: Given | None = None,
    save: bool = False,
    multiverse: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Analyse a session.

    Parameters
    ----------
    path
        Session file.
    plan
        Settings, or the TOML file they stand in (table ``[analysis]``); the defaults if None.
    calibration
        Calibration file of a load cell of the session, instead of what it was recorded with.
    facts
        Facts file (`labapp.workflow.report_facts`), or what was read of one, that adds to what was
        entered at the recording.
    reference
        References of another session (`reference_session.reference_for_session`), or ``"none"``
        for the session's own ones, instead of those that it was recorded with.
    save
        Append the document to the session's derived data; raw data never change.
    multiverse
        Answer the question in 54 other ways, too (`labapp.analysis.multiverse`); some seconds.
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
        Not a session, damaged, nothing to analyse, or a plan or calibration that is not one.
    """
    settings = plan if isinstance(plan, AnalysisSettings) else None
    if isinstance(plan, str | Path):
        settings = read_plan(Path(plan))
    tell = progress or (lambda what, share: None)
    tell("reading", 0.0)
    with open_session(Path(path)) as session:
        cell = None if calibration is None else Path(calibration)
        beside = look_beside(session, cell, facts, reference=reference)
        inputs = load_recording(session, beside)
        known = known_of(session)
    document = _document(inputs, beside, settings, tell, multiverse)
    out = read_exclusions(Path(path), document, known.identity)
    if out.rows:
        kept = _document(without(inputs, out), beside, settings, tell, multiverse)
        document = excluded_document(document, kept, out.rows, out.taken_back)
    document = with_edits(document, Path(path), known)
    if save:
        write_results(Path(path), RESULTS, document)
    return document


def analyse_without(
    path: Path,
    recorded: dict[str, Any],
    exclusions: Exclusions,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Analyse a session again as a document of it was made, but without some repetitions.

    Parameters
    ----------
    recorded
        Analysis document as recorded: its parameters, and calibrations given at that analysis.
    """
    tell = progress or (lambda what, share: None)
    tell("reading", 0.0)
    with open_session(path) as session:
        beside = look_beside(
            session, again=recorded.get("calibrations") or (), reference=given_then(recorded)
        )
        inputs = without(load_recording(session, beside), exclusions)
    settings = settings_from(recorded["parameters"])
    document = _document(inputs, beside, settings, tell, "multiverse" in recorded)
    return excluded_document(recorded, document, exclusions.rows, exclusions.taken_back)


def _document(
    inputs: RecordingInput,
    beside: Beside,
    settings: AnalysisSettings | None,
    tell: Progress,
    multiverse: bool,
) -> dict[str, Any]:
    """Analysis document of a recording, with what was read beside it."""
    if inputs.emg:
        document = analyse_recording(inputs, settings, tell)
        if multiverse:
            document["multiverse"] = plain(other_ways(inputs, settings, document["verdict"]))
    else:
        document = analyse_without_emg(inputs, settings)
    add_beside(document, beside)
    document["quality"] += beside.findings + latency_findings(inputs.streams)
    return with_headline(document, beside.protocol)


def load_recording(session: Session, beside: Beside | None = None) -> RecordingInput:
    """Arrays, repetitions and facts of an open session, with what was read beside them."""
    beside = beside or look_beside(session)
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
                later = beside.later_for(stream.id, channel.name)
                usable = later is not None or channel.unit == NEWTON
                if force is None and usable and channel.muscle not in CELLS:
                    own = np.ascontiguousarray(values[:, column])
                    force = ForceChannel(
                        values=own if later is None else later.force(own),
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
    emg = [channel for channel in emg if channel.muscle not in SYNC_CODES]
    if not emg and force is None and len(beside.parts) < 2:
        raise LabError(
            f"{session.path} has no EMG channel that is attached to a muscle",
            "record or import with a montage",
        )
    aligned = align(session, emg, force) if emg else Aligned((), force, "one clock")
    force = aligned.force
    repetitions, source = _repetitions(session, beside, force, list(aligned.emg))
    return RecordingInput(
        emg=aligned.emg,
        repetitions=repetitions,
        force=force,
        streams=facts,
        sync=aligned.sync,
        links=aligned.links,
        session=Path(session.path).stem,
        protocol="" if beside.protocol is None else beside.protocol.id,
        participant=session.participant or "",
        version=labapp.__version__,
        repetition_source=source,
        blocks=block_facts(beside.protocol, [rep.block for rep in repetitions]),
        electrodes=_electrodes(beside.meta),
        order_asked=order_asked(beside.protocol),
        given=beside.given,
    )


def _electrodes(meta: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Collect what was entered about the electrodes, by muscle."""
    report = meta.get("report")
    found = report.get("electrodes") if isinstance(report, dict) else None
    if not isinstance(found, dict):
        return {}
    return {name: one for name, one in found.items() if isinstance(one, dict)}


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
        gaps=stream.breaks,
        onset_capable=capable,
        onset_reason=reason,
        filter_delay_s=stream.filter_delay_s,
        filter_delay_u_s=stream.filter_delay_u_s,
        beat_s=stream.beat_s,
        latency_timer_ms=stream.timing["latency_timer_ms"],
        outages=outages(stream),
    )


def _repetitions(
    session: Session, beside: Beside, force: ForceChannel | None, emg: list[EmgChannel]
) -> tuple[tuple[Repetition, ...], str]:
    """Return the pulls without practice, numbered from 0, and what they were found from."""
    cues = cues_from_markers(session.markers)
    found = find_repetitions(
        None if force is None else force.times,
        None if force is None else force.values,
        cues,
        activity=None if cues or force is not None or not emg else _activity(emg),
    )
    kept = without_practice(beside.protocol, found)
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
