"""``replay://FILE``: recorded wire bytes as a port, and the writer of such files.

A replay file is a capture log in small: a header frame and DATA frames whose stamps say when the
bytes arrived. A capture log itself replays too (``replay://capture.log?stream=0``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec

from labapp import device
from labapp.errors import LabError
from labapp.model import SampleBlock
from labapp.record.log import Frame, FrameKind, LogWriter, read_log
from labapp.record.ports import PortContext, split_url
from labapp.timing.labclock import FOREVER, SteppedClock


class ReplayPort:
    """A port that gives recorded bytes at their recorded times, from the moment it is opened.

    Parameters
    ----------
    url
        ``replay://FILE?speed=1&stream=0``: ``speed`` (> 0) divides the waiting, ``stream``
        chooses a device of a capture log. Stamps keep the recorded distances whatever the speed.
    context
        The driver must be the one the file was written with.

    Raises
    ------
    LabError
        No such file, not a replay file or log, another driver, unusable option.
    """

    converses = False

    def __init__(self, url: str, context: PortContext) -> None:
        place, options = split_url(url, ("speed", "stream"))
        self.url = url
        log = read_log(Path(unquote(place)))
        streams = log.header.get("streams")
        number = _number(url, options.get("stream", "0"))
        if not isinstance(streams, list) or not 0 <= number < len(streams):
            raise LabError(f"{place} has no stream {number:g}", "choose one with ?stream=0")
        driver = streams[int(number)].get("driver")
        if driver != context.driver.name:
            raise LabError(
                f"{place} was written by driver {driver!r}, not {context.driver.name!r}",
                f"use driver {driver}",
            )
        self._speed = _number(url, options.get("speed", "1"))
        if not self._speed > 0:
            raise LabError(f"port {url!r} has speed {self._speed:g}", "give a speed above 0")
        self._clock = context.clock
        self._stop = context.stop
        self._origin = int(log.header.get("origin_ns", 0))
        self._frames: Iterator[Frame] = (
            frame
            for frame in log.frames()
            if frame.kind == FrameKind.DATA and frame.stream == int(number)
        )
        self._opened = context.clock.now_ns()
        self._ahead: tuple[bytes, int] | None = None
        self.ended = False
        self.info: dict[str, Any] = {"url": url, "uuid": log.header.get("uuid")}

    def read(self, timeout_s: float) -> tuple[bytes, int]:
        """Next recorded read, once its time has come."""
        clock = self._clock
        if self._ahead is None:
            frame = next(self._frames, None)
            if frame is None and not self.ended:
                self.ended = True
                return b"", clock.now_ns()
            if frame is None:
                if isinstance(clock, SteppedClock) and clock.joined:
                    clock.wait_until(FOREVER, self._stop)
                else:
                    self._stop.wait(timeout_s)
                return b"", clock.now_ns()
            self._ahead = (frame.payload, frame.t_ns - self._origin)
        data, after = self._ahead
        if not clock.wait_until(self._opened + int(after / self._speed), self._stop):
            if not self._stop.is_set():  # lab time has been halted before that
                self.ended = True
                self._stop.wait(timeout_s)
            return b"", clock.now_ns()
        self._ahead = None
        return data, self._opened + after

    def write(self, data: bytes) -> None:
        """Do nothing: a recorded device does not listen."""

    def close(self) -> None:
        """Stop reading the file."""
        self._frames = iter(())


def write_replay(
    path: Path,
    driver_name: str,
    settings: dict[str, Any],
    blocks: Iterable[SampleBlock],
    rate: float,
    start_ns: int = 0,
    chunk: int = 16,
) -> None:
    """Encode samples as wire bytes and write them as a replay file.

    Parameters
    ----------
    path
        File to create; `LabError` if it exists.
    driver_name, settings
        Codec that encodes; the same settings are needed for replaying.
    blocks
        Samples; a jump of ``first`` becomes a loss on the wire.
    rate
        True sampling rate, Hz: sample ``i`` arrives ``start_ns + i / rate`` after the start,
        with the last sample of its chunk.
    start_ns
        Delay of sample 0, ns.
    chunk
        Samples per read, > 0.

    Raises
    ------
    LabError
        Unknown driver, unfit settings, rate or chunk not positive.
    """
    if not (math.isfinite(rate) and rate > 0 and chunk > 0):
        raise LabError(f"rate {rate} Hz in chunks of {chunk}", "give numbers above 0")
    driver = device.get_driver(driver_name)
    parsed = device.parse_settings(driver, settings)
    codec = driver.codec(parsed)
    stream = {
        "id": "replay",
        "number": 0,
        "driver": driver_name,
        "settings": msgspec.to_builtins(parsed),
    }
    header = {
        "format": "labapp-replay",
        "version": 1,
        "origin_ns": 0,
        "streams": [stream],
        "rate_hz": rate,
    }
    log = LogWriter(path, header)
    try:
        for piece in _pieces(blocks, chunk):
            arrival = start_ns + round((piece.stop - 1) * 1e9 / rate)
            log.append(FrameKind.DATA, 0, arrival, codec.encode(piece))
        if log.fault:
            raise LabError(f"cannot write {path}: {log.fault}", "free some space on that disk")
    finally:
        log.close()


def _pieces(blocks: Iterable[SampleBlock], chunk: int) -> Iterator[SampleBlock]:
    for block in blocks:
        for at in range(0, len(block.counts), chunk):
            ticks = None if block.ticks is None else block.ticks[at : at + chunk]
            yield SampleBlock(block.first + at, block.counts[at : at + chunk], ticks)


def _number(url: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise LabError(f"port {url!r}: {text!r} is not a number", "give a number")
    return value
