"""A recorded log cut at every write boundary and at random bytes; power failures simulated."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from labapp import device
from labapp.model import SampleBlock
from labapp.record.config import ClockConfig, DeviceConfig, RecorderConfig, check_config
from labapp.record.log import FrameKind, read_log
from labapp.record.recorder import Recording
from labapp.session.build import build_session
from labapp.session.file import open_session

PAGE = 4096
NS = 1_000_000_000


@dataclass
class Tally:
    """States tried; samples held against the log; the slowest build; what was wrong."""

    states: int = 0
    samples: int = 0
    slowest_s: float = 0.0
    most_lost_s: float = 0.0
    wrong: list[str] = field(default_factory=list)


def record(folder: Path, seconds: float, seed: int = 5) -> bytes:
    """Log of a simulated recording with a lossy radio link: BITalino, Chronojump, labbox."""
    devices = (
        DeviceConfig("emg", "bitalino", "sim://bitalino?wire=memory", montage={"A1": "RM_R"}),
        DeviceConfig("force", "chronojump", "sim://chronojump?wire=memory"),
        DeviceConfig("box", "labbox", "sim://labbox?wire=memory", {"channels": 4, "rate": 1000.0}),
    )
    config = check_config(RecorderConfig(
        str(folder), devices, ClockConfig("stepped"), scenario="lossy", seed=seed, scripted=True,
    ))  # fmt: skip
    folder.mkdir()
    recording = Recording(config)
    try:
        recording.advance(round(seconds * NS))
    finally:
        recording.close()
    return (folder / "capture.log").read_bytes()


class Oracle:
    """The samples of each stream at each frame of a log, decoded without the builder."""

    def __init__(self, folder: Path, data: bytes) -> None:
        path = folder / "oracle.log"
        path.write_bytes(data)
        log = read_log(path)
        self.header = log.header
        frames = list(log.frames())
        self.ends = [f.offset for f in frames[1:]] + [len(data)]
        self.times = [f.t_ns for f in frames]
        self.wire: list[dict[int, bytes]] = []
        so_far: dict[int, bytes] = {}
        for frame in frames:
            if frame.kind == FrameKind.DATA:
                so_far = {**so_far, frame.stream: so_far.get(frame.stream, b"") + frame.payload}
            self.wire.append(so_far)

    def counts(self, number: int) -> dict[str, np.ndarray]:
        """All counts of each stream if the log ended after its frame ``number``."""
        found = {}
        for entry in self.header["streams"]:
            driver = device.get_driver(entry["driver"])
            codec = driver.codec(device.parse_settings(driver, entry["settings"]))
            items = [*codec.feed(self.wire[number].get(entry["number"], b"")), *codec.finish()]
            blocks = [item.counts for item in items if isinstance(item, SampleBlock)]
            empty = np.zeros((0, len(codec.channels)), np.int32)
            found[entry["id"]] = np.concatenate([empty, *blocks])
        return found


def build(folder: Path, data: bytes, tally: Tally) -> dict[str, np.ndarray]:
    """Build a session from the bytes of a log; all counts of each stream."""
    log, out = folder / "cut.log", folder / "cut.h5"
    log.write_bytes(data)
    out.unlink(missing_ok=True)  # of a state that failed
    begin = time.monotonic()
    build_session(log, out)
    tally.slowest_s = max(tally.slowest_s, time.monotonic() - begin)
    tally.states += 1
    with open_session(out) as session:
        found = {name: s.counts(0, s.received) for name, s in session.streams.items()}
    out.unlink()
    tally.samples += sum(len(rows) for rows in found.values())
    return found


def places(data: bytes, folder: Path, *, step: int, others: int, seed: int = 1) -> list[int]:
    """Return where to cut: after every ``step``-th write, and at random bytes within a write."""
    ends = Oracle(folder, data).ends
    inside = np.random.default_rng(seed).integers(ends[0], len(data), others)
    return [*ends[::step], *inside.tolist()]


def cut(folder: Path, data: bytes, at: list[int]) -> Tally:
    """Build what is left when the log ends at each of these bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    oracle, tally = Oracle(folder, data), Tally()
    for size in at:
        last = int(np.searchsorted(oracle.ends, size, side="right")) - 1
        expected = oracle.counts(last)
        try:
            found = build(folder, data[:size], tally)
        except Exception as error:
            tally.wrong.append(f"cut at {size}: {error!r}")
            continue
        for name, rows in expected.items():
            if not np.array_equal(found[name], rows):
                tally.wrong.append(f"cut at {size}: {name} differs")
    return tally


def fail_power(folder: Path, data: bytes, *, trials: int, seed: int = 2) -> Tally:
    """Lose a random subset of the pages written since a sync that was at most 1 s before.

    A lost page reads as zeros. The page in which the sync ended is on the disk up to there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    oracle, tally = Oracle(folder, data), Tally()
    rng = np.random.default_rng(seed)
    for _ in range(trials):
        end = int(rng.integers(len(oracle.ends) // 10, len(oracle.ends)))
        synced = end
        while synced and oracle.times[end] - oracle.times[synced - 1] < NS:
            synced -= 1
        safe, size = oracle.ends[synced], oracle.ends[end]
        image = bytearray(data[:size])
        for page in range(safe // PAGE, -(-size // PAGE)):
            if rng.random() < 0.5:
                first, stop = max(safe, page * PAGE), min(size, (page + 1) * PAGE)
                image[first:stop] = bytes(stop - first)
        if rng.random() < 0.5:  # the new length was not on the disk either
            image = image[: int(rng.integers(safe, size + 1))]
        try:
            found = build(folder, bytes(image), tally)
        except Exception as error:
            tally.wrong.append(f"power lost at {end}: {error!r}")
            continue
        for name, rows in oracle.counts(synced).items():
            # frames a codec would only give out at the end stay undecided next to a break
            sure = max(0, len(rows) - 10)
            if not np.array_equal(found[name][:sure], rows[:sure]):
                tally.wrong.append(f"power lost at {end}: {name} differs before the sync")
        lost = (oracle.times[end] - oracle.times[synced]) / NS
        tally.most_lost_s = max(tally.most_lost_s, lost)
    return tally
