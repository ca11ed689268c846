import json
import time

import numpy as np
import pytest

from labapp import device
from labapp.errors import LabError
from labapp.model import SampleBlock
from labapp.record.config import ClockConfig, DeviceConfig, RecorderConfig, check_config
from labapp.record.log import FrameKind, read_log
from labapp.record.recorder import Recording
from labapp.record.replay import write_replay

SETTINGS = {"channels": 3, "rate": 1000.0}
RNG = np.random.default_rng(5)


@pytest.fixture
def recorded(tmp_path):
    """A replay file of 2000 samples with a loss of 7 at 1000."""
    counts = RNG.integers(-(1 << 23), 1 << 23, (2000, 3), dtype=np.int32)
    ticks = np.arange(2000, dtype=np.int64) * 1000
    blocks = [
        SampleBlock(0, counts[:1000], ticks[:1000]),
        SampleBlock(1007, counts[1007:], ticks[1007:]),
    ]
    path = tmp_path / "wire.replay"
    write_replay(path, "labbox", SETTINGS, blocks, 1000.0, start_ns=5_000_000, chunk=16)
    return path, counts


def config(tmp_path, path, query="", clock="stepped", name="rec"):
    entry = DeviceConfig("emg", "labbox", f"replay://{path}{query}", SETTINGS)
    folder = tmp_path / name
    folder.mkdir()
    return check_config(
        RecorderConfig(folder=str(folder), devices=(entry,), clock=ClockConfig(clock))
    )


def test_samples_come_back_with_their_loss_and_times(recorded, tmp_path, decode_log):
    path, counts = recorded
    recording = Recording(config(tmp_path, path))
    recording.advance(1_000_000_000)
    assert 970 < recording.status()["streams"]["emg"]["samples"] <= 1000
    recording.advance(3_000_000_000)
    status = recording.status()["streams"]["emg"]
    recording.close()
    assert status["state"] == "ended"
    assert (status["samples"], status["lost"]) == (1993, 7)
    ((index, decoded),) = decode_log(tmp_path / "rec" / "capture.log")[0]
    assert np.array_equal(index, np.r_[0:1000, 1007:2000])
    assert np.array_equal(decoded, counts[index])
    log = tmp_path / "rec" / "capture.log"
    data = [f for f in read_log(log).frames() if f.kind == FrameKind.DATA]
    assert data[0].t_ns == 5_000_000 + 15_000_000
    assert data[-1].t_ns == 5_000_000 + 1_999_000_000


def test_a_capture_log_replays_too(recorded, tmp_path, decode_log):
    path, counts = recorded
    recording = Recording(config(tmp_path, path))
    recording.advance(3_000_000_000)
    recording.close()
    first = tmp_path / "rec" / "capture.log"
    recording = Recording(config(tmp_path, first, "?stream=0", name="again"))
    recording.advance(3_000_000_000)
    recording.close()
    ((index, decoded),) = decode_log(tmp_path / "again" / "capture.log")[0]
    assert np.array_equal(decoded, counts[index])


def test_speed_divides_the_waiting_not_the_stamps(recorded, tmp_path, until):
    path, _ = recorded
    start = time.monotonic()
    recording = Recording(config(tmp_path, path, "?speed=20", clock="real"))
    until(lambda: recording.status()["streams"]["emg"]["state"] == "ended")
    assert time.monotonic() - start < 2.0
    recording.close()
    log = read_log(tmp_path / "rec" / "capture.log")
    stamps = [f.t_ns for f in log.frames() if f.kind == FrameKind.DATA]
    assert stamps[-1] - stamps[0] == 1_984_000_000


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("?speed=0", "speed 0"),
        ("?speed=fast", "'fast' is not a number"),
        ("?stream=4", "no stream 4"),
        ("?rate=4", "unknown option 'rate'"),
    ],
)
def test_unusable_options_are_refused(recorded, tmp_path, query, text):
    with pytest.raises(LabError, match=text):
        Recording(config(tmp_path, recorded[0], query))


def test_another_driver_is_refused(recorded, tmp_path):
    entry = DeviceConfig("emg", "bitalino", f"replay://{recorded[0]}")
    (tmp_path / "r").mkdir()
    with pytest.raises(LabError, match="written by driver 'labbox', not 'bitalino'"):
        Recording(RecorderConfig(folder=str(tmp_path / "r"), devices=(entry,)))


def test_write_replay_refuses(recorded, tmp_path):
    with pytest.raises(LabError, match="exists already"):
        write_replay(recorded[0], "labbox", SETTINGS, [], 1000.0)
    with pytest.raises(LabError, match="above 0"):
        write_replay(tmp_path / "n", "labbox", SETTINGS, [], float("nan"))
    header = read_log(recorded[0]).header
    driver = device.get_driver("labbox")
    assert header["streams"][0]["driver"] == driver.name
    assert json.dumps(header)
