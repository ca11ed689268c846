"""What a run says (events) and what the card on the screen shows (state)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Action = Literal["next", "redo", "reject", "pause", "marker", "stop"]
Dot = Literal["done", "rejected", "now", "todo"]
ACTIONS: tuple[Action, ...] = ("next", "redo", "reject", "pause", "marker", "stop")


@dataclass(frozen=True, slots=True)
class RunEvent:
    """Something that happened in a run; ``t_ns`` is its exact lab time.

    ``kind`` is one of block, foreperiod, cue, start, hold, relax, rest, tone, tick, breath,
    reject, redo, restart, pause, resume, marker, stop, finished; ``data`` holds JSON values only.
    """

    kind: str
    t_ns: int
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunState:
    """What the card on the screen shows.

    ``progress`` (0 … 1) and ``remaining_s`` belong to the current step; in a random foreperiod
    they are 0 and None, for whoever sees them coming is not surprised by the beep.
    ``countdown`` is the whole seconds left in a rest, else None. ``steps`` are the names of the
    block's steps with ``step`` among them (``"rest"`` between repetitions, ``"start"`` before
    the first). ``total_progress`` is the share of all repetitions that are over. ``beat`` counts
    the metronome's beats since the cue (0: none yet), negative ones count in. ``feedback`` says
    whether the person sees the live bars in this repetition, ``target_percent`` the force to
    follow, ``form`` which form is filled in now (empty: none).
    """

    block: str
    title: str
    repetition: int
    of: int
    set: int
    sets: int
    step: str
    steps: tuple[str, ...]
    phase: str
    text: str
    instruction: str
    breath: str
    progress: float
    remaining_s: float | None
    countdown: int | None
    dots: tuple[Dot, ...]
    total_progress: float
    elapsed_s: float
    waiting: bool
    paused: bool
    finished: bool
    stopped: bool
    beat: int = 0
    feedback: bool = False
    target_percent: float | None = None
    form: str = ""

    @property
    def over(self) -> bool:
        """Nothing more will happen."""
        return self.finished or self.stopped
