"""Where in a repetition a person is: what guides of breath, force and sound are drawn from.

Pure functions of a block and of a moment of its run; nothing here sees a random wait coming.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from labapp.trials.ordering import base_name
from labapp.trials.schema import Block, ProtocolFile
from labapp.trials.state import RunEvent, RunState

COUNTED_S = 3
"""Seconds that are counted down aloud."""
SHORTEST_COUNTED_S = 5.0
"""Rests shorter than this end without a count: the next pull is expected anyway."""
TOLERANCE_PERCENT = 10.0
"""Half width of the band around a force target, % of the target."""


@dataclass(frozen=True, slots=True)
class Breath:
    """How to breathe now: ``way`` is ``in``, ``out`` or ``free``; ``share`` of it is over, 0 … 1.

    ``fullness`` says how full the chest is asked to be, 0 … 1: what a guide draws.
    """

    way: str
    share: float

    @property
    def fullness(self) -> float:
        """0 after breathing out, 1 after breathing in, a half where it is free."""
        if self.way == "in":
            return self.share
        return 1.0 - self.share if self.way == "out" else 0.5


def has_breath_guide(block: Block) -> bool:
    """Whether a block leads the breath: in and out in turn, each for a fixed time."""
    ways = {step.breath for step in block.steps if step.duration_s is not None}
    return {"in", "out"} <= ways


def breath_now(block: Block, state: RunState) -> Breath:
    """Breath at a moment of a run; steps in a row with the same breath are one breath."""
    index = _step_index(block, state)
    if index is None or state.breath not in ("in", "out") or block.steps[index].duration_s is None:
        return Breath("free", 0.0)
    first, last = index, index
    steps = block.steps
    while first > 0 and _breathes_on(block, first - 1, state.breath):
        first -= 1
    while last + 1 < len(steps) and _breathes_on(block, last + 1, state.breath):
        last += 1
    whole = sum(step.typical_s for step in steps[first : last + 1])
    over = sum(step.typical_s for step in steps[first:index])
    over += state.progress * steps[index].typical_s
    return Breath(state.breath, min(1.0, over / whole) if whole > 0 else 1.0)


def _breathes_on(block: Block, index: int, way: str) -> bool:
    step = block.steps[index]
    return step.breath == way and step.duration_s is not None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a block stands in a run: ``number`` of ``of``, what is compared, who chose the order.

    ``order`` is ``drawn`` where the seed shuffled the block with others, ``turns`` where it runs
    set by set in turn with others, else empty.
    """

    number: int
    of: int
    condition: str
    order: Literal["drawn", "turns", ""]


def place_of(protocol: ProtocolFile, blocks: Sequence[Block], name: str) -> Place | None:
    """Place of the block ``name`` among the ``blocks`` of a run; None for a name not there."""
    for number, block in enumerate(blocks, 1):
        if block.name == name:
            kind = next(
                (one.kind for one in protocol.orderings if base_name(name) in one.blocks), ""
            )
            order: Literal["drawn", "turns", ""] = (
                "drawn" if kind == "random" else "turns" if kind == "abba" else ""
            )
            return Place(number, len(blocks), block.condition, order)
    return None


def has_target(block: Block) -> bool:
    """Whether a block asks for a force to follow."""
    return any(step.target_percent is not None for step in block.steps)


def target_path(block: Block) -> tuple[tuple[float, float], ...]:
    """Force to follow after the cue: (s since the cue, % of the maximum), joined by straight lines.

    A pull that is not a ramp has to be at its target at once: its line is level. Empty where a
    block has no target.
    """
    path: list[tuple[float, float]] = []
    at, level = 0.0, 0.0
    for step in block.steps[block.cue_index :]:
        if step.target_percent is None:
            if path:
                break
        else:
            if not path:
                path.append((at, level if block.pull == "ramp" else step.target_percent))
            path.append((at + step.typical_s, step.target_percent))
            level = step.target_percent
        at += step.typical_s
    return tuple(path)


