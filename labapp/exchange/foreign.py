"""What every reader of a foreign format gives: an array of numbers and what the file said."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.errors import LabError

MAX_BYTES = 4 << 30
_REMEDY = "write a map (--map FILE.toml) that says it"


@dataclass(frozen=True, eq=False)
class Foreign:
    """A recording as read.

    Attributes
    ----------
    values
        (n_samples, n_channels), integers as they were or float64.
    titles
        Column titles, empty where the file has none.
    rate
        Hz, None where the file does not say.
    start_s
        Time of the first sample in the file's own clock, s.
    source
        Words for the session's account: format, array.
    """

    values: NDArray[Any]
    titles: tuple[str, ...] = ()
    rate: float | None = None
    start_s: float = 0.0
    source: str = ""


def orient(array: NDArray[Any], name: str) -> NDArray[Any]:
    """(n_samples, n_channels) from an array that is the one or the other way round.

    The larger axis is time: no recording has more channels than samples.
    """
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.dtype.kind not in "iuf" or not array.size:
        raise LabError(f"{name} has shape {array.shape} and type {array.dtype}", "name an array "
                       "of numbers, samples by channels, in a map (--map FILE.toml)")  # fmt: skip
    if array.shape[0] == array.shape[1]:
        raise LabError(f"{name} has shape {array.shape}: which axis is time?", _REMEDY)
    if array.shape[0] < array.shape[1]:
        array = array.T
    if array.shape[1] > 512:
        raise LabError(f"{name} would have {array.shape[1]} channels", _REMEDY)
    return np.ascontiguousarray(array)


def check_size(path: Path, size: int) -> None:
    """Refuse what declares more than memory should be asked for."""
    if size > MAX_BYTES:
        raise LabError(f"{path} holds {size / 2**30:.1f} GiB", "cut it into shorter recordings")


def unreadable(path: Path, error: Exception) -> LabError:
    """One line for whatever a reader says of a broken file."""
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return LabError(f"cannot read {path}: {reason}", "check that the file is whole")
