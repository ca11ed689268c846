"""The command line as a whole: help, exit statuses, one line for bad input, light start-up."""

import io
import json
import os
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest

from labapp.cli import main as cli
from labapp.cli.words import progress_bar

CONTRACT = (
    "analyse", "calibrate", "check", "demo", "devices", "doctor", "drivers", "facts", "import",
    "loads", "onsets", "outlet", "record", "recover", "report", "run", "simulate", "sync",
)  # fmt: skip
SIM = ["--device", "emg=bitalino@sim://bitalino"]


def refused(capsys, *words):
    """Run words that must be refused; the one line on standard error."""
    status = cli.main([str(word) for word in words])
    printed = capsys.readouterr()
    assert status == 2, printed
    assert printed.out == "" or words[0] == "run"  # which says first what is about to happen
    lines = printed.err.strip().splitlines()
    assert len(lines) == 1, printed.err
    assert lines[0].startswith("labapp")
    assert "Traceback" not in lines[0]
    return lines[0]


def test_every_command_of_the_contract_is_there():
    assert tuple(sorted(command.name for command in cli.COMMANDS)) == CONTRACT


@pytest.mark.parametrize("name", CONTRACT)
def test_every_command_has_help(capsys, name):
    assert cli.main([name, "--help"]) == 0
    assert "not a medical device" in capsys.readouterr().out


def test_unknown_command_lists_the_known_ones(capsys):
    line = refused(capsys, "fly")
    assert "'fly'" in line
    for name in CONTRACT:
        assert name in line


def test_version(capsys):
    assert cli.main(["--version"]) == 0
    assert re.fullmatch(r"labapp \d+\.\d+\.\d+\S*\n", capsys.readouterr().out)


