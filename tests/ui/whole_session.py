"""A whole session at a real screen, with faults in it: maximal references, then a fast pull.

From a fresh start, with devices on pseudo-terminals that lose frames, in real time: the EMG is
pulled out in the middle of a maximal contraction and comes back, the contraction is done again,
the session is saved; then the pull, with a repetition left out and its reason, one done again, and
the window killed in the middle of a third and started again, to the verdict. `told` compares what
the two sessions say with what the laboratory knows.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from living_lab import LivingLab, living_lab
from real_screen import ROOT, Window, done, rest_over, sessions

from labapp.session.check import check_session
from labapp.session.file import Session, open_session
from labapp.session.outages import outages
from labapp.session.stream import Stream
from labapp.trials.protocol import parse_protocol

SHORT = ROOT / "tests/data/short_mvic.toml"
SCENARIO = "rhomboid_leads_30ms"
PAINTED_S = 0.5
"""What a window says is on a busy machine's screen so much later."""
LOSS = 0.0003
"""Of the EMG's frames, beyond what the pulled plug takes: one in three seconds."""
MUSCLES = ("RM_R", "UT_R", "MT_R", "LT_R")
LAST_BURST_S = 0.2
"""What had not arrived when the plug was pulled is at most this old."""
GUESSED = "whose length or place is not certain"
"""The last read before an end may have come late for itself, or after a loss: nobody can tell."""
SILENT_S = 0.1
"""A 4-bit counter at 1 kHz turns over seven times in this: what was lost in it is a guess."""


@dataclass(frozen=True)
class Walked:
    """What was seen on the way, the two sessions, and the truth of the laboratory."""

    lost: dict[str, Any]
    graded: dict[str, Any]
    first: dict[str, Any]
    again: dict[str, Any]
    seen: dict[str, Any]
    mvic: Path
    pull: Path
    truth: dict[str, Any]


class Pictures:
    """Photographs of the screen, where somebody wants them."""

    def __init__(self, display: str, folder: Path | None) -> None:
        self._display, self._folder = display, folder

    def take(self, name: str) -> None:
        """Photograph the whole screen."""
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            time.sleep(PAINTED_S)
            path = str(self._folder / f"{name}.png")
            words = ["import", "-display", self._display, "-window", "root", path]
            subprocess.run(words, check=True, timeout=30)


def lossy(folder: Path) -> Path:
    """Write the scenario with an EMG that loses frames."""
    text = (ROOT / f"labapp/simulate/scenarios/{SCENARIO}.toml").read_text(encoding="utf-8")
    path = folder / "lossy.toml"
    wire = "[devices.bitalino]\n"
    assert text.count(wire) == 1
    path.write_text(text.replace(wire, f"{wire}loss = {LOSS}\n"), encoding="utf-8")
    return path


def walk_session(
    display: str, folder: Path, protocols: Sequence[str], pictures: Path | None = None
) -> Walked:
    """Go from the first page to two saved sessions; ``protocols``: references, pull."""
    ports = {name: folder / f"port-{name}" for name in ("emg", "force")}
    lab = living_lab(
        folder / "study", str(lossy(folder)), 7,
        f"emg=bitalino={ports['emg']}=A1:RM_R,A2:UT_R,A3:MT_R,A4:LT_R",
        f"force=chronojump={ports['force']}=force:F_PULL",
    )  # fmt: skip
    photo = Pictures(display, pictures)
    devices = [("emg", "bitalino", str(ports["emg"])),
               ("force", "chronojump", str(ports["force"]))]  # fmt: skip
    with lab as laboratory:
        window = Window(display, folder, devices=devices, protocol=protocols[0])
        window.until(lambda now: now["page"] == "setup")
        window.click("participant")
        window.type("AB-014")
        lost, first = references(window, laboratory, photo)
        mvic = sessions(folder)[-1]
        window.click("go_setup")
        graded = window.until(lambda now: now["page"] == "setup" and now["grades"])
        window.click("protocol")
        window.type(protocols[1].replace("_", " "))
        window.key("Return")
        photo.take("5-set-up-again")
        window, again, seen = pull(window, display, folder, photo)
        laboratory.say("truth", str(folder / "truth.json"))
        window.close()
    return Walked(
        lost=lost, graded=graded, first=first, again=again, seen=seen,
        mvic=mvic, pull=sessions(folder)[-1],
        truth=json.loads((folder / "truth.json").read_text(encoding="utf-8")),
    )  # fmt: skip


def start(window: Window) -> None:
    """From a filled-in page Set up to a running protocol."""
    if "consent" in window.see()["missing"]:
        window.click("consent")
    window.click("start_recording")
    window.until(lambda now: now["page"] == "run" and now["light"])
    window.key("Next")


