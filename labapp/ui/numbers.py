"""Times, sizes and counts as a person reads them: with unit, rounded, with true signs."""

from __future__ import annotations


def clock(seconds: float) -> str:
    """Duration as ``hh:mm:ss``."""
    whole = max(0, int(seconds))
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def minutes(seconds: float) -> str:
    """Return a rough duration: ``"40 s"``, ``"6 min"``."""
    return f"{seconds:.0f}\u00a0s" if seconds < 90 else f"{seconds / 60:.0f}\u00a0min"


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
