"""Cost of building and opening sessions; run with ``pytest tests/bench``."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from labapp import device
from labapp.model import SampleBlock
from labapp.record.log import NO_STREAM, FrameKind, LogWriter
from labapp.session.build import build_session
from labapp.session.file import open_session

RATE, CHANNELS = 2000.0, 8
SETTINGS = {"channels": CHANNELS, "rate": RATE}


def write_log(path: Path, seconds: int) -> None:
    driver = device.get_driver("labbox")
    codec = driver.codec(device.parse_settings(driver, SETTINGS))
    rng = np.random.default_rng(1)
    n = int(RATE)
    second = np.rint(rng.normal(0, 2000, (n, CHANNELS))).astype(np.int32)
    header = {
        "format": "labapp-log", "version": 1, "uuid": "u", "app_version": "0", "created_utc": "",
        "origin_ns": 0,
        "streams": [{"id": "emg", "number": 0, "driver": "labbox", "settings": SETTINGS}],
    }  # fmt: skip
    writer = LogWriter(path, header)
    reads = 62  # a read each 16 ms, as behind a USB serial converter
    for k in range(seconds):
        ticks = np.round((k * n + np.arange(n)) * 1e6 / RATE).astype(np.int64)
        wire = codec.encode(SampleBlock(k * n, np.roll(second, k, axis=0), ticks))
        edges = np.linspace(0, len(wire), reads + 1).astype(int)
        for r in range(reads):
            stamp = int((k + (r + 1) / reads) * 1e9)
            writer.append(FrameKind.DATA, 0, stamp, wire[edges[r] : edges[r + 1]])
    writer.append_json(FrameKind.END, NO_STREAM, seconds * 10**9, {})
    writer.close()


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    for seconds in (60, 240):
        write_log(folder / f"{seconds}.log", seconds)
    return folder


def test_build_time_is_linear(logs, tmp_path, record_property):
    took, waited = {}, {}
    for seconds in (60, 240):
        start, begin = time.process_time(), time.perf_counter()
        build_session(logs / f"{seconds}.log", tmp_path / f"{seconds}.h5")
        took[seconds] = time.process_time() - start
        waited[seconds] = time.perf_counter() - begin
    record_property("cpu_s_per_hour", round(took[240] * 15, 2))
    record_property("wall_s_per_hour", round(waited[240] * 15, 2))
    print(
        f"\nbuild: {took} s CPU; an hour of 8 x 2 kHz: {took[240] * 15:.1f} s CPU on two threads,"
        f" {waited[240] * 15:.1f} s by the clock"
    )
    assert took[240] < 6 * took[60]
    # 4 times the time is linear; a quadratic builder would take 16 times.
    assert took[240] * 15 < 30.0  # decoding read by read takes 50 and more


def test_window_of_a_long_session(logs, tmp_path, record_property):
    build_session(logs / "240.log", tmp_path / "s.h5")
    best = 1e9
    for start in (0.0, 100.0, 200.0):
        begin = time.perf_counter()
        with open_session(tmp_path / "s.h5") as session:
            values = session.values("emg", start, start + 10.0, channels=[3])
        best = min(best, time.perf_counter() - begin)
        assert abs(len(values) - 20_000) <= 1
    record_property("open_and_read_ms", round(best * 1e3, 1))
    print(f"\nopen and 10-s window of one channel: {best * 1e3:.1f} ms")
    assert best < 0.2


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory from /proc/self/status")
def test_memory_does_not_grow_with_the_samples(logs, tmp_path):
    code = (
        "import re, sys\n"
        "from labapp.session.build import build_session\n"
        "build_session(sys.argv[1], sys.argv[2])\n"
        # not ru_maxrss: a child begins with the peak of the process that forked it
        "print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])\n"
    )
    peak = {}
    for seconds in (60, 240):
        done = subprocess.run(
            [sys.executable, "-c", code, f"{logs}/{seconds}.log", f"{tmp_path}/{seconds}.h5"],
            check=True,
            capture_output=True,
            text=True,
            cwd=Path(__file__).resolve().parents[2],
        )
        peak[seconds] = int(done.stdout) / 1024
    grows = (peak[240] - peak[60]) / 180 * 3600
    print(f"\npeak memory MB: {peak}; {peak[60] + grows:.0f} MB for an hour")
    assert peak[60] + grows < 300
