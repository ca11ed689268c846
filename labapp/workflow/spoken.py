"""Sentences of the rooms below in the language in use, by their patterns.

Analysis, trials and recorder speak English, in their files and on the terminal; so their
documents do not depend on who reads them. The window translates at the last moment: a sentence
is looked up among the patterns of `spoken_results` and `spoken_lab`, and its values are put into
the translated pattern. What no pattern fits stays English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from labapp.translate import phrase, spoken_language, tr
from labapp.workflow.spoken_lab import LAB
from labapp.workflow.spoken_results import RESULTS

NAMES = frozenset({"name", "one", "two", "subject", "code", "driver", "channel", "id", "date"})
"""Gaps that hold a name: no comma, semicolon or bracket."""
WORDS = frozenset({"others", "parts", "why", "reason", "what", "how", "place", "url", "fault"})
"""Gaps that hold any words; every other gap holds a number."""
SURE_WORDS = 3
"""Words from which a pattern cannot fit a sentence by accident."""

_NUMBER = r"[-+−]?(?:\d[\d.,]*(?:e[-+]?\d+)?|nan|inf)"
_WORD = re.compile(r"[^\W\d_]{2,}")
_GAP = re.compile(r"\{(\w+)\}")
_BETWEEN = ("; ", ", ", phrase(" and "))
_SENTENCES = re.compile(r"(?<=\.) (?=[A-Z])")


def spoken(text: str) -> str:
    """Return a sentence of a room below in the language in use; English if it is not known."""
    language = spoken_language()
    return text if not text or language == "en" else _spoken(text, language)


@lru_cache(maxsize=2000)
def _spoken(text: str, language: str) -> str:
    """Return a sentence in the language in use; ``language`` tells the cache which that is."""
    sentences = [_whole(one) or _listed(one) for one in _SENTENCES.split(text)]
    if len(sentences) > 1 and all(sentences):
        return " ".join(one for one in sentences if one)
    return _whole(text) or _listed(text) or text


def skeleton(pattern: str) -> str:
    """Return a pattern with all gaps alike, to compare it with an f-string of the sources."""
    return _GAP.sub("{}", pattern)


def patterns() -> tuple[str, ...]:
    """Every pattern, the one with most words of its own first."""
    every = [one for room in (RESULTS, LAB) for group in room.values() for one in group]
    return tuple(sorted(dict.fromkeys(every), key=lambda one: -len(_GAP.sub("", one))))


def _whole(text: str) -> str | None:
    """Return the text as one sentence; its first letter and its full stop do not matter."""
    found = _known(text)
    if found is None and text[:1].isupper():
        found = _known(text[:1].lower() + text[1:])
        found = found[:1].upper() + found[1:] if found else None
    if found is None and text.endswith(".") and (inner := _whole(text[:-1])) is not None:
        found = f"{inner}."
    return found


def _listed(text: str) -> str | None:
    """Return the text as a list of which every part is known."""
    for mark in _BETWEEN:
        parts = text.split(mark)
        if len(parts) < 2:
            continue
        told = [_whole(part) or _listed(part) for part in parts]
        if all(told):
            return tr(mark).join(part for part in told if part)
    return None


def _known(text: str) -> str | None:
    for pattern, shape in _shapes():
        match = shape.fullmatch(text)
        if match is None or not _sure(pattern, match.groupdict()):
            continue
        values = {name: _value(name, value) for name, value in match.groupdict().items()}
        return tr(pattern, **values)
    return None


def _sure(pattern: str, values: dict[str, str]) -> bool:
    """Whether a match is no accident: few words of its own must stand between known ones."""
    if len(_WORD.findall(_GAP.sub(" ", pattern))) >= SURE_WORDS:
        return True
    open_ones = [v for n, v in values.items() if n in WORDS or (n in NAMES and " " in v)]
    return all(_whole(value) or _listed(value) for value in open_ones)


def _value(name: str, value: str) -> str:
    return spoken(value) if name in WORDS | NAMES else value


@cache
def _shapes() -> Sequence[tuple[str, re.Pattern[str]]]:
    return [(one, re.compile(_expression(one))) for one in patterns()]


def _expression(pattern: str) -> str:
    out, at, seen = "", 0, set()
    for gap in _GAP.finditer(pattern):
        name = gap.group(1)
        out += re.escape(pattern[at : gap.start()])
        if name in seen:
            out += f"(?P={name})"
        else:
            held = r"[^,;()]+?" if name in NAMES else ".+?" if name in WORDS else _NUMBER
            out += f"(?P<{name}>{held})"
        seen.add(name)
        at = gap.end()
    return out + re.escape(pattern[at:])
