"""Lab words for codes and numbers: short, with unit, no exclamation marks."""

from __future__ import annotations

from labapp.palette import split_side

SIDES = {"R": "right", "L": "left"}
STATES = {
    "first": "First",
    "second": "Second",
    "simultaneous": "Together",
    "undecided": "Cannot tell",
    "not interpretable": "Not interpretable",
}
PHASES = {"pull": "pull", "hold": "hold", "return": "return"}
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


def clock(seconds: float) -> str:
    """Duration as ``hh:mm:ss``."""
    whole = max(0, int(seconds))
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def minutes(seconds: float) -> str:
    """Return a rough duration: ``"40 s"``, ``"6 min"``."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def size(count: float) -> str:
    """Bytes as ``kB``, ``MB`` or ``GB`` (decimal)."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.{0 if count >= 10 * factor else 1}f} {unit}"
    return f"{count:.0f} B"


def number(count: int) -> str:
    """Whole number with thin spaces between thousands."""
    return f"{count:,}".replace(",", "\u202f")


def signed(value: float, digits: int = 0) -> str:
    """Return a number with its sign, with a true minus: ``"−21"``, ``"+4"``, ``"0"``."""
    text = f"{value:+.{digits}f}"
    if float(text) == 0:
        return text[1:]
    return text.replace("-", "\u2212")


def _join(one: str, other: str, between: str) -> str:
    stem, side = split_side(one)
    other_stem, other_side = split_side(other)
    if side and side == other_side:
        return f"{stem}{between}{other_stem} {SIDES[side]}"
    return f"{muscle_short(one)}{between}{muscle_short(other)}"
