#!/usr/bin/env python3
"""Everything from a bare checkout: ``python3 run.py demo``, ``python3 run.py test``.

Needs Python 3.11 or newer and nothing else. The first start makes a private environment in
``.venv`` (packages pinned by constraints.txt) and looks for Qt's system libraries; later
starts see by a stamp that nothing changed and go straight on. Words:

    test [pytest arguments]   static checks, then the tests
    check                     static checks alone (check SESSION.h5: labapp's own check)
    bench [pytest arguments]  the measurements of tests/bench
    reliability [--short]     kills, cut logs, power failures, faults; writes the page of figures
    validate [--short]        onsets and verdicts against known truth, as a table
    python ...                the environment's interpreter
    anything else             the same words for labapp: demo, run, analyse, report, ...
"""

# Nothing newer than Python 3.6 syntax above the version check, so that an old one can read it.
import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 (this file also meets an old Python)
    sys.exit(
        "labapp needs Python 3.11 or newer, this is {}.{}; install a newer one and run: "
        "python3.11 run.py".format(*sys.version_info[:2])
    )

import threading
import tomllib
from collections.abc import Iterator, Sequence
from typing import IO, Any

ROOT = Path(__file__).resolve().parent
ENV = ROOT / ".venv"
OURS = ENV / "made-by-run-py"
STAMP = ENV / "labapp-stamp.json"
LOG = ENV / "install.log"
LOCK = ROOT / ".venv.lock"
WINDOWS = os.name == "nt"
PYTHON = ENV / ("Scripts/python.exe" if WINDOWS else "bin/python")

# Library -> Debian and Ubuntu packages that bring it (newer name first). Verified on bare
# images; freetype and brotli come along with fontconfig.
BASE_LIBRARIES = {
    "libGL.so.1": ("libgl1",),
    "libEGL.so.1": ("libegl1",),
    "libglib-2.0.so.0": ("libglib2.0-0t64", "libglib2.0-0"),
    "libxkbcommon.so.0": ("libxkbcommon0",),
    "libdbus-1.so.3": ("libdbus-1-3",),
    "libfontconfig.so.1": ("libfontconfig1",),
}
WINDOW_LIBRARIES = {
    "libxcb-cursor.so.0": ("libxcb-cursor0",),
    "libxcb-icccm.so.4": ("libxcb-icccm4",),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1",),
    "libxcb-shape.so.0": ("libxcb-shape0",),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0",),
}
FONTS = ("fontconfig", "fonts-dejavu-core")
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")

CAMPAIGNS = {
    "reliability": "reliability/campaign.py",
    "validate": "validation/validation_campaign.py",
}


class SetupError(Exception):
    """Setting up failed; the text is the line to show."""


# ---------------------------------------------------------------- words on the terminal


class Progress:
    """What is going on and for how long: one living line on a terminal, few lines in a pipe."""

    def __init__(self, pins: int) -> None:
        self.started = time.monotonic()
        self.pins = pins
        self.packages = 0
        self.doing = ""
        self.living = sys.stderr.isatty()
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> "Progress":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        if self.living:
            self._write("")

    def say(self, doing: str) -> None:
        """Begin a new step."""
        self.doing = doing
        self._show(always=True)

    def pip(self, line: str) -> None:
        """Learn from a line of pip how far it is."""
        word, _, rest = line.strip().partition(" ")
        if word == "Collecting":
            self.packages += 1
            self.doing = f"looking up {re.split('[<>=!~; ]', rest, maxsplit=1)[0]}"
        elif word == "Downloading":
            name = re.split(r"-\d", rest.rsplit("/", 1)[-1], maxsplit=1)[0]
            size = re.search(r"\(([\d.]+ [kMG]B)\)", rest)
            self.doing = f"downloading {name}" + (f" ({size[1]})" if size else "")
        elif word == "Installing":
            self.doing = f"installing {rest.count(',') + 1} packages"
            self.packages = 0
        self._show(always=False)

    def _tick(self) -> None:
        # A terminal moves every half second; a log file gets a sign of life every 15 s.
        while not self._done.wait(0.5 if self.living else 15):
            self._show(always=True)

    def _show(self, *, always: bool) -> None:
        if not (always or self.living):
            return
        count = f", package {self.packages} of about {self.pins}" if self.packages else ""
        self._write(f"labapp set-up: {self.doing}{count} · {time.monotonic() - self.started:.0f} s")

    def _write(self, text: str) -> None:
        with self._lock:
            if self.living:
                width = shutil.get_terminal_size().columns - 1
                sys.stderr.write(f"\r\x1b[K{text[:width]}")
            else:
                sys.stderr.write(f"{text}\n")
            sys.stderr.flush()


