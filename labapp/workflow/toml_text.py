"""A struct as the text of a TOML file, for files that people go on editing by hand."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import structs

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml_of(thing: msgspec.Struct) -> str:
    """Write a struct as TOML: plain values first, tables below; what is usual is left out."""
    usual = {
        info.name: msgspec.to_builtins(info.default)
        for info in structs.fields(thing)
        if info.default is not msgspec.NODEFAULT
    }
    fields = {
        key: value
        for key, value in msgspec.to_builtins(thing).items()
        if key not in usual or value != usual[key]
    }
    return "\n".join(_table("", fields)) + "\n"


def _table(path: str, table: dict[str, Any]) -> list[str]:
    """Lines of a table: its plain values first, then what lies below it."""
    lines: list[str] = []
    below: list[str] = []
    for key, value in table.items():
        if value is None:
            continue
        place = f"{path}.{key_text(key)}" if path else key_text(key)
        if isinstance(value, dict):
            below += ["", f"[{place}]", *_table(place, value)]
        elif isinstance(value, list | tuple) and value and isinstance(value[0], dict):
            for one in value:
                below += ["", f"[[{place}]]", *_table(place, one)]
        else:
            lines.append(f"{key_text(key)} = {value_text(value)}")
    return lines + below


def key_text(key: str) -> str:
    """Write a key, in quotes where it needs them."""
    return key if _BARE.fullmatch(key) else _string(key)


def value_text(value: Any) -> str:
    """Write a value on one line; a dict becomes an inline table."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(value_text(one) for one in value) + "]"
    if isinstance(value, dict):
        inside = ", ".join(f"{key_text(key)} = {value_text(one)}" for key, one in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    return repr(value)


def _string(text: str) -> str:
    """Write a basic string; TOML knows JSON's escapes, and refuses DEL as it stands."""
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")
