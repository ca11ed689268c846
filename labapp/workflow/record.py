"""Record: with or without a protocol, from the first byte to a verified session file.

The recorder process owns the ports and the log; here somebody tells it when to start, what to
mark and when to stop, and turns the finished log into the session.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labapp.errors import LabError
from labapp.record.config import ClockConfig, DeviceConfig
from labapp.session.facts import MARKER as FACTS
from labapp.trials.protocol import Protocol, load_protocol
from labapp.trials.run import ProtocolRun, RunEvent, RunState
from labapp.workflow.devices import missing_channels
from labapp.workflow.naming import (
    check_new,
    check_participant,
    ensure_folder,
    free_path,
    session_name,
)
from labapp.workflow.recording import NS, Recording, finish_recording, recorder_config
from labapp.workflow.report_facts import read_facts

if TYPE_CHECKING:
    from labapp.analysis.settings import AnalysisSettings
    from labapp.workflow.given_reference import FrozenReference

__all__ = [
    "LEAD_IN_S",
    "LOOK_AHEAD_S",
    "Recording",
    "analyse_saved",
    "default_clock",
    "finish_recording",
    "record_session",
    "recorder_config",
    "run_protocol",
    "session_path",
]

Progress = Callable[[str, float], None]
OnEvent = Callable[[RunEvent, RunState], None]

LEAD_IN_S = 1.0
"""Recorded before the first step and after the last, so that filters find their feet."""
LOOK_AHEAD_S = 0.05
"""Host time by which cues for simulated persons are sent early: they cannot hear late."""


def run_protocol(
    protocol: Protocol | str | Path,
    participant: str,
    out: Path,
    devices: Sequence[DeviceConfig],
    *,
    scenario: str | None = None,
    clock: ClockConfig | None = None,
    seed: int = 0,
    optional: bool = False,
    plan: Path | None = None,
    facts: Path | None = None,
    reference: FrozenReference | None = None,
    progress: Progress | None = None,
    on_event: OnEvent | None = None,
    stop: threading.Event | None = None,
) -> Path:
    """Run a test protocol to its end without a window, and return the verified session.

    Parameters
    ----------
    protocol
        Loaded, or a name or path for `load_protocol`.
    participant
        Pseudonym, as ``AB-014``.
    out
        A study folder (the file is named by participant, protocol, date and time) or the path
        of the ``.h5`` file to write.
    devices
        What to record; the protocol's required channels must be among their montages.
    scenario, seed
        Simulated laboratory, and the seed of it and of the random foreperiods.
    clock
        Default: stepped (as fast as the machine can) when every device is simulated or
        replayed, else real.
    optional
        Run the optional blocks (practice) too.
    plan
        Analysis plan file whose settings are frozen with the protocol; the defaults where None.
    facts
        Facts file (`labapp.workflow.report_facts`), kept in the session for its report.
    reference
        References of another session, frozen into this one (`labapp.workflow.reference_session`).
    progress
        Called with (what, share done 0 … 1).
    on_event
        Called with each event and the state after it.
    stop
        When set, the run ends early; what was recorded is kept.

    Raises
    ------
    LabError
        Bad participant, protocol, device, port or output; nothing is left behind. If the
        recorder dies or the disk fills up, the recording folder stays and is named.
    """
    if not isinstance(protocol, Protocol):
        protocol = load_protocol(protocol)
    check_participant(participant)
    missing = missing_channels(devices, protocol.channels.required)
    if missing:
        raise LabError(
            f"protocol {protocol.id} needs {', '.join(missing)}, which no channel is attached to",
            "add the device, or attach its channels with --channels",
        )
    codes = [code for choice in devices for code in choice.montage.values()]
    told = None if facts is None else read_facts(facts, codes)
    out = session_path(out, participant, protocol.id)
    clock = clock or default_clock(devices)
    config = recorder_config(
        out,
        devices,
        clock=clock,
        scenario=scenario,
        seed=seed,
        participant=participant,
        protocol=protocol,
        analysis=None if plan is None else _planned(plan),
        reference=reference,
    )
    with Recording(config, out, progress, stop) as recording:
        if told is not None:
            recording.recorder.mark(FACTS, told)
        start_ns = recording.recorder.now_ns() + round(LEAD_IN_S * NS)
        run = ProtocolRun(protocol, seed=seed, start_ns=start_ns, optional=optional)
        _drive(run, recording, on_event)
    return recording.finish()


def record_session(
    devices: Sequence[DeviceConfig],
    out: Path,
    seconds: float | None = None,
    *,
    scenario: str | None = None,
    clock: ClockConfig | None = None,
    seed: int = 0,
    participant: str = "",
    progress: Progress | None = None,
    on_status: Callable[[dict[str, Any]], None] | None = None,
    stop: threading.Event | None = None,
) -> Path:
    """Record until ``seconds`` of lab time are over or ``stop`` is set.

    Raises
    ------
    LabError
        As `run_protocol`.
    """
    if participant:
        check_participant(participant)
    out = check_new(out, suffixes=(".h5",))
    clock = clock or ClockConfig("real")
    config = recorder_config(
        out, devices, clock=clock, scenario=scenario, seed=seed, participant=participant
    )
    with Recording(config, out, progress, stop) as recording:
        begin = now = recording.recorder.now_ns()
        end = None if seconds is None else begin + round(seconds * NS)
        while not recording.stop.is_set() and (end is None or now < end):
            pause = now + NS // 2
            recording.wait_until(pause if end is None else min(pause, end))
            now = recording.recorder.now_ns()
            if on_status is not None:
                on_status(recording.recorder.status())
            if end is not None:
                recording.say("recording", (now - begin) / (end - begin))
    return recording.finish()


def analyse_saved(path: Path, progress: Progress) -> dict[str, Any] | LabError:
    """Return the analysis of a session, or why there is none: the session itself is safe by now."""
    try:
        from labapp.workflow.analysing import analyse  # brings SciPy: not on the start-up path

        return analyse(path, save=True, progress=progress)
    except LabError as error:
        logging.getLogger("labapp.workflow").warning("not analysed: %s", error)
        return error


def _planned(plan: Path) -> AnalysisSettings:
    from labapp.workflow.analysing import read_plan

    return read_plan(plan)


def default_clock(devices: Sequence[DeviceConfig]) -> ClockConfig:
    """Return the stepped clock when no device is real, else the host's clock."""
    return ClockConfig("stepped" if all(d.simulated for d in devices) else "real")


