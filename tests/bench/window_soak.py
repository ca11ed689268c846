"""Hours of simulated recording with the window open: does its memory grow?

Run: ``python tests/bench/window_soak.py [HOURS] [SPEED]`` (default 8 hours of lab time, pushed as
fast as the machine can). Prints the window's resident memory by lab hour, and ends with status 1
if it grew by 20 MB or more after the first quarter of an hour. Linux only (/proc).
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QTimer

sys.path.insert(0, str(Path(__file__).parents[2]))

from labapp.trials.run import RunState
from labapp.ui.app import application
from labapp.ui.choices import SetUp, simulated_devices
from labapp.ui.opening import Opening
from labapp.ui.preferences import Preferences
from labapp.workflow.demo_job import demo_protocol

WARM_S = 900.0
LIMIT_MB = 20.0


def resident_mb() -> float:
    """Resident memory of this process."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


class Soak:
    """One window, one long recording; the protocol runs once at the beginning."""

    def __init__(self, folder: str, hours: float, speed: float) -> None:
        self.until_s, self.speed = 3600 * hours, speed
        self.warm_mb = 0.0
        self.told_h = 0
        self.grown = float("nan")
        self.began = time.perf_counter()
        self.opening = Opening(Preferences(theme="light", study=folder, speed=speed), attach=False)
        self.opening.window.keep_preferences = False
        self.opening.window.resize(1280, 800)
        self.opening.window.show()
        self.timer = QTimer()
        self.timer.setInterval(200)
        self.timer.timeout.connect(self.look)
        self.opening.ready.connect(self.start)

    def start(self) -> None:
        work = self.opening.work
        assert work is not None
        work.recording_started.connect(lambda _: work.run.begin_protocol())
        work.start(SetUp("AB-014", demo_protocol(), simulated_devices(), "demo", self.speed, 1))
        self.timer.start()

    def look(self) -> None:
        work = self.opening.work
        recording = None if work is None else work.recording
        if recording is None:
            return
        now = recording.seconds(recording.now_ns())
        state: RunState | None = None if recording.run is None else recording.run.state
        if state is not None and state.over and not recording._tick.isActive():
            # Lab time goes on after the protocol; the step that met its end was never sent.
            recording._ended = recording._stepping = False
            recording._tick.start()
        if not self.warm_mb and now > WARM_S and state is not None and state.over:
            self.warm_mb = resident_mb()
            print(f"{now / 3600:6.2f} h  {self.warm_mb:7.1f} MB", flush=True)
        if now > 3600 * (self.told_h + 1):
            self.told_h = int(now // 3600)
            took = time.perf_counter() - self.began
            print(f"{now / 3600:6.2f} h  {resident_mb():7.1f} MB  ({took:.0f} s)", flush=True)
        if now > self.until_s:
            self.grown = resident_mb() - self.warm_mb
            self.timer.stop()
            recording.quiet()
            recording.recorder.stop()
            work.steering.let_go()
            application().quit()


def main() -> int:
    """Soak, print, judge."""
    hours = float(sys.argv[1]) if len(sys.argv) > 1 else 8.0
    speed = float(sys.argv[2]) if len(sys.argv) > 2 else 400.0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LABAPP_HOME"] = folder
        made = application()
        soak = Soak(folder, hours, speed)
        made.exec()
        soak.opening.window.jobs.finish()
    print(f"grown by {soak.grown:.1f} MB in {hours:g} h (limit {LIMIT_MB:g} MB)")
    return 0 if soak.grown < LIMIT_MB else 1


if __name__ == "__main__":
    sys.exit(main())
