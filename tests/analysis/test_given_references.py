"""References of another recording: they win, with their uncertainty, and the own stay beside."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from made_emg import recording

from labapp.analysis import GivenReferences, Reference, analyse_recording
from labapp.analysis.given import counted_from

MUSCLES = {"RM_R": (20, -0.03, 0.05, "cos"), "UT_R": (20, 0.0, 0.05, "cos")}
METHOD = "greatest 500 ms RMS over 21 contractions"
SOURCE = {"session": "mvic", "method": METHOD}
NAN = math.nan


def reference(value, log_sd=0.05, n=3, **more):
    reach = math.exp(4.302652729911275 * log_sd)
    return Reference(value, n, log_sd, 30.0, "", value / reach, value * reach, n - 1.0, **more)


@pytest.fixture(scope="module")
def pulls():
    return recording(np.random.default_rng(1), MUSCLES, n=4)


@pytest.fixture(scope="module")
def own(pulls):
    return analyse_recording(pulls)


def analysed(pulls, **muscles):
    return analyse_recording(replace(pulls, given=GivenReferences(muscles, SOURCE)))


@pytest.fixture(scope="module")
def doubled(pulls, own):
    """Both muscles counted from exactly twice and four times their own reference."""
    values = {m: 1e-6 * own["reference"]["muscles"][m]["value_uv"] for m in MUSCLES}
    return analysed(pulls, RM_R=reference(2 * values["RM_R"]), UT_R=reference(4 * values["UT_R"]))


def test_amplitudes_and_ratios_are_those_of_the_given_reference(own, doubled):
    for muscle, factor in (("RM_R", 2), ("UT_R", 4)):
        for phase in ("pull", "hold"):
            one = doubled["amplitudes"][muscle][phase]
            before = own["amplitudes"][muscle][phase]
            assert one["percent"] == pytest.approx(before["percent"] / factor, rel=1e-8)
            assert one["rms_uv"] == before["rms_uv"]
    for phase in ("pull", "hold"):
        one = doubled["ratios"]["RM_R:UT_R"][phase]
        before = own["ratios"]["RM_R:UT_R"][phase]
        assert one["ratio"] == pytest.approx(2 * before["ratio"], rel=1e-8)
        assert one["n"] == before["n"]


def test_the_interval_holds_the_uncertainty_of_what_was_given(pulls, own, doubled):
    value = 2e-6 * own["reference"]["muscles"]["RM_R"]["value_uv"]
    sharp = analysed(pulls, RM_R=reference(value, 0.0), UT_R=reference(1e-4, 0.0))
    wide = doubled["amplitudes"]["RM_R"]["hold"]
    narrow = sharp["amplitudes"]["RM_R"]["hold"]
    assert wide["percent"] == narrow["percent"]
    assert wide["low"] < narrow["low"] < narrow["percent"] < narrow["high"] < wide["high"]
    # Log scale: the standard uncertainties add as squares, 0.05 beside that of the repetitions.
    mean = narrow["sd"] / narrow["percent"] / math.sqrt(narrow["n"])
    both, df = math.hypot(mean, 0.05), narrow["n"] - 1
    freedom = both**4 / (mean**4 / df + 0.05**4 / 2)
    from scipy.stats import t as student

    reach = math.exp(student.ppf(0.975, freedom) * both)
    assert wide["high"] == pytest.approx(wide["percent"] * reach, rel=1e-7)


def test_the_document_says_where_from_and_keeps_the_own(own, doubled):
    part = doubled["reference"]
    assert part["source"] == SOURCE
    assert part["method"] == METHOD
    assert all(one["given"] for one in part["muscles"].values())
    assert part["own"] == own["reference"]


def test_without_given_references_the_document_is_the_same(own, doubled):
    assert set(own["reference"]) == {"method", "muscles"}
    assert not any("given" in one for one in own["reference"]["muscles"].values())
    # Whatever is not counted from a reference does not know of one.
    counted = {"reference", "amplitudes", "ratios", "variability", "co_activation", "asymmetry"}
    assert json.dumps({k: v for k, v in doubled.items() if k not in counted}) == json.dumps(
        {k: v for k, v in own.items() if k not in counted}
    )


def test_a_session_without_reference_block_is_counted_from_the_given(own, doubled):
    bare = recording(np.random.default_rng(1), MUSCLES, n=4, reference=False)
    nothing = analyse_recording(bare)
    assert nothing["reference"] is None
    assert nothing["ratios"] == {}
    found = analysed(bare, RM_R=reference(1e-4), UT_R=reference(1e-4))
    assert found["ratios_withheld"] == []
    assert found["ratios"]["RM_R:UT_R"]["hold"]["ratio"] is not None
    assert found["reference"]["own"]["muscles"]["RM_R"]["value_uv"] is None


def test_muscles_counted_from_two_recordings_are_not_compared(pulls):
    found = analysed(pulls, RM_R=reference(1e-4))
    assert found["ratios"] == {}
    assert found["ratios_withheld"] == [
        "UT_R: only a reference of its own, the others have theirs from another recording: it "
        "cannot be compared with them"
    ]
    assert found["amplitudes"]["UT_R"]["hold"]["percent"] is not None
    assert found["reference"]["muscles"]["UT_R"]["given"] is False
    assert list(found["reference"]["own"]["muscles"]) == ["RM_R"]


def test_a_submaximal_one_gives_percent_but_no_ratio_and_yields_to_maximal_pulls():
    weak = reference(1e-4, kind="submaximal")
    weak = replace(weak, reason="only a submaximal reference")
    none = Reference(NAN, 0, NAN, NAN, "no reference contraction could be measured")
    strong = reference(2e-4)
    assert counted_from({"UT_R": none, "LT_R": none}, {"UT_R": weak}) == {
        "UT_R": weak,
        "LT_R": none,
    }
    assert counted_from({"UT_R": strong}, {"UT_R": weak}) == {"UT_R": strong}
    assert counted_from({"UT_R": strong}, {}) == {"UT_R": strong}
    bare = recording(np.random.default_rng(1), MUSCLES, n=4, reference=False)
    found = analysed(bare, RM_R=weak, UT_R=weak)
    assert found["ratios"] == {}
    assert found["ratios_withheld"][0] == "RM_R: only a submaximal reference"
    assert found["amplitudes"]["RM_R"]["hold"]["percent"] is not None


def test_pulls_above_the_given_maximum_say_so(pulls, own):
    small = 0.5e-6 * own["reference"]["muscles"]["RM_R"]["value_uv"]
    found = analysed(pulls, RM_R=reference(small), UT_R=reference(1e-3))
    assert "probably not maximal" in found["reference"]["muscles"]["RM_R"]["notes"][0]
    assert found["reference"]["muscles"]["UT_R"]["notes"] == []
