"""Steps of the envelope: found and placed where injected, none where there is none."""

from dataclasses import replace

import link_models
import numpy as np
import pytest

from labapp.timing.beat import port_timer_s
from labapp.timing.clock import DeviceClock
from labapp.timing.facts import packet_samples, timing_facts
from labapp.timing.kind import choose_kind
from labapp.timing.segments import find_steps

NAMES = tuple(link_models.DEVICES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("busy", [False, True])
def test_no_step_where_there_is_none(name, busy, simulate, devices):
    for seed, seconds in enumerate((15.0, 60.0, 130.0)):
        rng = np.random.default_rng([1, seed])
        device = replace(devices[name], ppm=rng.uniform(-100, 100), busy=busy)
        stalls = ((6.0, 7.3),)
        reads = simulate(device, seconds, rng, stalls=stalls)
        assert find_steps(reads.newest, reads.stamps, device.fs) == ()
        assert find_steps(reads.newest[:15], reads.stamps[:15], device.fs) == ()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size_s", [0.006, -0.006, 0.5, -0.5])
def test_a_step_is_found_at_its_read(name, size_s, simulate, devices):
    hits = 0
    for seed, seconds in enumerate((12.0, 40.0, 130.0, 130.0)):
        rng = np.random.default_rng([2, seed])
        device = replace(devices[name], ppm=rng.uniform(-100, 100))
        packets = int(seconds * device.fs) // device.per_packet
        lost = link_models.lose(packets, 0.01, seconds, rng)
        at = int(packets * rng.uniform(0.4, 0.6))
        size = max(abs(size_s), 3.2 / device.fs) * device.fs / device.per_packet
        number = int(np.copysign(max(1, round(size)), size_s))
        if number > 0:  # lost, and nobody counted them
            lost[at : at + number] = True
        reads = simulate(device, seconds, rng, lost=lost)
        index = reads.newest.astype(float)
        after = index >= at * device.per_packet
        index[after] -= number * device.per_packet
        steps = find_steps(index, reads.stamps, device.fs)
        assert len(steps) == 1
        size_s_true = number * device.per_packet / device.fs
        tolerance = 0.2 * abs(size_s_true) if device.rc else 0.0
        assert steps[0].step_s == pytest.approx(size_s_true, abs=3e-3 + tolerance)
        hits += abs(steps[0].read - int(np.argmax(after))) <= 1
    assert hits >= 3


def test_a_beat_explains_its_own_steps(simulate, devices):
    device = replace(devices["emg-ftdi1"], ppm=0)
    reads = simulate(device, 40.0, np.random.default_rng(1))
    index = reads.newest - 14.0 * (reads.stamps > 20.0)
    assert len(find_steps(index, reads.stamps, 1000.0)) == 1
    assert find_steps(index, reads.stamps, 1000.0, explained_s=0.016) == ()


def test_kind_online_and_offline(simulate, devices):
    """An RC clock is found out in both ways; a host with no time does not make one."""
    for name, busy, expected in (
        ("rc-ftdi1", False, "rc"),
        ("emg-bt", True, "crystal"),
        ("lc-ftdi16", False, "crystal"),
    ):
        device = replace(devices[name], busy=busy)
        reads = simulate(device, 240.0, np.random.default_rng(3))
        clock = DeviceClock(device.fs)
        for index, stamp in zip(reads.newest.tolist(), reads.stamps.tolist(), strict=True):
            clock.observe(index, stamp)
        assert clock.kind == expected
        assert choose_kind(reads.newest, reads.stamps, device.fs) == expected


def test_facts_of_a_port():
    assert port_timer_s({"latency_timer_ms": 4}) == 0.004
    assert port_timer_s({"vid_pid": "0403:6001", "latency_timer_ms": None}) == 0.016
    assert port_timer_s({"vid_pid": "2341:0043"}) == 0.001
    assert port_timer_s({"url": "sim://x"}) is None
    known = {"kind": "crystal", "rate_ppm": 12.0, "spread_s": 2e-4, "duration_s": 100.0}
    slow = timing_facts({"latency_timer_ms": 16}, sample_rate=62.5001, packet_samples=1, **known)
    assert slow.beat_s == pytest.approx(0.016)
    assert slow.latency_timer_ms == 16.0
    assert len(slow.warnings) == 2
    assert "latency timer was 16 ms" in slow.text
    assert "+12 ppm" in slow.text
    fine = timing_facts({"latency_timer_ms": 1}, sample_rate=92.3, packet_samples=1, **known)
    assert (fine.beat_s, fine.warnings) == (0.0, ())
    unknown = timing_facts({"vid_pid": "0403:6015"}, sample_rate=80.0, packet_samples=1, **known)
    assert unknown.latency_timer_ms is None
    assert "unknown" in unknown.warnings[0]
    # Sixteen samples a packet at 1 kHz: 62.5 packets a second.
    clumped = timing_facts({"latency_timer_ms": 16}, sample_rate=1000, packet_samples=16, **known)
    assert clumped.beat_s == pytest.approx(0.016)
    assert packet_samples(np.array([15, 31, 63])) == 16
    assert packet_samples(np.array([15, 31, 62])) == 1
    assert packet_samples(np.array([7])) == 1
