"""The leak watch of conftest.py catches what it promises to catch."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LEAKY = """
import subprocess, sys, threading
from PySide6 import QtCore as core

kept = []

def test_tidy(tmp_path):
    thread = threading.Thread(target=lambda: None)
    thread.start()
    subprocess.run([sys.executable, "-c", ""], check=True)
    (tmp_path / "tidy").write_text("x")

def test_leaky(tmp_path):
    over = threading.Event()
    threading.Thread(target=over.wait, name="forgotten", daemon=True).start()
    kept.append(over)
    kept.append((tmp_path / "left_open").open("w"))
    wait = [sys.executable, "-c", "input()"]
    kept.append(subprocess.Popen(wait, stdin=subprocess.PIPE))
    app = core.QCoreApplication.instance() or core.QCoreApplication([])
    timer = core.QTimer()
    timer.setObjectName("ticking")
    timer.start(1000)
    kept.extend([app, timer])

def test_after():
    kept[0].set()
    kept[2].communicate()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="open files can be listed on Linux only")
def test_what_is_left_behind_fails_by_name(tmp_path):
    pytest.importorskip("PySide6.QtCore", exc_type=ImportError)
    shutil.copy(Path(__file__).parent / "conftest.py", tmp_path)
    (tmp_path / "test_leaky.py").write_text(LEAKY)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:pytest-qt"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1, done.stdout
    assert "3 passed, 1 error" in done.stdout
    line = next(line for line in done.stdout.splitlines() if line.startswith("left behind"))
    for name in ("thread forgotten", "left_open", "input()", "QTimer 'ticking'"):
        assert name in line
