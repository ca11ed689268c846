"""Outside text becomes data: TOML into frozen structs, JSON into plain values.

Files of this kind are written by hand or by strangers. Whatever is wrong in one ends as a
single line that names the file, the place and the remedy; nothing is filled in silently.
"""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from labapp.errors import LabError

T = TypeVar("T")

MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 64


def read_toml(path: Path | str, type_: type[T]) -> T:
    """Read a TOML file into ``type_`` (a frozen ``msgspec.Struct`` without unknown fields).

    Raises
    ------
    LabError
        Missing or unreadable file, more than 1 MB, not UTF-8, or what `parse_toml` refuses.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise LabError(f"{path} does not exist", "check the path") from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise LabError(
            f"{path} cannot be read: {reason}", "check the path and its rights"
        ) from None
    if len(data) > MAX_BYTES:
        raise LabError(f"{path} is larger than 1 MB", "give a settings file, not a recording")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabError(
            f"{path} is not UTF-8 text (byte {error.start})", "save it as UTF-8 text"
        ) from None
    return parse_toml(text, type_, name=str(path))


def parse_toml(text: str, type_: type[T], *, name: str) -> T:
    """Turn TOML text into ``type_``; ``name`` says in errors where the text came from.

    Raises
    ------
    LabError
        Broken syntax (with line and column), a wrong, missing or unknown field (with its place,
        ``$.blocks[0].reps``), a number that is not finite, or nesting deeper than 64.
    """
    if len(text) > MAX_BYTES:
        raise LabError(f"{name} is larger than 1 MB", "give a settings file, not a recording")
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # Python says "at end of document" there instead of a line.
        end = f"at line {text.count(chr(10)) + 1}, the end"
        words = str(error).replace("at end of document", end)
        raise LabError(f"{name} is not valid TOML: {words}", "mend that line") from None
    except RecursionError:
        raise _too_deep(name) from None
    except ValueError as error:  # a number of thousands of digits, an impossible date
        raise LabError(f"{name} is not valid TOML: {error}", "mend that value") from None
    _refuse_odd_values(tree, name)
    try:
        return msgspec.convert(tree, type_)
    except msgspec.ValidationError as error:
        what, _, place = str(error).rpartition(" - at ")
        where = place.strip("`") or "$"
        raise LabError(
            f"{name}, {where}: {what or error}", "correct this entry; $ is the whole file"
        ) from None
    except RecursionError:
        raise _too_deep(name) from None


def parse_json(data: bytes, *, name: str) -> Any:
    """Turn JSON bytes into plain values; ``name`` says in errors where they came from.

    Raises
    ------
    LabError
        Not JSON, NaN or infinity (in words or as a number out of range), or nesting deeper
        than 64.
    """
    try:
        tree = msgspec.json.decode(data)
    except RecursionError:
        raise _too_deep(name) from None
    except (msgspec.DecodeError, ValueError) as error:
        raise LabError(f"{name} is not valid JSON: {error}", "write the file again") from None
    _refuse_odd_values(tree, name)
    return tree


def _refuse_odd_values(tree: Any, name: str) -> None:
    """Walk without recursion; refuse numbers that are not finite, and depth bombs."""
    level: list[tuple[str, Any]] = [("$", tree)]
    for _ in range(MAX_DEPTH):
        below: list[tuple[str, Any]] = []
        for place, value in level:
            if isinstance(value, float) and not math.isfinite(value):
                raise LabError(f"{name}, {place}: {value} is not a number", "give a finite number")
            if isinstance(value, dict):
                below.extend((f"{place}.{key}", item) for key, item in value.items())
            elif isinstance(value, list):
                below.extend((f"{place}[{i}]", item) for i, item in enumerate(value))
        if not below:
            return
        level = below
    raise _too_deep(name)


def _too_deep(name: str) -> LabError:
    return LabError(f"{name} is nested deeper than {MAX_DEPTH} levels", "write it flatter")
