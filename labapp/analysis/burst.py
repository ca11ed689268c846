"""One channel around one pull: filtered, its windows checked, its burst found and scaled.

Both the onset of one muscle and the lag between two start from this, so that they can never
disagree about what is measurable.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.alarm import Loudness, find_burst, mean_square
from labapp.analysis.filters import (
    EMG_BAND_HZ,
    as_signal,
    band_pass,
    bridge_short_gaps,
    finite_parts,
)
from labapp.analysis.posterior import effective_share, whiten
from labapp.errors import LabError

Floats = NDArray[np.float64]
Window = tuple[float, float]

SHORTEST_BASELINE_S = 0.1
SNR_FLOOR_DB = -20.0
CLEAR_S = 0.1
"""An onset whose surroundings (this far) touch a gap is not measurable."""

TONE_SHARE = 0.93
"""Share of the power in three neighbouring frequencies above which a burst is a tone."""

STILL_S = 0.03
"""A signal that keeps one value for this long beside a burst was not received."""


@dataclass(frozen=True, slots=True, eq=False)
class Burst:
    """A channel prepared for timing; `state` is ``"ok"`` where a burst can be timed.

    Attributes
    ----------
    x
        (n,) band-passed signal, finite between ``baseline[0]`` and `stop` unless the state is
        ``not_measurable``.
    y
        (n,) whitened by the rest's AR model, SD 1 at rest; empty unless the state is ok.
    rate
        Hz.
    baseline, search
        Half-open sample ranges really used.
    alarm
        Sample of the burst's coarse beginning, -1 where there is none.
    snr_db
        10 log10(greatest 10 Hz power in the search window / baseline power - 1).
    share
        Share of independent samples in the active signal.
    state, reason
        ``ok``, or the state and plain reason that this channel must end as.
    """

    x: Floats
    y: Floats
    rate: float
    baseline: tuple[int, int]
    search: tuple[int, int]
    alarm: int
    snr_db: float
    share: float
    state: str
    reason: str


def prepare(
    signal: ArrayLike,
    rate: float,
    *,
    baseline: Window,
    search: Window,
    band: Window | None = EMG_BAND_HZ,
    unfiltered: ArrayLike | None = None,
) -> Burst:
    """Filter one channel, check its windows and find its burst.

    Parameters
    ----------
    signal
        (n_samples,), any unit, NaN where samples were lost.
    rate
        Hz.
    baseline, search
        (start, stop) s from the first sample: rest, and where the burst may begin. Where they
        overlap the search is read from the end of the baseline.
    band
        Band-pass in Hz; None where the signal is band-passed already.
    unfiltered
        (n_samples,) the same stretch before the band-pass, to look for rails and frozen
        samples; `signal` itself where None.

    Raises
    ------
    LabError
        On anything that is not a signal, a rate, or a window inside the signal.
    """
    raw = as_signal(signal, rate)
    if raw.ndim != 1:
        raise LabError(f"signal has shape {raw.shape}", "give one channel, (n_samples,)")
    finite = np.isfinite(raw)
    b, s = _windows(len(raw), rate, baseline, search)
    if not finite.any():
        return _without(raw, rate, b, s, "not_measurable", "no samples were received")
    bridged = raw
    if not finite.all():
        bridged = bridge_short_gaps(np.where(finite, raw, np.nan), rate)
    x = bridged if band is None else band_pass(bridged, rate, band)
    source = bridged
    if unfiltered is not None:
        source = as_signal(unfiltered, rate, name="unfiltered signal")
        if source.shape != raw.shape:
            raise LabError(
                f"unfiltered signal has shape {source.shape}", "give the same stretch twice"
            )
    parts = [(0, len(x))] if finite.all() else finite_parts(x)
    begin, end = next((p for p in parts if p[0] < b[1] <= p[1]), (b[1], b[1]))
    trouble = _covered(begin, end, rate, b, s)
    if trouble:
        return _without(x, rate, b, s, "not_measurable", trouble)
    b = (max(b[0], begin), b[1])
    cut = end < s[1]
    s = (s[0], min(s[1], end))
    rest = x[b[0] : b[1]]
    span = source[b[0] : s[1]]
    top, bottom = float(np.fmax.reduce(span)), float(np.fmin.reduce(span))
    rest_power = mean_square(rest)
    if top == bottom or rest_power <= 0:
        return _without(x, rate, b, s, "not_measurable", "the signal is constant")
    if _frozen(source[b[0] : b[1]]):
        return _without(x, rate, b, s, "not_measurable", "the signal stands still at rest")
    part = x[begin:end]
    offset = begin
    rests, looked = (b[0] - offset, b[1] - offset), (s[0] - offset, s[1] - offset)
    loudness = Loudness.of(part, rate, rests[0])
    ratio = loudness.greatest(*looked) / rest_power - 1.0
    snr = max(10 * math.log10(ratio), SNR_FLOOR_DB) if ratio > 0 else SNR_FLOOR_DB
    alarm = find_burst(part, rate, rests, looked, loudness)
    at = -1 if alarm.at is None else alarm.at + offset
    base = Burst(x, np.empty(0), rate, b, s, at, snr, 1.0, "ok", "")
    if alarm.at is None and cut:
        return replace(base, state="not_measurable", reason="samples were lost in the search")
    if alarm.trouble:
        return replace(base, state=alarm.trouble, reason=alarm.reason)
    if cut and end - at < int(CLEAR_S * rate):
        return replace(base, state="not_measurable", reason="samples were lost at the burst")
    if _clipped(source, at, b, s, rate, rails=(bottom, top)):
        return replace(base, state="not_measurable", reason="the signal is clipped at the burst")
    if _stood_still(source, at, b, rate):
        return replace(base, state="not_measurable", reason="the signal stands still at the burst")
    if _one_tone(part[at - offset : end - offset], rate):
        return replace(base, state="ambiguous", reason="one tone, as of mains hum, not a burst")
    y = np.zeros_like(x)
    y[begin:end] = whiten(part, rests)
    active = y[at : min(at + int(0.4 * rate), s[1] + int(0.1 * rate), end)]
    return replace(base, y=y, share=effective_share(active, rate))


def _without(
    x: Floats, rate: float, b: tuple[int, int], s: tuple[int, int], state: str, reason: str
) -> Burst:
    return Burst(x, np.empty(0), rate, b, s, -1, SNR_FLOOR_DB, 1.0, state, reason)


def _windows(
    n: int, rate: float, baseline: Window, search: Window
) -> tuple[tuple[int, int], tuple[int, int]]:
    limits = []
    for name, window in (("baseline", baseline), ("search", search)):
        try:
            start, stop = float(window[0]), float(window[1])
        except (TypeError, ValueError, IndexError):
            raise LabError(f"{name} is {window!r}", "give (start_s, stop_s)") from None
        if not (math.isfinite(start) and math.isfinite(stop) and start < stop):
            raise LabError(f"{name} is {window!r}", "give (start_s, stop_s), start first")
        first, last = round(start * rate), round(stop * rate)
        if first < 0 or last > n + 1:
            raise LabError(
                f"{name} {start:g} to {stop:g} s lies outside the signal (0 to {n / rate:g} s)",
                "give a window inside the signal",
            )
        limits.append((first, min(last, n)))
    b, s = limits
    if (b[1] - b[0]) / rate < SHORTEST_BASELINE_S - 1e-9:
        raise LabError(
            f"baseline is {1000 * (b[1] - b[0]) / rate:.0f} ms long", "give at least 100 ms of rest"
        )
    s = (max(s[0], b[1]), s[1])
    if s[1] - s[0] < int(0.1 * rate):
        raise LabError(
            f"search window {search!r} leaves less than 100 ms after the baseline",
            "let it begin after the baseline and last longer",
        )
    return b, s


def _covered(begin: int, end: int, rate: float, b: tuple[int, int], s: tuple[int, int]) -> str:
    """Why a part of the signal does not reach far enough around the baseline, or nothing."""
    if b[1] - max(begin, b[0]) < min(int(0.2 * rate), b[1] - b[0]):
        return "samples were lost in the baseline"
    if end < s[0] + int(CLEAR_S * rate):
        return "samples were lost before the burst"
    return ""


def _frozen(rest: Floats) -> bool:
    """Whether the raw rest keeps one value for more than 98 % of its length."""
    values = rest[np.isfinite(rest)]
    if np.count_nonzero(values[1:] != values[:-1]) > 0.05 * len(values):
        return False
    # A value that most samples have is the middle one.
    middle = np.partition(values, len(values) // 2)[len(values) // 2]
    return bool(np.count_nonzero(values == middle) > 0.98 * len(values))


def _stood_still(raw: Floats, at: int, b: tuple[int, int], rate: float) -> bool:
    """Whether the device repeats one value around the alarm for longer than it does at rest."""
    near = int(CLEAR_S * rate)
    still = _longest_still(raw[max(at - near, b[0]) : at + near])
    if still < int(STILL_S * rate):
        return False
    # Rest below a step of the converter stands still by itself.
    return still > 2 * _longest_still(raw[b[0] : min(b[1], max(at - near, b[0]))])


def _one_tone(active: Floats, rate: float) -> bool:
    """Whether most of the power of the first 400 ms lies within some 5 Hz; EMG is broad."""
    piece = active[: int(0.4 * rate)]
    if len(piece) < int(0.1 * rate):
        return False
    power = np.square(np.abs(np.fft.rfft(piece * _bell(len(piece)))))
    lines = power[2:] + power[1:-1] + power[:-2]
    return bool(lines.max() > TONE_SHARE * power.sum())


@lru_cache(maxsize=8)
def _bell(n: int) -> Floats:
    return np.hanning(n)


def _longest_still(values: Floats) -> int:
    """Length of the longest run of equal values."""
    changes = np.flatnonzero(values[1:] != values[:-1])
    if not len(changes):
        return len(values)
    inner = int((changes[1:] - changes[:-1]).max()) if len(changes) > 1 else 0
    return max(inner, int(changes[0]) + 1, len(values) - 1 - int(changes[-1]))


def _clipped(
    raw: Floats,
    at: int,
    b: tuple[int, int],
    s: tuple[int, int],
    rate: float,
    *,
    rails: tuple[float, float],
) -> bool:
    """Whether the beginning of the burst (100 ms) rests on a rail in runs of 3 and more."""
    near = raw[max(at - int(0.05 * rate), b[0]) : min(at + int(0.1 * rate), s[1])]
    at_rail = (near == rails[0]) | (near == rails[1])
    runs = at_rail[2:] & at_rail[1:-1] & at_rail[:-2]
    if np.count_nonzero(runs) < max(0.02 * len(near), 1):
        return False
    return len(np.unique(near[np.isfinite(near)])) >= 12
