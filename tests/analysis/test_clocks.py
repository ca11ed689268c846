"""Results that span two devices: what is claimed, and how uncertain it is said to be."""

import json
from dataclasses import replace

import numpy as np
import pytest
from made_emg import recording

from labapp.analysis.clocks import UNKNOWN, between_s, delay_clocks, latency_findings, timing_part
from labapp.analysis.inputs import ClockLink, StreamFacts
from labapp.analysis.session_analysis import analyse_recording
from labapp.analysis.settings import AnalysisSettings

SETTINGS = AnalysisSettings()


def facts(**known):
    base = {"driver": "x", "rate_hz": 1000.0, "rate_nominal_hz": 1000.0, "received": 1}
    return StreamFacts(**base, lost=0, gaps=0, **known)


def verified(u_s=0.3e-3, **known):
    return ClockLink("emg", True, "verified by 21 pulses", "pulses", -0.037, u_s, 21, 0.1, 4e-4,
                     **known)  # fmt: skip


UNRELATED = ClockLink("emg", False, reasons=("emg saw 0 pulses, 4 are needed",))


@pytest.fixture(scope="module")
def apart():
    """Two muscles on one box, the force on another device, nothing known between them."""
    muscles = {"RM_R": (20, -0.03, 0.05, "cos"), "UT_R": (20, 0.0, 0.05, "cos")}
    inputs = recording(np.random.default_rng(1), muscles, n=10, reference=False)
    force = replace(inputs.force, stream="force")
    streams = {
        "emg": facts(filter_delay_s=0.0003, filter_delay_u_s=0.0005),
        "force": facts(filter_delay_s=0.025, filter_delay_u_s=0.0125),
    }
    return replace(inputs, force=force, streams=streams, links={"force": UNRELATED})


@pytest.fixture(scope="module")
def document(apart):
    return analyse_recording(apart)


@pytest.fixture(scope="module")
def related(apart):
    return analyse_recording(replace(apart, links={"force": verified()}, sync="verified"))


def emd(found):
    return found["force"]["emd_ms"]["RM_R"]


def test_without_sync_the_text_is_the_references(document):
    force = document["force"]
    assert not force["emd_valid"]
    assert UNKNOWN in force["emd_text"]
    assert "24.7 ± 12.5 ms (data sheets) is taken off" in force["emd_text"]
    assert emd(document)["u_ms"] is None
    assert document["timing"]["links"]["force"]["text"] == UNKNOWN
    assert document["timing"]["sync"] == "one clock"
    json.dumps(document, allow_nan=False)


def test_lags_of_muscles_on_one_box_do_not_notice(apart, document, related):
    plain = analyse_recording(replace(apart, links={}, streams={}, sync="one clock"))
    for other in (plain, related):
        assert json.dumps(other["order"]) == json.dumps(document["order"])
        assert other["verdict"] == document["verdict"]
        assert other["timing"]["resolution_ms"] == document["timing"]["resolution_ms"]


def test_filters_are_taken_off_unless_the_clocks_are_related(document, related):
    assert emd(related)["mean"] - emd(document)["mean"] == pytest.approx(24.7, abs=1e-6)
    for one, other in zip(related["repetitions"], document["repetitions"], strict=True):
        a, b = (rep["onsets"]["RM_R"]["emd_ms"] for rep in (one, other))
        assert (a is None) == (b is None)
        if a is not None:
            assert a - b == pytest.approx(24.7, abs=1e-6)


def test_a_verified_delay_carries_its_uncertainty(apart, related):
    sharp = related
    blunt = analyse_recording(replace(apart, links={"force": verified(0.01)}, sync="verified"))
    assert sharp["force"]["emd_valid"]
    text = "from EMG onset to force onset; timing verified by 21 pulses, ± 0.3 ms"
    assert sharp["force"]["emd_text"] == text
    for found, u_ms in ((sharp, 0.3), (blunt, 10.0)):
        one = emd(found)
        assert one["timing_u_ms"] == u_ms
        assert one["u_ms"] > u_ms
        assert one["high"] - one["mean"] > 1.96 * u_ms
    assert emd(sharp)["mean"] == emd(blunt)["mean"]
    assert emd(blunt)["u_ms"] ** 2 - emd(sharp)["u_ms"] ** 2 == pytest.approx(100 - 0.09)


