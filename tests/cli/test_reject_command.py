"""Repetitions rejected and accepted again with the command ``onsets``."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from twelve_pulls import twelve_pulls

from labapp.cli import main as cli
from labapp.session.file import write_results
from labapp.workflow.analysing import analyse

ME = ("--operator", "OP-001")


def run(*words: object) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = cli.main(["onsets", *map(str, words)])
    return status, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return analyse(twelve_pulls(tmp_path_factory.mktemp("made") / "AB-014.h5"))


@pytest.fixture
def session(tmp_path: Path, document: dict[str, Any]) -> Path:
    path = twelve_pulls(tmp_path / "AB-014.h5")
    write_results(path, "analysis", document)
    return path


def test_reject_tells_both_results_and_accept_takes_it_back(session: Path):
    status, out, err = run(session, "--reject", 5, *ME, "--reason", "electrode loose", "--json")
    assert (status, err) == (0, "")
    document = json.loads(out)
    assert document["automatic"]["state"] == "first"
    assert document["excluded"]["as_recorded"]["verdict"]["state"] == "undecided"
    assert document["excluded"]["repetitions"][0]["number"] == 5
    assert [pull["pull"] for pull in document["pulls"] if not pull["valid"]] == [5]
    status, out, err = run(session)
    assert (status, err) == (0, "")
    assert "left out: excluded afterwards by hand: electrode loose" in out
    assert "1 of 12 repetitions excluded afterwards by hand" in out
    assert "fast 5: electrode loose (OP-001, rater A, " in out
    assert "as recorded: Cannot tell" in out
    status, out, _ = run(session, "--accept", 5, *ME)
    assert status == 0
    assert "excluded" not in out
    assert "Automatic: Cannot tell" in out
    assert json.loads(run(session, "--json")[1])["excluded"] is None
    assert "1 of 12 repetitions" in run(session, "--undo", *ME)[1]
    whats = [
        json.loads(line)["what"]
        for line in session.with_name("AB-014.onsets-A.jsonl").read_text().splitlines()
    ]
    assert whats == ["reject", "accept", "undo"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--reject", "5", *ME), "a rejection needs a reason"),
        (("--reject", "5", "--reason", "so"), "needs --operator"),
        (("--reject", "13", *ME, "--reason", "so"), "number from 1 to 12"),
        (("--reject", "", *ME, "--reason", "so"), "number from 1 to 12"),
        (("--accept", "5", *ME), "rater A has not rejected this repetition"),
        (("--reject", "5", "--undo"), "not allowed with"),
    ],
)
def test_wrong_use_is_one_line(session: Path, words: tuple[str, ...], said: str):
    status, out, err = run(session, *words)
    assert (status, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert [path.name for path in session.parent.iterdir()] == ["AB-014.h5"]