def references(
    window: Window, laboratory: LivingLab, photo: Pictures
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Record the maximal references; the EMG goes in the middle of the second of a position."""
    start(window)
    rest_over(window, lambda now: done(now, 1))
    window.until(lambda now: now["step"] == "rest", 60)
    rest_over(window, lambda now: now["step"] == "hold")
    laboratory.say("unplug", "emg")
    lost = window.until(lambda now: "the port was lost" in now["banners"], 20)
    photo.take("1-emg-gone")
    window.key("BackSpace")  # this one again
    window.until(lambda now: "rejected" in now["dots"])
    photo.take("2-done-again")
    laboratory.say("plug", "emg")
    window.until(lambda now: now["streams"]["emg"]["segment"] == 1, 30)
    window.until(lambda now: "was lost" not in now["banners"], 20)
    photo.take("3-emg-back")
    rest_over(window, lambda now: now["text"] == "Finished. Thank you.")
    window.click("finish")
    seen = window.until(lambda now: now["page"] in ("result", "library"), 300)
    photo.take("4-references-saved")
    return lost, seen


def pull(
    window: Window, display: str, folder: Path, photo: Pictures
) -> tuple[Window, dict[str, Any], dict[str, Any]]:
    """Record the pull: one left out, one done again, one that the window does not survive."""
    start(window)
    rest_over(window, lambda now: now["block"] == "fast" and done(now, 1))
    window.key("x")
    window.until(lambda now: now["question"] == "reason")
    photo.take("6-reason")
    window.key("2")
    window.until(lambda now: "Left out: not as asked" in now["hint"])
    rest_over(window, lambda now: now["step"] in ("pull", "hold"))
    window.key("BackSpace")
    window.until(lambda now: now["dots"].count("rejected") == 2)
    rest_over(window, lambda now: done(now, 3))
    rest_over(window, lambda now: now["step"] in ("pull", "hold"))
    before = window.see()
    window.kill()
    window = Window(display, folder)
    again = window.until(lambda now: now["recording"] and now["banners"])
    photo.take("7-window-again")
    samples = before["streams"]["emg"]["samples"]
    window.until(lambda now: now["streams"].get("emg", {}).get("samples", 0) > samples)
    window.click("do_pause")
    window.until(lambda now: not now["paused"] and not now["banners"])
    rest_over(window, lambda now: now["text"] == "Finished. Thank you.")
    photo.take("8-finished")
    window.click("finish")
    seen = window.until(lambda now: now["page"] in ("result", "library"), 300)
    photo.take("9-verdict")
    return window, again, seen


def told(walked: Walked) -> None:
    """Compare what was seen and what the two sessions say with what the laboratory knows."""
    assert "emg: the port was lost. Plug it in; it is being looked for." in walked.lost["banners"]
    assert "was cut short and is done again: P goes on" in walked.again["banners"]
    runs = walked.truth["devices"]
    first, second = runs["emg1"]["runs"][0], runs["emg2"]["runs"]
    with open_session(walked.mvic) as session:
        account(session, [first, second[0]], runs["force1"]["runs"][0])
        mvic(session, first, second[0])
        found = session.results["selectivity"]["RM_R"]
        assert walked.graded["grades"] == [f"grade {found['grade']}"]
    with open_session(walked.pull) as session:
        account(session, [second[1]], runs["force1"]["runs"][1])
        verdict(session, walked)


def account(session: Session, emg: list[dict[str, Any]], force: dict[str, Any]) -> None:
    """Every sample that a device made is in the file, or is told as lost, exactly."""
    stream, other = session.streams["emg"], session.streams["force"]
    lost = 0
    silent_s = float(np.diff(other.reads["t_ns"]).max()) * 1e-9
    assert len(stream.segments) == len(emg), (
        f"{session.path.name}: the laboratory stood still for {silent_s:.1f} s; "
        "this machine may be too busy for a walk in real time"
    )
    for number, (segment, run) in enumerate(zip(stream.segments, emg, strict=True)):
        base, made = int(segment["base"]), int(segment["stop"] - segment["base"])
        there = np.zeros(made, dtype=bool)
        for one in stream.runs[stream.runs["segment"] == number]:
            there[one["first"] - base : one["first"] + one["count"] - base] = True
        dropped = [at for low, high in run["dropped"] for at in range(low, high) if at < made]
        assert np.flatnonzero(~there).tolist() == dropped
        lost += len(dropped)
        # What was still on its way at the end of a stream is not made up.
        assert 0 <= run["sent"] - made < LAST_BURST_S * stream.rate
    assert lost > 0
    assert stream.lost == lost
    assert (other.lost, outages(other), len(other.segments)) == (0, (), 1)
    assert 0 <= force["sent"] - other.received < LAST_BURST_S * other.rate
    findings = {(one["channel"], one["check"]): one for one in session.results["quality"]}
    for muscle in MUSCLES:
        share = findings[muscle, "loss"]
        assert share["level"] == "warn"
        assert abs(share["value"] - 100 * lost / (stream.received + lost)) < 1e-6
    said = [one for one in check_session(session.path) if one.level != "note"]
    assert [GUESSED in one.text for one in said] == [True] * bool(stream.uncertain)
    # A gap is a guess only where the line was silent (the machine is busy), or where it ended.
    ends = [np.flatnonzero(stream.runs["segment"] == k)[-1] for k in range(len(emg))]
    for flagged in np.flatnonzero(stream.runs["uncertain"]).tolist():
        silence = _silence_s(stream, int(stream.runs["first"][flagged]))
        assert flagged in ends or silence > SILENT_S, (flagged, ends, silence)


def _silence_s(stream: Stream, index: int) -> float:
    """Longest time without a read around a sample."""
    at = int(np.searchsorted(stream.reads["newest"], index))
    return float(np.diff(stream.reads["t_ns"][max(at - 2, 0) : at + 3]).max()) * 1e-9


def mvic(session: Session, before: dict[str, Any], after: dict[str, Any]) -> None:
    """The contraction that the outage cut is told, done again, and in no reference."""
    stream = session.streams["emg"]
    ((gone, back),) = outages(stream)
    origin = session.info["origin_ns"]
    made = int(stream.segments["stop"][0]) - 1
    true_gone = before["first_sample_ns"] - origin + made / before["rate_hz"] * 1e9
    assert abs(gone - true_gone * 1e-9) < 0.05
    assert abs(back - (after["first_sample_ns"] - origin) * 1e-9) < 0.05
    (cut,) = [rep for rep in session.repetitions if rep["rejected"]]
    assert cut["cue_s"] < gone < cut["cue_s"] + cut["ramp_s"] + cut["hold_s"]
    whole = [rep for rep in session.repetitions if rep["pull"] == "reference"]
    again = whole[whole.index(cut) + 1]
    assert (again["block"], again["repetition"]) == (cut["block"], cut["repetition"])
    assert (again["attempt"], again["rejected"]) == (2, False)
    assert back < again["cue_s"]
    for one in session.results["reference"]["muscles"].values():
        assert (one["n"], one["reason"]) == (len(whole) - 1, "")
    (outage,) = [one for one in session.results["quality"] if one["check"] == "outage"]
    assert (
        outage["text"] == f"away from {gone:.2f} to {back:.2f} s: nothing was recorded of it then"
    )


def verdict(session: Session, walked: Walked) -> None:
    """The pull: three attempts left out with their reasons, the others give the true order."""
    protocol = parse_protocol(session.protocol_text, name="the session")
    asked = {block.name: block.repetitions for block in protocol.blocks}
    fast = [rep for rep in session.repetitions if rep["block"] == "fast"]
    steady = [rep for rep in session.repetitions if rep["block"] == "reference"]
    left = [(rep["repetition"], rep["reason"]) for rep in fast if rep["rejected"]]
    assert left == [(1, "reject"), (2, "redo"), (4, "redo")]
    kept = [rep for rep in fast if not rep["rejected"]]
    assert [rep["repetition"] for rep in kept] == list(range(2, asked["fast"] + 1))
    assert len(steady) == asked["reference"]
    reasons = [marker.data["reason"] for marker in session.markers if marker.kind == "reason"]
    assert reasons == ["not as asked"]
    keys = [one.data["action"] for one in session.markers if one.kind == "press"]
    # The window that came after the crash paused and asked for the repetition again; P went on.
    assert [key for key in keys if key != "next"] == ["reject", "redo", "pause", "redo", "pause"]
    # 100 % is from the session before, as it found it; the own steady pulls stand beside it.
    reference = session.results["reference"]
    with open_session(walked.mvic) as before:
        maximal = before.results["reference"]["muscles"]
        assert reference["source"]["session"] in (walked.mvic.name, walked.mvic.stem)
    for muscle, one in reference["muscles"].items():
        assert one["given"]
        assert (one["n"], one["value_uv"]) == (
            maximal[muscle]["n"],
            pytest.approx(maximal[muscle]["value_uv"], rel=1e-9),
        )
        assert reference["own"]["muscles"][muscle]["n"] == len(steady)
    found = session.results["verdict"]
    assert walked.seen["verdict"] == found
    assert (found["state"], found["muscle"]) == ("first", "RM_R")
    order = session.results["order"]
    assert order["n_complete"] == len(kept)
    origin = session.info["origin_ns"]
    pulls = {pull["cue_ns"] - origin: pull["onsets_ns"] for pull in walked.truth["pulls"]}
    true = [pulls[round(rep["cue_s"] * 1e9)] for rep in kept]
    for muscle in MUSCLES[1:]:
        ahead_ms = float(np.mean([one["RM_R"] - one[muscle] for one in true])) * 1e-6
        assert abs(order["pairs"][f"RM_R-{muscle}"]["lag_ms"] - ahead_ms) < 10.0
