"""What a report says about results that span two devices."""

from labapp.report.blocks import Bullets, Row, Table
from labapp.report.facts import force, timing


def lines(blocks):
    return [line for block in blocks if isinstance(block, Bullets) for line in block.items]


def analysis(**link):
    return {
        "force": {
            "emd_ms": {"RM_R": {"mean": 61.2, "low": 54.0, "high": 68.3, "n": 10, "u_ms": 10.9}},
            "emd_valid": True,
            "emd_text": "from EMG onset to force onset; timing verified by 21 pulses, ± 0.3 ms",
        },
        "timing": {
            "resolution_ms": 10.0,
            "sync": "verified",
            "uncertainty_ms": 0.4,
            "links": {"force": {"reference": "emg", "notes": ["the offset drifts"], **link}},
        },
    }


def test_a_delay_is_printed_with_its_uncertainty():
    (table,) = [block for block in force(analysis()) if isinstance(block, Table)]
    labels = [row.cells[0] for row in table.rows if isinstance(row, Row)]
    assert any("electromechanical delay" in label and "(± 10.9)" in label for label in labels)


def test_a_session_without_muscles_says_what_one_clock_sampled():
    one = {"timing": {"sync": "one clock", "resolution_ms": 10.0}}
    assert lines(timing(one)) == ["Everything was sampled by one clock."]
    assert lines(timing(one | {"order": {"muscles": ["RM_R", "UT_R"]}})) == [
        "This set-up resolves mean lags of 10.0 ms or more.",
        "All muscles were sampled by one clock.",
    ]


def test_every_other_clock_has_a_line_and_its_notes():
    said = lines(timing(analysis(text="verified by 21 pulses, ± 0.3 ms")))
    assert "force against emg: verified by 21 pulses, ± 0.3 ms." in said
    assert "force: the offset drifts." in said
    unknown = "unsynchronised: constant offset unknown (≥ ±30 ms)"
    assert f"force against emg: {unknown}." in lines(timing(analysis(text=unknown)))
