"""A simulated device: answers like the real one, and sends what it would send.

It lives in lab time and waits for nothing: each call gives the next packet of the transport
with the moment it arrives, so that a recording runs at any speed and always gives the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from labapp.device import Codec, Driver
from labapp.model import Counts, SampleBlock
from labapp.simulate.account import Account, Packet
from labapp.simulate.clock import TrueClock
from labapp.simulate.faults import Faults, damage
from labapp.simulate.scenario import Device, Transport
from labapp.simulate.seeds import generator
from labapp.simulate.sensors import Sensors
from labapp.simulate.syncline import PulseLine
from labapp.simulate.transport import DEFAULT_TRANSPORT, cuts
from labapp.simulate.triggers import WritesEvents, edge_lines
from labapp.simulate.world import World

_BAUD = 115_200
_FIRST_S = (0.002, 0.012)
_TICK_PHASE = (0.0, 0.3)


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
        self._begun_ns = 0
        codec = driver.codec(settings)
        self._sensors = Sensors(
            world,
            codec.channels,
            codec.rate,
            self._map,
            role=role,
            sync_bits=getattr(driver, "sync_bits", None),
            filter_s=spec.filter_delay_ms * 1e-3,
        )

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
            self._begun_ns = t_ns
            self._start(t_ns)
            if self._scripted:
                self._world.start_script(t_ns)
        return answer

    def next_arrival_ns(self) -> int | None:
        """Lab time at which the next chunk arrives, without making it; None if not streaming."""
        packet = self._run().plan() if self._side.streaming else None
        return None if packet is None else packet.arrival_ns

    def next_chunk(self) -> tuple[bytes, int] | None:
        """Next packet of the transport and the lab time, ns, of its arrival.

        A cue heard at lab time t changes nothing before t + 120 ms, so a caller may take one
        chunk ahead of time (its samples are at most 100 ms in the future unless the scenario
        says otherwise). None while not streaming.
        """
        return self._run().take() if self._side.streaming else None

    def truth(self) -> dict[str, Any]:
        """Return what is true about this device, as JSON values."""
        spec = self._spec
        delays = {"transport": spec.transport_delay_ms, "filter": spec.filter_delay_ms}
        return {
            "driver": self._driver.name,
            "montage": dict(self._map),
            "ppm": spec.ppm,
            "runs": [run.truth() for run in self._runs],
            **({"delay_ms": delays} if self._world.pulse_line is not None else {}),
        }

    def _run(self) -> _Run:
        """Find the run that sends next: after a reset the device begins anew."""
        while (run := self._runs[-1]).plan() is None:
            self._start(run.start_ns + round((run.until_s + self._spec.dead_s) * 1e9))
        return run

    def _start(self, t_ns: int) -> None:
        age = (t_ns - self._begun_ns) * 1e-9
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
                line=self._world.pulse_line,
                age_s=age,
                until_s=min((at - age for at in self._spec.resets_s if at > age), default=np.inf),
            )
        )


class _Run:
    """One stream from start to stop, or to a reset ``until_s`` after its start."""

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
        line: PulseLine | None = None,
        age_s: float = 0.0,
        until_s: float = np.inf,
    ) -> None:
        self.start_ns = start_ns
        self.until_s = until_s
        self._over = False
        self.account = Account()
        self._codec = codec
        self._delay_ns = round(spec.transport_delay_ms * 1e6)
        self._line = line
        self._sensors = sensors
        rng = generator(seed, f"start/{role}", run)
        self._tick_phase = float(rng.uniform(*_TICK_PHASE))
        first_s = float(rng.uniform(*_FIRST_S))
        self._clock = TrueClock(
            codec.rate, spec, seed=seed, role=role, run=run, first_s=first_s, age_s=age_s
        )
        self._own_time = spec.clock == "rc"
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
        self._packet: Packet | None = None

    def plan(self) -> Packet | None:
        """Decide what arrives next; packets without any frame left do not arrive.

        None after the reset: what was taken before it has arrived.
        """
        while self._packet is None and not self._over:
            cut, arrival = next(self._cuts)
            self._over = cut - self._wire_s >= self.until_s
            ready = min(cut - self._wire_s, self.until_s)
            stop = self._clock.count_before(ready, self._next)
            if stop == self._next:
                continue
            first, self._next = self._next, stop
            dropped, damaged = self._faults.of(first, stop)
            arrival_ns = self.start_ns + round(arrival * 1e9) + self._delay_ns
            whole = not (dropped.any() or damaged.any())
            packet = Packet(first, stop, arrival_ns, dropped, damaged, whole)
            if not whole and dropped.all():
                self.account.settle(packet)
            else:
                self._packet = packet
        return self._packet

    def take(self) -> tuple[bytes, int]:
        """Make the bytes of what arrives next."""
        packet, self._packet = self.plan(), None
        assert packet is not None
        counts = self._sensors.counts(packet.first, packet.stop)
        edges = self._edges(packet)
        if packet.whole and not edges:
            data = self._encode(packet.first, counts)
        else:
            data = self._row_by_row(packet, counts, edges)
        self.account.settle(packet)
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
            **({"reset_ns": self.start_ns + round(self.until_s * 1e9)} if self._over else {}),
        }

    def _ppm(self) -> float:
        return self._clock.ppm(max(self._next - 1, 0) // int(np.ceil(self._codec.rate)))

    def _encode(self, first: int, counts: Counts) -> bytes:
        ticks = None
        if self._codec.tick_rate is not None:
            index = np.arange(first, first + len(counts))
            period = self._codec.tick_rate / self._codec.rate
            place = index + self._tick_phase
            if self._own_time:  # the converter wanders, the clock that stamps does not
                taken = self._clock.times(first, first + len(counts)) - self._clock.first_s
                place = taken * self._codec.rate + self._tick_phase
            ticks = np.floor(place * period).astype(np.int64)
        return self._codec.encode(SampleBlock(first, counts, ticks))

    def _edges(self, packet: Packet) -> list[tuple[int, bytes]]:
        """Lines of the pulse edges since the last sample: (row they come before, bytes)."""
        if self._line is None or not isinstance(self._codec, WritesEvents):
            return []
        before = max(packet.first - 1, 0)
        times = self._clock.times(before, packet.stop) * 1e9 + self.start_ns
        lines = edge_lines(self._codec, self._line, before, times, self._tick_phase)
        return [(index - packet.first, line) for index, line in lines]

    def _row_by_row(self, packet: Packet, counts: Counts, left: list[tuple[int, bytes]]) -> bytes:
        """Encode row by row with edges between, without what is dropped, damaging the damaged."""
        parts = []
        for row in np.flatnonzero(~packet.dropped).tolist():
            while left and left[0][0] <= row:
                parts.append(left.pop(0)[1])
            index = packet.first + row
            frame = self._encode(index, counts[row : row + 1])
            if packet.damaged[row]:
                frame = damage(frame, int(packet.damaged[row]), generator(*self._where, index))
            parts.append(frame)
        return b"".join([*parts, *(line for _, line in left)])