def test_one_device_needs_no_words_about_clocks(apart):
    clocks = delay_clocks(replace(apart, force=replace(apart.force, stream="emg"), links={}))
    assert {one.text for one in clocks.values()} == {"from EMG onset to force onset"}
    assert {(one.valid, one.u_s, one.shift_s) for one in clocks.values()} == {(True, 0.0, 0.0)}


@pytest.mark.parametrize(
    ("beat_s", "overrides", "valid"), [(0.0015, False, True), (0.016, False, False),
                                       (0.016, True, True)],
)  # fmt: skip
def test_a_hidden_wait_makes_a_delay_invalid(apart, beat_s, overrides, valid):
    streams = {**apart.streams, "force": facts(beat_s=beat_s)}
    links = {"force": verified(overrides_map=overrides)}
    clock = delay_clocks(replace(apart, streams=streams, links=links))["RM_R"]
    assert clock.valid is valid
    assert ("may hide 16 ms" in clock.text) is not valid


@pytest.mark.parametrize("rate", [10.0, 80.0, 900.0])
def test_a_slow_load_cell_gives_no_delay(apart, rate):
    force = replace(apart.force, rate=rate)
    clock = delay_clocks(replace(apart, force=force, links={"force": verified()}))["RM_R"]
    assert not clock.valid
    assert f"samples at {rate:.0f} Hz" in clock.text
    assert "± 0.3 ms" in clock.text


def two_boxes(apart, link):
    other = replace(apart.emg[1], stream="other")
    sync = "verified" if link.verified else "unsynchronised"
    streams = {**apart.streams, "other": facts()}
    links = {"force": verified(), "other": link}
    return replace(apart, emg=[apart.emg[0], other], sync=sync, streams=streams, links=links)


def test_lags_across_two_boxes_carry_the_clocks(apart, document):
    narrow = document["order"]["pairs"]["RM_R-UT_R"]
    found = analyse_recording(two_boxes(apart, verified(1e-3)))["order"]["pairs"]["RM_R-UT_R"]
    assert found["timing_u_ms"] == 1.0
    assert found["lag_ms"] == narrow["lag_ms"]
    half = found["high_ms"] - found["lag_ms"]
    assert half == pytest.approx(np.hypot(narrow["high_ms"] - narrow["lag_ms"], 1.96), rel=1e-6)
    assert "timing_u_ms" not in narrow


@pytest.mark.parametrize(
    ("link", "word"), [(UNRELATED, "common clock"), (verified(4e-3), "by ± 4 ms only")]
)
def test_clocks_that_do_not_relate_well_close_the_gate(apart, link, word):
    found = analyse_recording(two_boxes(apart, link))
    assert found["verdict"]["state"] == "not interpretable"
    assert word in " ".join(found["verdict"]["reasons"])


def test_between_two_related_streams_both_count(apart):
    inputs = two_boxes(apart, verified(4e-4))
    assert between_s(inputs, "emg", "emg") == 0
    assert between_s(inputs, "emg", "other") == pytest.approx(4e-4)
    assert between_s(inputs, "other", "force") == pytest.approx(5e-4)
    assert np.isnan(between_s(replace(inputs, links={}, sync="unsynchronised"), "emg", "other"))
    part = timing_part(inputs, None, SETTINGS)
    assert part["uncertainty_ms"] == pytest.approx(np.hypot(0.4, 1000 * np.sqrt(2 / 12) / 1000))


def test_a_long_latency_timer_is_a_finding():
    streams = {"a": facts(latency_timer_ms=16), "b": facts(latency_timer_ms=1), "c": facts()}
    (found,) = latency_findings(streams)
    assert (found["channel"], found["value"], found["level"]) == ("a", 16.0, "warn")
