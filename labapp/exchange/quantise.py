"""Numbers of a foreign file as integer counts and a scale, without visible loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.errors import LabError
from labapp.model import Floats

_MAX = 2**31 - 1
# Steps from zero to the peak where the data have no step of their own: 1/2^28 of the peak is a
# largest error of 1.9e-9 of full scale, and leaves room for three more bits.
_STEPS = 2.0**28
# A column with more levels than this has no step that could be told from rounding.
_MAX_LEVELS = 1 << 26


@dataclass(frozen=True, eq=False)
class Quantised:
    """One column as counts: ``value = (counts - offset) * scale``.

    ``error`` is the largest deviation from the numbers of the file, ``method`` says how the
    scale was found: ``integers``, ``own step`` or ``fine scale``.
    """

    counts: NDArray[np.int32]
    scale: float
    offset: float
    error: float
    method: str


def quantise(values: NDArray[Any]) -> Quantised:
    """Turn one column (n,), all finite, into counts.

    Integers stay what they are. Floats that are multiples of one step get that step as their
    scale; others get a power of two of at most 1/2^28 of their peak.
    """
    if values.dtype.kind in "iu":
        if len(values) and (int(values.min()) < -_MAX or int(values.max()) > _MAX):
            raise LabError("integers beyond 32 bits", "divide them, or import them as numbers")
        return Quantised(values.astype(np.int32), 1.0, 0.0, 0.0, "integers")
    x = values.astype(np.float64)
    peak = float(np.abs(x).max(initial=0.0))
    if peak == 0.0:
        return Quantised(np.zeros(len(x), dtype=np.int32), 1.0, 0.0, 0.0, "integers")
    tolerance = float(np.finfo(values.dtype).eps) * peak
    found = _own_step(x, tolerance)
    if found is not None:
        return found
    scale = 2.0 ** np.ceil(np.log2(peak / _STEPS))
    counts = np.rint(x / scale)
    error = float(np.abs(counts * scale - x).max())
    return Quantised(counts.astype(np.int32), float(scale), 0.0, error, "fine scale")


def _own_step(x: Floats, tolerance: float) -> Quantised | None:
    """Find counts in steps of the data themselves; None where they have none."""
    levels = np.unique(x)
    if len(levels) < 2:
        return Quantised(np.ones(len(x), np.int32), float(abs(levels[0])), 0.0, 0.0, "own step") \
            if levels[0] > 0 else None  # fmt: skip
    steps = np.diff(levels)
    steps = steps[steps > 4 * tolerance]
    if not len(steps):
        return None
    step = float(steps.min())
    span = float(levels[-1] - levels[0])
    if span / step > _MAX_LEVELS or step < 16 * tolerance:
        return None
    # The smallest step carries rounding; the whole range fixes it far better.
    for _ in range(3):
        whole = np.rint((levels - levels[0]) / step)
        if not whole[-1]:
            return None
        step = float(np.dot(levels - levels[0], whole) / np.dot(whole, whole))
    offset = float(-(levels[0] / step - np.rint(levels[0] / step)))
    if abs(offset) * step < 4 * tolerance:
        offset = 0.0
    counts = np.rint(x / step + offset)
    error = float(np.abs((counts - offset) * step - x).max())
    if error > 4 * tolerance or np.abs(counts).max() > _MAX:
        return None
    return Quantised(counts.astype(np.int32), step, offset, error, "own step")
