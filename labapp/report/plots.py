"""The plots of the report, each a function of plain data on an empty matplotlib figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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

PHASES: Final = {"pull": "o", "hold": "s", "return": "D"}
LINES: Final[dict[str, Any]] = {"solid": "-", "dashed": (0, (3.0, 1.6))}


@dataclass(frozen=True, slots=True)
class Plot:
    """How tall a plot is (inches) for its data, and how it is drawn."""

    height: Callable[[Mapping[str, Any]], float]
    draw: Callable[[Figure, Mapping[str, Any]], None]


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


def _ink(code: str) -> str:
    muscle, _ = palette.split_side(code)
    return palette.MUSCLE_COLOURS.get(muscle, INK)


def _rows_axis(axes: Axes, labels: Sequence[str]) -> None:
    axes.set_yticks(range(len(labels)), [plain(label) for label in labels])
    axes.set_ylim(max(len(labels), 1) - 0.5, -0.5)


def _legend(figure: Figure, muscles: Sequence[str], names: Mapping[str, str]) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [],
            [],
            color=_ink(code),
            linestyle=LINES[palette.line(code)],
            marker="o",
            markersize=5,
            label=plain(names.get(code, code)),
        )
        for code in muscles
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=min(len(handles), 6))


# ---------------------------------------------------------------- order raster


def _raster_height(data: Mapping[str, Any]) -> float:
    lanes = max(len(data["muscles"]), 1)
    row = min(0.36, max(0.16, 0.075 * lanes))
    return min(9.0, 1.0 + row * max(len(data["rows"]), 2))


def _raster(figure: Figure, data: Mapping[str, Any]) -> None:
    """One row a repetition; a dot with interval per muscle; rejected rows pale."""
    axes = figure.subplots()
    muscles: Sequence[str] = data["muscles"]
    lane = {
        code: (i - (len(muscles) - 1) / 2) * 0.8 / len(muscles) for i, code in enumerate(muscles)
    }
    spots = [dot["ms"] for row in data["rows"] for dot in row["dots"]]
    left, right = _limits(spots, around=0.0)
    # Room for the intervals too, but a hopeless one must not squeeze all the others.
    room = 0.5 * (right - left)
    ends = [end for row in data["rows"] for dot in row["dots"] for end in (dot["low"], dot["high"])]
    known = [end for end in ends if end is not None]
    left = max(min([left, *(end - 4.0 for end in known)]), left - room)
    right = min(max([right, *(end + 4.0 for end in known)]), right + room)
    for y, row in enumerate(data["rows"]):
        if y % 2 == 0:
            axes.axhspan(y - 0.5, y + 0.5, color=BAND, linewidth=0)
        strength = 1.0 if row["valid"] else 0.28
        for dot in row["dots"]:
            at = y + lane[dot["muscle"]]
            ink = _ink(dot["muscle"])
            if dot["low"] is not None and dot["high"] is not None:
                axes.hlines(
                    at,
                    max(dot["low"], left),
                    min(dot["high"], right),
                    color=ink,
                    alpha=strength,
                    linewidth=1.3,
                    linestyle=LINES[palette.line(dot["muscle"])],
                )
            axes.plot(
                [dot["ms"]],
                [at],
                "o",
                color=ink,
                alpha=strength,
                markersize=4.2,
                markerfacecolor="none" if dot["hollow"] else ink,
                clip_on=True,
            )
    axes.axvline(0, color=INK, linewidth=0.9)
    axes.set_xlim(left, right)
    _rows_axis(axes, [row["label"] for row in data["rows"]])
    axes.set_ylabel("repetition")
    axes.set_xlabel(f"onset, ms from {data['zero']}")
    _legend(figure, muscles, data["names"])


def _limits(values: Sequence[float], around: float) -> tuple[float, float]:
    """Range of the values with a margin, always holding ``around``."""
    low, high = min([*values, around]), max([*values, around])
    margin = max(0.12 * (high - low), 12.0)
    return low - margin, high + margin


# ---------------------------------------------------------------- lags


def _forest_height(data: Mapping[str, Any]) -> float:
    return 1.15 + 0.42 * max(len(data["pairs"]), 1)


def _forest(figure: Figure, data: Mapping[str, Any]) -> None:
    """Mean lag and interval per pair, over the equivalence band and the set-up's resolution."""
    axes = figure.subplots()
    pairs = data["pairs"]
    rope, resolution = data["rope"], data["resolution"]
    ends = [v for pair in pairs for v in (pair["lag"], pair["low"], pair["high"]) if v is not None]
    bands = [v for v in (rope, resolution) if v is not None]
    left, right = _limits([*ends, *bands, *(-v for v in bands)], around=0.0)
    handles: list[Any] = []
    if rope is not None:
        label = f"too small to matter: within ±{rope:g} ms"
        handles.append(axes.axvspan(-rope, rope, color=BAND, linewidth=0, label=label))
    if resolution is not None:
        label = f"this set-up resolves ≥ {resolution:.1f} ms"
        style: dict[str, Any] = {"color": SOFT, "linewidth": 1.0, "linestyle": (0, (2.0, 2.0))}
        axes.axvline(-resolution, **style)
        handles.append(axes.axvline(resolution, label=label, **style))
    axes.axvline(0, color=INK, linewidth=0.9)
    for y, pair in enumerate(pairs):
        seen = [lag for lag in pair["lags"] if lag is not None and left <= lag <= right]
        axes.plot(seen, [y] * len(seen), "|", color=SOFT, markersize=7, markeredgewidth=0.9)
        ink = INK if pair["decided"] else SOFT
        if pair["low"] is not None and pair["high"] is not None:
            axes.hlines(y, pair["low"], pair["high"], color=ink, linewidth=2.4)
        if pair["lag"] is not None:
            face = ink if pair["decided"] else PAPER
            axes.plot([pair["lag"]], [y], "o", color=ink, markerfacecolor=face, markersize=7)
        axes.annotate(
            plain(pair["words"], 60),
            (1.0, y),
            xycoords=("axes fraction", "data"),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            annotation_clip=False,
        )
    axes.set_xlim(left, right)
    _rows_axis(axes, [pair["label"] for pair in pairs])
    axes.set_xlabel("lag, ms (negative: the first-named muscle came first)")
    if handles:
        figure.legend(handles=handles, loc="outside upper left", ncols=2)


