"""Quiet standing on a force plate: sway per trial, means per condition, Romberg, weight."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.force_details import value_part
from labapp.analysis.plate import LEAST_LOAD_N, LEAST_SHARE, Sway, centre_of_pressure, sway
from labapp.analysis.reliability_stats import welch_change
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
    Romberg quotient is that of the geometric mean ellipses, second condition over first, with its
    interval by Welch on the logarithms over trials.
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
            name: _amount([getattr(one, name) for one, _ in found], unit)
            for name, unit in UNITS.items()
        }
        for name in ("left_percent", "front_percent"):
            summary[condition][name] = _amount([row[name] for _, row in found], "%")
    quotient = _romberg([[one.ellipse_mm2 for one, _ in found] for found in kept.values()])
    return {
        "method": METHOD,
        "rate_hz": plate.rate,
        "trials": rows,
        "summary": summary,
        "romberg": quotient["ratio"],
        "romberg_interval": {key: quotient[key] for key in ("low", "high", "n")},
        "conditions": list(summary),
    }


def _amount(values: Sequence[float], unit: str) -> dict[str, Any]:
    """Mean with its t-interval, which for an amount does not go below 0."""
    part = value_part(values, unit)
    return {**part, "low": max(part["low"], 0.0)} if part["n"] > 1 else part


def _romberg(areas: Sequence[Sequence[float]]) -> dict[str, Any]:
    """Ratio of two conditions' geometric mean areas with its interval; None where there is none."""
    counts = [len(one) for one in areas]
    part: dict[str, Any] = {"ratio": None, "low": None, "high": None, "n": counts}
    if len(areas) != 2 or not all(area > 0 for one in areas for area in one):
        return part
    logs = [np.log(one) for one in areas]
    part["ratio"] = math.exp(float(logs[1].mean() - logs[0].mean()))
    if min(counts) > 1 and any(one.std() > 0 for one in logs):
        change = welch_change(logs[0], logs[1])
        part |= {"low": math.exp(change.low), "high": math.exp(change.high)}
    return part


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
