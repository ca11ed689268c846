"""The main job, from wire bytes to verdict, on laboratories whose truth is known."""

import numpy as np
import pytest

import labapp
from labapp.analysis.edited import edited_result
from labapp.workflow.files import check
from labapp.workflow.pull_traces import pull_traces

PAIR = "RM_R-UT_R"


def true_lag_ms(truth, first="RM_R", second="UT_R"):
    return [
        (pull["onsets_ns"][first] - pull["onsets_ns"][second]) / 1e6
        for pull in truth["pulls"]
        if pull["pull"] == "fast"
    ]


def test_a_lead_of_30_ms_is_found(recorded):
    one = recorded("rhomboid_leads_30ms")
    pair = one.document["order"]["pairs"][PAIR]
    assert np.mean(true_lag_ms(one.truth)) == pytest.approx(-30, abs=4)
    assert pair["lag_ms"] == pytest.approx(-30, abs=5)
    assert pair["lag_ms"] == pytest.approx(np.mean(true_lag_ms(one.truth)), abs=4)
    assert pair["low_ms"] < pair["lag_ms"] < pair["high_ms"]
    assert pair["n"] >= 10
    assert pair["verdict"] == "first"
    assert one.document["order"]["p_first"]["RM_R"] > 0.95
    verdict = one.document["verdict"]
    assert (verdict["state"], verdict["muscle"]) == ("first", "RM_R")


def test_unequal_noise_is_not_taken_for_an_order(recorded):
    one = recorded("equal_onsets_unequal_snr")
    assert np.mean(true_lag_ms(one.truth)) == pytest.approx(0, abs=4)
    order = one.document["order"]
    assert order["pairs"][PAIR]["verdict"] != "first"
    assert one.document["verdict"]["state"] != "first"
    raw = [
        rep["onsets"]["RM_R"]["hb3_s"] - rep["onsets"]["UT_R"]["hb3_s"]
        for rep in one.document["repetitions"]
        if rep["block"] == "fast"
        and rep["onsets"]["RM_R"]["hb3_s"] is not None
        and rep["onsets"]["UT_R"]["hb3_s"] is not None
    ]
    # What a plain three-standard-deviations rule says of the same pulls.
    assert len(raw) >= 8
    assert np.mean(np.array(raw) < 0) > 0.9
    assert order["pairs"][PAIR]["lag_raw_ms"] < -5


def test_a_silent_muscle_is_not_interpretable(recorded):
    document = recorded("no_rhomboid").document
    assert document["verdict"]["state"] == "not interpretable"
    reasons = " ".join(document["verdict"]["reasons"])
    assert "RM" in reasons
    assert document["order"]["pairs"][PAIR]["verdict"] == "not interpretable"


@pytest.mark.parametrize("scenario", ["lossy", "rhomboid_leads_30ms"])
def test_received_and_lost_are_exactly_what_was_sent(recorded, scenario):
    one = recorded(scenario)
    with labapp.open_session(one.path) as session:
        for name, stream in session.streams.items():
            (truth,) = one.truth["devices"][name]["runs"]
            sent = truth["sent"]
            lost = lost_indices(truth)
            assert stream.received + stream.lost == sent, name
            gaps = {i for gap in stream.gaps for i in range(gap.first, gap.stop)}
            tail = set(range(stream.n, sent))
            assert gaps | tail == lost, name
    if scenario == "lossy":
        assert one.document["streams"]["emg"]["lost"] > 50
    assert [finding for finding in check(one.path) if finding.level != "note"] == []


def lost_indices(truth):
    """Frames that never arrived, and frames that arrived damaged."""
    dropped = {i for first, stop in truth["dropped"] for i in range(first, stop)}
    return dropped | set(truth["damaged"])


def test_every_cue_of_the_protocol_is_in_the_session(recorded):
    one = recorded("rhomboid_leads_30ms")
    with labapp.open_session(one.path) as session:
        cues = [marker for marker in session.markers if marker.kind == "cue"]
        assert [m.data["block"] for m in cues] == ["reference"] * 3 + ["fast"] * 12
        heard = [pull["cue_ns"] for pull in one.truth["pulls"]]
        assert np.allclose([m.time * 1e9 for m in cues], heard, atol=1)
        assert session.participant == "DEMO-001"
        assert 'id = "isometric_pull"' in session.protocol_text
        assert not any(rep["rejected"] for rep in session.repetitions)


def test_traces_of_the_pulls_are_what_the_analysis_saw(recorded):
    one = recorded("rhomboid_leads_30ms")
    by_hand = edited_result(one.document, {})
    assert by_hand["verdict"] == one.document["verdict"]
    traces = pull_traces(one.path, one.document)
    assert list(traces) == [rep["index"] for rep in one.document["repetitions"]]
    for rep in one.document["repetitions"]:
        pull = traces[rep["index"]]
        assert pull.zero_s == rep["cue_s"]
        assert pull.force is not None
        for muscle, onset in rep["onsets"].items():
            trace = pull.emg[muscle]
            assert trace.times[0] <= rep["cue_s"] - 0.49
            rest = trace.values[trace.times < onset["low_s"] - 0.05]
            burst = trace.values[trace.times > onset["high_s"] + 0.05]
            assert np.std(burst) > 3 * np.std(rest)


def test_the_document_is_complete(recorded):
    document = recorded("rhomboid_leads_30ms").document
    assert document["schema"] == "labapp-analysis/1"
    assert document["protocol"] == "isometric_pull"
    assert document["participant"] == "DEMO-001"
    assert document["labapp"] == labapp.__version__
    assert len(document["repetitions"]) == 12
    fast = [rep for rep in document["repetitions"] if rep["block"] == "fast"]
    assert sum(rep["valid"] for rep in fast) >= 10
    assert document["ratios"]
    assert document["ratios_withheld"] == []
    assert document["force"]["peak_n"]["n"] == 12
    assert document["timing"]["sync"]


def test_ratios_are_near_the_truth(recorded):
    one = recorded("rhomboid_leads_30ms")
    pulls = [pull for pull in one.truth["pulls"] if pull["pull"] == "fast"]
    for name, phases in one.document["ratios"].items():
        a, b = name.split(":")
        true = np.exp(
            np.mean([np.log(p["percent"][a]["hold"] / p["percent"][b]["hold"]) for p in pulls])
        )
        assert phases["hold"]["ratio"] == pytest.approx(true, rel=0.15), name
