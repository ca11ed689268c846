"""Plots of levels: ratios of amplitudes, and the mean envelopes and force over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from labapp import palette
from labapp.report.drawing import BAND, INK, LINES, ink_of, plain, rows_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PHASES: Final = {"pull": "o", "hold": "s", "return": "D"}


def ratios_height(data: Mapping[str, Any]) -> float:
    """Inches that `ratios` needs for its data."""
    return 1.15 + 0.5 * max(len(data["rows"]), 1)


def ratios(figure: Figure, data: Mapping[str, Any]) -> None:
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
    rows_axis(axes, [row["label"] for row in data["rows"]])
    axes.set_xlabel("ratio of normalised amplitudes, geometric mean with 95 % interval")
    used = {one["phase"] for row in data["rows"] for one in row["phases"]}
    handles = [
        Line2D([], [], color=INK, marker=marker, linestyle="none", markersize=5, label=phase)
        for phase, marker in PHASES.items()
        if phase in used
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=3)


def traces_height(data: Mapping[str, Any]) -> float:
    """Inches that `traces` needs for its data."""
    return 0.7 + 0.85 * max(len(data["lines"]), 1)


def traces(figure: Figure, data: Mapping[str, Any]) -> None:
    """Mean and spread of the envelopes and the force over repetitions, one lane each."""
    lines = data["lines"]
    lanes = figure.subplots(len(lines), 1, sharex=True, squeeze=False)[:, 0]
    for axes, one in zip(lanes, lines, strict=True):
        ink = ink_of(one["muscle"])
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
