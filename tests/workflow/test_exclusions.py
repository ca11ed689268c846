"""Repetitions excluded after the recording: counted, told, journalled, and taken back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twelve_pulls import ODD, twelve_pulls

from labapp.analysis.excluded import recorded_document
from labapp.errors import LabError, NotNeeded
from labapp.report.document import build_document
from labapp.report.methods import methods_paragraph
from labapp.workflow.analysing import analyse
from labapp.workflow.edited_part import automatic_document, with_edits
from labapp.workflow.exclusions import read_exclusions
from labapp.workflow.files import check, make_report
from labapp.workflow.onset_desk import OnsetDesk
from labapp.workflow.onset_edits import OnsetEdits
from labapp.workflow.onset_journal import Identity, journal_path, raters_of, sealed
from labapp.workflow.stored import result_of, up_to_date
from labapp.workflow.words import summary

ME = Identity("00000000-0000-4000-8000-000000000000", "c" * 64)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
WHY = "electrode loose"
IN_THE_RUN = "rejected by the operator"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Analysis of the session as recorded; pull 5 keeps it from a verdict."""
    return analyse(twelve_pulls(tmp_path_factory.mktemp("made") / "AB-014.h5"))


@pytest.fixture(scope="module")
def excluded(tmp_path_factory: pytest.TempPathFactory, recorded: dict[str, Any]) -> dict[str, Any]:
    """The same with pull 5 excluded afterwards."""
    path = twelve_pulls(tmp_path_factory.mktemp("excluded") / "AB-014.h5")
    reject(path, recorded, 5)
    return analyse(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return twelve_pulls(tmp_path / "AB-014.h5")


@pytest.fixture
def edits(path: Path, recorded: dict[str, Any]) -> OnsetEdits:
    return OnsetEdits(path, recorded)


def reject(path: Path, document: dict[str, Any], *numbers: int) -> OnsetEdits:
    """Reject pulls by their number, as OP-001 at noon."""
    made = OnsetEdits(path, document)
    for number in numbers:
        made.reject("A", "OP-001", number - 1, WHY, now=NOON)
    return made


# ---------------------------------------------------------------- the result


def test_the_result_is_that_of_a_run_in_which_the_pull_was_rejected(
    excluded: dict[str, Any], recorded: dict[str, Any], tmp_path: Path
):
    in_the_run = analyse(twelve_pulls(tmp_path / "AB-014.h5", rejected=[ODD]))
    told = json.loads(
        json.dumps(in_the_run).replace(IN_THE_RUN, f"excluded afterwards by hand: {WHY}")
    )
    assert {key: part for key, part in excluded.items() if key != "excluded"} == told
    assert recorded["verdict"]["state"] == "undecided"
    assert excluded["verdict"]["state"] == "first"


def test_the_document_says_how_many_by_whom_when_and_why(
    excluded: dict[str, Any], recorded: dict[str, Any]
):
    part = excluded["excluded"]
    assert (part["n"], part["of"], part["share"], part["taken_back"]) == (
        1,
        12,
        pytest.approx(1 / 12),
        0,
    )
    assert part["words"] == (
        "1 of 12 repetitions excluded afterwards by hand: fast 5, electrode loose"
    )
    assert part["repetitions"] == [
        {
            "repetition": 4,
            "block": "fast",
            "number": 5,
            "rater": "A",
            "operator": "OP-001",
            "blind": False,
            "utc": "2026-01-01T12:00:00.000000+00:00",
            "reason": WHY,
        }
    ]
    assert part["as_recorded"]["verdict"] == recorded["verdict"]
    assert recorded_document(excluded) == recorded
    assert recorded_document(recorded) == recorded


def test_accepting_again_gives_the_recorded_result_back_and_the_session_stays(
    path: Path, recorded: dict[str, Any]
):
    before = path.read_bytes()
    edits = reject(path, recorded, 5, 7)
    both = up_to_date(recorded, path)
    assert both["excluded"]["n"] == 2
    edits.undo("A", "OP-001", now=NOON)
    one = up_to_date(both, path)
    assert (one["excluded"]["n"], one["excluded"]["taken_back"]) == (1, 1)
    assert up_to_date(one, path) is not one
    edits.redo("A", "OP-001", now=NOON)
    assert up_to_date(one, path) == both
    edits.accept("A", "OP-001", 6, now=NOON)
    edits.accept("A", "OP-001", 4, "is fine", now=NOON)
    assert up_to_date(both, path) == recorded
    edits.undo("A", "OP-001", now=NOON)
    assert [row["number"] for row in up_to_date(recorded, path)["excluded"]["repetitions"]] == [5]
    assert path.read_bytes() == before


def test_a_stored_result_with_exclusions_keeps_the_recorded_one(
    path: Path, recorded: dict[str, Any]
):
    edits = reject(path, recorded, 5)
    saved = analyse(path, save=True)
    assert result_of(path) == saved
    edits.accept("A", "OP-001", 4, now=NOON)
    assert result_of(path) == recorded


def test_settings_of_the_document_hold_for_the_analysis_without_them(path: Path):
    from labapp.analysis.settings import settings_from

    other = analyse(path, plan=settings_from({"rope_ms": 12.0}))
    reject(path, other, 5)
    fresh = up_to_date(other, path)
    assert fresh["parameters"]["rope_ms"] == 12.0
    assert fresh["excluded"]["as_recorded"]["verdict"] == other["verdict"]


def test_a_frozen_plan_lists_it_among_its_changes(recorded: dict[str, Any], excluded: Any):
    from labapp.analysis.excluded import excluded_document

    plan = {"frozen": True, "sha256": "0" * 64, "frozen_utc": None, "changes": []}
    rows = excluded["excluded"]["repetitions"]
    whole = excluded_document({**recorded, "plan": plan}, {**excluded, "plan": plan}, rows, 0)
    assert whole["plan"]["changes"] == [whole["excluded"]["words"]]
    assert recorded_document(whole)["plan"] == plan


# ---------------------------------------------------------------- where it is told


def test_report_methods_and_terminal_tell_it(excluded: dict[str, Any], recorded: dict[str, Any]):
    text = methods_paragraph({}, excluded)[0]
    assert "11 of 12 repetitions were analysed. " in text
    assert (
        "1 of 12 repetitions were excluded afterwards by hand by OP-001, not blind to the "
        "results (electrode loose); with all repetitions as recorded the verdict was: Cannot tell "
        in text
    )
    assert "by hand by" not in methods_paragraph({}, recorded)[0]
    page = repr(build_document([excluded]))
    assert "Repetitions excluded afterwards" in page
    assert "2026-01-01 12:00" in page
    for document in (recorded, excluded):  # lag and interval of both stand in the table
        pair = document["order"]["pairs"]["RM_R-UT_R"]
        assert f"{abs(pair['lag_ms']):.1f} (" in page
        assert f"n {pair['n']}" in page
    assert "1 of 12 repetitions excluded afterwards by hand" in repr(
        build_document([excluded, recorded]).blocks[0]
    )
    assert "Repetitions excluded afterwards" not in repr(build_document([recorded]))
    said = summary(excluded)
    assert "fast 5: electrode loose (OP-001, rater A, 2026-01-01 12:00 UTC)" in said
    assert "as recorded: Cannot tell" in said
    assert said.count("as recorded:") == 1


def test_a_report_of_a_document_at_hand_is_brought_up_to_date(
    path: Path, recorded: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    reject(path, recorded, 5)
    monkeypatch.setattr("labapp.report.html.write_html", lambda document, out: document)
    document = make_report([path], path.with_suffix(".html"), documents=[recorded])
    assert "Repetitions excluded afterwards" in repr(document)


# ---------------------------------------------------------------- the journal


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"reason": "  "}, "a rejection needs a reason"),
        ({"operator": "Bob"}, "is not a pseudonym"),
        ({"rater": "../A"}, "is not a rater"),
        ({"repetition": 99}, "there is no repetition 99"),
        ({"reason": "Mr Smith moved"}, "looks like a name"),
    ],
)
def test_bad_rejections_are_refused_and_leave_nothing(edits: OnsetEdits, wish: Any, words: str):
    good = {"rater": "A", "operator": "OP-001", "repetition": 4, "reason": WHY}
    with pytest.raises(LabError, match=words):
        edits.reject(**{**good, **wish})
    assert raters_of(edits.path) == []


