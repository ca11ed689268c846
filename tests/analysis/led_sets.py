"""Sessions of slow pulls that a metronome leads, with known truth, from the simulated person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labapp.analysis import EmgChannel, ForceChannel, RecordingInput, StreamFacts
from labapp.analysis.filters import band_pass
from labapp.analysis.inputs import BlockFacts
from labapp.simulate.person import drive
from labapp.simulate.scenario import Muscle, Person, Phases, Scenario
from labapp.simulate.world import World
from labapp.trials.repetitions import Cue, find_repetitions

RATE = 1000
TEMPO = {"pull": 2.0, "hold": 1.0, "return": 2.0}
BEATS = (2.0, 1.0, 2.0)
CYCLE_S = 5.0
NOISE_UV = 4.0
SCENARIO = Scenario(
    "one muscle on both sides, the left at 5/7 of the right",
    generator="noise",
    person=Person(reaction_ms=200.0, reaction_sd_ms=20.0),
    muscles=(
        Muscle("RM_R", snr_db=26.0),
        Muscle("RM_L", snr_db=26.0, phases=Phases(pull=0.6, hold=0.5, back=0.25)),
    ),
)


@dataclass(frozen=True)
class Led:
    """A session and what is true of it: RMS at rest (µV), % in the beats of the hold."""

    inputs: RecordingInput
    rest_uv: dict[str, float]
    held: dict[str, float]


def led_session(seed, *, references=3, sets=2, reps=8, level=0.6, before_s=4.0, pause_s=12.0):
    """References of each side, then sets of slow pulls, left and right in turn.

    ``before_s`` is the rest before the first cue of each set, ``pause_s`` that between sets.
    """
    world = World(SCENARIO, seed)
    cues, pulls, facts = [], [], {}
    t = before_s
    plan = [(f"reference_{side}", side, "reference", references, 12.0) for side in "LR"]
    plan += [(f"{side}.{k + 1}", side, "ramp", reps, CYCLE_S) for k in range(sets) for side in "LR"]
    for block, side, kind, n, every in plan:
        facts[block] = BlockFacts(side=side)
        slow = kind == "ramp"
        data = {"pull": kind, "hold_s": 1.0 if slow else 4.0, "level": level if slow else 1.0}
        if slow:
            data |= {"rise_s": 2.0, "tempo_s": TEMPO}
        for number in range(1, n + 1):
            pulls.append(world.hear(round(t * 1e9), data))
            tempo = BEATS if slow else None
            cues.append(Cue(t, block, number, kind, data["hold_s"], tempo=tempo))
            t += every
        t += pause_s if n else 0.0
    return _sampled(world, pulls, cues, facts, np.arange(round((t - 5.0) * RATE)) / RATE, seed)


def _sampled(world, pulls, cues, facts, times, seed):
    rng = np.random.default_rng(seed)
    codes = [muscle.code for muscle in SCENARIO.muscles]
    noise = {code: NOISE_UV * rng.normal(size=len(times)) for code in codes}
    emg = {code: noise[code].copy() for code in codes}
    force = SCENARIO.force.baseline_n + SCENARIO.force.noise_n * rng.normal(size=len(times))
    held = {code: [] for code in codes}
    for pull, cue in zip(pulls, cues, strict=True):
        wave = world.waves(pull)
        first, stop = np.searchsorted(times, (wave.first_ns * 1e-9, pull.stop_ns * 1e-9))
        seen = wave.at(times[first:stop] * 1e9 - wave.first_ns)
        for column, code in enumerate(codes):
            emg[code][first:stop] += seen[:, column]
        force[first:stop] += seen[:, -1]
        if cue.tempo is not None:
            at = cue.time + np.arange(2.0, 3.0, 0.001)
            for muscle in SCENARIO.muscles:
                since = at - pull.onsets_ns[muscle.code] * 1e-9
                power = np.mean(np.square(drive(muscle, pull, since)))
                if muscle.code.endswith(f"_{facts[cue.block].side}"):
                    held[muscle.code].append(100 * np.sqrt(power))
    channels = [EmgChannel(code, 1e-6 * x, times, RATE) for code, x in emg.items()]
    inputs = RecordingInput(
        channels,
        find_repetitions(times, force, cues),
        ForceChannel(force, times, RATE, stream="emg"),
        streams={"emg": StreamFacts("bitalino", RATE, RATE, len(times), 0, 0)},
        session="led",
        version="0",
        blocks=facts,
        order_asked=False,
    )
    quiet = {
        code: float(np.sqrt(np.mean(np.square(band_pass(x, RATE, (20.0, 450.0))))))
        for code, x in noise.items()
    }
    return Led(inputs, quiet, {code: float(np.mean(x)) for code, x in held.items() if x})
