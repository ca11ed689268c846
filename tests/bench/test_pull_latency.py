"""How soon the onsets of a pull are on the screen, in a window that records the simulated lab.

From the lab time of the last sample that the look at a pull needs, until its words are painted:
the simulated radio, the recorder, the ring, the poll, the analysis and the painting. That moment
depends on everything else that the machine does, so the processor time of the look is told too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6")
ROOT = Path(__file__).parents[2]
AFTER_S = 0.3
"""The window's promise: onsets on the screen this long after a pull has been recorded."""

RECORD = """
import sys, time
from PySide6.QtCore import QEvent, QObject, QTimer
from labapp.ui.app import application
from labapp.ui.choices import SetUp, simulated_devices
from labapp.ui.opening import Opening
from labapp.ui.preferences import Preferences
from labapp.workflow import live_pull
sys.path.insert(0, sys.argv[2])
from hurried_protocol import hurried

look_at_pull, spent = live_pull.look_at_pull, {}
def timed(source, cue_s, *more):
    began = time.thread_time()
    look = look_at_pull(source, cue_s, *more)
    spent[cue_s] = time.thread_time() - began
    return look
live_pull.look_at_pull = timed

class Painted(QObject):
    cue_s = None
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and self.cue_s is not None:
            cue, self.cue_s = self.cue_s, None
            late = opening.work.recording.lab_s() - live_pull.ready_s(cue)
            print("PULL", late, spent[cue], live_pull.ready_s(cue) - cue, flush=True)
        return False
    def looked(self, look):
        self.cue_s = look.cue_s

made = application()
opening = Opening(Preferences(theme="light", study=sys.argv[1], speed=1.0), attach=False)
opening.window.keep_preferences = False
opening.window.resize(1280, 800)
opening.window.show()
painted = Painted()
def start():
    opening.work.recording_started.connect(lambda _: QTimer.singleShot(1000, begin))
    protocol = hurried(0.2, 2, 1)
    opening.work.start(SetUp("AB-014", protocol, simulated_devices(), "demo", 1.0, 1))
def begin():
    run = opening.work.run
    run.feedback.text.installEventFilter(painted)
    run.live.looked.connect(painted.looked)
    opening.work.recording.over.connect(lambda: QTimer.singleShot(2500, end))
    run.begin_protocol()
def end():
    opening.work.recording.recorder.stop()
    opening.work.steering.let_go()
    made.quit()
opening.ready.connect(start)
made.exec()
"""


def test_onsets_are_on_the_screen_soon_after_a_pull(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", RECORD, str(tmp_path), str(ROOT / "tests")],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "LABAPP_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    rows = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("PULL")]
    assert len(rows) >= 8, done.stderr
    late, spent, waits = np.array(rows, dtype=float).T
    print(
        f"\n{len(rows)} pulls: onsets painted {1e3 * np.median(late):.0f} ms after the last sample "
        f"that the look needs (at most {1e3 * late.max():.0f}), which comes {waits[0]:.2f} s after "
        f"the cue; processor time of a look {1e3 * np.median(spent):.0f} ms "
        f"(the first {1e3 * spent[0]:.0f})"
    )
    assert np.median(late) < AFTER_S
