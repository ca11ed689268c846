"""From true lab time to counts: what the converter of a device gives for each sample."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from labapp.errors import LabError
from labapp.model import ChannelInfo, Counts, Floats
from labapp.muscles import COPY_CODE, PULSE_CODE
from labapp.simulate.background import heart, mains, white_uv
from labapp.simulate.clock import TrueClock
from labapp.simulate.scenario import Muscle
from labapp.simulate.seeds import generator
from labapp.simulate.standing import CORNERS
from labapp.simulate.world import World

_LEAST_BLOCK = 256
_UNWIRED_UV = 2.0


class Sensors:
    """The channels of one device; `start` before `counts`.

    Parameters
    ----------
    world
        Person and muscles.
    channels, rate
        Columns and nominal rate, Hz, of the driver.
    channel_map
        Channel name -> muscle or force code.
    role
        Whose chance this is.
    sync_bits
        Bits of digital channels that the pulses of the laboratory are wired to.
    filter_s
        Delay of the converter, s.

    Raises
    ------
    LabError
        If a channel is wired to a muscle that the scenario does not have, or a name is no
        channel of the device.
    """

    def __init__(
        self,
        world: World,
        channels: tuple[ChannelInfo, ...],
        rate: float,
        channel_map: Mapping[str, str],
        *,
        role: str,
        sync_bits: Mapping[str, int] | None = None,
        filter_s: float = 0.0,
    ) -> None:
        names = {channel.name for channel in channels}
        for name in channel_map:
            if name not in names:
                raise LabError(f"{role} has no channel {name!r}", f"use {', '.join(sorted(names))}")
        self._world = world
        self._channels = channels
        self._rate = rate
        self._role = role
        self._muscles: list[Muscle | None] = []
        for channel in channels:
            code = channel_map.get(channel.name)
            muscle = None
            if code in (PULSE_CODE, COPY_CODE) and channel.kind == "emg":
                if world.pulse_line is None:
                    raise LabError(
                        f"the scenario has no synchronisation pulses for {channel.name!r}",
                        "use the scenario sync_pulses, or add a table [sync] to yours",
                    )
            elif code is not None and channel.kind == "emg":
                muscle = world.scenario.muscle(code)
                world.attach(code, channel.scale * 1e6, rate)
            elif (
                code is not None
                and channel.kind == "force"
                and code not in (world.scenario.force.code, *CORNERS)
            ):
                raise LabError(
                    f"the scenario has no force {code!r}",
                    f"use {world.scenario.force.code}, or {', '.join(CORNERS)} of a force plate",
                )
            self._muscles.append(muscle)
        self._scale = np.array([channel.scale for channel in channels])
        self._offset = np.array([channel.offset for channel in channels])
        self._low = np.array([float(channel.low) for channel in channels])
        self._high = np.array([float(channel.high) for channel in channels])
        self._filter_ns = filter_s * 1e9
        line = world.pulse_line
        bits = sync_bits if sync_bits is not None and line is not None else {}
        self._bits = [
            (column, bits[channel.name])
            for column, channel in enumerate(channels)
            if channel.kind == "digital" and channel.name in bits
        ]
        self._pulsed = [
            column for column, c in enumerate(channels) if channel_map.get(c.name) == PULSE_CODE
        ]
        self._copies = [
            column for column, c in enumerate(channels) if channel_map.get(c.name) == COPY_CODE
        ]
        height = 0.0 if line is None else line.line.height
        self._tops = height * (self._high - self._offset) * self._scale
        self._copy_noise = 0.0 if line is None else line.line.copy_noise
        self._cells = {
            column: channel_map[channel.name]
            for column, channel in enumerate(channels)
            if channel.kind == "force" and channel_map.get(channel.name) in CORNERS
        }
        codes = [muscle.code for muscle in world.scenario.muscles]
        wired: list[tuple[int, int, float]] = []
        for column, (channel, muscle) in enumerate(zip(channels, self._muscles, strict=True)):
            if muscle is not None:
                wired.append((column, codes.index(muscle.code), 1e-6))
            elif column in self._cells:
                continue
            elif channel.kind == "force" and channel.name in channel_map:
                wired.append((column, len(codes), 1.0))
            elif column in self._copies:
                full = 1.25 * world.scenario.force.peak_n
                wired.append((column, len(codes), float(self._tops[column]) / full))
        self._columns = np.array([column for column, _, _ in wired], dtype=np.intp)
        self._sources = np.array([source for _, source, _ in wired], dtype=np.intp)
        self._units = np.array([unit for _, _, unit in wired])

    def start(self, clock: TrueClock, start_ns: int, run: int) -> None:
        """Begin a run whose sample times, s after ``start_ns``, are those of ``clock``."""
        self._clock = clock
        self._start_ns = start_ns
        self._run = run
        self._sway: Floats | None = None
        self._still: Counts | None = None
        self._size = max(int(np.ceil(clock.rate)), _LEAST_BLOCK)
        self._block = -1

    def counts(self, first: int, stop: int) -> Counts:
        """Return counts (stop - first, channels) of samples ``first .. stop-1``."""
        parts = []
        while first < stop:
            block = first // self._size
            if block != self._block:
                self._rest(block)
            end = min(stop, (block + 1) * self._size)
            parts.append(self._seen(slice(first - block * self._size, end - block * self._size)))
            first = end
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _seen(self, rows: slice) -> Counts:
        t_ns = self._times_ns[rows]
        seen_ns = t_ns - self._filter_ns if self._filter_ns else t_ns
        start, stop = self._start_ns + int(seen_ns[0]), self._start_ns + int(t_ns[-1]) + 1
        pulls = self._world.pulls_until(start, stop)
        sway = None if self._sway is None else self._sway[rows]
        if not pulls and sway is None and not self._pulsed and not self._bits:
            if self._still is None:  # quantised for the whole block at once: most of the work
                self._still = self._quantised(self._values.copy())
            return self._still[rows].copy()
        values = self._values[rows].copy()
        for pull in pulls:
            waves = self._world.waves(pull)
            seen = waves.at(seen_ns + float(self._start_ns - waves.first_ns))
            values[:, self._columns] += seen[:, self._sources] * self._units
        if sway is not None:
            load = self._world.sway.cells(seen_ns + float(self._start_ns), sway)
            for column, corner in self._cells.items():
                values[:, column] += load[corner]
        if self._pulsed or self._bits:
            self._add_pulses(values, t_ns, seen_ns)
        return self._quantised(values)

    def _quantised(self, values: Floats) -> Counts:
        """Return counts of physical values, which are overwritten."""
        values /= self._scale
        values += self._offset
        np.rint(values, out=values)
        values.clip(self._low, self._high, out=values)
        return values.astype(np.int32)

    def _add_pulses(self, values: Floats, t_ns: Floats, seen_ns: Floats) -> None:
        line = self._world.pulse_line
        assert line is not None
        if self._pulsed:
            level = line.levels(seen_ns + float(self._start_ns), rounded=True)
            values[:, self._pulsed] += level[:, None] * self._tops[self._pulsed]
        if self._bits:
            level = line.levels(t_ns + float(self._start_ns), rounded=False)
            for column, bit in self._bits:
                values[:, column] += bit * level

    def _rest(self, block: int) -> None:
        """Make the resting signals, physical units, and the times of a block of samples."""
        world = self._world
        first = block * self._size
        t_s = self._clock.times(first, first + self._size)
        lab_s = t_s + (self._start_ns - world.origin_ns) * 1e-9
        beats = heart(world.scenario, world.seed, lab_s)
        hum = mains(world.scenario, lab_s)
        force = world.scenario.force
        values = np.zeros((self._size, len(self._channels)))
        for column, channel in enumerate(self._channels):
            role = f"noise/{self._role}/{channel.name}"
            noise = generator(world.seed, role, self._run, block).standard_normal(self._size)
            muscle = self._muscles[column]
            if muscle is not None:
                uv = white_uv(self._rate, muscle.noise_uv) * noise
                uv += muscle.ecg_uv * beats + muscle.hum_uv * hum
                values[:, column] = uv * 1e-6
            elif column in self._copies:
                span = self._tops[column] / (1.25 * force.peak_n)
                noisy = self._copy_noise * (self._high - self._offset) * self._scale
                values[:, column] = force.baseline_n * span + noisy[column] * noise
            elif channel.kind == "emg":
                values[:, column] = white_uv(self._rate, _UNWIRED_UV) * 1e-6 * noise
            elif column in self._cells:
                values[:, column] = world.scenario.standing.noise_n * noise
            elif channel.kind == "force":
                values[:, column] = force.baseline_n + force.noise_n * noise
        self._block, self._times_ns, self._values = block, t_s * 1e9, values
        self._still = None
        if self._cells:
            seen_ns = self._times_ns - self._filter_ns + float(self._start_ns)
            self._sway = world.sway.waves(seen_ns)
