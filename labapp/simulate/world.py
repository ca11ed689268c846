"""What devices see of the person: the pulls, and the EMG that each of them makes.

Everything about a pull follows from its plan, so a rendered one may be thrown away and made
again; only the newest are kept, which bounds the memory of a recording of any length.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np

from labapp.model import Floats
from labapp.simulate.background import resting_power
from labapp.simulate.loudness import peak_factor
from labapp.simulate.muscle import FINE_RATE, make_pool, render
from labapp.simulate.person import (
    Cue,
    Pull,
    drive,
    free_after,
    percent_of_reference,
    plan,
    pull_force,
)
from labapp.simulate.scenario import Muscle, Scenario
from labapp.simulate.seeds import generator
from labapp.simulate.standing import Sway
from labapp.simulate.syncline import PulseLine

_KEPT = 4
_LEAD_S = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Waves:
    """One pull as the sensors meet it, at `FINE_RATE`.

    Attributes
    ----------
    first_ns
        Lab time of the first row.
    values
        (n, muscles + 1): EMG at each electrode with crosstalk, microvolts, in the order of the
        scenario, and the force, newtons, without baseline.
    """

    first_ns: int
    values: Floats

    def at(self, t_ns: Floats) -> Floats:
        """Values (m, muscles + 1) at lab times relative to ``first_ns``, ns; 0 outside."""
        position = t_ns * (FINE_RATE * 1e-9)
        row = np.floor(position)
        inside = (row >= 0.0) & (row < len(self.values) - 1)
        at = np.where(inside, row, 0.0).astype(np.intp)
        part = (position - row)[:, None]
        mixed = self.values[at] * (1.0 - part) + self.values[at + 1] * part
        mixed[~inside] = 0.0
        return mixed


class World:
    """Person and muscles of one recording; shared by its devices, used from any thread.

    Parameters
    ----------
    scenario
        What is true.
    seed
        Seed of all chance.
    origin_ns
        Lab time from which heart and mains count.
    """

    def __init__(self, scenario: Scenario, seed: int, origin_ns: int = 0) -> None:
        self.scenario = scenario
        self.seed = seed
        self.origin_ns = origin_ns
        line = scenario.sync
        self.pulse_line = None if line is None else PulseLine(line, seed, origin_ns)
        self.sway = Sway(scenario.standing, seed, origin_ns)
        self._lock = threading.RLock()
        self._pulls: tuple[Pull, ...] = ()
        self._frontier_ns = -(1 << 62)
        self._waves: OrderedDict[int, Waves] = OrderedDict()
        self._rendering: dict[int, threading.Lock] = {}
        self._electrodes: dict[str, tuple[float, float]] = {}
        self._script_ns: int | None = None
        self._scripted = 0

    @property
    def pulls(self) -> tuple[Pull, ...]:
        """All pulls so far, in order of time."""
        with self._lock:
            return self._pulls

    def attach(self, code: str, step_uv: float, rate: float) -> None:
        """Say that a muscle is recorded with this count size, microvolts, and rate."""
        with self._lock:
            self._electrodes.setdefault(code, (step_uv, rate))

    def hear(self, t_ns: int, data: dict[str, Any], *, prepared: bool = False) -> Pull:
        """Plan the pull that answers a cue heard at lab time ``t_ns``.

        With ``prepared`` its signals are made too before this returns, while the person still
        reacts: made by the device that sends them first, they would hold it up (a quarter of a
        second of work, more on a busy machine). They are the same either way.

        Raises
        ------
        LabError
            If the data of the cue make no sense.
        """
        with self._lock:
            pull = self._plan(t_ns, Cue.of(data, self.scenario))
        if prepared:
            self.waves(pull)
        return pull

    def stand(self, t_ns: int, data: dict[str, Any]) -> None:
        """Stand as a marker ``start`` asks, from lab time ``t_ns`` or the first moment not made."""
        with self._lock:
            self.sway.begin(max(t_ns, self._frontier_ns + 1), data)

    def start_script(self, t_ns: int) -> None:
        """Let the person pull by the script of the scenario from lab time ``t_ns`` on."""
        with self._lock:
            if self._script_ns is None:
                self._script_ns = t_ns

    def pulls_until(self, first_ns: int, stop_ns: int) -> tuple[Pull, ...]:
        """Return the pulls that show between two lab times; what is before the second is fixed."""
        with self._lock:
            self._follow_script(stop_ns)
            self._frontier_ns = max(self._frontier_ns, stop_ns)
            found = []
            for pull in reversed(self._pulls):
                if pull.stop_ns <= first_ns:
                    break  # pulls never overlap
                if pull.first_ns < stop_ns:
                    found.append(pull)
            return tuple(found)

    def waves(self, pull: Pull) -> Waves:
        """EMG of a pull, made on first use; whoever does not need it does not wait for it."""
        with self._lock:
            if (known := self._kept(pull)) is not None:
                return known
            rendering = self._rendering.setdefault(pull.number, threading.Lock())
        with rendering:
            with self._lock:
                if (known := self._kept(pull)) is not None:
                    return known  # another thread has made it meanwhile
            made = self._render(pull)
            with self._lock:
                self._rendering.pop(pull.number, None)
                self._waves[pull.number] = made
                while len(self._waves) > _KEPT:
                    self._waves.popitem(last=False)
            return made

    def _kept(self, pull: Pull) -> Waves | None:
        """Find a pull among those that are kept; the lock is held."""
        if pull.number not in self._waves:
            return None
        self._waves.move_to_end(pull.number)
        return self._waves[pull.number]

    def maximum_uv(self, muscle: Muscle) -> float:
        """RMS, microvolts, of the muscle's greatest contraction (what gives it its SNR)."""
        with self._lock:
            step_uv, rate = self._electrodes.get(muscle.code, (0.0, 1000.0))
        rest = resting_power(self.scenario, muscle, step_uv, rate)
        peak = rest * 10.0 ** (muscle.snr_db / 10.0)
        return float(np.sqrt(peak / peak_factor(self.scenario, muscle)))

    def truth(self) -> list[dict[str, Any]]:
        """Return what is true about each pull, as JSON values (times: lab time, ns)."""
        return [
            {
                "number": pull.number,
                "pull": pull.cue.pull,
                "level": pull.cue.level,
                "task": pull.cue.task,
                "hold_s": pull.cue.hold_s,
                "cue_ns": pull.cue_ns,
                "drive_ns": pull.drive_ns,
                "force_onset_ns": pull.force_onset_ns,
                "onsets_ns": dict(pull.onsets_ns),
                "phases_ns": {name: list(span) for name, span in pull.phases_ns.items()},
                "percent": {
                    muscle.code: percent_of_reference(muscle, pull)
                    for muscle in self.scenario.muscles
                },
                "delayed_ms": pull.delayed_ns * 1e-6,
            }
            for pull in self.pulls
        ]

    def _plan(self, t_ns: int, cue: Cue) -> Pull:
        number = len(self._pulls)
        busy = free_after(self._pulls[-1]) if self._pulls else t_ns
        earliest = max(busy, self._frontier_ns + 1)
        pull = plan(self.scenario, self.seed, number, cue, t_ns, earliest)
        self._pulls = (*self._pulls, pull)
        return pull

    def _follow_script(self, stop_ns: int) -> None:
        """Give the cues of the script that can matter before ``stop_ns``."""
        if self._script_ns is None:
            return
        script = self.scenario.script
        while True:
            over = self._scripted - len(script.pulls_s)
            if over < 0:
                at = script.pulls_s[self._scripted]
            elif script.every_s is None:
                return
            else:
                last = script.pulls_s[-1] if script.pulls_s else 0.0
                at = last + (over + 1) * script.every_s
            t_ns = self._script_ns + round(at * 1e9)
            if t_ns > stop_ns:
                return
            self._plan(t_ns, Cue.of({"pull": "fast"}, self.scenario))
            self._scripted += 1

    def _render(self, pull: Pull) -> Waves:
        scenario = self.scenario
        first_ns = pull.first_ns - round(_LEAD_S * 1e9)
        n = int((pull.stop_ns - first_ns) * 1e-9 * FINE_RATE)
        own = {}
        for muscle in scenario.muscles:
            if muscle.code not in pull.onsets_ns:
                own[muscle.code] = np.zeros(n)
                continue
            onset = pull.onsets_ns[muscle.code]
            t = np.arange((pull.stop_ns - onset) // 1_000_000, dtype=np.float64) * 1e-3
            pool = make_pool(
                muscle.units, (muscle.rate_min_hz, muscle.rate_max_hz), self.seed, muscle.code
            )
            rng = generator(self.seed, f"emg/{muscle.code}", pull.number)
            offset = (onset - first_ns) * 1e-9
            wave = render(scenario.generator, pool, drive(muscle, pull, t), offset, n, rng)
            own[muscle.code] = wave * self.maximum_uv(muscle)
        values = np.empty((n, len(own) + 1))
        for column, muscle in enumerate(scenario.muscles):
            total = own[muscle.code]
            for source, fraction in scenario.crosstalk.get(muscle.code, {}).items():
                total = total + fraction * own[source]
            values[:, column] = total
        t = np.arange(n, dtype=np.float64) * (1e9 / FINE_RATE) + (first_ns - pull.force_onset_ns)
        values[:, -1] = pull_force(scenario.force, pull, self.seed, t)
        return Waves(first_ns, values)
