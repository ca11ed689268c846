"""Pulls in a force curve: where it leaves rest, holds, and comes back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.errors import LabError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RepetitionRules:
    """Numbers that decide what a pull is.

    Attributes
    ----------
    before_s
        The rest that is compared with the pull starts this long before the cue.
    latest_s
        A pull that starts later than this after its cue was not an answer to it.
    default_hold_s
        Length of the pull where neither force nor cue tell it.
    pull_share
        A force counts as a pull when it exceeds this share of the recording's usual peak.
    pretension_share
        Force just before the cue above this share of the peak counts as tension.
    shortest_s
        Shorter excursions of the force are bumps, not pulls.
    hold_share
        The hold is the stretch above this share of the peak.
    """

    before_s: float = 0.7
    latest_s: float = 2.0
    default_hold_s: float = 3.0
    pull_share: float = 0.2
    pretension_share: float = 0.1
    shortest_s: float = 0.15
    hold_share: float = 0.7


def checked_series(time: ArrayLike, values: ArrayLike, name: str) -> tuple[Floats, Floats]:
    """Return finite samples of a series with increasing times; LabError where they do not fit."""
    t, v = np.asarray(time, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if t.ndim != 1 or t.shape != v.shape:
        raise LabError(
            f"{name} has shape {v.shape} and its times {t.shape}", "give one time per sample"
        )
    good = np.isfinite(t) & np.isfinite(v)
    t, v = t[good], v[good]
    if len(t) > 1 and not bool(np.all(np.diff(t) > 0)):
        raise LabError(f"times of the {name} do not increase", "give times in order")
    return t, v


@dataclass(frozen=True, slots=True)
class ForcePull:
    """One excursion of the force: sample range, landmarks (s), height above rest (N)."""

    first: int
    stop: int
    crossed: float
    onset: float
    peak_at: float
    peak: float
    hold: tuple[float, float]
    off: float


def force_pulls(t: Floats, f: Floats, rules: RepetitionRules) -> list[ForcePull]:
    """Excursions of the force above its rest level, with their landmarks."""
    rate = (len(t) - 1) / (t[-1] - t[0])
    width = max(round(0.02 * rate), 1)
    smooth = np.convolve(np.pad(f, width, mode="edge"), np.ones(width) / width, "same")
    smooth = smooth[width:-width]
    rest = float(np.percentile(smooth, 20))
    below = smooth[smooth <= float(np.percentile(smooth, 40))]
    noise = 1.4826 * float(np.median(np.abs(below - np.median(below)))) + 1e-9
    top = float(np.percentile(smooth, 99.5)) - rest
    if top < 20 * noise or top <= 0:
        return []
    high = rest + max(rules.pull_share * top, 8 * noise)
    found: list[ForcePull] = []
    for first, stop in runs(smooth > high):
        if t[stop - 1] - t[first] < rules.shortest_s:
            continue
        peak_index = first + int(np.argmax(smooth[first:stop]))
        peak = float(smooth[peak_index]) - rest
        level = rest + max(0.02 * peak, 5 * noise)
        begin, end = first, stop - 1
        # Walk down both flanks; a flank that never comes down ends at the previous pull.
        floor = found[-1].stop if found else 0
        while begin > floor and smooth[begin - 1] > level:
            begin -= 1
        while end < len(t) - 1 and smooth[end + 1] > level:
            end += 1
        above = np.flatnonzero(smooth[first:stop] > rest + rules.hold_share * peak) + first
        found.append(
            ForcePull(
                begin,
                end + 1,
                float(t[first]),
                float(t[begin]),
                float(t[peak_index]),
                peak,
                (float(t[above[0]]), float(t[above[-1]])),
                float(t[end]),
            )
        )
    return found


def runs(above: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open index ranges of the true stretches."""
    padded = np.concatenate([[False], above, [False]])
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
