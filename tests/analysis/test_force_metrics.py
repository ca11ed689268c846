import math

import numpy as np
import pytest

from labapp.analysis.force import ONSET_RULE, ONSET_RULES, analyse_pull
from labapp.analysis.force_details import force_details
from labapp.analysis.inputs import ForceChannel
from labapp.analysis.pull_force import measure_force
from labapp.analysis.steadiness import steadiness, steadiness_percent, tempo
from labapp.errors import LabError
from labapp.trials.repetitions import Cue, find_repetitions


def pull(rng, rate=1000, onset=1.2, slope=800.0, top=300.0, noise=0.3):
    t = np.arange(int(4 * rate)) / rate
    return np.clip((t - onset) * slope, 0, top) + noise * rng.normal(size=len(t)) + 12.0


def test_t9_onset_and_rfd():
    rng = np.random.default_rng(1)
    for _ in range(10):
        found = analyse_pull(pull(rng), 1000, baseline=(0.4, 0.9), search=(0.9, 3.5))
        assert found.onset == pytest.approx(1.2, abs=0.005)
        assert found.rfd["0-200"] == pytest.approx(800, rel=0.03)
        assert found.peak == pytest.approx(300, abs=1.5)
        assert found.impulse_200 == pytest.approx(800 * 0.02, rel=0.06)
        assert found.reasons == ()


def test_counter_movement_and_unsteady_rest_are_named():
    rng = np.random.default_rng(2)
    f = pull(rng)
    f[1120:1190] -= 15.0
    found = analyse_pull(f, 1000, baseline=(0.4, 0.9), search=(0.9, 3.5))
    assert any("counter-movement" in reason for reason in found.reasons)
    g = pull(rng)
    g[500:800] += 20.0
    found = analyse_pull(g, 1000, baseline=(0.4, 0.9), search=(0.9, 3.5))
    assert any("not steady" in reason for reason in found.reasons)


def test_lost_samples_and_no_pull():
    f = pull(np.random.default_rng(3))
    f[1500:1600] = math.nan
    found = analyse_pull(f, 1000, baseline=(0.4, 0.9), search=(0.9, 3.5))
    assert math.isnan(found.onset)
    assert found.reasons == ("force samples were lost",)
    quiet = np.random.default_rng(4).normal(size=4000)
    found = analyse_pull(quiet, 1000, baseline=(0.4, 0.9), search=(0.9, 3.5))
    assert math.isnan(found.onset)


def test_slow_load_cell():
    found = analyse_pull(
        pull(np.random.default_rng(5), rate=80), 80, baseline=(0.4, 0.9), search=(0.9, 3.5)
    )
    assert found.onset == pytest.approx(1.2, abs=0.03)


def test_bad_windows_are_refused():
    with pytest.raises(LabError):
        analyse_pull(np.zeros(1000), 1000, baseline=(0.5, 0.5), search=(0.5, 0.9))
    with pytest.raises(LabError):
        analyse_pull([], 1000, baseline=(0.0, 0.5), search=(0.5, 0.9))


def test_steadiness():
    rng = np.random.default_rng(6)
    t = np.arange(7000) / 1000
    steady = 100 + 2 * t + 2 * np.sin(2 * np.pi * 1.3 * t)
    assert steadiness_percent(steady, 1000) == pytest.approx(100 * 1.414 / 108, rel=0.08)
    assert math.isnan(steadiness_percent(rng.normal(size=500), 1000))


def test_the_first_rule_is_the_one_in_use_and_all_are_given():
    rng = np.random.default_rng(11)
    found = analyse_pull(pull(rng), 1000, baseline=(0.4, 0.9), search=(0.9, 3.5))
    assert list(found.onsets) == [rule.name for rule in ONSET_RULES]
    assert found.onsets[ONSET_RULE] == found.onset
    late = {name: at - 1.2 for name, at in found.onsets.items()}
    # 800 N/s: 5 SD of 0.15 N after the low-pass are 1 ms, 2.5 % of 300 N 9 ms, 10 % 37.5 ms.
    assert late["5 SD for 20 ms"] == pytest.approx(0.002, abs=0.004)
    assert late["2.5 % of the peak for 20 ms"] == pytest.approx(0.0094, abs=0.003)
    assert late["10 % of the peak for 20 ms"] == pytest.approx(0.0375, abs=0.003)
    assert late[ONSET_RULE] <= late["5 SD for 20 ms"]


