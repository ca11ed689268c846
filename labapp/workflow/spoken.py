"""Sentences of the rooms below in the language in use, by their patterns.

Analysis, trials and recorder speak English, in their files and on the terminal; so their
documents do not depend on who reads them. The window translates at the last moment: a sentence
is looked up among the patterns of `labapp.workflow.sentences`, and its values are put into
the translated pattern. What no pattern fits stays English.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache, lru_cache

from labapp.translate import phrase, spoken_language, tr
from labapp.workflow.sentences.devices import DEVICES
from labapp.workflow.sentences.drivers import DRIVERS
from labapp.workflow.sentences.lab import LAB
from labapp.workflow.sentences.limits import LIMITS
from labapp.workflow.sentences.ports import PORTS
from labapp.workflow.sentences.refusals import REFUSALS
from labapp.workflow.sentences.results import RESULTS
from labapp.workflow.sentences.sessions import SESSIONS
from labapp.workflow.sentences.sheets import SHEETS
from labapp.workflow.sentences.signals import SIGNALS
from labapp.workflow.sentences.yields import YIELDS

NAMES = frozenset({"name", "one", "two", "subject", "code", "driver", "channel", "id", "date"})
"""Gaps that hold a name: no comma, semicolon or bracket."""
WORDS = frozenset({"others", "parts", "why", "reason", "what", "how", "place", "url", "fault"})
"""Gaps that hold any words; every other gap holds a number."""
TOLD = frozenset({"text"})
"""Gaps that hold any words after others that cannot be mistaken, as "known: {text}"."""
QUOTED = frozenset({"said", "given", "meant"})
"""Gaps that hold what a person wrote, in quotation marks."""
CHOICES = frozenset({"choices"})
"""Gaps that hold words of the machine: without spaces between commas, or a list in brackets."""
FILES = frozenset({"file"})
"""Gaps that hold a path or an address, with a colon at most behind its drive or scheme."""
SURE_WORDS = 3
"""Words from which a pattern cannot fit a sentence by accident."""

_NUMBER = r"[-+−]?(?:\d[\d.,]*(?:e[-+]?\d+)?|nan|inf)"
_HELD = (
    (NAMES, r"[^,;()]+?"),
    (WORDS | TOLD, ".+?"),
    (QUOTED, r"""(?:'.*?'|".*?")"""),
    (CHOICES, r"(?:\[.*?\]|\(.*?\)|[^\s,;()]+(?:, [^\s,;()]+)*?)"),
    (FILES, r"(?:[A-Za-z]+:)?[^:;]+?"),
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_TOKEN = re.compile(r"\w+")
_OWN = re.compile(r"(?<![\0\w])\w+(?![\0\w])")  # words that no gap touches
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
    sentences = _all_told(_SENTENCES.split(text))
    if sentences is None:
        return _whole(text) or _listed(text) or text
    return " ".join(sentences)


def skeleton(pattern: str) -> str:
    """Return a pattern with all gaps alike, to compare it with an f-string of the sources."""
    return _GAP.sub("{}", pattern)


def patterns() -> tuple[str, ...]:
    """Every pattern, the one with most words of its own first."""
    every = [
        one
        for room in (
            RESULTS,
            SIGNALS,
            YIELDS,
            LAB,
            DEVICES,
            PORTS,
            DRIVERS,
            SHEETS,
            REFUSALS,
            LIMITS,
            SESSIONS,
        )
        for group in room.values()
        for one in group
    ]
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
        told = _all_told(text.split(mark))
        if told is not None:
            return tr(mark).join(told)
    return None


def _all_told(parts: list[str]) -> list[str] | None:
    """Return several parts, each in the language in use; None for one, or if one is unknown."""
    told: list[str] = []
    for part in parts if len(parts) > 1 else ():
        one = _whole(part) or _listed(part)
        if not one:
            return None
        told.append(one)
    return told or None


def _known(text: str) -> str | None:
    found = _fitting(text)
    if found is None:
        return None
    pattern, values = found
    return tr(pattern, **{name: _value(name, value) for name, value in values.items()})


@lru_cache(maxsize=2000)
def _fitting(text: str) -> tuple[str, dict[str, str]] | None:
    """Return the pattern that fits a text and what is in its gaps, whatever the language."""
    for pattern in _candidates(text):
        match = _shape(pattern).fullmatch(text)
        if match is not None and _sure(pattern, match.groupdict()):
            return pattern, match.groupdict()
    return None


def _sure(pattern: str, values: dict[str, str]) -> bool:
    """Whether a match is no accident: few words of its own must stand between known ones."""
    marks = sum(name in QUOTED | FILES for name in values)
    if len(_WORD.findall(_GAP.sub(" ", pattern))) + marks >= SURE_WORDS:
        return True
    open_ones = [v for n, v in values.items() if n in WORDS or (n in NAMES and " " in v)]
    return all(_whole(value) or _listed(value) for value in open_ones)


def _value(name: str, value: str) -> str:
    if name == "why" and (parts := _all_told(value.split("; "))) is not None:
        return "; ".join(parts)  # else the first of several reasons could take the others in
    return spoken(value) if name in WORDS | NAMES | TOLD else value


def _candidates(text: str) -> list[str]:
    """Patterns of which a word stands in the text, the one with most words of its own first."""
    index = _index()
    words = {"", *_TOKEN.findall(text)} & index.keys()
    return [pattern for _, pattern in sorted(one for word in words for one in index[word])]


@cache
def _index() -> dict[str, list[tuple[int, str]]]:
    """Every pattern and its place in `patterns`, under the word of its own that fewest have."""
    every = [(one, set(_OWN.findall(_GAP.sub("\0", one)))) for one in patterns()]
    often = Counter(word for _, words in every for word in words)
    found: dict[str, list[tuple[int, str]]] = {}
    for place, (one, words) in enumerate(every):
        word = min(words, key=lambda word: (often[word], word), default="")
        found.setdefault(word, []).append((place, one))
    return found


@cache
def _shape(pattern: str) -> re.Pattern[str]:
    return re.compile(_expression(pattern))


def _expression(pattern: str) -> str:
    out, at, seen = "", 0, set()
    for gap in _GAP.finditer(pattern):
        name = gap.group(1)
        out += re.escape(pattern[at : gap.start()])
        if name in seen:
            out += f"(?P={name})"
        else:
            out += f"(?P<{name}>{_held(name)})"
        seen.add(name)
        at = gap.end()
    return out + re.escape(pattern[at:])


def _held(name: str) -> str:
    """Return the expression for what a gap of this name holds."""
    for names, held in _HELD:
        if name in names:
            return held
    return _NUMBER
