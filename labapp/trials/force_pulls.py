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
    early_s
        A pull that starts up to this before a cue was meant for it, and came too early.
    false_start_share
        A pull smaller than this share of the one that follows it was a false start.
    dip_s, dip_share
        Where a counter-movement is looked for before the pull, and the share of the peak above
        which the pull's timing is not used.
    """

    before_s: float = 0.7
    latest_s: float = 2.0
    default_hold_s: float = 3.0
    pull_share: float = 0.2
    pretension_share: float = 0.1
    shortest_s: float = 0.15
    hold_share: float = 0.7
    early_s: float = 0.15
    false_start_share: float = 0.5
    dip_s: float = 0.25
    dip_share: float = 0.05


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
    rest = rest_of(smooth)
    # Where pulls fill most of the recording, the lower 40 % are no rest any more.
    noise = min(_spread(smooth, share) for share in (5, 20, 40)) + 1e-9
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


def counter_movement(t: Floats, f: Floats, pull: ForcePull, rules: RepetitionRules) -> float:
    """Depth of a dip of the force just before a pull, as a share of its peak; 0 without one."""
    quiet = f[(t >= pull.onset - rules.before_s) & (t < pull.onset - rules.dip_s)]
    last = f[(t >= pull.onset - rules.dip_s) & (t <= pull.onset)]
    if len(quiet) < 5 or not len(last):
        return 0.0
    depth = float(np.median(quiet)) - float(last.min())
    if depth <= max(0.01 * pull.peak, 5 * float(np.std(quiet))):
        return 0.0
    return depth / pull.peak


def rest_of(force: Floats) -> float:
    """Force at rest: the 20th percentile, or the 5th where pulls fill nearly everything."""
    low, usual, top = (float(np.percentile(force, share)) for share in (5, 20, 99.5))
    return usual if usual - low <= 0.05 * (top - low) else low


def _spread(values: Floats, share: float) -> float:
    """Robust SD of the lowest ``share`` per cent of the values."""
    low = values[values <= float(np.percentile(values, share))]
    return 1.4826 * float(np.median(np.abs(low - np.median(low))))


def runs(above: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open index ranges of the true stretches."""
    padded = np.concatenate([[False], above, [False]])
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
