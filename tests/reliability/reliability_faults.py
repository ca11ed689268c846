"""Everything else that happens to a recording: disk, folder, port, device, clock."""

from __future__ import annotations

import errno
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from reliability_boards import Boards
from reliability_kills import Outcome, attach, compare, read_bytes, start

from labapp.errors import LabError
from labapp.record import hostwatch
from labapp.record.client import Recorder
from labapp.record.config import RecorderConfig
from labapp.record.log import FrameKind, read_log
from labapp.record.place import LOG_NAME
from labapp.record.recorder import Recording
from labapp.session.file import open_session
from labapp.workflow import recovery


@dataclass
class Fault:
    """One fault: how soon it was told, what became of the data, whether that is as promised."""

    name: str
    told_s: float | None = None
    result: str = ""
    good: bool = False


def wait(condition: Callable[[], object], seconds: float = 5.0) -> float:
    """Seconds until a condition held; `TimeoutError` if it did not."""
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > seconds:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(0.01)
    return time.monotonic() - begin


@contextmanager
def small_disk(place: Path, options: str):
    """Mount a small file system in memory; `OSError` where that is not allowed."""
    place.mkdir(parents=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)],
        capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise OSError(errno.EPERM, "mounting needs the administrator")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def _checked(work: Path, boards: Boards, fault: Fault, inside: float = 1.0) -> Fault:
    """Recover the session and hold it against what was sent."""
    outcome = Outcome("fault")
    streams = read_bytes(work / LOG_NAME)
    (session,) = recovery.recover(work)
    with open_session(session) as found:
        for number, board in enumerate(boards.all):
            compare(
                outcome, board, streams.get(number, b""), found.streams[board.driver], whole=False
            )
    fault.result = "; ".join(outcome.wrong) or f"{outcome.samples} samples exact, none missing"
    fault.good = not outcome.wrong and (fault.told_s is None or fault.told_s < inside)
    return fault


def disk_full(folder: Path) -> Fault:
    """The disk fills up, stays full for a second, and has room again."""
    fault = Fault("disk full")
    with small_disk(folder / "full", "size=8m") as disk, Boards(901) as boards:
        work, process = start(disk / "r.recording", boards, ring_seconds=2.0)
        with attach(work, process) as recorder:
            time.sleep(0.3)
            ballast = disk / "ballast"
            with ballast.open("wb", buffering=0) as file:
                for size in (1 << 16, 1 << 12, 1):
                    try:
                        while True:
                            file.write(bytes(size))
                            if size == 1:
                                break
                    except OSError:
                        continue
            fault.told_s = wait(lambda: recorder.status()["state"] == "disk fault")
            time.sleep(1.0)
            ballast.unlink()
            wait(lambda: recorder.status()["state"] == "recording")
        process.join()
        return _checked(work, boards, fault)


def read_only(folder: Path) -> Fault:
    """Nothing can be written from the start."""
    fault = Fault("read-only folder")
    with small_disk(folder / "ro", "size=1m,ro") as disk, Boards(902) as boards:
        config = RecorderConfig(str(disk / "r"), tuple(b.config() for b in boards.all))
        begin = time.monotonic()
        try:
            Recorder.start(config).stop()
        except LabError as error:
            fault.told_s = time.monotonic() - begin
            fault.result, fault.good = f"refused: {error.what.split(' /')[0]}", fault.told_s < 1.0
    return fault


def folder_removed(folder: Path) -> Fault:
    """Somebody deletes the recording's folder: only what still streams can be saved."""
    fault = Fault("folder removed")
    with Boards(903) as boards:
        work, process = start(folder / "removed.recording", boards)
        with attach(work, process) as recorder:
            time.sleep(0.2)
            shutil.rmtree(work)
            fault.told_s = wait(lambda: any(
                "removed" in warning["what"] for warning in recorder.status()["warnings"]
            ))  # fmt: skip
            before = recorder.status()["bytes_written"]
            wait(lambda: recorder.status()["bytes_written"] > before)
        process.join()
        fault.result = "told, and the recorder goes on; a log that was deleted is gone"
        fault.good = fault.told_s < 1.0
    return fault


