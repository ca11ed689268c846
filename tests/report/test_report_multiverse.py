from labapp.report.blocks import Heading, Paragraph, Table
from labapp.report.multiverse import multiverse


def way(band, detector, threshold, state, muscle, lag):
    return {
        "band_hz": band,
        "detector": detector,
        "threshold": threshold,
        "state": state,
        "muscle": muscle,
        "lag_ms": {"RM_R-UT_R": lag, "RM_R-LT_R": -40.0},
        "found": 1.0,
    }


ANALYSIS = {
    "verdict": {"state": "first", "muscle": "RM_R"},
    "order": {"muscles": ["RM_R", "UT_R", "LT_R"]},
    "multiverse": {
        "n": 4,
        "holds": 2,
        "opposite": 0,
        "text": "“Rhomboid major first” holds in 2 of 4 ways.",
        "analyses": [
            way([20.0, 450.0], "TKEO", "8 SD", "first", "RM_R", -12.4),
            way([30.0, 300.0], "TKEO", "8 SD", "undecided", None, 3.0),
            way([20.0, 450.0], "posterior", "every ramp", "first", "RM_R", -15.0),
            way([30.0, 300.0], "posterior", "every ramp", "not interpretable", None, None),
        ],
    },
}


def test_one_row_per_detector_and_one_column_per_band():
    heading, text, table = multiverse(ANALYSIS)
    assert isinstance(heading, Heading)
    assert isinstance(text, Paragraph)
    assert text.text.startswith("“Rhomboid major first” holds in 2 of 4")
    assert isinstance(table, Table)
    assert [cell.replace("\N{NO-BREAK SPACE}", " ") for cell in table.head] == [
        "Detector",
        "Threshold",
        "20–450 Hz",
        "30–300 Hz",
    ]
    rows = [[c.replace("\N{NO-BREAK SPACE}", " ") for c in row.cells] for row in table.rows]
    assert rows == [
        ["TKEO", "8 SD", "✓ RM first, −12 ms", "undecided, 3 ms"],
        ["posterior", "every ramp", "✓ RM first, −15 ms", "not interpretable, −40 ms"],
    ]


def test_nothing_is_shown_where_it_was_not_asked_for():
    assert multiverse({"verdict": {"state": "first"}}) == []
