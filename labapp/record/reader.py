"""One device's way from its port into the log and the ring, in a thread of its own.

The order is the point: read, append to the log, only then decode. A driver that fails loses the
live view of its device, never the bytes.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from labapp.device import Driver, sheet
from labapp.errors import LabError, PortError
from labapp.record.config import DeviceConfig
from labapp.record.conversation import converse, drain
from labapp.record.hostwatch import SLEPT_NS, HostWatch
from labapp.record.listing import port_now
from labapp.record.live import LiveStream
from labapp.record.log import FrameKind, LogWriter
from labapp.record.opening import failure, note_document, open_document, printable, stream_trouble
from labapp.record.pace import Pace
from labapp.record.ports import Port, PortContext, open_port
from labapp.record.priority import wake_soon
from labapp.record.ring import RingWriter
from labapp.timing.labclock import RealClock, ScaledClock, SteppedClock

_READ_S: Final = 0.2
_RETRY_S: Final = 0.5


@dataclass(frozen=True)
class Rig:
    """What all readers of a recording share."""

    log: LogWriter
    ring: RingWriter
    clock: RealClock | ScaledClock | SteppedClock
    stop: threading.Event
    origin_ns: int
    host: HostWatch | None
    """None where lab time is not the host's: there is no sleep in it."""


