"""Where synchronisation pulses begin: edges in analogue channels, digital bits and events.

An edge is found on the device's own grid and given in the stream's times, so that its error is
that of the sampling alone (reference: 0.29 ms RMS for a bit at 1 kHz, 0.03 to 0.14 ms for an
interpolated analogue edge).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.model import Floats

EdgeKind = Literal["digital", "analogue", "event"]

PLATEAU_S = 0.02
"""Length of signal before and after an edge whose median is its level."""
LEAST_SIGMA = 8.0
RISE_MARGIN = 3
"""Samples by which a rise may be longer than the profile says."""
BOUNCE_S = 0.02
"""A contact bounces for milliseconds: edges this soon after one of their kind are not another."""
_SHORT = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Beginnings of pulses as one input of a device saw them.

    Attributes
    ----------
    times
        (n,) s, rising, in the stream's times.
    kind
        ``digital`` and ``event`` edges do not pass the converter's filter, ``analogue`` ones do.
    width_s
        Time between two looks at the input, s: an edge lies anywhere within it. 0 where it is
        interpolated or stamped by the device.
    name
        The input, in words.
    """

    times: Floats
    kind: EdgeKind
    width_s: float = 0.0
    name: str = ""


def find_edges(
    times: ArrayLike,
    values: ArrayLike,
    *,
    rise_s: float = 0.003,
    delay_s: float = 0.0,
) -> tuple[Floats, Floats]:
    """Rising and falling edges of an analogue channel: 50 % crossings, interpolated.

    Parameters
    ----------
    times, values
        (n,) s and any unit; NaN where samples were lost.
    rise_s
        Longest rise (10 to 90 %) of the input; an edge slower by more than 3 samples is none.
    delay_s
        Known delay of the input's own filter for an edge, s; taken off.

    Returns
    -------
    rises, falls
        Times of the edges, s. Edges between levels (medians of 20 ms before and after) that
        differ by less than 8 standard deviations of the noise, and edges next to lost samples,
        are left out.
    """
    t, x = np.asarray(times, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if t.shape != x.shape or t.ndim != 1:
        raise ValueError(f"need one time per value, got {t.shape} and {x.shape}")
    if len(t) < 8:
        return np.zeros(0), np.zeros(0)
    period = float(np.median(np.diff(t)))
    reach = int(np.ceil(rise_s / period)) + 2
    flat = max(3, round(PLATEAU_S / period))
    if len(x) <= 2 * (reach + flat):
        return np.zeros(0), np.zeros(0)
    steps = np.abs(np.diff(x))
    noise = 1.4826 * float(np.nanmedian(steps)) / np.sqrt(2.0) if np.any(steps >= 0) else np.nan
    if not np.isfinite(noise):
        return np.zeros(0), np.zeros(0)
    # Quantised resting signals have a median step of 0: the smallest real step stands for it.
    real = steps[steps > 0]
    if noise == 0.0:
        noise = float(real.min()) / np.sqrt(12.0) if len(real) else 0.0
    if noise == 0.0:
        return np.zeros(0), np.zeros(0)
    jump = np.full(len(x), 0.0)
    jump[reach:-reach] = x[2 * reach :] - x[: -2 * reach]
    big = np.abs(np.nan_to_num(jump)) > LEAST_SIGMA * noise
    found: tuple[list[float], list[float]] = ([], [])
    for first, stop in _stretches(big):
        at = first + int(np.argmax(np.abs(jump[first:stop])))
        edge = _crossing(t, x, at, reach, flat, noise, rise_s + RISE_MARGIN * period)
        if edge is not None:
            found[0 if jump[at] > 0 else 1].append(edge - delay_s)
    return _apart(np.array(found[0])), _apart(np.array(found[1]))


def _stretches(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    change = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    starts, stops = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
    return list(zip(starts.tolist(), stops.tolist(), strict=True))


def _crossing(
    t: Floats, x: Floats, at: int, reach: int, flat: int, noise: float, longest_s: float
) -> float | None:
    """Time of the half-way crossing near sample ``at``; None if it is no clean edge."""
    low, high = at - reach - flat, at + reach + flat + 1
    if low < 0 or high > len(x) or not np.isfinite(x[low:high]).all():
        return None
    before, after = x[low : at - reach + 1], x[at + reach : high]
    levels = float(np.median(before)), float(np.median(after))
    height = levels[1] - levels[0]
    rest = [float(np.median(np.abs(p - np.median(p)))) * 1.4826 for p in (before, after)]
    if abs(height) < LEAST_SIGMA * max(noise, *rest):
        return None
    part = (x[at - reach : at + reach + 1] - levels[0]) / height
    when = t[at - reach : at + reach + 1]
    up = np.flatnonzero((part[1:] >= 0.5) & (part[:-1] < 0.5))
    if not len(up):
        return None
    # Noise may touch 10 % and 90 % anywhere: the crossings next to the middle are the edge's own.
    middle = int(up[0])
    start = int(np.flatnonzero(part[: middle + 1] < 0.1)[-1]) if (part[0] < 0.1) else None
    over = np.flatnonzero(part[middle + 1 :] >= 0.9)
    if start is None or not len(over):
        return None
    end = middle + 1 + int(over[0])
    rise = _level(when, part, end - 1, 0.9) - _level(when, part, start, 0.1)
    return _level(when, part, middle, 0.5) if rise <= longest_s else None


def _level(t: Floats, x: Floats, i: int, share: float) -> float:
    """Time between samples ``i`` and ``i + 1`` at which the line between them is at ``share``."""
    return float(t[i] + (share - x[i]) / (x[i + 1] - x[i]) * (t[i + 1] - t[i]))


def find_digital_edges(times: ArrayLike, high: ArrayLike) -> tuple[Floats, Floats]:
    """Rising and falling edges of a bit: half-way between the two samples it changed between.

    Parameters
    ----------
    times, high
        (n,) s and level: 0 is low, anything else high, NaN lost. An edge over a lost sample is
        left out.
    """
    t, level = np.asarray(times, dtype=np.float64), np.asarray(high, dtype=np.float64)
    if t.shape != level.shape or t.ndim != 1:
        raise ValueError(f"need one time per value, got {t.shape} and {level.shape}")
    known = np.isfinite(level[1:]) & np.isfinite(level[:-1])
    on = np.nan_to_num(level) != 0
    middle = 0.5 * (t[1:] + t[:-1])
    rises, falls = middle[known & on[1:] & ~on[:-1]], middle[known & ~on[1:] & on[:-1]]
    return _apart(rises), _apart(falls)


def _apart(edges: Floats) -> Floats:
    """Edges without those that follow one of their kind within the bouncing time."""
    kept: list[float] = []
    for edge in edges.tolist():
        if not kept or edge - kept[-1] > BOUNCE_S:
            kept.append(edge)
    return np.array(kept)


def pulse_starts(rises: ArrayLike, falls: ArrayLike) -> Floats:
    """Beginnings of the pulses, whichever way round the wire is: pulses are short, pauses long.

    Where the line is high most of the time the pulses are low and begin with a fall. A line that
    is high about half of the time, or has no falls, begins its pulses with a rise.
    """
    up, down = np.asarray(rises, dtype=np.float64), np.asarray(falls, dtype=np.float64)
    if len(up) < 2 or len(down) < 2:
        return up if len(up) >= len(down) else down
    after = np.searchsorted(down, up, side="right")
    inside = after < len(down)
    high = float(np.median(down[after[inside]] - up[inside])) if inside.any() else np.inf
    after = np.searchsorted(up, down, side="right")
    inside = after < len(up)
    low = float(np.median(up[after[inside]] - down[inside])) if inside.any() else np.inf
    return down if low < _SHORT * (low + high) and np.isfinite(high) else up
