"""Recording with and without a protocol: stopping, dying, recovering, repeating."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from hurried_protocol import hurried

import labapp
from labapp.errors import LabError
from labapp.record.client import Recorder
from labapp.record.config import ClockConfig
from labapp.workflow.analysing import analyse
from labapp.workflow.devices import choose_devices
from labapp.workflow.naming import recording_folder
from labapp.workflow.record import (
    Recording,
    record_session,
    recorder_config,
    run_protocol,
)
from labapp.workflow.recovery import recover

ROOT = Path(labapp.__file__).parents[1]
NS = 1_000_000_000
SIM = ("emg=bitalino@sim://bitalino?wire=memory",)
BOTH = (*SIM, "force=chronojump@sim://chronojump?wire=memory")
STEPPED = ClockConfig("stepped")


def datasets(path):
    """Bytes of every dataset of a session but the derived ones and those that tell the time."""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and not name.startswith(("derived", "notes", "meta")):
            found[name] = item[...].tobytes()

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return found


def test_one_seed_gives_one_result(tmp_path):
    """The second time through pseudo-terminals instead of memory, and at another moment."""
    sessions = []
    for wire in ("memory", "pty" if os.name == "posix" else "memory"):
        out = tmp_path / f"{len(sessions)}" / "x.h5"
        out.parent.mkdir()
        devices = choose_devices([device.replace("memory", wire) for device in BOTH])
        protocol = hurried(sets=1, references=1)
        run_protocol(protocol, "DEMO-001", out, devices, scenario="lossy", seed=7)
        sessions.append(out)
    one, two = map(datasets, sessions)
    assert set(one) == set(two)
    assert len(one) > 10
    assert [name for name in one if one[name] != two[name]] == []
    assert json.dumps(analyse(sessions[0])) == json.dumps(analyse(sessions[1]))


def test_record_for_some_seconds(tmp_path):
    out = tmp_path / "x.h5"
    shares = []
    path = record_session(
        choose_devices(BOTH),
        out,
        4.0,
        clock=STEPPED,
        seed=3,
        participant="AB-014",
        progress=lambda what, share: shares.append(share),
    )
    assert path == out
    with labapp.open_session(out) as session:
        assert session.streams["emg"].n == pytest.approx(4000, abs=120)
        assert session.streams["emg"].channels[0].muscle == "RM_R"
        assert session.participant == "AB-014"
        assert session.info["state"] == "closed"
        assert session.protocol_text == ""
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.h5", "x.truth.json"]


def test_a_session_without_pulls_is_analysed_too(tmp_path):
    path = record_session(choose_devices(BOTH), tmp_path / "x.h5", 3.0, clock=STEPPED)
    document = analyse(path)
    assert document["verdict"]["state"] == "not interpretable"
    assert document["repetitions"] == []


def test_a_run_can_be_stopped_and_keeps_its_data(tmp_path):
    stop = threading.Event()
    cues = []

    def on_event(event, state):
        if event.kind == "cue":
            cues.append(event.t_ns)
            if len(cues) == 2:
                stop.set()

    path = run_protocol(
        hurried(rest_s=6.0, references=1),
        "DEMO-001",
        tmp_path,
        choose_devices(BOTH),
        scenario="demo",
        on_event=on_event,
        stop=stop,
    )
    assert path.parent == tmp_path
    assert path.name.startswith("DEMO-001_isometric_pull_")
    with labapp.open_session(path) as session:
        kinds = [marker.kind for marker in session.markers]
        assert kinds.count("cue") == 2
        assert session.streams["force"].received > 1000


def test_a_scaled_clock_runs_the_protocol_in_time(tmp_path):
    stop = threading.Event()
    seen = []

    def on_event(event, state):
        seen.append(event)
        if event.kind == "rest":
            stop.set()

    path = run_protocol(
        "isometric_pull",
        "DEMO-001",
        tmp_path / "x.h5",
        choose_devices(BOTH),
        scenario="demo",
        clock=ClockConfig("scaled", 20.0),
        on_event=on_event,
        stop=stop,
    )
    truth = json.loads((tmp_path / "x.truth.json").read_text(encoding="utf-8"))
    (pull,) = truth["pulls"]
    assert pull["delayed_ms"] == 0
    with labapp.open_session(path) as session:
        (cue,) = [marker for marker in session.markers if marker.kind == "cue"]
        origin = session.info["origin_ns"]
    assert pull["cue_ns"] == pytest.approx(origin + cue.time * 1e9, abs=2)


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
def test_a_killed_recorder_loses_nothing_that_was_read(tmp_path):
    out = tmp_path / "x.h5"
    config = recorder_config(
        out, choose_devices(BOTH), clock=STEPPED, scenario="demo", seed=1, participant="DEMO-001"
    )
    samples = 0

    def record_and_kill():
        nonlocal samples
        with Recording(config, out) as recording:
            recording.wait_until(5 * NS)
            recording.recorder.mark("cue", {"pull": "fast", "block": "fast", "repetition": 1})
            status = recording.recorder.status()
            samples = status["streams"]["emg"]["samples"]
            os.kill(status["pid"], signal.SIGKILL)
            recording.wait_until(8 * NS)

    with pytest.raises(LabError, match="labapp recover"):
        record_and_kill()
    assert samples > 4000
    assert not out.exists()
    assert recover(tmp_path) == [out]
    with labapp.open_session(out) as session:
        assert session.info["state"] == "recovered"
        assert session.streams["emg"].received >= samples
        assert [marker.kind for marker in session.markers] == ["cue"]
    assert [path.name for path in tmp_path.iterdir()] == ["x.h5"]


CLIENT = """
import sys
from pathlib import Path
from labapp.record.config import ClockConfig
from labapp.workflow.devices import choose_devices
from labapp.workflow.record import Recording, recorder_config

