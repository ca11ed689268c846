"""Tares while a recording runs: their spread, and a warning when the empty cell has moved."""

import numpy as np
import pytest

from labapp.errors import LabError
from labapp.model import ChannelInfo
from labapp.workflow.tare_watch import force_of, live_words, recent_force, take_tare

RATE = 80.0


class Cell:
    """A load cell whose force, N, is given second by second."""

    def __init__(self, unit="N", scale=0.01):
        channel = ChannelInfo("force", "force", unit, scale, 0.0, -(2**23), 2**23, "F_PULL")
        self.streams = (_Stream(channel),)
        self.counts = np.zeros((0, 1), np.int32)
        self._rng = np.random.default_rng(5)
        self.scale = scale

    def hold(self, force_n, seconds, noise_n=0.15, ramp_n=0.0):
        n = round(seconds * RATE)
        x = force_n + ramp_n * np.arange(n) / n + noise_n * self._rng.normal(size=n)
        new = np.round(x / self.scale).astype(np.int32)[:, None]
        self.counts = np.concatenate([self.counts, new])
        return self

    def newest(self, stream):
        return len(self.counts)

    def start_s(self, stream):
        return 0.0

    def read(self, stream, first, stop):
        return self.counts[first:stop], np.ones(stop - first, dtype=bool)


class _Stream:
    id, rate = "force", RATE

    def __init__(self, channel):
        self.channels = (ChannelInfo("I1", "digital", "", 1, 0, 0, 1), channel)[1:]


def test_the_spread_is_told_and_an_unmoved_cell_is_steady():
    cell = Cell().hold(3.0, 4)
    place = force_of(cell)
    first = take_tare(cell, place)
    assert first.level == "good"
    assert first.tare.value == pytest.approx(3.0, abs=0.05)
    assert first.tare.sd == pytest.approx(0.15, rel=0.2)
    assert "± 0.1" in first.text
    cell.hold(250.0, 5).hold(3.02, 4)
    second = take_tare(cell, place, [first])
    assert second.level == "good"
    assert second.as_marker(place)["usable"] is True


def test_spread_and_noise_are_of_the_same_samples():
    """The recording goes on: a second look at it would see other samples."""
    cell = Cell().hold(3.0, 4)
    asked, read = [], cell.read
    cell.read = lambda stream, first, stop: asked.append((first, stop)) or read(stream, first, stop)
    assert take_tare(cell, force_of(cell)).level == "good"
    assert asked == [(160, 320), (0, 320)]


def test_a_tare_that_moved_is_told_in_newtons_and_percent():
    cell = Cell().hold(3.0, 4)
    place = force_of(cell)
    first = take_tare(cell, place)
    cell.hold(253.0, 5).hold(8.0, 4)
    moved = take_tare(cell, place, [first])
    assert moved.level == "warn"
    assert moved.moved == pytest.approx(5.0, abs=0.1)
    assert moved.percent == pytest.approx(2.0, abs=0.1)
    assert "moved by +5.0" in moved.text
    # One percent of what was pulled is allowed (domain reference 6.1).
    cell.hold(253.0, 5).hold(4.5, 4)
    assert take_tare(cell, place, [first]).level == "good"


def test_before_any_pull_a_shift_beyond_the_noise_is_told():
    cell = Cell().hold(3.0, 4)
    place = force_of(cell)
    first = take_tare(cell, place)
    cell.hold(9.0, 4)
    assert take_tare(cell, place, [first]).level == "warn"


def test_a_hand_on_the_handle_is_no_tare():
    cell = Cell().hold(3.0, 3).hold(3.0, 2, ramp_n=6.0)
    place = force_of(cell)
    held = take_tare(cell, place)
    assert held.level == "bad"
    assert "not at rest" in held.text
    assert held.as_marker(place)["usable"] is False
    # It is no first tare to compare with either.
    cell.hold(3.0, 4)
    after = take_tare(cell, place, [held])
    assert (after.level, after.moved) == ("good", 0.0)


def test_too_few_samples_are_an_error_with_a_remedy():
    cell = Cell().hold(3.0, 0.3)
    with pytest.raises(LabError, match="samples for a tare"):
        take_tare(cell, force_of(cell))
    empty = Cell()
    assert live_words(empty, force_of(empty)) == "no samples"
    with pytest.raises(LabError):
        take_tare(empty, force_of(empty))


def test_a_cell_without_calibration_is_told_in_counts():
    cell = Cell(unit="", scale=1.0).hold(84_000, 4, noise_n=30.0)
    place = force_of(cell)
    assert not place.calibrated
    assert live_words(cell, place).endswith("counts")
    assert take_tare(cell, place).unit == "counts"
    assert len(recent_force(cell, place, 1.0)) == 80
    assert force_of(type("None", (), {"streams": ()})()) is None
