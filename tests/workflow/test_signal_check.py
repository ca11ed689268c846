"""The signal check, on channels with known faults."""

import json
from dataclasses import replace

import numpy as np
import pytest

from labapp.model import ChannelInfo
from labapp.workflow.signal_check import STEPS, as_marker, check_signals

RATE = 1000.0
SPANS = {"rest": (1.0, 7.0), "contract": (7.0, 13.0)}
FULL = 2**15 - 1
"""Rail in counts of 0.1 microvolts."""


class Bench:
    """One device with one channel a fault."""

    def __init__(self, **faults):
        rng = np.random.default_rng(4)
        n = round(14 * RATE)
        t = np.arange(n) / RATE
        pull = (t > 7.3) & (t < 13.2)
        columns = []
        for fault in faults.values():
            quiet = fault.get("noise", 2.0) * rng.normal(size=n)
            active = fault.get("active", 20.0) * rng.normal(size=n) * pull
            x = 10 * (quiet + active)
            x += 10 * fault.get("hum", 0.0) * np.sin(2 * np.pi * 50 * t)
            if "hum60" in fault:
                x += 10 * fault["hum60"] * np.sin(2 * np.pi * 60 * t)
            if "heart" in fault:
                beat = np.mod(t, 0.9) - 0.4
                x += 10 * fault["heart"] * (1 - np.abs(beat) / 0.008).clip(0)
            if "drift" in fault:
                x += 10 * fault["drift"] * np.sin(2 * np.pi * 4 * t) * pull
            if "dead" in fault:
                x[:] = 3
            if "clipped" in fault:
                x[np.abs(x) > 300] = FULL
            columns.append(x)
        self.counts = np.clip(np.round(np.column_stack(columns)), -FULL, FULL).astype(np.int32)
        self.valid = np.ones(n, dtype=bool)
        channels = tuple(
            ChannelInfo(name, "emg", "V", 1e-7, 0.0, -FULL, FULL, code)
            for name, code in zip("abcdefgh", faults, strict=False)
        )
        self.streams = (_Stream("emg", RATE, channels),)

    def newest(self, stream):
        return len(self.counts)

    def start_s(self, stream):
        return 0.0

    def read(self, stream, first, stop):
        return self.counts[first:stop], self.valid[first:stop]


class _Stream:
    def __init__(self, name, rate, channels):
        self.id, self.rate, self.channels = name, rate, channels


def lights(bench, spans=None):
    return {one.muscle: one for one in check_signals(bench, spans or SPANS)}


def test_each_fault_is_found_on_its_channel_only():
    found = lights(
        Bench(
            RM_R={}, UT_R={"noise": 14}, MT_R={"hum": 8}, LT_R={"active": 0.3},
            UT_L={"dead": 1}, MT_L={"clipped": 1}, LT_L={"drift": 60}, RM_L={"active": 4.0},
        )
    )  # fmt: skip
    assert found["RM_R"].level == "good"
    assert found["RM_R"].worst.level == "good"
    named = {muscle: {f.check for f in one.findings if f.level != "good"} for muscle, one in
             found.items()}  # fmt: skip
    assert "noise" in named["UT_R"]
    assert "line" in named["MT_R"]
    assert named["LT_R"] == {"heard"}
    assert "is the electrode on this muscle?" in found["LT_R"].worst.text
    assert "flat" in named["UT_L"]
    assert "clipping" in named["MT_L"]
    assert "motion" in named["LT_L"]
    assert named["RM_L"] == {"heard"}
    assert found["RM_L"].level == "warn"


GOOD = {"noise", "line", "motion", "clipping", "flat", "heard", "ecg", "loss"}


@pytest.mark.parametrize(
    ("fault", "light", "level", "says"),
    [
        ({"noise": 7}, "noise", "warn", "check the skin contact"),
        ({"noise": 14, "active": 60.0}, "noise", "bad", "clean the skin"),
        ({"hum": 0.9}, "line", "warn", "check the reference electrode"),
        ({"hum": 2.0}, "line", "bad", "50 Hz hum"),
        ({"hum60": 2.0}, "line", "bad", "60 Hz hum"),
        ({"drift": 10}, "motion", "warn", "fix the cables with tape"),
        ({"drift": 60}, "motion", "bad", "prepare the skin"),
        ({"active": 4.0}, "heard", "warn", "check the electrode's site"),
        ({"active": 0.3}, "heard", "bad", "is the electrode on this muscle?"),
        ({"heart": 20.0}, "ecg", "warn", "keep pulls away from beats"),
        ({"heart": 40.0}, "ecg", "bad", "away from the heart"),
        ({"dead": 1}, "flat", "bad", "electrode or cable is off"),
        ({"clipped": 1}, "clipping", "bad", "lower the gain"),
    ],
)
def test_every_light_has_its_fault_and_its_corrective_sentence(fault, light, level, says):
    found = lights(Bench(RM_R=fault, UT_R={}))
    lit = {f.check: f for f in found["RM_R"].findings}
    assert lit[light].level == level
    assert says in lit[light].text
    assert found["RM_R"].level == level
    # Its neighbour, which has no fault, has every light and all of them green.
    assert {f.check: f.level for f in found["UT_R"].findings} == dict.fromkeys(GOOD, "good")


