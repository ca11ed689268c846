"""What each channel of a stream measures, and in which unit: as the stream says, or as corrected.

A stream describes itself: its settings hold ``names``, ``units`` (those this program knows) and,
word for word, ``said_units`` and ``said_types``. What is missing or wrong there, a person gives,
channel by channel (`Given`). A correction belongs to what the stream said when it was made: once
the stream says something else of that channel, it is judged anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from labapp.units import NO_UNIT, recognised

Measure = Literal["", "emg", "force", "other"]
"""Kind of a channel; empty: nobody has said. ``other`` is recorded as bare numbers."""
Problem = Literal["", "measure", "unit", "unfit"]

FITTING: Final[Mapping[Measure, tuple[str, ...]]] = {
    "emg": ("uV", "mV", "V", "nV"),
    "force": ("N", "mN", "kN", "kgf", "gf", "lbf", "ozf"),
    "other": (NO_UNIT,),
}
"""Units that make sense for a kind, the usual one first."""


@dataclass(frozen=True)
class Given:
    """What a person said of one channel; ``unit`` is empty while only the kind is chosen.

    ``said`` is the stream's own word for the unit at that time.
    """

    measure: Measure
    unit: str
    said: str


Corrections = Mapping[str, Given]
"""By name of the channel."""


@dataclass(frozen=True)
class ChannelUnit:
    """One channel: what the stream says of it, and what holds.

    ``problem`` stands in the way of a recording: ``measure`` (kind and unit are missing), ``unit``
    (the unit is missing), ``unfit`` (``unfit`` is the unit, and it makes no sense for the kind).
    """

    name: str
    said_type: str
    said_unit: str
    measure: Measure
    unit: str
    problem: Problem = ""
    unfit: str = ""


def measure_of(unit: str) -> Measure:
    """Kind that a unit of `FITTING` belongs to; empty for others."""
    return next((kind for kind, units in FITTING.items() if unit in units), "")


def named_measure(word: str) -> Measure:
    """Kind that a stream's own word means (``"sEMG"``, ``"Force plate"``); empty for others."""
    text = word.casefold()
    if "emg" in text:
        return "emg"
    return "force" if "force" in text or "load" in text else ""


@dataclass(frozen=True)
class StreamUnits:
    """A device as it describes itself, with what a person corrected.

    Attributes
    ----------
    settings
        As the device says; ``units`` has one word per channel, else there are no ``channels``.
    rest
        Unit of all channels that neither the stream nor a person gave one.
    """

    settings: Mapping[str, Any]
    given: Corrections
    rest: str = ""

    @property
    def channels(self) -> tuple[ChannelUnit, ...]:
        """Every channel, as it holds."""
        units = _words(self.settings.get("units"))
        names = _words(self.settings.get("names"))
        said = _words(self.settings.get("said_units")) or units
        types = _words(self.settings.get("said_types")) or [""] * len(units)
        if not len(units) == len(names) == len(said) == len(types):
            return ()
        return tuple(
            _channel(name, kind, word, unit, self.rest, self.given.get(name))
            for name, kind, word, unit in zip(names, types, said, units, strict=True)
        )

    @property
    def corrected_settings(self) -> dict[str, Any]:
        """The settings to record with."""
        out = dict(self.settings) | ({"unit": self.rest} if self.rest else {})
        if channels := self.channels:
            plain = StreamUnits(self.settings, {}, self.rest).channels
            own = zip(self.settings["units"], channels, plain, strict=True)
            out["units"] = [unit if one == other else one.unit for unit, one, other in own]
        return out

    def choose(self, name: str, *, measure: Measure = "", unit: str = "") -> dict[str, Given]:
        """Return the corrections with what a person chose for one channel: its kind, or its unit.

        A unit of a person that does not fit a newly chosen kind is let go; one that the stream
        says stays, as the problem ``unfit``. What the stream says anyway is no correction.
        """
        now = next(one for one in self.channels if one.name == name)
        others = {key: one for key, one in self.given.items() if key != name}
        if unit:
            choice = Given(now.measure or measure_of(unit), unit, now.said_unit)
        else:
            kept = NO_UNIT if measure == "other" else now.unit
            fits = kept in FITTING.get(measure, ())
            choice = Given(measure, kept if fits else "", now.said_unit)
        after = others | {name: choice}
        same = self._as_held(name, after) == self._as_held(name, others)
        return others if same else after

    def _as_held(self, name: str, given: Corrections) -> ChannelUnit:
        channels = StreamUnits(self.settings, given, self.rest).channels
        return next(one for one in channels if one.name == name)


def _channel(
    name: str, kind: str, said: str, own: str, rest: str, one: Given | None
) -> ChannelUnit:
    unit = own or rest
    measure = measure_of(own) or named_measure(kind) or measure_of(rest)
    if one is not None and one.said == said:
        measure, unit = one.measure, one.unit or unit
    unfit = unit if unit and measure_of(unit) != measure else ""
    unit = "" if unfit else unit
    problem: Problem = "unfit" if unfit else "" if unit else "unit" if measure else "measure"
    return ChannelUnit(name, kind, said, measure, unit, problem, unfit)


def given_in(settings: Mapping[str, Any]) -> dict[str, Given]:
    """Find the corrections in settings that a study remembers: what differs from what was said.

    The file may be a stranger's: anything that is no known unit is passed over.
    """
    names, units = _words(settings.get("names")), _words(settings.get("units"))
    said = _words(settings.get("said_units"))
    if not len(names) == len(units) == len(said):
        return {}
    return {
        name: Given(measure_of(unit), unit, word)
        for name, unit, word in zip(names, units, said, strict=True)
        if unit != recognised(word) and measure_of(unit)
    }


def first_problem(rows: Iterable[ChannelUnit]) -> tuple[ChannelUnit, ...]:
    """Return the channels that have the first problem in common; none if all can be recorded."""
    wrong = [row for row in rows if row.problem]

    def alike(row: ChannelUnit) -> bool:
        first = wrong[0]
        same_kind = row.problem != "unfit" or row.measure == first.measure
        return (row.problem, row.unfit) == (first.problem, first.unfit) and same_kind

    return tuple(row for row in wrong if alike(row))


def _words(value: object) -> list[str]:
    """Texts of a list, none if it is anything else."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return []
    return [one for one in value if isinstance(one, str)]
