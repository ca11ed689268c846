"""The field's classic onset detectors, for comparison with papers; none returns an interval.

All of them time the first rise above *this channel's own* noise, so none is comparable between
channels of different signal-to-noise ratio (see `labapp.analysis.equalise`). Every function
takes a band-passed signal, returns seconds from its first sample, and NaN where it finds
nothing.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.filters import as_signal, band_pass, envelope, low_pass
from labapp.analysis.moving import moving_mean
from labapp.analysis.posterior import whiten

Floats = NDArray[np.float64]
Window = tuple[float, float]


def hb3(
    x: Floats,
    rate: float,
    *,
    baseline: Window,
    search: Window,
    k: float = 3.0,
    run_s: float = 0.025,
) -> float:
    """Hodges-Bui type threshold, run convention: first sample of a run above mean + k SD.

    Envelope of 50 Hz, run of 25 ms (Hodges & Bui 1996; convention "run start").
    """
    e = envelope(x, rate, 50.0)
    return _first_run(e, rate, baseline, search, k, run_s)


def hodges_bui_mean(
    x: Floats,
    rate: float,
    *,
    baseline: Window,
    search: Window,
    k: float = 3.0,
    window_s: float = 0.025,
) -> float:
    """Hodges & Bui 1996, window convention: start of the first window whose mean exceeds."""
    e = envelope(x, rate, 50.0)
    b, s = _range(baseline, rate), _range(search, rate)
    rest = e[b[0] : b[1]]
    threshold = float(rest.mean() + k * rest.std())
    width = max(round(window_s * rate), 1)
    total = np.concatenate([[0.0], np.cumsum(e)])
    last = min(s[1], len(e) - width)
    if last <= s[0]:
        return math.nan
    means = (total[s[0] + width : last + width] - total[s[0] : last]) / width
    hit = np.flatnonzero(means > threshold)
    return float((s[0] + hit[0]) / rate) if len(hit) else math.nan


def tkeo(
    x: Floats,
    rate: float,
    *,
    baseline: Window,
    search: Window,
    k: float = 8.0,
    run_s: float = 0.025,
) -> float:
    """Teager-Kaiser energy of the 30-300 Hz band, rectified, 50 Hz (Solnik et al. 2010)."""
    y = band_pass(x, rate, (30.0, 300.0))
    psi = np.zeros_like(y)
    psi[1:-1] = y[1:-1] ** 2 - y[2:] * y[:-2]
    e = low_pass(np.abs(psi), rate, 50.0)
    return _first_run(e, rate, baseline, search, k, run_s)


def bonato(
    x: Floats,
    rate: float,
    *,
    baseline: Window,
    search: Window,
    pairs: int = 5,
    hits: int = 1,
    false_alarm: float = 0.001,
    run_s: float = 0.030,
) -> float:
    """Double threshold on whitened pairs (Bonato et al. 1998): `hits` of `pairs` exceed."""
    from scipy.optimize import brentq
    from scipy.special import bdtrc

    b, s = _range(baseline, rate), _range(search, rate)
    y = whiten(x, b)
    p = brentq(lambda q: bdtrc(hits - 1, pairs, q) - false_alarm, 1e-12, 1 - 1e-12)
    zeta = -2.0 * math.log(float(p))
    z = np.square(y[: len(y) // 2 * 2]).reshape(-1, 2).sum(axis=1)
    over = np.concatenate([np.zeros(pairs - 1), (z > zeta).astype(float)])
    active = np.convolve(over, np.ones(pairs), mode="valid") >= hits
    return _first_true(np.repeat(active, 2), s, rate, run_s)


def aglr_step(
    x: Floats,
    rate: float,
    *,
    baseline: Window,
    search: Window,
    threshold: float = 20.0,
    window_s: float = 0.050,
    run_s: float = 0.010,
) -> float:
    """Approximated generalised likelihood ratio, step profile (Staude 2001)."""
    b, s = _range(baseline, rate), _range(search, rate)
    y = whiten(x, b)
    power = np.square(y)
    width = max(round(window_s * rate), 2)
    total = np.concatenate([[0.0], np.cumsum(power)])
    q = np.ones(len(power))
    q[width - 1 :] = (total[width:] - total[:-width]) / width
    q = np.maximum(q, 1.0)
    g = width / 2 * (q - 1 - np.log(q))
    alarm = _first_true(g > threshold, s, rate, run_s)
    if math.isnan(alarm):
        return math.nan
    at = round(alarm * rate)
    first = max(at - 2 * width, b[0])
    stop = min(at + max(int(run_s * rate), 1), len(power))
    candidates = np.arange(first, stop - 2)
    n1 = stop - candidates
    v1 = np.maximum((total[stop] - total[candidates]) / n1, 1e-12)
    gain = np.where(v1 > 1, n1 / 2 * (v1 - 1 - np.log(v1)), 0.0)
    return float(candidates[int(np.argmax(gain))] / rate)


def integrated_profile(x: Floats, rate: float, *, baseline: Window, search: Window) -> float:
    """Largest distance of the cumulative |x| below a straight line (Santello & McDonagh 1998).

    From the end of the baseline to the peak of the 5 Hz envelope in the search window.
    """
    b, s = _range(baseline, rate), _range(search, rate)
    wide = low_pass(np.abs(x), rate, 5.0)
    peak = s[0] + int(np.argmax(wide[s[0] : s[1]]))
    first = min(b[1], s[0])
    if peak - first < 10:
        return math.nan
    profile = np.cumsum(np.abs(x[first:peak]))
    if profile[-1] <= 0:
        return math.nan
    line = np.linspace(0.0, 1.0, len(profile))
    return float((first + int(np.argmax(line - profile / profile[-1]))) / rate)


def share_of_peak(
    x: Floats, rate: float, *, baseline: Window, search: Window, share: float = 0.1
) -> float:
    """Last upward crossing of a share of the envelope's peak before that peak."""
    del baseline
    e = envelope(x, rate, 50.0)
    s = _range(search, rate)
    peak = s[0] + int(np.argmax(e[s[0] : s[1]]))
    below = np.flatnonzero(e[s[0] : peak] < share * e[peak])
    return float((s[0] + below[-1] + 1) / rate) if len(below) else math.nan


