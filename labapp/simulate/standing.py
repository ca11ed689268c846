"""The simulated person on a force plate: a weight, and a centre of pressure that sways.

The sway is a sum of sines in lab time, so that every device sees the same one and nothing depends
on how a stream is cut into chunks. What begins with a marker ``start`` (eyes closed) changes how
far the person sways from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta

from labapp.model import Floats
from labapp.simulate.seeds import generator

CORNERS = {"FP_FL": (-1, 1), "FP_FR": (1, 1), "FP_RL": (-1, -1), "FP_RR": (1, -1)}
"""Montage codes of the cells, and their corner: sign of x (right) and y (front)."""

_SINES = 16
_SLOWEST_HZ, _FASTEST_HZ = 0.08, 1.5
_TURN_S = 0.5
_LEFT_OUT_S = 5.0
_TRUTH_HZ = 100.0

Millimetres = Annotated[float, Meta(ge=0, le=100)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Metres = Annotated[float, Meta(ge=0.02, le=2)]


class Standing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the person stands on the plate.

    Attributes
    ----------
    weight_n
        What the four cells bear together.
    left_percent, front_percent
        Mean share of the weight on the left and on the front cells.
    sway_ml_mm, sway_ap_mm
        RMS of the centre of pressure to the sides and to the front with open eyes.
    closed
        How many times as far it sways with closed eyes.
    half_x_m, half_y_m
        Half distances between the centres of the cells.
    noise_n
        RMS noise of a cell.
    """

    weight_n: Annotated[float, Meta(gt=0, le=5000)] = 700.0
    left_percent: Percent = 48.0
    front_percent: Percent = 42.0
    sway_ml_mm: Millimetres = 2.5
    sway_ap_mm: Millimetres = 4.0
    closed: Annotated[float, Meta(ge=0, le=10)] = 1.6
    half_x_m: Metres = 0.2
    half_y_m: Metres = 0.15
    noise_n: Annotated[float, Meta(ge=0, le=50)] = 0.1


@dataclass(frozen=True, slots=True)
class Stretch:
    """Standing from a marker on: lab time (ns), seconds asked for, condition, sway factor."""

    start_ns: int
    duration_s: float
    condition: str
    factor: float


class Sway:
    """The centre of pressure of one person.

    Parameters
    ----------
    standing
        What is true.
    seed
        Seed of all chance.
    origin_ns
        Lab time from which the sines count.
    """

    def __init__(self, standing: Standing, seed: int, origin_ns: int) -> None:
        self.standing = standing
        self._origin_ns = origin_ns
        self._stretches: list[Stretch] = []
        self._axes = [_axis(seed, axis) for axis in ("ml", "ap")]
        # Where the mean weight acts, mm: a load on the left cells alone is at -half_x.
        self._middle = np.array(
            [
                1e3 * standing.half_x_m * (1.0 - standing.left_percent / 50.0),
                1e3 * standing.half_y_m * (standing.front_percent / 50.0 - 1.0),
            ]
        )
        self._reach = np.array([standing.sway_ml_mm, standing.sway_ap_mm])

    def begin(self, t_ns: int, data: dict[str, Any]) -> None:
        """Stand as a marker ``start`` asks from lab time ``t_ns`` on."""
        condition = str(data.get("condition", ""))
        factor = self.standing.closed if "closed" in condition else 1.0
        self._stretches.append(Stretch(t_ns, float(data["duration_s"]), condition, factor))

    def waves(self, t_ns: Floats) -> Floats:
        """Sway (n, 2) of RMS 1 along both axes at lab times ``t_ns`` (n,)."""
        t = (t_ns - self._origin_ns) * 1e-9
        axes = [np.sin(np.outer(t, turns) + phase) @ height for turns, phase, height in self._axes]
        return np.stack(axes, axis=1)

    def centre(self, t_ns: Floats, waves: Floats) -> Floats:
        """Centre of pressure (n, 2) at lab times ``t_ns`` (n,): right and front, mm.

        ``waves`` are those of the same times, which may be made before it is known how far the
        person will sway then.
        """
        factor = np.ones(len(t_ns))
        before = 1.0
        for stretch in self._stretches:
            turn = np.clip((t_ns - stretch.start_ns) * (1e-9 / _TURN_S), 0.0, 1.0)
            factor += (stretch.factor - before) * (0.5 - 0.5 * np.cos(np.pi * turn))
            before = stretch.factor
        return np.asarray(self._middle + self._reach * factor[:, None] * waves)

    def cells(self, t_ns: Floats, waves: Floats) -> dict[str, Floats]:
        """Load (n,) of every cell at lab times ``t_ns`` (n,), newtons, without noise."""
        one, centre = self.standing, self.centre(t_ns, waves)
        x, y = centre[:, 0] / (1e3 * one.half_x_m), centre[:, 1] / (1e3 * one.half_y_m)
        return {
            code: one.weight_n * (1.0 + right * x) * (1.0 + front * y) / 4.0
            for code, (right, front) in CORNERS.items()
        }

    def truth(self) -> dict[str, Any]:
        """Return what is true about every stretch, its first 5 s left out, as JSON values."""
        rows = []
        for stretch in self._stretches:
            row: dict[str, Any] = {
                "start_ns": stretch.start_ns,
                "duration_s": stretch.duration_s,
                "condition": stretch.condition,
            }
            t = np.arange(_LEFT_OUT_S, stretch.duration_s, 1.0 / _TRUTH_HZ)
            if len(t) > 1:
                t_ns = stretch.start_ns + t * 1e9
                xy = self.centre(t_ns, self.waves(t_ns))
                steps = np.hypot(*np.diff(xy, axis=0).T)
                rms = xy.std(axis=0)
                row |= {
                    "rms_ml_mm": float(rms[0]),
                    "rms_ap_mm": float(rms[1]),
                    "velocity_mm_s": float(steps.sum() / (t[-1] - t[0])),
                }
            rows.append(row)
        one = self.standing
        return {
            "weight_n": one.weight_n,
            "left_percent": one.left_percent,
            "front_percent": one.front_percent,
            "trials": rows,
        }


def _axis(seed: int, axis: str) -> tuple[Floats, Floats, Floats]:
    """Angular frequencies, phases and heights of a sway of RMS 1; slow waves are the large ones."""
    rng = generator(seed, f"sway/{axis}")
    frequency = np.geomspace(_SLOWEST_HZ, _FASTEST_HZ, _SINES) * rng.uniform(0.9, 1.1, _SINES)
    height = 1.0 / frequency
    height *= np.sqrt(2.0 / np.sum(height**2))
    return 2.0 * np.pi * frequency, rng.uniform(0.0, 2.0 * np.pi, _SINES), height
