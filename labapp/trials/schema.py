"""The keys of a protocol file, one struct per table."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import numpy as np

Role = Literal["reference", "practice", "analysed"]
Phase = Literal["pre", "con", "hold", "ecc", "rest"]
Mark = Literal["", "foreperiod", "cue", "hold", "relax"]
Tone = Literal["", "go", "end"]


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


class Load(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How hard: ``level`` is the aimed share of the person's maximum, 0 … 1."""

    type: str
    level: float = 1.0
    progression: str = "none"


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
    """

    name: str
    title: str
    role: Role
    pull: Literal["fast", "reference", "ramp"]
    sets: int
    reps: int
    rest_s: float
    set_rest_s: float
    after_s: float
    instruction: str
    load: Load
    steps: tuple[Step, ...]
    optional: bool = False

    @property
    def repetitions(self) -> int:
        """Planned repetitions over all sets."""
        return self.sets * self.reps

    @property
    def cue_index(self) -> int:
        """Index of the step that begins with the cue."""
        return next(i for i, step in enumerate(self.steps) if step.mark == "cue")

    def rest_after(self, number: int) -> float:
        """Rest after repetition ``number`` (1-based), s."""
        if number >= self.repetitions:
            return self.after_s
        return self.set_rest_s if number % self.reps == 0 else self.rest_s

    @property
    def typical_s(self) -> float:
        """Expected duration with all rests, s."""
        once = sum(step.typical_s for step in self.steps)
        rests = sum(self.rest_after(number) for number in range(1, self.repetitions + 1))
        return self.repetitions * once + rests

    def cue_data(self) -> dict[str, Any]:
        """Say what the cue asks for: pull, level, seconds to reach it and seconds to hold it."""
        after = self.steps[self.cue_index :]
        return {
            "pull": self.pull,
            "level": self.load.level,
            "ramp_s": sum(step.typical_s for step in after if step.phase == "con"),
            "hold_s": sum(step.typical_s for step in after if step.phase == "hold"),
        }


class Acceptance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the recording must offer before its result is read as one."""

    min_valid_reps: int
    notes: tuple[str, ...] = ()


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
