"""The signal check, on channels with known faults."""

import json

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
