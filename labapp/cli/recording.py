"""Commands that record: ``record`` and ``run``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labapp.cli import words
from labapp.cli.command import Command
from labapp.cli.interrupt import stop_request
from labapp.cli.window import screen_available
from labapp.errors import LabError

if TYPE_CHECKING:
    from labapp.record.config import ClockConfig, DeviceConfig
    from labapp.trials.protocol import Protocol
    from labapp.trials.run import RunEvent, RunState
    from labapp.workflow.given_reference import FrozenReference


def _record_arguments(parser: argparse.ArgumentParser) -> None:
    words.add_devices(parser, required=True)
    _add_calibration(parser)
    parser.add_argument("--seconds", type=words.positive, help="default: until Ctrl-C")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.h5")
    parser.add_argument("--participant", default="", metavar="ID", help="pseudonym, as AB-014")
    parser.add_argument("--seed", type=words.seed, default=0, help="of simulated devices")
    parser.add_argument(
        "--speed", type=words.positive, help="of simulated devices, times real time (default 1)"
    )


def _record(args: argparse.Namespace) -> int:
    from labapp.workflow.calibrated_devices import given_calibrations
    from labapp.workflow.devices import choose_devices
    from labapp.workflow.record import record_session

    devices = given_calibrations(
        choose_devices(args.device, channels=args.channels, settings=args.set), args.calibration
    )
    with words.progress_bar() as bar, stop_request() as stop:
        path = record_session(
            devices,
            args.out,
            args.seconds,
            scenario=args.scenario,
            clock=_clock(devices, args.speed, stepped=False),
            seed=args.seed,
            participant=args.participant,
            progress=bar,
            stop=stop,
        )
    print(describe_session(path))
    return 0


def _add_calibration(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--calibration",
        action="append",
        default=[],
        metavar="ID=CELL|FILE.toml",
        help="calibration of a device's load cell; default: by the serial number of its plug",
    )


def _run_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("protocol", metavar="PROTOCOL", help="name or .toml file")
    parser.add_argument("--participant", required=True, metavar="ID", help="as AB-014")
    parser.add_argument("--study", type=Path, metavar="DIR", help="folder of the session")
    words.add_devices(parser, required=False)
    _add_calibration(parser)
    parser.add_argument(
        "--headless", action="store_true", help="in the terminal, at once; no window"
    )
    parser.add_argument("--practice", action="store_true", help="run the optional blocks too")
    parser.add_argument(
        "--plan", type=Path, metavar="FILE.toml", help="analysis settings frozen with the protocol"
    )
    words.add_facts(parser)
    words.add_reference(parser, "default: the newest of this person in the folder, if it fits")
    parser.add_argument("--seed", type=words.seed, default=0, help="of foreperiods and simulator")
    parser.add_argument(
        "--speed",
        type=words.positive,
        help="of simulated devices, times real time; "
        "default: 1 in the window, as fast as possible in the terminal",
    )


def _run(args: argparse.Namespace) -> int:
    from labapp.trials.protocol import load_protocol
    from labapp.workflow.calibrated_devices import given_calibrations
    from labapp.workflow.devices import PULLING, STANDING, STANDING_SETTINGS, choose_devices
    from labapp.workflow.naming import check_participant

    protocol = load_protocol(args.protocol)
    check_participant(args.participant)
    texts, settings = list(args.device), list(args.set)
    if not texts:
        if not args.participant.startswith("DEMO-"):
            raise LabError(
                f"no device is given for participant {args.participant}",
                "add --device emg=bitalino@PORT, or rehearse with --participant DEMO-001",
            )
        texts = list(STANDING if protocol.plate else PULLING)
        settings = [*(STANDING_SETTINGS if protocol.plate else ()), *settings]
        print("no --device given: simulated devices")
    devices = given_calibrations(
        choose_devices(texts, channels=args.channels, settings=settings), args.calibration
    )
    clock = _clock(devices, args.speed, stepped=True)
    if not args.headless and screen_available():
        if args.plan is not None:
            raise LabError("--plan is not for the window", "add --headless to run in the terminal")
        if args.facts is not None:
            raise LabError("--facts is not for the window", "give them to labapp report instead")
        if args.reference is not None:
            raise LabError("--reference is not for the window", "choose it there, on Set up")
        return _run_in_window(args, protocol, devices)
    return _run_in_terminal(args, protocol, devices, clock)


def _run_in_window(
    args: argparse.Namespace, protocol: Protocol, devices: tuple[DeviceConfig, ...]
) -> int:
    """Open the window with everything filled in; the person starts it there."""
    from labapp.workflow.devices import missing_channels

    missing = missing_channels(devices, protocol.channels.required)
    if missing:
        raise LabError(
            f"protocol {protocol.id} needs {', '.join(missing)}, which no channel is attached to",
            "add the device, or attach its channels with --channels",
        )
    try:
        from labapp.ui.app import run_preset
    except ImportError as error:
        raise LabError(
            f"the window's toolkit cannot be loaded: {error}",
            "add --headless to run in the terminal; labapp doctor names what is missing",
        ) from None
    return run_preset(
        args.protocol,
        args.participant,
        study=args.study,
        devices=devices if args.device else (),
        scenario=args.scenario,
        speed=args.speed or 1.0,
        seed=args.seed,
        practice=args.practice,
    )


def _run_in_terminal(
    args: argparse.Namespace,
    protocol: Protocol,
    devices: tuple[DeviceConfig, ...],
    clock: ClockConfig,
) -> int:
    """Run the protocol at once, cues in the terminal."""
    from labapp import paths
    from labapp.workflow.record import run_protocol

    study = args.study or paths.studies()
    reference = _reference(args, protocol, devices, study)
    print(introduction(protocol, optional=args.practice), flush=True)
    with words.progress_bar() as bar, stop_request() as stop:
        path = run_protocol(
            protocol,
            args.participant,
            study,
            devices,
            scenario=args.scenario,
            clock=clock,
            seed=args.seed,
            optional=args.practice,
            plan=args.plan,
            facts=args.facts,
            reference=reference,
            progress=bar,
            on_event=None if clock.kind == "stepped" else _tell,
            stop=stop,
        )
    print(describe_session(path))
    return 0


def _reference(
    args: argparse.Namespace, protocol: Protocol, devices: tuple[DeviceConfig, ...], study: Path
) -> FrozenReference | None:
    """Choose the references of another session for this one; one line says which."""
    from labapp.workflow.given_reference import OWN
    from labapp.workflow.reference_session import (
        NoReference,
        find_reference,
        frozen_words,
        reference_for_devices,
    )
    from labapp.workflow.report_facts import read_facts

    if args.reference == OWN:
        return None
    facts = None if args.facts is None else read_facts(args.facts)
    if args.reference is not None:
        path = Path(args.reference)
        frozen = reference_for_devices(
            path, args.participant, protocol, devices, scenario=args.scenario, facts=facts
        )
    else:
        folder = study.parent if study.suffix.lower() == ".h5" else study
        found = find_reference(
            folder, args.participant, protocol, devices, scenario=args.scenario, facts=facts
        )
        if isinstance(found, NoReference):
            if found.path is not None:
                why = "; ".join(found.reasons)
                print(f"100 %: the session's own reference; not {found.path.name}: {why}")
            return None
        frozen = found.frozen
    print(f"100 %: {frozen_words(frozen)}", flush=True)
    return frozen


def introduction(protocol: Protocol, *, optional: bool) -> str:
    """Title and total time, when not to begin, when to stop, and what the person is told."""
    minutes = protocol.duration_s(optional=optional) / 60
    lines = [f"{protocol.title} {protocol.version}, about {minutes:.0f} min"]
    lines += [f"  do not begin with: {reason}" for reason in protocol.safety.contraindications]
    lines += [f"  stop on: {reason}" for reason in protocol.safety.stop]
    lines += [f"  {told.text}" for told in protocol.instructions]
    return "\n".join(lines)


def _clock(devices: tuple[DeviceConfig, ...], speed: float | None, *, stepped: bool) -> ClockConfig:
    """Real devices need the host's clock; simulated ones take any."""
    from labapp.record.config import ClockConfig

    simulated = all(device.simulated for device in devices)
    if not simulated:
        if speed is not None:
            raise LabError("--speed is for simulated devices only", "leave it out")
        return ClockConfig("real")
    if speed is not None:
        return ClockConfig("scaled", speed)
    return ClockConfig("stepped" if stepped else "real")


