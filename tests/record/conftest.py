"""Boards on pseudo-terminals, and recordings in a temporary folder."""

from __future__ import annotations

import os
import select
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from labapp import device
from labapp.model import SampleBlock
from labapp.record.config import ClockConfig, DeviceConfig, RecorderConfig


class Board:
    """A labbox on the far end of a pseudo-terminal, in real time, in a thread of its own.

    Column 0 of sample i is i, so that every sample read can be held against the truth.
    """

    def __init__(self, rate=500.0, channels=2):
        import pty
        import tty

        self.settings = {"channels": channels, "rate": rate}
        self.rate = rate
        driver = device.get_driver("labbox")
        parsed = device.parse_settings(driver, self.settings)
        self._codec = driver.codec(parsed)
        self._side = driver.device_side(parsed)
        self._channels = channels
        self.far, near = pty.openpty()
        tty.setraw(near)
        self.name = os.ttyname(near)
        self._near = near
        self.sent = 0
        self.mute = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def counts(self, first, stop):
        counts = np.zeros((stop - first, self._channels), np.int32)
        counts[:, 0] = np.arange(first, stop)
        return counts

    def _work(self):
        started = None
        while not self._stop.is_set():
            if select.select([self.far], [], [], 0.004)[0]:
                answer = self._side.receive(os.read(self.far, 256))
                if answer:
                    os.write(self.far, answer)
            if not self._side.streaming:
                started = None
                continue
            if started is None:
                started, self.sent = time.monotonic(), 0
            due = int((time.monotonic() - started) * self.rate)
            if due > self.sent and not self.mute.is_set():
                due = min(due, self.sent + 40)
                ticks = (np.arange(self.sent, due) * (1e6 / self.rate)).astype(np.int64)
                block = SampleBlock(self.sent, self.counts(self.sent, due), ticks)
                os.write(self.far, self._codec.encode(block))
                self.sent = due

    def unplug(self):
        """End the thread and cut the line."""
        self._stop.set()
        self._thread.join()
        for end in (self.far, self._near):
            if end >= 0:
                os.close(end)
        self.far = self._near = -1


@pytest.fixture
def make_board():
    if sys.platform == "win32":
        pytest.skip("pseudo-terminals need POSIX")
    boards = []

    def make(**words):
        boards.append(Board(**words))
        return boards[-1]

    yield make
    for board in boards:
        board.unplug()


@pytest.fixture
def stepped(tmp_path):
    """Configuration of a simulated, stepped recording: BITalino and Chronojump."""

    def make(name="rec", scenario="lossy", seed=3, wire="", **words):
        wire = f"?wire={wire}" if wire else ""
        return RecorderConfig(
            folder=str(tmp_path / name),
            devices=(
                DeviceConfig("emg", "bitalino", f"sim://bitalino{wire}", montage={"A1": "RM_R"}),
                DeviceConfig("force", "chronojump", f"sim://chronojump{wire}"),
            ),
            clock=ClockConfig("stepped"),
            scenario=scenario,
            seed=seed,
            **words,
        )

    return make


@pytest.fixture
def real(tmp_path):
    """Configuration of a real-time recording from boards."""

    def make(*boards, name="rec", **words):
        devices = tuple(
            DeviceConfig(f"box{i}", "labbox", board.name, board.settings)
            for i, board in enumerate(boards)
        )
        return RecorderConfig(folder=str(tmp_path / name), devices=devices, **words)

    return make


@pytest.fixture
def until():
    """Wait for a condition that another process brings about."""

    def wait(condition, seconds=10.0):
        end = time.monotonic() + seconds
        while not (value := condition()):
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.01)
        return value

    return wait


@pytest.fixture
def decode_log():
    """Samples per stream and segment, decoded afresh from a log: {number: [(index, counts)]}."""
    from labapp.record.log import FrameKind, read_log

    def decode(path: Path):
        log = read_log(path)
        codecs, found = {}, {}
        for frame in log.frames():
            if frame.kind == FrameKind.OPEN:
                stream = log.header["streams"][frame.stream]
                driver = device.get_driver(stream["driver"])
                settings = device.parse_settings(driver, stream["settings"])
                if frame.stream in codecs:
                    found[frame.stream][-1].extend(codecs[frame.stream].finish())
                codecs[frame.stream] = driver.codec(settings)
                found.setdefault(frame.stream, []).append([])
            elif frame.kind == FrameKind.DATA:
                found[frame.stream][-1].extend(codecs[frame.stream].feed(frame.payload))
        for number, codec in codecs.items():
            found[number][-1].extend(codec.finish())
        segments = {}
        for number, lists in found.items():
            segments[number] = []
            for items in lists:
                blocks = [item for item in items if isinstance(item, SampleBlock)]
                index = [np.arange(b.first, b.stop) for b in blocks]
                counts = [b.counts for b in blocks]
                if blocks:
                    segments[number].append((np.concatenate(index), np.concatenate(counts)))
        return segments

    return decode
