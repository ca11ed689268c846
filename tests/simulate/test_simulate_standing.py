"""Somebody who stands on a plate, and the selectivity tasks, against their own truth."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from labapp.analysis.plate import centre_of_pressure, sway
from labapp.device import get_driver
from labapp.errors import LabError
from labapp.model import SampleBlock
from labapp.simulate import SimulatedLab, load_scenario
from labapp.simulate.effort import Tasks
from labapp.simulate.person import Cue, percent_of_reference, plan
from labapp.simulate.standing import CORNERS

SCENARIO = load_scenario("demo")
START_NS = 1_000_000_000


def forces(seconds, starts, scenario=SCENARIO, seed=4):
    """Loads (n, 4) in newtons, the rate, and the truth of somebody who stands."""
    driver = get_driver("labbox")
    settings = driver.settings_type(channels=4, rate=100.0, unit="N", scale=0.001)
    lab = SimulatedLab(scenario, seed=seed, origin_ns=0)
    montage = dict(zip(("ch1", "ch2", "ch3", "ch4"), CORNERS, strict=True))
    device = lab.device(driver, settings, channel_map=montage)
    for step in driver.start(settings):
        device.receive(step.send, START_NS)
    chunks, left = [], [(START_NS + round(at * 1e9), data) for at, data in starts]
    while (due := device.next_arrival_ns()) <= START_NS + round(seconds * 1e9):
        if left and left[0][0] <= due:
            lab.hear("start", *left.pop(0))
            continue
        chunks.append(device.next_chunk()[0])
    codec = driver.codec(settings)
    blocks = [*codec.feed(b"".join(chunks)), *codec.finish()]
    counts = np.concatenate([b.counts for b in blocks if isinstance(b, SampleBlock)])
    return 0.001 * counts, 100.0, lab.truth()


def test_the_centre_of_pressure_is_the_one_that_was_there():
    starts = [(0.5, {"duration_s": 25.0, "condition": "eyes open"})]
    loads, rate, truth = forces(26.0, starts)
    places = [(0.2 * x, 0.15 * y) for x, y in CORNERS.values()]
    first = round(0.5 * rate)
    force = centre_of_pressure(loads[first : first + round(25 * rate)], places)
    found, true = sway(force.x, force.y, rate), truth["standing"]["trials"][0]
    assert loads.sum(axis=1).mean() == pytest.approx(700.0, abs=0.1)
    assert (found.rms_ml_mm, found.rms_ap_mm) == pytest.approx(
        (true["rms_ml_mm"], true["rms_ap_mm"]), rel=0.01
    )
    assert found.velocity_mm_s == pytest.approx(true["velocity_mm_s"], rel=0.05)
    assert true["condition"] == "eyes open"


def test_closed_eyes_sway_further_by_the_factor():
    calm = replace(SCENARIO, standing=replace(SCENARIO.standing, closed=2.0))
    lab = SimulatedLab(calm, seed=1, origin_ns=0)
    lab.hear("start", 0, {"duration_s": 100.0, "condition": "eyes open"})
    plain = lab.truth()["standing"]["trials"][0]
    lab = SimulatedLab(calm, seed=1, origin_ns=0)
    lab.hear("start", 0, {"duration_s": 100.0, "condition": "eyes closed"})
    wide = lab.truth()["standing"]["trials"][0]
    assert wide["rms_ap_mm"] == pytest.approx(2 * plain["rms_ap_mm"], rel=1e-6)
    assert plain["rms_ap_mm"] == pytest.approx(calm.standing.sway_ap_mm, rel=0.1)
    assert "standing" not in SimulatedLab(calm, seed=1).truth()


def test_standing_does_not_depend_on_how_the_stream_is_cut():
    starts = [(1.0, {"duration_s": 2.0, "condition": "eyes closed"})]
    one, _, _ = forces(4.0, starts)
    other, _, _ = forces(6.0, starts)
    assert np.array_equal(one, other[: len(one)])


def test_a_selectivity_task_asks_each_muscle_for_its_share():
    for task, name in (("T1", "elevation"), ("T2", "behind_back")):
        cue = Cue.of({"pull": "ramp", "level": 0.5, "hold_s": 4, "task": task}, SCENARIO)
        pull = plan(SCENARIO, 1, 0, cue, 0, 0)
        for muscle in SCENARIO.muscles:
            wanted = 50 * getattr(muscle.tasks, name)
            assert percent_of_reference(muscle, pull)["hold"] == pytest.approx(wanted, abs=0.5)
    assert Tasks().share("T1") is None
    with pytest.raises(LabError, match="T9"):
        Cue.of({"pull": "ramp", "task": "T9"}, SCENARIO)


def test_a_corner_that_does_not_exist_is_told():
    driver = get_driver("labbox")
    settings = driver.settings_type(channels=4, rate=100.0, unit="N", scale=0.001)
    with pytest.raises(LabError, match="FP_XX"):
        SimulatedLab(SCENARIO, seed=1).device(driver, settings, channel_map={"ch1": "FP_XX"})
