"""What is true in a simulated laboratory: the scenario file.

All amplitudes of muscles are relative to their own greatest contraction (1.0), which is what
a reference contraction reaches; the scale in microvolts follows from the signal-to-noise
ratio that the scenario asks for (`muscle.maximum_uv`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from labapp.errors import LabError
from labapp.load import read_toml
from labapp.simulate.effort import Phases, Share, Tasks
from labapp.simulate.standing import Standing

Rise = Literal["linear_amplitude", "linear_variance", "cosine", "step", "exponential", "sigmoid"]
Generator = Literal["motor_units", "noise"]
Transport = Literal["bluetooth", "ftdi16", "ftdi1", "cdc"]

Microvolts = Annotated[float, Meta(ge=0, le=1000)]
Code = Annotated[str, Meta(pattern=r"^[A-Z][A-Za-z0-9_]{0,15}$")]


class Muscle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One muscle and the electrode pair above it.

    Attributes
    ----------
    snr_db
        Signal-to-noise ratio of a fast pull at level 1: ``10 log10(max P10 / baseline - 1)``,
        P10 the 10 Hz low-pass of the squared 20-450 Hz signal. Ignored when ``silent``.
    noise_uv
        RMS of the amplifier and skin noise in 20-450 Hz, microvolts.
    rise, rise_ms
        Shape and length of the rise of the amplitude in a fast pull.
    onset_ms, onset_sd_ms
        Onset relative to the drive of the person (negative: earlier), and its SD over pulls.
    units, rate_min_hz, rate_max_hz
        Motor units and their firing rates at recruitment and at full drive.
    phases, tasks
        How strongly it works in a pull, and in the selectivity tasks.
    ecg_uv, hum_uv
        Height of the R wave and RMS of the mains hum in this channel.
    """

    code: Code
    snr_db: Annotated[float, Meta(ge=0, le=50)] = 20.0
    noise_uv: Annotated[float, Meta(ge=0.1, le=200)] = 4.0
    silent: bool = False
    rise: Rise = "cosine"
    rise_ms: Annotated[float, Meta(ge=0, le=2000)] = 50.0
    onset_ms: Annotated[float, Meta(ge=-300, le=300)] = 0.0
    onset_sd_ms: Annotated[float, Meta(ge=0, le=60)] = 3.5
    phases: Phases = Phases()
    tasks: Tasks = Tasks()
    units: Annotated[int, Meta(ge=20, le=400)] = 150
    rate_min_hz: Annotated[float, Meta(ge=5, le=20)] = 12.0
    rate_max_hz: Annotated[float, Meta(ge=15, le=60)] = 32.0
    ecg_uv: Microvolts = 0.0
    hum_uv: Microvolts = 0.0

    def __post_init__(self) -> None:
        if self.rate_max_hz <= self.rate_min_hz:
            raise ValueError(
                f"rate_max_hz {self.rate_max_hz:g} is not above rate_min_hz {self.rate_min_hz:g}"
            )


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the simulated person answers a cue.

    The force starts ``emd_ms`` (electromechanical delay) after the mean onset of the muscles.
    Where a metronome leads, the first beat is answered with that delay too; the later ones are
    expected, and missed by ``beat_sd_ms`` (SD) only.
    """

    reaction_ms: Annotated[float, Meta(ge=150, le=2000)] = 230.0
    reaction_sd_ms: Annotated[float, Meta(ge=0, le=500)] = 25.0
    emd_ms: Annotated[float, Meta(ge=5, le=200)] = 50.0
    emd_sd_ms: Annotated[float, Meta(ge=0, le=50)] = 3.0
    hold_s: Annotated[float, Meta(ge=0.1, le=60)] = 1.0
    beat_sd_ms: Annotated[float, Meta(ge=0, le=200)] = 30.0
    reference_rise_s: Annotated[float, Meta(ge=0.2, le=10)] = 1.0


class Force(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The pull as the load cell feels it."""

    code: Code = "F_PULL"
    peak_n: Annotated[float, Meta(gt=0, le=5000)] = 250.0
    rise_ms: Annotated[float, Meta(ge=50, le=3000)] = 250.0
    fall_ms: Annotated[float, Meta(ge=50, le=3000)] = 400.0
    steadiness_percent: Annotated[float, Meta(ge=0, le=30)] = 1.5
    baseline_n: Annotated[float, Meta(ge=-500, le=500)] = 3.0
    noise_n: Annotated[float, Meta(ge=0, le=50)] = 0.15


