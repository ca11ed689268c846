"""What a session could have seen: the smallest mean lag that it would have called."""

from __future__ import annotations

import math

from labapp.analysis.order import Order
from labapp.analysis.pairs import Pair
from labapp.errors import LabError


def pair_resolution_ms(pair: Pair, uncertainty_s: float, rope_ms: float) -> float:
    """Smallest mean lag (ms) of one pair that would be called; NaN below two repetitions.

    ``max(ROPE, t(0.975, n - 1) SD / sqrt(n) + 1.96 u)``: the half-width of the interval of the
    mean, plus the timing uncertainty ``u`` that is common to all repetitions, and never less
    than the equivalence band.
    """
    from scipy.special import stdtrit

    if pair.n < 2 or not math.isfinite(pair.sd):
        return math.nan
    half = float(stdtrit(pair.n - 1, 0.975)) * pair.sd / math.sqrt(pair.n)
    return max(rope_ms, half + 1.96 * 1000 * uncertainty_s)


def timing_resolution(
    order: Order, rate: float, *, uncertainty_s: float = 0.0, rope_ms: float = 10.0
) -> float:
    """Smallest mean lag (ms) that this session could call for every pair of its first muscle.

    Parameters
    ----------
    order
        Result of `onset_order`.
    rate
        Slowest EMG rate, Hz: half a sample (uniform) counts as uncertainty of a lag.
    uncertainty_s
        Standard uncertainty between the clocks of the compared channels, s.

    Returns
    -------
    float
        The largest of the pairs' resolutions (see `pair_resolution_ms`); NaN where no pair of
        the first muscle has two repetitions.
    """
    if not (rate > 0 and uncertainty_s >= 0):
        raise LabError(
            f"rate is {rate}, timing uncertainty {uncertainty_s}", "give positive numbers"
        )
    # Two quantised times, each uniform within a sample: SD sqrt(2 / 12) samples.
    common = math.hypot(uncertainty_s, math.sqrt(2 / 12) / rate)
    own = [pair for pair in order.pairs if pair.first == order.muscles[0]]
    values = [pair_resolution_ms(pair, common, rope_ms) for pair in own]
    finite = [value for value in values if math.isfinite(value)]
    return max(finite) if finite else math.nan