def test_whole_impulse_time_to_peak_and_relative_rates():
    found = analyse_pull(
        pull(np.random.default_rng(12)), 1000, baseline=(0.4, 0.9), search=(0.9, 3.5)
    )
    # Ramp of 0.375 s to 300 N, then flat to 3.5 s.
    assert found.impulse == pytest.approx(300 * (0.375 / 2 + 3.5 - 1.575), rel=0.01)
    assert found.rfd_relative["0-200"] == pytest.approx(found.rfd["0-200"] / found.peak)
    assert found.time_to_peak > 0.37


def test_steadiness_about_a_target():
    t = np.arange(7000) / 1000
    held = steadiness(100 + 2 * np.sin(2 * np.pi * 1.3 * t), 1000, target=103.0)
    assert held.mean == pytest.approx(100, abs=0.1)
    assert held.sd == pytest.approx(math.sqrt(2), rel=0.05)
    assert held.rmse == pytest.approx(math.hypot(3, math.sqrt(2)), rel=0.05)
    assert held.seconds == 5.0
    assert held.reason == ""
    short = steadiness(np.ones(1500), 1000)
    assert math.isnan(short.cv_percent)
    assert "held for 1.5 s" in short.reason
    lost = np.ones(7000)
    lost[2000] = math.nan
    assert steadiness(lost, 1000).reason == "force samples were lost"
    assert "80 Hz" in steadiness(np.ones(600), 80).reason


def test_tempo_by_hand():
    kept = tempo((10.2, 12.1, 14.0, 17.6), 10.0, (2.0, 2.0, 3.0))
    assert kept.durations == pytest.approx((1.9, 1.9, 3.6))
    assert kept.adherence == pytest.approx((95.0, 95.0, 80.0))
    assert kept.asynchrony_ms == pytest.approx((200.0, 100.0, 0.0, 600.0))
    partly = tempo((None, 12.0, 14.0, None), 10.0, (2.0, 2.0, 0.0))
    assert math.isnan(partly.adherence[0])
    assert partly.adherence[1] == pytest.approx(100)
    assert math.isnan(partly.adherence[2])
    assert tempo((0.0, 9.0, 9.5, 10.0), 0.0, (1.0, 1.0, 1.0)).adherence[0] == 0.0


def led_by_beats(early=0.0):
    """Four repetitions of 2-2-3 s that follow their beats 0.2 s late, on a tare that moves."""
    rate = 200.0
    t = np.arange(int(40 * rate)) / rate
    cues = [Cue(2.0 + 9 * k, "work", k + 1, "ramp", 2.0, tempo=(2.0, 2.0, 3.0)) for k in range(4)]
    force = 0.02 * np.random.default_rng(13).normal(size=len(t))
    for k, cue in enumerate(cues):
        at = t - (cue.time + 0.2 - early)
        force += 200 * np.clip(at / 2.0, 0, 1) * np.clip((7.0 - at) / 3.0, 0, 1)
        force += 2.0 * k * ((t > cue.time - 1.0) & (t < cue.time + 7.4))
    return ForceChannel(force, t, rate), find_repetitions(t, force, cues)


def test_details_of_a_led_set():
    force, repetitions = led_by_beats()
    assert [rep.source for rep in repetitions] == ["cue+force"] * 4
    assert all(rep.valid for rep in repetitions)
    pulls = [measure_force(force, rep) for rep in repetitions]
    details = force_details(force, repetitions, pulls)
    assert details["tempo"]["adherence_percent"]["n"] == 4
    assert details["tempo"]["asynchrony_ms"]["mean"] == pytest.approx(200, abs=40)
    assert details["tempo"]["pull"]["asked_s"] == 2.0
    # Above 90 %: 0.2 s of the rise and 0.3 s of the fall belong to it.
    assert details["tempo"]["hold"]["duration_s"]["mean"] == pytest.approx(2.5, abs=0.05)
    assert details["tempo"]["pull"]["duration_s"]["mean"] == pytest.approx(1.8, abs=0.06)
    assert details["tempo"]["pull"]["adherence_percent"]["mean"] == pytest.approx(90, abs=3)
    assert details["tare"]["range_n"] == pytest.approx(6.0, abs=0.3)
    assert "moved" in details["tare"]["text"]
    assert details["hold"]["mean_n"]["mean"] == pytest.approx(199, abs=3)
    assert details["hold"]["mean_n"]["unit"] == "N"
    used = [name for name, row in details["onset_rules"].items() if row["used"]]
    assert used == [ONSET_RULE]
    assert force_details(None, (), ()) == {}


def test_ahead_of_the_beat_is_no_second_pull_of_the_one_before():
    _, repetitions = led_by_beats(early=0.5)
    assert len(repetitions) == 4
    assert all(rep.valid and "twice" not in " ".join(rep.reasons) for rep in repetitions)
