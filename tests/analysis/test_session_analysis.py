import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from made_emg import recording

from labapp.analysis import AnalysisSettings, EmgChannel, RecordingInput, analyse_recording
from labapp.analysis.document import streams_part
from labapp.analysis.session_quality import outage_findings
from labapp.analysis.settings import settings_from
from labapp.errors import LabError

COS = "cos"


@pytest.fixture(scope="module")
def leading():
    muscles = {"RM_R": (20, -0.03, 0.05, COS), "UT_R": (20, 0.0, 0.05, COS)}
    return recording(np.random.default_rng(1), muscles)


@pytest.fixture(scope="module")
def document(leading):
    return analyse_recording(leading)


def check(value):
    if isinstance(value, dict):
        assert all(isinstance(key, str) for key in value)
        for item in value.values():
            check(item)
    elif isinstance(value, list):
        for item in value:
            check(item)
    else:
        assert value is None or type(value) in (str, bool, int, float)


def test_document_is_json_and_repeatable(leading, document):
    check(document)
    text = json.dumps(document, allow_nan=False, sort_keys=True)
    assert json.dumps(analyse_recording(leading), allow_nan=False, sort_keys=True) == text
    assert document["schema"] == "labapp-analysis/1"
    assert document["parameters_sha256"] == AnalysisSettings().sha256()


def test_contract_fields(document):
    rep = document["repetitions"][0]
    assert {
        "index",
        "valid",
        "reasons",
        "cue_s",
        "force_onset_s",
        "onsets",
        "block",
        "number",
        "phases",
        "force_peak_n",
    } <= set(rep)
    assert {
        "time_s",
        "low_s",
        "high_s",
        "state",
        "snr_db",
        "rise_s",
        "neq_s",
        "neq_sd_ms",
        "hb3_s",
        "emd_ms",
    } <= set(rep["onsets"]["RM_R"])
    assert {
        "muscles",
        "n",
        "asked",
        "p_first",
        "share_first",
        "share_first_interval",
        "pairs",
        "n_complete",
        "kendall_w",
        "modal_order",
    } <= set(document["order"])
    pair = document["order"]["pairs"]["RM_R-UT_R"]
    assert {
        "lag_ms",
        "low_ms",
        "high_ms",
        "n",
        "p_before",
        "verdict",
        "reasons",
        "sd_ms",
        "p_holm",
        "lag_raw_ms",
        "bias_ms",
        "lag_posterior_ms",
        "rope_ms",
        "n_needed",
        "lags_ms",
        "snr_db",
        "rise_ms",
        "robust",
    } <= set(pair)
    assert {"resolution_ms", "sync", "uncertainty_ms", "links"} == set(document["timing"])
    assert {"state", "muscle", "headline", "reasons", "n_needed"} == set(document["verdict"])
    assert {"ratio", "low", "high", "n", "gcv_percent", "text"} == set(
        document["ratios"]["RM_R:UT_R"]["hold"]
    )
    assert len(pair["lags_ms"]) == 12


def test_leading_rhomboid_is_called(document):
    pair = document["order"]["pairs"]["RM_R-UT_R"]
    assert pair["lag_ms"] == pytest.approx(-30, abs=6)
    assert document["order"]["p_first"]["RM_R"] > 0.95
    assert document["verdict"]["state"] == "first"
    assert document["verdict"]["muscle"] == "RM_R"
    assert document["verdict"]["headline"].startswith("Rhomboid major before upper trapezius by ")
    assert "12 repetitions)" in document["verdict"]["headline"]


def test_every_repetition_tells_its_order(document):
    orders = [rep["order"] for rep in document["repetitions"]]
    assert len(orders) == 12
    assert all(order.startswith("RM_R>") for order in orders)
    assert all(set(re.split("[>=]", order)) == {"RM_R", "UT_R"} for order in orders)


