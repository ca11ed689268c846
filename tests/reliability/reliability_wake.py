"""How late the reader wakes, and how well two devices align, while the window paints.

Two devices behind pseudo-terminals, played by a process that notes when it wrote what: 8 channels
at 1 kHz and +50 ppm, one channel at 80 Hz and -50 ppm, both through a chip that sends every
16 ms, 1 % of the frames lost. The recorder is a process of its own, as always; the live view of
the window paints the ring at 60 frames per second in a second one, with or without a thread
that computes in pure Python without pause.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pty
import tempfile
import threading
import time
import tty
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from reliability_senders import SENDERS, play

from labapp.record.client import Recorder
from labapp.record.config import DeviceConfig, RecorderConfig
from labapp.record.log import FrameKind, read_log
from labapp.record.place import LOG_NAME
from labapp.session.build import build_session
from labapp.session.file import open_session

Row = tuple[str, str, str, bool]
SETTLED_S = 60.0
_FRAME_MS = 1000 / 60


@dataclass
class Run:
    """What a run showed.

    ``late_s`` how late each chunk was stamped, ``online_s`` alignment errors of the running clocks
    (time since the start, error), ``offline_s`` those of the session, ``frames`` painted;
    ``behind_s`` how late (p99) the machine let the simulated devices themselves run.
    """

    late_s: np.ndarray
    minima_s: np.ndarray
    online_s: np.ndarray
    offline_s: np.ndarray
    frames: int
    seconds: float
    behind_s: float
    wrong: list[str] = field(default_factory=list)


def paint(folder: str, busy: bool, stop: Any, pipe: Any) -> None:
    """Be the window: live traces at 60 frames per second, and a busy loop beside them."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from labapp.ui.look import Look
    from labapp.ui.ringsource import RingSource
    from labapp.ui.tracesview import TracesView

    application = QApplication([])
    source = RingSource(Path(folder), 0)
    view = TracesView(Look("light"))
    view.resize(1200, 800)
    view.show()
    view.set_source(source)
    frames = 0

    def frame() -> None:
        nonlocal frames
        view.refresh()
        frames += 1
        if stop.is_set():
            application.quit()

    timer = QTimer()
    timer.timeout.connect(frame)
    timer.start(int(_FRAME_MS))

    def compute() -> None:
        number = 0
        while not stop.is_set():
            number = (number * 31 + 7) % 1_000_003

    thread = threading.Thread(target=compute)
    if busy:
        thread.start()
    pipe.send("ready")
    application.exec()
    if busy:
        thread.join()
    view.set_source(None)
    source.close()
    pipe.send(frames)


def run(folder: Path, seconds: float, *, window: bool = True, busy: bool = True) -> Run:
    """Record both devices for so long and hold stamps and clocks against the truth."""
    context = multiprocessing.get_context("spawn")
    forked = multiprocessing.get_context("fork")  # keeps the ends of the lines
    lines = [pty.openpty() for _ in SENDERS]
    for _, near in lines:
        tty.setraw(near)
    stop, told, teller = forked.Event(), *forked.Pipe(duplex=False)
    sender = forked.Process(target=play, args=([far for far, _ in lines], seconds, stop, teller))
    sender.start()
    told.recv()
    halt = context.Event()
    heard, saying = context.Pipe(duplex=False)
    painter = context.Process(target=paint, args=(str(folder), busy, halt, saying))
    online = []
    try:
        devices = tuple(
            DeviceConfig(one.name, "labbox", os.ttyname(near), one.settings)
            for one, (_, near) in zip(SENDERS, lines, strict=True)
        )
        with Recorder.start(RecorderConfig(str(folder), devices)) as recorder:
            if window:
                painter.start()
                heard.recv()
            begin = time.monotonic()
            while time.monotonic() - begin < seconds:
                time.sleep(0.25)
                streams = recorder.status()["streams"]
                told_now = [streams[one.name]["timing"] for one in SENDERS]
                online.append([(one.get("index"), one.get("t_ns")) for one in told_now])
            halt.set()
            frames = heard.recv() if window else 0
    finally:
        halt.set()
        stop.set()
        begun, writes, behind = told.recv()
        sender.join()
        if painter.pid is not None:
            painter.join()
        for ends in lines:
            for end in ends:
                os.close(end)
    late, minima, wrong = lateness(folder / LOG_NAME, writes)
    offline = aligned_offline(folder, begun)
    return Run(
        late,
        minima,
        aligned_online(online, begun),
        offline,
        frames,
        seconds,
        float(np.percentile(behind, 99)) * 1e-9,
        wrong,
    )


