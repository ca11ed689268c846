"""Three simulated devices behind pseudo-terminals, outside every process that will be killed.

What they sent, what they left out and what was still unread is known here, so a killed recorder
can be held against it to the byte.
"""

from __future__ import annotations

import os
import pty
import select
import threading
import time
import tty
from typing import Any

import numpy as np

from labapp import device
from labapp.model import SampleBlock
from labapp.record.config import DeviceConfig

KINDS: dict[str, dict[str, Any]] = {
    "bitalino": {},
    "chronojump": {},
    "labbox": {"channels": 4, "rate": 1000.0},
}
# Longest loss: what a counter of 4 bits, and microseconds without a counter, tell for certain.
LONGEST = {"bitalino": 12, "chronojump": 5, "labbox": 300}
_AHEAD_S = 12.0


class Board:
    """One device; ``loss`` is the share of frames before which some are left out."""

    def __init__(self, driver: str, rng: np.random.Generator, loss: float) -> None:
        self.driver, self.settings = driver, KINDS[driver]
        made = device.get_driver(driver)
        parsed = device.parse_settings(made, self.settings)
        codec = made.codec(parsed)
        self.side = made.device_side(parsed)
        self.rate = codec.rate
        n = int(self.rate * _AHEAD_S)
        low = np.array([max(c.low, -20_000) for c in codec.channels])
        high = np.array([min(c.high, 20_000) for c in codec.channels])
        self.counts = rng.integers(low, high + 1, (n, len(low))).astype(np.int32)
        keep = np.ones(n, bool)
        quiet = 60
        for at in np.flatnonzero(rng.random(n) < loss).tolist():
            if at > quiet:
                stop = at + int(rng.integers(1, LONGEST[driver] + 1))
                keep[at:stop] = False
                quiet = stop + 40
        self.index = np.flatnonzero(keep)
        """Indices that are sent."""
        every = np.arange(n)
        ticks = np.round(every * 1e6 / self.rate).astype(np.int64) if codec.tick_rate else None
        wire = codec.encode(SampleBlock(0, self.counts, ticks))
        size = len(wire) // n
        lines = driver == "chronojump"
        frames = (
            wire.splitlines(keepends=True) if lines
            else [wire[i * size : (i + 1) * size] for i in range(n)]
        )  # fmt: skip
        frames = [frames[i] for i in self.index.tolist()]
        self.stops = np.cumsum([len(frame) for frame in frames])
        """Bytes of the stream after each sent frame."""
        self.wire = b"".join(frames)
        self._due = (self.index + 1) / self.rate
        self.sent = 0
        self.speed = 1.0
        self.mute = False
        self.started: float | None = None
        self.far, self.near = pty.openpty()
        tty.setraw(self.near)
        os.set_blocking(self.far, False)
        self.port = os.ttyname(self.near)

    def config(self, name: str = "") -> DeviceConfig:
        return DeviceConfig(name or self.driver, self.driver, self.port, self.settings)

    def work(self, ready: bool) -> None:
        """Answer commands and send what is due."""
        if ready:
            try:
                answer = self.side.receive(os.read(self.far, 256))
            except OSError:
                answer = b""
            if answer:
                os.write(self.far, answer)
        if not self.side.streaming:
            self.started = None
            return
        now = time.monotonic()
        if self.started is None:
            self.started, self.sent = now, 0
        if self.mute:
            return
        due = int(np.searchsorted(self._due, (now - self.started) * self.speed, "right"))
        stop = int(self.stops[due - 1]) if due else 0
        while self.sent < stop:
            try:
                self.sent += os.write(self.far, self.wire[self.sent : min(stop, self.sent + 1024)])
            except BlockingIOError:
                return

    def unread(self) -> bytes:
        """Take what nobody has read yet (the readers are dead)."""
        os.set_blocking(self.near, False)
        left = b""
        while True:
            try:
                part = os.read(self.near, 65536)
            except BlockingIOError:
                return left
            if not part:
                return left
            left += part

    def close(self) -> None:
        for end in (self.far, self.near):
            if end >= 0:
                os.close(end)
        self.far = self.near = -1


class Boards:
    """Three devices and the thread that plays them."""

    def __init__(self, seed: int, *, loss: float = 0.01, kinds: tuple[str, ...] = ()) -> None:
        rng = np.random.default_rng(seed)
        self.all = [Board(kind, rng, loss) for kind in kinds or KINDS]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="boards")
        self._thread.start()

    def __enter__(self) -> Boards:
        return self

    def __exit__(self, *_: object) -> None:
        self.halt()
        for board in self.all:
            board.close()

    def halt(self) -> None:
        """Send no more."""
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.is_set():
            far = {board.far for board in self.all if board.far >= 0}
            ready = select.select(list(far), [], [], 0.002)[0]
            for board in self.all:
                if board.far >= 0:
                    board.work(board.far in ready)
            if ready:
                time.sleep(0.001)  # a line that was cut is always ready
