"""Quiet standing on a force plate: sway per trial, means per condition, Romberg, weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.force_details import value_part
from labapp.analysis.plate import LEAST_LOAD_N, LEAST_SHARE, Sway, centre_of_pressure, sway
from labapp.errors import LabError

Floats = NDArray[np.float64]

UNITS = {
    "path_mm": "mm",
    "velocity_mm_s": "mm/s",
    "range_ml_mm": "mm",
    "range_ap_mm": "mm",
    "rms_ml_mm": "mm",
    "rms_ap_mm": "mm",
    "ellipse_mm2": "mm²",
}
METHOD = (
    "zero-phase 10 Hz low-pass, first 5 s left out, mean removed; 95 % prediction ellipse; "
    "centre of pressure at the plate's surface"
)


@dataclass(frozen=True, slots=True, eq=False)
class PlateInput:
    """Forces of a plate: (n_samples, 4) N, NaN where lost, times (s), rate (Hz), cells (m)."""

    forces: Floats
    times: Floats
    rate: float
    positions: Sequence[tuple[float, float]]
    threshold_n: float = LEAST_LOAD_N


@dataclass(frozen=True, slots=True)
class StandingTrial:
    """One stretch of standing (s since the start of the recording)."""

    block: str
    condition: str
    number: int
    start: float
    stop: float
    rejected: bool = False


def standing_part(plate: PlateInput, trials: Sequence[StandingTrial]) -> dict[str, Any]:
    """Write the ``standing`` part of the document.

    A trial that cannot be measured has ``reasons`` and no numbers; it counts in no mean. The
    Romberg quotient is that of the mean ellipses of the second condition over the first.
    """
    rows: list[dict[str, Any]] = []
    kept: dict[str, list[tuple[Sway, dict[str, Any]]]] = {}
    for trial in trials:
        row, one = _trial(plate, trial)
        rows.append(row)
        if one is not None:
            kept.setdefault(trial.condition or trial.block, []).append((one, row))
    summary: dict[str, Any] = {}
    for condition, found in kept.items():
        summary[condition] = {
            name: value_part([getattr(one, name) for one, _ in found], unit)
            for name, unit in UNITS.items()
        }
        for name in ("left_percent", "front_percent"):
            summary[condition][name] = value_part([row[name] for _, row in found], "%")
    areas = [summary[condition]["ellipse_mm2"]["mean"] for condition in summary]
    quotient = areas[1] / areas[0] if len(areas) == 2 and areas[0] > 0 else None
    return {
        "method": METHOD,
        "rate_hz": plate.rate,
        "trials": rows,
        "summary": summary,
        "romberg": quotient,
        "conditions": list(summary),
    }


def _trial(plate: PlateInput, trial: StandingTrial) -> tuple[dict[str, Any], Sway | None]:
    first, stop = (int(np.searchsorted(plate.times, t)) for t in (trial.start, trial.stop))
    row: dict[str, Any] = {
        "block": trial.block,
        "condition": trial.condition,
        "number": trial.number,
        "start_s": trial.start,
        "stop_s": trial.stop,
        "reasons": ["rejected by the operator"] if trial.rejected else [],
    }
    if trial.rejected:
        return row, None
    try:
        cells = plate.forces[first:stop]
        load = float(np.nanmean(cells.sum(axis=1))) if np.isfinite(cells).all(axis=1).any() else 0.0
        least = max(plate.threshold_n, LEAST_SHARE * load)
        force = centre_of_pressure(cells, plate.positions, threshold=least)
        one = sway(force.x, force.y, plate.rate)
    except LabError as error:
        return {**row, "reasons": [error.what]}, None
    weight = force.fz[np.isfinite(force.fz)]
    row |= {name: getattr(one, name) for name in UNITS}
    row |= {
        "duration_s": one.duration_s,
        "bridged": one.bridged,
        "weight_n": float(weight.mean()),
        "left_percent": force.left_percent,
        "front_percent": force.front_percent,
    }
    return row, one
