"""A person at a real screen: the program's window on a virtual one, used with keys and mouse.

Run: ``python tests/ui/real_screen.py [--short] [--pictures FOLDER] [WALK …]``. The window runs in
a process of its own on an Xvfb screen, and everything done to it comes through xdotool as from a
keyboard and a mouse; a line of its standard input only asks where something is and what stands
there. Walks: ``verdict`` (fresh start to a saved verdict, with a rejected repetition and its
reason, a redo, a pause and presenter keys), ``stop``, ``killed`` (the window dies in the middle of
a repetition), ``unplugged`` (a device on a pseudo-terminal goes and comes back), ``replugged`` (the
same in the middle of a pull, in real time, the pull done again, to the verdict) and ``session``
(maximal references and then the pull, with faults in both: ``whole_session.py``). Without
``--short`` the verdicts are those of the maximal references and the isometric pull, whole.
``--pictures`` photographs the decisive moments of ``session`` (``import`` of ImageMagick).
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from living_lab import living_lab

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
NEEDED = ("Xvfb", "xdotool")
CALM = {"protocol": "short_pull", "scenario": "rhomboid_leads_30ms"}
"""A short test in a laboratory that loses nothing by itself."""

WINDOW = """
import json, sys
from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QLabel
from labapp.record.config import DeviceConfig
from labapp.ui.app import application
from labapp.ui.choices import Preset
from labapp.ui.opening import Opening
from labapp.ui.preferences import Preferences
from labapp.workflow.devices import default_montage

words = json.loads(sys.argv[1])
made = application()
chosen = Preferences(theme="light", language="en", **words["preferences"])
opening = Opening(chosen, attach=True)
window = opening.window
window.keep_preferences = False
window.move(0, 0)
window.resize(1380, 880)

def preset():
    devices = []
    for name, driver, port in words["devices"]:
        device = DeviceConfig(id=name, driver=driver, port=port)
        devices.append(DeviceConfig(id=name, driver=driver, port=port,
                                    montage=default_montage(device)))
    opening.work.preset(Preset(words["protocol"], "", None, tuple(devices)))

if words["devices"]:
    opening.ready.connect(preset)

def at(name):
    found = [one for one in window.findChildren(object, name) if one.isVisible()]
    if not found:
        return None
    middle = found[0].rect().center()
    if isinstance(found[0], QCheckBox):  # its words end before its rectangle does
        middle.setX(12)
    point = found[0].mapToGlobal(middle)
    if isinstance(found[0], QAbstractButton) and not found[0].isEnabled():
        return None
    return [point.x(), point.y()]

def see():
    work = opening.work
    if work is None or not opening.is_ready:
        return {"page": ""}
    recording = work.recording
    return {
        "page": window.page, "text": work.run.text.text(), "hint": work.run.hint.text(),
        "question": work.run.remarks.question,
        "dots": list(work.run.dots.dots), "banners": window.banners.text(),
        "recording": recording is not None,
        "step": recording.run.state.step if recording and recording.run else "",
        "block": recording.run.state.block if recording and recording.run else "",
        "paused": bool(recording and recording.run and recording.run.state.paused),
        "light": window.topbar.light.on,
        "streams": recording.status.get("streams", {}) if recording else {},
        "verdict": (work.result.document or {}).get("verdict"),
        "session": str(work.result.path or ""),
        "grades": [one.text() for one in work.setup.lying.findChildren(QLabel)
                   if one.text().startswith("grade ")],
        "missing": work.setup.hint.text(), "delay": work.run.traces.delay.text()
        if work.run.traces is not None else "",
    }

def answer():
    line = sys.stdin.readline()
    if not line:
        made.quit()
        return
    asked = json.loads(line)
    print(json.dumps(at(asked["at"]) if "at" in asked else see()), flush=True)

