"""Live bars, live force: what a person follows, counted from made-up levels and a made-up ring."""

from types import SimpleNamespace

import numpy as np
import pytest

from labapp.model import ChannelInfo
from labapp.trials.protocol import load_protocol
from labapp.trials.run import RunEvent
from labapp.workflow.biofeedback import TARGET, Biofeedback, side_of
from labapp.workflow.live_force import LiveForce
from labapp.workflow.live_levels import Level

NS = 1_000_000_000
SPEC = load_protocol("scapular_retraction_biofeedback").feedback


def levels(over, under):
    codes = {"UT_R": over, "LT_R": under, "RM_R": 30.0}
    return {code: Level(1e-5, percent) for code, percent in codes.items()}


def event(kind, seconds, **data):
    return RunEvent(kind, round(seconds * NS), data)


def repeat(bio, at, block, number, over, under):
    """One repetition of 9 s with these activations in its hold."""
    bio.follow(event("cue", at, block=block, repetition=number), at)
    bio.take(levels(99.0, 1.0), at + 1)  # on the way: does not count
    bio.follow(event("hold", at + 3), at + 3)
    bio.take(levels(99.0, 99.0), at + 3.1)  # reaches back into the way
    for k in range(10):
        bio.take(levels(over, under), at + 3.5 + k / 5)
    bio.follow(event("relax", at + 6), at + 6)


def test_the_target_is_the_baselines_mean_times_the_protocols_factor():
    bio = Biofeedback(SPEC, "R")
    assert bio.follow(event("block", 0, block="baseline"), 0) is None
    for number, ratio in enumerate((1.0, 2.0, 4.0), 1):
        repeat(bio, 10 * number, "baseline", number, 20 * ratio, 20)
    assert bio.target is None
    told = bio.follow(event("block", 50, block="feedback_full"), 50)
    assert told.kind == TARGET
    assert told.data["target"] == pytest.approx(2.0 * 0.8)
    assert told.data["baseline"] == pytest.approx(2.0)
    assert told.data["n"] == 3
    assert bio.follow(event("block", 99, block="feedback_most"), 99) is None
    assert [one.ratio for one in bio.trend] == pytest.approx([1, 2, 4])


def test_a_rejected_repetition_counts_for_nothing():
    bio = Biofeedback(SPEC, "R")
    for number in range(1, 5):
        repeat(bio, 10 * number, "baseline", number, 20, 20)
    repeat(bio, 60, "baseline", 5, 80, 20)
    bio.follow(event("reject", 67, cue_ns=60 * NS), 67)
    bio.follow(event("block", 70, block="feedback_full"), 70)
    assert bio.target == pytest.approx(0.8)
    assert len(bio.trend) == 4


def test_too_few_repetitions_give_no_target_and_the_operator_can():
    bio = Biofeedback(SPEC, "R")
    repeat(bio, 10, "baseline", 1, 20, 20)
    assert bio.follow(event("block", 50, block="feedback_full"), 50) is None
    assert bio.now(levels(20, 20)).inside is None
    assert bio.set_target(0.9)["by"] == "operator"
    for number in range(2, 6):
        repeat(bio, 10 * number, "baseline", number, 20, 20)
    assert bio.follow(event("block", 90, block="feedback_most"), 90) is None
    assert bio.target == 0.9


def test_the_bars_say_what_they_show():
    bio = Biofeedback(SPEC, "R", target=0.8)
    now = bio.now(levels(10, 20), 210.0)
    assert dict(now.bars) == {"RM_R": 30.0, "LT_R": 20, "UT_R": 10}
    assert now.pair == ("UT_R", "LT_R")
    assert now.ratio == pytest.approx(0.5)
    assert now.inside is True
    assert now.age_ms == 210.0
    assert bio.now(levels(18, 20)).inside is False
    assert bio.now(levels(1.0, 20)).ratio is None
    assert bio.now({"UT_R": Level(1e-5, None), "LT_R": Level(1e-5, None)}).ratio is None
    away = bio.now(levels(float("nan"), 20))
    assert (dict(away.bars)["UT_R"], away.ratio) == (None, None)


def test_the_side_is_the_one_that_has_both_muscles():
    assert side_of(SPEC, ["UT_L", "LT_L", "UT_R"]) == "L"
    assert side_of(SPEC, ["UT_R", "LT_R", "UT_L", "LT_L"]) == "R"
    assert side_of(SPEC, ["UT_R", "LT_L"]) is None


class Cell:
    """A load cell at 80 Hz that reads 5 N when empty; pulls are given as (begin, end, N)."""

    def __init__(self, *pulls):
        info = ChannelInfo("force", "force", "N", 0.01, 0.0, -(2**31), 2**31 - 1, "F_PULL")
        self.streams = (SimpleNamespace(id="force", rate=80.0, channels=(info,)),)
        t = np.arange(80 * 60) / 80
        force = np.full(len(t), 5.0)
        for begin, end, newtons in pulls:
            force[(t >= begin) & (t < end)] += newtons
        self.counts = np.round(force[:, None] * 100).astype(np.int32)
        self.valid = np.ones(len(t), dtype=bool)
        self.stop = len(t)

    def newest(self, stream):
        return self.stop

    def start_s(self, stream):
        return 0.0

    def read(self, stream, first, stop):
        return self.counts[first:stop], self.valid[first:stop]


def test_force_is_counted_from_the_empty_cell_and_the_greatest_full_pull():
    cell = Cell((3, 5, 400.0), (13, 15, 300.0), (23, 25, 600.0), (31, 35, 120.0))
    force = LiveForce(cell)
    cell.stop = 80 * 2
    assert force.now().percent is None
    assert force.now().newtons == pytest.approx(5.0)
    cell.stop = 80 * 30
    for at, level in ((3.0, 1.0), (13.0, 1.0), (23.0, 0.4)):
        force.follow(event("cue", at, level=level), at)
        force.follow(event("relax", at + 2), at + 2)
    assert force.maximum == pytest.approx(400.0)  # a pull to a line is no maximum
    cell.stop = 80 * 33
    assert force.now().newtons == pytest.approx(120.0)
    assert force.now().percent == pytest.approx(30.0)
    force.set_maximum(240.0)
    assert force.now().percent == pytest.approx(50.0)


def test_a_rejected_pull_is_no_maximum_and_lost_samples_are_no_force():
    cell = Cell((3, 5, 400.0))
    force = LiveForce(cell)
    force.follow(event("cue", 3.0), 3.0)
    force.follow(event("reject", 4.0, cue_ns=3 * NS), 4.0)
    force.follow(event("rest", 5.0), 5.0)
    assert force.maximum is None
    assert force.now() is not None
    assert force.now(away={stream.id for stream in cell.streams}) is None
    cell.valid[:] = False
    assert force.now() is None
    assert not LiveForce(SimpleNamespace(streams=())).present
