"""How the amplitude of a muscle rises, holds and falls in a pull."""

from __future__ import annotations

import numpy as np

from labapp.model import Floats
from labapp.simulate.scenario import Rise


def rise(shape: Rise, u: Floats) -> Floats:
    """Relative amplitude (RMS) at ``u`` = time since the onset / rise time.

    Parameters
    ----------
    shape
        ``linear_variance`` is linear in power, all others are named after the amplitude.
    u
        Any shape; < 0 is before the onset (gives 0), > 1 after the rise (gives 1).

    Returns
    -------
    Floats
        Same shape, 0 to 1, rising, exactly 0 up to ``u`` = 0 (a step leaves 0 right there).
    """
    v = np.clip(u, 0.0, 1.0)
    if shape == "linear_amplitude":
        y = v
    elif shape == "linear_variance":
        y = np.sqrt(v)
    elif shape == "cosine":
        y = 0.5 - 0.5 * np.cos(np.pi * v)
    elif shape == "step":
        y = np.where(u >= 0.0, 1.0, 0.0)
    elif shape == "exponential":
        y = np.expm1(-3.0 * v) / np.expm1(-3.0)
    else:
        y = (np.tanh(5.0 * (v - 0.5)) / np.tanh(2.5) + 1.0) / 2.0
    return np.asarray(y, dtype=np.float64)


def program(
    t: Floats, shape: Rise, rise_s: float, levels: tuple[float, float, float], turns_s: Floats
) -> Floats:
    """Amplitude of a muscle through a pull.

    Parameters
    ----------
    t
        (n,) seconds since the onset of this muscle.
    shape, rise_s
        Rise from 0 to ``levels[0]``; 0 s is a step.
    levels
        Relative amplitudes in the pull, hold and return.
    turns_s
        (3,) seconds since the onset at which the amplitude starts to change to the hold level,
        to the return level, and to 0; each change takes 100 ms (raised cosine).

    Returns
    -------
    Floats
        (n,) relative amplitude, 0 before the onset.
    """
    u = t / rise_s if rise_s > 0.0 else np.where(t >= 0.0, 1.0, -1.0)
    y = levels[0] * rise(shape, u)
    # A rise longer than the pull is cut short by the first turn, never left above it.
    for before, after, turn in zip(levels, (*levels[1:], 0.0), turns_s, strict=True):
        s = rise("cosine", (t - turn) / 0.1)
        y = y * (1.0 - s * (1.0 - after / before)) if before > 0.0 else y + after * s
    return y
