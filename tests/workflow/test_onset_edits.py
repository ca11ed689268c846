"""Onsets set by hand: the journal, what is refused, undo, raters, and what it makes of a result."""

from __future__ import annotations

import json
import math
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labapp.analysis.edited import edited_result
from labapp.analysis.raters import agreement_of, rater_agreement
from labapp.errors import LabError
from labapp.session.file import open_session, write_results
from labapp.workflow.edited_part import automatic_document, with_edits
from labapp.workflow.files import check
from labapp.workflow.onset_desk import OnsetDesk
from labapp.workflow.onset_edits import OnsetEdits
from labapp.workflow.onset_journal import (
    MAX_BYTES,
    Identity,
    identity_of,
    journal_path,
    raters_of,
    read_journal,
    sealed,
)
from labapp.workflow.stored import result_of

DATA = Path(__file__).parents[1] / "data"
DOCUMENT = json.loads((DATA / "analysis_12_pulls.json").read_text(encoding="utf-8"))
ME = Identity("00000000-0000-4000-8000-000000000000", "c" * 64)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FIRST = int(DOCUMENT["repetitions"][0]["index"])


def automatic_s(pull: int, muscle: str) -> float:
    return float(DOCUMENT["repetitions"][pull]["onsets"][muscle]["time_s"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A session with a stored analysis (of other, longer data: only its identity counts)."""
    made = tmp_path / "AB-014.h5"
    shutil.copy(DATA / "session_1_0.h5", made)
    write_results(made, "analysis", DOCUMENT)
    return made


@pytest.fixture
def edits(path: Path) -> OnsetEdits:
    return OnsetEdits(path, DOCUMENT)


# ---------------------------------------------------------------- the result


def test_without_edits_the_verdict_is_the_automatic_one():
    result = edited_result(DOCUMENT, {})
    assert result["verdict"] == DOCUMENT["verdict"]
    assert (result["edited"], result["total"], result["share"]) == (0, 48, 0)
    for key, pair in result["pairs"].items():
        before = DOCUMENT["order"]["pairs"][key]
        assert pair["verdict"] == before["verdict"]
        assert pair["lag_ms"] == pytest.approx(before["lag_ms"], abs=1e-6)
        assert (pair["low_ms"], pair["high_ms"]) == pytest.approx(
            (before["low_ms"], before["high_ms"]), abs=1e-6
        )


def test_the_lag_of_an_edited_pull_is_the_plain_difference():
    at = automatic_s(2, "RM_R") + 0.040
    result = edited_result(DOCUMENT, {(FIRST + 2, "RM_R"): at})
    pair = result["pairs"]["RM_R-UT_R"]
    assert pair["lags_ms"][2] == pytest.approx(1000 * (at - automatic_s(2, "UT_R")), abs=1e-6)
    before = DOCUMENT["order"]["pairs"]["RM_R-UT_R"]["lags_ms"]
    assert [*pair["lags_ms"][:2], *pair["lags_ms"][3:]] == pytest.approx(
        [*before[:2], *before[3:]], abs=1e-6
    )
    assert pair["n_edited"] == 1
    assert result["pairs"]["UT_R-MT_R"]["n_edited"] == 0
    assert result["channels"]["RM_R"] == {
        "edited": 1,
        "confirmed": 0,
        "total": 12,
        "share": pytest.approx(1 / 12),
    }


def test_a_confirmed_onset_is_no_edit_and_changes_nothing():
    result = edited_result(DOCUMENT, {(FIRST, "RM_R"): automatic_s(0, "RM_R")})
    assert (result["edited"], result["confirmed"]) == (0, 1)
    assert result["verdict"] == DOCUMENT["verdict"]


def test_moving_one_muscle_behind_the_others_turns_the_verdict():
    marks = {(FIRST + k, "RM_R"): automatic_s(k, "UT_R") + 0.040 for k in range(12)}
    verdict = edited_result(DOCUMENT, marks)["verdict"]
    assert (verdict["state"], verdict["muscle"]) == ("first", "UT_R")


def test_onsets_that_are_taken_away_leave_the_muscle_out():
    marks = {(FIRST + k, "RM_R"): math.nan for k in range(4)}
    result = edited_result(DOCUMENT, marks)
    assert result["verdict"]["state"] == "not interpretable"
    assert "RM_R: no onset in 4 of 12 repetitions" in result["verdict"]["reasons"]


def test_a_gate_that_the_signal_closed_stays_closed():
    document = json.loads(json.dumps(DOCUMENT))
    gate = "RM_R and UT_R share much of their signal (correlation 0.60): crosstalk is likely"
    pair = document["order"]["pairs"]["RM_R-UT_R"]
    pair.update(verdict="not interpretable", reasons=[gate], gates=[gate])
    result = edited_result(document, {(FIRST, "RM_R"): automatic_s(0, "RM_R") - 0.02})
    assert result["pairs"]["RM_R-UT_R"]["reasons"] == [gate]
    del pair["gates"]  # an earlier version did not tell them apart
    assert edited_result(document, {})["pairs"]["RM_R-UT_R"]["reasons"] == [gate]


def test_where_no_order_is_asked_for_edits_make_none():
    document = json.loads(json.dumps(DOCUMENT))
    document["order"]["asked"] = False
    document["verdict"]["headline"] = "Not applicable."
    marks = {(FIRST + k, "RM_R"): automatic_s(k, "UT_R") + 0.040 for k in range(12)}
    result = edited_result(document, marks)
    assert (result["verdict"], result["pairs"]) == (document["verdict"], {})
    assert result["edited"] == 12


def test_an_own_rise_that_doubts_a_lead_still_doubts_it_after_a_small_edit():
    document = json.loads(json.dumps(DOCUMENT))
    own = document["order"]["pairs"]["RM_R-UT_R"]["own_rise"]
    own.update(lag_ms=-1.0, low_ms=-6.0, high_ms=4.0)
    result = edited_result(document, {(FIRST, "RM_R"): automatic_s(0, "RM_R") - 0.001})
    pair = result["pairs"]["RM_R-UT_R"]
    assert pair["verdict"] == "undecided"
    assert "could come from the speed of the rise" in pair["reasons"][0]


def test_a_muscle_without_onsets_comes_back_when_they_are_set():
    document = json.loads(json.dumps(DOCUMENT))
    reason = "MT_R: no burst found in 5 of 12 repetitions (SNR 20 dB)"
    document["order"]["dropped"] = {"MT_R": reason}
    for key, pair in document["order"]["pairs"].items():
        if "MT_R" in key:
            pair.update(verdict="not interpretable", reasons=[reason], gates=[])
    marks = {}
    for k in range(5):
        onset = document["repetitions"][k]["onsets"]["MT_R"]
        marks[FIRST + k, "MT_R"] = onset["time_s"]
        onset.update(time_s=None, state="not_found", equalised_s=None)
        for key, pair in document["order"]["pairs"].items():
            if "MT_R" in key:
                pair["lags_ms"][k] = None
    assert edited_result(document, {})["pairs"]["RM_R-MT_R"]["reasons"] == [reason]
    result = edited_result(document, marks)
    assert result["pairs"]["RM_R-MT_R"]["verdict"] == "first"
    assert result["edited"] == 5


# ---------------------------------------------------------------- agreement


def test_agreement_says_bias_limits_and_the_share_within_ten_ms():
    marks = {
        (rep["index"], m): onset["time_s"]
        for rep in DOCUMENT["repetitions"]
        for m, onset in rep["onsets"].items()
    }
    other = {key: time + 0.004 for key, time in marks.items()}
    other[FIRST, "RM_R"] += 0.020
    part = rater_agreement(DOCUMENT, marks, other)["onsets"]
    assert part["n"] == 48
    assert part["bias_ms"] == pytest.approx(4 + 20 / 48, abs=1e-3)
    assert part["within"]["k"] == 47
    sd = 20 / math.sqrt(48)
    assert part["limit_high_ms"] - part["bias_ms"] == pytest.approx(1.96 * sd, rel=1e-3)
    assert 0.9 < part["icc"]["value"] < 1


def test_agreement_of_few_or_equal_values_says_why():
    import numpy as np

    assert "3 are needed" in agreement_of(np.array([1.0, 2.0]), np.array([1.0, 2.0]))["reason"]
    same = agreement_of(np.full(5, 3.0), np.full(5, 3.0))
    assert same["icc"] is None
    assert same["within"]["share"] == 1
    exact = agreement_of(np.arange(4.0), np.arange(4.0) + 10.0)
    assert exact["within"]["k"] == 4


# ---------------------------------------------------------------- the journal

edit = st.tuples(
    st.just("set"),
    st.integers(0, 11),
    st.sampled_from(["RM_R", "UT_R"]),
    st.none() | st.floats(-0.9, 2.9, allow_nan=False),
)
step = edit | st.just(("undo",)) | st.just(("redo",))


@settings(max_examples=25)
@given(steps=st.lists(step, max_size=12))
def test_a_journal_read_back_says_what_undo_and_redo_left(tmp_path_factory: Any, steps: Any):
    folder = tmp_path_factory.mktemp("journal")
    edits = OnsetEdits(folder / "s.h5", DOCUMENT, ME)
    states: list[dict[Any, Any]] = [{}]
    at = 0
    for number, one in enumerate(steps):
        now = NOON + timedelta(seconds=number)
        if one[0] == "set":
            rep = DOCUMENT["repetitions"][one[1]]
            time = None if one[3] is None else rep["cue_s"] + one[3]
            edits.set("A", "OP-001", (rep["index"], one[2]), time, now=now)
            kept = math.nan if time is None else round(time, 6)
            del states[at + 1 :]
            states.append({**states[at], (rep["index"], one[2]): kept})
            at += 1
        elif one[0] == "undo" and at:
            edits.undo("A", "OP-001", now=now)
            at -= 1
        elif one[0] == "redo" and at + 1 < len(states):
            edits.redo("A", "OP-001", now=now)
            at += 1
        else:
            with pytest.raises(LabError, match="nothing to"):
                getattr(edits, one[0])("A", "OP-001")
    fresh = OnsetEdits(folder / "s.h5", DOCUMENT, ME).hand("A")
    assert str(sorted(fresh.marks.items())) == str(sorted(states[at].items()))
    lines = fresh.journal.lines
    assert all(line == sealed(line) for line in lines)


def test_the_line_keeps_original_operator_time_and_reason(edits: OnsetEdits):
    hand = edits.set("A", "OP-001", (FIRST, "RM_R"), 29.7, reason=" heart  beat ", now=NOON)
    (line,) = hand.journal.lines
    assert line.original_s == DOCUMENT["repetitions"][0]["onsets"]["RM_R"]["time_s"]
    assert (line.new_s, line.operator, line.reason) == (29.7, "OP-001", "heart beat")
    assert line.utc == "2026-01-01T12:00:00.000000+00:00"
    with open_session(edits.path) as session:
        assert (line.session, line.content) == msgspec.structs.astuple(
            msgspec.convert(
                {"a": identity_of(session).uuid, "b": identity_of(session).content},
                msgspec.defstruct("Two", [("a", str), ("b", str)]),
            )
        )


def test_the_session_does_not_change(edits: OnsetEdits):
    before = edits.path.read_bytes()
    edits.set("A", "OP-001", (FIRST, "RM_R"), 29.7)
    edits.undo("A", "OP-001")
    assert edits.path.read_bytes() == before


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"operator": "Bob Smith"}, "is not a pseudonym"),
        ({"rater": "../A"}, "is not a rater"),
        ({"key": (FIRST, "XX")}, "muscles: "),
        ({"key": (999, "RM_R")}, "muscles: "),
        ({"time_s": 60.0}, "is outside the pull; give 28.562 to 32.562 s"),
        ({"time_s": math.nan}, "is outside the pull"),
        ({"reason": "Mr Smith moved"}, "looks like a name"),
        ({"reason": "x" * 201}, "use at most 200"),
    ],
)
def test_bad_edits_are_refused_and_leave_nothing(edits: OnsetEdits, wish: Any, words: str):
    good = {"rater": "A", "operator": "OP-001", "key": (FIRST, "RM_R"), "time_s": 29.7}
    with pytest.raises(LabError, match=words):
        edits.set(**{**good, **wish})
    assert raters_of(edits.path) == []


def test_a_torn_last_line_is_left_out_and_goes_with_the_next_edit(edits: OnsetEdits):
    edits.set("A", "OP-001", (FIRST, "RM_R"), 29.7)
    edits.set("A", "OP-001", (FIRST, "UT_R"), 29.8)
    journal = journal_path(edits.path, "A")
    whole = journal.read_bytes()
    first = whole.index(b"\n") + 1
    for end in (first + 1, len(whole) - 1):
        journal.write_bytes(whole[:end])
        hand = edits.hand("A")
        assert list(hand.marks) == [(FIRST, "RM_R")]
        assert hand.journal.torn_bytes == end - first
    hand = edits.set("A", "OP-001", (FIRST, "MT_R"), 29.9)
    assert list(hand.marks) == [(FIRST, "RM_R"), (FIRST, "MT_R")]
    assert hand.journal.torn_bytes == 0


def test_the_check_of_a_session_looks_at_its_journals(edits: OnsetEdits):
    before = check(edits.path)
    edits.set("A", "OP-001", (FIRST, "RM_R"), 29.7)
    assert check(edits.path) == before
    journal = journal_path(edits.path, "A")
    journal.write_bytes(journal.read_bytes() + b'{"torn')
    OnsetEdits(edits.path, DOCUMENT, ME).set("B", "OP-001", (FIRST, "RM_R"), 29.7)
    told = [one for one in check(edits.path) if one not in before]
    assert [(one.level, one.place) for one in told] == [
        ("warn", "AB-014.onsets-A.jsonl"),
        ("warn", "AB-014.onsets-B.jsonl"),
    ]
    assert "cut short (6 bytes)" in told[0].text
    assert "belongs to another session" in told[1].text


def test_a_journal_of_another_session_is_refused_in_one_line(edits: OnsetEdits):
    other = OnsetEdits(edits.path, DOCUMENT, ME)
    other.set("A", "OP-001", (FIRST, "RM_R"), 29.7)
    with pytest.raises(LabError, match="belongs to another session") as caught:
        edits.hand("A")
    assert "\n" not in str(caught.value)
    with pytest.raises(LabError, match="belongs to another session"):
        edits.set("A", "OP-001", (FIRST, "RM_R"), 29.7)


def altered(path: Path, old: bytes, new: bytes) -> None:
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b'"new_s":29.7', b'"new_s":29.6', "was altered"),
        (b'"operator":"OP-001"', b'"operator":"OP-002"', "was altered"),
        (b'"what":"edit"', b'"what":"wish"', "Invalid enum value"),
        (b'"new_s":29.7', b'"new_s":NaN', "not valid JSON"),
        (b'"new_s":29.7', b'"new_s":29.7,"more":1', "unknown field"),
        (b'"rater":"A"', b'"rater":"B"', "was altered"),
        (b"{", b"[" * 300 + b"{", "JSON"),
        (b'"reason":""', b'"reason":"' + b"x" * 3000 + b'"', "longer than"),
    ],
)
def test_hostile_lines_are_refused(edits: OnsetEdits, old: bytes, new: bytes, words: str):
    edits.set("A", "OP-001", (FIRST, "RM_R"), 29.7)
    altered(journal_path(edits.path, "A"), old, new)
    with pytest.raises(LabError, match=words):
        edits.hand("A")


def test_hostile_files_are_refused(edits: OnsetEdits):
    journal = journal_path(edits.path, "A")
    edits.set("A", "OP-001", (FIRST, "RM_R"), 29.7)
    line = journal.read_bytes()
    journal.write_bytes(line * 2)
    with pytest.raises(LabError, match="repeats an earlier one"):
        edits.hand("A")
    journal.write_bytes(b"\n" * (MAX_BYTES + 1))
    with pytest.raises(LabError, match="larger than 4 MB"):
        edits.hand("A")
    journal.unlink()
    journal.mkdir()
    with pytest.raises(LabError, match="not a plain file"):
        edits.hand("A")


def test_an_undo_of_nothing_and_control_characters_are_refused(path: Path):
    edits = OnsetEdits(path, DOCUMENT, ME)
    hand = edits.set("A", "OP-001", (FIRST, "RM_R"), 29.7)
    (line,) = hand.journal.lines
    journal = journal_path(path, "A")
    for bad, words in (
        (msgspec.structs.replace(line, what="undo", undone="0" * 16), "is not there"),
        (msgspec.structs.replace(line, reason="\x1b[2J"), "text that no journal has"),
        (msgspec.structs.replace(line, utc="yesterday"), "text that no journal has"),
        (msgspec.structs.replace(line, operator="Bob"), "is not a pseudonym"),
    ):
        journal.write_bytes(msgspec.json.encode(sealed(bad)) + b"\n")
        with pytest.raises(LabError, match=words):
            read_journal(journal, ME, "A")


def test_an_edit_of_a_pull_that_the_analysis_no_longer_has_is_counted_not_used(path: Path):
    OnsetEdits(path, DOCUMENT).set("A", "OP-001", (FIRST, "RM_R"), 29.7)
    document = json.loads(json.dumps(DOCUMENT))
    document["repetitions"][0]["cue_s"] += 1.0
    part = with_edits(document, path)["edited"]["raters"]["A"]
    assert part["left_out"] == 1
    assert part["edited"] == 0


# ---------------------------------------------------------------- two raters


def test_two_raters_at_once_do_not_mix(path: Path):
    first, second = OnsetEdits(path, DOCUMENT), OnsetEdits(path, DOCUMENT)
    for k in range(6):
        key = (FIRST + k, "RM_R")
        first.set("A", "OP-001", key, automatic_s(k, "RM_R") + 0.01)
        second.set("B", "OP-002", key, automatic_s(k, "RM_R") - 0.01)
    first.undo("A", "OP-001")
    part = with_edits(DOCUMENT, path)["edited"]
    assert [len(part["raters"][r]["onsets"]) for r in "AB"] == [5, 6]
    assert part["agreement"]["A-B"]["onsets"]["bias_ms"] == pytest.approx(-20, abs=1e-3)
    assert part["agreement"]["A-B"]["muscles"]["UT_R"]["n"] == 0
    assert part["raters"]["A"]["verdict"] != part["raters"]["B"]["verdict"]


def test_two_windows_of_one_rater_both_count(path: Path):
    one, other = OnsetEdits(path, DOCUMENT), OnsetEdits(path, DOCUMENT)
    one.set("A", "OP-001", (FIRST, "RM_R"), 29.7)
    hand = other.set("A", "OP-001", (FIRST, "UT_R"), 29.8)
    assert len(hand.done) == 2
    assert one.undo("A", "OP-001").marks == {(FIRST, "RM_R"): 29.7}


def test_blind_traces_have_no_names_and_an_order_of_their_own(path: Path):
    desk = OnsetDesk(path, DOCUMENT)
    desk.operator = "OP-001"
    desk.sit("B", blind=True)
    orders = []
    for position in range(12):
        desk.go(position)
        lanes = desk.lanes()
        orders.append([lane.muscle for lane in lanes])
        assert [lane.number for lane in lanes] == [1, 2, 3, 4]
        assert {(one.automatic_s, one.low_s, one.time_s, one.state) for one in lanes} == {
            (None, None, None, "")
        }
    assert len({tuple(order) for order in orders}) > 4
    assert sorted(desk.pulls) != list(desk.pulls)
    again = OnsetDesk(path, DOCUMENT)
    again.sit("B", blind=True)
    assert again.pulls == desk.pulls
    again.go(3)
    assert [lane.muscle for lane in again.lanes()] == orders[3]
    again.sit("C", blind=True)
    assert again.pulls != desk.pulls


def test_one_rater_marks_in_one_way(path: Path):
    desk = OnsetDesk(path, DOCUMENT)
    desk.operator = "OP-001"
    desk.place(29.7)
    with pytest.raises(LabError, match="mark blind as another rater"):
        desk.sit("A", blind=True)
    desk.sit("B", blind=True)
    desk.place(desk.zero_s + 0.2)
    desk.sit("B", blind=False)
    with pytest.raises(LabError, match="has marked blind"):
        desk.place(desk.zero_s + 0.3)


def test_ten_keys_are_one_edit(path: Path):
    desk = OnsetDesk(path, DOCUMENT)
    desk.operator = "OP-001"
    for _ in range(10):
        desk.nudge(0.001)
    assert raters_of(path) == []
    desk.go(1)
    (line,) = desk.hand.journal.lines
    assert line.new_s == pytest.approx(automatic_s(0, "RM_R") + 0.010, abs=1e-6)
    desk.undo()
    assert desk.position == 0
    assert desk.hand.marks == {}
    desk.redo()
    assert len(desk.hand.marks) == 1
    desk.nudge(0.005)
    desk.undo()
    assert len(desk.hand.journal.lines) == 3


# ---------------------------------------------------------------- the document


def test_the_document_keeps_the_automatic_headline(path: Path):
    edits = OnsetEdits(path, DOCUMENT)
    for k in range(12):
        time = automatic_s(k, "UT_R") + 0.04
        edits.set("A", "OP-001", (FIRST + k, "RM_R"), time, reason="by eye")
    document = result_of(path)
    assert document["verdict"] == DOCUMENT["verdict"]
    part = document["edited"]["raters"]["A"]
    assert part["verdict"]["muscle"] == "UT_R"
    assert part["words"] == "edited 12 of 48 onsets (25 %)"
    assert part["onsets"][0]["reason"] == "by eye"
    assert "rater A: edited 12 of 48 onsets (25 %)" in document["plan"]["changes"]
    json.dumps(document, allow_nan=False)
    assert automatic_document(document) == DOCUMENT
    assert with_edits(document, path) == document


def test_a_protocol_may_make_the_raters_verdict_the_headline(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    import types

    from labapp.workflow import edited_part

    asked = types.SimpleNamespace(analysis=("order", "onsets_by_hand"))
    monkeypatch.setattr(edited_part, "protocol_of", lambda session: asked)
    edits = OnsetEdits(path, DOCUMENT)
    for k in range(12):
        edits.set("A", "OP-001", (FIRST + k, "RM_R"), automatic_s(k, "UT_R") + 0.04)
    document = with_edits(DOCUMENT, path)
    assert document["verdict"]["muscle"] == "UT_R"
    assert document["edited"]["automatic"] == DOCUMENT["verdict"]
    assert automatic_document(document) == DOCUMENT
    edits.set("B", "OP-002", (FIRST, "RM_R"), automatic_s(0, "RM_R") + 0.001)
    withheld = with_edits(DOCUMENT, path)["verdict"]
    assert withheld["state"] == "not interpretable"
    assert "different verdicts" in withheld["headline"]


def test_a_refused_journal_is_a_finding_and_hides_nothing(path: Path):
    OnsetEdits(path, DOCUMENT, ME).set("A", "OP-001", (FIRST, "RM_R"), 29.7)
    document = result_of(path)
    assert document["verdict"] == DOCUMENT["verdict"]
    assert "belongs to another session" in document["edited"]["problems"][0]
    assert document["quality"][-1]["check"] == "onset journal"
    assert automatic_document(document) == DOCUMENT