@pytest.mark.parametrize("words", [["--help"], ["analyse", "--help"], ["record", "--help"]])
def test_help_loads_nothing_heavy(words):
    code = (
        "import sys\n"
        "from labapp.cli.main import main\n"
        f"main({words!r})\n"
        "heavy = {'numpy', 'scipy', 'h5py', 'PySide6', 'pyqtgraph', 'serial', 'matplotlib'}\n"
        "sys.exit(', '.join(heavy & sys.modules.keys()) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_no_screen_is_one_clear_line(capsys, monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    line = refused(capsys)
    assert "no screen" in line
    assert "--headless" in line


@pytest.mark.parametrize(
    ("words", "value", "remedy"),
    [
        (["simulate", "warpdrive"], "warpdrive", "bitalino"),
        (["record", "--device", "emg=warpdrive@COM1", "--out", "x.h5"], "warpdrive", "bitalino"),
        (["record", "--device", "bitalino@COM1", "--out", "x.h5"], "bitalino@COM1", "ID=DRIVER"),
        (["record", "--out", "x.h5"], "--device", "--help"),
        (["record", *SIM, "--out", "x.txt"], "x.txt", ".h5"),
        (["record", *SIM, "--out", "no/such/folder/x.h5"], "folder", "create"),
        (["record", *SIM, "--out", "x.h5", "--seconds", "-1"], "-1", "--help"),
        (["record", *SIM, "--out", "x.h5", "--seconds", "nan"], "nan", "--help"),
        (["record", *SIM, "--out", "x.h5", "--participant", "Ann Smith"], "Ann Smith", "AB-014"),
        (["record", *SIM, *SIM, "--out", "x.h5"], "emg", "its own id"),
        (["record", *SIM, "--channels", "emg=Z9:RM_R", "--out", "x.h5"], "Z9", "A1"),
        (["record", *SIM, "--channels", "arm=A1:RM_R", "--out", "x.h5"], "arm", "emg"),
        (["record", *SIM, "--channels", "emg=A1:RM_R,A2:RM_R", "--out", "x.h5"], "RM_R", "own"),
        (["record", *SIM, "--set", "emg.rate=12", "--out", "x.h5"], "12", "1000"),
        (["record", *SIM, "--set", "emg.colour=1", "--out", "x.h5"], "colour", "settings"),
        (["record", *SIM, "--scenario", "mars", "--out", "x.h5"], "mars", "demo"),
        (["run", "no_such", "--participant", "AB-001"], "no_such", "isometric_pull"),
        (["run", "isometric_pull", "--participant", "Bob"], "Bob", "AB-014"),
        (["run", "isometric_pull", "--participant", "AB-001"], "AB-001", "DEMO-001"),
        (["run", "isometric_pull", "--participant", "AB-001", *SIM], "F_PULL", "--channels"),
        (["demo", "--headless", "--seed", "-3"], "-3", "--help"),
        (["demo", "--headless", "--scenario", "mars"], "mars", "demo"),
        (["analyse", "missing.h5"], "missing.h5", "check"),
        (["report", "missing.h5", "--out", "x.docx"], "x.docx", ".html"),
        (["report", "missing.h5", "--out", "x.html"], "missing.h5", ""),
        (["check", "missing.h5"], "missing.h5", ""),
        (["recover", "missing"], "missing", ""),
        (["facts", "missing"], "missing", "--set"),
        (["facts", ".", "--set", "hue=3"], "hue", "labapp facts"),
        (["facts", ".", "--set", "amplifier.gain"], "amplifier.gain", "FACT=VALUE"),
        (["facts", ".", "--set", "amplifier.gain=-3"], "-3", "More than 0"),
        (["facts", ".", "--set", "force.model=Mr Smith"], "Mr Smith", "leave it out"),
        (["import", "missing.csv", "--out", "x.h5"], "missing.csv", ""),
    ],
    ids=lambda value: " ".join(value)[-60:] if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_and_leaves_nothing(
    capsys, tmp_path, monkeypatch, words, value, remedy
):
    monkeypatch.chdir(tmp_path)
    line = refused(capsys, *words)
    assert value in line
    assert remedy in line
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert left == []


def test_missing_and_busy_ports(capsys, tmp_path):
    out = tmp_path / "x.h5"
    line = refused(capsys, "record", "--device", "emg=bitalino@/dev/ttyNONE9", "--out", out)
    assert "/dev/ttyNONE9" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX")
def test_a_port_in_use_by_another_program(capsys, tmp_path):
    import fcntl
    import pty

    controller, terminal = pty.openpty()
    try:
        name = os.ttyname(terminal)
        fcntl.flock(terminal, fcntl.LOCK_EX)
        line = refused(
            capsys, "record", "--device", f"emg=bitalino@{name}", "--out", tmp_path / "x.h5"
        )
        assert name in line
        assert "use" in line
    finally:
        os.close(controller)
        os.close(terminal)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(capsys, tmp_path):
    out = tmp_path / "x.h5"
    out.write_text("mine")
    assert "exists" in refused(capsys, "record", *SIM, "--out", out)
    assert out.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["x.h5"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(capsys, tmp_path):
    tmp_path.chmod(0o500)
    try:
        assert "permission" in refused(capsys, "record", *SIM, "--out", tmp_path / "x.h5")
    finally:
        tmp_path.chmod(0o700)


def test_a_folder_without_permission_told_by_the_system(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("labapp.workflow.naming.os.access", lambda path, mode: False)
    assert "permission" in refused(capsys, "record", *SIM, "--out", tmp_path / "x.h5")
    assert "permission" in refused(capsys, "demo", "--headless", "--out", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_study_folder_that_is_a_file(capsys, tmp_path):
    study = tmp_path / "study"
    study.write_text("")
    words = ["run", "isometric_pull", "--participant", "DEMO-001", "--study", study]
    assert cli.main([str(word) for word in words]) == 2
    assert "study" in capsys.readouterr().err.splitlines()[-1]


def test_broken_protocols(capsys, tmp_path):
    path = tmp_path / "broken.toml"
    path.write_text('id = "x"\nversion =\n')
    line = refused(capsys, "run", path, "--participant", "AB-001")
    assert "broken.toml" in line
    assert "line 2" in line
    path.write_text('id = "x"\n')
    assert "version" in refused(capsys, "run", path, "--participant", "AB-001")


def test_a_text_file_is_no_session(capsys, tmp_path):
    path = tmp_path / "notes.h5"
    path.write_text("Dear diary")
    for words in (
        ["analyse", path],
        ["check", path],
        ["report", path, "--out", tmp_path / "r.html"],
    ):
        line = refused(capsys, *words)
        assert "notes.h5" in line
    assert [entry.name for entry in tmp_path.iterdir()] == ["notes.h5"]


def test_drivers(capsys):
    assert cli.main(["drivers"]) == 0
    text = capsys.readouterr().out
    assert "bitalino" in text
    assert "onset: yes" in text
    assert cli.main(["drivers", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    by_name = {driver["name"]: driver for driver in document["drivers"]}
    assert by_name["bitalino"]["rate_hz"] == 1000
    assert by_name["bitalino"]["onset_reason"]
    assert len([c for c in by_name["bitalino"]["channels"] if c["kind"] == "emg"]) == 4
    assert by_name["chronojump"]["channels"][0]["unit"] == "N"


def test_devices(capsys):
    assert cli.main(["devices", "--json"]) == 0
    assert isinstance(json.loads(capsys.readouterr().out)["ports"], list)
    assert cli.main(["devices"]) == 0
    assert capsys.readouterr().out


def test_doctor(capsys):
    status = cli.main(["doctor", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert status == (0 if document["ok"] else 1)
    checks = {finding["check"] for finding in document["findings"]}
    assert {"python", "packages", "window", "folder", "disk", "clock", "drivers", "ports"} <= checks
    bad = [finding for finding in document["findings"] if finding["level"] == "bad"]
    assert all(finding["remedy"] for finding in bad)


def test_a_broken_user_driver_is_named_not_fatal(capsys, tmp_path, monkeypatch):
    home = tmp_path / "drivers"
    home.mkdir()
    (home / "halfdone.py").write_text("import nothing_of_that_name\n")
    monkeypatch.setenv("LABAPP_HOME", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "labapp", "drivers"],
        capture_output=True,
        text=True,
        cwd=Path(cli.__file__).parents[2],
    )
    assert done.returncode == 0
    assert "halfdone" in done.stdout
    assert "bitalino" in done.stdout


def test_progress_shows_on_a_terminal_only(monkeypatch):
    with progress_bar() as bar:
        assert bar is None

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with progress_bar() as bar:
        bar("recording", 0.25)
        bar("recording", 0.5)
    assert "recording" in terminal.getvalue()
    assert "50%" in terminal.getvalue()


def test_a_reader_that_leaves_early_is_no_error():
    if os.name != "posix":
        pytest.skip("POSIX pipe")
    command = f"{sys.executable} -m labapp drivers --json | head -c 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, cwd=Path(cli.__file__).parents[2]
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


class FakeWindow(types.ModuleType):
    """Stands where the window's toolkit would be loaded."""

    def __init__(self):
        super().__init__("labapp.ui.app")
        self.asked = []

    def main(self, argv):
        self.asked.append(("main", argv))
        return 0

    def run_demo(self, *words):
        self.asked.append(("run_demo", words))
        return 0


def test_without_words_the_window_opens(monkeypatch):
    window = FakeWindow()
    monkeypatch.setitem(sys.modules, "labapp.ui.app", window)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert cli.main([]) == 0
    assert window.asked == [("main", [])]


def test_the_demo_uses_the_screen_where_there_is_one(monkeypatch, tmp_path):
    window = FakeWindow()
    monkeypatch.setitem(sys.modules, "labapp.ui.app", window)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert cli.main(["demo", "--out", str(tmp_path), "--seed", "5", "--speed", "9"]) == 0
    assert window.asked == [("run_demo", (tmp_path, 5, 9.0, "demo"))]


def test_a_missing_toolkit_is_one_line(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "labapp.ui.app", types.ModuleType("labapp.ui.app"))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert "labapp doctor" in refused(capsys)
