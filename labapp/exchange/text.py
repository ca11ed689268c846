"""Text tables: CSV with comma, semicolon or tab, with or without titles and a time column."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from labapp.errors import LabError
from labapp.exchange.foreign import Foreign, check_size
from labapp.model import Floats

_TIME = ("time", "t", "time_s", "time (s)", "time [s]", "seconds", "s")
# A recorder that prints rounded times scatters by the last digit, never by a tenth of a step.
_JITTER = 0.1


def read_text(path: Path) -> Foreign:
    """Read a table of numbers; a column titled ``time`` (s) gives the rate.

    Raises
    ------
    LabError
        Not UTF-8, a line that is no row of numbers (with its number), or uneven times.
    """
    titles, table, _ = read_table(path)
    lower = [title.strip().lower() for title in titles]
    clocks = [k for k, title in enumerate(lower) if title in _TIME]
    if not clocks:
        return Foreign(table, titles, source="text table")
    column = clocks[0]
    times = table[:, column]
    rate = _rate(path, times)
    rest = [k for k in range(table.shape[1]) if k != column]
    if not rest:
        raise LabError(f"{path} has a time column and nothing else", "give the samples too")
    names = tuple(titles[k] for k in rest)
    return Foreign(table[:, rest], names, rate, float(times[0]), "text table with time")


def read_table(path: Path) -> tuple[tuple[str, ...], Floats, str]:
    """Titles (empty without), (n_rows, n_columns) numbers, and the delimiter of a text table."""
    try:
        check_size(path, path.stat().st_size)
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabError(
            f"{path} is no UTF-8 text (byte {error.start})", "save it as UTF-8"
        ) from None
    except OSError as error:
        raise LabError(f"cannot open {path}: {error.strerror}", "check the name") from None
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(("\t", ";", ","), key=first.count)
    if delimiter == ";" and "." not in text[:4096]:
        text = text.replace(",", ".")
    titled = not _numbers(first.replace(",", ".") if delimiter == ";" else first, delimiter)
    titles = tuple(part.strip().strip('"') for part in first.split(delimiter)) if titled else ()
    skip = 1 + text[: text.index(first)].count("\n") if titled else 0
    try:
        table = np.loadtxt(io.StringIO(text), delimiter=delimiter, skiprows=skip, ndmin=2)
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise LabError(f"{path}: {reason}", "every line must hold numbers only") from None
    if not table.size or (titles and len(titles) != table.shape[1]):
        raise LabError(
            f"{path}: {len(titles)} titles and {table.shape[1]} columns in {len(table)} rows",
            "give every column one title",
        )
    return titles, np.asarray(table, dtype=np.float64), delimiter


def _numbers(line: str, delimiter: str) -> bool:
    try:
        [float(part) for part in line.split(delimiter)]
    except ValueError:
        return False
    return True


def _rate(path: Path, times: Floats) -> float:
    steps = np.diff(times)
    if len(steps) < 2 or not np.all(np.isfinite(steps)) or not np.all(steps > 0):
        raise LabError(f"{path}: the time column does not rise", "remove it and give --rate")
    step = float((times[-1] - times[0]) / len(steps))
    uneven = np.abs(times - times[0] - step * np.arange(len(times))).max()
    if uneven > max(_JITTER * step, 1e-6):
        raise LabError(
            f"{path}: times are uneven by {uneven * 1e3:.3g} ms",
            "samples are missing or were not taken evenly; such a table cannot be imported",
        )
    return 1.0 / step
