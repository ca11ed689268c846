"""The command line: words in, one of three exit statuses out.

0: done. 1: done, and something was found. 2: wrong use or bad input, with one line that says
what and what to do. Starting up is cheap: the parsers are built from the light modules here,
and NumPy, HDF5 or Qt are imported by the command that needs them.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import labapp
from labapp.cli import calibration, data, facts, lab, loads, lsl, onsets, recording, sync, window
from labapp.cli.command import Command
from labapp.errors import LabError

DONE, FOUND, REFUSED, INTERRUPTED = 0, 1, 2, 130
DISCLAIMER = "Research and education software, not a medical device."

COMMANDS: tuple[Command, ...] = (
    *window.COMMANDS,
    *lab.COMMANDS,
    *recording.COMMANDS,
    *lsl.COMMANDS,
    *calibration.COMMANDS,
    *sync.COMMANDS,
    *data.COMMANDS,
    *facts.COMMANDS,
    *onsets.COMMANDS,
    *loads.COMMANDS,
)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as every other error of the program does."""

    def error(self, message: str) -> NoReturn:
        """Print one line and leave with status 2."""
        self.exit(REFUSED, f"{self.prog}: {message}; see {self.prog} --help\n")


def build_parser() -> argparse.ArgumentParser:
    """Parser of the whole command line."""
    parser = _Parser(
        prog="labapp",
        description="Which muscle came first in a pull, with an honest interval. "
        "Without a command the window opens.",
        epilog=DISCLAIMER,
    )
    parser.add_argument("--version", action="version", version=f"labapp {labapp.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for command in COMMANDS:
        words = commands.add_parser(
            command.name, help=command.help, description=command.help, epilog=DISCLAIMER
        )
        command.arguments(words)
        words.set_defaults(run=command.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    Parameters
    ----------
    argv
        Words after ``labapp``; those of the process if None.
    """
    # Our matrices are small: several threads of BLAS cost five times what one does, and take the
    # cores from the recorder. It counts where NumPy has not been loaded yet.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        # A Windows console in an old code page must not stop a result from being printed.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if not words:
            return window.open_window()
        arguments = build_parser().parse_args(words)
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except LabError as error:
        return _refuse(str(error))
    except KeyboardInterrupt:
        print("labapp: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        _let_go_of_stdout()
        return DONE
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _refuse(f"{place}{error.strerror or error}; check the path, its rights and space")
    except SystemExit as leaving:  # argparse has printed what it had to say
        return leaving.code if isinstance(leaving.code, int) else REFUSED
    return status


def _refuse(line: str) -> int:
    print(f"labapp: {' '.join(line.split())}", file=sys.stderr)
    return REFUSED


def _let_go_of_stdout() -> None:
    """Whoever read us has gone (``labapp … | head``); keep the interpreter quiet about it."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
