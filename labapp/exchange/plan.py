"""The import map: a TOML file that says what a foreign recording leaves unsaid."""

from __future__ import annotations

from typing import Literal

import msgspec

from labapp.model import Kind


class ChannelPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One column to import.

    ``column`` is its number (from 0) or its title; ``physical = (value - offset) * scale`` in
    ``unit`` for recordings that hold raw counts.
    """

    column: int | str
    name: str
    muscle: str | None = None
    kind: Kind = "emg"
    unit: str | None = None
    scale: float = 1.0
    offset: float = 0.0
    low: int | None = None
    high: int | None = None


class EventPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of events beside the recording: columns ``sample`` or ``time`` (s), and ``code``.

    Codes that are in neither list become markers of kind ``event``.
    """

    file: str
    cue_codes: tuple[int, ...]
    response_codes: tuple[int, ...] = ()


class ImportPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything an import can be told; what is left out must follow from the file.

    ``incomplete_rows`` says what happens to rows in which some, not all, channels have no value:
    ``refuse`` the file, or count the whole row as ``lost``.
    """

    array: str | None = None
    rate: float | None = None
    unit: str | None = None
    channels: tuple[ChannelPlan, ...] = ()
    events: EventPlan | None = None
    incomplete_rows: Literal["refuse", "lost"] = "refuse"
    participant: str = ""
