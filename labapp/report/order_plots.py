"""Plots of the order: onsets of every repetition, lags of every pair, who is first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from labapp import palette
from labapp.report.drawing import BAND, INK, LINES, PAPER, SOFT, ink_of, legend, plain, rows_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def raster_height(data: Mapping[str, Any]) -> float:
    """Inches that `raster` needs for its data."""
    lanes = max(len(data["muscles"]), 1)
    row = min(0.36, max(0.16, 0.075 * lanes))
    return min(9.0, 1.0 + row * max(len(data["rows"]), 2))


def raster(figure: Figure, data: Mapping[str, Any]) -> None:
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
            ink = ink_of(dot["muscle"])
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
    rows_axis(axes, [row["label"] for row in data["rows"]])
    axes.set_ylabel("repetition")
    axes.set_xlabel(f"onset, ms from {data['zero']}")
    legend(figure, muscles, data["names"])


def _limits(values: Sequence[float], around: float) -> tuple[float, float]:
    """Range of the values with a margin, always holding ``around``."""
    low, high = min([*values, around]), max([*values, around])
    margin = max(0.12 * (high - low), 12.0)
    return low - margin, high + margin


def forest_height(data: Mapping[str, Any]) -> float:
    """Inches that `forest` needs for its data."""
    return 1.15 + 0.42 * max(len(data["pairs"]), 1)


def forest(figure: Figure, data: Mapping[str, Any]) -> None:
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
    rows_axis(axes, [pair["label"] for pair in pairs])
    axes.set_xlabel("lag, ms (negative: the first-named muscle came first)")
    if handles:
        figure.legend(handles=handles, loc="outside upper left", ncols=2)


def chances_height(data: Mapping[str, Any]) -> float:
    """Inches that `chances` needs for its data."""
    return 1.1 + 0.36 * max(len(data["bars"]), 1)


def chances(figure: Figure, data: Mapping[str, Any]) -> None:
    """Probability that a muscle's mean onset is the first (bar); share of repetitions (dot)."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    axes = figure.subplots()
    bars = data["bars"]
    for y, bar in enumerate(bars):
        if bar["p"] is not None:
            axes.barh(y, 100 * bar["p"], height=0.56, color=ink_of(bar["muscle"]), alpha=0.8)
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
    rows_axis(axes, [bar["label"] for bar in bars])
    axes.set_xlabel("per cent")
    figure.legend(handles=handles, loc="outside upper left", ncols=3)