def test_what_cannot_be_rejected_or_accepted_says_why(tmp_path: Path):
    path = twelve_pulls(tmp_path / "AB-014.h5", rejected=[5])
    edits = OnsetEdits(path, analyse(path))
    with pytest.raises(NotNeeded, match=f"does not count as recorded.*{IN_THE_RUN}") as decided:
        edits.reject("A", "OP-001", 4, WHY)
    assert not decided.value.fault
    for reasons, fault in (
        (["force lost for 300 ms"], True),
        ([IN_THE_RUN, "force lost for 300 ms"], False),
        (["done again"], False),
    ):
        edits.recorded[4]["reasons"] = reasons
        with pytest.raises(NotNeeded, match=reasons[0]) as told:
            edits.reject("A", "OP-001", 4, WHY)
        assert told.value.fault is fault
    with pytest.raises(LabError, match="rater A has not rejected this repetition"):
        edits.accept("A", "OP-001", 4)
    edits.reject("A", "OP-001", 6, WHY)
    with pytest.raises(LabError, match="is rejected already"):
        edits.reject("A", "OP-001", 6, WHY)
    with pytest.raises(LabError, match="rater B has not rejected"):
        edits.accept("B", "OP-001", 6)


def test_what_one_rater_rejects_stays_until_that_rater_accepts_it(
    path: Path, recorded: dict[str, Any]
):
    edits = reject(path, recorded, 5)
    edits.reject("B", "OP-002", 4, "slipped", now=NOON)
    assert [row["rater"] for row in read_exclusions(path, recorded).rows] == ["A", "B"]
    edits.accept("A", "OP-001", 4, now=NOON)
    (row,) = read_exclusions(path, recorded).rows
    assert row["operator"] == "OP-002"


