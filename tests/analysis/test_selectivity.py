"""The two selectivity tasks: index, grade, and what a grade does to a verdict."""

import math
from dataclasses import replace

import numpy as np
import pytest
from made_emg import recording

from labapp.analysis import analyse_recording
from labapp.analysis.crosstalk import couplings
from labapp.analysis.inputs import BlockFacts
from labapp.analysis.selectivity import CAUDAL, INDEX_LIMIT, selectivity

GOOD_SITE = {"site_id": CAUDAL, "ied_mm": 10.0, "mode": "SD"}


def tasks(t1, t2, spread=0.05, n=4, seed=1):
    """Per task (muscle, neighbour) with these ratios; the neighbour works at 30 %."""
    rng = np.random.default_rng(seed)
    made = []
    for ratio in (t1, t2):
        other = 30 * np.exp(spread * rng.normal(size=n))
        made.append((ratio * 30 * np.exp(spread * rng.normal(size=n)), other))
    return made


def test_the_index_by_hand():
    t1 = (np.array([10.0, 12.0, 11.0]), np.array([40.0, 40.0, 44.0]))
    t2 = (np.array([50.0, 60.0, 55.0]), np.array([25.0, 30.0, 22.0]))
    found = selectivity(t1, t2, electrode=GOOD_SITE)
    a, b = np.log(t1[0] / t1[1]), np.log(t2[0] / t2[1])
    assert found.index == pytest.approx(b.mean() - a.mean())
    half = (found.high - found.low) / 2
    se = math.sqrt(a.var(ddof=1) / 3 + b.var(ddof=1) / 3)
    assert half / se == pytest.approx(2.9, abs=0.5)  # t with 2 to 4 degrees of freedom
    assert found.low < found.index < found.high
    assert found.t1.ratio == pytest.approx(math.exp(a.mean()))
    assert found.t2.n == 3


@pytest.mark.parametrize(
    ("t1", "t2", "electrode", "grade", "reason"),
    [
        (0.3, 1.6, GOOD_SITE, "A", None),
        (0.3, 1.6, {**GOOD_SITE, "ied_mm": 20.0}, "B", "electrode distance"),
        (0.3, 1.6, {**GOOD_SITE, "ied_mm": 20.0, "mode": "DD"}, "A", None),
        (0.3, 1.6, None, "B", "site was not entered"),
        (0.45, 1.1, GOOD_SITE, "B", "not above ln 3"),
        (0.7, 2.5, GOOD_SITE, "B", "task T1"),
        (0.3, 0.9, GOOD_SITE, "B", "task T2"),
        (1.0, 1.02, GOOD_SITE, "C", "do not tell the muscles apart"),
        (0.8, 0.9, GOOD_SITE, "C", "task T1"),
        (0.3, 1.6, {"site_id": "between spine and T2"}, "C", "electrode site is"),
        (1.0, 1.0, {"wire": True}, "FW", None),
    ],
)
def test_grades(t1, t2, electrode, grade, reason):
    found = selectivity(*tasks(t1, t2), electrode=electrode)
    assert found.grade == grade
    if reason is None:
        assert found.reasons == ()
    else:
        assert any(reason in one for one in found.reasons), found.reasons
    if grade == "A":
        assert found.index > INDEX_LIMIT


def test_tasks_without_a_ratio_give_no_index():
    (a, b), t2 = tasks(0.3, 1.6)
    found = selectivity((a * math.nan, b), t2, electrode=GOOD_SITE)
    assert math.isnan(found.index)
    assert found.grade == "C"
    assert found.passed == (False, True)
    few = selectivity((a[:2], b[:2]), t2, electrode=GOOD_SITE)
    assert any("3 are needed" in reason for reason in few.reasons)


