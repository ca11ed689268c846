"""What an operator writes down besides the keys: why a repetition went, how hard it felt, the load.

Each remark becomes a marker of the recording, checked when it is given.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from labapp.errors import LabError
from labapp.model import Marker

REASON, EFFORT, LOAD = "reason", "effort", "load"
"""Kinds of marker."""
REASONS = (
    "tense before the cue",
    "not as asked",
    "moved or slipped",
    "signal disturbed",
    "pain or discomfort",
)
"""Why a repetition is left out, as offered; a person may have others."""
HARDEST = 10.0
LONGEST_REASON = 80
UNITS = ("kg", "%", "plates", "band", "N")


class LoadUsed(msgspec.Struct, frozen=True):
    """A load as it was set: number and unit; ``block`` as in the protocol."""

    block: str
    value: float
    unit: str


class EffortTold(msgspec.Struct, frozen=True):
    """How hard a set felt, 0 to 10 (CR-10), as the person said."""

    block: str
    set: int
    cr10: float


def reason_data(rejected: Mapping[str, Any], reason: str) -> dict[str, Any]:
    """Return data of the marker that says why a repetition was left out.

    Parameters
    ----------
    rejected
        Data of the ``reject`` event: block, repetition, attempt, cue.
    reason
        One of `REASONS`, or words of one's own.

    Raises
    ------
    LabError
        An empty reason, or a long one.
    """
    words = reason.strip()
    if not words or len(words) > LONGEST_REASON:
        raise LabError(f"reason of {len(words)} characters", f"use 1 to {LONGEST_REASON}")
    return {**rejected, "reason": words}


def effort_data(block: str, number: int, cr10: float) -> dict[str, Any]:
    """Return data of the marker that says how hard set ``number`` (1-based) of a block felt.

    Raises
    ------
    LabError
        Not on the scale from 0 to 10.
    """
    if not math.isfinite(cr10) or not 0 <= cr10 <= HARDEST:
        raise LabError(f"effort {cr10:g}", "give a number from 0 (none) to 10 (hardest)")
    return {"block": block, "set": number, "cr10": float(cr10)}


def load_data(block: str, value: float, unit: str, *, proposed: float | None) -> dict[str, Any]:
    """Return data of the marker that says which load a block is done with, and the proposed one.

    Raises
    ------
    LabError
        A negative load, or an unknown unit.
    """
    if not math.isfinite(value) or not 0 <= value <= 1000:
        raise LabError(f"load {value:g} {unit}", "give a number from 0 to 1000")
    if unit not in UNITS:
        raise LabError(f"unit {unit!r}", f"use one of: {', '.join(UNITS)}")
    return {"block": block, "value": float(value), "unit": unit, "proposed": proposed}


def loads_used(markers: Iterable[Marker]) -> dict[str, LoadUsed]:
    """Return the load of each block of a recording; the latest remark counts."""
    return {
        str(m.data["block"]): LoadUsed(
            str(m.data["block"]), float(m.data["value"]), str(m.data["unit"])
        )
        for m in markers
        if m.kind == LOAD
    }


def efforts_told(markers: Iterable[Marker]) -> tuple[EffortTold, ...]:
    """Return how hard each set felt, in order; the latest remark on a set counts."""
    told = {
        (str(m.data["block"]), int(m.data["set"])): EffortTold(
            str(m.data["block"]), int(m.data["set"]), float(m.data["cr10"])
        )
        for m in markers
        if m.kind == EFFORT
    }
    return tuple(told.values())
