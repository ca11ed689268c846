"""A headline in the language in use, with the protocol's own words in it; next to no imports."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from labapp.workflow.protocol_words import item_told
from labapp.workflow.spoken import spoken

INSTEAD: Final = "instead"
"""Key of a verdict that says what the headline tells instead of an order."""


def as_words(name: str) -> str:
    """Name of a condition as people read it (``palms_up`` is ``palms up``)."""
    return name.replace("_", " ")


def verdict_told(verdict: Mapping[str, Any], protocol: str) -> str:
    """Return a verdict's headline in the language in use.

    Parameters
    ----------
    verdict
        Part ``verdict`` of an analysis document.
    protocol
        Name of its protocol, empty without one.
    """
    return headline_told(str(verdict["headline"]), own_words(verdict), protocol)


def own_words(verdict: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the words of the protocol in a verdict's headline."""
    return tuple((verdict.get(INSTEAD) or {}).get("names", ()))


def headline_told(headline: str, names: Sequence[str], protocol: str) -> str:
    """Return a headline in the language in use; ``names`` are the protocol's own words in it."""
    words = spoken(headline)
    told = {as_words(name): as_words(item_told(protocol, name)) for name in names}
    told = {name: other for name, other in told.items() if name and other != name}
    if not told:
        return words
    longest = sorted(told, key=len, reverse=True)
    shape = rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)"
    return re.sub(shape, lambda found: told[found[0]], words)
