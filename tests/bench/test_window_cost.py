"""What the whole window costs: to open, and while it records and paints.

Processor time, not wall time: other programs only add to the second.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("PySide6")
ROOT = Path(__file__).parents[2]
SECONDS = 8.0

OPEN = """
import sys, time
from PySide6.QtCore import QTimer
from labapp.ui.app import application
from labapp.ui.opening import Opening
from labapp.ui.preferences import Preferences
made = application()
opening = Opening(Preferences(theme="light", study=sys.argv[1]), attach=False)
opening.window.show()
def seen():
    print("SEEN", time.process_time(), flush=True)
    made.quit()
QTimer.singleShot(0, seen)
made.exec()
"""

RECORD = """
import os, sys, time
from PySide6.QtCore import QTimer
from labapp.ui.app import application
from labapp.ui.choices import SetUp, simulated_devices
from labapp.ui.opening import Opening
from labapp.ui.preferences import Preferences
from labapp.workflow.demo_job import demo_protocol
made = application()
opening = Opening(Preferences(theme="light", study=sys.argv[1], speed=1.0), attach=False)
opening.window.keep_preferences = False
opening.window.resize(1280, 800)
opening.window.show()
def start():
    opening.work.recording_started.connect(lambda _: QTimer.singleShot(2000, begin))
    opening.work.start(SetUp("AB-014", demo_protocol(), simulated_devices(), "demo", 1.0, 1))
def begin():
    opening.work.run.begin_protocol()
    cpu, wall = time.process_time(), time.perf_counter()
    QTimer.singleShot(int(float(sys.argv[2]) * 1000), lambda: end(cpu, wall))
def end(cpu, wall):
    spent = time.process_time() - cpu
    print("SHARE", spent / (time.perf_counter() - wall), flush=True)
    opening.work.recording.recorder.stop()
    opening.work.steering.let_go()
    made.quit()
opening.ready.connect(start)
made.exec()
"""


def run(script: str, *words: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "LABAPP_HOME": words[0]},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith(("SEEN", "SHARE"))]
    assert lines, done.stderr
    return float(lines[0].split()[1])


def test_the_window_is_there_soon(tmp_path):
    run(OPEN, str(tmp_path))  # warm: bytecode and files in memory
    spent = min(run(OPEN, str(tmp_path)) for _ in range(3))
    print(f"\nwindow shown after {spent:.2f} s of one core")
    assert spent < 1.5


def test_recording_and_painting_leave_the_core_mostly_idle(tmp_path):
    began = time.perf_counter()
    share = run(RECORD, str(tmp_path), str(SECONDS))
    print(
        f"\nwindow: {share:.1%} of one core while recording ({time.perf_counter() - began:.0f} s)"
    )
    assert share < 0.25