def with_tasks(leak, seed=3):
    """A session of 14 pulls, four of them T1, four T2: the rhomboid's share of what it shows.

    ``leak``: amplitude of the middle trapezius at the rhomboid's electrode in T1, and the other
    way round in T2.
    """
    muscles = {"RM_R": (20, -0.03, 0.05, "cos"), "MT_R": (20, 0.0, 0.05, "cos")}
    inputs = recording(np.random.default_rng(seed), muscles, kind="noise", n=20)
    repetitions = list(inputs.repetitions)
    values = {c.muscle: c.values.copy() for c in inputs.emg}
    for k, rep in enumerate(repetitions[12:20]):
        task = "elevation" if k < 4 else "behind"
        repetitions[12 + k] = replace(rep, block=task, pull="ramp")
        a, b = (int((rep.cue_s + s) * 1000) for s in (0.05, 3.0))
        quiet = "RM_R" if k < 4 else "MT_R"
        values[quiet][a:b] *= leak
    return replace(
        inputs,
        emg=[replace(c, values=values[c.muscle]) for c in inputs.emg],
        repetitions=repetitions,
        blocks={"elevation": BlockFacts(task="T1"), "behind": BlockFacts(task="T2")},
    )


def test_the_tasks_of_a_session_feed_its_verdict():
    good = analyse_recording(with_tasks(0.35))
    part = good["selectivity"]["RM_R"]
    assert part["against"] == "MT_R"
    assert part["grade"] == "B"  # the site was not entered
    assert part["index"] == pytest.approx(-2 * math.log(0.35), abs=0.3)
    assert part["low"] < part["index"] < part["high"]
    assert part["n"] == [4, 4]
    assert part["t1"]["passed"]
    assert part["t2"]["passed"]
    assert len(good["repetitions"]) == 12  # tasks take no part in the order
    assert good["verdict"]["state"] == "first"
    bad = analyse_recording(with_tasks(0.98))
    assert bad["selectivity"]["RM_R"]["grade"] == "C"
    assert bad["verdict"]["state"] == "not interpretable"
    assert any("selectivity grade C" in reason for reason in bad["verdict"]["reasons"])


def test_without_tasks_nothing_is_said():
    muscles = {"RM_R": (20, -0.03, 0.05, "cos"), "MT_R": (20, 0.0, 0.05, "cos")}
    found = analyse_recording(recording(np.random.default_rng(5), muscles, kind="noise"))
    assert found["selectivity"] == {}
    assert found["verdict"]["state"] == "first"


def test_coherence_of_shared_and_of_unrelated_signals():
    rng = np.random.default_rng(6)
    parts = []
    for _ in range(10):
        own, other, third = rng.normal(size=(3, 2000))
        parts.append({"a": own, "b": own + other, "c": third})
    found = couplings(parts, 1000)
    assert found["a", "b"].coherence == pytest.approx(0.5, abs=0.06)
    assert found["a", "c"].coherence < found["a", "c"].limit
    # Twenty independent seconds: 1 - 0.05 ** (1 / 19).
    assert found["a", "c"].limit == pytest.approx(1 - 0.05 ** (1 / 19))
    assert found["a", "b"].segments == 30
    assert abs(found["a", "c"].envelope_r) < 0.2


def test_couplings_of_nothing():
    assert couplings([], 1000) == {}
    short = couplings([{"a": np.zeros(10), "b": np.zeros(10)}], 1000)
    assert math.isnan(short["a", "b"].coherence)
    flat = couplings([{"a": np.zeros(3000), "b": np.ones(3000)}] * 2, 1000)
    assert math.isnan(flat["a", "b"].coherence)
    assert math.isnan(flat["a", "b"].envelope_r)


def test_a_grade_that_was_entered_counts_without_tasks():
    muscles = {"RM_R": (20, -0.03, 0.05, "cos"), "MT_R": (20, 0.0, 0.05, "cos")}
    inputs = recording(np.random.default_rng(5), muscles, kind="noise")
    found = analyse_recording(replace(inputs, electrodes={"RM_R": {"selectivity": "C"}}))
    assert found["verdict"]["state"] == "not interpretable"
    assert any("grade C (as entered)" in reason for reason in found["verdict"]["reasons"])
