"""``labapp run``: a protocol from the command line."""

import re

import pytest

import labapp
from labapp import paths
from labapp.cli import main as cli


@pytest.fixture
def short(tmp_path):
    """A protocol of one steady and two fast pulls, with hardly any rest."""
    text = (paths.bundled("protocols") / "isometric_pull.toml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^(rest_s|set_rest_s|after_s) = \d+", r"\1 = 0.5", text)
    text = re.sub(r"(?m)^reps = \d+", "reps = 1", text)
    text = re.sub(r"(?m)^sets = 3", "sets = 2", text)
    text = text.replace("min_valid_reps = 10", "min_valid_reps = 1")
    text = text.replace('id = "isometric_pull"', 'id = "short"')
    path = tmp_path / "short.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_rehearsal_needs_no_devices(short, tmp_path, capsys):
    study = tmp_path / "study"
    words = ["run", short, "--participant", "DEMO-001", "--study", study, "--headless"]
    assert cli.main([str(word) for word in words]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "about" in printed.out
    assert "do not begin with: chest pain" in printed.out
    assert "stop on: pain above 3 of 10" in printed.out
    session, truth = sorted(study.iterdir())
    assert re.fullmatch(r"DEMO-001_short_\d{4}-\d\d-\d\d_\d{6}\.h5", session.name)
    assert truth.name == f"{session.stem}.truth.json"
    assert printed.out.strip().endswith(str(session))
    with labapp.open_session(session) as opened:
        assert len(opened.repetitions) == 3
        assert opened.protocol_text == short.read_text(encoding="utf-8")


def test_cues_in_the_terminal(short, tmp_path, capsys):
    words = ["run", short, "--participant", "AB-014", "--study", tmp_path / "s", "--speed", "25",
             "--device", "emg=bitalino@sim://bitalino?wire=memory",
             "--device", "force=chronojump@sim://chronojump?wire=memory"]  # fmt: skip
    assert cli.main([str(word) for word in words]) == 0
    told = capsys.readouterr().err
    assert told.count("\a") == 3
    assert "Fast pulls: On the beep pull as FAST" in told
    assert "Wait for the beep." in told
    assert "rest 0.5 s" in told
