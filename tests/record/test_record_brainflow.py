import importlib.util
import sys
import time

import numpy as np
import pytest

from labapp import device
from labapp.errors import LabError, PortError
from labapp.model import SampleBlock
from labapp.record.client import Recorder
from labapp.record.config import DeviceConfig, RecorderConfig
from labapp.record.log import FrameKind, read_log
from labapp.record.ports import PortContext, described, open_port
from labapp.session.build import build_session
from labapp.session.file import open_session
from labapp.timing.labclock import RealClock

needs_brainflow = pytest.mark.skipif(
    importlib.util.find_spec("brainflow") is None, reason="the extra brainflow is not installed"
)
DRIVER = device.get_driver("brainflow")


def context(url):
    parsed = device.parse_settings(DRIVER, described(url, "brainflow"))
    return PortContext(DRIVER, parsed, RealClock())


@needs_brainflow
def test_the_synthetic_board_is_recorded_without_a_gap(tmp_path):
    url = "brainflow://synthetic"
    settings = described(url, "brainflow")
    assert settings == {"channels": 16, "rate": 250.0, "modulus": 256}
    entry = DeviceConfig("emg", "brainflow", url, settings, {"CH1": "RM_R"})
    with Recorder.start(RecorderConfig(str(tmp_path / "rec"), (entry,))):
        time.sleep(2.0)
    log = tmp_path / "rec" / "capture.log"
    report = build_session(log, tmp_path / "out.h5").streams["emg"]
    assert report.received > 400  # past the first wrap of the packet number
    assert (report.lost, report.segments, report.uncertain, report.junk_bytes) == (0, 1, 0, 0)
    with open_session(tmp_path / "out.h5") as session:
        values = session.values("emg")
        assert values.shape == (report.received, 16)
        assert 1e-6 < np.abs(values).max() < 1e-2  # microvolts, not volts
    (opened,) = [f.json() for f in read_log(log).frames() if f.kind is FrameKind.OPEN]
    assert opened["port"]["name"] == "Synthetic"


def playback(tmp_path, numbers):
    """Write a BrainFlow recording of the synthetic board with these packet numbers."""
    from brainflow.board_shim import BoardShim
    from brainflow.data_filter import DataFilter

    about = BoardShim.get_board_descr(-1)
    table = np.zeros((about["num_rows"], len(numbers)))
    table[about["package_num_channel"]] = numbers
    table[about["timestamp_channel"]] = 1.7e9 + np.arange(len(numbers)) / 250.0
    for at, row in enumerate(about["emg_channels"]):
        table[row] = np.arange(len(numbers)) * 0.5 - 3.25 * at
    path = tmp_path / "played.csv"
    DataFilter.write_file(table, str(path), "w")
    return path


@needs_brainflow
def test_lost_packets_of_a_played_recording_are_counted(tmp_path):
    k = np.delete(np.arange(400), [50, *range(120, 180), 299])
    path = playback(tmp_path, k % 256)
    url = f"brainflow://playback_file?file={path}&master_board=-1"
    place = context(url)
    codec = DRIVER.codec(place.settings)
    port = open_port(url, place)
    blocks, end = [], time.monotonic() + 8.0
    try:
        while codec.stats.samples < 250 and time.monotonic() < end:
            blocks += [x for x in codec.feed(port.read(0.2)[0]) if isinstance(x, SampleBlock)]
    finally:
        port.close()
    index = np.concatenate([np.arange(block.first, block.stop) for block in blocks])
    values = np.concatenate([block.counts for block in blocks]) * codec.channels[0].scale
    n = len(index)
    assert n >= 250
    np.testing.assert_array_equal(index, k[:n])
    assert codec.stats.lost == k[n - 1] + 1 - n
    micro = np.arange(n)[:, None] * 0.5 - 3.25 * np.arange(16)
    np.testing.assert_allclose(values, micro * 1e-6, rtol=0, atol=1e-15)


@needs_brainflow
def test_what_cannot_be_opened_is_one_line():
    for url, words in (
        ("brainflow://nothing", "knows no board 'nothing'"),
        ("brainflow://muse_s", "has no EMG channels"),
        ("brainflow://playback_file?file=x.csv", "whose recording it is"),
        ("brainflow://synthetic?ip_port=x", "not a whole number"),
        ("brainflow://synthetic?color=red", "unknown option"),
    ):
        with pytest.raises(LabError, match=words):
            described(url, "brainflow")
    absent = "brainflow://playback_file?file=/nowhere/x.csv&master_board=-1"
    with pytest.raises(PortError, match="BrainFlow cannot open"):
        open_port(absent, context(absent))
    wrong = PortContext(DRIVER, device.parse_settings(DRIVER, {}), RealClock())
    with pytest.raises(LabError, match="has 16 channels at 250 Hz; the settings say 8"):
        open_port("brainflow://-1", wrong)


@needs_brainflow
def test_boards_without_a_known_counter_count_what_arrives():
    assert described("brainflow://cyton_daisy", "brainflow")["modulus"] == 128
    assert described("brainflow://0", "brainflow")["modulus"] == 256
    assert described("brainflow://ganglion", "brainflow")["modulus"] == 0


def test_without_the_extra_one_line_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "brainflow", None)
    monkeypatch.setitem(sys.modules, "brainflow.board_shim", None)
    with pytest.raises(LabError, match=r"not installed; pip install labapp\[brainflow\]"):
        described("brainflow://synthetic", "brainflow")