def test_faults_of_the_simulated_lab_are_seen_through_the_wire():
    """Hum, heart, noise and a silent muscle, as a real BITalino would send them."""
    check = _checked_in_the_lab(
        {
            "RM_R": {"snr_db": 25.0},
            "UT_R": {"snr_db": 25.0, "hum_uv": 8.0},
            "MT_R": {"snr_db": 25.0, "ecg_uv": 120.0},
            "LT_R": {"silent": True, "noise_uv": 14.0},
        }
    )
    poor = {
        muscle: {f.check for f in one.findings if f.level != "good"}
        for muscle, one in check.items()
    }
    assert poor["RM_R"] == set()
    assert "line" in poor["UT_R"]
    assert "ecg" not in poor["UT_R"]
    assert "ecg" in poor["MT_R"]
    assert "line" not in poor["MT_R"]
    assert poor["LT_R"] == {"noise", "heard"}


def _checked_in_the_lab(muscles):
    """Run both steps on a BITalino of the simulated lab with these muscles."""
    from labapp.device import get_driver
    from labapp.model import SampleBlock
    from labapp.simulate.lab import SimulatedLab
    from labapp.simulate.scenario import Muscle, Scenario

    scenario = Scenario("faults", tuple(Muscle(code, **words) for code, words in muscles.items()))
    lab, driver = SimulatedLab(scenario, seed=2), get_driver("bitalino")
    settings = driver.settings_type()
    montage = dict(zip(("A1", "A2", "A3", "A4"), muscles, strict=True))
    device, codec = lab.device(driver, settings, channel_map=montage), driver.codec(settings)
    begin = 1_000_000_000
    for step in driver.start(settings):
        device.receive(step.send, begin)
    lab.hear("check", begin + round(SPANS["contract"][0] * 1e9), STEPS[1].heard)
    blocks = []
    while (due := device.next_arrival_ns()) < begin + round(14.5e9):
        assert due > 0
        data, _ = device.next_chunk()
        blocks += [item for item in codec.feed(data) if isinstance(item, SampleBlock)]
    counts = np.zeros((max(block.stop for block in blocks), len(codec.channels)), np.int32)
    for block in blocks:
        counts[block.first : block.stop] = block.counts
    channels = tuple(
        replace(channel, muscle=montage.get(channel.name)) for channel in codec.channels
    )
    bench = Bench(RM_R={})
    bench.counts, bench.valid = counts, np.ones(len(counts), dtype=bool)
    bench.streams = (_Stream("emg", codec.rate, channels),)
    return lights(bench)


def test_rest_alone_is_judged_without_the_pull():
    found = lights(Bench(RM_R={"active": 0.0}, UT_R={}), {"rest": SPANS["rest"]})
    assert {one.level for one in found.values()} == {"good"}
    assert all(f.check != "heard" for one in found.values() for f in one.findings)


def test_lost_samples_are_told_and_do_not_spoil_the_rest():
    bench = Bench(RM_R={}, UT_R={})
    bench.valid[3000:3200] = False
    found = lights(bench)
    (loss,) = [f for f in found["RM_R"].findings if f.check == "loss"]
    assert loss.level == "bad"
    assert loss.value == pytest.approx(100 * 200 / 10_100, rel=0.02)
    others = [f for f in found["RM_R"].findings if f.check != "loss"]
    assert {f.level for f in others} == {"good"}


def test_a_channel_without_samples_is_bad():
    bench = Bench(RM_R={}, UT_R={})
    bench.counts = bench.counts[:10]
    found = lights(bench)
    assert {one.level for one in found.values()} == {"bad"}
    assert "no samples" in found["UT_R"].worst.text


def test_the_marker_is_json_and_names_every_finding():
    checks = check_signals(Bench(RM_R={}, UT_R={"noise": 14}), SPANS)
    data = json.loads(json.dumps(as_marker(checks), allow_nan=False))
    assert list(data["channels"]) == ["RM_R", "UT_R"]
    assert data["channels"]["UT_R"]["level"] in ("warn", "bad")
    assert {f["check"] for f in data["channels"]["RM_R"]["findings"]} >= {"noise", "heard"}


def test_the_simulated_person_can_follow_the_steps():
    from labapp.simulate.lab import SimulatedLab
    from labapp.simulate.scenario import load_scenario

    lab = SimulatedLab(load_scenario("demo"), seed=1)
    for number, step in enumerate(STEPS):
        lab.hear("check", number * 10**10, {"step": step.name, **step.heard})
    assert len(lab.truth()["pulls"]) == 1
