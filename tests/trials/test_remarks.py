"""What an operator writes down, and where it ends up."""

import pytest

from labapp.errors import LabError
from labapp.model import Marker
from labapp.trials.cues import cues_from_markers
from labapp.trials.remarks import (
    REASONS,
    effort_data,
    efforts_told,
    load_data,
    loads_used,
    reason_data,
)


def markers(*rows):
    return [Marker(time, kind, data) for time, kind, data in rows]


def test_a_reason_belongs_to_the_repetition_that_was_rejected():
    where = {"block": "fast", "repetition": 1, "attempt": 1, "cue_ns": 5}
    cues = cues_from_markers(
        markers(
            (1.0, "cue", {"block": "fast", "repetition": 1}),
            (3.0, "reject", where),
            (4.0, "reason", reason_data(where, REASONS[0])),
            (9.0, "cue", {"block": "fast", "repetition": 2}),
        )
    )
    assert [cue.remark for cue in cues] == ["tense before the cue", ""]
    assert cues[0].reject_reason == "rejected by the operator"


def test_a_reason_for_nothing_is_passed_over():
    cues = cues_from_markers(
        markers(
            (1.0, "cue", {"block": "fast", "repetition": 1}),
            (4.0, "reason", {"block": "fast", "repetition": 1, "reason": "moved or slipped"}),
        )
    )
    assert cues[0].remark == ""
    assert not cues[0].rejected


def test_the_latest_load_and_effort_count():
    found = markers(
        (1.0, "load", load_data("work", 50, "kg", proposed=None)),
        (2.0, "load", load_data("work", 52.5, "kg", proposed=50.0)),
        (3.0, "effort", effort_data("work", 1, 6)),
        (4.0, "effort", effort_data("work", 1, 7)),
        (5.0, "effort", effort_data("work", 2, 8)),
    )
    assert loads_used(found)["work"].value == 52.5
    assert [(one.set, one.cr10) for one in efforts_told(found)] == [(1, 7.0), (2, 8.0)]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: effort_data("work", 1, 11),
        lambda: effort_data("work", 1, float("nan")),
        lambda: load_data("work", -1, "kg", proposed=None),
        lambda: load_data("work", 1, "stone", proposed=None),
        lambda: reason_data({}, "  "),
        lambda: reason_data({}, "x" * 81),
    ],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(LabError):
        wrong()
