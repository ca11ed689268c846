from labapp.report.activity import activity, heart_words, reference_notes
from labapp.report.blocks import Bullets, Heading, Paragraph, Table

ANALYSIS = {
    "repetitions": [{"onsets": {"RM_R": {}, "UT_R": {}}}],
    "variability": {
        "muscles": {
            "RM_R": {"cv": {"hold": {"percent": 8.0, "low": 5.0, "high": 14.0, "n": 11}},
                     "cmc": 0.92, "cmc_low": 0.85, "cmc_high": 0.96},
            "UT_R": {"cv": {"hold": {"percent": None}}, "cmc": None},
        }
    },
    "fatigue": {
        "RM_R": {
            "median_hz": [80.0, None, 70.0],
            "frequency": {"percent_per_min": -12.0, "low": -20.0, "high": -4.0, "n": 11},
            "pattern": "fatigue",
            "reason": "",
        },
        "UT_R": {"median_hz": [], "reason": "signal-to-noise ratio 12 dB, 20 dB are needed"},
    },
    "co_activation": {
        "RM_R:UT_R": {
            "n": 10,
            "falconer_winter_percent": {"mean": 80.0, "low": 75.0, "high": 85.0},
            "rudolph": {"mean": 60.0, "low": 50.0, "high": 70.0},
            "overlap": {"mean": 0.7, "low": 0.6, "high": 0.8},
        }
    },
    "asymmetry": {
        "RM": {
            "hold": {
                "percent": 11.0, "low": 3.0, "high": 19.0, "n_left": 8, "n_right": 9,
                "state": "right",
            },
            "return": {"percent": None, "state": "not estimable"},
        }
    },
    "ecg": {
        "removal": "template",
        "channels": {
            "RM_R": {"state": "present", "rate_bpm": 70.0, "r_ratio": 12.0},
            "UT_R": {"state": "none"},
        },
    },
    "reference": {"muscles": {"RM_R": {"notes": ["do a further one"]}, "UT_R": {"notes": []}}},
}  # fmt: skip


def test_every_part_is_printed_with_its_numbers():
    heading, muscles, told, together, sides, heart = activity(ANALYSIS)
    assert isinstance(heading, Heading)
    assert isinstance(muscles, Table)
    first = muscles.rows[0].cells
    assert first[:4] == ("RM", "8", "5\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}14", "11")
    assert first[4:7] == ("0.92", "0.85\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}0.96", "75")
    assert first[-2] == "11"
    assert first[-1] == "fatigue"
    assert len(muscles.rows) == 1
    assert isinstance(told, Bullets)
    assert told.items == ("No trend of UT: signal-to-noise ratio 12 dB, 20 dB are needed.",)
    assert together.rows[0].cells[1] == "80"
    assert [row.cells[-1] for row in sides.rows] == ["right greater"]
    assert isinstance(heart, Paragraph)
    assert "70 per minute" in heart.text
    assert "template was subtracted" in heart.text


def test_nothing_measured_prints_nothing():
    assert activity({"repetitions": []}) == []
    assert activity({"variability": None, "fatigue": {}, "ecg": None}) == []


def test_words_for_methods_and_references():
    assert (
        heart_words(ANALYSIS) == "heart beats were taken out of amplitudes by template subtraction"
    )
    assert heart_words({}) == "heart beats were not removed"
    assert reference_notes(ANALYSIS, {"RM_R": "RM"}) == ("RM: do a further one.",)
