"""Recordings with known onsets, or real rest, that were not made here (beside the checkout)."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from labapp.analysis import Onset, detect_onset
from labapp.analysis.filters import EMG_BAND_HZ, band_pass, low_pass

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "emg"
ABSENT = "the EMG recordings beside the checkout (shared/data/emg) are absent"

REST_S = 1.05
RISE_S = 0.05
EARLY_S = 0.1
"""An onset further than this before the true one came from the rest."""


def labelled_bursts() -> list[tuple[Onset, float]]:
    """Onset and truth (s) of the 25 bursts of Kowalski et al. 2021."""
    with np.load(DATA / "simulated_bursts.npz") as data:
        signals, rate, onsets = data["signals"], float(data["rate"]), data["onset_sample"]
    found = []
    for k in range(signals.shape[1]):
        for sample in onsets[k]:
            first = max(0, int(sample - 1.2 * rate))
            truth = (sample - first) / rate
            onset = detect_onset(
                signals[first : first + int(2.6 * rate), k],
                rate,
                baseline=(max(truth - 0.9, 0.0), truth - 0.4),
                search=(truth - 0.3, truth + 1.0),
            )
            found.append((onset, float(truth)))
    return found


def errors_ms(found: list[tuple[Onset, float]]) -> np.ndarray:
    """Errors of the onsets; infinite where there is none that may be used."""
    return np.array([1000 * (o.time - t) if o.state == "ok" else np.inf for o, t in found])


def stimuli() -> list[int]:
    """Samples at which a response was asked for in ``real_two_muscles``."""
    with (DATA / "real_two_muscles_events.csv").open(encoding="utf-8") as file:
        return [int(row["sample"]) for row in csv.DictReader(file) if row["code"] in ("10", "20")]


def real_rests() -> list[tuple[float, np.ndarray]]:
    """Rate (Hz) and 1.05 s of real rest each, chosen without looking at any onset.

    Before the stimuli of the reaction task (until 50 ms after them, when nobody has moved yet),
    and between voluntary bursts, ending 0.9 s before the 3 Hz envelope of the next is at 40 %.
    """
    rests = []
    with np.load(DATA / "real_two_muscles.npz") as data:
        emg, rate = data["emg"], float(data["rate"])
    n = int(REST_S * rate)
    for sample in stimuli():
        stop = sample + int(0.05 * rate)
        rests += [(rate, emg[m, stop - n : stop]) for m in (0, 1) if stop >= n]
    with np.load(DATA / "real_emg_bursts.npz") as data:
        x, rate = data["raw_adc"].astype(np.float64).ravel(), float(data["rate"])
    high, level = _wide(x, rate, 3.0)
    change = np.diff((high > 0.4 * level).astype(int))
    ends = np.concatenate([[-int(0.3 * rate)], np.flatnonzero(change < 0)])
    for begin in np.flatnonzero(change > 0):
        stop = begin - int(0.9 * rate)
        first = stop - int(REST_S * rate)
        if first >= ends[ends < begin][-1] + int(0.3 * rate):
            rests.append((rate, x[first:stop]))
    return rests


def bursts_in_real_rest(
    rng: np.random.Generator, snr_db: float, times: int = 1
) -> list[tuple[Onset, float]]:
    """Onset and truth (s) of real EMG, switched on over 50 ms, in real rest; all rests `times`."""
    with np.load(DATA / "real_emg_fatigue.npz") as data:
        x, own = data["raw_adc"].astype(np.float64).ravel(), float(data["rate"])
    y = band_pass(x, own, EMG_BAND_HZ)
    wide, _ = _wide(x, own, 2.0)
    active = [
        y[i : i + 900]
        for i in range(0, len(y) - 900, 900)
        if wide[i : i + 900].min() > np.median(wide)
    ]
    found = []
    for rate, rest in real_rests() * times:
        background = np.concatenate([rest, rest[::-1]])
        truth = 0.85 + rng.uniform(0, 0.1)
        t = np.arange(len(background)) / rate - truth
        emg = active[rng.integers(len(active))]
        burst = np.interp(t, np.arange(len(emg)) / own, emg, left=0, right=0)
        burst *= np.clip(t / RISE_S, 0, 1)
        quiet = band_pass(background, rate, EMG_BAND_HZ)[int(0.1 * rate) : int(0.5 * rate)]
        peak = low_pass(np.square(burst), rate, 10.0).max()
        burst *= np.sqrt(10 ** (snr_db / 10) * np.mean(np.square(quiet)) / peak)
        onset = detect_onset(background + burst, rate, baseline=(0.1, 0.5), search=(0.55, 1.5))
        found.append((onset, truth))
    return found


def windows_without_burst() -> tuple[list[Onset], list[Onset]]:
    """What is found in real rest alone, and in five minutes of heart beats alone."""
    rest = [
        detect_onset(np.concatenate([x, x[::-1]]), rate, baseline=(0.1, 0.5), search=(0.55, 1.8))
        for rate, x in real_rests()
    ]
    with np.load(DATA / "real_ecg_5_min.npz") as data:
        x, rate = data["raw_adc"].astype(np.float64).ravel(), float(data["rate"])
    n = int(2.6 * rate)
    heart = [
        detect_onset(x[first : first + n], rate, baseline=(0.1, 0.6), search=(0.65, 2.2))
        for first in range(0, len(x) - n, n)
    ]
    return rest, heart


def _wide(x: np.ndarray, rate: float, corner: float) -> tuple[np.ndarray, float]:
    """Slow envelope and its 95th percentile."""
    e = low_pass(np.abs(band_pass(x, rate, EMG_BAND_HZ)), rate, corner)
    return e, float(np.percentile(e, 95))
