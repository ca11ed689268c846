"""run.py, tried on a small checkout of its own, without a network."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

PYPROJECT = """
[build-system]
requires = []
[project]
name = "toy"
version = "1"
dependencies = ["numpy>=2", "h5py"]
[project.optional-dependencies]
test = ["pytest"]
[tool.hatch.build]
dev-mode-dirs = ["."]
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """The module run.py of a toy checkout; its installs only pretend."""
    root = tmp_path / "checkout"
    root.mkdir()
    shutil.copy(ROOT / "run.py", root)
    (root / "pyproject.toml").write_text(PYPROJECT)
    (root / "constraints.txt").write_text("# pins\nnumpy==2.0\nh5py==3.0\npytest==9.0\n")
    (root / "hatch_build.py").write_text("")
    spec = importlib.util.spec_from_file_location("run_under_test", root / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.calls = []

    def run_logged(command, failure, progress=None):
        module.calls.append([str(word) for word in command])
        if "venv" in command:
            module.PYTHON.parent.mkdir(parents=True)
            try:
                module.PYTHON.symlink_to(sys.executable)
            except OSError:  # Windows without the right to make links
                shutil.copy(sys.executable, module.PYTHON)

    monkeypatch.setattr(module, "run_logged", run_logged)
    monkeypatch.setattr(module, "probe_qt", lambda: module.FULL)
    monkeypatch.setattr(module, "apt_install", lambda packages, progress: False)
    return module


def installs(run):
    return [words for words in run.calls if "pip" in words]


def environments(run):
    return [words for words in run.calls if "venv" in words]


def test_the_first_start_installs_and_the_second_does_not(run, capsys):
    run.set_up()
    assert len(environments(run)) == 1
    packages, itself = installs(run)
    assert packages[-3:] == ["numpy>=2", "h5py", "pytest"]
    assert packages[packages.index("-c") + 1] == "constraints.txt"
    assert itself[-2:] == ["-e", "."]
    assert "looking up packages" in capsys.readouterr().err
    run.calls.clear()
    run.set_up()
    assert run.calls == []
    assert capsys.readouterr().err == ""


def test_changed_pins_install_in_place(run):
    run.set_up()
    run.calls.clear()
    (run.ROOT / "constraints.txt").write_text("numpy==2.1\n")
    run.set_up()
    assert not environments(run)
    assert len(installs(run)) == 2


def test_settings_of_other_tools_change_nothing(run):
    before = run.wanted_key()
    (run.ROOT / "pyproject.toml").write_text(PYPROJECT + "[tool.ruff]\nline-length = 3\n")
    assert run.wanted_key() == before
    (run.ROOT / "pyproject.toml").write_text(PYPROJECT.replace("h5py", "h5py>=3"))
    assert run.wanted_key() != before


@pytest.mark.parametrize("end", [KeyboardInterrupt, OSError])
def test_an_interrupted_install_is_made_again_from_scratch(run, monkeypatch, end):
    def interrupted(progress):
        (run.ENV / "half").touch()
        raise end

    with monkeypatch.context() as patch:
        patch.setattr(run, "install_packages", interrupted)
        with pytest.raises(end):
            run.set_up()
    assert not run.STAMP.exists()
    run.calls.clear()
    run.set_up()
    assert len(environments(run)) == 1
    assert not (run.ENV / "half").exists()
    assert run.STAMP.exists()


def test_a_broken_environment_is_made_again(run):
    run.set_up()
    shutil.rmtree(run.PYTHON.parent)
    run.calls.clear()
    run.set_up()
    assert len(environments(run)) == 1


def test_an_update_that_fails_in_place_starts_from_scratch(run, monkeypatch):
    run.set_up()
    (run.ROOT / "constraints.txt").write_text("numpy==2.1\n")
    real, tries = run.install_packages, []

    def once_broken(progress):
        tries.append(1)
        if len(tries) == 1:
            raise run.SetupError("damaged")
        real(progress)

    run.calls.clear()
    monkeypatch.setattr(run, "install_packages", once_broken)
    run.set_up()
    assert len(tries) == 2
    assert len(environments(run)) == 1


def test_somebody_elses_environment_is_moved_aside(run, capsys):
    run.ENV.mkdir()
    (run.ENV / "precious").touch()
    run.set_up()
    assert (run.ROOT / ".venv-old-1" / "precious").exists()
    assert "moved to .venv-old-1" in capsys.readouterr().err


def test_one_start_at_a_time(run):
    with run.only_one(), run.LOCK.open("a+b") as second:
        assert not run.try_lock(second)
    with run.LOCK.open("a+b") as second:
        assert run.try_lock(second)


@pytest.mark.skipif(os.name == "nt", reason="locks are not inherited on Windows")
def test_an_installer_that_outlives_its_start_keeps_the_lock(run):
    pipe = subprocess.PIPE
    with run.only_one():
        wait = subprocess.Popen([sys.executable, "-c", "input()"], stdin=pipe, close_fds=False)
    with wait, run.LOCK.open("a+b") as second:
        assert not run.try_lock(second)
        wait.communicate(b"go on\n")
        assert run.try_lock(second)


def test_two_starts_at_once_install_once(run):
    code = (
        "import importlib.util, sys, time\n"
        "spec = importlib.util.spec_from_file_location('run_py', sys.argv[1])\n"
        "run = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(run)\n"
        "def make(progress):\n"
        "    run.PYTHON.parent.mkdir(parents=True)\n"
        "    run.PYTHON.write_text('')\n"
        "    run.OURS.touch()\n"
        "def packages(progress):\n"
        "    print('installed', flush=True)\n"
        "    sys.stdin.readline()\n"
        "run.make_environment, run.install_packages = make, packages\n"
        "run.probe_qt = lambda: run.FULL\n"
        "run.set_up()\n"
        "print('ready')\n"
    )
    command = [sys.executable, "-c", code, str(run.ROOT / "run.py")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as first:
        assert first.stdout.readline() == "installed\n"
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as second:
            assert "waiting for it" in second.stderr.readline()
            one, _ = first.communicate("go on\n")
            two, _ = second.communicate()
    assert (one, two) == ("ready\n", "ready\n")


def test_no_venv_module_names_the_package(run, monkeypatch):
    monkeypatch.setattr(run, "have_venv", lambda: False)
    monkeypatch.setattr(run.shutil, "which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(run.SetupError, match=rf"apt-get install .*python3\.{sys.version_info[1]}-"):
        run.set_up()


def test_a_failing_step_shows_its_end_and_one_line(run, monkeypatch, capsys):
    spec = importlib.util.spec_from_file_location("run_again", run.ROOT / "run.py")
    fresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fresh)
    fresh.ENV.mkdir()
    code = "import sys; print(*range(40), sep='\\n'); sys.exit(3)"
    with pytest.raises(fresh.SetupError, match=r"no luck \(everything it said: .venv.install.log"):
        fresh.run_logged([sys.executable, "-c", code], "no luck")
    err = capsys.readouterr().err
    assert "39" in err
    assert "  10\n" not in err
    assert fresh.LOG.read_text().split() == [str(i) for i in range(40)]


def test_missing_libraries_are_named_with_the_line_to_type(run, monkeypatch, capsys):
    lacking = {
        "loads": False,
        "window": False,
        "missing": ["libGL.so.1", "libglib-2.0.so.0", "libxcb-cursor.so.0", "font"],
        "why": "libGL.so.1: cannot open",
    }
    monkeypatch.setattr(run, "probe_qt", lambda: lacking)
    monkeypatch.setattr(run.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(run, "is_root", lambda: False)
    monkeypatch.setattr(run, "pick", lambda names: names[-1])
    stamp = run.set_up()
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.endswith(
        "run: sudo apt-get install -y --no-install-recommends "
        "libgl1 libglib2.0-0 libxcb-cursor0 fontconfig fonts-dejavu-core"
    )
    assert "-p" in run.pytest_arguments([], stamp)
    monkeypatch.setenv("DISPLAY", ":0")
    assert "DISPLAY" not in run.run_environment(stamp)
    # Installed meanwhile: the next start sees it, and the one after does not look again.
    monkeypatch.setattr(run, "probe_qt", lambda: run.FULL)
    stamp = run.set_up()
    assert capsys.readouterr().err == ""
    assert run.read_stamp() == stamp
    assert "DISPLAY" in run.run_environment(stamp)


@pytest.mark.skipif(sys.platform != "linux", reason="the libraries are looked for on Linux only")
def test_the_probe_tells_what_this_machine_has(tmp_path):
    spec = importlib.util.spec_from_file_location("run_probe", ROOT / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.PYTHON = Path(sys.executable)
    found = module.probe_qt()
    try:
        from PySide6 import QtWidgets  # noqa: F401
    except ImportError:
        assert not found["loads"]
        assert found["missing"]
    else:
        assert found["loads"]
    module.BASE_LIBRARIES = {"libsurely-not.so.9": ("surely",)}
    module.PYTHON = shutil.which("python3")  # any Python without our packages may answer too
    assert set(module.probe_qt()) == set(module.FULL)


def words(run, *arguments, **more):
    return subprocess.run(
        [sys.executable, str(run.ROOT / "run.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **more,
    )


def test_exit_codes_and_arguments_pass_through(run, tmp_path):
    run.set_up()
    code = "import sys, os; print(sys.argv[1:], os.getcwd()); sys.exit(7)"
    done = words(run, "python", "-c", code, "a b", "--flag", cwd=tmp_path)
    assert done.returncode == 7
    assert done.stdout == f"['a b', '--flag'] {tmp_path}\n"
    assert done.stderr == ""
    assert words(run, "--help").stdout.startswith("Everything from a bare checkout")


def test_check_of_a_session_is_labapps(run, monkeypatch):
    run.set_up()
    taken = []
    monkeypatch.setattr(run, "hand_over", lambda arguments, stamp: taken.append(arguments) or 3)
    monkeypatch.setattr(run, "check", lambda stamp: 4)
    assert run.main(["check", "a.h5"]) == 3
    assert run.main(["check"]) == 4
    assert taken == [["-m", "labapp", "check", "a.h5"]]


def test_a_later_start_adds_less_than_a_second(run):
    run.set_up()

    def best(command):
        times = []
        for _ in range(3):
            started = time.perf_counter()
            subprocess.run(command, check=True)
            times.append(time.perf_counter() - started)
        return min(times)

    plain = best([sys.executable, "-c", "pass"])
    ours = best([sys.executable, str(run.ROOT / "run.py"), "python", "-c", "pass"])
    assert ours - plain < 1.0


def test_an_old_python_gets_a_sentence():
    source = (ROOT / "run.py").read_text()
    ast.parse(source, feature_version=(3, 7))
    before_check = source.split("sys.version_info <", 1)[0]
    assert "tomllib" not in re.sub(r'""".*?"""', "", before_check, flags=re.DOTALL)
    code = "import sys; sys.version_info = (3, 9, 2); exec(open('run.py').read())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == (
        "labapp needs Python 3.11 or newer, this is 3.9; install a newer one and run: "
        "python3.11 run.py\n"
    )


def test_run_py_needs_the_standard_library_only():
    names = set()
    for node in ast.walk(ast.parse((ROOT / "run.py").read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add(str(node.module).split(".")[0])
    assert names <= set(sys.stdlib_module_names)


def test_the_pins_cover_what_is_installed_and_name_no_place():
    from importlib import metadata

    from packaging.requirements import Requirement

    text = (ROOT / "constraints.txt").read_text()
    assert "://" not in text
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9.]*( ; .+)?", line) for line in lines)
    pinned = {re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in lines}
    wanted, seen = ["labapp"], set()
    project = (ROOT / "pyproject.toml").read_text()
    wanted = re.findall(r'^  "([A-Za-z0-9_-]+)>=', project, flags=re.MULTILINE)
    while wanted:
        name = re.sub(r"[-_.]+", "-", wanted.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            requires = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # needed on another system or Python
        asked = [Requirement(line) for line in requires]
        here = [r for r in asked if r.marker is None or r.marker.evaluate({"extra": ""})]
        wanted += [r.name for r in here]
        assert name in pinned


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
def test_ci_runs_the_same_command():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text().splitlines()[-1] == "exec python3 run.py test"
