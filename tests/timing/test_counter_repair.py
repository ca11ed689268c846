"""Whole wraps lost by small counters: the sum is always found, the place nearly always."""

from dataclasses import replace

import numpy as np
import pytest

from labapp.timing.counters import forward_minimum, repair


def provisional(kept, modulus, packet):
    """What a codec makes of the true indices: minimal unwrapping of the packet counter."""
    numbers = kept[::packet] // packet
    wrap = modulus // packet
    steps = np.diff(numbers) % wrap
    steps[steps == 0] = wrap
    first = numbers[0] % wrap
    found = first + np.concatenate([[0], np.cumsum(steps)])
    return (found[:, None] * packet + np.arange(packet)).reshape(-1)


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


@pytest.mark.parametrize("name", ["bitalino-bt", "emg-ftdi16", "emg-ftdi1"])
@pytest.mark.parametrize("singles", [0.0, 0.01])
def test_four_bit_counter_bursts_of_1_to_200(name, singles, simulate, devices):
    exact_rows, uncertain_rows = [], []
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
        exact_rows.append(np.mean(error == 0))
        uncertain_rows.append(sum(one.uncertain for one in repairs))
    assert np.mean(exact_rows) > 0.99


@pytest.mark.parametrize(("name", "packet"), [("emg-bt", 10), ("emg-ftdi16", 1), ("lc-ftdi16", 1)])
def test_eight_bit_counter(name, packet, simulate, devices):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        device = replace(devices[name], ppm=rng.uniform(-100, 100))
        seconds = 60.0 if device.fs > 100 else 120.0
        packets = int(seconds * device.fs) // packet
        lost = rng.random(packets) < 0.01
        lost[0] = False
        for share in (0.3, 0.7):
            at = int(share * packets)
            lost[at : at + rng.integers(200, 1500) * packets // 60_000 + 200] = True
        reads = simulate(device, seconds, rng, lost=lost)
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
