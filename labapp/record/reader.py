"""One device's way from its port into the log and the ring, in a thread of its own.

The order is the point: read, append to the log, only then decode. A driver that fails loses the
live view of its device, never the bytes.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from labapp.device import Codec, Driver
from labapp.errors import LabError, PortError
from labapp.model import ChannelInfo
from labapp.record.config import DeviceConfig
from labapp.record.conversation import converse, drain
from labapp.record.listing import find_again
from labapp.record.live import LiveStream
from labapp.record.log import FrameKind, LogWriter
from labapp.record.ports import Port, PortContext, open_port
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


def stream_channels(codec: Codec, device: DeviceConfig) -> tuple[ChannelInfo, ...]:
    """Channels of a device with the muscles of its montage.

    Raises
    ------
    LabError
        The montage names a channel that the device does not have.
    """
    names = [channel.name for channel in codec.channels]
    for name in device.montage:
        if name not in names:
            raise LabError(
                f"device {device.id!r} has no channel {name!r}", f"channels: {', '.join(names)}"
            )
    return tuple(
        replace(channel, muscle=device.montage.get(channel.name, channel.muscle))
        for channel in codec.channels
    )


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
        stepped = isinstance(rig.clock, SteppedClock)
        self.live = LiveStream(number, codec, rig.ring, gather=not stepped)
        # A second of the host: at tenfold speed, ten seconds of lab time.
        speed = max(1.0, rig.clock.speed) if isinstance(rig.clock, ScaledClock) else 1.0
        self._silence_ns = int(max(speed, 3.0 / codec.rate) * 1e9)
        self._port: Port | None = None
        self._info: dict[str, Any] = {}
        self._thread = threading.Thread(target=self._work, name=f"read-{device.id}", daemon=True)

    def start(self) -> None:
        """Begin; `ready` is set when the device streams or has failed."""
        self._thread.start()

    def join(self) -> None:
        """Wait until the thread has ended, if it was started."""
        if self._thread.ident is not None:
            self._thread.join()

    def silent(self, now_ns: int) -> bool:
        """Whether nothing has come for longer than the device may be quiet."""
        return self.state == "open" and now_ns - self.newest_ns > self._silence_ns

    def status(self, now_ns: int) -> dict[str, Any]:
        """Account of the stream for `Recorder.status` (JSON values)."""
        return {
            "state": "silent" if self.silent(now_ns) else self.state,
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
                for part in heard:
                    if part.answer:
                        self._note("answer", part.data, part.stamp_ns)
                    else:
                        self._take(part.data, part.stamp_ns)
            drain(port, 0.05, 0.3, self._take)
            port.close()
        except PortError as error:
            self._note("stop", str(error), self._rig.clock.now_ns())
        self._decode(self.live.end_segment)
        self.state = "closed"

    def _work(self) -> None:
        clock = self._rig.clock
        try:
            self._connect(self.device.port)
        except Exception as error:  # a driver file of the user may raise anything
            text = f"driver {self._driver.name!r} failed: {type(error).__name__}: {error}"
            self.error = error if isinstance(error, LabError) else LabError(text, "correct it")
            self.state = "failed"
            self.ready.set()
            return
        if isinstance(clock, SteppedClock):
            clock.join(self.number)
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
                    self.live.text = _printable(part.data) or self.live.text
            if self.segment >= 0:
                fresh = self._driver.codec(self._settings)
                self.live.begin_segment(fresh, now - self.newest_ns)
            self.segment += 1
            codec = self.live.codec
            opened = {
                "id": self.device.id,
                "segment": self.segment,
                "driver": self._driver.name,
                "port": port.info,
                "rate": codec.rate,
                "tick_rate": codec.tick_rate,
                "counter_modulus": codec.counter_modulus,
                "channels": [asdict(c) for c in stream_channels(codec, self.device)],
            }
            self._rig.log.append_json(FrameKind.OPEN, self.number, now, opened)
            self.newest_ns = now
            self._port, self._info = port, port.info
            self.state = "open"
            for part in heard:
                if not part.answer:
                    self._take(part.data, part.stamp_ns)
        except Exception:
            self._port = None
            port.close()
            raise

    def _stream(self) -> None:
        port, stop = self._port, self._rig.stop
        while port is not None and not stop.is_set():
            data, stamp = port.read(_READ_S)
            if data:
                self._take(data, stamp)
                continue
            self._decode(self.live.flush)
            if port.ended:
                self.state = "ended"

    def _take(self, data: bytes, stamp: int) -> None:
        """Log first, then decode."""
        self._rig.log.append(FrameKind.DATA, self.number, stamp, data)
        self.bytes += len(data)
        self.newest_ns = stamp
        self._decode(lambda: self.live.take(data, stamp))

    def _decode(self, work: Callable[[], None]) -> None:
        """Do what a driver file of the user may spoil: its bytes are safe in the log."""
        try:
            work()
        except Exception:
            self._note("driver fault", traceback.format_exc(limit=-3), self.newest_ns)

    def _lose(self, error: PortError) -> None:
        self.state = "lost"
        port, self._port = self._port, None
        self._note("lost", str(error), self._rig.clock.now_ns())
        self._decode(self.live.end_segment)
        if port is not None:
            try:
                port.close()
            except PortError as second:
                self._note("lost", str(second), self._rig.clock.now_ns())

    def _reconnect(self) -> None:
        """Look for the device until it is back or the recording stops."""
        info = self._info
        told = ""
        while not self._rig.stop.wait(_RETRY_S):
            name = self.device.port
            if "url" in info and "://" not in info["url"]:
                name = find_again(info["url"], info.get("vid_pid"), info.get("serial"))
            try:
                self._connect(name)
            except LabError as error:
                if str(error) != told:
                    told = str(error)
                    self._note("retry", told, self._rig.clock.now_ns())
            else:
                return

    def _note(self, event: str, what: str | bytes, t_ns: int) -> None:
        note = {"event": event, "id": self.device.id}
        if isinstance(what, bytes):
            note["hex"] = what.hex()
            note["text"] = _printable(what)
        else:
            note["text"] = what
        self._rig.log.append_json(FrameKind.NOTE, self.number, t_ns, note)


def _printable(data: bytes) -> str:
    text = "".join(c if c.isprintable() else " " for c in data.decode("ascii", "replace"))
    return " ".join(text.replace("�", " ").split())[:80]
