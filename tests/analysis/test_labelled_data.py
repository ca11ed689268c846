"""Recordings with known onsets that were not made here; skipped where they are absent."""

import csv
from pathlib import Path

import numpy as np
import pytest

from labapp.analysis import detect_onset

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "emg"
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the EMG recordings beside the checkout (shared/data/emg) are absent"
)


def test_simulated_bursts_of_kowalski():
    with np.load(DATA / "simulated_bursts.npz") as data:
        signals, rate, onsets = data["signals"], float(data["rate"]), data["onset_sample"]
    errors, covered = [], []
    for k in range(signals.shape[1]):
        for sample in onsets[k]:
            first = max(0, int(sample - 1.2 * rate))
            truth = (sample - first) / rate
            rest = (max(truth - 0.9, 0.0), truth - 0.4)
            onset = detect_onset(
                signals[first : first + int(2.6 * rate), k],
                rate,
                baseline=rest,
                search=(truth - 0.3, truth + 1.0),
            )
            errors.append(onset.time - truth if onset.state == "ok" else np.inf)
            covered.append(onset.low <= truth <= onset.high)
    size = np.abs(errors)
    assert np.median(size) <= 0.010
    assert np.mean(size <= 0.025) >= 0.8
    assert np.mean(covered) >= 0.85


def test_real_responses_come_after_their_stimulus():
    with np.load(DATA / "real_two_muscles.npz") as data:
        emg, rate = data["emg"], float(data["rate"])
    with (DATA / "real_two_muscles_events.csv").open(encoding="utf-8") as file:
        stimuli = [
            int(row["sample"]) for row in csv.DictReader(file) if row["code"] in ("10", "20")
        ]
    latencies, answered = [], 0
    for sample in stimuli:
        first = int(sample - 0.8 * rate)
        if first < 0 or first + 2.2 * rate > emg.shape[1]:
            continue
        found = [
            detect_onset(
                emg[side, first : first + int(2.2 * rate)],
                rate,
                baseline=(0.1, 0.75),
                search=(0.8, 1.9),
            )
            for side in (0, 1)
        ]
        times = [onset.time - 0.8 for onset in found if onset.state == "ok"]
        latencies += times
        answered += bool(times)
    assert answered >= 13
    assert min(latencies) > 0.1
    assert np.median(latencies) < 0.6
