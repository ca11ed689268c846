"""A device that sends too much is told; one that catches up is not."""

import numpy as np
import pytest

from labapp.record.flood import Flood
from labapp.record.pace import Pace

NS = 1_000_000_000


def feed(flood, rate, seconds, start=(0, 0), step=0.016):
    """Read every 16 ms from a device of this rate; returns every factor that was told."""
    index, t = start
    told = []
    for _ in range(round(seconds / step)):
        t += round(step * NS)
        index += rate * step
        flood.observe(int(index), t)
        told.append(flood.factor())
    return told, (index, t)


@pytest.mark.parametrize("nominal", [10.0, 80.0, 1000.0, 5000.0])
def test_ten_times_the_rate_is_told_within_half_a_second(nominal):
    flood = Flood(nominal)
    told, at = feed(flood, nominal, 5.0)
    assert not any(told)
    told, _ = feed(flood, 10 * nominal, 0.5, at)
    assert told[-1] == pytest.approx(10, rel=0.35)


@pytest.mark.parametrize("off", [0.83, 1.0, 1.2, 2.0])
def test_a_clock_that_is_off_is_no_flood(off):
    flood = Flood(80.0)
    told, _ = feed(flood, 80.0 * off, 60.0)
    assert not any(told)


def test_a_radio_link_that_catches_up_is_no_flood():
    rng = np.random.default_rng(2)
    flood = Flood(1000.0)
    sent, t = 0, 0
    told = []
    for _ in range(400):
        away = rng.choice([0.005, 0.05, 0.5, 2.5])
        t += round(away * NS)
        sent += round(away * 1000)
        flood.observe(sent, t)
        told.append(flood.factor())
    assert not any(told)


def test_what_waited_before_anybody_listened_is_no_flood():
    flood = Flood(1000.0)
    flood.observe(3, 0)
    flood.observe(900, 2_000_000)  # 0.9 s had piled up in the driver of the port
    told, _ = feed(flood, 1000.0, 3.0, (900, 2_000_000))
    assert not any(told)


def test_it_begins_anew_with_a_segment():
    flood = Flood(1000.0)
    feed(flood, 10_000.0, 2.0)
    assert flood.factor() is not None
    flood.restart()
    assert flood.factor() is None
    told, _ = feed(flood, 1000.0, 2.0)
    assert not any(told)


def test_the_pace_of_a_stream_tells_it():
    pace = Pace(1000.0, "crystal", 0)
    for k in range(1, 90):
        pace.observe(160 * k, k * 16_000_000)
    assert pace.status({})["times_rate"] == pytest.approx(10, rel=0.1)
