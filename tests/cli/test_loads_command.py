"""The command ``loads``: the next load from the sessions of a study, as a person types it."""

from __future__ import annotations

import contextlib
import io
import json
import os
from pathlib import Path

import pytest
from twelve_pulls import twelve_pulls

from labapp.cli import main as cli
from labapp.model import Marker
from labapp.session.file import write_results
from labapp.trials.protocol import load_protocol

ROW = "seated_cable_row_slow"
WHO = ("--participant", "AB-014", "--protocol", ROW)


def run(*words: object) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = cli.main(["loads", *map(str, words)])
    return status, out.getvalue(), err.getvalue()


def trained(study: Path, day: int, tempo: float) -> Path:
    """Write a session of slow rows with 50 kg at effort 6."""
    told = [
        Marker(1.0, "load", {"block": "work", "value": 50.0, "unit": "kg", "proposed": None}),
        *(Marker(1.0 + n, "effort", {"block": "work", "set": n, "cr10": 6.0}) for n in (1, 2, 3)),
    ]
    meta = {"participant": "AB-014", "protocol": {"name": ROW, "text": load_protocol(ROW).text}}
    path = twelve_pulls(study / f"AB-014_row_{day}.h5", meta=meta, markers=told)
    document = {
        "force": {"tempo": {"adherence_percent": {"mean": tempo}}},
        "variability": {"muscles": {"RM_R": {"cmc": 0.9}}},
    }
    write_results(path, "analysis", document)
    os.utime(path, (1e9 + day, 1e9 + day))
    return path


def test_the_next_load_and_why(tmp_path: Path):
    trained(tmp_path, 1, 91.0)
    status, out, err = run(tmp_path, *WHO)
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "work: 50 kg, as last time (Slow rows)",
        "  1 of 2 sessions with this load so far",
    ]
    trained(tmp_path, 2, 88.0)
    assert run(tmp_path, *WHO)[1].splitlines() == [
        "work: 52.5 kg, more than last time (Slow rows)",
        "  all conditions met in 2 sessions in a row",
        "  5 %",
    ]
    trained(tmp_path, 3, 80.0)
    status, out, _ = run(tmp_path, *WHO, "--json")
    assert status == 0
    assert json.loads(out) == {
        "participant": "AB-014",
        "protocol": ROW,
        "blocks": [
            {
                "block": "work",
                "title": "Slow rows",
                "value": 50.0,
                "unit": "kg",
                "more": False,
                "reasons": ["tempo kept 80, asked at least 85 % (AB-014_row_3.h5)"],
            }
        ],
    }


def test_without_sessions_the_protocol_tells_how_to_begin(tmp_path: Path):
    status, out, _ = run(tmp_path, *WHO)
    assert status == 0
    assert out.startswith("work: not known yet (Slow rows)\n  first load: half of the load")
    status, out, _ = run(tmp_path, *WHO[:2], "--protocol", "isometric_pull")
    assert (status, out) == (0, "isometric_pull has no load that grows\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere", *WHO), "nowhere is no folder; give the folder that holds the sessions"),
        ((".", "--participant", "P01", "--protocol", ROW), "'P01' is not a pseudonym"),
        ((".", *WHO[:2], "--protocol", "slow_cable_row"), "nothing named 'slow_cable_row'"),
        ((".", *WHO[:2]), "required: --protocol"),
    ],
)
def test_wrong_use_is_one_line(words: tuple[str, ...], said: str):
    status, out, err = run(*words)
    assert (status, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1
