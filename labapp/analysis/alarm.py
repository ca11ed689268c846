"""Stage 1 of the onset: find the main burst coarsely, and judge whether it is one.

A 30 ms moving RMS is compared with the robust level of the quiet baseline; only a run that
lasts and that carries a good part of the trial's activity counts as the burst. The weak stage
of any onset detector is this one (false alarms in restless baselines), so everything unusual is
returned as a word, not repaired.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.moving import coarse_low_pass, coarse_step, moving_rms
from labapp.analysis.posterior import BEFORE_S

Floats = NDArray[np.float64]
Trouble = Literal["", "not_found", "in_baseline", "ambiguous"]


@dataclass(frozen=True, slots=True)
class Alarm:
    """Where the main burst begins, coarsely.

    Attributes
    ----------
    at
        Sample index of the start of the first kept run, None where there is no burst.
    stop
        Sample index after the last run of the burst (or after the search window).
    trouble
        Empty, or the state that this burst must end as.
    reason
        One plain phrase for that state.
    """

    at: int | None
    stop: int
    trouble: Trouble = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Loudness:
    """Slow power of a signal (10 Hz low-pass of its square), in steps of some samples."""

    power: Floats
    step: int
    begin: int

    @classmethod
    def of(cls, x: Floats, rate: float, anchor: int) -> Loudness:
        """Slow power of (n_samples,) finite values.

        The steps are counted from sample `anchor`, so that they stay where they are in a longer
        stretch of the same signal.
        """
        step = coarse_step(rate)
        begin = anchor % step
        return cls(coarse_low_pass(np.square(x[begin:]), rate, 10.0), step, begin)

    def greatest(self, first: int, stop: int) -> float:
        """Greatest power between two samples."""
        a, b = max(first - self.begin, 0), stop - self.begin
        return float(self.power[a // self.step : -(-b // self.step)].max())


def find_burst(
    x: Floats,
    rate: float,
    baseline: tuple[int, int],
    search: tuple[int, int],
    loudness: Loudness,
) -> Alarm:
    """Find the main burst of one band-passed signal.

    Parameters
    ----------
    x
        (n_samples,) finite band-passed signal.
    rate
        Hz.
    baseline, search
        Half-open sample ranges; the baseline ends at or before the search starts, or they
        overlap at the cue (then the search is read from the end of the baseline).
    loudness
        Of `x`.

    Notes
    -----
    Threshold ``max(median + 5 * 1.4826 * MAD, 1.25 * median)`` of the 30 ms RMS in the
    baseline; runs of at least 20 ms, gaps below 50 ms merged; kept are runs of at least 100 ms
    whose 10 Hz RMS reaches 25 % of its maximum in the search window.
    """
    rms = moving_rms(x, rate, 0.030)
    rest = rms[baseline[0] : baseline[1]]
    median = _median(rest)
    mad = 1.4826 * _median(np.abs(rest - median))
    threshold = max(median + 5 * mad, 1.25 * median)
    # The whole stretch between baseline and search is looked at: a burst that began there was
    # under way when the search began.
    first, stop = min(baseline[1], search[0]), search[1]
    top = loudness.greatest(search[0], stop)
    runs = _runs(rms[first:stop] > threshold, rate)
    runs = [(a + first, b + first) for a, b in runs]
    lasting = int(0.100 * rate)
    kept = [
        (a, b) for a, b in runs if b - a >= lasting and loudness.greatest(a, b) >= 0.25**2 * top
    ]
    trouble = _restless(x, rms, median, rate, baseline, threshold)
    if not kept:
        if trouble:
            return Alarm(None, stop, "in_baseline", trouble)
        return Alarm(None, stop, "not_found", "no burst rises out of the rest noise")
    at, end = kept[0]
    peak = float(rms[at:end].max())
    if trouble:
        return Alarm(at, end, "in_baseline", trouble)
    if peak < 1.5 * float(rest.max()):
        return Alarm(None, stop, "not_found", "no burst is louder than spikes in the baseline")
    if at <= first + 1 and rms[max(first - 1, 0)] > threshold:
        return Alarm(at, end, "in_baseline", "the burst was under way in the baseline")
    if at < search[0] - int(0.005 * rate):
        return Alarm(at, end, "in_baseline", "the burst was under way when the search began")
    rest_power = mean_square(x[baseline[0] : baseline[1]])
    if _one_spike(x, at, end, rate, rest_power):
        return Alarm(at, end, "ambiguous", "one short spike, not a lasting burst")
    if _breaks_off(x, at, end, rate, rest_level=math.sqrt(rest_power), plateau=peak):
        return Alarm(at, end, "ambiguous", "a twitch breaks off just before the burst")
    main = max(kept, key=lambda run: loudness.greatest(*run))
    if main[0] != at and loudness.greatest(at, end) < 0.5**2 * top:
        return Alarm(at, end, "ambiguous", "a twitch comes before the main burst")
    # As far back as the ramps are fitted: what lies there would pass for a slow beginning.
    near = int(BEFORE_S * rate)
    strong = max(threshold + 0.1 * (peak - threshold), 2 * math.sqrt(rest_power))
    for a, b in runs:
        if b <= at and at - b < near and float(rms[a:b].max()) > strong:
            return Alarm(at, end, "ambiguous", "a twitch or spike comes shortly before the burst")
    return Alarm(at, end)


def _restless(
    x: Floats,
    rms: Floats,
    median: float,
    rate: float,
    baseline: tuple[int, int],
    threshold: float,
) -> str:
    """Why the end of the baseline is not rest, or an empty string."""
    length = baseline[1] - baseline[0]
    tail = rms[baseline[1] - max(int(0.02 * rate), 1) : baseline[1]]
    if float(tail.min()) > threshold and float(tail.mean()) > 2 * median:
        return "the burst was under way in the baseline"
    third = length // 3
    if third >= int(0.04 * rate):
        parts = np.square(x[baseline[0] : baseline[0] + 3 * third]).reshape(3, third)
        power = [_median(part) for part in parts]
        quietest = min(power[:2])
        if quietest > 0 and power[2] > 9 * quietest:
            return "the burst was under way in the baseline"
    return ""


def _one_spike(x: Floats, at: int, end: int, rate: float, rest_power: float) -> bool:
    """Whether nearly all energy beyond rest lies within 60 ms.

    Heart beats, contact spikes and jumps of the offset do that, whatever runs on behind them.
    """
    power = np.square(x[at:end]) - rest_power
    width = max(int(0.06 * rate), 1)
    total = np.concatenate([[0.0], np.cumsum(power)])
    best = float((total[width:] - total[:-width]).max()) if len(power) > width else total[-1]
    lone = 0.8 if end - at < int(0.16 * rate) else 0.9
    return bool(best > lone * total[-1])


def _breaks_off(
    x: Floats, at: int, end: int, rate: float, *, rest_level: float, plateau: float
) -> bool:
    """Whether strong early activity falls back to rest for 20 ms before the burst itself.

    The 30 ms RMS of the alarm is blind to such breaks; a 12 ms RMS sees them. Only activity
    that stands far above rest counts: single discharges at the foot of a slow burst do not.
    """
    first, stop = max(at - int(0.02 * rate), 0), min(at + int(0.15 * rate), end)
    fine = moving_rms(x[first:stop], rate, 0.012)
    strong = np.flatnonzero(fine > max(0.25 * plateau, 4 * rest_level))
    if not len(strong):
        return False
    quiet = fine[strong[0] :] < 1.5 * rest_level
    run = max(int(0.020 * rate), 1)
    total = np.concatenate([[0], np.cumsum(quiet)])
    return bool(len(quiet) > run and (total[run:] - total[:-run] == run).any())


def _runs(above: NDArray[np.bool_], rate: float) -> list[tuple[int, int]]:
    """Half-open runs of at least 20 ms, with gaps below 50 ms between them merged."""
    padded = np.concatenate([[False], above, [False]])
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    merged: list[tuple[int, int]] = []
    shortest, bridge = int(0.020 * rate), int(0.050 * rate)
    for a, b in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if b - a < shortest:
            continue
        if merged and a - merged[-1][1] < bridge:
            merged[-1] = (merged[-1][0], b)
        else:
            merged.append((a, b))
    return merged


def mean_square(values: Floats) -> float:
    """Mean square of (n,) finite values; four times as fast as ``mean(square(values))``."""
    return float(np.dot(values, values)) / len(values)


def _median(values: Floats) -> float:
    """Median of finite values; `np.median` costs five times as much on a second of signal."""
    half = len(values) // 2
    ordered = np.sort(values)
    return float(ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2)