def lateness(
    log: Path, writes: list[list[tuple[int, int]]]
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Seconds from each write of a chunk to the stamp of the read that brought its last byte."""
    late, minima, wrong = [], [], []
    stamps: dict[int, list[tuple[int, int]]] = {n: [] for n in range(len(writes))}
    for frame in read_log(log).frames():
        if frame.kind == FrameKind.DATA:
            before = stamps[frame.stream][-1][1] if stamps[frame.stream] else 0
            stamps[frame.stream].append((frame.t_ns, before + len(frame.payload)))
    for number, written in enumerate(writes):
        reads = np.array(stamps[number], np.int64).reshape(-1, 2)
        table = np.array(written, np.int64).reshape(-1, 2)
        table = table[table[:, 1] <= (reads[-1, 1] if len(reads) else 0)]
        at = np.searchsorted(reads[:, 1], table[:, 1])
        one = (reads[at, 0] - table[:, 0]) * 1e-9
        if len(one) < 0.9 * len(written):
            wrong.append(f"{SENDERS[number].name}: {len(one)} of {len(written)} chunks in the log")
        if len(one) and one.min() < 0:
            wrong.append(f"{SENDERS[number].name}: a stamp {-one.min():.6f} s before the write")
        second = (table[:, 0] - table[0, 0]) // 1_000_000_000 if len(table) else []
        minima += [float(one[second == s].min()) for s in np.unique(second)]
        late.append(one)
    return np.concatenate(late), np.array(minima), wrong


def true_ns(number: int, index: float | np.ndarray, begun: list[int]) -> Any:
    """When a sample was complete: the n-th ends at (n + 1) / true rate."""
    return begun[number] + (index + 1) / SENDERS[number].true_rate * 1e9


def aligned_online(polled: list[list[tuple[Any, Any]]], begun: list[int]) -> np.ndarray:
    """Error of one device's clock minus that of the other, as told while recording (s)."""
    found = []
    for pairs in polled:
        if any(index is None for index, _ in pairs):
            continue
        errors = [t_ns - true_ns(n, index, begun) for n, (index, t_ns) in enumerate(pairs)]
        since = max(t_ns for _, t_ns in pairs) - max(begun)
        found.append((since * 1e-9, (errors[0] - errors[1]) * 1e-9))
    return np.array(found).reshape(-1, 2)


def aligned_offline(folder: Path, begun: list[int]) -> np.ndarray:
    """The same of the session's clock maps, over the whole recording (s)."""
    out = folder / "session.h5"
    build_session(folder / LOG_NAME, out)
    with open_session(out) as session:
        origin = int(session.info["origin_ns"])
        streams = [session.streams[one.name] for one in SENDERS]
        end = min(s.n / one.true_rate for s, one in zip(streams, SENDERS, strict=True))
        errors = []
        for number, stream in enumerate(streams):
            index = np.linspace(0.0, end, 500) * SENDERS[number].true_rate
            t_ns = origin + stream.clock.time(index) * 1e9
            errors.append((t_ns - true_ns(number, index, begun)) * 1e-9)
    return np.asarray(errors[0] - errors[1])


def _percentiles(late: np.ndarray) -> str:
    half, most = (1e3 * np.percentile(late, p) for p in (50, 99))
    return f"median {half:.2f} ms, p99 {most:.2f} ms, max {1e3 * late.max():.1f} ms"


def rows(seconds: float) -> list[Row]:
    """Rows of the page; alignment needs more than 60 s, a shorter run tells only lateness."""
    found: list[Row] = []
    for busy in (False, True):
        with tempfile.TemporaryDirectory(prefix="labapp-wake-") as name:
            one = run(Path(name), seconds if busy else min(seconds, 30.0), busy=busy)
        beside = "paints and a busy loop runs in it" if busy else "paints"
        p99 = float(np.percentile(one.late_s, 99))
        text = (
            f"{_percentiles(one.late_s)}; {one.frames / one.seconds:.0f} frames/s painted; the"
            f" devices themselves were let run {1e3 * one.behind_s:.1f} ms late (p99)"
        )
        # With the busy loop the promise is the alignment; the lateness is told beside it.
        good = not one.wrong and (busy or p99 < 1e-3)
        found.append(
            (f"reader's lateness while the window {beside}", str(len(one.late_s)), text, good)
        )
        found += [("", "", f"WRONG: {wrong}", False) for wrong in one.wrong]
        settled = one.online_s[one.online_s[:, 0] > SETTLED_S, 1]
        if not busy or not len(settled):
            continue
        online = float(np.percentile(np.abs(settled), 99))
        offline = float(np.percentile(np.abs(one.offline_s), 99))
        found.append((
            "alignment of two devices at +-50 ppm, 16 ms batches, 1 % lost, window busy",
            f"{seconds:.0f} s",
            f"p99 {1e3 * online:.2f} ms while recording (after 60 s),"
            f" {1e3 * offline:.2f} ms in the session",
            online < 1e-3 and offline < 0.5e-3,
        ))  # fmt: skip
    return found


if __name__ == "__main__":
    import sys

    with contextlib.suppress(KeyboardInterrupt):
        for what, times, text, good in rows(float(sys.argv[1]) if len(sys.argv) > 1 else 90.0):
            print("ok " if good else "NO ", what, times, text)
