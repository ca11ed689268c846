import importlib.util
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from labapp.errors import LabError
from labapp.record.client import Recorder
from labapp.record.config import ClockConfig, DeviceConfig, RecorderConfig
from labapp.record.frame import FrameKind
from labapp.record.log import LogWriter, read_log
from labapp.record.loopback import confine_to_loopback
from labapp.session.build import build_session
from labapp.session.file import open_session
from labapp.workflow.logtail import LogTail
from labapp.workflow.outlet import find_running, serve_outlet

HERE = Path(__file__).resolve()
needs_lsl = pytest.mark.skipif(
    importlib.util.find_spec("pylsl") is None, reason="the extra lsl is not installed"
)


@contextmanager
def child(*words, **pipes):
    """Run Python with the package on its path; whatever happens, it is gone at the end."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[2])}
    one = subprocess.Popen([sys.executable, *words], env=environment, text=True, **pipes)
    try:
        yield one
    finally:
        one.kill()
        one.wait()
        for pipe in (one.stdin, one.stdout, one.stderr):
            if pipe is not None:
                pipe.close()


def simulated(folder, clock="scaled"):
    devices = (
        DeviceConfig(
            "emg", "bitalino", "sim://bitalino?wire=memory", {"inputs": [1, 2]}, {"A1": "RM_R"}
        ),
        DeviceConfig(
            "force", "chronojump", "sim://chronojump?wire=memory", {}, {"force": "F_PULL"}
        ),
    )
    return RecorderConfig(
        str(folder), devices, ClockConfig(clock), seed=3, scripted=True, loss=0.02
    )


@pytest.fixture(scope="module")
def published(own_lsl_session, tmp_path_factory):
    """What a consumer got of a running recording, and the session of that recording."""
    folder = tmp_path_factory.mktemp("outlet")
    names = ("labapp-emg", "labapp-force", "labapp-markers")
    reader = (str(HERE.parent / "lsl_consumer.py"), str(folder / "got.npz"), *names)
    piped = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with Recorder.start(simulated(folder / "x.recording")) as recorder:
        words = ("-m", "labapp", "outlet", str(folder / "x.recording"))
        lines = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with child(*words, **lines) as outlet, child(*reader, **piped) as consumer:
            assert consumer.stdout.readline() == "ready\n"
            time.sleep(1.0)
            marked = recorder.mark("cue", {"pull": "fast", "level": 0.5})
            time.sleep(1.0)
            consumer.stdin.close()
            assert consumer.wait(20) == 0
            recorder.stop()
            said, notice = outlet.communicate(timeout=20)
            assert outlet.returncode == 0
    log = folder / "x.recording" / "capture.log"
    build_session(log, folder / "out.h5")
    with np.load(folder / "got.npz") as got, open_session(folder / "out.h5") as session:
        origin = read_log(log).header["origin_ns"] * 1e-9
        yield dict(got), session, origin, marked * 1e-9, (said, notice)


@needs_lsl
@pytest.mark.parametrize(("stream", "factor"), [("emg", [1e6, 1e6, 1.0]), ("force", [1.0])])
def test_the_consumer_gets_what_was_recorded_and_nothing_for_what_was_lost(
    published, stream, factor
):
    got, session, origin, _, _ = published
    values, stamps = got[f"labapp-{stream} values"], got[f"labapp-{stream} stamps"]
    truth = session.values(stream) * factor
    times = session.times(stream) + origin
    # Where in the recording: the rows of half a second are found in one place only.
    rows = np.flatnonzero(~np.isnan(truth[:, 0]))
    sent, n = truth[rows], len(values)
    near = lambda at: np.allclose(sent[at : at + n], values, rtol=1e-12, atol=0)  # noqa: E731
    (start,) = [at for at in range(len(sent) - n + 1) if (sent[at] == values[0]).all() and near(at)]
    index = rows[start : start + n]
    assert n > 1.5 * session.streams[stream].rate_nominal
    steps = np.diff(index)
    assert stream == "force" or (steps > 1).sum() > 5, "nothing was lost in this recording"
    jumps = np.diff(stamps) * session.streams[stream].rate_nominal
    assert (jumps > 0).all()
    np.testing.assert_array_equal(np.rint(jumps[steps > 1]), steps[steps > 1])
    assert abs(np.median(stamps - times[index])) < 5e-3


@needs_lsl
def test_streams_and_markers_say_what_they_are(published):
    got, _, _, marked, (said, notice) = published
    assert json.loads(str(got["labapp-emg units"])) == [["A1", "A2", "D"], ["uV", "uV", "none"]]
    assert json.loads(str(got["labapp-force units"])) == [["force"], ["N"]]
    assert "<muscle>RM_R</muscle>" in str(got["labapp-emg xml"])
    assert "<can_drop_samples>true</can_drop_samples>" in str(got["labapp-emg xml"])
    texts = [json.loads(row[0]) for row in got["labapp-markers values"]]
    at = texts.index({"kind": "cue", "data": {"pull": "fast", "level": 0.5}})
    assert abs(got["labapp-markers stamps"][at] - marked) < 1e-3
    assert "2 streams and the markers are open" in notice
    assert notice.count("\n") == 1
    assert said.startswith("emg ")


@needs_lsl
@pytest.mark.skipif(sys.platform != "linux", reason="other systems cannot bind to a device")
def test_on_linux_no_other_computer_can_connect(own_lsl_session, published):
    assert "on this computer only" in published[4][1]
    code = (
        "import os, socket\n"
        "from labapp.record.lsl_library import load_lsl\n"
        "from labapp.record.loopback import confine_to_loopback\n"
        "lsl = load_lsl('machine')\n"
        "outlet = lsl.StreamOutlet(lsl.StreamInfo('confined', 'EMG', 1, 1.0, 'float32', 'x'))\n"
        "assert confine_to_loopback()\n"
        "bound = []\n"
        "for name in os.listdir('/proc/self/fd'):\n"
        "    try:\n"
        "        one = socket.socket(fileno=os.dup(int(name)))\n"
        "    except OSError:\n"
        "        continue\n"
        "    bound.append(one.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16))\n"
        "assert len(bound) >= 3 and {name.rstrip(b'\\0') for name in bound} == {b'lo'}, bound\n"
    )
    with child("-c", code) as one:
        assert one.wait(20) == 0


def test_without_sockets_there_is_nothing_to_confine():
    assert confine_to_loopback() == (sys.platform == "linux")


def test_what_cannot_be_published_is_one_line(tmp_path):
    with pytest.raises(LabError, match="no recorder runs in"):
        serve_outlet(tmp_path)
    with pytest.raises(LabError, match="no recording runs in"):
        find_running(tmp_path)
    for name in ("a.recording", "b.recording"):
        (tmp_path / name).mkdir()
        about = {"clock": "stepped", "speed": 1.0, "origin_ns": 0}
        (tmp_path / name / "recorder.json").write_text(json.dumps(about), encoding="utf-8")
    with pytest.raises(LabError, match=r"2 recordings run .* a.recording, b.recording"):
        find_running(tmp_path)
    with pytest.raises(LabError, match="stepped clock"):
        serve_outlet(tmp_path / "a.recording")
    (tmp_path / "b.recording" / "recorder.json").unlink()
    assert find_running(tmp_path) == tmp_path / "a.recording"


def test_without_the_extra_one_line_says_so(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pylsl", None)
    about = {"clock": "real", "speed": 1.0, "origin_ns": 0}
    (tmp_path / "recorder.json").write_text(json.dumps(about), encoding="utf-8")
    with pytest.raises(LabError, match=r"pip install labapp\[lsl\]"):
        serve_outlet(tmp_path)


def test_the_tail_of_a_log_gives_new_markers_however_it_grows(tmp_path):
    whole = tmp_path / "whole.log"
    writer = LogWriter(whole, {"format": "labapp-log", "version": 1, "origin_ns": 0})
    for number in range(20):
        writer.append(FrameKind.DATA, 0, number, bytes(range(number)) + b"\x9eLB\x1a" * 9)
        writer.append_json(FrameKind.MARKER, 255, number, {"kind": "m", "data": {"n": number}})
    writer.close()
    data = whole.read_bytes()
    growing = tmp_path / "growing.log"
    growing.write_bytes(data[:50])
    tail, heard = LogTail(growing), []
    try:
        with growing.open("ab", buffering=0) as file:
            for at in range(50, len(data), 37):
                file.write(data[at : at + 37])
                heard += [frame.json()["data"]["n"] for frame in tail.markers()]
    finally:
        tail.close()
    assert heard == list(range(20))
