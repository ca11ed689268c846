"""The command ``onsets`` as a person types it."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from pathlib import Path

import pytest

from labapp.cli import main as cli
from labapp.session.file import Session, write_results
from labapp.workflow.onset_edits import OnsetEdits

DATA = Path(__file__).parents[1] / "data"
DOCUMENT = json.loads((DATA / "analysis_12_pulls.json").read_text(encoding="utf-8"))


def run(*words: object) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = cli.main(["onsets", *map(str, words)])
    return status, out.getvalue(), err.getvalue()


@pytest.fixture
def session(tmp_path: Path) -> Path:
    path = tmp_path / "AB-014.h5"
    shutil.copy(DATA / "session_1_0.h5", path)
    write_results(path, "analysis", DOCUMENT)
    return path


def test_list_set_undo_redo(session: Path):
    status, out, err = run(session)
    assert (status, err) == (0, "")
    assert "No onset was set by hand." in out
    assert "RM_R   automatic    29.762 s  +200 ms" in out
    status, out, err = run(
        *(session, "--set", 1, "RM_R", 29.79, "--operator", "OP-001", "--reason", "heart beat")
    )
    assert (status, err) == (0, "")
    assert "Rater A (names shown, edited 1 of 48 onsets (2 %))" in out
    assert "| A    29.790 s  +228 ms OP-001 (heart beat)" in run(session)[1]
    assert "No onset was set" in run(session, "--rater", "B")[1]
    assert "edited 0 of 48" in run(session, "--undo", "--operator", "OP-001")[1]
    status, out, err = run(session, "--redo", "--operator", "OP-001", "--json")
    assert status == 0
    document = json.loads(out)
    assert document["raters"]["A"]["edited"] == 1
    assert document["automatic"] == DOCUMENT["verdict"]
    assert [pull["pull"] for pull in document["pulls"]] == list(range(1, 13))
    status, out, _ = run(session, "--set", 1, "RM_R", "none", "--operator", "OP-001")
    assert "Rater A" in out
    assert "| A no onset" in run(session)[1]


@pytest.mark.parametrize(
    "words", [(), ("--agreement",), ("--set", "1", "RM_R", "29.8", "--operator", "OP-001")]
)
def test_a_command_opens_the_session_once(
    session: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
):
    for rater in "AB":
        OnsetEdits(session, DOCUMENT).set(rater, "OP-001", (3, "UT_R"), 29.81)
    opened, make = [], Session.__init__

    def counted(self: Session, path: Path) -> None:
        opened.append(path.name)
        make(self, path)

    monkeypatch.setattr(Session, "__init__", counted)
    assert run(session, *words)[0] == 0
    assert opened == ["AB-014.h5"]


def test_two_raters_are_compared(session: Path):
    status, _, err = run(session, "--agreement")
    assert status == 2
    assert "was not marked by two raters" in err
    edits = OnsetEdits(session, DOCUMENT)
    for pull in range(1, 4):
        index = DOCUMENT["repetitions"][pull - 1]["index"]
        time = DOCUMENT["repetitions"][pull - 1]["onsets"]["UT_R"]["time_s"]
        edits.set("A", "OP-001", (index, "UT_R"), time)
        edits.set("B", "OP-002", (index, "UT_R"), time + 0.006 + 0.001 * pull)
    status, out, _ = run(session, "--agreement")
    assert status == 0
    assert "Raters A and B (second minus first)" in out
    assert "all onsets     n   3  ICC(2,1) " in out
    assert "bias +8.0 ms" in out
    assert "within 10 ms: 100 %" in out
    part = json.loads(run(session, "--agreement", "--json")[1])["agreement"]["A-B"]
    assert part["onsets"]["bias_ms"] == pytest.approx(8.0, abs=1e-3)
    assert part["pairs"]["RM_R-UT_R"]["n"] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--set", "1", "RM_R", "29.7"), "needs --operator"),
        (("--set", "1", "RM_R", "29.7", "--operator", "Bob"), "is not a pseudonym"),
        (("--set", "0", "RM_R", "29.7", "--operator", "OP-001"), "number from 1 to 12"),
        (("--set", "1", "RM_R", "inf", "--operator", "OP-001"), "is not a time"),
        (("--set", "1", "RM_R", "99", "--operator", "OP-001"), "is outside the pull"),
        (("--set", "1", "XX", "29.7", "--operator", "OP-001"), "there is no onset of XX"),
        (("--undo", "--operator", "OP-001"), "nothing to undo"),
        (("--reason", "so"), "belong to an edit"),
        (("--rater", "../x"), "is not a rater"),
    ],
)
def test_wrong_use_is_one_line(session: Path, words: tuple[str, ...], said: str):
    status, out, err = run(session, *words)
    assert (status, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert sorted(path.name for path in session.parent.iterdir()) == ["AB-014.h5"]
