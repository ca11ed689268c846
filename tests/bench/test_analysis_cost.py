"""Cost of the analysis of a session: 12 repetitions, 8 channels, 2 kHz, all intervals."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import numpy as np
import pytest

RATE, REPETITIONS = 2000, 12
MUSCLES = ("RM_R", "UT_R", "MT_R", "LT_R", "RM_L", "UT_L", "MT_L", "LT_L")
LIMIT_S, TRIES = 1.0, 12


def made():
    """Eight muscles of 20 down to 14 dB, each 10 ms after the one before."""
    from labapp.analysis import EmgChannel, RecordingInput
    from labapp.trials.repetitions import Cue, find_repetitions

    rng = np.random.default_rng(1)
    t = np.arange((REPETITIONS * 6 + 2) * RATE) / RATE
    cues = [Cue(2.0 + 6 * k, "fast", k + 1, "fast", 1.0) for k in range(REPETITIONS)]
    level = np.ones((len(MUSCLES), len(t)))
    for cue in cues:
        for m in range(len(MUSCLES)):
            u = np.clip((t - cue.time - 0.25 - 0.01 * m) / 0.05, 0, 1)
            level[m] += 10 * 10 ** (-m / 20) * u * (t < cue.time + 1.5) * (t > cue.time)
    x = 3e-6 * level * rng.normal(size=level.shape)
    emg = [EmgChannel(name, x[m], t, RATE) for m, name in enumerate(MUSCLES)]
    return RecordingInput(emg, find_repetitions(None, None, cues))


def main():
    """Print the CPU seconds of the quickest analysis; a busy machine gets twelve tries."""
    from labapp.analysis import analyse_recording

    inputs = made()
    analyse_recording(inputs)  # imports and caches are not the analysis
    best = np.inf
    for _ in range(TRIES):
        begin = time.process_time()
        document = analyse_recording(inputs)
        best = min(best, time.process_time() - begin)
        if best <= LIMIT_S:
            break
    assert document["order"]["n"] == REPETITIONS
    assert all(pair["own_rise"] is not None for pair in document["order"]["pairs"].values())
    print(f"{best:.3f}")


def test_session_analysis_cost():
    # A process of its own, because the number of BLAS threads is settled when it starts.
    own = {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, __file__],
        env=os.environ | own,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    best = float(done.stdout)
    print(f"12 repetitions x 8 channels x 2 kHz: {best:.2f} s of one core")
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if best > LIMIT_S and load > (os.cpu_count() or 1):
        pytest.skip(f"{best:.2f} s, but the machine is busy (load {load:.1f}): not a measurement")
    assert best <= LIMIT_S, f"{best:.2f} s of one core"


if __name__ == "__main__":
    main()
