"""The command ``loads``: the next load of a participant, with its reasons."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from labapp.cli import words
from labapp.cli.command import Command
from labapp.errors import LabError

if TYPE_CHECKING:
    from labapp.workflow.progression import Proposal


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", type=Path, metavar="STUDY", help="folder of the sessions")
    parser.add_argument("--participant", required=True, metavar="ID", help="pseudonym, as AB-014")
    parser.add_argument(
        "--protocol", required=True, metavar="PROTOCOL", help="name of a protocol, or its file"
    )
    words.add_json(parser)


def _loads(args: argparse.Namespace) -> int:
    from labapp.trials.protocol import load_protocol
    from labapp.workflow.naming import check_participant
    from labapp.workflow.progression import proposals

    check_participant(args.participant)
    protocol = load_protocol(args.protocol)
    if not args.study.is_dir():
        raise LabError(f"{args.study} is no folder", "give the folder that holds the sessions")
    found = proposals(args.study, args.participant, protocol)
    if args.json:
        words.print_json(
            {
                "participant": args.participant,
                "protocol": protocol.id,
                "blocks": [asdict(one) for one in found],
            }
        )
    elif found:
        print("\n".join(line for one in found for line in _lines(one)))
    else:
        print(f"{protocol.id} has no load that grows")
    return 0


def _lines(one: Proposal) -> list[str]:
    """Proposed load of one block, and why, one reason a line."""
    if one.value is None:
        head = f"{one.block}: not known yet"
    else:
        how = "more than last time" if one.more else "as last time"
        head = f"{one.block}: {one.value:g} {one.unit}, {how}"
    return [f"{head} ({one.title})", *(f"  {reason}" for reason in one.reasons)]


COMMANDS = (
    Command("loads", "the next load of a participant in a protocol, and why", _arguments, _loads),
)
