"""What the way port -> log -> decoder -> ring costs for 8 channels at 2 kHz."""

import os
import resource
import select
import sys
import threading
import time

import numpy as np
import pytest

from labapp import device
from labapp.model import SampleBlock
from labapp.record.config import DeviceConfig, RecorderConfig
from labapp.record.recorder import Recording

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals need POSIX")
SETTINGS = {"channels": 8, "rate": 2000.0}
CHUNK_S = 0.016
SECONDS = 3.0


def feeder(far, stop):
    """Runs in a process of its own: its cost is not ours."""
    driver = device.get_driver("labbox")
    parsed = device.parse_settings(driver, SETTINGS)
    codec, side = driver.codec(parsed), driver.device_side(parsed)
    rng = np.random.default_rng(1)
    n = round(CHUNK_S * SETTINGS["rate"])
    first, due = 0, None
    while not stop.is_set():
        if select.select([far], [], [], 0 if side.streaming else 0.01)[0]:
            answer = side.receive(os.read(far, 256))
            if answer:
                os.write(far, answer)
        if not side.streaming:
            continue
        due = due or time.monotonic()
        counts = rng.integers(-(1 << 20), 1 << 20, (n, 8), dtype=np.int32)
        ticks = np.arange(first, first + n, dtype=np.int64) * 500
        os.write(far, codec.encode(SampleBlock(first, counts, ticks)))
        first += n
        due += CHUNK_S
        time.sleep(max(0.0, due - time.monotonic()))


def test_cost_of_8_channels_at_2_khz(tmp_path):
    import multiprocessing
    import pty
    import tty

    far, near = pty.openpty()
    tty.setraw(near)
    name = os.ttyname(near)
    context = multiprocessing.get_context("fork")
    stop = context.Event()
    process = context.Process(target=feeder, args=(far, stop))
    process.start()
    recording = Recording(
        RecorderConfig(folder=str(tmp_path), devices=(DeviceConfig("a", "labbox", name, SETTINGS),))
    )
    try:
        threading.Event().wait(1.0)
        shares = [measure(recording) for _ in range(4)]
        status = recording.status()["streams"]["a"]
    finally:
        recording.close()
        stop.set()
        process.join()
        process.close()
        os.close(far)
        os.close(near)
    share = min(shares)  # of four windows: other programs only add
    text = ", ".join(f"{value:.2%}" for value in shares)
    print(f"\n8 ch x 2 kHz, reads of {CHUNK_S * 1e3:g} ms: {share:.2%} of a core ({text})")
    assert status["lost"] == 0
    assert share < 0.02


def measure(recording):
    """CPU seconds per second of this process, while it records."""
    stream = recording.status()["streams"]["a"]["samples"]
    before, begun = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    threading.Event().wait(SECONDS)
    after, spent = resource.getrusage(resource.RUSAGE_SELF), time.monotonic() - begun
    samples = recording.status()["streams"]["a"]["samples"] - stream
    assert samples == pytest.approx(SECONDS * SETTINGS["rate"], rel=0.1)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / spent