# ---------------------------------------------------------------- who is first


def _chances_height(data: Mapping[str, Any]) -> float:
    return 1.1 + 0.36 * max(len(data["bars"]), 1)


def _chances(figure: Figure, data: Mapping[str, Any]) -> None:
    """Probability that a muscle's mean onset is the first (bar); share of repetitions (dot)."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    axes = figure.subplots()
    bars = data["bars"]
    for y, bar in enumerate(bars):
        if bar["p"] is not None:
            axes.barh(y, 100 * bar["p"], height=0.56, color=_ink(bar["muscle"]), alpha=0.8)
        if bar["share"] is not None:
            if bar["low"] is not None and bar["high"] is not None:
                axes.hlines(y, 100 * bar["low"], 100 * bar["high"], color=INK, linewidth=1.2)
            axes.plot([100 * bar["share"]], [y], "o", color=INK, markersize=5, clip_on=False)
    handles: list[Any] = [
        Patch(color=SOFT, alpha=0.8, label="probability of the earliest mean onset"),
        Line2D([], [], color=INK, marker="o", markersize=5, label="share of repetitions, 95 %"),
    ]
    if data["chance"] is not None:
        at = 100 * data["chance"]
        style: dict[str, Any] = {"color": SOFT, "linewidth": 1.2, "linestyle": (0, (4.0, 2.0))}
        handles.append(axes.axvline(at, label=f"chance, {at:.0f} %", **style))
    axes.set_xlim(0, 100)
    _rows_axis(axes, [bar["label"] for bar in bars])
    axes.set_xlabel("per cent")
    figure.legend(handles=handles, loc="outside upper left", ncols=3)


# ---------------------------------------------------------------- ratios


def _ratios_height(data: Mapping[str, Any]) -> float:
    return 1.15 + 0.5 * max(len(data["rows"]), 1)


def _ratios(figure: Figure, data: Mapping[str, Any]) -> None:
    """Geometric mean ratio and interval per phase on a logarithmic axis, symmetric about 1."""
    from matplotlib.lines import Line2D
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    axes = figure.subplots()
    ends = [
        end
        for row in data["rows"]
        for one in row["phases"]
        for end in (one["ratio"], one["low"], one["high"])
        if end is not None and end > 0
    ]
    reach = min(max([1.6, *(max(end, 1 / end) for end in ends)]) * 1.15, 100.0)
    axes.set_xscale("log")
    axes.set_xlim(1 / reach, reach)
    axes.axvline(1, color=INK, linewidth=0.9)
    for y, row in enumerate(data["rows"]):
        if y % 2 == 0:
            axes.axhspan(y - 0.5, y + 0.5, color=BAND, linewidth=0)
        for k, one in enumerate(row["phases"]):
            at = y + (k - (len(row["phases"]) - 1) / 2) * 0.24
            marker = PHASES.get(one["phase"], "o")
            if one["low"] is not None and one["high"] is not None:
                axes.hlines(at, one["low"], one["high"], color=INK, linewidth=1.6)
            if one["ratio"] is not None:
                axes.plot([one["ratio"]], [at], marker, color=INK, markersize=5)
    ticks = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]
    if reach < 3:
        ticks = [0.4, 0.5, 0.6, 0.8, 1, 1.25, 1.6, 2, 2.5]
    axes.xaxis.set_major_locator(FixedLocator([t for t in ticks if 1 / reach <= t <= reach]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    _rows_axis(axes, [row["label"] for row in data["rows"]])
    axes.set_xlabel("ratio of normalised amplitudes, geometric mean with 95 % interval")
    used = {one["phase"] for row in data["rows"] for one in row["phases"]}
    handles = [
        Line2D([], [], color=INK, marker=marker, linestyle="none", markersize=5, label=phase)
        for phase, marker in PHASES.items()
        if phase in used
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=3)


# ---------------------------------------------------------------- traces


def _traces_height(data: Mapping[str, Any]) -> float:
    return 0.7 + 0.85 * max(len(data["lines"]), 1)


def _traces(figure: Figure, data: Mapping[str, Any]) -> None:
    """Mean and spread of the envelopes and the force over repetitions, one lane each."""
    lines = data["lines"]
    lanes = figure.subplots(len(lines), 1, sharex=True, squeeze=False)[:, 0]
    for axes, one in zip(lanes, lines, strict=True):
        ink = _ink(one["muscle"])
        axes.fill_between(data["ms"], one["low"], one["high"], color=ink, alpha=0.22, linewidth=0)
        style = LINES[palette.line(one["muscle"])]
        axes.plot(data["ms"], one["mean"], color=ink, linestyle=style)
        axes.axvline(0, color=INK, linewidth=0.9)
        axes.set_ylabel(
            plain(f"{one['label']} ({one['unit']})"),
            rotation=0,
            ha="right",
            va="center",
        )
        axes.yaxis.tick_right()
        axes.locator_params(axis="y", nbins=3)
        axes.set_xlim(data["ms"][0], data["ms"][-1])
        axes.tick_params(axis="x", length=0 if axes is not lanes[-1] else 3)
    lanes[-1].set_xlabel(f"ms from {data['zero']}")


PLOTS: Final[dict[str, Plot]] = {
    "raster": Plot(_raster_height, _raster),
    "forest": Plot(_forest_height, _forest),
    "chances": Plot(_chances_height, _chances),
    "ratios": Plot(_ratios_height, _ratios),
    "traces": Plot(_traces_height, _traces),
}
