"""Commands of the Lab Streaming Layer: ``outlet``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from labapp.cli.command import Command
from labapp.cli.interrupt import stop_request
from labapp.errors import LabError


def _outlet_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=Path, nargs="?", metavar="FOLDER", help="NAME.recording of a running one"
    )
    parser.add_argument(
        "--attach", action="store_true", help="the one recording that runs in the study folder"
    )
    parser.add_argument(
        "--network", action="store_true", help="for other computers too; else this one only"
    )


def _outlet(args: argparse.Namespace) -> int:
    from labapp.workflow.outlet import find_running, serve_outlet

    if (args.folder is None) != args.attach:
        raise LabError("one recording is needed", "give its folder, or --attach")
    folder = find_running() if args.folder is None else args.folder
    with stop_request() as stop:
        sent = serve_outlet(folder, network=args.network, say=_say, stop=stop)
    print(", ".join(f"{name} {number}" for name, number in sent.items()) + " sent")
    return 0


def _say(line: str) -> None:
    """Tell at once what is open, beside the results."""
    print(line, file=sys.stderr, flush=True)


COMMANDS = (
    Command(
        "outlet",
        "a running recording as LSL streams, for other programs",
        _outlet_arguments,
        _outlet,
    ),
)
