"""Two devices at +-50 ppm behind chips that send every 16 ms, played from what was prepared.

Everything is encoded before, so that on a busy machine the devices keep up as long as anything
does; how late they were let run is told.
"""

from __future__ import annotations

import os
import select
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from labapp import device
from labapp.model import SampleBlock

TIMER_S = 0.016
LOSS = 0.01


@dataclass(frozen=True)
class Sender:
    """A device: its name, settings, rate and the error of its clock."""

    name: str
    channels: int
    rate: float
    ppm: float

    @property
    def settings(self) -> dict[str, Any]:
        return {"channels": self.channels, "rate": self.rate}

    @property
    def true_rate(self) -> float:
        return self.rate * (1 + self.ppm * 1e-6)


SENDERS = (Sender("emg", 8, 1000.0, 50.0), Sender("force", 1, 80.0, -50.0))


def prepare(one: Sender, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Frames that arrive, (n, bytes), and their indices: what is left of a loss of 1 %."""
    made = device.get_driver("labbox")
    index = np.arange(int(seconds * one.true_rate))
    counts = np.tile(index[:, None] % 5000, (1, one.channels)).astype(np.int32)
    ticks = np.round(index * (1e6 / one.rate)).astype(np.int64)
    codec = made.codec(device.parse_settings(made, one.settings))
    wire = np.frombuffer(codec.encode(SampleBlock(0, counts, ticks)), np.uint8)
    kept = np.random.default_rng([5, one.channels]).random(len(index)) >= LOSS
    return wire.reshape(len(index), -1)[kept], index[kept]


def play(far: list[int], seconds: float, stop: Any, pipe: Any) -> None:
    """Be both devices; in the end tell when each began, and when what was due and written."""
    made = device.get_driver("labbox")
    sides = [made.device_side(device.parse_settings(made, one.settings)) for one in SENDERS]
    prepared = [prepare(one, seconds + 60.0) for one in SENDERS]
    begun: list[int] = [0 for _ in SENDERS]
    sent = [0 for _ in SENDERS]
    total = [0 for _ in SENDERS]
    writes: list[list[tuple[int, int]]] = [[] for _ in SENDERS]
    behind: list[int] = []
    pipe.send("ready")
    while not stop.is_set() and not all(side.streaming for side in sides):
        for at in select.select(far, [], [], 0.01)[0]:
            number = far.index(at)
            answer = sides[number].receive(os.read(at, 256))
            if answer:
                os.write(at, answer)
            if sides[number].streaming and not begun[number]:
                begun[number] = time.perf_counter_ns()
    # The timers of the two chips run on their own.
    due = [begun[0] + 3_000_000, begun[1] + 11_000_000]
    while not stop.is_set():
        number = int(due[1] < due[0])
        time.sleep(max(0.0, (due[number] - time.perf_counter_ns()) * 1e-9))
        frames, index = prepared[number]
        # Complete when the timer ran out, whenever this process is let run.
        ready = int((due[number] - begun[number]) * 1e-9 * SENDERS[number].true_rate)
        first, sent[number] = sent[number], int(np.searchsorted(index, ready))
        behind.append(time.perf_counter_ns() - due[number])
        due[number] += round(TIMER_S * 1e9)
        wire = frames[first : sent[number]].tobytes()
        if wire:
            total[number] += len(wire)
            now = time.perf_counter_ns()
            os.write(far[number], wire)
            writes[number].append((now, total[number]))
    pipe.send((begun, writes, behind))
