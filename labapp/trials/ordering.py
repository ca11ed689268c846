"""In which order the blocks of a run come: as written, or as the seed decides.

A shuffled block keeps its name; one that is run set by set becomes parts named ``name.1``,
``name.2`` …, so that every repetition of a session has a name of its own. `base_name` leads back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from msgspec import structs

from labapp.trials.schema import Block, Ordering


@dataclass(frozen=True, slots=True)
class PlannedBlock:
    """One block of a run; ``place`` is its key for random draws, unique within the run."""

    block: Block
    place: int


def base_name(name: str) -> str:
    """Name of the block in the protocol file: ``"left.2"`` → ``"left"``."""
    stem, dot, part = name.rpartition(".")
    return stem if dot and part.isdigit() else name


def plan_blocks(
    blocks: Sequence[Block],
    orderings: Sequence[Ordering],
    *,
    seed: int,
    optional: bool = False,
) -> tuple[PlannedBlock, ...]:
    """Return the blocks of a run in the order of this seed; the same seed, the same order."""
    order = list(range(len(blocks)))
    parts: dict[int, list[PlannedBlock]] = {}
    index = {block.name: i for i, block in enumerate(blocks)}
    for number, ordering in enumerate(orderings):
        members = [index[name] for name in ordering.blocks]
        slots = sorted(order.index(member) for member in members)
        rng = np.random.default_rng((seed, number))
        if ordering.kind == "random":
            members = [members[k] for k in rng.permutation(len(members)).tolist()]
        else:
            members = members[::-1] if rng.integers(2) else members
            parts[members[0]] = _set_by_set(blocks, members)
            parts |= {member: [] for member in members[1:]}
        for slot, member in zip(slots, members, strict=True):
            order[slot] = member
    planned: list[PlannedBlock] = []
    for i in order:
        planned += parts.get(i, [PlannedBlock(blocks[i], i)])
    return tuple(one for one in planned if optional or not one.block.optional)


def _set_by_set(blocks: Sequence[Block], members: Sequence[int]) -> list[PlannedBlock]:
    """A1 B1, B2 A2, A3 B3 …; after the last set of all comes the rest after a block."""
    made: list[PlannedBlock] = []
    sets = blocks[members[0]].sets
    for round_ in range(sets):
        for member in members if round_ % 2 == 0 else reversed(members):
            block = blocks[member]
            one = structs.replace(
                block, name=f"{block.name}.{round_ + 1}", sets=1, after_s=block.set_rest_s
            )
            made.append(PlannedBlock(one, member + (round_ + 1) * len(blocks)))
    last = made[-1]
    ended = structs.replace(last.block, after_s=blocks[members[-1]].after_s)
    made[-1] = PlannedBlock(ended, last.place)
    return made