def _tell(event: RunEvent, state: RunState) -> None:
    """Cues for a person at a terminal: the words, and the terminal's bell as the beep."""
    if event.kind == "block":
        print(f"\n{state.title}: {state.instruction}", file=sys.stderr)
    elif event.kind == "cue":
        print(f"\a{state.text}", file=sys.stderr, flush=True)
    elif event.kind == "tick":
        print("\a", end="", file=sys.stderr, flush=True)
    elif event.kind == "breath" and event.data["breath"] != "free":
        print(f"  breathe {event.data['breath']}", file=sys.stderr, flush=True)
    elif event.kind in ("start", "foreperiod", "hold", "relax"):
        print(f"  {state.text}", file=sys.stderr, flush=True)
    elif event.kind == "rest":
        print(
            f"  rest {event.data['duration_s']:g} s ({state.repetition} of {state.of} done)",
            file=sys.stderr,
            flush=True,
        )


def describe_session(path: Path) -> str:
    """One line per stream, then the path: what was kept and what was lost."""
    from labapp.session.file import open_session

    with open_session(path) as session:
        lines = [stream_line(name, stream) for name, stream in session.streams.items()]
    return "\n".join([*lines, str(path)])


def stream_line(name: str, stream: Any) -> str:
    """Return the account of a stream: received + lost = sent."""
    sent = stream.received + stream.lost
    return (
        f"{name}: {stream.driver}, {stream.rate:.3f} Hz,"
        f" {stream.received} received + {stream.lost} lost = {sent} sent"
    )


COMMANDS = (
    Command("record", "record devices into a session", _record_arguments, _record),
    Command("run", "run a test protocol and keep its session", _run_arguments, _run),
)