def test_onsets_set_in_an_excluded_pull_do_not_count(path: Path, recorded: dict[str, Any]):
    edits = reject(path, recorded, 5)
    for index in (4, 6):
        time = recorded["repetitions"][index]["onsets"]["RM_R"]["time_s"] - 0.02
        edits.set("A", "OP-001", (index, "RM_R"), time, now=NOON)
    document = up_to_date(recorded, path)
    part = document["edited"]["raters"]["A"]
    assert (part["edited"], part["total"], part["left_out"]) == (1, 22, 0)
    assert document["edited"]["automatic"] == document["verdict"]
    assert automatic_document(document)["excluded"] == document["excluded"]
    assert recorded_document(automatic_document(document)) == recorded


def test_a_journal_of_rejections_alone_is_no_rater_of_onsets(path: Path, recorded: dict[str, Any]):
    reject(path, recorded, 5)
    assert "edited" not in with_edits(recorded, path)
    assert check(path) == []


def test_a_damaged_journal_is_told_in_one_line_and_excludes_nothing(
    path: Path, recorded: dict[str, Any]
):
    reject(path, recorded, 5)
    journal = journal_path(path, "A")
    journal.write_bytes(journal.read_bytes().replace(b"loose", b"lost!"))
    document = up_to_date(recorded, path)
    assert "excluded" not in document
    assert document["verdict"] == recorded["verdict"]
    (told,) = [row["text"] for row in document["quality"] if row not in recorded["quality"]]
    assert told.startswith("what was set by hand was left out: AB-014.onsets-A.jsonl, line 1 was")
    assert "\n" not in told


def test_a_torn_rejection_was_never_confirmed(path: Path, recorded: dict[str, Any]):
    edits = reject(path, recorded, 5, 7)
    journal = journal_path(path, "A")
    journal.write_bytes(journal.read_bytes()[:-1])
    assert list(edits.hand("A").rejected) == [4]
    assert [row["number"] for row in read_exclusions(path, recorded).rows] == [5]