DETECTORS = {
    "hb3": hb3,
    "hodges_bui_mean": hodges_bui_mean,
    "tkeo": tkeo,
    "bonato": bonato,
    "aglr_step": aglr_step,
    "integrated_profile": integrated_profile,
    "share_of_peak": share_of_peak,
}
"""All classics by the name used in tables."""


def rest_level(x: Floats, rate: float, baseline: Window) -> tuple[float, float]:
    """Mean and SD of the 50 Hz envelope in the baseline."""
    b = _range(baseline, rate)
    rest = envelope(as_signal(x, rate), rate, 50.0)[b[0] : b[1]]
    return float(rest.mean()), float(rest.std())


def crossing_of_peak(
    x: Floats, rate: float, onset: float, stop: float, share: float, smooth_s: float = 0.03
) -> float:
    """Time (s) at which a smoothed amplitude first reaches a share of its peak after `onset`."""
    first, last = max(int(onset * rate), 0), min(int(stop * rate), len(x))
    if last - first < 5:
        return math.nan
    e = np.sqrt(np.maximum(moving_mean(np.square(x), rate, smooth_s), 0.0))[first:last]
    hit = np.flatnonzero(e >= share * e.max())
    return float((first + hit[0]) / rate)


def _range(window: Window, rate: float) -> tuple[int, int]:
    return round(window[0] * rate), round(window[1] * rate)


def _first_run(
    e: Floats, rate: float, baseline: Window, search: Window, k: float, run_s: float
) -> float:
    b, s = _range(baseline, rate), _range(search, rate)
    rest = e[b[0] : b[1]]
    return _first_true(e > float(rest.mean() + k * rest.std()), s, rate, run_s)


def _first_true(
    above: NDArray[np.bool_], search: tuple[int, int], rate: float, run_s: float
) -> float:
    """Time of the first run of at least `run_s` that begins in the search window, NaN if none."""
    first, stop = max(search[0], 0), min(search[1], len(above))
    padded = np.concatenate([[False], above[first:], [False]])
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    for a, b in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if a + first >= stop:
            break
        if b - a >= run_s * rate:
            return float((a + first) / rate)
    return math.nan
