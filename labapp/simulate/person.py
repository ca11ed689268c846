"""The simulated person: hears a cue, waits a reaction time, pulls.

A pull is planned completely when its cue is heard: what the signals will be is then a
function of time that nothing changes any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from labapp.errors import LabError
from labapp.model import Floats
from labapp.simulate.effort import Task
from labapp.simulate.rise import program
from labapp.simulate.scenario import Force, Muscle, Rise, Scenario
from labapp.simulate.seeds import generator

PullKind = Literal["fast", "reference", "ramp"]

EARLIEST_NS = 120_000_000
"""Nothing that a cue causes happens sooner than this after it."""

_REST_NS = 200_000_000
"""Least rest after a pull before the next one can start."""

_RAMP_S = 5.0
_AFTER_S = 0.3
_LEAST_S = 0.05
"""No phase of a pull is shorter, however early a beat comes."""


@dataclass(frozen=True, slots=True)
class Cue:
    """What the person heard: kind of pull, level (1 = as hard as possible), seconds to hold.

    ``fall_s`` is how long the force takes to return: the tempo's, where a metronome leads.
    ``led`` says that one does: the cue is the first beat, and the later ones are expected.
    ``task`` is the selectivity task that the pull is, if any.
    """

    pull: PullKind
    level: float
    hold_s: float
    rise_s: float
    fall_s: float
    task: Task = ""
    led: bool = False

    @classmethod
    def of(cls, data: dict[str, Any], scenario: Scenario) -> Cue:
        """Read the data of a cue.

        Raises
        ------
        LabError
            If the kind of pull, the level or a time is not one a person could follow.
        """
        pull = data.get("pull", "fast")
        if pull not in get_args(PullKind):
            raise LabError(
                f"the simulated person knows no pull {pull!r}",
                f"use one of {', '.join(get_args(PullKind))}",
            )
        task = data.get("task", "")
        if task not in get_args(Task):
            raise LabError(f"the simulated person knows no task {task!r}", "use T1 or T2")
        rise = {"fast": scenario.force.rise_ms / 1e3, "ramp": _RAMP_S}.get(
            pull, scenario.person.reference_rise_s
        )
        tempo = data.get("tempo_s")
        fall = scenario.force.fall_ms / 1e3
        if isinstance(tempo, dict):
            # No time for a return is none asked for: then it is the person's own.
            fall = max(_number(tempo, "return", fall, 0.0, 60.0) or fall, _LEAST_S)
        return cls(
            pull=cast("PullKind", pull),
            level=_number(data, "level", 1.0, 0.01, 1.0),
            hold_s=_number(data, "hold_s", scenario.person.hold_s, 0.05, 120.0),
            rise_s=_number(data, "rise_s", rise, 0.05, 60.0) if pull == "ramp" else rise,
            fall_s=fall,
            task=cast("Task", task),
            led=isinstance(tempo, dict) and pull == "ramp",
        )


def _number(data: dict[str, Any], key: str, default: float, low: float, high: float) -> float:
    value = data.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise LabError(f"cue: {key} is {value!r}", f"give a number from {low:g} to {high:g}")
    return float(value)


@dataclass(frozen=True, slots=True)
class Pull:
    """One pull with everything that is true about it; times are lab time, ns.

    ``onsets_ns`` are the moments the drive of each muscle leaves zero. ``delayed_ns`` is how
    much later than planned it all happens, because the person was still busy or because
    signals up to there had already been made when the cue was heard (a caller's mistake).
    """

    number: int
    cue: Cue
    cue_ns: int
    drive_ns: int
    onsets_ns: dict[str, int]
    force_onset_ns: int
    hold_start_ns: int
    hold_end_ns: int
    force_off_ns: int
    emd_ns: int
    delayed_ns: int

    @property
    def first_ns(self) -> int:
        """No signal is changed by this pull before that time."""
        return min([self.force_onset_ns, *self.onsets_ns.values()])

    @property
    def stop_ns(self) -> int:
        """No signal is changed by this pull from that time on."""
        return self.force_off_ns + int(_AFTER_S * 1e9)

    @property
    def phases_ns(self) -> dict[str, tuple[int, int]]:
        """Phases of the pull by its force."""
        return {
            "pull": (self.force_onset_ns, self.hold_start_ns),
            "hold": (self.hold_start_ns, self.hold_end_ns),
            "return": (self.hold_end_ns, self.force_off_ns),
        }


def plan(
    scenario: Scenario, seed: int, number: int, cue: Cue, cue_ns: int, not_before_ns: int
) -> Pull:
    """Plan the pull that answers a cue.

    Parameters
    ----------
    number
        How many cues were heard before; with the seed it decides all chance in the pull.
    not_before_ns
        Signals before that time are made already, or the person is still busy.
    """
    rng = generator(seed, "pull", number)
    person = scenario.person
    # Drawn for every muscle, silent or not, so that scenarios differ only where they say so.
    reaction, delay, *jitter = np.clip(rng.standard_normal(2 + len(scenario.muscles)), -3, 3)
    drive = cue_ns + _ms(person.reaction_ms + person.reaction_sd_ms * float(reaction))
    onsets = {
        muscle.code: drive + _ms(muscle.onset_ms + muscle.onset_sd_ms * float(z))
        for muscle, z in zip(scenario.muscles, jitter, strict=True)
        if not muscle.silent
    }
    emd = _ms(max(1.0, person.emd_ms + person.emd_sd_ms * float(delay)))
    mean_onset = sum(onsets.values()) // len(onsets) if onsets else drive
    force_onset = mean_onset + emd
    first = min([force_onset, *onsets.values()])
    late = max(0, cue_ns + EARLIEST_NS - first, not_before_ns - first)
    turns = force_onset + late + _since(cue.rise_s, cue.hold_s, cue.fall_s)
    if cue.led:
        # The first beat is answered; the others are foreseen and met, so nothing adds up.
        turns = cue_ns + _since(cue.rise_s, cue.hold_s, cue.fall_s)
        missed = np.clip(rng.standard_normal(3), -3, 3) * person.beat_sd_ms * 1e6
        turns = turns + np.rint(missed).astype(np.int64)
        least = _since(_LEAST_S, _LEAST_S, _LEAST_S)
        turns = np.maximum.accumulate(np.maximum(turns, force_onset + late + least) - least) + least
    hold_start, hold_end, force_off = map(int, turns)
    return Pull(
        number=number,
        cue=cue,
        cue_ns=cue_ns,
        drive_ns=drive + late,
        onsets_ns={code: t + late for code, t in onsets.items()},
        force_onset_ns=force_onset + late,
        hold_start_ns=hold_start,
        hold_end_ns=hold_end,
        force_off_ns=force_off,
        emd_ns=emd,
        delayed_ns=late,
    )


def free_after(pull: Pull) -> int:
    """Earliest lab time, ns, at which the next pull can show; a metronome leaves no rest."""
    return pull.force_off_ns if pull.cue.led else pull.stop_ns + _REST_NS


def _ms(value: float) -> int:
    return round(value * 1e6)


def _since(*phases_s: float) -> NDArray[np.int64]:
    """Return the end of each phase, ns since the first of them began."""
    return np.cumsum([round(phase * 1e9) for phase in phases_s], dtype=np.int64)


def drive(muscle: Muscle, pull: Pull, t: Floats) -> Floats:
    """Return the true relative amplitude of a muscle in a pull (1 = its greatest contraction).

    Parameters
    ----------
    t
        (n,) seconds since the onset of this muscle.

    Returns
    -------
    Floats
        (n,) expected RMS relative to the muscle's own greatest contraction; 0 before 0 s.
    """
    if muscle.code not in pull.onsets_ns:
        return np.zeros(len(t))
    onset = pull.onsets_ns[muscle.code]
    shape: Rise = muscle.rise if pull.cue.pull == "fast" else "linear_amplitude"
    rise_s = muscle.rise_ms / 1e3 if pull.cue.pull == "fast" else pull.cue.rise_s
    if pull.cue.led:
        rise_s = (pull.hold_start_ns - pull.force_onset_ns) * 1e-9
    phases = muscle.phases
    levels = (phases.pull, phases.hold, phases.back)
    if pull.cue.pull == "reference":
        levels = (1.0, 1.0, 1.0)
    share = muscle.tasks.share(pull.cue.task)
    if share is not None:
        levels = (share, share, share)
    # The muscle runs ahead of its force by the delay; it is quiet 50 ms before the force is.
    lead = pull.emd_ns
    turns = np.array(
        [
            pull.hold_start_ns - lead - onset,
            pull.hold_end_ns - lead - onset,
            max(pull.hold_end_ns, pull.force_off_ns - 150_000_000) - lead - onset,
        ]
    )
    level = pull.cue.level
    return program(t, shape, rise_s, (levels[0] * level, levels[1] * level, levels[2] * level),
                   turns * 1e-9)  # fmt: skip


def percent_of_reference(muscle: Muscle, pull: Pull) -> dict[str, float]:
    """Return the true RMS in each phase of the pull, per cent of the reference contraction."""
    if muscle.code not in pull.onsets_ns:
        return dict.fromkeys(pull.phases_ns, 0.0)
    onset = pull.onsets_ns[muscle.code]
    result = {}
    for phase, (start, stop) in pull.phases_ns.items():
        t = np.arange(start - onset, stop - onset, 500_000, dtype=np.float64) * 1e-9
        result[phase] = 100.0 * float(np.sqrt(np.mean(drive(muscle, pull, t) ** 2)))
    return result


def pull_force(force: Force, pull: Pull, seed: int, t_ns: Floats) -> Floats:
    """Force of one pull, newtons, without baseline and sensor noise.

    Parameters
    ----------
    t_ns
        (n,) lab time relative to the force onset, ns.
    """
    peak = force.peak_n * pull.cue.level
    rise_s = (pull.hold_start_ns - pull.force_onset_ns) * 1e-9
    fall_s = (pull.force_off_ns - pull.hold_end_ns) * 1e-9
    hold_end_s = (pull.hold_end_ns - pull.force_onset_ns) * 1e-9
    t = t_ns * 1e-9
    u = np.clip(t / rise_s, 0.0, 1.0)
    # Nearly straight at first (a maximal pull), flattening towards the plateau.
    curve = np.sin(0.5 * np.pi * u) if pull.cue.pull == "fast" else u
    curve = curve * (0.5 + 0.5 * np.cos(np.pi * np.clip((t - hold_end_s) / fall_s, 0.0, 1.0)))
    if force.steadiness_percent > 0.0:
        rng = generator(seed, "steadiness", pull.number)
        frequency = rng.uniform(0.7, 6.0, 8)
        phase = rng.uniform(0.0, 2.0 * np.pi, 8)
        # Eight sines of equal height: RMS = height * sqrt(8 / 2).
        tremor = np.sin(2.0 * np.pi * t[:, None] * frequency + phase).sum(axis=1) / 2.0
        curve = curve * (1.0 + force.steadiness_percent / 100.0 * tremor)
    return np.asarray(peak * curve)
