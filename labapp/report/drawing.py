"""What all plots of the report share: inks, words that the font has, axes of rows, the legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from labapp import palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK: Final = "#333333"
SOFT: Final = "#8a8a8a"
LINE: Final = "#dcdcdc"
BAND: Final = "#f0f0f0"
PAPER: Final = "#fefefe"

LINES: Final[dict[str, Any]] = {"solid": "-", "dashed": (0, (3.0, 1.6))}


@lru_cache(maxsize=1)
def _glyphs() -> frozenset[int]:
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())


def plain(text: str, limit: int = 32) -> str:
    """Text that the font can draw: other signs become a question mark, long names end in dots."""
    known = _glyphs()
    text = str(text).replace("\N{NO-BREAK SPACE}", " ")
    text = "".join(c if ord(c) in known and c.isprintable() else "?" for c in text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def ink_of(code: str) -> str:
    """Colour of a muscle, whichever side; the text's where the palette has none."""
    muscle, _ = palette.split_side(code)
    return palette.MUSCLE_COLOURS.get(muscle, INK)


def rows_axis(axes: Axes, labels: Sequence[str]) -> None:
    """Give the axis one labelled row a name, the first on top."""
    axes.set_yticks(range(len(labels)), [plain(label) for label in labels])
    axes.set_ylim(max(len(labels), 1) - 0.5, -0.5)


def legend(figure: Figure, muscles: Sequence[str], names: Mapping[str, str]) -> None:
    """Put a legend of the muscles above the plot: colour, line and name."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [],
            [],
            color=ink_of(code),
            linestyle=LINES[palette.line(code)],
            marker="o",
            markersize=5,
            label=plain(names.get(code, code)),
        )
        for code in muscles
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=min(len(handles), 6))
