"""The walls: what the doors offer, what they must not load, and what would break at random."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import labapp
from labapp import paths

ROOT = Path(labapp.__file__).resolve().parent.parent

SURFACE = (
    "Lag",
    "Onset",
    "Order",
    "Ratio",
    "activation_ratio",
    "detect_onset",
    "onset_lag",
    "onset_order",
)


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_python_surface_is_what_the_contract_names():
    import labapp.analysis

    missing = [name for name in SURFACE if name not in labapp.analysis.__all__]
    assert not missing
    undefined = [name for name in labapp.analysis.__all__ if not hasattr(labapp.analysis, name)]
    assert not undefined
    assert callable(labapp.open_session)
    with pytest.raises(AttributeError, match="no_such_name"):
        labapp.no_such_name  # noqa: B018 (the access is the test)


def test_the_package_door_is_light():
    done = run("import labapp, sys; print(*sys.modules)")
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert not loaded & {"numpy", "scipy", "PySide6", "h5py", "msgspec"}


FACE = """
import sys
from labapp.cli.main import main
try:
    status = main(sys.argv[1:])
except SystemExit as end:
    status = end.code
heavy = {name.split(".")[0] for name in sys.modules} & {"PySide6", "pyqtgraph", "shiboken6"}
if "scipy.signal" in sys.modules:
    heavy.add("scipy.signal")
print("\\nSTATUS", status or 0, *sorted(heavy))
"""


def status_and_heavy(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1].split()[1:]


def test_help_loads_neither_qt_nor_scipy():
    done = run(FACE, "--help")
    assert "analyse" in done.stdout
    assert status_and_heavy(done) == ["0"]


def test_analyse_never_loads_qt(tmp_path):
    bad = tmp_path / "bad.h5"
    bad.write_text("not a session")
    done = run(FACE, "analyse", str(bad), "--json")
    status, *heavy = status_and_heavy(done)
    assert status == "2"
    assert not {"PySide6", "pyqtgraph", "shiboken6"} & set(heavy)
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert "bad.h5" in lines[0]


DRIVER_MAY_IMPORT = {
    *("__future__", "collections", "collections.abc", "dataclasses", "enum", "functools"),
    *("itertools", "math", "re", "struct", "typing", "binascii", "numpy", "numpy.typing"),
    *("msgspec", "labapp.device", "labapp.errors", "labapp.model", "labapp.units"),
}


def test_a_driver_is_a_codec():
    """No port, thread, clock, file or Qt: the imports of every shipped driver say so."""
    files = sorted(paths.bundled("drivers").glob("[a-z]*.py"))
    assert files
    strangers = []
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or "."]
            strangers += [
                f"{path.name}: {name}"
                for name in names
                if name not in DRIVER_MAY_IMPORT and not name.startswith("labapp.device.")
            ]
            if isinstance(node, ast.Name) and node.id == "open":
                strangers.append(f"{path.name}: open()")
    assert not strangers


def test_the_driver_folder_is_no_package():
    assert not (ROOT / "drivers" / "__init__.py").exists()


REFCOUNT = """
import sys
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage, QPainter, QPen
from PySide6.QtWidgets import QApplication, QLabel, QWidget

class Talker(QObject):
    some = Signal(object)
    none = Signal()

app = QApplication([])
# Many references of our own keep the probe from the very abort that it looks for.
hold = [None] * 1_000_000 + [True] * 1_000_000 + [False] * 1_000_000
label, widget, timer, talker = QLabel(), QWidget(), QTimer(), Talker()
image = QImage(8, 8, QImage.Format.Format_RGB32)
painter, pen = QPainter(image), QPen()
calls = {
    "QLabel.setText": lambda: label.setText("x"),
    "QWidget.update": lambda: widget.update(),
    "QPainter.setPen": lambda: painter.setPen(pen),
    "QTimer.start": lambda: timer.start(100_000),
    "Signal.emit(object)": lambda: talker.some.emit(hold),
    "Signal.emit()": lambda: talker.none.emit(),
}
bad = []
for name, call in calls.items():
    call()
    before = [sys.getrefcount(x) for x in (None, True, False)]
    for _ in range(200):
        call()
    after = [sys.getrefcount(x) for x in (None, True, False)]
    drift = max(abs(a - b) / 200 for a, b in zip(after, before))
    if drift > 0.25:
        bad.append(f"{name} {drift:+.2f}")
painter.end()
timer.stop()
print("BAD", *bad)
"""


def test_qt_keeps_the_reference_counts_of_none_and_true():
    """PySide6 6.12.0 on Python 3.11 drops one per call and aborts at random, hours later."""
    pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)
    done = run(REFCOUNT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "BAD"


def test_no_possessive_groups():
    """They end in the middle of a match on Python before 3.11.5 (gh-106052)."""
    sources = [*(ROOT / "labapp").rglob("*.py"), *(ROOT / "drivers").glob("*.py")]
    found = [
        f"{path.name}:{number}"
        for path in sources
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if re.search(r"\)[+*?]\+", line) and not line.lstrip().startswith("#")
    ]
    assert found == []
