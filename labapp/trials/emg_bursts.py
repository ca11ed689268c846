"""Repetitions from the EMG itself: the fallback where there is neither a cue nor a force."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labapp.trials.force_pulls import runs

Floats = NDArray[np.float64]

SHORTEST_S = 0.1
"""Shorter bursts are twitches."""
BRIDGED_S = 0.5
"""Pauses up to this belong to one burst: the level of a held contraction dips."""
HOLD_SHARE = 0.5
"""The hold of a burst is the stretch above this share of its own level."""


@dataclass(frozen=True, slots=True)
class EmgBurst:
    """One burst: its limits and the stretch that is held (s)."""

    first: float
    last: float
    hold: tuple[float, float]


def emg_bursts(t: Floats, level: Floats) -> list[EmgBurst]:
    """Find the bursts of an EMG envelope; none where nothing stands out from the rest.

    Parameters
    ----------
    t, level
        (n_samples,) s, and the envelope in any unit, all muscles together.
    """
    if len(t) < 10:
        return []
    rest = float(np.percentile(level, 20))
    spread = 1.4826 * float(np.median(np.abs(level[level <= np.median(level)] - rest)))
    top = float(np.percentile(level, 99))
    if top - rest <= 10 * spread:
        return []
    high = rest + max(0.2 * (top - rest), 5 * spread)
    found = [(a, b) for a, b in runs(level > high) if t[b - 1] - t[a] >= SHORTEST_S]
    merged: list[tuple[int, int]] = []
    for a, b in found:
        if merged and t[a] - t[merged[-1][1] - 1] < BRIDGED_S:
            merged[-1] = (merged[-1][0], b)
        else:
            merged.append((a, b))
    return [_burst(t, level, a, b, rest) for a, b in merged]


def _burst(t: Floats, level: Floats, a: int, b: int, rest: float) -> EmgBurst:
    own = float(np.percentile(level[a:b], 90)) - rest
    held = np.flatnonzero(level[a:b] > rest + HOLD_SHARE * own) + a
    return EmgBurst(float(t[a]), float(t[b - 1]), (float(t[held[0]]), float(t[held[-1]])))