def test_a_rejection_of_a_pull_that_the_analysis_no_longer_has_is_not_used(
    path: Path, recorded: dict[str, Any]
):
    edits = reject(path, recorded, 5)
    (line,) = edits.hand("A").journal.lines
    other = sealed(msgspec.structs.replace(line, anchor_s=(line.anchor_s or 0.0) + 1.0))
    journal_path(path, "A").write_bytes(msgspec.json.encode(other) + b"\n")
    assert "excluded" not in up_to_date(recorded, path)
    assert len(edits.hand("A").strays) == 1


STEPS = st.one_of(
    st.tuples(st.sampled_from(["reject", "accept"]), st.integers(0, 3)),
    st.tuples(st.sampled_from(["set", "undo", "redo"]), st.just(0)),
)


@settings(max_examples=20)
@given(steps=st.lists(STEPS, max_size=14))
def test_any_way_there_and_back_leaves_what_a_list_of_states_says(
    tmp_path_factory: Any, recorded: dict[str, Any], steps: Any
):
    edits = OnsetEdits(tmp_path_factory.mktemp("journal") / "s.h5", recorded, ME)
    states: list[frozenset[int]] = [frozenset()]
    at = 0
    for number, (what, pull) in enumerate(steps):
        now = NOON + timedelta(seconds=number)
        here = states[at]
        if what in ("undo", "redo"):
            step = 1 if what == "redo" else -1
            if 0 <= at + step < len(states):
                getattr(edits, what)("A", "OP-001", now=now)
                at += step
            else:
                with pytest.raises(LabError, match="nothing to"):
                    getattr(edits, what)("A", "OP-001", now=now)
            continue
        if what == "set":
            time = recorded["repetitions"][0]["onsets"]["RM_R"]["time_s"]
            edits.set("A", "OP-001", (0, "RM_R"), time, now=now)
        elif (pull in here) is (what == "reject"):
            with pytest.raises(LabError, match="rejected"):
                getattr(edits, what)("A", "OP-001", pull, WHY, now=now)
            continue
        else:
            getattr(edits, what)("A", "OP-001", pull, WHY, now=now)
            here = here | {pull} if what == "reject" else here - {pull}
        del states[at + 1 :]
        states.append(here)
        at += 1
    exclusions = read_exclusions(edits.path, recorded, ME)
    assert {row["repetition"] for row in exclusions.rows} == states[at]
    lines = edits.hand("A").journal.lines
    made = sum(line.what == "reject" for line in lines)
    assert exclusions.taken_back == made - len(states[at])


# ---------------------------------------------------------------- blind


def test_a_blind_rater_rejects_without_seeing_what_others_did(
    path: Path, recorded: dict[str, Any], excluded: dict[str, Any]
):
    reject(path, recorded, 5)
    desk = OnsetDesk(path, excluded, rater="B")
    desk.operator, desk.reason = "OP-002", "one trace is flat"
    desk.sit("B", blind=True)
    alone = OnsetDesk(path, recorded, rater="B")
    alone.sit("B", blind=True)
    assert desk.pulls == alone.pulls
    desk.show(4)
    assert desk.pull not in desk.hand.rejected
    desk.reject()
    assert desk.hand.rejected[4].blind
    rows = read_exclusions(path, recorded).rows
    assert [(row["rater"], row["blind"]) for row in rows] == [("A", False), ("B", True)]
    desk.undo()
    assert desk.pull == 4
    assert desk.hand.rejected == {}
    with pytest.raises(LabError, match="has marked blind"):
        desk.edits.reject("B", "OP-002", 3, WHY)


def test_the_desk_goes_on_with_the_fresh_analysis(path: Path, recorded: dict[str, Any]):
    desk = OnsetDesk(path, recorded)
    desk.operator, desk.reason = "OP-001", WHY
    desk.show(4)
    desk.reject()
    desk.go_on(up_to_date(recorded, path))
    assert desk.pull == 4
    assert not desk.edits.pulls[4]["valid"]
    assert desk.result()["verdict"]["state"] == "first"
    desk.accept()
    desk.go_on(up_to_date(desk.document, path))
    assert desk.result()["verdict"]["state"] == "undecided"
