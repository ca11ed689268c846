from __future__ import annotations

import re

from labapp.report.known import UNKNOWN
from labapp.report.methods import methods_paragraph
from labapp.report.stated import before_recording

ELECTRODE = {
    "material": "Ag/AgCl",
    "shape": "disc",
    "size_mm": 10.0,
    "gel": "wet gel",
    "ied_mm": 20.0,
    "orientation_text": "along the fibres",
    "skin_prep": "shaved, abraded, alcohol",
    "impedance_kohm": 4.0,
    "reference_site": "left clavicle",
    "distances_mm": {"C7": 62.0, "acromion": 95.0},
}
COMPLETE = {
    "report": {
        "participant": {
            "age": "25 to 30",
            "sex": "f",
            "dominance": "right",
            "training_status": "rows twice a week",
        },
        "electrodes": {
            "RM_R": {**ELECTRODE, "ied_mm": 10, "site_id": "caudal window", "selectivity": "B"},
            **{
                f"{muscle}_R": {**ELECTRODE, "site_id": f"SENIAM {muscle}"}
                for muscle in ("UT", "MT", "LT")
            },
        },
        "normalisation": {"joint_angles": "shoulder 90 degrees out", "training": "two at 50 %"},
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
            "capacity_n": 4905.0,
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
        "dominant hand right, training status rows twice a week)",
        "measured by S-type 500 kg (capacity 4905 N), calibrated with",
        "11 of 12 repetitions were analysed (baseline not quiet)",
        "set by hand: 1 of 48 onsets (2.1 %) by rater A, not blind; the verdict rests on the "
        "automatic onsets",
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


def test_an_electrode_without_its_fact_is_named(analysis):
    electrodes = dict(COMPLETE["report"]["electrodes"])
    electrodes["UT_R"] = {k: v for k, v in electrodes["UT_R"].items() if k != "ied_mm"}
    info = {"report": {**COMPLETE["report"], "electrodes": electrodes}}
    text, missing = methods_paragraph(info, analysis)
    assert missing == ["inter-electrode distance (mm) of UT R"]
    assert f"10, 20 and {UNKNOWN} mm apart" in text


def test_an_electrode_that_is_placed_by_one_landmark_is_named(analysis):
    electrodes = dict(COMPLETE["report"]["electrodes"])
    electrodes["UT_R"] = {**electrodes["UT_R"], "distances_mm": {"C7": 62.0}}
    info = {"report": {**COMPLETE["report"], "electrodes": electrodes}}
    text, missing = methods_paragraph(info, analysis)
    assert missing == ["distances from landmarks (mm) of UT R"]
    assert (
        f"RM R C7 62, acromion 95; MT R C7 62, acromion 95; LT R C7 62, acromion 95; {UNKNOWN})"
        in (text)
    )


STANDING = {
    "protocol": "quiet_standing",
    "labapp": "0.1.0",
    "parameters_sha256": "abc",
    "streams": {"plate": {"driver": "chronojump_plate"}},
    "standing": {
        "method": "zero-phase 10 Hz low-pass",
        "rate_hz": 150.0,
        "conditions": ["eyes open", "eyes closed"],
        "trials": [
            {"duration_s": 90.0, "reasons": []},
            {"duration_s": None, "reasons": ["rejected by the operator"]},
        ],
    },
}


def test_a_standing_session_is_no_emg_session():
    text, missing = methods_paragraph({}, STANDING)
    assert "1 of 2 trials of 90 s" in text
    assert "150 Hz" in text
    assert "EMG" not in text
    assert "onset" not in text
    assert missing == [
        "age", "sex", "height (cm)", "mass (kg)", "place of the feet", "what was looked at",
        "shoes", "calibration of the plate",
    ]  # fmt: skip
    assert text.count(UNKNOWN) == len(missing)


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


def test_what_will_be_stated_is_known_before_the_recording(analysis):
    coming = {
        "order": {"muscles": ["RM_R", "UT_R", "MT_R", "LT_R"]},
        "streams": {"emg": {"driver": "bitalino", "rate_nominal_hz": 1000.0}},
        "force": {},
    }
    text, missing = before_recording(COMPLETE, coming)
    assert missing == []
    assert "Reference contractions: position and joint angles shoulder 90 degrees out;" in text
    assert text.endswith("Force was measured by S-type 500 kg (capacity 4905 N).")
    assert "grade" not in text
    # What is missing then is missing in the report, too.
    assert set(before_recording({}, coming)[1]) <= set(methods_paragraph({}, analysis)[1])
    assert set(before_recording({}, {"standing": {}})[1]) == set(
        methods_paragraph({}, STANDING)[1]
    )  # fmt: skip


def test_what_is_told_of_a_person_is_printed_where_it_is_told(analysis):
    told = {"report": {"participant": {"height_cm": 175, "mass_kg": 70.4, "side_tested": "right"}}}
    text, _ = methods_paragraph(told, analysis)
    assert "height 175 cm, mass 70 kg, dominant hand [?]" in text
    sideless = {"order": {"muscles": ["RM", "UT"]}}
    text, missing = methods_paragraph(told, sideless)
    assert "of the right side in 1 participant" in text
    assert "side tested" not in missing
