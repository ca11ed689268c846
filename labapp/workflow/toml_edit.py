"""Values of a TOML text changed one by one: comments, order and everything else stay.

The changed text is read again and compared with what it must say; where somebody wrote a file in
a way that cannot be changed line by line, nothing is changed, and an error says so.
"""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labapp.errors import LabError
from labapp.workflow.toml_text import key_text, value_text

Place = tuple[str, ...]
"""Keys from the whole file down to a value: ``("electrodes", "all", "gel")``."""

_PART = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)"""
_KEY = re.compile(rf"\s*({_PART}(?:\s*\.\s*{_PART})*)\s*=\s*")


@dataclass(frozen=True)
class _Statement:
    """Lines ``first`` to ``stop``: the head of a table, or a key (in ``table``) with its value."""

    first: int
    stop: int
    path: Place
    table: Place = ()
    value: Any = None
    head: bool = False


def edit_toml(text: str, changes: Mapping[Place, Any], *, name: str) -> str:
    """Change values of a TOML text.

    Parameters
    ----------
    text
        Valid TOML.
    changes
        New values by their places; None takes a value out.
    name
        Says in errors where the text came from.

    Returns
    -------
    str
        The text with these changes and no other.

    Raises
    ------
    LabError
        The text is not valid, or written in a way that cannot be changed line by line.
    """
    ends = "\r\n" if "\r\n" in text else "\n"
    before = text.replace("\r\n", "\n")
    try:
        wanted = tomllib.loads(before)
        lines = before.split("\n")
        for place, value in changes.items():
            lines = _change(lines, place, value)
            _set(wanted, place, value)
        after = "\n".join(lines)
        same = tomllib.loads(after) == wanted
    except (ValueError, LookupError, TypeError):  # what is no table where one must be
        same = False
    if not same:
        raise LabError(
            f"{name} is written in a way that the form cannot change", "open it as a file"
        )
    return after.replace("\n", ends)


def _set(tree: dict[str, Any], place: Place, value: Any) -> None:
    for key in place[:-1]:
        if value is None and key not in tree:
            return
        tree = tree.setdefault(key, {})
        if not isinstance(tree, dict):
            raise TypeError(key)
    if value is None:
        tree.pop(place[-1], None)
    else:
        tree[place[-1]] = value


def _change(lines: list[str], place: Place, value: Any) -> list[str]:
    """Return the lines with one value changed."""
    found = _statements(lines)
    below = [one for one in found if one.path[: len(place)] == place]
    exact = next((one for one in below if one.path == place and not one.head), None)
    if exact is not None:
        return _rewrite(lines, exact, value)
    for one in found:
        if not one.head and isinstance(one.value, dict) and place[: len(one.path)] == one.path:
            inside = copy.deepcopy(one.value)
            _set(inside, place[len(one.path) :], value)
            return _rewrite(lines, one, inside)
    for one in reversed(below):  # a table of its own, which becomes a value on one line
        lines = lines[: one.first] + lines[one.stop :]
    return lines if value is None else _insert(lines, place, value)


def _rewrite(lines: list[str], one: _Statement, value: Any) -> list[str]:
    """Put another value into a statement; its comment stays."""
    old = "\n".join(lines[one.first : one.stop])
    match = _KEY.match(old)
    key = match.group() if match else ""
    remark = _remark(old[len(key) :])
    if value is None:
        new = [remark] if remark else []
    else:
        new = [f"{key}{value_text(value)}{f'  {remark}' if remark else ''}"]
    return lines[: one.first] + new + lines[one.stop :]


def _remark(value: str) -> str:
    """Return the comment behind a value."""
    last = value.rfind("\n") + 1
    for at in (match.start() for match in re.finditer("#", value)):
        if at >= last and _reads(f"x = {value[:at]}"):
            return value[at:].rstrip()
    return ""


def _insert(lines: list[str], place: Place, value: Any) -> list[str]:
    """Add a value to its table: behind the table's example of it, else at the table's end."""
    found = _statements(lines)
    parent, key = place[:-1], place[-1]
    heads = [one for one in found if one.head]
    head = next((one for one in heads if one.path == parent), None)
    dotted = [one for one in found if one.path[:-1] == parent and not one.head]
    if head is not None:
        line = f"{key_text(key)} = {value_text(value)}"
        after = max([head.stop, *(one.stop for one in found if one.table == parent)])
        end = next((one.first for one in heads if one.first > head.first), len(lines))
        example = re.compile(rf"\s*#\s*{re.escape(key_text(key))}\s*=")
        at = next((i + 1 for i in range(head.stop, end) if example.match(lines[i])), after)
        return [*lines[:at], line, *lines[at:]]
    if dotted:
        own = ".".join(key_text(part) for part in place[len(dotted[-1].table) :])
        at = dotted[-1].stop
        return [*lines[:at], f"{own} = {value_text(value)}", *lines[at:]]
    at = len(lines)
    kin = [i for i, one in enumerate(heads) if one.path[0] == place[0]]
    if kin and kin[-1] + 1 < len(heads):
        at = heads[kin[-1] + 1].first
    while at > 0 and not lines[at - 1].strip():
        at -= 1
    title = ".".join(key_text(part) for part in parent)
    new = [f"[{title}]", f"{key_text(key)} = {value_text(value)}"]
    rest = lines[at:] or [""]
    return [*lines[:at], *([""] if at else []), *new, *rest]


def _statements(lines: list[str]) -> list[_Statement]:
    """Find heads of tables and keys, each with its lines."""
    found: list[_Statement] = []
    table: Place = ()
    at = 0
    while at < len(lines):
        text = lines[at].strip()
        stop = at + 1
        if text.startswith("["):
            table = _path(tomllib.loads(text))
            found.append(_Statement(at, stop, table, head=True))
        elif text and not text.startswith("#"):
            while not _reads("\n".join(lines[at:stop])) and stop < len(lines):
                stop += 1
            whole = "\n".join(lines[at:stop])
            match = _KEY.match(whole)
            if match is None:
                raise ValueError(text)
            keys = _path(tomllib.loads(f"{match[1]} = {{}}"))
            value: Any = tomllib.loads(whole)
            for key in keys:
                value = value[key]
            found.append(_Statement(at, stop, (*table, *keys), table, value))
        at = stop
    return found


def _path(tree: Any) -> Place:
    """Return the keys down to the empty table in a tree of one branch."""
    keys = []
    while isinstance(tree, dict) and tree:
        key, tree = next(iter(tree.items()))
        keys.append(key)
        if isinstance(tree, list):  # one of several tables: nothing in it is looked for
            keys.append("[]")
    return tuple(keys)


def _reads(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True
