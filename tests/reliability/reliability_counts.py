"""Lost samples counted by small counters: right in number, right in place or marked uncertain."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "timing"), str(HERE.parents[1])]

from link_models import DEVICES, Reads, lose, observe, provisional  # noqa: E402

from labapp.timing.counters import Repair, repair  # noqa: E402

Row = tuple[str, str, str, bool]


def mended(
    reads: Reads, rate: float, modulus: int, packet: int
) -> tuple[np.ndarray, tuple[Repair, ...]]:
    """Index of each sample after counter and repair, and the repairs."""
    index = provisional(reads.kept, modulus, packet)
    jumps = np.flatnonzero(np.diff(index) > 1) + 1
    sizes = np.diff(index)[jumps - 1] - 1
    found = repair(
        index[reads.rows - 1], reads.rows, reads.stamps, jumps, sizes, rate=rate, modulus=modulus
    )
    for one in found:
        index[one.row :] += one.add
    return index, found


def eight_bit(seeds: int) -> Row:
    """Two losses of 200-1499 packets, a stall and 1 % of losses: counts 8 bits wide."""
    runs = rows = totals = 0
    for name, seconds in (("emg-bt", 180.0), ("emg-ftdi16", 120.0), ("lc-ftdi16", 240.0)):
        for seed in range(seeds):
            rng = np.random.default_rng([8, seed])
            device = replace(DEVICES[name], ppm=rng.uniform(-100, 100))
            packet = device.per_packet
            n = int(seconds * device.fs) // packet
            lost = lose(n, 0.01, seconds, rng)
            lost[0] = False
            for share in (0.3, 0.65):
                at = int((share + rng.uniform(-0.1, 0.1)) * n)
                lost[at : at + rng.integers(200, 1500)] = True
            at = rng.uniform(0.1, 0.9) * seconds
            stall = (at, at + rng.uniform(0.3, 2.0))
            reads = observe(device, seconds, rng, lost=lost, stalls=(stall,))
            index, _ = mended(reads, device.fs, 256 * packet, packet)
            runs += 1
            totals += index[-1] == reads.kept[-1]
            rows += np.array_equal(index, reads.kept)
    text = f"every index right in {rows} of {runs}, the number of samples in {totals} of {runs}"
    return (
        "lost counts: 8-bit counter, 200-1499 packets at once",
        str(runs),
        text,
        bool(rows == totals == runs),
    )


def four_bit(seeds: int) -> Row:
    """Ten losses of 1-200 samples each at 1 kHz: counts 4 bits wide, wrapping every 16 ms."""
    runs = rows = totals = wrong = silent = flagged = repairs = 0
    for name in ("bitalino-bt", "emg-ftdi16", "emg-ftdi1"):
        for singles in (0.0, 0.01):
            for seed in range(seeds):
                rng = np.random.default_rng([seed, int(100 * singles)])
                lost = rng.random(40_000) < singles
                lost[0] = False
                for at in np.arange(4000, 36_000, 3500):
                    at += rng.integers(0, 1500)
                    lost[at : at + rng.integers(1, 201)] = True
                device = replace(DEVICES[name], ppm=rng.uniform(-100, 100))
                reads = observe(device, 40.0, rng, lost=lost)
                index, found = mended(reads, 1000.0, 16, 1)
                off = np.flatnonzero(np.diff(np.concatenate([[0], index - reads.kept, [0]])))
                runs += 1
                totals += index[-1] == reads.kept[-1]
                rows += not len(off)
                repairs += len(found)
                doubtful = [one.row for one in found if one.uncertain]
                flagged += len(doubtful)
                # An error begins or ends where a loss was put; that one must be told.
                for begin, end in zip(off[::2], off[1::2], strict=False):
                    wrong += 1
                    silent += not any(begin - 1 <= row <= end for row in doubtful)
    text = (
        f"number of samples right in {totals} of {runs}; every index right in {rows}; "
        f"{wrong} of {repairs} losses placed wrong, {silent} of them not marked uncertain "
        f"({flagged} are marked)"
    )
    return (
        "lost counts: 4-bit counter, 1-200 samples at once",
        str(runs),
        text,
        bool(totals == runs and silent == 0),
    )
