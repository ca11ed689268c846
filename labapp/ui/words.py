"""Lab words for codes and verdicts: short, no exclamation marks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from labapp.palette import split_side

SIDES = {"R": "right", "L": "left"}
STATES = {
    "first": "First",
    "second": "Second",
    "simultaneous": "Together",
    "undecided": "Cannot tell",
    "not interpretable": "Not interpretable",
}
VERDICTS = {
    "first": "Order found",
    "simultaneous": "Together",
    "undecided": "Cannot tell",
    "not interpretable": "Not interpretable",
}
PHASES = ("pull", "hold", "return")
ONSET_STATES = {
    "ok": "found",
    "not_found": "no onset found",
    "in_baseline": "active before the cue",
    "ambiguous": "ambiguous",
    "not_measurable": "not measurable",
    "edited": "edited",
    "rejected": "rejected",
}


def muscle_short(code: str) -> str:
    """``"RM_R"`` → ``"RM right"``, ``"F_PULL"`` → ``"Force"``."""
    if code == "F_PULL":
        return "Force"
    muscle, side = split_side(code)
    return f"{muscle} {SIDES[side]}" if side else code


def muscle_places(key: str, muscles: Sequence[str]) -> tuple[int, ...]:
    """Sort a pair or ratio by the order of the muscles, whatever order it was stored in."""
    codes = re.split("[:-]", key)
    return tuple(muscles.index(c) if c in muscles else len(muscles) for c in codes)


def phase_place(phase: str) -> int:
    """Sort phases as they follow each other in a pull."""
    return PHASES.index(phase) if phase in PHASES else len(PHASES)


def unbroken(text: str) -> str:
    """Keep numbers with their units and intervals on one line; give a true minus."""
    text = re.sub(r"(?<!\w)-(?=\d)", "\u2212", text)
    text = re.sub(r"(?<=\d) (?=(?:ms|%|N|Hz|dB|µV|to|repetitions?)\b|%)", "\u00a0", text)
    return re.sub(r"(?<=\u00a0to) (?=[\d\u2212-])", "\u00a0", text)


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
    return f"{muscle_short(one)} {abs(lag_ms):.0f} ms before {muscle_short(other)}"


def _join(one: str, other: str, between: str) -> str:
    stem, side = split_side(one)
    other_stem, other_side = split_side(other)
    if side and side == other_side:
        return f"{stem}{between}{other_stem} {SIDES[side]}"
    return f"{muscle_short(one)}{between}{muscle_short(other)}"
