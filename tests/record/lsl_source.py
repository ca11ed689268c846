"""A source of LSL streams in a process of its own: sample k holds k, and its stamp is k / rate.

Run as a script: ``lsl_source.py NAME,RATE,FORMAT,WAY …``. It says the stamp of all samples 0 and
streams until its standard input ends. Way ``dropping`` leaves out the samples of `DROPPED`;
``arrival`` stamps chunks when it pushes them; ``all`` does neither.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import numpy as np

PERIOD = 1000
SLOW = 50.0  # Hz, of a stream that announces no rate
DROPPED = [(100, 101), (300, 307), (600, 850)]  # of every PERIOD samples


def kept(k):
    """Which samples are sent."""
    place = np.asarray(k) % PERIOD
    good = np.ones(place.shape, bool)
    for first, stop in DROPPED:
        good &= ~((place >= first) & (place < stop))
    return good


def values(k, kind):
    """Two columns that tell k: as it is, and scrambled over the range."""
    k = np.asarray(k)
    columns = np.stack([k, (k * 7919) % 20001 - 10000], axis=1)
    return columns.astype(kind)


@contextmanager
def source(*words):
    """Run a source; gives the process and the stamp of its sample 0."""
    home = str(Path(__file__).resolve().parents[2])
    child = subprocess.Popen(
        [sys.executable, __file__, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": home},
    )
    try:
        yield child, float(child.stdout.readline())
    finally:
        child.stdin.close()
        try:
            child.wait(10)
        finally:
            child.kill()
            child.wait()
            child.stdout.close()


TYPES = {"float32": np.float32, "double64": np.float64, "int32": np.int32, "int16": np.int16}


class Source:
    """One outlet and what it has made."""

    def __init__(self, pylsl, name, rate, kind, way):
        self.rate, self.kind, self.way = float(rate), TYPES[kind], way
        info = pylsl.StreamInfo(name, "EMG", 2, self.rate, kind, f"{name}-source")
        info.set_channel_labels(["Rhomboid", "Trapezius"])
        info.set_channel_units(["microvolts", "microvolts"])
        self.outlet = pylsl.StreamOutlet(info, max_buffered=20)
        self.made = 0

    def push(self, begun, now):
        rate = self.rate or SLOW
        due = max(self.made, int((now - begun) * rate) + 1)
        k = np.arange(self.made, due)
        self.made = due
        if self.way == "dropping":
            k = k[kept(k)]
        stamps = begun + k / rate
        if self.way == "arrival":  # as programs do that stamp what a Bluetooth burst brought
            stamps = np.full(len(k), now) + (np.arange(len(k)) - len(k)) * 1e-5
        if len(k):
            self.outlet.push_chunk(values(k, self.kind), stamps.tolist())


def main(*streams):
    from labapp.record.lsl_library import load_lsl

    pylsl = load_lsl("machine")
    sources = [Source(pylsl, *words.split(",")) for words in streams]
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    begun = pylsl.local_clock() + 0.05
    print(repr(begun), flush=True)
    while not over.wait(0.008):
        now = pylsl.local_clock()
        for one in sources:
            one.push(begun, now)


if __name__ == "__main__":
    main(*sys.argv[1:])
