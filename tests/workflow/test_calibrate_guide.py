"""The guide through a calibration, on a cell in software whose truth is known."""

import math

import numpy as np
import pytest

from labapp.analysis.masses import STANDARD_G
from labapp.errors import LabError
from labapp.record.config import DeviceConfig
from labapp.simulate.loadcell import CellTruth, SimulatedCell
from labapp.workflow.calibrate_guide import (
    LAST_S,
    CalibrationGuide,
    CellChoice,
    cells_of,
    figures,
    gravity,
    read_masses,
    simulated_cell,
    steadiness,
    verdict,
)

DEVICE = DeviceConfig("force", "hx711", "COM4")
CHOICE = CellChoice(DEVICE, "force", "CELL-1", (5.0, 10.0, 15.0, 20.0))


class Clock:
    """A clock that is set by hand, s."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def cell(clock, **truth):
    return SimulatedCell(CellTruth(**truth), seed=3, clock=clock)


def led(truth, choice=CHOICE):
    """Hang every mass, wait until it hangs still, take the reading."""
    clock = Clock()
    guide, one = CalibrationGuide(choice), SimulatedCell(truth, seed=3, clock=clock)
    waits = []
    while (step := guide.step) is not None:
        one.hang(step.mass_kg * choice.g)
        waited = 0.0
        while True:
            counts = one.recent(min(LAST_S, waited))
            if guide.look(counts, one.rate, one.rails).light == "good":
                break
            clock.now += 0.25
            waited += 0.25
            assert waited < 20
        waits.append(waited)
        guide.capture(one.recent(LAST_S), one.rate, clock.now)
    return guide, one, waits


def test_a_good_cell_is_calibrated_to_its_truth():
    truth = CellTruth(slope=2.5e-4, zero=84_000.0, noise=40.0, full_n=20 * STANDARD_G)
    guide, one, waits = led(truth)
    made, fit = guide.finish(one.rails)
    assert made.slope == pytest.approx(truth.slope, rel=5e-4)
    assert fit.hysteresis == pytest.approx(truth.hysteresis_percent, abs=0.01)
    assert (made.state, made.serial, len(made.readings)) == ("accepted", "CELL-1", 30)
    assert verdict(fit)[0] == "good"
    assert max(waits) < 8
    assert {name: value <= limit for name, value, limit, _ in figures(fit) if limit} == {
        "non-linearity": True, "hysteresis": True, "repeatability": True, "drift in 10 min": True,
    }  # fmt: skip


def test_a_bent_cell_is_told_in_words():
    bent = CellTruth(full_n=20 * STANDARD_G, bend_percent=2.0, hysteresis_percent=1.0)
    guide, one, _ = led(bent)
    _, fit = guide.finish(one.rails)
    light, words = verdict(fit)
    assert light == "warn"
    assert "non-linearity is" in words
    assert "hysteresis is 1.0" in words


def test_the_light_follows_the_load():
    clock = Clock()
    one = cell(clock)
    assert steadiness(one.recent(LAST_S), one.rate, one.rails).light == "bad"
    clock.now = 1.0
    assert steadiness(one.recent(LAST_S), one.rate, one.rails).light == "grey"
    clock.now = 4.0
    assert steadiness(one.recent(LAST_S), one.rate, one.rails).light == "good"
    one.hang(100.0)
    clock.now = 4.5
    assert steadiness(one.recent(LAST_S), one.rate, one.rails).light == "warn"
    clock.now = 12.0
    now = steadiness(one.recent(LAST_S), one.rate, one.rails)
    assert (now.light, now.text) == ("good", "steady")
    assert now.mean == pytest.approx(one.truth.zero + 100.0 / one.truth.slope, rel=1e-3)
    rail = np.full(400, one.rails[1])
    assert steadiness(rail, 80.0, one.rails).light == "bad"


def test_a_swinging_mass_is_never_still():
    t = np.arange(400) / 80.0
    rng = np.random.default_rng(1)
    swinging = 84_000 + 400 * np.sin(2 * np.pi * 0.8 * t) + 40 * rng.normal(size=400)
    assert steadiness(swinging, 80.0, (-1e7, 1e7)).light == "warn"


def test_a_moving_load_gives_no_reading_and_the_step_stays():
    guide = CalibrationGuide(CHOICE)
    with pytest.raises(LabError, match="still moves"):
        guide.capture(np.linspace(0, 5000, 400), 80.0, 0.0)
    assert guide.step.number == 1
    guide.capture(np.full(400, 84_000.0) + np.arange(400) % 2, 80.0, 0.0)
    assert guide.step.number == 2
    guide.back()
    guide.back()
    assert guide.step.number == 1


def test_a_load_that_was_not_changed_is_no_reading():
    guide = CalibrationGuide(CHOICE)
    still = 84_000.0 + np.arange(400) % 2
    guide.capture(still, 80.0, 0.0)
    assert guide.look(still, 80.0, (-1e7, 1e7)).text == "reads as before: change the load"
    assert guide.look(still + 900, 80.0, (-1e7, 1e7)).light == "good"
    top = CalibrationGuide(CHOICE)
    for step in range(5):
        top.capture(still + 1000 * step, 80.0, 0.0)
    # The greatest mass hangs twice: on the way up and on the way down.
    assert top.look(still + 4000, 80.0, (-1e7, 1e7)).light == "good"


def test_what_was_typed_is_read_or_refused():
    assert read_masses("5, 10,15 kg , 20") == (5, 10, 15, 20)
    assert read_masses("2,5; 5; 0") == (2.5, 5)
    for text in ("5", "", "a, b", "5, -1", "5, 900", "nan, 5"):
        with pytest.raises(LabError):
            read_masses(text)
    assert gravity("") == (STANDARD_G, "standard value, not local: within 0.3 %")
    g, source = gravity("52,5", "40")
    assert g == pytest.approx(9.8127, abs=5e-4)
    assert source == "latitude 52.5 degrees, height 40 m"
    for latitude in ("north", "91"):
        with pytest.raises(LabError):
            gravity(latitude)


def test_the_counts_of_a_device_are_followed_without_waiting(monkeypatch):
    from labapp.workflow import live_counts

    device = DeviceConfig("force", "chronojump", "sim://chronojump?wire=memory")
    with live_counts.LiveCounts(device, "force", scenario="demo", seed=1) as live:
        live.take(4.0)
        counts = live.recent(LAST_S)
        assert len(counts) == round(LAST_S * live.rate)
        # The baseline of the scenario is 3 N, in counts of 0.01 N.
        assert np.nanmean(counts) == pytest.approx(300, abs=10)
        assert len(live.recent(1000.0)) > len(counts)
        monkeypatch.setattr(live_counts, "_SILENT_S", -1.0)
        assert len(live.recent(LAST_S)) == 0


def test_only_force_channels_are_offered():
    emg = DeviceConfig("emg", "bitalino", "COM3")
    assert cells_of([emg, DEVICE]) == ((DEVICE, "force"),)
    assert cells_of([emg]) == ()


def test_the_simulated_cell_suits_the_masses():
    one = simulated_cell(CHOICE, speed=1000.0)
    assert 20 * STANDARD_G / one.truth.slope + one.truth.zero < 0.9 * one.rails[1]
    assert math.isclose(one.truth.full_n, 20 * STANDARD_G)
