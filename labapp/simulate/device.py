"""A simulated device: answers like the real one, and sends what it would send.

It lives in lab time and waits for nothing: each call gives the next packet of the transport
with the moment it arrives, so that a recording runs at any speed and always gives the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.device import Codec, Driver
from labapp.model import Counts, SampleBlock
from labapp.simulate.clock import TrueClock
from labapp.simulate.faults import Faults, damage
from labapp.simulate.scenario import Device, Transport
from labapp.simulate.seeds import generator
from labapp.simulate.sensors import Sensors
from labapp.simulate.transport import DEFAULT_TRANSPORT, cuts
from labapp.simulate.world import World

_BAUD = 115_200
_FIRST_S = (0.002, 0.012)
_TICK_PHASE = (0.0, 0.3)


@dataclass(slots=True)
class Account:
    """What happened to the frames of one run (sample indices; ranges half open)."""

    sent: int = 0
    dropped: list[list[int]] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)

    def drop(self, indices: list[int]) -> None:
        """Add dropped frames, in rising order."""
        for index in indices:
            if self.dropped and self.dropped[-1][1] == index:
                self.dropped[-1][1] = index + 1
            else:
                self.dropped.append([index, index + 1])


class SimulatedDevice:
    """One device of a `SimulatedLab`; used by one thread at a time.

    Parameters
    ----------
    driver, settings
        Whose wire format it speaks.
    channel_map
        Channel name -> muscle or force code; channels left out show noise only.
    spec
        Clock, transport and faults.
    world
        Person and muscles.
    role
        Name of the device, unique in its laboratory.
    extra_loss
        Probability of losing a frame, on top of the scenario's.
    """

    def __init__(
        self,
        driver: Driver,
        settings: Any,
        *,
        channel_map: Mapping[str, str],
        spec: Device,
        world: World,
        role: str,
        extra_loss: float = 0.0,
        scripted: bool = False,
    ) -> None:
        self.name = role
        self._driver = driver
        self._settings = settings
        self._map = dict(channel_map)
        self._spec = spec
        self._world = world
        self._extra_loss = extra_loss
        self._scripted = scripted
        self._side = driver.device_side(settings)
        self._runs: list[_Run] = []
        codec = driver.codec(settings)
        self._sensors = Sensors(world, codec.channels, codec.rate, self._map, role=role)

    @property
    def streaming(self) -> bool:
        """Whether it sends samples."""
        return self._side.streaming

    def receive(self, data: bytes, t_ns: int) -> bytes:
        """Take what the host wrote at lab time ``t_ns`` and return the answer.

        A command that starts the stream starts it then; after one that stops it, what had not
        arrived yet is gone.
        """
        before = self._side.streaming
        answer = self._side.receive(data)
        if self._side.streaming and not before:
            self._start(t_ns)
        return answer

    def next_arrival_ns(self) -> int | None:
        """Lab time at which the next chunk arrives, without making it; None if not streaming."""
        return self._runs[-1].plan().arrival_ns if self._side.streaming else None

    def next_chunk(self) -> tuple[bytes, int] | None:
        """Next packet of the transport and the lab time, ns, of its arrival.

        A cue heard at lab time t changes nothing before t + 120 ms, so a caller may take one
        chunk ahead of time (its samples are at most 100 ms in the future unless the scenario
        says otherwise). None while not streaming.
        """
        return self._runs[-1].take() if self._side.streaming else None

    def truth(self) -> dict[str, Any]:
        """Return what is true about this device, as JSON values."""
        return {
            "driver": self._driver.name,
            "montage": dict(self._map),
            "ppm": self._spec.ppm,
            "runs": [run.truth() for run in self._runs],
        }

    def _start(self, t_ns: int) -> None:
        self._runs.append(
            _Run(
                self._driver.codec(self._settings),
                self._sensors,
                self._spec,
                self._spec.transport or DEFAULT_TRANSPORT.get(self._driver.name, "cdc"),
                seed=self._world.seed,
                role=self.name,
                run=len(self._runs),
                start_ns=t_ns,
                extra_loss=self._extra_loss,
            )
        )
        if self._scripted:
            self._world.start_script(t_ns)


@dataclass(frozen=True, slots=True)
class _Packet:
    """A chunk that is decided but not made: samples ``first .. stop-1``."""

    first: int
    stop: int
    arrival_ns: int
    dropped: NDArray[np.bool_]
    damaged: NDArray[np.uint8]


class _Run:
    """One stream from start to stop."""

    def __init__(
        self,
        codec: Codec,
        sensors: Sensors,
        spec: Device,
        transport: Transport,
        *,
        seed: int,
        role: str,
        run: int,
        start_ns: int,
        extra_loss: float,
    ) -> None:
        self.start_ns = start_ns
        self.account = Account()
        self._codec = codec
        self._sensors = sensors
        rng = generator(seed, f"start/{role}", run)
        self._tick_phase = float(rng.uniform(*_TICK_PHASE))
        self._clock = TrueClock(
            codec.rate, spec, seed=seed, role=role, run=run, first_s=float(rng.uniform(*_FIRST_S))
        )
        sensors.start(self._clock, start_ns, run)
        self._faults = Faults(
            spec, codec.rate, seed=seed, role=role, run=run, extra_loss=extra_loss
        )
        frame = len(self._encode(0, np.zeros((1, len(codec.channels)), dtype=np.int32)))
        self._wire_s = frame * 10.0 / _BAUD
        self._cuts: Iterator[tuple[float, float]] = cuts(
            transport, spec, frame * codec.rate, seed=seed, role=role, run=run
        )
        self._where = (seed, f"damage/{role}", run)
        self._next = 0
        self._packet: _Packet | None = None

    def plan(self) -> _Packet:
        """Decide what arrives next; packets without any frame left do not arrive."""
        while self._packet is None:
            cut, arrival = next(self._cuts)
            stop = self._clock.count_before(cut - self._wire_s, self._next)
            if stop == self._next:
                continue
            first, self._next = self._next, stop
            dropped, damaged = self._faults.of(first, stop)
            arrival_ns = self.start_ns + round(arrival * 1e9)
            packet = _Packet(first, stop, arrival_ns, dropped, damaged)
            if dropped.all():
                self._settle(packet)
            else:
                self._packet = packet
        return self._packet

    def take(self) -> tuple[bytes, int]:
        """Make the bytes of what arrives next."""
        packet = self.plan()
        self._packet = None
        counts = self._sensors.counts(packet.first, packet.stop)
        if not (packet.dropped.any() or packet.damaged.any()):
            data = self._encode(packet.first, counts)
        else:
            data = self._faulty(packet, counts)
        self._settle(packet)
        return data, packet.arrival_ns

    def truth(self) -> dict[str, Any]:
        """Return what is true about this run, as JSON values."""
        return {
            "start_ns": self.start_ns,
            "first_sample_ns": self.start_ns + round(self._clock.first_s * 1e9),
            "rate_hz": self._codec.rate * (1.0 + self._ppm() * 1e-6),
            "ppm_now": self._ppm(),
            "sent": self.account.sent,
            "dropped": [list(span) for span in self.account.dropped],
            "damaged": list(self.account.damaged),
        }

    def _ppm(self) -> float:
        return self._clock.ppm(max(self._next - 1, 0) // int(np.ceil(self._codec.rate)))

    def _settle(self, packet: _Packet) -> None:
        account = self.account
        account.sent = packet.stop
        if packet.dropped.any():
            account.drop((packet.first + np.flatnonzero(packet.dropped)).tolist())
        if packet.damaged.any():
            account.damaged.extend((packet.first + np.flatnonzero(packet.damaged)).tolist())

    def _encode(self, first: int, counts: Counts) -> bytes:
        ticks = None
        if self._codec.tick_rate is not None:
            index = np.arange(first, first + len(counts))
            period = self._codec.tick_rate / self._codec.rate
            ticks = np.floor((index + self._tick_phase) * period).astype(np.int64)
        return self._codec.encode(SampleBlock(first, counts, ticks))

    def _faulty(self, packet: _Packet, counts: Counts) -> bytes:
        """Encode row by row, leaving out what is dropped and damaging what is damaged."""
        parts = []
        for row in np.flatnonzero(~packet.dropped).tolist():
            index = packet.first + row
            frame = self._encode(index, counts[row : row + 1])
            if packet.damaged[row]:
                frame = damage(frame, int(packet.damaged[row]), generator(*self._where, index))
            parts.append(frame)
        return b"".join(parts)