def test_ratio_of_equal_drives_is_one(document):
    hold = document["ratios"]["RM_R:UT_R"]["hold"]
    assert hold["low"] < 1.15
    assert hold["high"] > 0.87
    assert document["ratios_withheld"] == []
    assert document["force"]["peak_n"]["mean"] == pytest.approx(300, abs=3)
    assert document["force"]["emd_ms"]["RM_R"]["mean"] == pytest.approx(90, abs=15)


@pytest.mark.parametrize("seed", [2, 3])
def test_equal_onsets_with_unequal_noise_never_say_first(seed):
    muscles = {"RM_R": (26, 0.0, 0.05, COS), "UT_R": (12, 0.0, 0.05, COS)}
    found = analyse_recording(recording(np.random.default_rng(seed), muscles, kind="noise"))
    pair = found["order"]["pairs"]["RM_R-UT_R"]
    assert found["verdict"]["state"] != "first"
    assert abs(pair["lag_ms"]) < 10
    # What the plain 3-SD detector makes of the same pulls.
    assert pair["lag_raw_ms"] < -10
    hb3 = [
        rep["onsets"]["RM_R"]["hb3_s"] < rep["onsets"]["UT_R"]["hb3_s"]
        for rep in found["repetitions"]
        if rep["onsets"]["RM_R"]["hb3_s"] and rep["onsets"]["UT_R"]["hb3_s"]
    ]
    assert np.mean(hb3) > 0.8


def test_no_rhomboid_signal_is_not_interpretable():
    muscles = {"RM_R": (None, 0.0, 0.05, COS), "UT_R": (20, 0.0, 0.05, COS)}
    found = analyse_recording(recording(np.random.default_rng(4), muscles, kind="noise"))
    assert found["verdict"]["state"] == "not interpretable"
    assert "RM_R: no burst found in 12 of 12 repetitions (SNR 0 dB)" in found["verdict"]["headline"]
    assert found["order"]["pairs"]["RM_R-UT_R"]["lag_ms"] is None
    assert "RM_R" not in found["order"]["p_first"]
    assert found["ratios"] == {}
    assert any("RM_R" in reason for reason in found["ratios_withheld"])


def test_t4_unequal_rise_is_not_interpretable():
    muscles = {"RM_R": (20, 0.0, 0.05, COS), "UT_R": (20, 0.0, 0.2, COS)}
    found = analyse_recording(recording(np.random.default_rng(5), muscles, kind="noise"))
    assert found["verdict"]["state"] == "not interpretable"
    assert any("different speed" in reason for reason in found["verdict"]["reasons"])


def test_crosstalk_is_named():
    inputs = recording(
        np.random.default_rng(6),
        {"RM_R": (20, -0.03, 0.05, COS), "UT_R": (20, 0.0, 0.05, COS)},
        kind="noise",
    )
    a, b = inputs.emg
    mixed = replace(b, values=b.values + 0.8 * a.values)
    found = analyse_recording(replace(inputs, emg=[a, mixed]))
    assert found["verdict"]["state"] == "not interpretable"
    assert any("crosstalk" in reason for reason in found["verdict"]["reasons"])


def test_devices_close_the_gate(leading):
    facts = replace(leading.streams["emg"], onset_capable="no", onset_reason="100 Hz envelope")
    found = analyse_recording(replace(leading, streams={"emg": facts}))
    assert found["verdict"]["state"] == "not interpretable"
    assert "100 Hz envelope" in found["verdict"]["reasons"][0]
    for pair in found["order"]["pairs"].values():
        assert pair["gates"] == pair["reasons"]
    apart = replace(leading.emg[1], stream="other")
    found = analyse_recording(replace(leading, emg=[leading.emg[0], apart], sync="unsynchronised"))
    assert "common clock" in found["verdict"]["reasons"][0]


