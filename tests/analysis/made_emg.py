"""Small EMG makers with known truth, independent of `labapp.simulate`."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, sosfiltfilt

from labapp.analysis import EmgChannel, ForceChannel, RecordingInput, StreamFacts
from labapp.trials.repetitions import Cue, find_repetitions

SHAPES = {
    "linear": lambda u: u,
    "cos": lambda u: (1 - np.cos(np.pi * u)) / 2,
    "sqrt": np.sqrt,
    "exp": lambda u: (1 - np.exp(-3 * u)) / (1 - np.exp(-3)),
    "smooth": lambda u: u * u * (3 - 2 * u),
    "step": lambda u: np.ones_like(u),
}

BASELINE, SEARCH = (0.8, 1.3), (1.4, 3.0)
"""Windows of `trial`: the cue is at 1.5 s, onsets around 1.75 s, 4 s in all."""


def drive(t, shape, rise, duration=1.2):
    up = SHAPES[shape](np.clip(t / max(rise, 1e-6), 0, 1)) * (t >= 0)
    return up * np.clip((duration - t) / 0.15, 0, 1)


def noise_burst(rng, t, onset, shape, rise, rate):
    """Shaped Gaussian noise, 35 to 160 Hz, amplitude modulated."""
    sections = butter(2, (35, 160), "bandpass", fs=rate, output="sos")
    carrier = sosfiltfilt(sections, rng.normal(size=len(t)))
    return carrier / carrier.std() * drive(t - onset, shape, rise)


def granular_burst(rng, t, onset, shape, rise, rate, units=80):
    """Motor-unit-like trains: recruitment by size, rates 8 to 35 per second."""
    level = drive(t - onset, shape, rise)
    x = np.zeros(len(t))
    reach = int(0.02 * rate)
    tt = np.arange(-reach, reach) / rate
    thresholds = 0.9 * np.linspace(0, 1, units) ** 1.5
    for threshold, size in zip(thresholds, np.geomspace(1, 8, units), strict=True):
        normal, start, width = rng.normal(size=len(t)), rng.uniform(), rng.uniform(0.002, 0.004)
        loud, sign = rng.uniform(0.6, 1.4), rng.choice([-1, 1])
        active = np.flatnonzero(level > threshold)
        if not len(active):
            continue
        # Nothing fires elsewhere: most of a trial need not be computed.
        part = slice(max(active[0] - 1, 0), active[-1] + 1)
        above = np.clip((level[part] - threshold) / (1 - threshold), 0, 1)
        per_s = np.where(level[part] > threshold, 8 + 27 * above, 0.0)
        phase = np.cumsum(per_s * np.exp(0.15 * normal[part])) / rate + start
        seen = slice(max(part.start - reach, 0), part.stop + reach)
        fired = np.zeros(len(t[seen]))
        fired[part.start - seen.start + np.flatnonzero(np.diff(np.floor(phase)) > 0)] = 1
        shape_of = -tt / width * np.exp(-((tt / width) ** 2))
        x[seen] += np.convolve(fired, shape_of * size * loud * sign, "same")
    return x


MAKERS = {"noise": noise_burst, "granular": granular_burst}


def scaled(burst, snr_db, rate):
    """Scale a burst to a peak 10 Hz power of `snr_db` above unit noise."""
    sections = butter(2, 10, "low", fs=rate, output="sos")
    peak = sosfiltfilt(sections, burst * burst).max()
    return burst * np.sqrt(10 ** (snr_db / 10) / peak)


def trial(rng, kind="noise", snr_db=20.0, onset=1.75, shape="cos", rise=0.05, rate=1000):
    """One 4 s pull of one muscle in unit noise."""
    t = np.arange(int(4 * rate)) / rate
    x = scaled(MAKERS[kind](rng, t, onset, shape, rise, rate), snr_db, rate)
    # The same noise density at every rate, so that the band holds the same noise.
    return x + rng.normal(size=len(t)) * np.sqrt(rate / 1000)


def recording(
    rng, muscles, *, kind="granular", n=12, rate=1000, reference=True, with_force=True, jitter=0.006
):
    """A session: ``muscles[name] = (snr_db or None, lead_s, rise_s, shape)``, 10-bit, 1 kHz.

    The noise of rest is 3 µV; pulls every 5 s; two reference contractions at the end.
    """
    step, scale = 3.3 / 1024 / 1009, 3e-6
    total = n + (2 if reference else 0)
    t = np.arange(int((total * 5 + 2) * rate)) / rate
    emg = {name: rng.normal(size=len(t)) for name in muscles}
    force = 0.2 * rng.normal(size=len(t))
    cues, truth = [], []
    for r in range(total):
        is_reference = r >= n
        cue = 2 + 5 * r + rng.uniform(-0.3, 0.3)
        onset = cue + rng.uniform(0.18, 0.3)
        cues.append(
            Cue(
                cue,
                "ref" if is_reference else "fast",
                r + 1,
                "reference" if is_reference else "fast",
                1.0,
            )
        )
        part = slice(int((cue - 0.5) * rate), int((cue + 3) * rate))
        for name, (snr_db, lead, rise, shape) in muscles.items():
            if snr_db is None:
                continue
            at = onset + lead + jitter * rng.normal()
            burst = MAKERS[kind](rng, t[part], at, shape, rise, rate)
            emg[name][part] += scaled(burst, snr_db, rate) * (1.5 if is_reference else 1.0)
        after = t[part] - onset - 0.06
        rising = 1 - np.exp(-np.maximum(after, 0) / 0.15)
        force[part] += 300 * rising * np.clip((1.4 - after) / 0.3, 0, 1)
        truth.append(onset)
    channels = [
        EmgChannel(
            name, np.round(x * scale / step) * step, t, rate, low=-1.65e-3, high=1.65e-3, step=step
        )
        for name, x in emg.items()
    ]
    found = find_repetitions(t, force, cues) if with_force else find_repetitions(None, None, cues)
    return RecordingInput(
        channels,
        found,
        ForceChannel(force, t, rate, stream="emg") if with_force else None,
        streams={"emg": StreamFacts("bitalino", rate, rate, len(t), 0, 0)},
        session="made",
        version="0",
    )
