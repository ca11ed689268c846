from __future__ import annotations

import re

from labapp.report.methods import UNKNOWN, methods_paragraph

COMPLETE = {
    "report": {
        "participant": {"age": "25 to 30", "sex": "f", "dominance": "right"},
        "electrodes": {
            "RM_R": {
                "material": "Ag/AgCl",
                "shape": "disc",
                "size_mm": 10,
                "ied_mm": 10,
                "site_id": "RM caudal window",
                "orientation_text": "along the fibres",
                "skin_prep": "shaved, abraded, alcohol",
                "impedance_kohm": 4,
                "selectivity": "B",
                "reference_site": "left clavicle",
            },
            "UT_R": {"ied_mm": 20, "site_id": "SENIAM upper trapezius"},
        },
        "amplifier": {
            "mode": "single differential",
            "gain": 1009,
            "input_impedance_Mohm": 100000,
            "cmrr_db": 86,
            "hw_band_hz": [25, 480],
            "adc_bits": 10,
        },
        "force": {
            "model": "S-type 500 kg",
            "masses": "5 x 20 kg",
            "g": 9.81,
            "max_nonlin_percent": 0.1,
            "hysteresis_percent": 0.0,
        },
    }
}


def test_a_complete_session_has_nothing_missing(analysis):
    text, missing = methods_paragraph(COMPLETE, analysis)
    assert missing == []
    assert UNKNOWN not in text
    for words in (
        "rhomboid major, upper trapezius, middle trapezius and lower trapezius of the right side",
        "10 and 20 mm apart",
        "selectivity grade B",
        "25 to 480 Hz and sampled at 1000 Hz with 10 bits",
        "20 to 450 Hz",
        "hysteresis 0 % FS",
        "11 of 12 repetitions were analysed (baseline not quiet)",
        "1 of 48 onsets were set by hand",
        "±10 ms",
        "labapp 0.1.0",
    ):
        assert words in text


def test_every_unknown_is_listed_once(analysis):
    text, missing = methods_paragraph({}, analysis)
    assert text.count(UNKNOWN) == len(missing)
    assert len(missing) == len(set(missing))
    assert {"age", "gain", "impedance (kOhm)", "rhomboid selectivity grade"} <= set(missing)


def test_one_missing_fact_is_one_entry(analysis):
    info = {"report": {**COMPLETE["report"], "amplifier": dict(COMPLETE["report"]["amplifier"])}}
    del info["report"]["amplifier"]["gain"]
    text, missing = methods_paragraph(info, analysis)
    assert missing == ["gain"]
    assert f"amplified by {UNKNOWN}" in text


def test_an_empty_session_still_gives_a_paragraph():
    text, missing = methods_paragraph({}, {})
    assert text.count(UNKNOWN) == len(missing)
    assert "No force was recorded." in text
    assert not re.search(r"\b(None|nan)\b", text)


def test_without_reference_it_says_so(withheld):
    text, _ = methods_paragraph(COMPLETE, withheld)
    assert "Amplitudes were not normalised" in text


def test_the_frozen_plan_and_its_changes_are_told(analysis):
    frozen = {"frozen": True, "sha256": "ab" * 32, "frozen_utc": "2026-03-04T12:00:00+00:00"}
    text, _ = methods_paragraph(COMPLETE, analysis | {"plan": {**frozen, "changes": []}})
    assert "frozen on 2026-03-04 before the first repetition (SHA-256 abababababab)" in text
    assert "changes since: none." in text
    changes = ["rope_ms: 10.0 planned, 20.0 used", "fast 3 was done again at 60 s"]
    text, _ = methods_paragraph(COMPLETE, analysis | {"plan": {**frozen, "changes": changes}})
    assert "changes since: rope_ms: 10.0 planned, 20.0 used; fast 3 was done again at 60 s." in text
    text, _ = methods_paragraph(COMPLETE, analysis | {"plan": {"frozen": False, "changes": []}})
    assert "No plan was frozen before the recording." in text


def test_the_calibration_and_the_measured_grade_are_told(analysis):
    line = {"masses_kg": [0, 10, 20], "g": 9.8127, "made_utc": "2026-03-04T12:00:00+00:00",
            "nonlinearity_percent": 0.12, "hysteresis_percent": 0.05}  # fmt: skip
    grade = {"RM_R": {"grade": "A", "index": 1.52, "low": 1.2, "high": 1.84}}
    text, missing = methods_paragraph({}, analysis | {"calibrations": [line], "selectivity": grade})
    assert "calibrated on 2026-03-04 with 0, 10 and 20 kg at g = 9.8127 m/s²" in text
    assert "non-linearity 0.12 % FS, hysteresis 0.05 % FS" in text
    assert "selectivity grade A (index 1.52, 95 % interval 1.20 to 1.84)" in text
    assert "rhomboid selectivity grade" not in missing
