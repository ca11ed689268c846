"""Signal quality per channel: traffic lights with a sentence that says what to do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Level = Literal["good", "warn", "bad"]

FAMILIES = (50.0, 60.0)


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of one channel: value, level and what it means for the person.

    `value` is a number in the unit of the check (µV, dB, %, ...), NaN where it does not apply.
    """

    channel: str
    check: str
    value: float
    level: Level
    text: str


def check_noise(channel: str, rest_v: float) -> Finding:
    """Noise of rest (RMS, V): good to 5 µV, bad above 10 µV (Q1)."""
    uv = rest_v * 1e6
    level = _level(uv, 5.0, 10.0)
    text = {
        "good": f"rest noise {uv:.1f} µV",
        "warn": f"rest noise {uv:.1f} µV: ask for full relaxation, check the skin contact",
        "bad": f"rest noise {uv:.1f} µV: support the arm, clean the skin, renew the electrodes",
    }
    return Finding(channel, "noise", uv, level, text[level])


def check_snr(channel: str, snr_db: float, *, order_asked: bool = True) -> Finding:
    """Signal-to-noise ratio of the pulls: good from 20 dB, bad below 10 dB (Q2).

    Where no order is asked nothing is timed: only below 10 dB is there something to say.
    """
    words = f"signal-to-noise ratio {snr_db:.0f} dB"
    level: Level = "good"
    if snr_db < 10 and order_asked:
        level = "bad"
        words = (
            f"signal-to-noise ratio {snr_db:.0f} dB: too low to order this muscle; "
            "check the site and the contact"
        )
    elif snr_db < 10:
        level = "warn"
        words = (
            f"signal-to-noise ratio {snr_db:.0f} dB: amplitudes of this muscle are uncertain; "
            "check the site and the contact"
        )
    elif snr_db < 20 and order_asked:
        level = "warn"
        words = f"signal-to-noise ratio {snr_db:.0f} dB: onsets are less sharp than they could be"
    return Finding(channel, "snr", snr_db, level, words)


def check_clipping(
    channel: str, raw: Floats, low: float | None, high: float | None, step: float
) -> Finding:
    """Count samples within one count of a rail: bad above 0.05 % or in any run of three (Q3)."""
    values = raw[np.isfinite(raw)]
    if low is None or high is None or not len(values):
        return Finding(channel, "clipping", math.nan, "good", "rails of the device not known")
    margin = max(step, 1e-12 * max(abs(low), abs(high), 1e-30))
    at = (values <= low + margin) | (values >= high - margin)
    percent = 100 * float(at.mean())
    hits = at.astype(np.int64)
    run3 = bool((hits[2:] + hits[1:-1] + hits[:-2] == 3).any()) if len(hits) > 2 else False
    level: Level = "bad" if percent > 0.05 or run3 else "warn" if percent > 0 else "good"
    text = {
        "good": "no sample at the rails",
        "warn": f"{percent:.3f} % of samples at the rails: lower the gain if it happens again",
        "bad": f"{percent:.2f} % of samples clipped: lower the gain or move the electrodes",
    }
    return Finding(channel, "clipping", percent, level, text[level])


def check_line(channel: str, rest: Sequence[Floats], rate: float) -> Finding:
    """Share of 50 or 60 Hz and two harmonics in the rest's 20-450 Hz power (Q4)."""
    share, family = line_share(rest, rate)
    if not math.isfinite(share):
        return Finding(channel, "line", math.nan, "good", "mains hum not measurable here")
    percent = 100 * share
    level = _level(percent, 5.0, 20.0)
    text = {
        "good": f"mains hum {percent:.0f} % of the rest noise",
        "warn": f"{family:.0f} Hz hum is {percent:.0f} % of the rest noise: check the reference "
        "electrode",
        "bad": f"{family:.0f} Hz hum is {percent:.0f} % of the rest noise: renew the reference "
        "electrode, move cables away from mains",
    }
    return Finding(channel, "line", percent, level, text[level])


