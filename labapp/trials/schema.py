"""The keys of a protocol file, one struct per table."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import numpy as np

from labapp.trials.forms import Form

Role = Literal["reference", "practice", "selectivity", "analysed"]
Phase = Literal["pre", "con", "hold", "ecc", "rest"]
Mark = Literal["", "foreperiod", "cue", "start", "hold", "relax"]
Tone = Literal["", "go", "end"]
PullKind = Literal["fast", "reference", "ramp", "none"]
Task = Literal["", "T1", "T2"]
Side = Literal["", "L", "R"]
LoadUnit = Literal["", "kg", "%", "plates", "band"]

SUBMAXIMAL = "submaximal"
"""Type of load of a reference contraction that is not maximal, and the pull it then is."""
BEGINNINGS: tuple[Mark, ...] = ("cue", "start")
"""Marks of a step that begins what is measured: a pull, or a stretch without one."""


class Channels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Montage codes (``"RM_R"``, ``"F_PULL"``) the protocol needs or can use."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


class Instruction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is read to the person before the first repetition, in one language."""

    language: str
    text: str


class Safety(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When the test must not begin, and when it must end."""

    contraindications: tuple[str, ...]
    stop: tuple[str, ...]
    screening_required: bool


class Gate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must be met, in ``sessions`` sessions in a row, before the load goes up."""

    sessions: int = 2
    tempo_adherence_percent: float | None = None
    cmc: float | None = None
    force_cv_percent: float | None = None
    rpe_max: float | None = None


class Load(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How hard: ``level`` is the aimed share of the person's maximum, 0 … 1.

    ``start`` says how the first load is chosen, ``progression`` how it grows, ``gate`` when.
    ``step`` in ``unit`` is by how much it grows; with ``%`` a share of the load before.
    """

    type: str
    level: float = 1.0
    start: str = ""
    progression: str = "none"
    gate: Gate | None = None
    step: float | None = None
    unit: LoadUnit = ""


class Metronome(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Beats that lead a repetition: the first falls on the cue, ``beats`` fill the repetition."""

    bpm: float
    beats: int

    @property
    def beat_s(self) -> float:
        """Seconds from beat to beat."""
        return 60.0 / self.bpm


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One stretch of a repetition.

    Exactly one of ``duration_s`` (fixed), ``uniform_s`` (random between two bounds, seconds)
    and ``event = "next"`` (waits for the operator) says when it ends. ``mark`` names the event
    that is written into the recording at its first instant; ``cue`` is the moment the person
    is told to pull.
    """

    name: str
    phase: Phase
    text: str
    breath: str
    duration_s: float | None = None
    uniform_s: tuple[float, float] | None = None
    event: Literal["next"] | None = None
    mark: Mark = ""
    tone: Tone = ""
    once_per_set: bool = False
    target_percent: float | None = None

    @property
    def typical_s(self) -> float:
        """Expected duration, s (0 where the operator decides)."""
        if self.duration_s is not None:
            return self.duration_s
        return sum(self.uniform_s) / 2 if self.uniform_s is not None else 0.0

    def seconds(self, key: tuple[int, ...]) -> float | None:
        """Duration, s; a random one is decided by ``key``; None where the operator decides."""
        if self.uniform_s is None:
            return self.duration_s
        return float(np.random.default_rng(key).uniform(*self.uniform_s))


class Block(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Repetitions of one kind: ``sets`` sets of ``reps``, with rest between and after.

    ``rest_s`` follows a repetition, ``set_rest_s`` replaces it at the end of a set and
    ``after_s`` at the end of the block. An ``optional`` block runs only when asked for.

    ``task`` marks the two selectivity tasks of the rhomboid electrode (T1: elevation, T2: hand
    behind the back), ``side`` the side that works, ``condition`` what is compared (``"eyes
    closed"``). ``breath_cue`` writes each change of breath into the recording. In a share
    ``feedback_share`` of the repetitions, drawn from the seed, the person sees the live bars.
    ``form`` names the form that the operator fills in during the block.
    """

    name: str
    title: str
    role: Role
    pull: PullKind
    sets: int
    reps: int
    rest_s: float
    set_rest_s: float
    after_s: float
    instruction: str
    load: Load
    steps: tuple[Step, ...]
    optional: bool = False
    metronome: Metronome | None = None
    breath_cue: bool = False
    task: Task = ""
    side: Side = ""
    condition: str = ""
    feedback_share: float | None = None
    form: str = ""

    @property
    def repetitions(self) -> int:
        """Planned repetitions over all sets."""
        return self.sets * self.reps

    @property
    def cue_index(self) -> int:
        """Index of the step that begins with the cue, or with the start of the measurement."""
        return next(i for i, step in enumerate(self.steps) if step.mark in BEGINNINGS)

    def first_step(self, number: int) -> int:
        """Index of the first step of repetition ``number`` (1-based)."""
        if (number - 1) % self.reps == 0:
            return 0
        return next(i for i, step in enumerate(self.steps) if not step.once_per_set)

    def rest_after(self, number: int) -> float:
        """Rest after repetition ``number`` (1-based), s."""
        if number >= self.repetitions:
            return self.after_s
        return self.set_rest_s if number % self.reps == 0 else self.rest_s

    @property
    def typical_s(self) -> float:
        """Expected duration with all rests, s."""
        steps = sum(
            step.typical_s * (self.sets if step.once_per_set else self.repetitions)
            for step in self.steps
        )
        rests = sum(self.rest_after(number) for number in range(1, self.repetitions + 1))
        return steps + rests

    def cue_data(self) -> dict[str, Any]:
        """Say what the cue asks for: pull, level, seconds to reach it and seconds to hold it.

        What only some blocks have (task, side, condition, tempo) is left out in the others.
        """
        after = self.steps[self.cue_index :]
        spans = {
            name: sum(step.typical_s for step in after if step.phase == phase)
            for name, phase in (("pull", "con"), ("hold", "hold"), ("return", "ecc"))
        }
        data: dict[str, Any] = {
            "pull": self.pull,
            "level": self.load.level,
            "ramp_s": spans["pull"],
            "hold_s": spans["hold"],
        }
        if self.pull == "none":
            data = {"duration_s": self.steps[self.cue_index].typical_s}
        elif self.pull == "reference" and self.load.type == SUBMAXIMAL:
            data["reference"] = SUBMAXIMAL
        elif self.pull == "ramp":
            data["rise_s"] = spans["pull"]
        for name in ("task", "side", "condition", "form"):
            if getattr(self, name):
                data[name] = getattr(self, name)
        if self.metronome is not None and self.pull != "none":
            data["tempo_s"] = spans
        return data


class Acceptance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the recording must offer before its result is read as one."""

    min_valid_reps: int
    notes: tuple[str, ...] = ()


class Ordering(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Blocks whose order the seed decides.

    ``random`` shuffles whole blocks; ``abba`` runs them set by set, forwards and backwards in
    turn (A B, B A, A B …), and the seed decides which of them begins.
    """

    blocks: tuple[str, ...]
    kind: Literal["random", "abba"]


class Feedback(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the live bars show where a block has a ``feedback_share``: activation, and a ratio.

    ``bars`` are the muscles (``"UT"``); the ratio ``over`` to ``under`` is to stay at or below
    ``times`` what it was, as a geometric mean, in the block ``baseline``.
    """

    bars: tuple[str, ...]
    over: str
    under: str
    baseline: str
    times: float


class Sessions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often the whole protocol is done, and how many days apart."""

    count: int
    min_days: float
    max_days: float
    note: str = ""


class ProtocolFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of a protocol file."""

    id: str
    version: str
    language: str
    title: str
    aim: str
    setup_text: str
    channels: Channels
    instructions: tuple[Instruction, ...]
    safety: Safety
    blocks: tuple[Block, ...]
    acceptance: Acceptance
    analysis: tuple[str, ...]
    hypotheses: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    report_sections: tuple[str, ...] = ()
    orderings: tuple[Ordering, ...] = ()
    forms: tuple[Form, ...] = ()
    sessions: Sessions | None = None
    feedback: Feedback | None = None
    translations: dict[str, dict[str, str]] = {}
    """By language tag: every text of the file as key, and what it is in that language."""
    plate: str = ""
    """Sheet of the force plate in ``hardware/plates`` (``"four_cells"``), where one is stood on."""
