"""Figures as SVG (for HTML) or PNG (for PDF), drawn from plain data; the same data, the same bytes.

matplotlib's object interface only: no pyplot, no window system, no state left behind. It is
imported when the first figure is drawn. In the SVG, neutral colours become CSS variables of
the page, so that one file reads well in light and in dark.
"""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from labapp.report import drawing
from labapp.report.blocks import Figure
from labapp.report.plots import PLOTS

if TYPE_CHECKING:
    import matplotlib.figure

WIDTH_IN: Final = 7.2
DPI: Final = 200

_STYLE: Final[dict[str, Any]] = {
    "axes.edgecolor": drawing.INK,
    "axes.grid": False,
    "axes.labelcolor": drawing.INK,
    "axes.labelsize": 9,
    "axes.linewidth": 0.7,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "svg.fonttype": "none",
    "text.color": drawing.INK,
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "xtick.color": drawing.INK,
    "xtick.labelsize": 9,
    "ytick.color": drawing.INK,
    "ytick.labelsize": 9,
    "ytick.left": False,
}
# matplotlib's settings are one set for the whole process.
_ONE_AT_A_TIME: Final = threading.Lock()

_ON_PAGE: Final = {
    drawing.INK: "currentColor",
    drawing.SOFT: "var(--soft)",
    drawing.LINE: "var(--line)",
    drawing.BAND: "var(--band)",
    drawing.PAPER: "var(--paper)",
}


def svg(figure: Figure, prefix: str) -> str:
    """SVG element of a figure, to stand in a page; ids begin with ``prefix``."""
    raw = _saved(figure, "svg", {"Date": None, "Creator": None, "Format": None, "Type": None})
    text = raw.decode("utf-8")
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"(\bid=\"|url\(#|href=\"#)", rf"\g<1>{prefix}-", text)
    for colour, name in _ON_PAGE.items():
        text = re.sub(rf"{colour}\b", name, text, flags=re.IGNORECASE)
    # The page sets the size: the view box keeps the shape.
    text = re.sub(r"<svg ([^>]*?)\bheight=\"[^\"]*\"", r"<svg \1", text, count=1)
    text = re.sub(r"<svg ([^>]*?)\bwidth=\"[^\"]*\"", r"<svg \1", text, count=1)
    text = text.replace("font: 9px 'DejaVu Sans'", "font: 9px var(--figure-font)")
    return re.sub(r"(font: [\d.]+px )'DejaVu Sans'", r"\1var(--figure-font)", text)


def png(figure: Figure) -> tuple[bytes, float, float]:
    """PNG of a figure at 200 dpi on white, and its width and height in inches."""
    data = _saved(figure, "png", {"Software": None})
    width, height = (int.from_bytes(data[16 + 4 * i : 20 + 4 * i], "big") / DPI for i in (0, 1))
    return data, width, height


def _saved(figure: Figure, form: str, metadata: Mapping[str, None]) -> bytes:
    import matplotlib as mpl

    # The salt makes the ids of clip paths the same in every run.
    style: Any = {**_STYLE, "svg.hashsalt": f"labapp {figure.plot}"}
    out = io.BytesIO()
    with _ONE_AT_A_TIME, mpl.rc_context(style):
        drawn = _draw(figure)
        paper = "white" if form == "png" else "none"
        drawn.savefig(out, format=form, dpi=DPI, metadata=dict(metadata), facecolor=paper)
    return out.getvalue()


def _draw(figure: Figure) -> matplotlib.figure.Figure:
    from matplotlib.figure import Figure as Canvas

    plot = PLOTS[figure.plot]
    canvas = Canvas(figsize=(WIDTH_IN, plot.height(figure.data)), layout="constrained")
    plot.draw(canvas, figure.data)
    return canvas
