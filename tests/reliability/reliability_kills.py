"""SIGKILL of the recorder, of the window's stand-in, or of both, at random moments."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
from reliability_boards import Board, Boards

from labapp.errors import LabError
from labapp.record.client import Recorder
from labapp.record.config import RecorderConfig
from labapp.record.log import FrameKind, read_log
from labapp.record.place import CONFIG_NAME, ERRORS_NAME, LOG_NAME
from labapp.session.file import open_session
from labapp.workflow import recovery

VICTIMS = ("recorder", "window", "both")
# Frames at the very end of a BITalino log that a loss just before leaves undecided.
TAIL = 10


@dataclass
class Outcome:
    """What one trial showed; ``wrong`` lists every promise that was broken."""

    victim: str
    samples: int = 0
    gaps: int = 0
    bytes_read: int = 0
    lost: int = 0
    rescued: int = 0
    rescues: int = 0
    undecided: int = 0
    recover_s: float = 0.0
    wrong: list[str] = field(default_factory=list)


def serve() -> multiprocessing.context.ForkServerContext:
    """Processes that start in milliseconds: forked from one that has imported everything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["reliability_kills", "labapp.record.__main__"])
    return context


def recorder_process(config: str) -> None:
    """Be the recorder."""
    from labapp.record.__main__ import main

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    errors = Path(config).with_name(ERRORS_NAME)
    os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT, 0o600), 2)
    raise SystemExit(main([config]))


def window_process(folder: str) -> None:
    """Be the window: ask for the state and set marks, as fast as it goes."""
    with contextlib.suppress(LabError):  # until the recorder is gone
        recorder = Recorder.attach(Path(folder))
        while True:
            recorder.status()
            recorder.mark("cue", {"pull": "fast"})


def start(
    work: Path, boards: Boards, **words: float
) -> tuple[Path, multiprocessing.process.BaseProcess]:
    """Start a recorder of all boards."""
    work.mkdir(parents=True)
    config = RecorderConfig(str(work), tuple(board.config() for board in boards.all), **words)
    (work / CONFIG_NAME).write_bytes(msgspec.json.encode(config))
    # daemon: a trial that fails leaves no recorder behind
    recorder = serve().Process(
        target=recorder_process, args=(str(work / CONFIG_NAME),), daemon=True
    )
    recorder.start()
    return work, recorder


def attach(folder: Path, alive: multiprocessing.process.BaseProcess) -> Recorder:
    """Attach as soon as the recorder can be found."""
    end = time.monotonic() + 60.0
    while True:
        try:
            return Recorder.attach(folder)
        except LabError:
            if time.monotonic() > end or not alive.is_alive():
                raise
            time.sleep(0.01)


def try_kill(folder: Path, seed: int, victim: str) -> Outcome:
    """Run `kill_trial`; whatever it raises is a broken promise, not the end of the campaign."""
    try:
        return kill_trial(folder, seed, victim)
    except Exception as error:
        return Outcome(victim, wrong=[f"kill {seed}: not recovered: {error!r}"])


def kill_trial(folder: Path, seed: int, victim: str) -> Outcome:
    """One recording of three devices, cut short; what was recovered against what was sent."""
    rng = np.random.default_rng([seed, 7])
    outcome = Outcome(victim)
    context = serve()
    with Boards(seed) as boards:
        work, recorder = start(folder / f"kill{seed}.recording", boards)
        client = attach(work, recorder)
        window = context.Process(target=window_process, args=(str(work),), daemon=True)
        window.start()
        time.sleep(float(rng.uniform(0.0, 1.2)))
        if victim in ("window", "both"):
            window.kill()
        if victim in ("recorder", "both"):
            os.kill(recorder.pid or 0, signal.SIGKILL)
        if victim == "window":
            window.join()
            before = client.status()["streams"]
            still, end = set(before), time.monotonic() + 3.0
            while still and time.monotonic() < end:  # a long loss is silence too
                time.sleep(0.02)
                after = client.status()["streams"]
                still = {n for n in still if after[n]["samples"] <= before[n]["samples"]}
            outcome.wrong += [f"{name} stood still" for name in still]
            client.stop()
        client.close()
        recorder.join()
        window.kill()
        window.join()
        boards.halt()
        begin = time.monotonic()
        streams = read_bytes(work / LOG_NAME, outcome)
        (session,) = recovery.recover(work)
        outcome.recover_s = time.monotonic() - begin
        with open_session(session) as found:
            for number, board in enumerate(boards.all):
                stream = found.streams[board.driver]
                compare(outcome, board, streams.get(number, b""), stream, whole=victim != "window")
            cut = found.info["state"] == "recovered"
            if cut != (victim != "window"):
                outcome.wrong.append(f"state {found.info['state']}")
    if work.exists():
        outcome.wrong.append("the recording folder was left")
    session.unlink()
    shutil.rmtree(work, ignore_errors=True)
    return outcome