def test_lost_samples_lose_repetitions_not_truth(leading):
    cue = leading.repetitions[3].cue_s
    values = leading.emg[0].values.copy()
    first = int((cue + 0.1) * 1000)
    values[first : first + 80] = np.nan
    gapped = replace(leading.emg[0], values=values)
    found = analyse_recording(replace(leading, emg=[gapped, leading.emg[1]]))
    onset = found["repetitions"][3]["onsets"]["RM_R"]
    assert onset["state"] == "not_measurable"
    assert onset["time_s"] is None
    assert found["order"]["pairs"]["RM_R-UT_R"]["n"] == 11
    assert found["verdict"]["state"] == "first"


def test_a_device_that_was_away_is_told(leading):
    def told(**facts):
        emg = replace(leading.streams["emg"], **facts)
        findings = outage_findings(replace(leading, streams={"emg": emg}))
        return [(one.channel, one.check, one.level, one.text) for one in findings]

    assert told() == []
    assert told(outages=((4.0, 5.25),)) == [
        ("emg", "outage", "warn", "away from 4.00 to 5.25 s: nothing was recorded of it then")
    ]
    ((_, _, _, text),) = told(outages=((4.0, 5.25), (7.0, 7.5)))
    assert text == "away 2 times, 1.75 s in all: nothing was recorded of it then"
    facts = {"emg": replace(leading.streams["emg"], outages=((4.0, 5.25),))}
    assert streams_part(replace(leading, streams=facts))["emg"]["outages_s"] == [[4.0, 5.25]]


def test_cues_without_force_and_other_montages():
    inputs = recording(
        np.random.default_rng(7),
        {"left": (20, -0.04, 0.05, COS), "right": (20, 0.0, 0.05, COS)},
        kind="noise",
        with_force=False,
        reference=False,
    )
    found = analyse_recording(inputs)
    assert found["verdict"]["headline"].startswith("Left before right by ")
    assert found["force"]["peak_n"] is None
    assert found["ratios"] == {}
    assert found["ratios_withheld"]
    assert found["reference"] is None


def test_single_muscle_and_no_repetitions(leading):
    alone = analyse_recording(replace(leading, emg=leading.emg[:1]))
    assert alone["verdict"]["state"] == "not interpretable"
    check(alone)
    nothing = analyse_recording(replace(leading, repetitions=()))
    assert nothing["verdict"]["state"] == "not interpretable"
    assert "no valid repetition" in nothing["verdict"]["headline"]
    check(nothing)


def test_bad_inputs_are_refused(leading):
    with pytest.raises(LabError):
        analyse_recording(RecordingInput([], ()))
    with pytest.raises(LabError):
        analyse_recording(replace(leading, emg=[leading.emg[0], leading.emg[0]]))
    short = EmgChannel("UT_R", np.zeros(5), np.zeros(4), 1000)
    with pytest.raises(LabError):
        analyse_recording(replace(leading, emg=[short]))


def test_flat_channel_and_all_lost(leading):
    flat = replace(leading.emg[0], values=np.zeros_like(leading.emg[0].values))
    found = analyse_recording(replace(leading, emg=[flat, leading.emg[1]]))
    assert found["verdict"]["state"] == "not interpretable"
    assert any(q["check"] == "flat" and q["level"] == "bad" for q in found["quality"])
    lost = replace(leading.emg[0], values=np.full_like(leading.emg[0].values, math.nan))
    found = analyse_recording(replace(leading, emg=[lost, leading.emg[1]]))
    assert found["verdict"]["state"] == "not interpretable"
    check(found)


def test_progress_reaches_the_end(leading):
    told = []
    analyse_recording(leading, progress=lambda what, share: told.append(share))
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_plan_settings():
    assert settings_from({"rope_ms": 15, "baseline_s": [-0.6, -0.1]}).rope_ms == 15.0
    for bad in ({"ropes": 1}, {"rope_ms": "x"}, {"min_repetitions": 2.5}, {"equalise": 1}):
        with pytest.raises(LabError):
            settings_from(bad)
