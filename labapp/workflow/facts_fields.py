"""The fields of the facts file as a form has them: made from the file's own definitions.

A field knows its words, unit and range; here a typed text becomes a value of the file, or one
line that says what is wrong with it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec
from msgspec import inspect

from labapp.errors import LabError
from labapp.translate import tr
from labapp.workflow.facts_file import FactsFile
from labapp.workflow.facts_words import WORDS, Words
from labapp.workflow.person import personal_part

Kind = Literal["text", "number", "whole", "choice", "yes", "range", "places"]
YES: Final = "yes"
"""Text of a field that is ticked."""

_UNITS: Final = {
    "mm": "mm", "cm": "cm", "kg": "kg", "n": "N", "kohm": "kΩ", "Mohm": "MΩ", "db": "dB",
    "hz": "Hz", "bits": "bit", "s": "s", "c": "°C",
}  # fmt: skip
_RANGE = re.compile(r"([\d.,]+?)\s*(?:to|bis|[-–;]|,\s)\s*([\d.,]+)")
_PLACE = re.compile(r"(.*?\S)\s*[\s:=]\s*([-+\d.,]+)\s*(?:mm)?")


@dataclass(frozen=True, slots=True)
class FactField:
    """One fact: its key within its group, how it is entered, and what may be entered.

    ``low`` and ``high`` bound a number; ``above`` says that ``low`` itself is not allowed.
    """

    group: str
    key: str
    kind: Kind
    words: Words
    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    longest: int = 0
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FactGroup:
    """Fields that stand together; ``each`` where every electrode has an entry of its own."""

    name: str
    words: Words
    fields: tuple[FactField, ...]
    each: bool = False


def fact_groups(of: type[msgspec.Struct] = FactsFile) -> tuple[FactGroup, ...]:
    """Every group of a facts file with its fields, in the order of the definitions."""
    found = []
    for one in inspect.type_info(of).fields:  # type: ignore[attr-defined]
        kind, each = one.type, isinstance(one.type, inspect.DictType)
        if isinstance(kind, inspect.DictType):
            kind = kind.value_type
        if not isinstance(kind, inspect.StructType):
            raise TypeError(f"{one.encode_name} is no group of facts")
        fields = tuple(_field(one.encode_name, inner) for inner in kind.fields)
        words = WORDS.get(one.encode_name, Words(_plain(one.encode_name), ""))
        found.append(FactGroup(one.encode_name, words, fields, each))
    return tuple(found)


def _field(group: str, one: inspect.Field) -> FactField:
    key = one.encode_name
    stem, _, last = key.rpartition("_")
    unit = _UNITS.get(last, "") if stem else ""
    words = WORDS.get(f"{group}.{key}", Words(_plain(stem if unit else key), "", unit))
    kinds = one.type.types if isinstance(one.type, inspect.UnionType) else (one.type,)
    (kind,) = (each for each in kinds if not isinstance(each, inspect.NoneType))
    if isinstance(kind, inspect.StrType):
        return FactField(group, key, "text", words, longest=kind.max_length or 0)
    if isinstance(kind, inspect.LiteralType):
        return FactField(
            group, key, "choice", words, choices=tuple(str(v) for v in kind.values if v)
        )
    if isinstance(kind, inspect.BoolType):
        return FactField(group, key, "yes", words)
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        whole: Kind = "whole" if isinstance(kind, inspect.IntType) else "number"
        return FactField(group, key, whole, words, *_bounds(kind))
    if isinstance(kind, inspect.TupleType):
        return FactField(group, key, "range", words, *_bounds(kind.item_types[0]))
    if isinstance(kind, inspect.DictType):
        return FactField(group, key, "places", words, *_bounds(kind.value_type))
    raise TypeError(f"{group}.{key} is of a kind that no form can enter")


def _bounds(kind: Any) -> tuple[float, float, bool]:
    low = kind.ge if kind.gt is None else kind.gt
    return (
        -math.inf if low is None else low,
        math.inf if kind.le is None else kind.le,
        kind.gt is not None,
    )


def _plain(key: str) -> str:
    words = key.replace("_", " ")
    return words[:1].upper() + words[1:]


def range_words(field: FactField) -> str:
    """Say what may be entered: ``more than 0, up to 200 mm``; empty where anything may."""
    unit = field.words.unit
    if field.kind == "text":
        return tr("Up to {n} characters", n=field.longest) if field.longest else ""
    if not math.isfinite(field.high):
        return ""
    high = f"{_short(field.high)} {unit}".strip()
    if field.above:
        return tr("More than {low}, up to {high}", low=_short(field.low), high=high)
    return tr("{low} to {high}", low=_short(field.low), high=high)


def read_fact(field: FactField, text: str) -> Any:
    """Turn what was typed into the value that the file has; None for an empty field.

    Raises
    ------
    LabError
        One line on what is wrong, in the language in use.
    """
    words = " ".join(text.split())
    if not words:
        return None
    personal, what = personal_part(words)
    if personal:
        raise LabError(tr("{text} looks like {what}: leave it out.", text=personal, what=tr(what)))
    if field.kind == "text":
        if field.longest and len(words) > field.longest:
            raise LabError(
                tr("{n} characters; {most} is the most.", n=len(words), most=field.longest)
            )
        return words
    if field.kind == "yes":
        return True if words == YES else None
    if field.kind == "choice":
        if words not in field.choices:
            raise LabError(tr("One of: {choices}.", choices=", ".join(field.choices)))
        return words
    if field.kind == "range":
        return _range(field, words)
    if field.kind == "places":
        return _places(field, words)
    return _number(field, words)


def _number(field: FactField, text: str) -> float | int:
    """Read a number within its range, with a point or a comma for the decimals."""
    try:
        value = float(text.removesuffix(field.words.unit).strip().replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise LabError(tr("{text} is no number. {range}.", text=text, range=range_words(field)))
    if value > field.high or value < field.low or (field.above and value == field.low):
        raise LabError(tr("{text} is out of range. {range}.", text=text, range=range_words(field)))
    if field.kind == "whole" and value != round(value):
        raise LabError(tr("{text} is no whole number.", text=text))
    return int(value) if value == round(value) else value


def _range(field: FactField, text: str) -> list[float | int]:
    match = _RANGE.fullmatch(text.removesuffix(field.words.unit).strip())
    if match is None:
        raise LabError(tr("Write two numbers, as {example}.", example=field.words.example))
    low, high = (_number(field, one) for one in match.groups())
    if not low < high:
        raise LabError(tr("The first number must be the smaller one."))
    return [low, high]


def _places(field: FactField, text: str) -> dict[str, float | int]:
    """Read ``C7 62; acromion 95``: names of places, a number behind each."""
    found: dict[str, float | int] = {}
    for part in re.split(r";|,(?!\d)", text):
        one = part.strip()
        if not one:
            continue
        match = _PLACE.fullmatch(one)
        if match is None:
            raise LabError(
                tr(
                    "{text}: write a landmark and its distance, as {example}.",
                    text=one,
                    example=field.words.example,
                )
            )
        name = match[1].strip(" :=")
        if name in found:
            raise LabError(tr("{text} stands there twice.", text=name))
        found[name] = _number(field, match[2])
    return found


def fact_text(field: FactField, value: Any) -> str:
    """Write a value of the file as it is typed; what does not fit is shown as it stands."""
    if value is None or value is False:
        return ""
    if value is True:
        return YES
    if field.kind == "range" and isinstance(value, list | tuple):
        return " to ".join(_short(one) for one in value)
    if field.kind == "places" and isinstance(value, dict):
        return "; ".join(f"{name} {_short(one)}" for name, one in value.items())
    return _short(value)


def _short(value: Any) -> str:
    """Write a number without a useless ``.0``; anything else as it is."""
    if isinstance(value, float) and value == round(value) and abs(value) < 1e15:
        return str(int(value))
    return str(value)
