"""Numbers as words: units, intervals, a dash for what is missing; muscles by name."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from labapp import palette

DASH = "–"
NBSP = "\N{NO-BREAK SPACE}"
MEASURED = {
    "in part": "measured in part",
    "undecided": "cannot tell",
    "nothing": "nothing measured",
}
"""Words for the states of what a session yielded that was asked for no order."""


def pick(tree: Any, *path: str | int) -> Any:
    """Value at a path of an analysis document, None where any step is missing."""
    for step in path:
        if isinstance(tree, Mapping):
            tree = tree.get(step)
        elif isinstance(tree, list | tuple) and isinstance(step, int) and step < len(tree):
            tree = tree[step]
        else:
            return None
    return tree


def mapping(tree: Any, *path: str | int) -> Mapping[str, Any]:
    """Return the mapping at a path, empty where there is none."""
    found = pick(tree, *path)
    return found if isinstance(found, Mapping) else {}


def items(tree: Any, *path: str | int) -> Sequence[Any]:
    """Return the list at a path, empty where there is none."""
    found = pick(tree, *path)
    return found if isinstance(found, list | tuple) else ()


def texts(tree: Any, *path: str | int) -> tuple[str, ...]:
    """Return the list of texts at a path, empty where there is none."""
    return tuple(str(item) for item in items(tree, *path) if item not in (None, ""))


def muscles_of(analysis: Any) -> list[str]:
    """List muscles that have onsets, in montage order, whether they stayed in the order or not."""
    seen: dict[str, None] = {}
    for repetition in items(analysis, "repetitions"):
        seen.update(dict.fromkeys(str(code) for code in mapping(repetition, "onsets")))
    seen.update(dict.fromkeys(texts(analysis, "order", "muscles")))
    return list(seen)


def not_applicable(analysis: Any) -> bool:
    """Whether the session was not meant to tell an order of onsets."""
    if pick(analysis, "verdict", "instead") is not None:
        return True
    # A document of an earlier version said no more than this.
    return str(pick(analysis, "verdict", "headline")).startswith("Not applicable")


def verdict_state(analysis: Any) -> str:
    """Return the word for a verdict's state: of the order, or of what was measured instead."""
    instead = pick(analysis, "verdict", "instead", "state")
    if instead is not None:
        return MEASURED.get(str(instead), str(instead))
    if not_applicable(analysis):
        return "not applicable"
    return str(pick(analysis, "verdict", "state") or "")


def value(tree: Any, *path: str | int) -> float | None:
    """Finite number at a path, None where there is none."""
    found = pick(tree, *path)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found) if math.isfinite(found) else None


def number(found: float | None, digits: int = 0) -> str:
    """``-18.3`` with a true minus sign, or a dash."""
    if found is None or not math.isfinite(found):
        return DASH
    text = f"{found:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "\N{MINUS SIGN}")


def count(found: float | None) -> str:
    """Whole number with thin groups (``1 234 567``), or a dash."""
    return DASH if found is None else f"{found:,.0f}".replace(",", NBSP)


def interval(low: float | None, high: float | None, digits: int = 0) -> str:
    """``9 to 27`` on one line, or a dash where an end is missing."""
    if low is None or high is None:
        return DASH
    return f"{number(low, digits)}{NBSP}to{NBSP}{number(high, digits)}"


def percent(found: float | None) -> str:
    """Share as per cent; never rounded to none or all."""
    if found is None:
        return DASH
    if 0 < found < 0.001:
        return "< 0.1 %"
    if 0.999 < found < 1:
        return "> 99.9 %"
    return f"{100 * found:.1f} %"


def probability(found: float | None) -> str:
    """Probability as per cent; an estimate is never certain, even where the number says so."""
    if found is None:
        return DASH
    return percent(min(max(found, 1e-6), 1 - 1e-6))


def significant(found: float | None) -> str:
    """Round to about three significant digits; a dash for none."""
    if found is None:
        return DASH
    digits = 0 if abs(found) >= 100 else 1 if abs(found) >= 10 else 2
    return number(found, digits)


def codes(muscles: Sequence[str]) -> dict[str, str]:
    """Short names for people: without the side where all are on the same side."""
    split = {code: palette.split_side(code) for code in muscles}
    one_side = len({side for _, side in split.values()}) <= 1
    return {
        code: muscle if one_side else code.replace("_", " ") for code, (muscle, _) in split.items()
    }


def pair_name(pair: str, names: Mapping[str, str], separator: str = "-") -> tuple[str, str]:
    """Both muscles of a key such as ``RM_R-UT_R``, by their short names."""
    first, _, second = pair.partition(separator)
    return names.get(first, first.replace("_", " ")), names.get(second, second.replace("_", " "))


def listed(words: Sequence[str]) -> str:
    """Join as ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
