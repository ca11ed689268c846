"""A force plate of four cells: vertical force, centre of pressure, sway.

Positions and centres of pressure are in metres, x to the right (ML), y to the front (AP), origin
in the middle of the plate. Four vertical cells know no horizontal force, so this is the centre of
pressure at the plate's surface, and only where there is enough load to speak of one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.arrays import real_numbers
from labapp.analysis.filters import as_signal, finite_parts, low_pass
from labapp.errors import LabError

Floats = NDArray[np.float64]

LEAST_LOAD_N = 20.0
"""Below this, and below `LEAST_SHARE` of the body weight, the centre of pressure is undefined."""
LEAST_SHARE = 0.10
LOW_PASS_HZ = 10.0
LEAST_RATE_HZ = 100.0
SETTLE_S = 5.0
"""Beginning of a trial that is dropped: stepping on is no standing."""
LONGEST_GAP_S = 0.1
"""Gaps up to this are bridged by a straight line; the centre of pressure is below 10 Hz."""
PROBABILITY = 0.95
LARGEST_RMSE_MM = 5.0
"""A plate whose centre of pressure is off by more on a grid of places is not accepted."""


@dataclass(frozen=True, slots=True, eq=False)
class PlateForce:
    """Forces of a plate in time: (n_samples,) arrays, NaN where a cell's sample is missing.

    Attributes
    ----------
    fz
        Vertical force, N.
    x, y
        Centre of pressure, m; NaN where ``fz`` is below ``threshold`` too.
    threshold
        Least load in N for a centre of pressure.
    left_percent, front_percent
        Shares of the mean load, NaN where the plate was not loaded.
    """

    fz: Floats
    x: Floats
    y: Floats
    threshold: float
    left_percent: float
    front_percent: float


@dataclass(frozen=True, slots=True)
class Sway:
    """Sway of one trial of quiet standing, in mm; x is ML, y is AP, mean removed.

    ``path`` and ``velocity`` depend on rate and low-pass: compare equal ones only.
    """

    n: int
    duration_s: float
    path_mm: float
    velocity_mm_s: float
    range_ml_mm: float
    range_ap_mm: float
    rms_ml_mm: float
    rms_ap_mm: float
    ellipse_mm2: float
    bridged: int


def centre_of_pressure(
    forces: ArrayLike, positions: ArrayLike, *, threshold: float | None = None
) -> PlateForce:
    """Vertical force and centre of pressure of a plate.

    Parameters
    ----------
    forces
        (n_samples, n_cells) N, push positive, NaN where a sample is missing.
    positions
        (n_cells, 2) m, x and y of each cell.
    threshold
        Least load, N; None: the greater of 20 N and 10 % of the mean load.

    Raises
    ------
    LabError
        Shapes that do not fit, positions that are not numbers or all on one line.
    """
    cells = as_signal(forces, 1.0, name="plate force")
    places = np.asarray(positions, dtype=np.float64)
    if cells.ndim != 2 or places.shape != (cells.shape[1], 2):
        raise LabError(
            f"forces of shape {cells.shape} and cell positions of shape {places.shape}",
            "give one column of force and one x, y per cell",
        )
    if not np.isfinite(places).all() or np.linalg.matrix_rank(places - places.mean(axis=0)) < 2:
        raise LabError("cell positions are not the corners of a plate", "give x and y in metres")
    fz = cells.sum(axis=1)
    known = fz[np.isfinite(fz)]
    if threshold is None:
        mean = float(known.mean()) if len(known) else 0.0
        threshold = max(LEAST_LOAD_N, LEAST_SHARE * mean)
    loaded = np.isfinite(fz) & (fz >= threshold) & (fz > 0)
    centre = np.full((len(fz), 2), np.nan)
    centre[loaded] = cells[loaded] @ places / fz[loaded, None]
    left, front = math.nan, math.nan
    if loaded.any():
        load = cells[loaded].mean(axis=0)
        left = 100.0 * float(load[places[:, 0] < 0].sum() / load.sum())
        front = 100.0 * float(load[places[:, 1] > 0].sum() / load.sum())
    return PlateForce(fz, centre[:, 0], centre[:, 1], float(threshold), left, front)


def sway(
    x: ArrayLike,
    y: ArrayLike,
    rate: float,
    *,
    low_pass_hz: float | None = LOW_PASS_HZ,
    settle_s: float = SETTLE_S,
) -> Sway:
    """Sway metrics of a trial of quiet standing.

    Parameters
    ----------
    x, y
        (n_samples,) centre of pressure, m.
    rate
        Hz, at least 100.
    low_pass_hz
        Corner of the zero-phase low-pass; None if that was done already.
    settle_s
        Beginning that is dropped.

    Raises
    ------
    LabError
        Too slow, too short, of different lengths, or undefined for longer than 0.1 s at a time.
    """
    ml, ap = as_signal(x, rate, name="x"), as_signal(y, rate, name="y")
    if ml.ndim != 1 or ml.shape != ap.shape:
        raise LabError(f"x of shape {ml.shape}, y of shape {ap.shape}", "give (n_samples,) of both")
    track = np.stack([ml, ap], axis=1)
    if rate < LEAST_RATE_HZ:
        raise LabError(f"sway at {rate:g} Hz", "sample the plate at 100 Hz or more")
    track, bridged = _bridge(track[round(settle_s * rate) :], rate)
    if len(track) < 3:
        raise LabError(
            f"{len(track)} samples of sway after {settle_s:g} s", "stand for longer, 90 s are usual"
        )
    if low_pass_hz is not None:
        track = low_pass(track, rate, low_pass_hz, order=4)
    track = 1000.0 * (track - track.mean(axis=0))
    n, duration = len(track), (len(track) - 1) / rate
    path = float(np.hypot(*np.diff(track, axis=0).T).sum())
    ranges, rms = np.ptp(track, axis=0), np.sqrt((track**2).mean(axis=0))
    return Sway(
        n=n,
        duration_s=duration,
        path_mm=path,
        velocity_mm_s=path / duration,
        range_ml_mm=float(ranges[0]),
        range_ap_mm=float(ranges[1]),
        rms_ml_mm=float(rms[0]),
        rms_ap_mm=float(rms[1]),
        ellipse_mm2=ellipse_area(np.cov(track.T), n),
        bridged=bridged,
    )


def ellipse_area(covariance: ArrayLike, n: int | None = None) -> float:
    """Area of the 95 % prediction ellipse: where the next point falls, not where the mean lies.

    ``n`` samples give ``k = 2 (n - 1)(n + 1) / (n (n - 2)) F.95(2, n - 2)``; None is the limit
    of many, chi-square 5.9915. The quantile of F with 2 degrees of freedom has a closed form.

    Raises
    ------
    LabError
        Not a 2 x 2 covariance, or fewer than 3 samples.
    """
    matrix = real_numbers(covariance, "covariances", "2 x 2 of them")
    if matrix.shape != (2, 2) or not np.isfinite(matrix).all() or (n is not None and n < 3):
        raise LabError(
            f"covariance of shape {matrix.shape} from {n} samples", "give 2 x 2 from 3 or more"
        )
    outside = 1.0 - PROBABILITY
    if n is None:
        k = -2.0 * math.log(outside)
    else:
        quantile = (n - 2) / 2 * (outside ** (-2 / (n - 2)) - 1)
        k = 2 * (n - 1) * (n + 1) / (n * (n - 2)) * quantile
    return math.pi * k * math.sqrt(max(0.0, float(np.linalg.det(matrix))))


@dataclass(frozen=True, slots=True, eq=False)
class CopCorrection:
    """Affine correction of a plate's centre of pressure, from a known mass on known places.

    Attributes
    ----------
    matrix
        (2, 3): ``corrected = matrix @ (x, y, 1)``, m.
    rmse_before_mm, rmse_after_mm
        Root mean square distance from the true places, as measured and corrected.
    accepted
        Whether the plate may be used as it is: `LARGEST_RMSE_MM` without the correction.
    """

    matrix: Floats
    rmse_before_mm: float
    rmse_after_mm: float
    accepted: bool

    def apply(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """Correct a centre of pressure, m."""
        a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        first, second = (row[0] * a + row[1] * b + row[2] for row in self.matrix)
        return first, second


def cop_correction(measured: ArrayLike, true: ArrayLike) -> CopCorrection:
    """Fit the affine correction by least squares (Leach 2014).

    Parameters
    ----------
    measured, true
        (n_places, 2) centre of pressure as the plate says it and where the mass stood, m; nine
        places of a grid are usual.

    Raises
    ------
    LabError
        Fewer than six places, places on one line, or arrays that do not fit together.
    """
    a = real_numbers(measured, "measured places", "x and y of each")
    b = real_numbers(true, "true places", "x and y of each")
    if a.ndim != 2 or a.shape[1] != 2 or a.shape != b.shape or len(a) < 6:
        raise LabError(f"places of shape {a.shape} and {b.shape}", "give six or more, x and y each")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise LabError("places have missing values", "measure every place")
    if np.linalg.matrix_rank(b - b.mean(axis=0)) < 2:
        raise LabError("the places lie on one line", "spread them over the plate")
    if np.linalg.matrix_rank(a - a.mean(axis=0), tol=1e-9) < 2:
        raise LabError("the measured places lie on one line", "check the wiring of the cells")
    design = np.column_stack([a, np.ones(len(a))])
    matrix = np.asarray(np.linalg.lstsq(design, b, rcond=None)[0].T, dtype=np.float64)
    before = _rmse_mm(a, b)
    return CopCorrection(matrix, before, _rmse_mm(design @ matrix.T, b), before <= LARGEST_RMSE_MM)


def _rmse_mm(places: Floats, true: Floats) -> float:
    return 1000.0 * float(np.sqrt(((places - true) ** 2).sum(axis=1).mean()))


def romberg(eyes_open: Sway, eyes_closed: Sway) -> float:
    """Ratio of the ellipse areas, eyes closed over eyes open."""
    if eyes_open.ellipse_mm2 == 0.0:
        raise LabError("no sway with open eyes", "check the recording: a plate at rest?")
    return eyes_closed.ellipse_mm2 / eyes_open.ellipse_mm2


def _bridge(track: Floats, rate: float) -> tuple[Floats, int]:
    """Fill short gaps by straight lines; returns how many samples they were."""
    missing = ~np.isfinite(track).all(axis=1)
    if not missing.any():
        return track, 0
    parts = finite_parts(np.where(missing, np.nan, 0.0))
    starts = [start for start, _ in parts] + [len(track)]
    stops = [0] + [stop for _, stop in parts]
    longest = max(start - stop for start, stop in zip(starts, stops, strict=True)) / rate
    if longest > LONGEST_GAP_S:
        raise LabError(
            f"no centre of pressure for {longest:.2f} s", "choose a stretch with full load"
        )
    index = np.arange(len(track))
    filled = [np.interp(index, index[~missing], column[~missing]) for column in track.T]
    return np.stack(filled, axis=1), int(missing.sum())
