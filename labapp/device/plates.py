"""Plate sheets: which channels of which streams are the cells of a force plate, and where.

A plate is no device of its own but a composition: four channels, of one stream (a board with four
cells) or of several, and the places of the cells. `labapp.analysis.plate` does the rest.
"""

from __future__ import annotations

import math

import msgspec

from labapp import load, paths
from labapp.errors import LabError


class Cell(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One cell: the stream (device id in the session), its channel, and its centre in metres."""

    stream: str
    channel: str
    x_m: float
    y_m: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.x_m) and math.isfinite(self.y_m)):
            raise LabError(f"cell {self.channel} at {self.x_m}, {self.y_m} m", "give numbers")


class Plate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A force plate: x to the right, y to the front, origin in the middle.

    ``threshold_n``: least load for a centre of pressure (10 % of the mean load if that is more).
    """

    title: str
    cells: tuple[Cell, ...]
    provenance: str
    threshold_n: float = 20.0
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        corners = {(cell.x_m > 0, cell.y_m > 0) for cell in self.cells}
        sources = {(cell.stream, cell.channel) for cell in self.cells}
        if len(self.cells) != 4 or len(corners) != 4 or len(sources) != 4:
            raise LabError(
                f"plate {self.title!r} has {len(self.cells)} cells, {len(corners)} corners, "
                f"{len(sources)} channels",
                "give four cells, one per corner, each with its own channel",
            )
        if not self.threshold_n > 0.0:
            raise LabError(f"plate threshold {self.threshold_n} N", "give a load above 0")

    @property
    def positions(self) -> tuple[tuple[float, float], ...]:
        """Centres of the cells, m."""
        return tuple((cell.x_m, cell.y_m) for cell in self.cells)


def read_plate(name: str) -> Plate:
    """Read ``hardware/plates/<name>.toml``, the user's own first.

    Raises
    ------
    LabError
        No such sheet, or one that is wrong.
    """
    if not paths.is_safe_name(name):
        raise LabError(f"plate {name[:80]!r} is no name", "use letters, digits, . _ and -")
    own = paths.user("hardware") / "plates" / f"{name}.toml"
    shipped = paths.bundled("hardware") / "plates" / f"{name}.toml"
    return load.read_toml(own if own.is_file() else shipped, Plate)
