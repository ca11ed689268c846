"""The next load: proposed where the conditions are met, and why not where they are not."""

import shutil
from dataclasses import replace

import pytest

from labapp.session.file import open_session
from labapp.trials.protocol import load_protocol, parse_protocol
from labapp.trials.remarks import EffortTold, LoadUsed
from labapp.workflow.progression import Done, figures, grows, history, proposals, propose

ROW = load_protocol("seated_cable_row_slow")
WORK = ROW.block("work")
GOOD = Done(
    "a.h5",
    {"work": LoadUsed("work", 50.0, "kg")},
    tuple(EffortTold("work", n, 6.0) for n in (1, 2, 3)),
    tempo_adherence_percent=91.0,
    cmc=0.9,
)


def test_more_after_two_good_sessions_in_a_row():
    found = propose(WORK, [GOOD, replace(GOOD, name="b.h5")])
    assert (found.value, found.unit, found.more) == (52.5, "kg", True)
    assert found.reasons == ("all conditions met in 2 sessions in a row", "5 %")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tempo_adherence_percent": 80.0}, "tempo kept 80, asked at least 85 % (a.h5)"),
        ({"tempo_adherence_percent": None}, "tempo kept not known"),
        ({"cmc": 0.8}, "(CMC) 0.8, asked at least 0.85"),
        ({"efforts": (EffortTold("work", 1, 8.0),)}, "effort 8, asked at most 7 of 10"),
        ({"efforts": ()}, "effort not known"),
    ],
)
def test_the_same_load_and_why(change, words):
    found = propose(WORK, [replace(GOOD, **change), replace(GOOD, name="b.h5")])
    assert (found.value, found.more) == (50.0, False)
    assert words in "; ".join(found.reasons)


def test_sessions_with_another_load_do_not_count():
    other = replace(GOOD, name="b.h5", loads={"work": LoadUsed("work", 45.0, "kg")})
    found = propose(WORK, [GOOD, other, GOOD])
    assert not found.more
    assert "1 of 2 sessions with this load so far" in found.reasons


def test_without_a_session_the_protocol_says_how_to_begin():
    found = propose(WORK, [])
    assert found.value is None
    assert found.reasons == ("first load: half of the load that you can pull 10 to 12 times",)


def test_parts_of_a_block_have_its_load():
    arm = load_protocol("single_arm_row")
    left = arm.block("left")
    done = Done(
        "a.h5",
        {"left.2": LoadUsed("left.2", 20.0, "kg")},
        (EffortTold("left.1", 1, 5.0), EffortTold("left.2", 1, 6.0)),
    )
    found = propose(left, [done, replace(done, name="b.h5")])
    assert (found.value, found.more) == (22.0, True)


def test_only_blocks_that_say_by_how_much_are_proposed(tmp_path):
    assert [block.name for block in ROW.blocks if grows(block)] == ["work"]
    assert [one.block for one in proposals(tmp_path, "AB-014", ROW)] == ["work"]
    assert proposals(tmp_path, "AB-014", load_protocol("isometric_pull")) == ()
    assert history(tmp_path, "AB-014", ROW) == ()
    (tmp_path / "AB-014_broken.h5").write_bytes(b"not a session")
    assert history(tmp_path, "AB-014", ROW) == ()
    with pytest.raises(ValueError, match="no load that grows"):
        propose(load_protocol("isometric_pull").blocks[0], [])


def test_figures_come_from_the_analysis_document():
    document = {
        "force": {
            "tempo": {"adherence_percent": {"mean": 88.0}},
            "hold": {"cv_percent": {"mean": 4.0}},
        },
        "variability": {
            "muscles": {"RM_R": {"cmc": 0.9}, "UT_R": {"cmc": 0.7}, "X": {"cmc": None}}
        },
    }
    assert figures(document) == {
        "tempo_adherence_percent": 88.0,
        "cmc": 0.7,
        "force_cv_percent": 4.0,
    }
    assert set(figures({"force": None}).values()) == {None}


def test_history_reads_the_participants_sessions_of_the_protocol(recorded, tmp_path):
    made = recorded("rhomboid_leads_30ms")
    with open_session(made.path) as session:
        participant = session.participant
        protocol = parse_protocol(session.protocol_text, name="theirs")
    shutil.copy(made.path, tmp_path / f"{participant}_one.h5")
    (found,) = history(tmp_path, participant, protocol)
    assert found.name == f"{participant}_one.h5"
    assert found.loads == {}
    assert history(tmp_path, f"{participant}-other", protocol) == ()
    assert history(tmp_path, participant, ROW) == ()
