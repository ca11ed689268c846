"""SIGKILL of a process that does nothing but read and log, from a line that is never empty.

A recorder waits most of the time, so few kills meet it between the two system calls of a read.
This one is nearly always at work, with the recorder's own port, log and intake page.
"""

from __future__ import annotations

import os
import pty
import select
import signal
import time
import tty
from pathlib import Path

import numpy as np
from reliability_kills import Outcome

from labapp import device
from labapp.record.frame import FrameKind
from labapp.record.intake import IntakePage
from labapp.record.log import LogWriter, read_log
from labapp.record.place import LOG_NAME, PAGE_NAME
from labapp.record.ports import PortContext
from labapp.record.serial_port import SerialPort
from labapp.timing.labclock import RealClock

_UUID = "0123456789abcdef0123456789abcdef"


def read_for_ever(folder: Path, name: str, ready: int) -> None:
    """Be the reader; opening a port throws away what came before, so say when that is done."""
    header = {"format": "labapp-log", "version": 1, "uuid": _UUID, "streams": []}
    log = LogWriter(folder / LOG_NAME, header)
    page = IntakePage(folder / PAGE_NAME, 1, _UUID)
    driver = device.get_driver("labbox")
    settings = device.parse_settings(driver, {})
    port = SerialPort(name, PortContext(driver, settings, RealClock(), intake=page[0]))
    page[0].logged(log.append(FrameKind.OPEN, 0, 1, b"{}"))
    os.write(ready, b"!")
    while True:
        data, stamp = port.read(1.0)
        if data:
            page[0].logged(log.append(FrameKind.DATA, 0, stamp, data))


def kill_readers(folder: Path, number: int) -> Outcome:
    """So many kills at random moments; every byte is in the port, the log or the page."""
    rng = np.random.default_rng(11)
    outcome = Outcome("reader")
    device.get_driver("labbox")  # imported before the children are forked
    for trial in range(number):
        work = folder / str(trial)
        work.mkdir(parents=True)
        far, near = pty.openpty()
        tty.setraw(near)
        os.set_blocking(far, False)
        heard, ready = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                read_for_ever(work, os.ttyname(near), ready)
            finally:
                os._exit(1)
        try:
            os.close(ready)
            if os.read(heard, 1) != b"!":
                raise TimeoutError("the reader did not begin")
            sent = _feed(far, rng, float(rng.uniform(0.001, 0.02)))
        finally:
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            os.close(heard)
        if not os.WIFSIGNALED(status):
            outcome.wrong.append(f"reader {trial}: it ended by itself")
        _compare(outcome, trial, sent, near, work)
        os.close(far)
        os.close(near)
    return outcome


def _feed(far: int, rng: np.random.Generator, seconds: float) -> bytes:
    """Write as fast as the line takes it, for so long."""
    sent = bytearray()
    end = time.monotonic() + seconds
    while time.monotonic() < end or not sent:
        if select.select([], [far], [], 0.001)[1]:
            part = rng.bytes(int(rng.integers(8, 200)))
            try:
                sent += part[: os.write(far, part)]
            except BlockingIOError:
                continue
    return bytes(sent)


def _compare(outcome: Outcome, trial: int, sent: bytes, near: int, work: Path) -> None:
    os.set_blocking(near, False)
    left = b""
    while select.select([near], [], [], 0.005)[0]:  # what the kernel still carries comes later
        left += os.read(near, 65536)
    had = bytearray()
    for frame in read_log(work / LOG_NAME).frames():
        if frame.kind == FrameKind.DATA:
            had += frame.payload
        elif frame.kind == FrameKind.NOTE:
            outcome.rescues += 1
            outcome.rescued += frame.json()["bytes"]
    lost = len(sent) - len(left) - len(had)
    outcome.bytes_read += len(sent) - len(left)
    outcome.lost += max(0, lost)
    if bytes(had) + left != sent:
        outcome.wrong.append(f"reader {trial}: {lost} bytes lost, or other bytes than were sent")
