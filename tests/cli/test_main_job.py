"""The demo and everything the command line does with the files it leaves."""

import contextlib
import io
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hurried_protocol import hurried_text

import labapp
from labapp.cli import main as cli

ROOT = Path(labapp.__file__).parents[1]


def run(*words):
    """Exit status, standard output and standard error of a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = cli.main([str(word) for word in words])
    return status, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Files and words of a demo with short rests and waits."""
    folder = tmp_path_factory.mktemp("demo") / "made by it"
    home = tmp_path_factory.mktemp("home")
    (home / "protocols").mkdir()
    (home / "protocols" / "isometric_pull.toml").write_text(hurried_text(), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABAPP_HOME", str(home))  # a user's own protocol comes first
        status, out, err = run("demo", "--headless", "--seed", "1", "--out", folder)
    assert status == 0, err
    assert err == ""
    name = "DEMO-001_isometric_pull_demo_seed1"
    return {
        "session": folder / f"{name}.h5",
        "analysis": folder / f"{name}.analysis.json",
        "report": folder / f"{name}.html",
        "truth": folder / f"{name}.truth.json",
        "folder": folder,
        "out": out,
    }


def test_the_demo_leaves_four_files(demo):
    names = {demo[key] for key in ("session", "analysis", "report", "truth")}
    assert set(demo["folder"].iterdir()) == names


def test_the_demo_says_what_it_found(demo):
    out = demo["out"]
    document = json.loads(demo["analysis"].read_text(encoding="utf-8"))
    assert out.startswith(document["verdict"]["headline"])
    pair = document["order"]["pairs"]["RM_R-UT_R"]
    assert f"{pair['lag_ms']:+.1f} ms" in out
    assert "RM_R:UT_R" in out
    assert re.search(r"emg: bitalino, .* \d+ received \+ \d+ lost = \d+ sent", out)
    for key in ("session", "analysis", "report", "truth"):
        assert str(demo[key]) in out
    last = out.strip().split("\n\n")[-1]
    assert re.fullmatch(r"known truth: RM_R leads UT_R by [\d.]+ ms, .*", last)


def test_samples_account_for_what_was_sent(demo):
    document = json.loads(demo["analysis"].read_text(encoding="utf-8"))
    truth = json.loads(demo["truth"].read_text(encoding="utf-8"))
    for name, stream in document["streams"].items():
        (sent,) = [one["sent"] for one in truth["devices"][name]["runs"]]
        assert stream["received"] + stream["lost"] == sent


def test_the_document_holds_nothing_of_this_machine(demo):
    text = demo["analysis"].read_text(encoding="utf-8")
    assert str(demo["folder"]) not in text
    assert not re.search(r"\d{4}-\d\d-\d\dT\d\d:", text)
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", text)
    assert json.loads(text)["session"] == demo["session"].stem


def test_analyse_gives_the_same_document_without_loading_qt(demo):
    code = (
        "import sys\n"
        "from labapp.cli.main import main\n"
        f"status = main(['analyse', {str(demo['session'])!r}, '--json'])\n"
        "loaded = {'PySide6', 'pyqtgraph', 'matplotlib', 'serial'} & sys.modules.keys()\n"
        "sys.exit(status or ', '.join(loaded) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout == demo["analysis"].read_text(encoding="utf-8")


def test_analyse_says_what_the_demo_said(demo):
    status, out, err = run("analyse", demo["session"])
    assert (status, err) == (0, "")
    assert demo["out"].startswith(out.strip())


def test_the_contract_of_analyse_json(demo):
    document = json.loads(demo["analysis"].read_text(encoding="utf-8"))
    assert set(document["rate_hz"]) == {"emg", "force"}
    for repetition in document["repetitions"]:
        assert {"index", "valid", "reasons", "cue_s", "force_onset_s", "onsets"} <= set(repetition)
        for onset in repetition["onsets"].values():
            assert {"time_s", "low_s", "high_s", "state", "snr_db", "rise_s"} <= set(onset)
    order = document["order"]
    assert {"muscles", "n", "p_first", "share_first", "pairs"} <= set(order)
    for pair in order["pairs"].values():
        assert {"lag_ms", "low_ms", "high_ms", "n", "p_before", "verdict", "reasons"} <= set(pair)
    for phases in document["ratios"].values():
        assert set(phases) == {"pull", "hold", "return"}
        assert {"ratio", "low", "high", "n"} <= set(phases["hold"])
    for finding in document["quality"]:
        assert {"channel", "check", "value", "level", "text"} <= set(finding)
    assert {"resolution_ms", "sync", "uncertainty_ms"} <= set(document["timing"])


def test_a_plan_changes_the_parameters(demo, tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text("[analysis]\nrope_ms = 50.0\n")
    status, out, _ = run("analyse", demo["session"], "--json", "--plan", plan)
    assert status == 0
    document = json.loads(out)
    assert document["parameters"]["rope_ms"] == 50.0
    assert document["order"]["pairs"]["RM_R-UT_R"]["verdict"] != "first"
    plan.write_text("[analysis]\nrope = 50.0\n")
    status, out, err = run("analyse", demo["session"], "--plan", plan)
    assert (status, out) == (2, "")
    assert "'rope'" in err


def test_results_are_kept_when_asked_for(demo, tmp_path):
    copy = tmp_path / "copy.h5"
    shutil.copy(demo["session"], copy)
    plan = tmp_path / "plan.toml"
    plan.write_text("[analysis]\nrope_ms = 15.0\n")
    with labapp.open_session(copy) as session:
        assert session.results["parameters"]["rope_ms"] == 10.0  # by the demo itself
    assert run("analyse", copy, "--plan", plan, "--save")[0] == 0
    with labapp.open_session(copy) as session:
        assert session.results["parameters"]["rope_ms"] == 15.0
    assert run("check", copy)[0] == 0


def test_check_finds_nothing_and_then_something(demo, tmp_path):
    status, out, err = run("check", demo["session"])
    assert (status, err) == (0, "")
    assert "nothing wrong" in out
    status, out, _ = run("check", demo["session"], "--json")
    assert json.loads(out)["ok"] is True
    cut = tmp_path / "cut.h5"
    cut.write_bytes(demo["session"].read_bytes()[:-100_000])
    status, out, _ = run("check", cut, "--json")
    assert status == 1
    assert json.loads(out)["findings"]
    for words in (["analyse", cut], ["report", cut, "--out", tmp_path / "r.html"]):
        status, out, err = run(*words)
        assert (status, out) == (2, "")
        assert "cut.h5" in err
        assert len(err.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["cut.h5"]


@pytest.mark.parametrize("suffix", [".html", ".pdf"])
def test_reports(demo, tmp_path, suffix):
    out_path = tmp_path / f"report{suffix}"
    status, out, err = run("report", demo["session"], "--out", out_path)
    assert (status, err) == (0, "")
    assert out.strip() == str(out_path)
    data = out_path.read_bytes()
    assert data.startswith(b"<!DOCTYPE html>" if suffix == ".html" else b"%PDF")
    if suffix == ".html":
        assert data == demo["report"].read_bytes()
        assert "not a medical device" in data.decode().lower()
    status, out, err = run("report", demo["session"], "--out", out_path)
    assert (status, out) == (2, "")
    assert "exists" in err
    assert out_path.read_bytes() == data


@pytest.mark.slow
def test_the_whole_demo_takes_less_than_a_minute(tmp_path):
    begin = time.monotonic()
    words = [sys.executable, "-m", "labapp", "demo", "--headless", "--seed", "1", "--out", tmp_path]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert time.monotonic() - begin < 60
