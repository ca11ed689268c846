"""The command ``facts``: list, check and fill in what a report states of a study."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from labapp.cli import words
from labapp.cli.command import Command
from labapp.errors import LabError

if TYPE_CHECKING:
    from labapp.workflow.facts_draft import FactsDraft


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path", type=Path, metavar="DIR|FILE.toml", help="a study folder, or a facts file"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FACT=VALUE",
        help="fill in a fact, as electrodes.all.ied_mm=20; an empty value takes it out",
    )
    words.add_json(parser)


def _facts(args: argparse.Namespace) -> int:
    from labapp.workflow.facts_draft import FactsDraft, set_facts
    from labapp.workflow.study_facts import facts_file

    path = facts_file(args.path) if args.path.is_dir() else args.path
    wishes = {}
    for wish in args.set:
        name, equals, text = wish.partition("=")
        if not equals:
            raise LabError(f"{wish!r} is not FACT=VALUE", "write electrodes.all.ied_mm=20")
        wishes[name.strip()] = text
    if not wishes and not args.path.exists():
        raise LabError(f"{args.path} does not exist", "give a study folder, or fill in with --set")
    draft = set_facts(path, wishes) if wishes else FactsDraft(path)
    wrong = {".".join(place): what for place, what in draft.mistakes().items()}
    wrong |= dict.fromkeys(draft.unknown, "is no fact")
    if args.json:
        words.print_json({"file": path.name, "facts": draft.values(), "wrong": wrong})
    else:
        _show(draft, wrong)
    return 1 if wrong else 0


def _show(draft: FactsDraft, wrong: dict[str, str]) -> None:
    from labapp.workflow.facts_fields import range_words

    for place, field in draft.fields.items():
        title = field.words.title + (f" ({field.words.unit})" if field.words.unit else "")
        may = ", ".join(field.choices) or ("" if field.kind == "text" else range_words(field))
        value = " ".join(draft.typed(place).split()) or "-"
        print(f"{'.'.join(place):38} {value:28} {title}{f'. {may}' if may else ''}")
    for name, what in wrong.items():
        print(f"wrong: {name}: {what}")
    print(f"{draft.path}: {f'{len(wrong)} entries are wrong' if wrong else 'nothing wrong'}")


COMMANDS = (
    Command(
        "facts",
        "list, check and fill in what a report states of a study; status 1 if something is wrong",
        _arguments,
        _facts,
    ),
)
