"""How results appear in a terminal: JSON documents, progress bars, checked numbers."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Progress = Callable[[str, float], None]


def print_json(document: Any) -> None:
    """Print one JSON document and nothing else; NaN would be a bug and is refused."""
    print(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))


@contextmanager
def progress_bar() -> Iterator[Progress | None]:
    """Progress callback (what, share 0 … 1) of a bar on a terminal; None in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description:24.24}"),
        TaskProgressColumn(),
        BarColumn(),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=1.0)

        def show(what: str, share: float) -> None:
            bars.update(task, description=what, completed=min(max(share, 0.0), 1.0))

        yield show


def positive(text: str) -> float:
    """Argument type: a finite number above zero."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def share(text: str) -> float:
    """Argument type: a probability, 0 ≤ p < 1."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a probability (0 to below 1)")
    return value


def seed(text: str) -> int:
    """Argument type: a whole number ≥ 0."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


def add_json(parser: argparse.ArgumentParser) -> None:
    """Offer ``--json``."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def add_reference(parser: argparse.ArgumentParser, otherwise: str) -> None:
    """Offer ``--reference``."""
    parser.add_argument(
        "--reference",
        metavar="MVIC.h5|none",
        help="session of maximal contractions that is 100 %%, or none for the own reference; "
        + otherwise,
    )


def add_facts(parser: argparse.ArgumentParser) -> None:
    """Offer ``--facts``."""
    parser.add_argument(
        "--facts",
        type=Path,
        metavar="FILE.toml",
        help="what a report states of participant, electrodes and devices",
    )


def add_devices(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """Offer the arguments that say which device is where and what it is attached to."""
    parser.add_argument(
        "--device",
        action="append",
        default=[],
        required=required,
        metavar="ID=DRIVER@PORT",
        help="a device and its port, as emg=bitalino@COM3; may be repeated",
    )
    parser.add_argument(
        "--channels",
        action="append",
        default=[],
        metavar="ID=CHANNEL:MUSCLE,…",
        help="what the channels of a device are attached to, as emg=A1:RM_R,A2:UT_R",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="ID.KEY=VALUE",
        help="a setting of a device's driver, as emg.rate=1000",
    )
    parser.add_argument(
        "--scenario",
        metavar="NAME|FILE.toml",
        default="demo",
        help="what simulated devices (sim://DRIVER) find; default: demo",
    )