notifier = QSocketNotifier(0, QSocketNotifier.Type.Read)
notifier.activated.connect(answer)
made.exec()
window.jobs.finish()
"""


class Window:
    """The program's window in a process of its own."""

    def __init__(self, display: str, folder: Path, **words: Any) -> None:
        preferences = {"study": str(folder / "study"), **words.pop("preferences", {})}
        given = {"devices": [], "protocol": "", **words, "preferences": preferences}
        self._environment = {
            **os.environ,
            "DISPLAY": display,
            "PYTHONPATH": str(ROOT),
            "LABAPP_HOME": str(folder / "home"),
            "QT_QPA_PLATFORM": "xcb",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", WINDOW, json.dumps(given)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self._environment, text=True,
        )  # fmt: skip

    def _ask(self, **words: str) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def see(self) -> dict[str, Any]:
        """What stands on the screen."""
        found: dict[str, Any] = self._ask(see="all")
        return found

    def until(self, seen: Callable[[dict[str, Any]], Any], seconds: float = 60.0) -> dict[str, Any]:
        """Look until something stands there."""
        end = time.monotonic() + seconds
        while True:
            now = self.see()
            if now["page"] and seen(now):
                return now
            if time.monotonic() > end:
                raise AssertionError(f"not seen in {seconds:g} s: {now}")
            time.sleep(0.03)

    def key(self, *names: str) -> None:
        """Press keys."""
        self._do("key", *names)

    def type(self, text: str) -> None:
        """Type a text."""
        self._do("type", text)

    def click(self, name: str, seconds: float = 20.0) -> None:
        """Move the mouse to something and click it, as soon as it can be clicked."""
        end = time.monotonic() + seconds
        while (place := self._ask(at=name)) is None:
            assert time.monotonic() < end, f"{name} cannot be clicked: {self.see()}"
            time.sleep(0.05)
        self._do("mousemove", str(place[0]), str(place[1]), "click", "1")

    def _do(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], check=True, timeout=20, env=self._environment)

    def kill(self) -> None:
        """End it as a crash does."""
        self.process.send_signal(signal.SIGKILL)
        self.close()

    def close(self) -> None:
        """Close its line, which ends it."""
        with contextlib.suppress(OSError):
            assert self.process.stdin is not None
            self.process.stdin.close()
        self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextlib.contextmanager
