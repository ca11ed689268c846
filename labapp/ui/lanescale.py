"""The vertical scale of one lane: automatic, but calm.

It grows at once when a signal leaves the lane and shrinks only after the signal has been
small for a while, in steps of 1-2-5, so that a trace can be compared with the one before.
"""

from __future__ import annotations

import math

CALM_S = 6.0
SHRINK_BELOW = 0.3


def nice_above(value: float) -> float:
    """Return the smallest 1, 2 or 5 times a power of ten that is >= ``value`` (> 0)."""
    if not value > 0:
        return 1e-6
    power = 10.0 ** math.floor(math.log10(value))
    for step in (1.0, 2.0, 5.0, 10.0):
        if step * power >= value * (1 - 1e-9):
            return step * power
    return 10.0 * power


class LaneScale:
    """Range of one lane in physical units.

    Parameters
    ----------
    symmetric
        True for EMG (``-limit .. limit``), False for force (``-limit / 10 .. limit``).
    floor
        The smallest limit, so that noise does not fill a lane.
    """

    def __init__(self, symmetric: bool, floor: float) -> None:
        self.symmetric = symmetric
        self.floor = floor
        self.limit = floor
        self.held = False
        self.gain = 1.0
        self._small_since: float | None = None

    @property
    def low(self) -> float:
        """Value at the lower edge of the lane, at gain 1."""
        return -self.limit if self.symmetric else -0.1 * self.limit

    @property
    def top(self) -> float:
        """Value at the upper edge of the lane as it is drawn, with the viewer's gain."""
        return self.limit / self.gain

    @property
    def base(self) -> float:
        """Value at the lower edge of the lane as it is drawn."""
        return self.low / self.gain

    def restart(self) -> None:
        """Begin from the smallest scale: another signal is shown from now on."""
        if not self.held:
            self.limit, self._small_since = self.floor, None

    def exceeded(self, low: float, high: float) -> bool:
        """Whether a signal between ``low`` and ``high`` leaves the lane; False for NaN."""
        return high > self.limit or low < self.low

    def update(self, low: float, high: float, now_s: float) -> bool:
        """Look at the extremes in view; True if the scale changed."""
        if self.held or math.isnan(low) or math.isnan(high):
            return False
        need = max(abs(low), abs(high)) if self.symmetric else max(high, -10 * low)
        wanted = max(self.floor, nice_above(need))
        if wanted > self.limit:
            self.limit, self._small_since = wanted, None
            return True
        if need < SHRINK_BELOW * self.limit and wanted < self.limit:
            if self._small_since is None:
                self._small_since = now_s
            elif now_s - self._small_since > CALM_S:
                self.limit, self._small_since = wanted, None
                return True
        else:
            self._small_since = None
        return False
