"""The guided step: what to wire, what to do while both devices record, what came out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from labapp import paths
from labapp.errors import LabError
from labapp.muscles import COPY_CODE, PULSE_CODE
from labapp.record.config import ClockConfig, DeviceConfig
from labapp.workflow.naming import check_new, ensure_folder, free_path
from labapp.workflow.record import LOOK_AHEAD_S, default_clock
from labapp.workflow.recording import NS, Recording, recorder_config
from labapp.workflow.sync import SyncFinding, SyncMethod, find_sync
from labapp.workflow.sync_profile import FOLDER

Progress = Callable[[str, float], None]
Plan = Literal["pulses", "copy"]

SECONDS: Final = 30.0
"""Length of a recording of pulses: some thirty of them."""
PULLS: Final = 10
PULL_EVERY_S: Final = 5.0
_LEAD_S = 3.0
_TAIL_S = 3.0

PULSE_INPUTS: Final[dict[str, str]] = {
    "bitalino": "digital input I1 (0 to 3.3 V)",
    "chronojump": "the RCA trigger input (a contact that closes)",
    "cyton": "digital pin D17 (0 to 3.3 V), with the setting aux = digital",
    "spikerbox": "an event input",
    "modulareeg": "a switch input",
}
"""Where a pulse goes in, by driver; others take it in a spare channel."""


@dataclass(frozen=True, slots=True)
class SyncStep:
    """One step of the guide: a heading, what to do (a line each), how long it takes."""

    title: str
    lines: tuple[str, ...]
    seconds: float = 0.0


def planned(devices: Sequence[DeviceConfig], method: SyncMethod = "auto") -> Plan:
    """Tell whether pulses or pulls will relate the devices.

    Raises
    ------
    LabError
        Fewer than two devices, or a method that records nothing.
    """
    if len(devices) < 2:
        raise LabError(
            f"{len(devices)} device{'s' if len(devices) != 1 else ''} to synchronise",
            "give two: --device emg=… --device force=…",
        )
    if method == "stored":
        raise LabError("a stored offset needs no recording", "leave out the devices")
    copied = not without_copy(devices)
    if method == "copy" and not copied:
        raise LabError(
            f"no channel carries a copy of the force (code {COPY_CODE})",
            "give it to a spare EMG channel: in the montage on the page Set up, or with "
            f"--channels, as emg=A4:{COPY_CODE}",
        )
    if method == "auto" and copied and not all(map(_takes_pulses, devices)):
        return "copy"
    return "copy" if method == "copy" else "pulses"


def without_copy(devices: Sequence[DeviceConfig]) -> bool:
    """Whether no channel of these devices carries a copy of the force."""
    return not any(COPY_CODE in device.montage.values() for device in devices)


def _takes_pulses(device: DeviceConfig) -> bool:
    return device.driver in PULSE_INPUTS or PULSE_CODE in device.montage.values()


def sync_steps(
    devices: Sequence[DeviceConfig],
    method: SyncMethod = "auto",
    *,
    seconds: float = SECONDS,
    pulls: int = PULLS,
) -> tuple[SyncStep, ...]:
    """Put the steps of the guide for these devices into words; nothing is opened."""
    plan = planned(devices, method)
    wires = tuple(f"{device.id}: {_wire(device, plan)}" for device in devices)
    if plan == "copy":
        return (
            SyncStep("Wire the load cell's signal to both", wires),
            SyncStep(
                "Pull fast and hard",
                (f"{pulls} times, {PULL_EVERY_S:g} s apart; the program says when.",),
                _LEAD_S + pulls * PULL_EVERY_S + _TAIL_S,
            ),
        )
    return (
        SyncStep("Wire one pulse to both devices", wires),
        SyncStep(
            "Let the pulses run",
            (
                "Pulses of 20 to 200 ms, 0.6 to 1.4 s apart at random, "
                f"{seconds:g} s long. A push-button pressed unevenly will do.",
            ),
            seconds,
        ),
    )


def _wire(device: DeviceConfig, plan: Plan) -> str:
    for channel, code in device.montage.items():
        if plan == "pulses" and code == PULSE_CODE:
            return f"pulse into channel {channel}, through a divider to its range"
        if plan == "copy" and code == COPY_CODE:
            return (
                f"the load cell's amplified signal into channel {channel}, through an isolator and "
                "a divider to its range"
            )
    if plan == "copy":
        return "nothing to wire"
    place = PULSE_INPUTS.get(device.driver)
    if place is not None:
        return f"pulse into {place}"
    return f"no pulse input: give a spare channel the code {PULSE_CODE} and wire the pulse there"


def guide_sync(
    devices: Sequence[DeviceConfig],
    out: Path | None = None,
    seconds: float = SECONDS,
    *,
    pulls: int = PULLS,
    method: SyncMethod = "auto",
    a: str | None = None,
    b: str | None = None,
    scenario: str | None = None,
    clock: ClockConfig | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> SyncFinding:
    """Record both devices, relate them, and keep the offset for later recordings.

    Parameters
    ----------
    devices
        Two or more; which two are related is said by ``a`` and ``b`` where there are more.
    out
        Session to write; by default one in the user's data folder, beside the offsets.
    seconds
        Length of the recording of pulses.
    pulls
        Pulls that a copy of the force is compared over.
    method
        As `synchronise`; a copy is used where a device has no input for pulses.
    scenario, seed, clock
        Simulated laboratory; clock as `run_protocol`.
    progress
        Called with (what the person is to do or what happens, share done 0 … 1).
    stop
        When set, recording ends early and what there is is used.

    Raises
    ------
    LabError
        Fewer than two devices, a device that cannot be recorded, an output that cannot be
        written. A refusal to relate them is a finding, not an error.
    """
    plan = planned(devices, method)
    if not seconds > 0 or pulls < 1:
        raise LabError(f"{seconds:g} s and {pulls} pulls", "give numbers above 0")
    if out is None:
        folder = ensure_folder(paths.home() / FOLDER)
        out = free_path(folder / f"sync_{datetime.now():%Y-%m-%d_%H%M%S}.h5")
    else:
        out = check_new(out, suffixes=(".h5",))
    clock = clock or default_clock(devices)
    config = recorder_config(out, devices, clock=clock, scenario=scenario, seed=seed)
    with Recording(config, out, progress, stop) as recording:
        if plan == "copy":
            _ask_for_pulls(recording, pulls)
        else:
            _let_pulses_run(recording, seconds)
    return find_sync(recording.finish(), a, b, method=method)


def _let_pulses_run(recording: Recording, seconds: float) -> None:
    begin = now = recording.recorder.now_ns()
    end = begin + round(seconds * NS)
    while now < end and not recording.stop.is_set():
        left = (end - now) / NS
        recording.say(f"let the pulses run, {left:.0f} s to go", (now - begin) / (end - begin))
        now = _pass_to(recording, min(now + NS // 2, end))


def _pass_to(recording: Recording, t_ns: int) -> int:
    """Let lab time reach ``t_ns``; a stepped clock with a speed of its own is pushed at that."""
    clock, now = recording.clock, recording.recorder.now_ns()
    while now < t_ns and not recording.stop.is_set():
        step = min(t_ns, now + NS // 2)
        if clock.kind == "stepped" and clock.speed != 1:
            recording.stop.wait((step - now) / NS / clock.speed)
        recording.wait_until(step)
        now = recording.recorder.now_ns()
    return now


def _ask_for_pulls(recording: Recording, pulls: int) -> None:
    recorder = recording.recorder
    begin = recorder.now_ns()
    scaled = recording.clock.kind == "scaled"
    ahead = round(LOOK_AHEAD_S * recording.clock.speed * NS) if scaled else 0
    for number in range(pulls):
        due = begin + round((_LEAD_S + number * PULL_EVERY_S) * NS)
        recording.say(f"rest, pull {number + 1} of {pulls} comes", number / pulls)
        _pass_to(recording, due - ahead)
        if recording.stop.is_set():
            return
        cue = {"block": "sync", "repetition": number + 1, "pull": "fast", "level": 1.0,
               "hold_s": 1.0}  # fmt: skip
        recorder.mark("cue", cue, due)
        recording.say(f"PULL now, fast and hard ({number + 1} of {pulls})", number / pulls)
        _pass_to(recording, due + 2 * NS)
    _pass_to(recording, begin + round((_LEAD_S + pulls * PULL_EVERY_S + _TAIL_S) * NS))
