"""Colours and line styles of muscles: the same in the window, the report and the docs.

From the Okabe-Ito palette, which stays distinct for colour-blind readers. Side is told by
line style (right solid, left dashed), never by colour. Channels without a colour of their
own (force, muscles off the list) are drawn in the text colour of the page.
"""

from __future__ import annotations

from typing import Final, Literal

from labapp.muscles import MUSCLE_NAMES

MUSCLE_COLOURS: Final[dict[str, str]] = {
    "RM": "#D55E00",
    "UT": "#0072B2",
    "MT": "#009E73",
    "LT": "#56B4E9",
    "PD": "#CC79A7",
    "ES": "#E69F00",
}
NEUTRAL_ON_LIGHT: Final = "#333333"
NEUTRAL_ON_DARK: Final = "#D0D0D0"

Line = Literal["solid", "dashed"]


def split_side(code: str) -> tuple[str, str]:
    """Muscle and side of a montage code: ``"RM_R"`` gives ``("RM", "R")``, no side gives ``""``."""
    for side in ("R", "L"):
        if code.endswith(f"_{side}") and len(code) > 2:
            return code[:-2], side
    return code, ""


def colour(code: str, *, dark: bool = False) -> str:
    """Colour of a channel as ``#RRGGBB``; neutral for force and for muscles off the list."""
    muscle, _ = split_side(code)
    return MUSCLE_COLOURS.get(muscle, NEUTRAL_ON_DARK if dark else NEUTRAL_ON_LIGHT)


def line(code: str) -> Line:
    """Line style of a channel: left dashed, anything else solid."""
    return "dashed" if split_side(code)[1] == "L" else "solid"


def name(code: str) -> str:
    """Words for a montage code: ``"RM_R"`` gives ``"rhomboid major, right"``."""
    muscle, side = split_side(code)
    words = MUSCLE_NAMES.get(muscle, muscle)
    return f"{words}, {'right' if side == 'R' else 'left'}" if side else words