def session_path(out: Path, participant: str, protocol_id: str) -> Path:
    """Path of a new session: ``out`` itself if it ends in ``.h5``, else a name in that folder."""
    if out.suffix.lower() == ".h5":
        return check_new(out)
    folder = ensure_folder(out)
    return free_path(folder / f"{session_name(participant, protocol_id, datetime.now())}.h5")


def _drive(run: ProtocolRun, recording: Recording, on_event: OnEvent | None) -> None:
    """Leap from one change of the protocol to the next until it is over."""
    recorder, clock = recording.recorder, recording.clock
    # A stepped clock stands still until the cue is in the recording; a scaled one runs so fast
    # that a cue sent on time would come late.
    stepped = clock.kind == "stepped"
    ahead = round(LOOK_AHEAD_S * clock.speed * NS) if clock.kind == "scaled" else 0
    while not run.state.over:
        due = run.next_ns
        if due is not None and not stepped:
            recording.wait_until(due - ahead)
        if recording.stop.is_set():
            events = run.press("stop", recorder.now_ns())
        elif due is None:  # nobody is there to press the key it waits for
            events = run.press("next", recorder.now_ns())
        else:
            events = run.tick(due)
        for event in events:
            if on_event is not None:
                on_event(event, run.state)  # first: it beeps
            recording.mark(event)
        if due is not None and stepped:
            recording.wait_until(due)
        recording.say("recording", run.state.total_progress)
    recording.wait_until(recorder.now_ns() + round(LEAD_IN_S * NS))