def say(text: str) -> None:
    """Print one line for the person at the terminal (standard output belongs to labapp)."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


# ---------------------------------------------------------------- the environment


def wanted_key() -> str:
    """Hash of all that decides what the environment must contain."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    parts = {
        "build": project["build-system"],
        "project": project["project"],
        "hatch": project["tool"].get("hatch"),
        "hook": (ROOT / "hatch_build.py").read_text(encoding="utf-8"),
        "constraints": (ROOT / "constraints.txt").read_text(encoding="utf-8"),
        "python": [sys.version, sys.base_prefix, sys.platform],
        "root": str(ROOT),  # an environment does not survive being moved
        "layout": 1,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def read_stamp() -> dict[str, Any]:
    """Stamp of the last complete set-up, empty if there is none."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(stamp: dict[str, Any]) -> None:
    """Write the stamp in one piece; it is the last act of a set-up."""
    part = STAMP.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps(stamp, indent=1), encoding="utf-8")
    part.replace(STAMP)


@contextlib.contextmanager
def only_one() -> Iterator[IO[bytes]]:
    """Let one start at a time set up; the system frees the lock when its owners are dead."""
    with LOCK.open("a+b") as file:
        # On POSIX a pip that outlives a killed run.py holds the lock on, until it is done too.
        os.set_inheritable(file.fileno(), not WINDOWS)
        waiting = False
        while not try_lock(file):
            if not waiting:
                say("labapp set-up: another start of run.py is setting up; waiting for it")
                waiting = True
            time.sleep(0.2)
        yield file


def try_lock(file: IO[bytes]) -> bool:
    """Take the lock of an open file until it is closed; False if someone has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def set_up() -> dict[str, Any]:
    """Make or mend the environment if needed; return its stamp."""
    key = wanted_key()
    stamp = read_stamp()
    if stamp.get("key") != key or not PYTHON.exists():
        with only_one():
            stamp = read_stamp()
            if stamp.get("key") != key or not PYTHON.exists():
                stamp = install(key, stamp)
    if stamp["qt"] != FULL:
        # Somebody may have typed the apt line meanwhile: look again while something is missing.
        qt = probe_qt()
        if qt != stamp["qt"]:
            stamp = {**stamp, "qt": qt}
            write_stamp(stamp)
        if qt != FULL:
            say_missing(qt)
    return stamp


def install(key: str, before: dict[str, Any]) -> dict[str, Any]:
    """Bring the environment to the wanted state, from scratch where it cannot be trusted."""
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").count("==")
    with Progress(pins) as progress:
        python = [sys.version, sys.base_prefix, str(ROOT)]
        STAMP.unlink(missing_ok=True)  # from here on it counts as unfinished
        # A complete environment of the same Python takes new pins in place; half a one does not.
        if before.get("python") == python and PYTHON.exists():
            try:
                install_packages(progress)
            except SetupError:
                make_environment(progress)
                install_packages(progress)
        else:
            make_environment(progress)
            install_packages(progress)
        progress.say("looking for Qt's system libraries")
        qt = probe_qt()
        if qt != FULL and apt_install(packages_for(qt["missing"]), progress):
            qt = probe_qt()
        stamp = {"key": key, "python": python, "qt": qt}
        write_stamp(stamp)
        seconds = time.monotonic() - progress.started
    say(f"labapp set-up: done in {seconds:.0f} s; later starts skip this")
    return stamp


def make_environment(progress: Progress) -> None:
    """Make an empty virtual environment with pip, replacing a broken one of ours."""
    if ENV.exists() and not OURS.exists():
        names = (ROOT / f".venv-old-{i}" for i in range(1, 1000))
        aside = next(path for path in names if not path.exists())
        ENV.rename(aside)
        say(f"labapp set-up: .venv was not made by run.py; moved to {aside.name}")
    shutil.rmtree(ENV, ignore_errors=True)
    ENV.mkdir(exist_ok=True)
    OURS.touch()
    if not have_venv():
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        if not apt_install([package], progress) or not have_venv():
            raise SetupError(
                f"this Python has no venv module; run: {apt_line([package])}"
                if shutil.which("apt-get")
                else "this Python has no venv module; install Python from python.org or your system"
            )
    progress.say("making a private environment in .venv")
    run_logged([sys.executable, "-m", "venv", str(ENV)], "the environment could not be made")


def have_venv() -> bool:
    """Whether this interpreter can make environments (Debian ships it without)."""
    importlib.invalidate_caches()
    return all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))