out = Path(sys.argv[1])
config = recorder_config(out, choose_devices(sys.argv[2:]), clock=ClockConfig("stepped"),
                         scenario="demo", seed=1, participant="DEMO-001")
recording = Recording(config, out)
recording.wait_until(5_000_000_000)
print("recorded", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
def test_a_killed_runner_leaves_a_recording_that_recover_ends(tmp_path):
    out = tmp_path / "x.h5"
    with subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(out), *BOTH],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as client:
        assert client.stdout.readline() == "recorded\n"
        client.kill()
        client.wait()
    folder = recording_folder(out)
    watcher = Recorder.attach(folder)
    assert watcher.alive
    watcher.close()
    # Somewhere below a study folder it may be somebody's running recording: left alone.
    with pytest.raises(LabError, match="still running"):
        recover(tmp_path)
    assert recover(folder) == [out]
    assert not folder.exists()
    with labapp.open_session(out) as session:
        assert session.streams["emg"].n == pytest.approx(5000, abs=120)
        assert session.streams["emg"].received > 4800


def test_recover_after_the_session_but_before_the_folder_was_deleted(tmp_path, monkeypatch):
    monkeypatch.setattr("labapp.workflow.recording.discard", lambda folder: None)
    out = record_session(choose_devices(SIM), tmp_path / "x.h5", 1.0, clock=STEPPED)
    before = out.read_bytes()
    assert recover(tmp_path) == [out]
    assert out.read_bytes() == before
    assert not recording_folder(out).exists()


def test_an_unfinished_recording_is_not_overwritten(tmp_path):
    folder = recording_folder(tmp_path / "x.h5")
    folder.mkdir()
    (folder / "capture.log").write_bytes(b"precious")
    with pytest.raises(LabError, match="labapp recover"):
        record_session(choose_devices(SIM), tmp_path / "x.h5", 1.0, clock=STEPPED)
    assert (folder / "capture.log").read_bytes() == b"precious"


def test_what_is_missing_is_said_before_anything_starts(tmp_path):
    with pytest.raises(LabError, match="F_PULL"):
        run_protocol("isometric_pull", "AB-001", tmp_path, choose_devices(SIM))
    assert list(tmp_path.iterdir()) == []


def test_names_are_never_taken_twice(tmp_path):
    from labapp.workflow.naming import free_path

    path = tmp_path / "x.h5"
    assert free_path(path) == path
    path.write_bytes(b"")
    recording_folder(tmp_path / "x-2.h5").mkdir()
    assert free_path(path) == tmp_path / "x-3.h5"


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX")
def test_record_from_a_simulated_device_in_another_process(tmp_path):
    """Two processes and a serial line between them, as with a real device."""
    simulator = subprocess.Popen(
        [sys.executable, "-m", "labapp", "simulate", "bitalino", "--seed", "2",
         "--scenario", "rhomboid_leads_30ms", "--link", str(tmp_path / "port"),
         "--truth", str(tmp_path / "truth.json")],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )  # fmt: skip
    with simulator:
        port = simulator.stdout.readline().strip()
        assert Path(port).exists()
        assert os.path.realpath(tmp_path / "port") == os.path.realpath(port)
        words = ["record", "--device", f"emg=bitalino@{port}", "--seconds", "3"]
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "labapp", *words, "--out", str(tmp_path / "x.h5")],
            capture_output=True,
            text=True,
            cwd=ROOT,
        )
        lived_s = time.perf_counter() - began
        simulator.terminate()
        assert simulator.wait() == 0
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert not (tmp_path / "port").exists()
    (run,) = [
        run
        for device in json.loads((tmp_path / "truth.json").read_text())["devices"].values()
        for run in device["runs"]
    ]
    assert run["dropped"] == run["damaged"] == []
    with labapp.open_session(tmp_path / "x.h5") as session:
        stream = session.streams["emg"]
        # All that was sent, but for the one packet that may be on its way when the device is told
        # to stop: the link stalls for 95 ms at most.
        assert stream.received == stream.n
        assert 0 <= run["sent"] - stream.n <= 96
        # The three seconds begin after samples were seen to come and end with the word to stop: on
        # a busy machine the recording is longer, as long as the recorder lived at most. A packet
        # and 24 ms of link may be missing at the end.
        assert 2880 <= stream.n <= lived_s * run["rate_hz"]
        values = session.values("emg")
        assert np.nanstd(values[:, 0]) > 1e-6


@pytest.mark.skipif(os.name != "posix", reason="SIGINT to a child is POSIX")
def test_ctrl_c_ends_a_recording_and_keeps_it(tmp_path):
    out = tmp_path / "x.h5"
    words = [sys.executable, "-m", "labapp", "record", "--device", SIM[0], "--out", str(out)]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as recorder:
        folder = recording_folder(out)
        pause = threading.Event()
        for _ in range(600):
            log = folder / "capture.log"
            if log.exists() and log.stat().st_size > 8000:
                break
            assert recorder.poll() is None
            pause.wait(0.05)
        recorder.send_signal(signal.SIGINT)
        printed, errors = recorder.communicate(timeout=60)
    assert recorder.returncode == 0, errors
    assert "received" in printed
    with labapp.open_session(out) as session:
        assert session.streams["emg"].received > 500
        assert session.info["state"] == "closed"
    assert not folder.exists()
