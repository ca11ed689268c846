"""The command ``onsets``: list and set onsets by hand, reject repetitions, compare two raters."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labapp.cli import words
from labapp.cli.command import Command
from labapp.errors import LabError

if TYPE_CHECKING:
    from labapp.workflow.onset_journal import Identity


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", type=Path, metavar="SESSION.h5")
    words.add_json(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--set",
        nargs=3,
        metavar=("PULL", "MUSCLE", "SECONDS"),
        help="set an onset: number of the pull as listed, muscle, time in the recording, or "
        "'none' where there is no onset",
    )
    what.add_argument(
        "--reject", metavar="PULL", help="exclude a repetition from the result; needs --reason"
    )
    what.add_argument(
        "--accept", metavar="PULL", help="let a repetition count again that was rejected so"
    )
    what.add_argument("--undo", action="store_true", help="take back what the rater did last")
    what.add_argument("--redo", action="store_true", help="make it stand again")
    what.add_argument("--agreement", action="store_true", help="how the raters agree")
    parser.add_argument("--operator", metavar="ID", help="who edits, a pseudonym as OP-001")
    parser.add_argument("--reason", default="", metavar="TEXT", help="why")
    parser.add_argument("--rater", metavar="LETTER", help="whose edits (for an edit: A)")


def _onsets(args: argparse.Namespace) -> int:
    from labapp.workflow.onset_journal import check_rater
    from labapp.workflow.stored import result_and_known, up_to_date

    if args.rater is not None:
        check_rater(args.rater)
    with words.progress_bar() as bar:
        document, known = result_and_known(args.session, bar)
    if args.set or args.undo or args.redo or args.reject is not None or args.accept is not None:
        _edit(args, document, known.identity)
        with words.progress_bar() as bar:
            document = up_to_date(document, args.session, bar, known)
        return _show_summary(args, document)
    if args.operator or args.reason:
        raise LabError("--operator and --reason belong to an edit", "give --set or --reject")
    if args.agreement:
        return _agreement(args, document)
    if args.json:
        words.print_json(_listing(document, args.rater))
    else:
        from labapp.workflow.onset_words import onset_table

        print(onset_table(document, args.rater))
    return 0


def _edit(args: argparse.Namespace, document: dict[str, Any], identity: Identity) -> None:
    from labapp.workflow.edited_part import automatic_document
    from labapp.workflow.onset_edits import OnsetEdits

    if not args.operator:
        raise LabError("an edit needs --operator", "give a pseudonym, as --operator OP-001")
    edits = OnsetEdits(args.session, automatic_document(document), identity)
    rater = args.rater or "A"
    if args.set:
        pull, muscle, seconds = args.set
        key = (_pull(pull, document), muscle)
        edits.set(rater, args.operator, key, _seconds(seconds), reason=args.reason)
    elif args.reject is not None:
        edits.reject(rater, args.operator, _pull(args.reject, document), args.reason)
    elif args.accept is not None:
        edits.accept(rater, args.operator, _pull(args.accept, document), args.reason)
    elif args.undo:
        edits.undo(rater, args.operator)
    else:
        edits.redo(rater, args.operator)


def _pull(text: str, document: dict[str, Any]) -> int:
    """Index of the pull that is listed under a number."""
    pulls = document["repetitions"]
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= len(pulls)):
        raise LabError(f"there is no pull {text[:20]!r}", f"give a number from 1 to {len(pulls)}")
    return int(pulls[int(text[:9]) - 1]["index"])


def _seconds(text: str) -> float | None:
    if text == "none":
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise LabError(f"{text[:20]!r} is not a time", "give seconds of the recording, or 'none'")
    return value


def _show_summary(args: argparse.Namespace, document: dict[str, Any]) -> int:
    if args.json:
        words.print_json(_listing(document, args.rater))
    else:
        from labapp.workflow.onset_words import hand_summary

        print(hand_summary(document))
    return 0


def _agreement(args: argparse.Namespace, document: dict[str, Any]) -> int:
    from labapp.workflow.onset_words import agreement_words

    found = (document.get("edited") or {}).get("agreement", {})
    if not found:
        raise LabError(
            f"{args.session.name} was not marked by two raters", "let both of them mark it first"
        )
    if args.json:
        words.print_json({"session": args.session.name, "agreement": found})
    else:
        print(agreement_words(found))
    return 0


def _listing(document: dict[str, Any], rater: str | None) -> dict[str, Any]:
    """JSON of the list: pulls with their automatic onsets, the raters, both verdicts."""
    part = document.get("edited") or {}
    raters = part.get("raters", {})
    return {
        "session": document["session"],
        "automatic": part.get("automatic", document["verdict"]),
        "excluded": _excluded(document),
        "pulls": [
            {
                "pull": number,
                "repetition": rep["index"],
                "block": rep["block"],
                "number": rep["number"],
                "valid": rep["valid"],
                "cue_s": rep["cue_s"],
                "onsets": {
                    muscle: {key: onset.get(key) for key in ("time_s", "low_s", "high_s", "state")}
                    for muscle, onset in rep["onsets"].items()
                },
            }
            for number, rep in enumerate(document["repetitions"], 1)
        ],
        "raters": {key: one for key, one in raters.items() if rater in (None, key)},
        "problems": part.get("problems", []),
    }


def _excluded(document: dict[str, Any]) -> dict[str, Any] | None:
    """Return what was excluded afterwards, with the verdict as recorded; None where nothing was."""
    part = document.get("excluded")
    if part is None:
        return None
    return {**part, "as_recorded": {"verdict": part["as_recorded"]["verdict"]}}


COMMANDS = (
    Command(
        "onsets",
        "list onsets, set them by hand, reject repetitions (journalled), compare two raters",
        _arguments,
        _onsets,
    ),
)
