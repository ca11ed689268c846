from __future__ import annotations

import numpy as np
import pytest

from labapp.errors import LabError
from labapp.simulate import SimulatedLab, load_scenario
from labapp.simulate.person import EARLIEST_NS, Cue, drive, percent_of_reference, plan

SCENARIO = load_scenario("rhomboid_leads_30ms")


def pulls(scenario, n, seed=1):
    cue = Cue.of({"pull": "fast"}, scenario)
    return [plan(scenario, seed, i, cue, i * 10**10, 0) for i in range(n)]


def test_onsets_lie_where_the_scenario_says():
    lags = np.array(
        [(p.onsets_ns["RM_R"] - p.onsets_ns["UT_R"]) * 1e-6 for p in pulls(SCENARIO, 400)]
    )
    assert lags.mean() == pytest.approx(-30.0, abs=1.0)
    assert lags.std() == pytest.approx(5.0, abs=0.7)


def test_force_follows_the_mean_onset_by_the_electromechanical_delay():
    emd = [
        (p.force_onset_ns - np.mean(list(p.onsets_ns.values()))) * 1e-6
        for p in pulls(SCENARIO, 200)
    ]
    assert np.mean(emd) == pytest.approx(SCENARIO.person.emd_ms, abs=1.0)


def test_reaction_times_have_the_mean_and_spread_asked_for():
    reaction = np.array([(p.drive_ns - p.cue_ns) * 1e-6 for p in pulls(SCENARIO, 400)])
    assert reaction.mean() == pytest.approx(SCENARIO.person.reaction_ms, abs=5)
    assert reaction.std() == pytest.approx(SCENARIO.person.reaction_sd_ms, rel=0.15)


def test_nothing_is_caused_sooner_than_the_limit():
    import msgspec

    hasty = msgspec.structs.replace(
        SCENARIO, person=msgspec.structs.replace(SCENARIO.person, reaction_ms=150.0)
    )
    planned = pulls(hasty, 300)
    assert min(p.first_ns - p.cue_ns for p in planned) >= EARLIEST_NS
    assert any(p.delayed_ns > 0 for p in planned)


def test_the_drive_is_zero_before_the_onset_and_leaves_it_there():
    pull = pulls(SCENARIO, 1)[0]
    t = np.arange(-100, 100) * 1e-3
    d = drive(SCENARIO.muscle("RM_R"), pull, t)
    assert (d[t < 0] == 0).all()
    assert (d[t > 0.0005] > 0).all()


def test_true_percentages_follow_the_phases():
    scenario = load_scenario("demo")
    pull = pulls(scenario, 1)[0]
    rm, ut = (percent_of_reference(scenario.muscle(code), pull) for code in ("RM_R", "UT_R"))
    assert rm["hold"] == pytest.approx(72, abs=1)
    assert ut["hold"] == pytest.approx(40, abs=1)
    assert rm["pull"] / ut["pull"] == pytest.approx(1.5, rel=0.03)
    reference = plan(scenario, 1, 5, Cue.of({"pull": "reference", "hold_s": 5}, scenario), 0, 0)
    for muscle in scenario.muscles:
        assert percent_of_reference(muscle, reference)["hold"] == pytest.approx(100.0, abs=0.5)


@pytest.mark.parametrize(
    "data", [{"pull": "sideways"}, {"level": 3.0}, {"level": "high"}, {"hold_s": -1}]
)
def test_a_cue_that_makes_no_sense_is_told(data):
    lab = SimulatedLab(SCENARIO, seed=1)
    with pytest.raises(LabError, match=str(next(iter(data.values())))):
        lab.hear("cue", 0, {"pull": "fast", **data})
    lab.hear("rest", 0, data)  # not a cue: not for the person
    assert lab.truth()["pulls"] == []


def test_a_cue_during_a_pull_is_answered_after_it():
    lab = SimulatedLab(SCENARIO, seed=1)
    lab.hear("cue", 0, {"pull": "fast", "hold_s": 2.0})
    lab.hear("cue", 10**9, {"pull": "fast"})
    first, second = lab.truth()["pulls"]
    assert min(second["onsets_ns"].values()) > first["phases_ns"]["return"][1]
    assert second["delayed_ms"] > 0


@pytest.mark.parametrize(("seed", "loss"), [(-1, 0.0), (1, 0.9)])
def test_a_lab_refuses_impossible_numbers(seed, loss):
    with pytest.raises(LabError):
        SimulatedLab(SCENARIO, seed=seed, loss=loss)


def test_a_led_pull_returns_in_the_tempo():
    led = {"pull": "ramp", "rise_s": 2.0, "hold_s": 2.0}
    tempo = {"tempo_s": {"pull": 2.0, "hold": 2.0, "return": 3.0}}
    for data, seconds in ((led, SCENARIO.force.fall_ms / 1e3), ({**led, **tempo}, 3.0)):
        pull = plan(SCENARIO, 1, 0, Cue.of(data, SCENARIO), 0, 0)
        assert (pull.force_off_ns - pull.hold_end_ns) * 1e-9 == pytest.approx(seconds)
    with pytest.raises(LabError, match="return"):
        Cue.of({"pull": "ramp", "tempo_s": {"return": "slow"}}, SCENARIO)
