"""Real key and mouse events on a virtual screen: what QTest cannot see (focus, hit-testing)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = ("xvfb-run", "xdotool")
pytestmark = pytest.mark.skipif(
    any(shutil.which(name) is None for name in NEEDED), reason="xvfb-run or xdotool is missing"
)

SCRIPT = """
import json, subprocess, sys
from labapp.ui.app import application
from labapp.ui.opening import Opening
from labapp.ui.preferences import Preferences
from PySide6.QtCore import QPoint, QTimer, QProcess

made = application()
opening = Opening(Preferences(theme="light", study=sys.argv[1], speed=1.0), attach=False)
seen = {}

def at(name):
    widget = opening.window.findChild(object, name)
    point = widget.mapToGlobal(widget.rect().center())
    return str(point.x()), str(point.y())

def do(*words):
    subprocess.run(["xdotool", *words], check=True, timeout=20)

def ready():
    opening.window.move(0, 0)
    QTimer.singleShot(300, type_id)

def type_id():
    do("mousemove", *at("participant"), "click", "1", "type", "AB-014")
    QTimer.singleShot(200, start)

def start():
    seen["participant"] = opening.work.setup.participant.text()
    opening.work.recording_started.connect(lambda _: QTimer.singleShot(100, begin))
    do("mousemove", *at("start_recording"), "click", "1")

def begin():
    if not opening.window.topbar.light.on:  # the recorder's first status is on its way
        QTimer.singleShot(50, begin)
        return
    seen["page"] = opening.window.page
    seen["light"] = opening.window.topbar.light.on
    do("key", "space")
    QTimer.singleShot(300, stop)

def stop():
    seen["running"] = opening.work.recording.running
    do("key", "m")
    do("key", "Escape")
    QTimer.singleShot(300, finish)

def finish():
    seen["card"] = opening.work.run.text.text()
    opening.work.stopped.connect(end)
    do("mousemove", *at("finish"), "click", "1")

def end():
    seen["banners"] = opening.window.banners.text()
    opening.window.close()

opening.ready.connect(ready)
QTimer.singleShot(60000, made.quit)
made.exec()
opening.window.jobs.finish()
print(json.dumps(seen))
"""


def test_a_technician_starts_and_stops_a_recording(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "LABAPP_HOME": str(tmp_path / "home"),
        "QT_QPA_PLATFORM": "xcb",
    }
    done = subprocess.run(
        [
            "xvfb-run",
            "-a",
            "-s",
            "-screen 0 1400x900x24",
            sys.executable,
            "-c",
            SCRIPT,
            str(tmp_path / "study"),
        ],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seen = json.loads(done.stdout.strip().splitlines()[-1])
    assert seen["participant"] == "AB-014"
    assert seen["page"] == "run"
    assert seen["light"] is True
    assert seen["running"] is True
    assert seen["card"] == "Stopped."
    assert len(list((tmp_path / "study").glob("*.h5"))) == 1
    assert not list((tmp_path / "study").glob("*.recording"))
