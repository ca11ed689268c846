"""The foot of a force: where a curve fitted to its first rise leaves the rest.

A threshold walks with the noise, and a low-pass spreads the rise to before its beginning: the rule
behind the rates of development finds a steep pull 3 ms early and a slow one in noise up to 30 ms
late. For a delay to the force that matters. So the unfiltered force around the rule's onset is
fitted by ``0`` up to ``t`` and ``p (x - t) + q (x - t)**2`` after it; ``t`` is the foot.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BEFORE_S = 0.06
"""Rest that is fitted before the rule's onset ..."""

RISE_SHARE = 0.25
"""... and the rise up to this share of the peak, ..."""

RISE_S = (0.02, 0.15)
"""... but at least and at most this long."""

FEWEST = 4
"""Samples after the foot; a load cell so slow that the rise has fewer than twice that is not
fitted."""

REACH_S = 0.04
"""The foot lies at most this far from the rule's onset."""


def force_foot(force: Floats, rate: float, onset: int, rest: float, peak: float) -> float:
    """Time (s from the first sample) of the foot; the rule's onset where too little can be fitted.

    Parameters
    ----------
    force
        (n_samples,) N, not filtered.
    rate
        Hz.
    onset
        Sample of the onset by a threshold rule.
    rest, peak
        Mean of the force before the pull, and its peak above that, N.
    """
    first = max(onset - round(BEFORE_S * rate), 0)
    above = np.flatnonzero(force[onset:] - rest > RISE_SHARE * peak)
    shortest, longest = (round(limit * rate) for limit in RISE_S)
    rise = int(above[0]) if len(above) else 0
    stop = min(onset + min(max(rise, shortest), longest), len(force))
    reach = round(REACH_S * rate)
    feet = np.arange(max(onset - reach, first), min(onset + reach, stop - FEWEST))
    y = force[first:stop] - rest
    if stop - onset < 2 * FEWEST or not np.isfinite(y).all():
        return onset / rate
    u = np.maximum(np.arange(first, stop) - feet[:, None], 0) / rate
    square = np.square(u)
    uu, uuu, uuuu = square.sum(axis=1), (u * square).sum(axis=1), np.square(square).sum(axis=1)
    uy, uuy = u @ y, square @ y
    p = (uuuu * uy - uuu * uuy) / (uu * uuuu - np.square(uuu))
    q = (uu * uuy - uuu * uy) / (uu * uuuu - np.square(uuu))
    # A force that first falls is no pull: there the curve alone must do.
    explained = np.where(p > 0, p * uy + q * uuy, np.square(uuy) / uuuu)
    return float(feet[np.argmax(explained)] / rate)
