"""Command ``sync``: how the clocks of two devices relate."""

from __future__ import annotations

import argparse
from pathlib import Path

from labapp.cli import words
from labapp.cli.command import Command
from labapp.cli.interrupt import stop_request
from labapp.errors import LabError


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "session",
        type=Path,
        nargs="?",
        metavar="SESSION.h5",
        help="a recorded session; without one, --device says what to record now",
    )
    words.add_devices(parser, required=False)
    words.add_json(parser)
    parser.set_defaults(scenario="sync_pulses")
    parser.add_argument(
        "--streams", nargs=2, metavar=("A", "B"), help="which two; needed where there are more"
    )
    parser.add_argument(
        "--method",
        default="auto",
        choices=("auto", "pulses", "copy", "stored"),
        help="pulses on both, a copy of the force in a spare channel, or an offset stored before",
    )
    parser.add_argument(
        "--seconds", type=words.positive, default=30.0, help="of pulses; default 30"
    )
    parser.add_argument("--out", type=Path, metavar="FILE.h5", help="the recording made for it")
    parser.add_argument("--seed", type=words.seed, default=0, help="of simulated devices")
    parser.add_argument(
        "--no-save", action="store_true", help="of a session: say it, and write nothing"
    )


def _sync(args: argparse.Namespace) -> int:
    if (args.session is None) == (not args.device):
        raise LabError(
            "sync takes a session or devices to record" + (", not both" if args.device else ""),
            "give SESSION.h5, or --device twice",
        )
    a, b = args.streams or (None, None)
    if args.session is None:
        from labapp.workflow.devices import choose_devices
        from labapp.workflow.sync_guide import guide_sync, sync_steps

        devices = choose_devices(args.device, channels=args.channels, settings=args.set)
        if not args.json:
            for step in sync_steps(devices, args.method, seconds=args.seconds):
                print("\n".join([step.title, *(f"  {line}" for line in step.lines)]), flush=True)
        with words.progress_bar() as bar, stop_request() as stop:
            found = guide_sync(
                devices,
                args.out,
                args.seconds,
                method=args.method,
                a=a,
                b=b,
                scenario=args.scenario,
                seed=args.seed,
                progress=bar,
                stop=stop,
            )
    else:
        from labapp.workflow.sync import find_sync

        found = find_sync(args.session, a, b, method=args.method, save=not args.no_save)
    if args.json:
        words.print_json(found.document)
    else:
        print(f"{' and '.join(found.streams)}: {found.text}")
        for note in (*found.document["notes"], *((f"→ {found.remedy}",) if found.remedy else ())):
            print(f"  {note}")
        if found.profile is not None:
            print(f"  kept for later recordings of these devices: {found.profile}")
        print(found.session)
    return 0 if found.result.verified else 1


COMMANDS = (
    Command("sync", "relate the clocks of two devices by pulses or a copy", _arguments, _sync),
)
