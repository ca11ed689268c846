from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from labapp.errors import LabError
from labapp.simulate import SimulatedLab, load_scenario
from labapp.simulate.person import EARLIEST_NS, Cue, drive, percent_of_reference, plan
from labapp.simulate.world import World

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


LED = {"pull": "ramp", "rise_s": 2.0, "hold_s": 1.0}
TEMPO = {"tempo_s": {"pull": 2.0, "hold": 1.0, "return": 2.0}}


def beats_missed_ms(pull):
    """By how much hold and return of a pull begin, and it ends, off the beat."""
    turns = (pull.hold_start_ns, pull.hold_end_ns, pull.force_off_ns)
    return [(t - pull.cue_ns) * 1e-6 - b for t, b in zip(turns, (2e3, 3e3, 5e3), strict=True)]


def test_a_led_person_keeps_the_beat_however_long_the_set():
    """Eight repetitions without a pause: nothing adds up, and no cue is answered late."""
    world = World(SCENARIO, 3)
    pulls = [world.hear(k * 5 * 10**9, {**LED, **TEMPO}) for k in range(1, 41)]
    missed = np.array([beats_missed_ms(pull) for pull in pulls])
    assert missed.mean() == pytest.approx(0.0, abs=8)
    assert missed.std() == pytest.approx(SCENARIO.person.beat_sd_ms, rel=0.2)
    assert np.abs(missed[-8:]).max() <= 3 * SCENARIO.person.beat_sd_ms
    reaction = [(pull.drive_ns - pull.cue_ns) * 1e-6 for pull in pulls]
    assert np.mean(reaction) == pytest.approx(SCENARIO.person.reaction_ms, abs=15)
    assert all(pull.delayed_ns == 0 for pull in pulls)
    for one, following in pairwise(pulls):
        assert one.force_off_ns < following.first_ns


def test_a_person_who_misses_the_beat_widely_still_pulls_in_order():
    import msgspec

    loose = msgspec.structs.replace(
        SCENARIO, person=msgspec.structs.replace(SCENARIO.person, beat_sd_ms=200.0)
    )
    world = World(loose, 3)
    short = {"tempo_s": {"pull": 0.5, "hold": 0.3, "return": 0.3}}
    asked = {"pull": "ramp", "rise_s": 0.5, "hold_s": 0.3, **short}
    pulls = [world.hear(k * 11 * 10**8, asked) for k in range(1, 41)]
    for one, following in pairwise(pulls):
        turns = (one.force_onset_ns, one.hold_start_ns, one.hold_end_ns, one.force_off_ns)
        assert min(np.diff(turns)) >= 50e6 * (1 - 1e-9)
        assert one.force_off_ns <= following.first_ns
    assert abs(pulls[-1].hold_start_ns - pulls[-1].cue_ns) < 1.5e9


def test_a_pull_without_time_for_a_return_comes_back_as_the_person_likes():
    seconds = SCENARIO.force.fall_ms / 1e3
    loose = plan(SCENARIO, 1, 0, Cue.of(LED, SCENARIO), 0, 0)
    assert (loose.force_off_ns - loose.hold_end_ns) * 1e-9 == pytest.approx(seconds)
    chime = {"tempo_s": {"pull": 2.0, "hold": 1.0, "return": 0.0}}
    assert Cue.of({**LED, **chime}, SCENARIO).fall_s == seconds
    with pytest.raises(LabError, match="return"):
        Cue.of({"pull": "ramp", "tempo_s": {"return": "slow"}}, SCENARIO)