class Ecg(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The heart; its height in each channel is ``ecg_uv`` of the muscle."""

    rate_bpm: Annotated[float, Meta(ge=30, le=200)] = 66.0


class Hum(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mains; its RMS in each channel is ``hum_uv`` of the muscle."""

    frequency_hz: Annotated[float, Meta(ge=16, le=400)] = 50.0


class Device(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Clock and wire of one device.

    Attributes
    ----------
    ppm
        Error of the device's rate: +50 takes 50 samples in a million too many.
    warmup_ppm
        Drift of the rate from the start to a warm device, time constant 400 s.
    wander_ppm
        Random walk of the rate, ppm per square root of a second.
    stall_per_minute, stall_max_ms
        Bluetooth only: pauses of the radio and the longest of them. Up to 100 ms a caller may
        take chunks one ahead of time; beyond that it must ask `next_arrival_ns` first.
    loss
        Probability that a frame is lost on its own.
    bursts_per_minute, burst_frames
        Losses of several frames in a row, and their shortest and longest length.
    corruption
        Probability that a frame arrives with a burst of at most four wrong bits, which any
        check sum of four bits or more tells.
    missing_bytes
        Probability that a frame arrives one byte short. What stands next to such a break is
        not certain either: a decoder may give up sound neighbours.
    clock
        Law of its clock: ``"crystal"`` (the figures above), or ``"rc"`` as in an HX711: 5 to 17 %
        fast, growing 0.2 % slower while warming up, wandering 5 ppm per square root of a second.
    resets_s, dead_s
        Seconds after the start of the stream at which the device resets itself, and how long it
        then sends nothing before it counts from 0.
    transport_delay_ms
        Constant delay of everything the device sends, beyond what its transport does.
    filter_delay_ms
        Constant delay of what its converter sees (EMG, force, analogue pulses); bits and
        device events do not pass the converter.
    """

    transport: Transport | None = None
    ppm: Annotated[float, Meta(ge=-5000, le=5000)] = 0.0
    warmup_ppm: Annotated[float, Meta(ge=-500, le=500)] = 5.0
    wander_ppm: Annotated[float, Meta(ge=0, le=100)] = 0.02
    stall_per_minute: Annotated[float, Meta(ge=0, le=60)] = 3.0
    stall_max_ms: Annotated[float, Meta(ge=60, le=5000)] = 95.0
    loss: Annotated[float, Meta(ge=0, le=0.5)] = 0.0
    bursts_per_minute: Annotated[float, Meta(ge=0, le=60)] = 0.0
    burst_frames: tuple[Annotated[int, Meta(ge=1)], Annotated[int, Meta(le=10000)]] = (2, 12)
    corruption: Annotated[float, Meta(ge=0, le=0.5)] = 0.0
    missing_bytes: Annotated[float, Meta(ge=0, le=0.5)] = 0.0
    clock: Literal["crystal", "rc"] = "crystal"
    resets_s: tuple[Annotated[float, Meta(gt=0)], ...] = ()
    dead_s: Annotated[float, Meta(ge=0.1, le=60)] = 2.3
    transport_delay_ms: Annotated[float, Meta(ge=0, le=300)] = 0.0
    filter_delay_ms: Annotated[float, Meta(ge=0, le=300)] = 0.0

    def __post_init__(self) -> None:
        if self.burst_frames[0] > self.burst_frames[1]:
            raise ValueError(f"burst_frames {list(self.burst_frames)} is not [shortest, longest]")


class SyncLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Synchronisation pulses on a line that all devices see.

    They reach digital inputs and trigger inputs by themselves, and analogue channels whose
    montage code is ``TRIG``; an analogue channel with the code ``COPY`` carries the force.

    Attributes
    ----------
    first_s
        The first pulse, s after the start of the recording.
    interval_s
        Shortest and longest time from pulse to pulse.
    width_ms, rise_ms
        Length of a pulse, and time constant of its edges in an analogue channel.
    height
        Height of a pulse, and of 1.25 times the greatest force in a copy, as a share of the
        channel's range.
    copy_noise
        RMS noise of a copy, as a share of the channel's range.
    """

    first_s: Annotated[float, Meta(ge=0, le=3600)] = 1.0
    interval_s: tuple[Annotated[float, Meta(ge=0.2)], Annotated[float, Meta(le=60)]] = (0.6, 1.4)
    width_ms: Annotated[float, Meta(ge=1, le=1000)] = 100.0
    rise_ms: Annotated[float, Meta(ge=0, le=5)] = 0.5
    height: Annotated[float, Meta(gt=0, le=1)] = 0.6
    copy_noise: Annotated[float, Meta(ge=0, le=0.1)] = 0.003

    def __post_init__(self) -> None:
        if self.interval_s[0] > self.interval_s[1] or self.width_ms > 800 * self.interval_s[0]:
            raise ValueError(
                f"interval_s {list(self.interval_s)} must be [shortest, longest] and leave pauses "
                f"between pulses of {self.width_ms:g} ms"
            )


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pulls when nobody gives cues: at these times after the start, then every so often."""

    pulls_s: tuple[Annotated[float, Meta(ge=0)], ...] = ()
    every_s: Annotated[float, Meta(ge=3, le=3600)] | None = 10.0

    def __post_init__(self) -> None:
        if list(self.pulls_s) != sorted(self.pulls_s):
            raise ValueError("pulls_s must rise")


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole laboratory.

    ``crosstalk`` gives, per channel (by the muscle it is meant for), the amplitude fraction of
    other muscles that it also sees: ``{RM_R = {MT_R = 0.1}}``. ``devices`` is keyed by the id
    of the stream or the name of the driver. ``standing`` is how the person stands on a force
    plate, where one is recorded.
    """

    title: str
    muscles: tuple[Muscle, ...]
    generator: Generator = "motor_units"
    person: Person = Person()
    force: Force = Force()
    ecg: Ecg = Ecg()
    hum: Hum = Hum()
    crosstalk: dict[str, dict[str, Share]] = {}
    devices: dict[str, Device] = {}
    script: Script = Script()
    sync: SyncLine | None = None
    standing: Standing = Standing()

    def __post_init__(self) -> None:
        codes = [muscle.code for muscle in self.muscles]
        if not codes:
            raise ValueError("a scenario needs at least one muscle")
        if len(set(codes)) < len(codes) or self.force.code in codes:
            raise ValueError(f"codes of muscles and force must differ: {', '.join(codes)}")
        for channel, sources in self.crosstalk.items():
            for code in (channel, *sources):
                if code not in codes:
                    raise ValueError(f"crosstalk names {code!r}, which is not among the muscles")

    def muscle(self, code: str) -> Muscle:
        """Return the muscle of that code.

        Raises
        ------
        LabError
            If the scenario has no such muscle.
        """
        for muscle in self.muscles:
            if muscle.code == code:
                return muscle
        known = ", ".join([*(muscle.code for muscle in self.muscles), self.force.code])
        raise LabError(
            f"scenario {self.title!r} has no muscle {code!r}", f"wire channels to one of: {known}"
        )


_FOLDER = Path(__file__).parent / "scenarios"


def list_scenarios() -> tuple[str, ...]:
    """Return the names of the scenarios that ship with the program."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def load_scenario(name_or_path: str | Path) -> Scenario:
    """Read a scenario.

    Parameters
    ----------
    name_or_path
        Name of a shipped scenario, or the path of a TOML file.

    Raises
    ------
    LabError
        If there is no such scenario, or the file is not a valid one (naming the place).
    """
    name = str(name_or_path)
    if name in list_scenarios():
        return read_toml(_FOLDER / f"{name}.toml", Scenario)
    if name.endswith(".toml") or isinstance(name_or_path, Path):
        return read_toml(Path(name_or_path), Scenario)
    raise LabError(
        f"no scenario named {name!r}",
        f"use one of {', '.join(list_scenarios())}, or the path of a .toml file",
    )