def install_packages(progress: Progress) -> None:
    """Install pinned packages, then labapp itself as an editable."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    progress.say("looking up packages")
    # Wheels only: nothing is compiled, so no compiler is needed and nothing hangs.
    run_logged(
        [*pip, "--progress-bar", "off", "--only-binary", ":all:", "-c", "constraints.txt", *wanted],
        "packages could not be installed; check the network and the disk, then start again",
        progress,
    )
    progress.packages = 0
    progress.say("installing labapp itself")
    run_logged(
        [*pip, "--no-deps", "--no-build-isolation", "-e", "."],
        "labapp itself could not be installed",
        progress,
    )


def run_logged(command: Sequence[str], failure: str, progress: Progress | None = None) -> None:
    """Run a set-up step quietly; on failure show the end of what it said, and one clear line."""
    tail: list[str] = []
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PIP_USER"))}
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        close_fds=False,  # the lock goes along (nothing else is inheritable)
    )
    with LOG.open("a", encoding="utf-8") as log, process:
        for line in process.stdout or ():
            log.write(line)
            tail = [*tail[-14:], line.rstrip()]
            if progress:
                progress.pip(line)
    if process.returncode:
        say("")
        for line in tail:
            say(f"  {line}")
        raise SetupError(f"{failure} (everything it said: {LOG.relative_to(ROOT)})")


# ---------------------------------------------------------------- Qt's system libraries

FULL: dict[str, Any] = {"loads": True, "window": True, "missing": [], "why": ""}
PROBE = r"""
import ctypes, json, os, pathlib, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
found = {"loads": False, "window": False, "missing": [], "why": ""}
for library in sys.argv[1:]:
    try:
        ctypes.CDLL(library)
    except OSError:
        found["missing"].append(library)
try:
    from PySide6 import QtCore, QtGui, QtSvg, QtWidgets
    found["loads"] = True
    plugins = pathlib.Path(QtCore.QLibraryInfo.path(QtCore.QLibraryInfo.LibraryPath.PluginsPath))
    ctypes.CDLL(str(plugins / "platforms" / "libqxcb.so"))
    found["window"] = True
except (ImportError, OSError) as error:
    found["why"] = str(error)
print(json.dumps(found))
"""


def probe_qt() -> dict[str, Any]:
    """Whether Qt loads here and can open a window, which libraries it lacks, and its words."""
    if sys.platform != "linux":
        return FULL
    done = subprocess.run(
        [str(PYTHON), "-c", PROBE, *BASE_LIBRARIES, *WINDOW_LIBRARIES],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        why = f"Qt cannot be loaded: {done.stderr.strip()[-200:]}"
        return {"loads": False, "window": False, "missing": [], "why": why}
    if found["window"]:
        found["missing"] = []  # whatever was not found by name, Qt does without
    if not has_font():
        found["missing"].append("font")
    return found


def has_font() -> bool:
    """Whether there is any font that fontconfig would find."""
    for folder in FONT_FOLDERS:
        for _, _, files in os.walk(Path(folder).expanduser()):
            if any(name.lower().endswith((".ttf", ".otf", ".ttc", ".pfb")) for name in files):
                return True
    return False


def packages_for(missing: Sequence[str]) -> list[str]:
    """Names of the system packages that bring these libraries."""
    known = {**BASE_LIBRARIES, **WINDOW_LIBRARIES}
    names = [pick(known[name]) for name in missing if name in known]
    return [*names, *FONTS] if "font" in missing else names


def pick(names: Sequence[str]) -> str:
    """First of several package names that this release knows."""
    if len(names) > 1 and shutil.which("apt-cache"):
        for name in names:
            done = subprocess.run(
                ["apt-cache", "show", name], capture_output=True, text=True, check=False
            )
            if done.returncode == 0 and done.stdout.strip():
                return name
    return names[-1]


def apt_line(packages: Sequence[str]) -> str:
    """Return the one line that a person types."""
    sudo = "" if is_root() else "sudo "
    return f"{sudo}apt-get install -y --no-install-recommends {' '.join(packages)}"


def is_root() -> bool:
    """Whether this is the administrator of a POSIX system."""
    return sys.platform != "win32" and os.geteuid() == 0


def apt_install(packages: Sequence[str], progress: Progress) -> bool:
    """Install system packages as root on an apt system; False if that is not possible here."""
    if not (packages and is_root() and shutil.which("apt-get")):
        return False
    progress.say(f"installing system packages: {' '.join(packages)}")
    install_line = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    ENV.mkdir(exist_ok=True)
    with LOG.open("ab") as log:
        # A bare image has no package lists, so the first attempt may need an update before it.
        for command in (install_line, ["apt-get", "update"], install_line):
            done = subprocess.run(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
            )
            if command is install_line and done.returncode == 0:
                return True
    return False


def say_missing(qt: dict[str, Any]) -> None:
    """Tell what Qt lacks and the exact remedy."""
    packages = packages_for(qt["missing"])
    lacks = ", ".join(qt["missing"]) or qt["why"]
    effect = "text may be unreadable" if qt["window"] else "no window"
    if packages and shutil.which("apt-get"):
        say(f"labapp: {effect}, Qt lacks {lacks}; run: {apt_line(packages)}")
    else:
        say(f"labapp: {effect}, Qt lacks {lacks}; install it with your system's packages")


# ---------------------------------------------------------------- the words


def run_environment(stamp: dict[str, Any]) -> dict[str, str]:
    """Environment variables for whatever runs next."""
    variables = dict(os.environ)
    variables.pop("PYTHONHOME", None)
    folder = str(PYTHON.parent)
    variables["PATH"] = folder + os.pathsep + variables.get("PATH", "")
    variables["VIRTUAL_ENV"] = str(ENV)
    if not stamp["qt"]["window"]:
        # Opening a window would abort the process: look like a machine without a screen.
        variables.pop("DISPLAY", None)
        variables.pop("WAYLAND_DISPLAY", None)
    return variables


def hand_over(arguments: Sequence[str], stamp: dict[str, Any]) -> int:
    """Become the environment's Python with these arguments (a child of ours on Windows)."""
    command = [str(PYTHON), *arguments]
    variables = run_environment(stamp)
    sys.stdout.flush()
    sys.stderr.flush()
    if not WINDOWS:
        os.execve(command[0], command, variables)
    try:
        return subprocess.call(command, env=variables)
    except KeyboardInterrupt:
        return 130


