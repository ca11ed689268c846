"""Whole wraps lost by small counters: the sum is found, and a place in doubt is marked."""

from dataclasses import replace

import numpy as np
import pytest
from link_models import provisional

from labapp.timing.counters import forward_minimum, repair


def run(reads, modulus, packet, rate):
    index = provisional(reads.kept, modulus, packet)
    jumps = np.flatnonzero(np.diff(index) > 1) + 1
    sizes = np.diff(index)[jumps - 1] - 1
    repairs = repair(
        index[reads.rows - 1], reads.rows, reads.stamps, jumps, sizes, rate=rate, modulus=modulus
    )
    for one in repairs:
        index[one.row :] += one.add
    return repairs, index - reads.kept


def misplaced(repairs, error):
    """(wrong stretches, those of them that no uncertain repair tells)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], error, [0]])))
    doubtful = [one.row for one in repairs if one.uncertain]
    stretches = list(zip(edges[::2], edges[1::2], strict=False))
    silent = [s for s in stretches if not any(s[0] - 1 <= row <= s[1] for row in doubtful)]
    return len(stretches), len(silent)


@pytest.mark.parametrize("name", ["bitalino-bt", "emg-ftdi16", "emg-ftdi1"])
@pytest.mark.parametrize("singles", [0.0, 0.01])
def test_four_bit_counter_bursts_of_1_to_200(name, singles, simulate, devices):
    wrong, exact, uncertain, found = 0, 0, 0, 0
    for seed in range(6):
        rng = np.random.default_rng([seed, int(singles * 100)])
        n = 40_000
        lost = rng.random(n) < singles
        lost[0] = False
        for at in np.arange(4000, 36_000, 3500):
            at += rng.integers(0, 1500)
            lost[at : at + rng.integers(1, 201)] = True
        device = replace(devices[name], ppm=rng.uniform(-100, 100))
        repairs, error = run(simulate(device, 40.0, rng, lost=lost), 16, 1, 1000.0)
        assert error[-1] == 0  # every lost sample is counted
        number, silent = misplaced(repairs, error)
        assert silent == 0  # what is in the wrong place is marked
        exact += not number
        wrong += number
        uncertain += sum(one.uncertain for one in repairs)
        found += len(repairs)
    assert exact >= (4 if name == "bitalino-bt" else 6)
    assert uncertain < 0.35 * found


def test_two_losses_among_the_same_reads_are_marked(simulate, devices):
    """Nobody can tell how many wraps belong to which: so much must be said."""
    for seed in range(8):
        rng = np.random.default_rng([4, seed])
        lost = np.zeros(30_000, bool)
        for at in (8000, 20_000):
            lost[at : at + rng.integers(35, 150)] = True
            later = at + rng.integers(160, 170)
            lost[later : later + rng.integers(35, 150)] = True
        repairs, error = run(simulate(devices["bitalino-bt"], 30.0, rng, lost=lost), 16, 1, 1e3)
        assert error[-1] == 0
        assert misplaced(repairs, error)[1] == 0


@pytest.mark.parametrize("ppm", [-1200, 1200])
def test_a_clock_far_off_its_nominal_rate(ppm, simulate, devices):
    rng = np.random.default_rng(5)
    lost = np.zeros(30_000, bool)
    lost[9000:9100] = lost[20_000:20_040] = True
    for name in ("bitalino-bt", "emg-ftdi1"):
        reads = simulate(replace(devices[name], ppm=ppm), 30.0, rng, lost=lost)
        repairs, error = run(reads, 16, 1, 1000.0)
        assert error[-1] == 0
        assert misplaced(repairs, error)[1] == 0


@pytest.mark.parametrize(("name", "packet"), [("emg-bt", 10), ("emg-ftdi16", 1), ("lc-ftdi16", 1)])
def test_eight_bit_counter(name, packet, simulate, devices):
    """Losses of 200 to 1499 packets, longer than the memory of the envelope; and a stall."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        device = replace(devices[name], ppm=rng.uniform(-100, 100))
        seconds = 60.0 if packet == 1 and device.fs > 100 else 150.0
        packets = int(seconds * device.fs) // packet
        lost = rng.random(packets) < 0.01
        lost[0] = False
        for share in (0.3, 0.65):
            at = int(share * packets)
            lost[at : at + rng.integers(200, 1500)] = True
        stalls = ((0.9 * seconds, 0.9 * seconds + 1.5),)
        reads = simulate(device, seconds, rng, lost=lost, stalls=stalls)
        _, error = run(reads, 256 * packet, packet, device.fs)
        assert np.all(error == 0)


def test_nothing_is_repaired_where_nothing_is_lost(simulate, devices):
    for name in ("bitalino-bt", "emg-ftdi16"):
        reads = simulate(devices[name], 60.0, np.random.default_rng(9), loss=0.0)
        repairs, error = run(reads, 16, 1, 1000.0)
        assert [one for one in repairs if one.add] == []
        assert np.all(error == 0)


def test_forward_minimum_is_the_plain_one():
    rng = np.random.default_rng(1)
    times = np.cumsum(rng.uniform(0.01, 0.3, 300))
    values = rng.normal(size=300)
    plain = [values[(times >= t) & (times <= t + 1.0)].min() for t in times]
    np.testing.assert_array_equal(forward_minimum(values, times, 1.0), plain)
