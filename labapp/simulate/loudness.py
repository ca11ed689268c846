"""From a signal-to-noise ratio in dB to microvolts.

The ratio is the one that gates and noise equalisation use: ``10 log10(max P10 / B - 1)`` with
P10 the 10 Hz low-pass of the squared 20-450 Hz signal and B its mean at rest. The largest value
of P10 is above the expected power by an amount that depends on the spectrum, the granularity
and the length of a pull, so it is measured, once per kind of muscle, on fixed trial pulls.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from msgspec.structs import replace

from labapp.model import Floats
from labapp.simulate.effort import Tasks
from labapp.simulate.muscle import BAND_HZ, FINE_RATE, butterworth, frequencies, make_pool, render
from labapp.simulate.person import Cue, drive, plan
from labapp.simulate.scenario import Force, Generator, Muscle, Person, Scenario
from labapp.simulate.seeds import generator

_TRIALS = 10


def largest_p10(x: Floats, rate: float) -> float:
    """Largest 10 Hz low-passed power of the 20-450 Hz part of ``x`` (n,), zero-phase filters."""
    n = 1 << (len(x) + int(rate) - 1).bit_length()
    f = frequencies(n, rate)
    y = np.fft.irfft(np.fft.rfft(x, n) * butterworth(f, *BAND_HZ, 4), n)
    p = np.fft.irfft(np.fft.rfft(y * y) * butterworth(f, 0.0, 10.0, 4), n)
    return float(p[: len(x)].max())


def peak_factor(scenario: Scenario, muscle: Muscle) -> float:
    """Geometric mean over pulls of the largest P10 of a fast pull, for unit power at level 1."""
    plain = replace(
        muscle, code="X", snr_db=0.0, noise_uv=1.0, silent=False, onset_ms=0.0, onset_sd_ms=0.0,
        tasks=Tasks(), ecg_uv=0.0, hum_uv=0.0,
    )  # fmt: skip
    return _peak_factor(plain, scenario.person, scenario.force, scenario.generator)


@lru_cache(maxsize=64)
def _peak_factor(muscle: Muscle, person: Person, force: Force, kind: Generator) -> float:
    trials = Scenario(
        title="trial pulls", muscles=(muscle,), generator=kind, person=person, force=force
    )
    logs = []
    for trial in range(_TRIALS):
        pool = make_pool(muscle.units, (muscle.rate_min_hz, muscle.rate_max_hz), trial, "X")
        pull = plan(trials, 0, trial, Cue.of({}, trials), 0, 0)
        length = (pull.stop_ns - pull.onsets_ns["X"]) * 1e-9
        amplitude = drive(muscle, pull, np.arange(int(length * 1e3), dtype=np.float64) * 1e-3)
        rng = generator(0, "trial pulls", trial)
        x = render(kind, pool, amplitude, 0.0, int(length * FINE_RATE), rng)
        logs.append(np.log(largest_p10(x, FINE_RATE)))
    return float(np.exp(np.mean(logs)))