def kill_while_stopping(folder: Path) -> Outcome:
    """A device does not answer the end of its conversation; the recorder is killed meanwhile.

    What it hears until then is in no log yet, for it may hold the answer.
    """
    outcome = Outcome("recorder")
    with Boards(908, kinds=("chronojump",)) as boards:
        (board,) = boards.all
        work, recorder = start(folder / "stopping.recording", boards)
        client = attach(work, recorder)
        answer = board.side.receive
        board.side.receive = lambda data: b"" if b"end_capture" in data else answer(data)
        time.sleep(0.3)
        client._ask("stop")
        time.sleep(0.5)
        os.kill(recorder.pid or 0, signal.SIGKILL)
        client.close()
        recorder.join()
        boards.halt()
        logged = read_bytes(work / LOG_NAME, outcome)
        begin = time.monotonic()
        (session,) = recovery.recover(work)
        outcome.recover_s = time.monotonic() - begin
        with open_session(session) as found:
            compare(outcome, board, logged.get(0, b""), found.streams["chronojump"], whole=True)
    return outcome


def read_bytes(log: Path, outcome: Outcome | None = None) -> dict[int, bytes]:
    """Stream bytes of a log (and of its intake page) by stream number."""
    found: dict[int, bytearray] = {}
    for frame in read_log(log).frames():
        if frame.kind == FrameKind.DATA:
            found.setdefault(frame.stream, bytearray()).extend(frame.payload)
        elif frame.kind == FrameKind.NOTE and outcome is not None:
            note = frame.json()
            if note["event"] == "rescued":
                outcome.rescues += 1
                outcome.rescued += note["bytes"]
    return {number: bytes(data) for number, data in found.items()}


def compare(outcome: Outcome, board: Board, logged: bytes, stream: object, *, whole: bool) -> None:
    """Bytes read against bytes logged; samples and gaps of the session against those sent."""
    name = board.driver
    if whole:
        sent, left = board.wire[: board.sent], board.unread()
        if not sent.startswith(logged) or not sent.endswith(left):
            outcome.wrong.append(f"{name}: the log holds other bytes than were sent")
            return
        read = len(sent) - len(left)
        outcome.bytes_read += read
        outcome.lost += read - len(logged)
        if read != len(logged):
            outcome.wrong.append(f"{name}: {read - len(logged)} bytes read are not in the log")
            return
    elif not logged.startswith(board.wire[: min(len(logged), board.sent)]):
        outcome.wrong.append(f"{name}: the log holds other bytes than were sent")
        return
    logged = logged[: board.sent]
    n = int(np.searchsorted(board.stops, len(logged), side="right"))
    index = board.index[:n]
    runs = stream.runs  # type: ignore[attr-defined]
    got = np.concatenate([
        np.zeros(0, np.int64), *(np.arange(r["first"], r["first"] + r["count"]) for r in runs)
    ])  # fmt: skip
    counts = stream.counts(0, len(got))  # type: ignore[attr-defined]
    outcome.samples += len(got)
    outcome.gaps += int((np.diff(index) > 1).sum())
    short = n - len(got)
    close = bool((np.diff(index[-TAIL - 1 :]) > 1).any())
    if 0 < short <= TAIL and name != "labbox" and close:
        outcome.undecided += short
        index = index[: len(got)]
    if not np.array_equal(got, index):
        outcome.wrong.append(f"{name}: {len(got)} samples, {n} were read, or other gaps")
    elif not np.array_equal(counts, board.counts[index]):
        outcome.wrong.append(f"{name}: other values")
