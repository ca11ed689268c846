"""The plots of the report, each a function of plain data on an empty matplotlib figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from labapp.report import level_plots, order_plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Plot:
    """How tall a plot is (inches) for its data, and how it is drawn."""

    height: Callable[[Mapping[str, Any]], float]
    draw: Callable[[Figure, Mapping[str, Any]], None]


PLOTS: Final[dict[str, Plot]] = {
    "raster": Plot(order_plots.raster_height, order_plots.raster),
    "forest": Plot(order_plots.forest_height, order_plots.forest),
    "chances": Plot(order_plots.chances_height, order_plots.chances),
    "ratios": Plot(level_plots.ratios_height, level_plots.ratios),
    "traces": Plot(level_plots.traces_height, level_plots.traces),
}
