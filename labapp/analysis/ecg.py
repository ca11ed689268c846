"""Taking the heart out of an EMG channel, for amplitudes only: never before onsets.

Two ways (Drake & Callaghan 2006): a high-pass at 30 Hz, cheap and lossy for the EMG's low end; or
subtracting a template of the beat, which keeps it. A subtracted beat moves power in time, so
onsets are always read from the untouched signal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.filters import as_signal, high_pass
from labapp.analysis.heartbeat import LEAST_BEATS, TEMPLATE_S, Heart, find_heart
from labapp.errors import LabError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

HIGH_PASS_HZ = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class WithoutEcg:
    """A channel without its heart beats.

    Attributes
    ----------
    signal
        (n_samples,), NaN where the input was.
    heart
        What was found.
    removed
        Beats subtracted; 0 where none was (then `signal` is the input).
    template
        (m,) the beat from -0.15 to +0.25 s, unit of the signal; empty if none.
    state, reason
        ``ok``, or ``untouched`` and why.
    """

    signal: Floats
    heart: Heart
    removed: int
    template: Floats
    state: Literal["ok", "untouched"]
    reason: str = ""


def high_pass_ecg(signal: ArrayLike, rate: float, corner: float = HIGH_PASS_HZ) -> Floats:
    """Zero-phase 4th-order high-pass at `corner` Hz (true -3 dB), NaN beside gaps."""
    return high_pass(signal, rate, corner, order=4)


def subtract_ecg(signal: ArrayLike, rate: float, *, heart: Heart | None = None) -> WithoutEcg:
    """Subtract an aligned, scaled template of the heart beat.

    Parameters
    ----------
    signal
        (n_samples,) raw or band-passed EMG, NaN where lost.
    rate
        Hz.
    heart
        Beats found elsewhere (an ECG channel, or the channel that shows them best); found in
        `signal` itself if None.

    Notes
    -----
    The template is the mean of the quiet beats after outliers are left out, tapered to 0 at both
    ends. Each beat is aligned within 10 ms and scaled by least squares; in a burst that scale is
    mostly EMG, so it is drawn towards the scale of the quiet beats by how sure each of them is
    (a normal prior with the quiet beats' own spread).
    """
    x = as_signal(signal, rate)
    if x.ndim != 1:
        raise LabError(f"signal has shape {x.shape}", "give one channel")
    heart = heart if heart is not None else find_heart(x, rate)
    empty = np.empty(0)
    if heart.state != "present":
        return WithoutEcg(x.copy(), heart, 0, empty, "untouched", heart.reason)
    before, after = round(-TEMPLATE_S[0] * rate), round(TEMPLATE_S[1] * rate)
    beats = heart.beats[(heart.beats >= before) & (heart.beats < len(x) - after)]
    span = np.arange(-before, after)
    rows = x[beats[:, None] + span[None, :]]
    whole = np.isfinite(rows).all(axis=1)
    rows = rows - np.median(rows, axis=1, keepdims=True)
    energy = np.where(whole, np.square(rows).sum(axis=1), np.inf)
    limit = 2.0 * float(np.quantile(energy[whole], 0.25)) if whole.any() else 0.0
    quiet = whole & (energy <= limit)
    if quiet.sum() < LEAST_BEATS:
        reason = f"{int(quiet.sum())} beats at rest, {LEAST_BEATS} are needed for a template"
        return WithoutEcg(x.copy(), heart, 0, empty, "untouched", reason)
    beats, rows, quiet = beats[whole], rows[whole], quiet[whole]
    template = np.median(rows[quiet], axis=0)
    for _ in range(2):
        beats = _aligned(x, beats, quiet, template, rate)
        rows = x[beats[:, None] + span[None, :]]
        rows = np.nan_to_num(rows - np.median(rows, axis=1, keepdims=True))
        template = _template(rows[quiet], rate)
    scales = _scales(rows, template, quiet)
    out = x.copy()
    for beat, scale in zip(beats, scales, strict=True):
        out[beat - before : beat + after] -= scale * template
    return WithoutEcg(out, heart, len(beats), template, "ok")


def _template(rows: Floats, rate: float) -> Floats:
    """Mean of the beats without the fifth that differ most, smoothed at the ends to 0."""
    median = np.median(rows, axis=0)
    distance = np.square(rows - median).sum(axis=1)
    kept = rows[distance <= np.quantile(distance, 0.8)]
    mean = np.asarray(kept.mean(axis=0))
    taper = max(int(0.04 * rate), 1)
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(taper) + 0.5) / taper)
    edge = 0.5 * (mean[:taper].mean() + mean[-taper:].mean())
    mean -= edge
    mean[:taper] *= ramp
    mean[-taper:] *= ramp[::-1]
    return mean


def _aligned(
    x: Floats, beats: Integers, quiet: NDArray[np.bool_], template: Floats, rate: float
) -> Integers:
    """Move every quiet beat by up to 10 ms to where the template fits best."""
    before = round(-TEMPLATE_S[0] * rate)
    reach = int(0.01 * rate)
    core = slice(before - int(0.06 * rate), before + int(0.06 * rate))
    wanted = template[core] - template[core].mean()
    out = beats.copy()
    for k in np.flatnonzero(quiet):
        first = int(beats[k]) - before + core.start - reach
        part = x[max(first, 0) : first + len(wanted) + 2 * reach]
        if first < 0 or len(part) < len(wanted) + 2 * reach or not np.isfinite(part).all():
            continue
        fit = np.correlate(part, wanted, mode="valid")
        out[k] += int(np.argmax(fit)) - reach
    inside = (out >= before) & (out < len(x) - (len(template) - before))
    return np.where(inside, out, beats)


def _scales(rows: Floats, template: Floats, quiet: NDArray[np.bool_]) -> Floats:
    """Scale of every beat: least squares, drawn to that of the quiet beats where EMG blurs it."""
    energy = float(np.square(template).sum())
    raw = rows @ template / energy
    rest = rows - raw[:, None] * template
    # Variance of a scale: that of the rest, whose neighbours are correlated by a few samples.
    variance = 4.0 * np.square(rest).mean(axis=1) / energy
    centre = float(np.median(raw[quiet]))
    own = float(np.var(raw[quiet]))
    prior = max(own - float(np.median(variance[quiet])), 1e-4 * centre**2)
    return np.asarray((raw / variance + centre / prior) / (1 / variance + 1 / prior))


@dataclass(frozen=True, slots=True)
class EcgEffect:
    """What the heart adds to a channel at rest: RMS with and without it, unit of the signal."""

    rest: float
    rest_clean: float
    percent: float


def ecg_effect(before: Floats, after: Floats, windows: list[tuple[int, int]]) -> EcgEffect:
    """Compare the RMS at rest of a channel with and without its beats (median over windows)."""
    levels = [
        (float(np.sqrt(np.mean(before[a:b] ** 2))), float(np.sqrt(np.mean(after[a:b] ** 2))))
        for a, b in windows
        if b > a and np.isfinite(before[a:b]).all() and np.isfinite(after[a:b]).all()
    ]
    if not levels:
        return EcgEffect(math.nan, math.nan, math.nan)
    rest, clean = (float(np.median(column)) for column in zip(*levels, strict=True))
    return EcgEffect(rest, clean, 100 * (rest / clean - 1) if clean > 0 else math.nan)