def line_share(rest: Sequence[Floats], rate: float) -> tuple[float, float]:
    """Share (0 to 1) of the stronger mains family in the rest, and its frequency.

    Parameters
    ----------
    rest
        Quiet stretches (n_i,), not filtered by a notch.
    """
    spectra = [_spectrum(part, rate) for part in rest if len(part) >= 0.4 * rate]
    if not spectra:
        return math.nan, math.nan
    best = (-1.0, FAMILIES[0])
    for family in FAMILIES:
        shares = []
        for frequency, power in spectra:
            band = (frequency >= 20) & (frequency <= 450)
            total = float(power[band].sum())
            if total <= 0:
                continue
            bins = 0.0
            expected = 0.0
            # Hann widens a line to +-2 bins; what broad-band noise puts there is taken off.
            reach = max(1.0, 2 * frequency[1])
            for k in (1, 2, 3):
                inside = band & (np.abs(frequency - k * family) <= reach)
                around = band & (np.abs(frequency - k * family) <= 4 * reach) & ~inside
                if not inside.any() or not around.any():
                    continue
                bins += float(power[inside].sum())
                expected += float(np.median(power[around])) * int(inside.sum()) / math.log(2)
            shares.append(max(bins - expected, 0.0) / total)
        if shares and float(np.mean(shares)) > best[0]:
            best = (float(np.mean(shares)), family)
    return best if best[0] >= 0 else (math.nan, math.nan)


def check_motion(channel: str, raw: Sequence[Floats], rate: float) -> Finding:
    """Share of power below 20 Hz in the unfiltered pulls (Q5): good below 10 %."""
    shares = []
    for part in raw:
        if len(part) < 0.3 * rate or not np.isfinite(part).all():
            continue
        frequency, power = _spectrum(part, rate)
        total = float(power[frequency <= 450].sum())
        if total > 0:
            shares.append(float(power[frequency < 20].sum()) / total)
    if not shares:
        return Finding(channel, "motion", math.nan, "good", "motion not measurable here")
    percent = 100 * float(np.median(shares))
    level = _level(percent, 10.0, 30.0)
    text = {
        "good": f"motion artefact {percent:.0f} % of the power",
        "warn": f"{percent:.0f} % of the power lies below 20 Hz: fix the cables with tape",
        "bad": f"{percent:.0f} % of the power lies below 20 Hz: fix cables and electrodes, "
        "prepare the skin",
    }
    return Finding(channel, "motion", percent, level, text[level])


def check_flat(channel: str, raw: Floats, rate: float, step: float, rest_v: float) -> Finding:
    """Longest stretch that stands still: bad above 50 ms or below 0.5 µV RMS (Q6)."""
    values = raw[np.isfinite(raw)]
    if len(values) < 3:
        return Finding(channel, "flat", math.nan, "bad", "no samples: is the channel connected?")
    still = np.abs(np.diff(values)) <= 0.0
    padded = np.concatenate([[False], still, [False]])
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    longest = int((edges[1::2] - edges[::2]).max()) if len(edges) else 0
    ms = 1000 * longest / rate
    # A coarse converter shows rest as a few counts; only a truly frozen line is lead-off.
    coarse = step > 0 and math.isfinite(rest_v) and rest_v < step
    frozen = ms > (500.0 if coarse else 50.0)
    silent = math.isfinite(rest_v) and rest_v * 1e6 < 0.5 and not coarse
    level: Level = "bad" if frozen or silent else "good"
    text = (
        f"the signal stands still for up to {ms:.0f} ms: electrode or cable is off"
        if level == "bad"
        else f"no flat line (longest {ms:.0f} ms)"
    )
    return Finding(channel, "flat", ms, level, text)


