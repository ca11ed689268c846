"""The facts file: what only people know of a recording and every report has to state.

Electrodes, skin, amplifier, load cell, posture (ISEK and CEDE ask for them). Nothing in it can name
a person. It is read before a recording and kept in it as a marker, or given to a report later.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from labapp.errors import LabError
from labapp.load import read_toml
from labapp.session.facts import EVERY
from labapp.workflow.facts_file import FactsFile
from labapp.workflow.person import looks_personal


def read_facts(path: Path, codes: list[str] | None = None) -> dict[str, Any]:
    """Read a facts file as the JSON values of its marker.

    Parameters
    ----------
    path
        TOML file.
    codes
        Montage codes that electrodes may be of; not checked where None.

    Raises
    ------
    LabError
        A wrong place or value, an electrode of a muscle that is not recorded, or a text that looks
        as if it could tell who somebody is.
    """
    found = read_toml(path, FactsFile)
    for code in found.electrodes:
        if codes is not None and code != EVERY and code not in codes:
            raise LabError(
                f"{path.name}: electrode {code!r} is on no channel",
                f"use {EVERY} or one of {', '.join(codes) or 'none'}",
            )
    data: dict[str, Any] = msgspec.to_builtins(found)
    for text in texts_of(data):
        told = looks_personal(text)
        if told:
            raise LabError(f"{path.name}: {told}", "leave out what could tell who it is")
    return data


def texts_of(value: Any) -> list[str]:
    """Return every text of a tree, free keys (landmarks, electrodes) among them."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for key, one in value.items() for text in (key, *texts_of(one))]
    return []