def screen() -> Iterator[str]:
    """Give the name of a virtual screen of its own."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
        pass_fds=(write,), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    try:
        with os.fdopen(read) as line:
            yield f":{line.readline().strip()}"
    finally:
        server.terminate()
        server.wait(20)


def begin(window: Window, participant: str = "AB-014") -> None:
    """From the first page to a running recording."""
    window.until(lambda now: now["page"] == "setup")
    window.click("participant")
    window.type(participant)
    window.click("start_recording")
    window.until(lambda now: now["page"] == "run" and now["light"])


def sessions(folder: Path) -> list[Path]:
    """Saved sessions, the newest last."""
    return sorted((folder / "study").glob("*.h5"), key=lambda path: path.stat().st_mtime)


def done(now: dict[str, Any], count: int) -> bool:
    """Whether this many repetitions of the block are over."""
    return sum(dot in ("done", "rejected") for dot in now["dots"]) >= count


def walk_verdict(display: str, folder: Path, protocol: str, speed: float) -> dict[str, Any]:
    """Fresh start to a saved session with its verdict, mending two repetitions on the way."""
    wishes = {**CALM, "protocol": protocol, "speed": speed}
    window = Window(display, folder, preferences=wishes)
    begin(window)
    window.key("Next")  # the large key of a presenter starts the protocol
    window.until(lambda now: now["step"] not in ("", "start"))
    window.key("m")
    first = window.until(lambda now: done(now, 1), 600)["block"]
    window.key("x")
    window.until(lambda now: now["question"] == "reason")
    window.key("2")
    window.until(lambda now: "Left out: not as asked" in now["hint"])
    pull = window.until(lambda now: now["step"] in ("pull", "build up", "ramp", "hold"), 600)
    window.key("BackSpace")
    window.until(lambda now: now["dots"] != pull["dots"] or now["step"] == "rest")
    window.key("b")
    window.until(lambda now: now["paused"])
    assert window.see()["text"] == "Pause. Breathe."
    window.key("b")
    window.until(lambda now: not now["paused"])
    window.until(lambda now: now["text"] == "Finished. Thank you.", 1800)
    window.click("finish")
    seen = window.until(lambda now: now["page"] in ("result", "library"), 300)
    window.close()
    return {"seen": seen, "first": first, "session": sessions(folder)[-1]}


def walk_stop(display: str, folder: Path) -> Path:
    """STOP in the middle of a pull: the cues end, the file is marked and kept."""
    window = Window(display, folder, preferences={**CALM, "speed": 5.0})
    begin(window)
    window.key("space")
    window.until(lambda now: now["step"] in ("build up", "hold"))
    window.key("Escape")
    assert window.until(lambda now: now["text"] == "Stopped.")["step"]
    window.click("finish")
    window.until(lambda now: not now["recording"] and now["page"] != "run", 120)
    window.close()
    return sessions(folder)[-1]


def walk_killed(display: str, folder: Path) -> Path:
    """The window dies in the middle of a repetition; the next one goes on from there."""
    words = {"preferences": {**CALM, "speed": 1.0}}
    window = Window(display, folder, **words)
    begin(window)
    window.key("F5")
    window.until(lambda now: now["step"] == "build up")
    before = window.see()["streams"]["emg"]["samples"]
    assert "after arrival" in window.until(lambda now: now["delay"])["delay"]
    window.kill()
    time.sleep(3.0)  # the hold begins with nobody there
    window = Window(display, folder, **words)
    seen = window.until(lambda now: now["recording"] and now["banners"])
    assert "went on" in seen["banners"], seen["banners"]
    assert "done again: P goes on" in seen["banners"], seen["banners"]
    seen = window.until(lambda now: now["streams"].get("emg", {}).get("samples", 0) > before)
    assert seen["streams"]["emg"]["lost"] == 0
    window.click("do_pause")
    window.until(lambda now: now["step"] == "build up", 60)
    window.key("Escape")
    window.until(lambda now: now["text"] == "Stopped.")
    window.click("finish")
    window.until(lambda now: not now["recording"] and now["page"] != "run", 120)
    window.close()
    return sessions(folder)[-1]


class Plugged:
    """``labapp simulate``: a device on a pseudo-terminal that keeps its name when plugged again."""

    def __init__(self, driver: str, link: Path) -> None:
        self.words = [sys.executable, "-m", "labapp", "simulate", driver, "--link", str(link)]
        self.link = link
        self.plug()

    def plug(self) -> None:
        """Plug it in."""
        self.link.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            self.words,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline()

    def unplug(self) -> None:
        """Pull the plug."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def walk_unplugged(display: str, folder: Path) -> Path:
    """A device goes in the middle of a test and comes back; the other one never stops."""
    plugs = [
        Plugged("bitalino", folder / "emg"),
        Plugged("chronojump", folder / "force"),
    ]
    try:
        devices = [
            ("emg", "bitalino", str(folder / "emg")),
            ("force", "chronojump", str(folder / "force")),
        ]
        window = Window(display, folder, devices=devices, protocol="short_pull")
        window.until(lambda now: now["page"] == "setup")
        window.click("participant")
        window.type("AB-014")
        window.click("consent")
        window.click("start_recording")
        window.until(lambda now: now["page"] == "run" and now["light"])
        window.key("space")
        window.until(lambda now: now["step"] == "build up")
        plugs[0].unplug()
        seen = window.until(lambda now: now["streams"]["emg"]["state"] == "lost", 20)
        window.until(lambda now: "the port was lost" in now["banners"], 20)
        force = seen["streams"]["force"]["samples"]
        plugs[0].plug()
        seen = window.until(lambda now: now["streams"]["emg"]["segment"] == 1, 30)
        window.until(lambda now: "was lost" not in now["banners"], 20)
        window.until(lambda now: now["streams"]["force"]["samples"] > force + 40, 20)
        window.key("Escape")
        window.until(lambda now: now["text"] == "Stopped.")
        window.click("finish")
        window.until(lambda now: not now["recording"] and now["page"] != "run", 120)
        window.close()
    finally:
        for plug in plugs:
            plug.unplug()
    return sessions(folder)[-1]


def rest_over(window: Window, reached: Callable[[dict[str, Any]], bool]) -> None:
    """End every rest with the key of a presenter until something stands there."""
    rested: list[Any] = []

    def rests(now: dict[str, Any]) -> bool:
        return now["step"] == "rest" and [now["block"], *now["dots"]] != rested

    while not reached(now := window.until(lambda now: reached(now) or rests(now), 600)):
        rested = [now["block"], *now["dots"]]
        window.key("Next")