def check_ecg(channel: str, rest: Sequence[Floats], rate: float) -> Finding:
    """Heart beats in the rest: RMS around R peaks over RMS elsewhere (Q9)."""
    ratio = ecg_ratio(rest, rate)
    if not math.isfinite(ratio):
        return Finding(channel, "ecg", math.nan, "good", "no heart beat seen in the rest")
    level = _level(ratio, 1.5, 2.5)
    text = {
        "good": f"heart beat {ratio:.1f} times the rest noise",
        "warn": f"heart beat {ratio:.1f} times the rest noise: keep pulls away from beats in mind",
        "bad": f"heart beat {ratio:.1f} times the rest noise: move the electrodes closer "
        "together, away from the heart",
    }
    return Finding(channel, "ecg", ratio, level, text[level])


def ecg_ratio(rest: Sequence[Floats], rate: float) -> float:
    """RMS within 50 ms of heart beats over RMS elsewhere in quiet stretches; NaN if none seen.

    A beat is a 40 ms RMS above 2.2 times the median 40 ms RMS of all stretches.
    """
    width = max(int(0.04 * rate), 1)
    levels = []
    for part in rest:
        if len(part) < 4 * width or not np.isfinite(part).all():
            continue
        levels.append(
            (part, np.sqrt(np.convolve(np.square(part), np.ones(width) / width, mode="same")))
        )
    if not levels:
        return math.nan
    median = float(np.median(np.concatenate([level for _, level in levels])))
    reach = int(0.05 * rate)
    inside, outside = [], []
    for part, level in levels:
        near = np.zeros(len(part), dtype=bool)
        for at in np.flatnonzero(level > 2.2 * median):
            near[max(at - reach, 0) : at + reach + 1] = True
        inside.append(part[near])
        outside.append(part[~near])
    beats, others = np.concatenate(inside), np.concatenate(outside)
    if len(beats) < 2 * reach or len(others) < 2 * reach:
        return math.nan
    return float(np.sqrt(np.mean(beats**2)) / np.sqrt(np.mean(others**2)))


def check_quiet(channel: str, restless: int, total: int) -> Finding:
    """Repetitions whose baseline was not quiet (Q7)."""
    percent = 100 * restless / total if total else 0.0
    level: Level = "good" if restless == 0 else "warn" if percent <= 25 else "bad"
    text = (
        "rest before every cue is quiet"
        if level == "good"
        else f"rest before the cue not quiet in {restless} of {total} repetitions: "
        "ask for full relaxation before each pull"
    )
    return Finding(channel, "baseline", percent, level, text)


def check_rest(channel: str) -> Finding:
    """Say that there is no rest to correct amplitudes for."""
    text = (
        "no rest outside the repetitions: record two seconds of full relaxation before the "
        "first and after the last one"
    )
    return Finding(channel, "rest", 0.0, "bad", text)


def check_loss(channel: str, lost_percent: float) -> Finding:
    """Judge the samples lost on the way (Q8)."""
    level = _level(lost_percent, 0.001, 1.0)
    text = {
        "good": "no sample lost",
        "warn": f"{lost_percent:.2f} % of samples lost: move closer to the receiver",
        "bad": f"{lost_percent:.1f} % of samples lost: move closer, close other radio devices",
    }
    return Finding(channel, "loss", lost_percent, level, text[level])


def median_frequency(x: Floats, rate: float, band: tuple[float, float] = (20.0, 450.0)) -> float:
    """Frequency (Hz) that halves the power in the band; NaN for an empty spectrum."""
    frequency, power = _spectrum(x, rate)
    inside = (frequency >= band[0]) & (frequency <= band[1])
    total = np.cumsum(power[inside])
    if not len(total) or total[-1] <= 0:
        return math.nan
    return float(np.interp(0.5 * total[-1], total, frequency[inside]))


def _spectrum(part: Floats, rate: float) -> tuple[Floats, Floats]:
    window = np.hanning(len(part) + 2)[1:-1]
    power = np.abs(np.fft.rfft((part - part.mean()) * window)) ** 2
    return np.asarray(np.fft.rfftfreq(len(part), 1.0 / rate)), np.asarray(power, dtype=np.float64)


def _level(value: float, warn: float, bad: float) -> Level:
    return "good" if value <= warn else "warn" if value <= bad else "bad"
