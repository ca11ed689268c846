"""The window and the demo: ``labapp`` alone, and ``labapp demo``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from labapp.cli import words
from labapp.cli.command import Command
from labapp.errors import LabError

DEMO_FOLDER = Path("labapp-demo")
DEMO_SCENARIO = "demo"


def screen_available() -> bool:
    """Whether a window could be shown (or an offscreen one was asked for)."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_window() -> int:
    """Open the window.

    Raises
    ------
    LabError
        No screen, or Qt cannot be loaded.
    """
    if not screen_available():
        raise LabError(
            "no screen to open the window on (DISPLAY is not set)",
            "use a command instead, as labapp demo --headless; labapp --help lists them",
        )
    try:
        from labapp.ui.app import main
    except ImportError as error:
        raise _no_qt(error) from None
    return main([])


def _no_qt(error: ImportError) -> LabError:
    return LabError(
        f"the window's toolkit cannot be loaded: {error}",
        "labapp doctor names what is missing; every command works without it",
    )


def _demo_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--headless", action="store_true", help="in the terminal, no window")
    parser.add_argument(
        "--out", type=Path, default=DEMO_FOLDER, metavar="DIR", help=f"default: {DEMO_FOLDER}"
    )
    parser.add_argument("--seed", type=words.seed, default=1, metavar="N", help="default: 1")
    parser.add_argument(
        "--speed",
        type=words.positive,
        metavar="X",
        help="times real time; default: as fast as possible in the terminal",
    )
    parser.add_argument(
        "--scenario", default=DEMO_SCENARIO, metavar="NAME|FILE.toml", help="default: demo"
    )


def _demo(args: argparse.Namespace) -> int:
    if not args.headless and screen_available():
        try:
            from labapp.ui.app import run_demo
        except ImportError as error:
            print(f"labapp: {_no_qt(error)}; going on in the terminal", file=sys.stderr)
        else:
            return run_demo(args.out, args.seed, args.speed, args.scenario)
    from labapp.workflow.demo_job import demo

    with words.progress_bar() as bar:
        result = demo(
            args.out, seed=args.seed, scenario=args.scenario, speed=args.speed, progress=bar
        )
    print(result.text)
    return 0


COMMANDS = (
    Command(
        "demo",
        "the whole main job on simulated devices: session, verdict, report",
        _demo_arguments,
        _demo,
    ),
)
