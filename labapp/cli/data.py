"""Commands on files: ``analyse``, ``report``, ``import``, ``check``, ``recover``."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from labapp.cli import words
from labapp.cli.command import Command


def _analyse_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", type=Path, metavar="SESSION.h5")
    words.add_json(parser)
    parser.add_argument(
        "--plan", type=Path, metavar="FILE.toml", help="parameters that differ from the defaults"
    )
    parser.add_argument(
        "--calibration", type=Path, metavar="FILE.toml", help="of a load cell of the session"
    )
    words.add_facts(parser)
    words.add_reference(parser, "instead of what it was recorded with")
    parser.add_argument(
        "--save", action="store_true", help="keep the result in the session (raw data stay as is)"
    )
    parser.add_argument(
        "--multiverse", action="store_true", help="answer the question in 54 other ways, too"
    )


def _analyse(args: argparse.Namespace) -> int:
    from labapp.workflow.analysing import analyse
    from labapp.workflow.given_reference import OWN, Given
    from labapp.workflow.reference_session import reference_for_session
    from labapp.workflow.words import summary

    with words.progress_bar() as bar:
        given: Given | None = None
        if args.reference is not None:
            own = args.reference == OWN
            given = OWN if own else reference_for_session(Path(args.reference), args.session)
        document = analyse(
            args.session,
            plan=args.plan,
            calibration=args.calibration,
            facts=args.facts,
            reference=given,
            save=args.save,
            multiverse=args.multiverse,
            progress=bar,
        )
    if args.json:
        words.print_json(document)
    else:
        print(summary(document))
    return 0


def _report_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sessions", type=Path, nargs="+", metavar="SESSION.h5")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.html|FILE.pdf")
    parser.add_argument(
        "--multiverse", action="store_true", help="show what 54 other ways to analyse say"
    )
    words.add_facts(parser)


def _report(args: argparse.Namespace) -> int:
    from labapp.workflow.files import make_report

    with words.progress_bar() as bar:
        print(
            make_report(
                args.sessions, args.out, multiverse=args.multiverse, facts=args.facts, progress=bar
            )
        )
    return 0


def _import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--rate", type=words.positive, metavar="HZ")
    parser.add_argument("--unit", metavar="UNIT", help="of the values in the file, as uV")
    parser.add_argument("--map", type=Path, metavar="FILE.toml", help="what each column is")
    parser.add_argument("--out", type=Path, required=True, metavar="SESSION.h5")


def _import(args: argparse.Namespace) -> int:
    from labapp.cli.recording import describe_session
    from labapp.workflow.files import import_file

    path = import_file(args.file, args.out, rate=args.rate, unit=args.unit, map_path=args.map)
    print(describe_session(path))
    return 0


def _check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", type=Path, metavar="SESSION.h5")
    words.add_json(parser)


def _check(args: argparse.Namespace) -> int:
    from labapp.workflow.files import check

    findings = check(args.session)
    bad = [finding for finding in findings if finding.level != "note"]
    if args.json:
        words.print_json(
            {
                "session": args.session.name,
                "ok": not bad,
                "findings": [asdict(finding) for finding in findings],
            }
        )
    else:
        for finding in findings:
            print(f"{finding.level:5} {finding.place}: {finding.text}")
        print(f"{args.session}: {f'{len(bad)} findings' if bad else 'nothing wrong'}")
    return 1 if bad else 0


def _recover_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path", type=Path, metavar="PATH", help="a recording folder, its log, or a study folder"
    )


def _recover(args: argparse.Namespace) -> int:
    from labapp.cli.recording import describe_session
    from labapp.workflow.recovery import recover

    for path in recover(args.path):
        print(describe_session(path))
    return 0


COMMANDS = (
    Command(
        "analyse",
        "repetitions, onsets, order, ratios, force and quality of a session",
        _analyse_arguments,
        _analyse,
    ),
    Command("report", "report with figures and methods paragraph", _report_arguments, _report),
    Command("import", "turn a foreign recording into a session", _import_arguments, _import),
    Command("check", "verify a session; status 1 if something is wrong", _check_arguments, _check),
    Command("recover", "rebuild sessions from capture logs", _recover_arguments, _recover),
)
