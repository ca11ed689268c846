"""Band-pass, envelope and classic onsets over 10 min x 8 channels: beside SciPy and NeuroKit2."""

from __future__ import annotations

import gc
import time
import tracemalloc
import warnings

import numpy as np
import pytest
from scipy.signal import sosfiltfilt

from labapp.analysis.filters import band_pass_sections, low_pass_sections
from labapp.analysis.scan import scan_bursts

RATE, MINUTES, CHANNELS = 2000, 10, 8
QUIET = (0.5, 2.5)


def made(seconds, channels=CHANNELS):
    rng = np.random.default_rng(1)
    t = np.arange(int(seconds * RATE)) / RATE
    level = 1 + 10 * ((t % 5 > 3) & (t % 5 < 4.2))
    return rng.normal(size=(len(t), channels)) * (3e-6 * level)[:, None]


def plain(x):
    """What one writes with SciPy: filter, rectify, filter, threshold, runs of 25 ms."""
    band = sosfiltfilt(band_pass_sections((20.0, 450.0), RATE), x, axis=0)
    envelope = sosfiltfilt(low_pass_sections(50.0, RATE), np.abs(band), axis=0)
    a, b = (round(t * RATE) for t in QUIET)
    rest = envelope[a:b]
    above = envelope > rest.mean(axis=0) + 3 * rest.std(axis=0)
    found = []
    for column in above.T:
        edges = np.flatnonzero(np.diff(np.concatenate([[0], column.astype(np.int8), [0]])))
        first, stop = edges[::2], edges[1::2]
        found.append(first[stop - first >= 0.025 * RATE])
    return found


def cpu(run, times):
    best, result = np.inf, None
    for _ in range(times):
        gc.collect()
        begin = time.process_time()
        result = run()
        best = min(best, time.process_time() - begin)
    return best, result


def test_scan_beside_scipy():
    x = made(60 * MINUTES)
    scan_bursts(x[: 20 * RATE], RATE, baseline=QUIET)
    plain(x[: 20 * RATE])
    # Interleaved, the best of each: what else runs on the machine slows both.
    ours, theirs = np.inf, np.inf
    for _ in range(3):
        took, found = cpu(lambda: scan_bursts(x, RATE, baseline=QUIET), 1)
        ours = min(ours, took)
        took, wanted = cpu(lambda: plain(x), 1)
        theirs = min(theirs, took)
    for one, other in zip(found, wanted, strict=True):
        assert np.array_equal(one.first, other)
    print(f"ours {ours:.2f} s, SciPy {theirs:.2f} s of one core: {ours / theirs:.2f}")
    assert ours <= 0.6 * theirs


def test_scan_memory():
    x = made(60 * MINUTES)
    tracemalloc.start()
    scan_bursts(x, RATE, baseline=QUIET)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"peak beside the input: {peak / x.nbytes:.2f} of it")
    assert peak + x.nbytes <= 3 * x.nbytes


def test_scan_beside_neurokit():
    neurokit2 = pytest.importorskip(
        "neurokit2", reason="peers are not installed: pip install labapp[peers]"
    )
    pieces = {seconds: made(seconds, 1)[:, 0] * 1e3 for seconds in (6, 12)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        neurokit2.emg_process(pieces[6], sampling_rate=RATE)
        took = {
            seconds: cpu(lambda piece=piece: neurokit2.emg_process(piece, sampling_rate=RATE), 1)[0]
            for seconds, piece in pieces.items()
        }
    # Scaled per sample from a short piece: only fair where its cost is linear in the length.
    growth = took[12] / took[6]
    assert 1.5 < growth < 2.7, f"NeuroKit2 is not linear here: {growth:.2f} for twice the length"
    theirs = took[12] * 60 * MINUTES * CHANNELS / 12
    x = made(60 * MINUTES)
    ours, _ = cpu(lambda: scan_bursts(x, RATE, baseline=QUIET), 2)
    print(f"NeuroKit2 {theirs:.0f} s (scaled from 12 s of one channel), ours {ours:.2f} s")
    assert theirs >= 500 * ours
