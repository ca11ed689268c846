"""Lab words for codes and verdicts: short, no exclamation marks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from labapp.errors import LabError
from labapp.muscles import MUSCLE_NAMES
from labapp.palette import split_side
from labapp.translate import phrase, tr
from labapp.units import NO_UNIT
from labapp.workflow.spoken import spoken

SIDES = {"R": phrase("right"), "L": phrase("left")}
STATES = {
    "first": phrase("First"),
    "second": phrase("Second"),
    "simultaneous": phrase("Together"),
    "undecided": phrase("Cannot tell"),
    "not interpretable": phrase("Not interpretable"),
}
VERDICTS = {
    "first": phrase("Order found"),
    "simultaneous": phrase("Together"),
    "undecided": phrase("Cannot tell"),
    "not interpretable": phrase("Not interpretable"),
}
PHASES = (phrase("pull"), phrase("hold"), phrase("return"))
ONSET_STATES = {
    "ok": phrase("found"),
    "not_found": phrase("no onset found"),
    "in_baseline": phrase("active before the cue"),
    "ambiguous": phrase("ambiguous"),
    "not_measurable": phrase("not measurable"),
    "edited": phrase("edited"),
    "rejected": phrase("rejected"),
}

_CODES = re.compile(rf"\b(?:{'|'.join(MUSCLE_NAMES)})_[RL]\b")


def muscle_short(code: str) -> str:
    """``"RM_R"`` → ``"RM right"``, ``"F_PULL"`` → ``"Force"``."""
    if code == "F_PULL":
        return tr("Force")
    if code.startswith("FP_"):
        return muscle_name(code)
    muscle, side = split_side(code)
    return f"{muscle} {tr(SIDES[side])}" if side else code


def listed_names(names: Iterable[str]) -> str:
    """Join names; where one has a comma of its own (``"plate, front left"``), by semicolons."""
    given = list(names)
    return ("; " if any("," in name for name in given) else ", ").join(given)


def muscle_name(code: str) -> str:
    """``"RM_R"`` → ``"rhomboid major, right"``."""
    muscle, side = split_side(code)
    words = tr(MUSCLE_NAMES.get(muscle, muscle))
    return f"{words}, {tr(SIDES[side])}" if side else words


def muscle_places(key: str, muscles: Sequence[str]) -> tuple[int, ...]:
    """Sort a pair or ratio by the order of the muscles, whatever order it was stored in."""
    codes = re.split("[:-]", key)
    return tuple(muscles.index(c) if c in muscles else len(muscles) for c in codes)


def unit_words(unit: str) -> str:
    """``"uV"`` → ``"µV"``; bare numbers have no unit."""
    return tr("no unit") if unit == NO_UNIT else unit.replace("u", "µ")


def phase_place(phase: str) -> int:
    """Sort phases as they follow each other in a pull."""
    return PHASES.index(phase) if phase in PHASES else len(PHASES)


def unbroken(text: str) -> str:
    """Keep numbers with their units and intervals on one line; give a true minus."""
    text = re.sub(r"(?<=\d)-%-(?=\w)", "\u2011%\u2011", text)
    text = re.sub(r"(?<!\w)-(?=\d)", "\u2212", text)
    text = re.sub(
        r"(?<=\d) (?=(?:ms|mm|%|N|Hz|dB|µV|to|bis|repetitions?|Wiederholung(?:en)?)\b|%)",
        "\u00a0",
        text,
    )
    text = re.sub(r"(?<=[≥≤±]) (?=[±\d])|(?<=\d) (?=±)", "\u00a0", text)
    return re.sub(r"(?<=\u00a0to|bis) (?=[\d\u2212-])", "\u00a0", text)


def readable(text: str) -> str:
    """Name muscles as everywhere else (``RM_R`` is ``RM right``); keep numbers with their units."""
    return unbroken(_CODES.sub(lambda found: muscle_short(found[0]), text))


def breakable(name: str) -> str:
    """Let a line end inside a long name of a file or folder: after every part of it."""
    return re.sub(r"(?<=[_/\\])", "\u200b", name)


def capital(words: str) -> str:
    """Begin a sentence with a capital letter."""
    return words[:1].upper() + words[1:]


def pair_short(key: str) -> str:
    """``"RM_R-UT_R"`` → ``"RM – UT right"`` (one side named once)."""
    one, _, other = key.partition("-")
    return _join(one, other, " – ")


def ratio_short(key: str) -> str:
    """``"RM_R:UT_R"`` → ``"RM : UT right"``."""
    one, _, other = key.partition(":")
    return _join(one, other, " : ")


def pair_sentence(key: str, lag_ms: float) -> str:
    """Return the lag in words: ``"RM right 21 ms before UT right"``."""
    one, _, other = key.partition("-")
    if lag_ms > 0:
        one, other = other, one
    return tr(
        "{first} {lag:.0f} ms before {second}",
        first=muscle_short(one),
        lag=abs(lag_ms),
        second=muscle_short(other),
    )


def _join(one: str, other: str, between: str) -> str:
    stem, side = split_side(one)
    other_stem, other_side = split_side(other)
    if side and side == other_side:
        return f"{stem}{between}{other_stem} {tr(SIDES[side])}"
    return f"{muscle_short(one)}{between}{muscle_short(other)}"


def error_words(error: BaseException) -> str:
    """Return an error as one sentence in the language in use: what, and what to do."""
    if not isinstance(error, LabError):
        return f"{error}."
    parts = [spoken(error.what), spoken(error.remedy)]
    return f"{'; '.join(part for part in parts if part)}."
