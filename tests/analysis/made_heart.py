"""EMG with a heart of known beats in it, from the simulated lab's electrocardiogram."""

from __future__ import annotations

import numpy as np
from made_emg import noise_burst, scaled

from labapp.simulate.background import beat


def heart_recording(seed, *, rate=1000, pulls=8, r_uv=20.0, noise_uv=3.0, snr_db=26.0, bpm=70.0):
    """Return (emg, heart, beats in s, bursts, rests): volts, sample ranges, known exactly.

    The beats' height varies by 8 % with breathing, their interval by 4 %.
    """
    rng = np.random.default_rng(seed)
    t = np.arange(int((pulls * 5 + 4) * rate)) / rate
    emg = rng.normal(size=len(t)) * noise_uv * np.sqrt(rate / 1000)
    bursts, rests = [], []
    for r in range(pulls):
        at = 3 + 5 * r + rng.uniform(-0.3, 0.3)
        part = slice(int((at - 0.5) * rate), int((at + 2.2) * rate))
        emg[part] += noise_uv * scaled(
            noise_burst(rng, t[part], at, "cos", 0.05, rate), snr_db, rate
        )
        bursts.append((int((at + 0.2) * rate), int((at + 1.0) * rate)))
        rests.append((int((at - 1.5) * rate), int((at - 0.5) * rate)))
    interval = 60 / bpm
    numbers = np.arange(int(t[-1] / interval) + 2)
    beats = (numbers + 0.04 * rng.normal(size=len(numbers))) * interval
    heart = np.zeros(len(t))
    for at in beats:
        near = slice(*np.searchsorted(t, (at - 0.5, at + 0.5)))
        heart[near] += (1 + 0.08 * np.sin(np.pi * at / 2)) * beat(t[near] - at)
    return 1e-6 * emg, 1e-6 * r_uv * heart, beats, bursts, rests
