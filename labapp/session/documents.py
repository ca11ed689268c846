"""JSON in a session: single documents and tables of short ones, written and read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from labapp.errors import LabError
from labapp.load import parse_json
from labapp.session import format as f
from labapp.session.hostile import refuse
from labapp.session.reading import read_rows


def dump_json(document: Any) -> bytes:
    """JSON in the one form that is stored: sorted keys, UTF-8, no NaN.

    Raises
    ------
    LabError
        More than a reader accepts.
    """
    data = json.dumps(
        document, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    ).encode()
    if excess := _excess(data):
        raise LabError(f"a document of {excess} cannot be stored", "leave something out")
    return data


def _excess(data: bytes) -> str:
    """Say what is too much for a reader, if anything.

    A value takes two bytes there and two hundred in memory, so values count as well as bytes.
    """
    if len(data) > f.MAX_JSON_BYTES:
        return f"{len(data)} bytes (at most {f.MAX_JSON_BYTES})"
    values = count_values(data)
    return f"{values} values (at most {f.MAX_JSON_VALUES})" if values > f.MAX_JSON_VALUES else ""


def count_values(data: bytes) -> int:
    """Values that JSON bytes hold at most, quickly."""
    return sum(data.count(mark) for mark in (b",", b"[", b"{"))


def read_document(item: Any, name: str, path: Path) -> dict[str, Any]:
    """Read one JSON object stored as bytes."""
    if item.size > f.MAX_JSON_BYTES:
        raise refuse(path, f"{name} is larger than {f.MAX_JSON_BYTES} bytes")
    data = read_rows(item, path).tobytes()
    if excess := _excess(data):
        raise refuse(path, f"{name} holds {excess}")
    document = parse_json(data, name=f"{path}:{name}")
    if not isinstance(document, dict):
        raise refuse(path, f"{name} is no JSON object")
    return document


def read_texts(group: Any, path: Path) -> list[tuple[int, dict[str, Any]]]:
    """(t_ns, document) rows of a table of JSON texts."""
    name = str(group.name)
    rows = read_rows(group[f.ROWS], path)
    blob = read_rows(group[f.TEXT], path).tobytes()
    values = count_values(blob)
    if values > f.MAX_TEXT_VALUES:
        raise refuse(path, f"{name} holds {values} values (at most {f.MAX_TEXT_VALUES})")
    if sum(rows["size"].tolist()) > len(blob):
        raise refuse(path, f"{name} uses its text more than once")
    found = []
    for t_ns, first, size in rows.tolist():
        if first + size > len(blob):
            raise refuse(path, f"{name} points beyond its text")
        document = parse_json(blob[first : first + size], name=f"{path}:{name}")
        if not isinstance(document, dict):
            raise refuse(path, f"{name} holds something other than objects")
        found.append((t_ns, document))
    return found
