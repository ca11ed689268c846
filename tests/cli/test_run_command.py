"""``labapp run``: a protocol from the command line."""

import re
import sys
import types

import pytest
from hurried_protocol import hurried_text

import labapp
from labapp.cli import main as cli


@pytest.fixture
def short(tmp_path):
    """A protocol of one steady and two fast pulls, with hardly any rest."""
    text = re.sub(r"(?m)^reps = \d+", "reps = 1", hurried_text(rest_s=0.5, sets=2))
    text = re.sub(r"min_valid_reps = \d+", "min_valid_reps = 1", text)
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
             "--headless", "--device", "emg=bitalino@sim://bitalino?wire=memory",
             "--device", "force=chronojump@sim://chronojump?wire=memory"]  # fmt: skip
    assert cli.main([str(word) for word in words]) == 0
    told = capsys.readouterr().err
    assert told.count("\a") == 3
    assert "Fast pulls: On the beep pull as FAST" in told
    assert "Wait for the beep." in told
    assert "rest 0.5 s" in told


class FakeWindow(types.ModuleType):
    """Stands where the window's toolkit would be loaded."""

    def __init__(self):
        super().__init__("labapp.ui.app")
        self.asked = []

    def run_preset(self, *words, **wishes):
        self.asked.append((words, wishes))
        return 0


@pytest.fixture
def window(monkeypatch):
    """A screen, and a window that only notes what it was asked for."""
    fake = FakeWindow()
    monkeypatch.setitem(sys.modules, "labapp.ui.app", fake)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    return fake


SIM = ["--device", "emg=bitalino@sim://bitalino", "--device", "force=chronojump@sim://chronojump"]


def test_with_a_screen_the_window_opens_filled_in(short, tmp_path, window, capsys):
    words = ["run", short, "--participant", "AB-014", "--study", tmp_path / "s", "--seed", "3",
             "--scenario", "lossy", "--speed", "4", "--practice", *SIM]  # fmt: skip
    assert cli.main([str(word) for word in words]) == 0
    [(given, wishes)] = window.asked
    assert given == (str(short), "AB-014")
    assert [device.id for device in wishes.pop("devices")] == ["emg", "force"]
    assert wishes == {
        "study": tmp_path / "s",
        "scenario": "lossy",
        "speed": 4.0,
        "seed": 3,
        "practice": True,
    }
    assert not (tmp_path / "s").exists()
    assert capsys.readouterr().out == ""


def test_a_rehearsal_in_the_window_has_the_simulated_lab(short, window):
    assert cli.main(["run", str(short), "--participant", "DEMO-001"]) == 0
    [(_, wishes)] = window.asked
    assert wishes["devices"] == ()
    assert wishes["study"] is None
    assert wishes["speed"] == 1.0


def test_without_a_screen_it_runs_in_the_terminal(short, tmp_path, window, monkeypatch, capsys):
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("labapp.cli.window.sys.platform", "linux")
    words = ["run", str(short), "--participant", "DEMO-001", "--study", str(tmp_path / "s")]
    assert cli.main(words) == 0
    assert window.asked == []
    assert len(list((tmp_path / "s").glob("*.h5"))) == 1


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--participant", "Bob"], "Bob"),
        (["--participant", "AB-014"], "no device is given"),
        (["--participant", "AB-014", *SIM[:2]], "F_PULL"),
        (["--participant", "AB-014", "--device", "emg=bitalino@COM1", "--speed", "2"], "--speed"),
    ],
)
def test_the_window_does_not_open_on_a_mistake(short, window, capsys, words, line):
    assert cli.main(["run", str(short), *words]) == 2
    assert line in capsys.readouterr().err.splitlines()[-1]
    assert window.asked == []


def test_a_window_that_cannot_be_loaded_is_one_line(short, window, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "labapp.ui.app", types.ModuleType("labapp.ui.app"))
    assert cli.main(["run", str(short), "--participant", "DEMO-001"]) == 2
    assert "--headless" in capsys.readouterr().err.splitlines()[-1]