def walk_replugged(display: str, folder: Path, protocol: str) -> dict[str, Any]:
    """The EMG goes in the middle of a pull and comes back; the pull is done again, to a verdict.

    Real time, with a person who hears the cues; rests are ended with the key of a presenter.
    """
    ports = {name: folder / f"port-{name}" for name in ("emg", "force")}
    lab = living_lab(
        folder / "study", CALM["scenario"], 7,
        f"emg=bitalino={ports['emg']}=A1:RM_R,A2:UT_R,A3:MT_R,A4:LT_R",
        f"force=chronojump={ports['force']}=force:F_PULL",
    )  # fmt: skip
    with lab as laboratory:
        devices = [("emg", "bitalino", str(ports["emg"])),
                   ("force", "chronojump", str(ports["force"]))]  # fmt: skip
        window = Window(display, folder, devices=devices, protocol=protocol)
        window.until(lambda now: now["page"] == "setup")
        window.click("participant")
        window.type("AB-014")
        window.click("consent")
        window.click("start_recording")
        window.until(lambda now: now["page"] == "run" and now["light"])
        window.key("Next")
        rest_over(window, lambda now: now["block"] == "fast" and done(now, 2))
        window.until(lambda now: now["step"] == "pull", 60)
        laboratory.say("unplug", "emg")
        lost = window.until(lambda now: "the port was lost" in now["banners"], 20)
        window.key("BackSpace")  # this one again
        laboratory.say("plug", "emg")
        window.until(lambda now: now["streams"]["emg"]["segment"] == 1, 30)
        window.until(lambda now: "was lost" not in now["banners"], 20)
        rest_over(window, lambda now: now["text"] == "Finished. Thank you.")
        window.click("finish")
        seen = window.until(lambda now: now["page"] in ("result", "library"), 300)
        laboratory.say("truth", str(folder / "truth.json"))
        window.close()
    return {"seen": seen, "lost": lost, "session": sessions(folder)[-1]}


def main(words: list[str]) -> int:
    """Take the walks, say what was seen."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        print(f"real_screen: {', '.join(missing)} is missing", file=sys.stderr)
        return 2
    short = "--short" in words
    pictures = None
    if "--pictures" in words:
        at = words.index("--pictures")
        pictures = Path(words[at + 1])
        words = words[:at] + words[at + 2 :]
    names = [word for word in words if not word.startswith("-")]
    names = names or ["verdict", "stop", "killed", "unplugged", "replugged", "session"]
    with screen() as display, tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "home" / "protocols").mkdir(parents=True)
        for name in ("short_pull", "short_mvic"):
            shutil.copy(ROOT / f"tests/data/{name}.toml", Path(folder) / "home" / "protocols")
        try:
            take(names, display, Path(folder), short=short, pictures=pictures)
        finally:
            end_recorders(Path(folder))
    return 0


def end_recorders(folder: Path) -> None:
    """End what a walk that failed has left running."""
    for place in folder.glob("study/*.recording/recorder.json"):
        with contextlib.suppress(OSError):
            os.kill(int(json.loads(place.read_text())["pid"]), signal.SIGTERM)


def take(
    names: list[str], display: str, folder: Path, *, short: bool, pictures: Path | None = None
) -> None:
    """Take these walks one after the other."""
    from labapp.session.file import open_session
    from labapp.session.outages import outages

    for name in names:
        began = time.perf_counter()
        if name == "verdict":
            whole = ["short_pull"] if short else ["mvic_scapular", "isometric_pull"]
            for protocol in whole:
                found = walk_verdict(display, folder, protocol, 60.0)
                print(f"{protocol}: {(found['seen']['verdict'] or {}).get('headline')}")
            path = found["session"]
        elif name == "replugged":
            protocol = "short_pull" if short else "isometric_pull"
            found = walk_replugged(display, folder, protocol)
            print(f"{protocol}: {(found['seen']['verdict'] or {}).get('headline')}")
            path = found["session"]
        elif name == "session":
            from whole_session import told, walk_session

            whole = ["short_mvic", "short_pull"] if short else ["mvic_scapular", "isometric_pull"]
            walked = walk_session(display, folder, whole, pictures)
            told(walked)
            print(f"{' + '.join(whole)}: {walked.seen['verdict']['headline']}")
            path = walked.pull
        else:
            walks = {"stop": walk_stop, "killed": walk_killed, "unplugged": walk_unplugged}
            path = walks[name](display, folder)
        with open_session(path) as session:
            lost = {one.id: one.lost for one in session.streams.values()}
            away = {one.id: outages(one) for one in session.streams.values()}
            took = time.perf_counter() - began
            print(f"{name}: {took:.0f} s, {path.name}, lost {lost}, away {away}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