def check(stamp: dict[str, Any], *, tests: bool = False) -> int:
    """Run the static checks side by side; one line each, and the whole text of what failed.

    Before tests these are collected beside them: that finds what cannot be imported, and compiles
    them once instead of once per worker.
    """
    suffix = ".exe" if WINDOWS else ""
    ruff, walls = (str(PYTHON.with_name(name + suffix)) for name in ("ruff", "lint-imports"))
    commands = {
        "ruff check": [ruff, "check", "."],
        "ruff format": [ruff, "format", "--check", "."],
        "mypy": [str(PYTHON), "-m", "mypy"],
        "import-linter": [walls, "--no-logo"],
    }
    if tests:
        collect = pytest_arguments(["--collect-only", "-qq"], stamp)
        commands["collection"] = [str(PYTHON), *collect]
    started = time.monotonic()
    failed = 0
    running = {
        name: subprocess.Popen(
            command,
            cwd=ROOT,
            env=run_environment(stamp),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        for name, command in commands.items()
    }
    for name, process in running.items():
        text, _ = process.communicate()
        seconds = time.monotonic() - started
        if process.returncode:
            failed += 1
            print(text.rstrip())
        print(f"{name:<14} {'FAILED' if process.returncode else 'ok'}  ({seconds:.1f} s)")
        sys.stdout.flush()
    return 1 if failed else 0


def pytest_arguments(arguments: Sequence[str], stamp: dict[str, Any]) -> list[str]:
    """Arguments for pytest; without Qt's libraries its plugin would end the whole run."""
    without_qt = [] if stamp["qt"]["loads"] else ["-p", "no:pytest-qt"]
    return ["-m", "pytest", *without_qt, *arguments]


def side_by_side() -> list[str]:
    """Arguments that spread the test files over the processors; a run of few tests does without.

    One worker more than processors: many tests wait for a recorder or a window.
    """
    return ["-n", str(min((os.cpu_count() or 1) + 1, 5)), "--dist", "loadfile"]


def main(words: Sequence[str]) -> int:
    """Set up, then do what the words say."""
    if words[:1] in (["--help"], ["-h"]):
        print(__doc__)
        print("The words of labapp itself: python3 run.py help")
        return 0
    try:
        stamp = set_up()
    except SetupError as error:
        say(f"labapp set-up: {error}")
        return 2
    except OSError as error:
        say(f"labapp set-up: {error}; check the rights and the free space of {ROOT}")
        return 2
    word, rest = (words[0], list(words[1:])) if words else ("", [])
    if word == "python":
        return hand_over(rest, stamp)
    if word == "check" and not rest:  # with a file it is labapp's own check of a session
        return check(stamp)
    if word in {"test", "bench"}:
        os.chdir(ROOT)
    if word == "test":
        static = check(stamp, tests=not rest)
        tests = subprocess.call(
            [str(PYTHON), *pytest_arguments(rest or side_by_side(), stamp)],
            env=run_environment(stamp),
        )
        return tests or static
    if word == "bench":
        return hand_over(pytest_arguments(["tests/bench", "-s", *rest], stamp), stamp)
    if word in CAMPAIGNS:
        return hand_over([str(ROOT / "tests" / CAMPAIGNS[word]), *rest], stamp)
    if word == "help":
        return hand_over(["-m", "labapp", "--help"], stamp)
    return hand_over(["-m", "labapp", *words], stamp)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
