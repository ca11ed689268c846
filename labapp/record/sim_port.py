"""``sim://DRIVER``: a simulated device behind a real wire, stamped in lab time.

The device says when each of its transport chunks arrives (clock error, packets and jitter are
part of the simulation). The port waits for that lab time, lets exactly that chunk cross the
wire, and stamps it with its arrival time: the bytes take the true way, and two runs with one
seed give the same log.
"""

from __future__ import annotations

import time
from collections import deque
from typing import Any, Final

from labapp.errors import LabError
from labapp.record.ports import PortContext, split_url
from labapp.record.wire import make_wire
from labapp.timing.labclock import FOREVER, SteppedClock

_IDLE_S: Final = 0.02


class SimPort:
    """A port on which a simulated device answers.

    Parameters
    ----------
    url
        ``sim://DRIVER?wire=pty|memory&reset_at=SECONDS``: the device resets itself that long after
        the start of its stream.
    context
        Needs ``lab``, the simulated laboratory of the recording.

    Raises
    ------
    LabError
        Driver in the URL is not the device's, unknown option, or no simulated laboratory.
    """

    converses = True

    def __init__(self, url: str, context: PortContext) -> None:
        name, options = split_url(url, ("wire", "reset_at"))
        if name != context.driver.name:
            raise LabError(
                f"port {url!r} simulates {name!r}, but the device's driver is"
                f" {context.driver.name!r}",
                f"use sim://{context.driver.name}",
            )
        if context.lab is None:
            raise LabError(f"port {url!r} needs a simulated laboratory", "give a seed")
        self.url = url
        self.ended = False
        self._clock = context.clock
        self._stop = context.stop
        self._wire = make_wire(options.get("wire", ""), context)
        self._device = context.lab.device(
            context.driver,
            context.settings,
            channel_map=context.montage,
            name=context.name,
            resets_s=_resets(url, options.get("reset_at", "")),
        )
        self._answers: deque[tuple[bytes, int]] = deque()
        self.info: dict[str, Any] = {"url": url, "wire": self._wire.name}

    def read(self, timeout_s: float) -> tuple[bytes, int]:
        """Next answer, or next chunk of the stream once lab time has reached its arrival."""
        if self._answers:
            data, stamp = self._answers.popleft()
            return self._wire.to_host(data), stamp
        clock, stop = self._clock, self._stop
        arrival = None if stop.is_set() else self._device.next_arrival_ns()
        if arrival is None:
            if isinstance(clock, SteppedClock) and clock.joined:
                clock.wait_until(FOREVER, stop)
            else:
                time.sleep(min(timeout_s, _IDLE_S))
            return b"", clock.now_ns()
        if not clock.wait_until(arrival, stop):
            if not stop.is_set():  # lab time has been halted before that
                self.ended = True
                stop.wait(timeout_s)
            return b"", clock.now_ns()
        chunk = self._device.next_chunk()
        if chunk is None:
            return b"", clock.now_ns()
        return self._wire.to_host(chunk[0]), chunk[1]

    def write(self, data: bytes) -> None:
        """Let the device hear ``data`` and keep its answer for `read`."""
        now = self._clock.now_ns()
        answer = self._device.receive(self._wire.to_device(data), now)
        if answer:
            self._answers.append((answer, now))

    def close(self) -> None:
        """Cut the wire."""
        self._wire.close()


def _resets(url: str, text: str) -> tuple[float, ...]:
    if not text:
        return ()
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds < float("inf"):
        raise LabError(f"port {url!r} resets at {text!r}", "give seconds, such as reset_at=30")
    return (seconds,)