def _during(
    folder: Path, fault: Fault, seed: int, act: Callable[[Boards, Recorder], None]
) -> Fault:
    with Boards(seed) as boards:
        work, process = start(folder / f"{fault.name.replace(' ', '-')}.recording", boards)
        with attach(work, process) as recorder:
            time.sleep(0.3)
            act(boards, recorder)
        process.join()
        return _checked(work, boards, fault, 1.3)


def port_vanishes(folder: Path) -> Fault:
    fault = Fault("port vanishes")

    def act(boards: Boards, recorder: Recorder) -> None:
        state = lambda: recorder.status()["streams"]["labbox"]["state"]  # noqa: E731
        boards.all[2].mute = True
        time.sleep(0.05)  # what was sent before has been read
        boards.all[2].close()
        fault.told_s = wait(lambda: state() == "lost")
        before = recorder.status()["streams"]["bitalino"]["samples"]
        wait(lambda: recorder.status()["streams"]["bitalino"]["samples"] > before + 50)

    return _during(folder, fault, 904, act)


def device_silent(folder: Path) -> Fault:
    fault = Fault("device goes silent")

    def act(boards: Boards, recorder: Recorder) -> None:
        state = lambda: recorder.status()["streams"]["labbox"]["state"]  # noqa: E731
        boards.all[2].mute = True
        fault.told_s = wait(lambda: state() == "silent")

    return _during(folder, fault, 905, act)


def device_floods(folder: Path) -> Fault:
    fault = Fault("device floods (10 x)")

    def act(boards: Boards, recorder: Recorder) -> None:
        def told() -> bool:
            told = [one["what"] for one in recorder.status()["warnings"]]
            return any("labbox" in one and "times as many samples" in one for one in told)

        time.sleep(0.7)
        if recorder.status()["warnings"]:
            raise TimeoutError(f"a warning before the flood: {recorder.status()['warnings']}")
        boards.all[2].speed = 10.0
        fault.told_s = wait(told)
        time.sleep(max(0.0, 1.0 - (fault.told_s or 0.0)))
        boards.all[2].mute = True
        time.sleep(0.2)
        if boards.all[2].sent < 0.5 * len(boards.all[2].wire):
            raise TimeoutError("the flood did not come")

    return _during(folder, fault, 906, act)


def _an_hour_ago() -> int:
    return time.time_ns() - 3600 * 10**9


def clock_set_back(folder: Path) -> Fault:
    """The wall clock jumps back by an hour (only the recorder is told so)."""
    fault = Fault("clock set back by an hour")
    work = folder / "clock.recording"
    work.mkdir()
    with Boards(907) as boards:
        recording = Recording(RecorderConfig(str(work), tuple(b.config() for b in boards.all)))
        shifted = mock.Mock(wraps=time, time_ns=_an_hour_ago)
        try:
            time.sleep(0.2)
            with mock.patch.object(hostwatch, "time", shifted):
                fault.told_s = wait(lambda: any(
                    f.kind == FrameKind.NOTE and f.json()["event"] == "clock set"
                    for f in read_log(work / LOG_NAME).frames()
                ))  # fmt: skip
        finally:
            recording.close()
        return _checked(work, boards, fault)


ALL = (
    disk_full, read_only, folder_removed, port_vanishes, device_silent, device_floods,
    clock_set_back,
)  # fmt: skip


def run(one: Callable[[Path], Fault], folder: Path) -> Fault:
    """Run a fault; what could not be tried says so."""
    try:
        return one(folder)
    except OSError as error:
        if error.errno == errno.EPERM:
            return Fault(one.__name__.replace("_", " "), None, f"not tried: {error.strerror}", True)
        raise
    except (LabError, TimeoutError) as error:
        return Fault(one.__name__.replace("_", " "), None, f"FAILED: {error}", False)