class StreamReader:
    """Reads one device until the recording stops, through losses of its port.

    States: ``starting``, ``open``, ``lost`` (port gone, being looked for), ``ended`` (a replay is
    over), ``closed``, ``failed`` (never started; `error` says why). ``silent`` is an open stream
    from which nothing has come for a second.
    """

    def __init__(
        self,
        number: int,
        device: DeviceConfig,
        driver: Driver,
        settings: Any,
        context: PortContext,
        rig: Rig,
    ) -> None:
        self.number = number
        self.device = device
        self.state = "starting"
        self.error: LabError | None = None
        self.ready = threading.Event()
        self.newest_ns = 0
        self.segment = -1
        self.bytes = 0
        self._driver = driver
        self._settings = settings
        self._context = context
        self._rig = rig
        codec = driver.codec(settings)
        self._stepped = isinstance(rig.clock, SteppedClock)
        pace = Pace(codec.rate, sheet(driver.name).clock, rig.origin_ns)
        self.live = LiveStream(number, codec, rig.ring, pace)
        speed = rig.clock.speed if isinstance(rig.clock, ScaledClock) else 1.0
        self._silence_ns = int(max(1.0, 3.0 / codec.rate / speed) * 1e9)
        self._heard = time.perf_counter_ns()
        self._slept = 0
        self._intake = context.intake
        self._port: Port | None = None
        self._info: dict[str, Any] = {}
        self._why: Exception | None = None
        self._thread = threading.Thread(target=self._work, name=f"read-{device.id}", daemon=True)

    def start(self) -> None:
        """Begin; `ready` is set when the device streams or has failed."""
        self._thread.start()

    def join(self) -> None:
        """Wait until the thread has ended, if it was started."""
        if self._thread.ident is not None:
            self._thread.join()

    def silent(self) -> bool:
        """Whether nothing has come for longer than the device may be quiet.

        Time of the host, not of the lab: a device that is simulated tenfold is no sooner silent.
        A stepped clock waits for its devices.
        """
        if self._stepped or self.state != "open":
            return False
        return time.perf_counter_ns() - self._heard > self._silence_ns

    def status(self) -> dict[str, Any]:
        """Account of the stream for `Recorder.status` (JSON values)."""
        timing = self.live.pace.status(self._info)
        state = "silent" if self.silent() else self.state
        flood = timing["times_rate"]
        trouble = stream_trouble(self.device, state, self.live.fault, self._info, flood, self._why)
        return {
            "state": state,
            "warnings": trouble + timing.pop("warnings"),
            "timing": timing,
            "port": self._info,
            "segment": self.segment,
            "bytes": self.bytes,
            "newest_ns": self.newest_ns,
            **self.live.status(),
        }

    def finish(self) -> None:
        """Stop the device, log what was still under way, close the port."""
        port, self._port = self._port, None
        if port is None:
            return
        try:
            if port.converses:
                steps = self._driver.stop(self._settings)
                heard = converse(
                    port, steps, threading.Event(), streaming=True, device=self._driver.name
                )
                # One frame: until it is written, the intake page holds every read of these.
                rest = [part for part in heard if not part.answer]
                if rest:
                    self._take(b"".join(part.data for part in rest), rest[-1].stamp_ns)
                for part in heard:
                    if part.answer:
                        self._note("answer", part.data, part.stamp_ns)
            drain(port, 0.05, 0.3, self._take)
            port.close()
        except Exception as error:
            self._note("stop", failure(error), self._rig.clock.now_ns())
        self._decode(self.live.end_segment)
        self.state = "closed"

    def _work(self) -> None:
        clock = self._rig.clock
        wake_soon()
        try:
            self._connect(self._where())
        except Exception as error:  # a driver file of the user may raise anything
            text = f"driver {self._driver.name!r} failed: {type(error).__name__}: {error}"
            self.error = error if isinstance(error, LabError) else LabError(text, "correct it")
            self.state = "failed"
            self.ready.set()
            return
        if isinstance(clock, SteppedClock):
            clock.join(self.number, partial(self._decode, self.live.flush))
        self.ready.set()
        try:
            while not self._rig.stop.is_set():
                try:
                    self._stream()
                except PortError as error:
                    self._lose(error)
                    self._reconnect()
        finally:
            if isinstance(clock, SteppedClock):
                clock.leave()  # `finish` is called in turn, so that every run ends alike
            else:
                self.finish()

    def _connect(self, url: str) -> None:
        """Open the port, start the device, begin a segment."""
        port = open_port(url, self._context)
        try:
            heard = []
            if port.converses:
                steps = self._driver.start(self._settings)
                heard = converse(
                    port, steps, self._rig.stop, streaming=False, device=self._driver.name
                )
            now = self._rig.clock.now_ns()
            for part in heard:
                if part.answer:
                    self._note("answer", part.data, part.stamp_ns)
                    self.live.text = printable(part.data) or self.live.text
            self._info = port.info
            self._open_segment(now)
            self._heard = time.perf_counter_ns()
            self._port = port
            self.state = "open"
            for part in heard:
                if not part.answer:
                    self._take(part.data, part.stamp_ns)
        except Exception:
            self._port = None
            if self._intake is not None:
                self._intake.end_segment()
            port.close()
            raise

    def _open_segment(self, now: int, reason: str = "") -> None:
        """Log that the samples from here on are counted anew."""
        host = self._rig.host
        self._slept = host.slept_ns() if host is not None else 0
        if self.segment >= 0:
            self._decode(self.live.end_segment)
            fresh = self._driver.codec(self._settings)
            self.live.begin_segment(fresh, now - self.newest_ns)
        self.segment += 1
        reason = reason or ("port opened again" if self.segment else "start")
        name, codec = self._driver.name, self.live.codec
        opened = open_document(self.device, name, codec, self._info, self.segment, reason)
        sequence = self._rig.log.append_json(FrameKind.OPEN, self.number, now, opened)
        if self._intake is not None:
            self._intake.logged(sequence)
        self.newest_ns = now

    def _stream(self) -> None:
        port, stop, host = self._port, self._rig.stop, self._rig.host
        while port is not None and not stop.is_set():
            try:
                data, stamp = port.read(_READ_S)
            except Exception as error:  # a port's library may raise anything of its own
                raise PortError(failure(error)) from error
            if data:
                if host is not None and host.slept_ns() - self._slept > SLEPT_NS:
                    self._decode(partial(self._open_segment, stamp, "the computer slept"))
                self._take(data, stamp)
                continue
            self._decode(self.live.flush)
            if port.ended:
                self.state = "ended"

    def _take(self, data: bytes, stamp: int) -> None:
        """Log first, then decode."""
        sequence = self._rig.log.append(FrameKind.DATA, self.number, stamp, data)
        if self._intake is not None:
            self._intake.logged(sequence)
        self.bytes += len(data)
        self.newest_ns = stamp
        self._heard = time.perf_counter_ns()
        try:
            self.live.take(data, stamp)
        except Exception:
            self._driver_fault()

    def _decode(self, work: Callable[[], None]) -> None:
        """Do what a driver file of the user may spoil: its bytes are safe in the log."""
        try:
            work()
        except Exception:
            self._driver_fault()

    def _driver_fault(self) -> None:
        self._note("driver fault", traceback.format_exc(limit=-3), self.newest_ns)

    def _lose(self, error: PortError) -> None:
        self.state = "lost"
        port, self._port = self._port, None
        if self._intake is not None:
            self._intake.end_segment()
        self._note("lost", str(error), self._rig.clock.now_ns())
        self._decode(self.live.end_segment)
        if port is not None:
            try:
                port.close()
            except Exception as second:
                self._note("lost", failure(second), self._rig.clock.now_ns())

    def _reconnect(self) -> None:
        """Look for the device until it is back or the recording stops."""
        told = ""
        while not self._rig.stop.wait(_RETRY_S):
            try:
                self._connect(self._where())
            except Exception as error:  # of the port, or of a driver file of the user
                self._why = error
                if failure(error) != told:
                    told = failure(error)
                    self._note("retry", told, self._rig.clock.now_ns())
            else:
                return

    def _where(self) -> str:
        """Port of the device as it is plugged in now: its name may have changed."""
        serial = self._info.get("serial") or self.device.serial
        return port_now(self.device.port, self._info.get("vid_pid"), serial)

    def _note(self, event: str, what: str | bytes, t_ns: int) -> None:
        note = note_document(self.device.id, event, what)
        self._rig.log.append_json(FrameKind.NOTE, self.number, t_ns, note)