def target_at(path: tuple[tuple[float, float], ...], since_cue_s: float) -> float | None:
    """Target at a time after the cue, % of the maximum; None outside the line."""
    for (t0, y0), (t1, y1) in pairwise(path):
        if t0 <= since_cue_s <= t1:
            return y0 + (y1 - y0) * (since_cue_s - t0) / (t1 - t0) if t1 > t0 else y1
    return None


def since_cue_s(block: Block, state: RunState) -> float | None:
    """Seconds since the cue of this repetition; None before it, in a rest, and when it is over."""
    index = _step_index(block, state)
    if index is None or index < block.cue_index or state.over:
        return None
    over = sum(step.typical_s for step in block.steps[block.cue_index : index])
    return over + state.progress * block.steps[index].typical_s


def _step_index(block: Block, state: RunState) -> int | None:
    return next((i for i, step in enumerate(block.steps) if step.name == state.step), None)


class Sounds:
    """Chooses what is heard in a run, one sound at an instant.

    ``go`` and ``end`` are the tones of the protocol, ``beat`` and ``accent`` those of its
    metronome (accented where a step begins), ``in`` and ``out`` lead the breath, ``count`` is
    each of the last three seconds before a repetition begins.
    """

    def __init__(self) -> None:
        self._taken_ns = -1
        self._counted: tuple[object, ...] = ()

    def of_events(self, block: Block | None, events: list[RunEvent]) -> list[str]:
        """Sounds of the events of one instant or more, in order of time."""
        heard = []
        for event in sorted(events, key=lambda e: (e.t_ns, _RANK.get(e.kind, 9))):
            name = self._of_event(block, event)
            if name and event.t_ns != self._taken_ns:
                self._taken_ns = event.t_ns
                heard.append(name)
        return heard

    def _of_event(self, block: Block | None, event: RunEvent) -> str:
        if event.kind == "tone":
            return str(event.data.get("tone", "go"))
        if event.kind == "breath":
            way = str(event.data.get("breath", ""))
            return way if way in ("in", "out") else ""
        if event.kind == "tick":
            return "accent" if accented(block, int(event.data.get("beat", 0))) else "beat"
        return ""

    def of_moment(self, block: Block | None, state: RunState) -> str:
        """``count`` on entering each of the last three seconds before a repetition, else empty."""
        left = seconds_to_count(block, state)
        if left is None:
            return ""
        moment = (state.block, state.set, state.repetition, state.step, left)
        if moment == self._counted:
            return ""
        self._counted = moment
        return "count"


_RANK = {"tone": 0, "breath": 1, "tick": 2}


def accented(block: Block | None, beat: int) -> bool:
    """Whether a beat of the metronome begins a step."""
    if block is None or block.metronome is None or beat < 1:
        return False
    at, begins = 0.0, []
    for step in block.steps[block.cue_index :]:
        begins.append(at)
        at += step.typical_s
    t = (beat - 1) * block.metronome.beat_s
    return any(abs(t - begin) < 1e-3 for begin in begins)


def seconds_to_count(block: Block | None, state: RunState) -> int | None:
    """Whole seconds left to be counted, 3 to 1; None where nothing is counted.

    Counted are the end of a rest, and a fixed step right before the cue unless a metronome counts
    in. A random wait is never counted: nobody may hear the beep coming.
    """
    if block is None or state.paused or state.over or state.remaining_s is None:
        return None
    left = int(state.remaining_s + 0.999)
    if not 1 <= left <= COUNTED_S:
        return None
    if state.step == "rest" and state.countdown is not None:
        rest = state.remaining_s / max(1e-9, 1.0 - state.progress)
        return left if rest >= SHORTEST_COUNTED_S else None
    index = _step_index(block, state)
    if index is None or index + 1 != block.cue_index or block.metronome is not None:
        return None
    return left if block.steps[index].duration_s is not None else None
