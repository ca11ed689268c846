"""What a protocol may not say, beyond what the types of its keys refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator

from labapp import paths
from labapp.trials.schema import Block, ProtocolFile, Step

BREATHS = ("in", "out", "free")
MAX_STEP_S = 600.0
MAX_REPETITIONS = 1000

_HOLDING = re.compile(r"hold(ing)?\s+(your\s+|the\s+)?breath", re.IGNORECASE)
_FORBIDDING = re.compile(r"(not|never|without|no)\s+$", re.IGNORECASE)


def mistakes(spec: ProtocolFile) -> Iterator[tuple[str, str, str]]:
    """Place, mistake and remedy of everything the types alone cannot refuse."""
    if not paths.is_safe_name(spec.id):
        yield "$.id", f"{spec.id!r} is no file name", "use letters, digits, '.', '_' and '-'"
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", spec.language):
        yield "$.language", f"{spec.language!r} is no language tag", "write 'en' or 'de'"
    if not spec.channels.required:
        yield "$.channels.required", "is empty", "name the muscles and the force channel"
    for key in ("contraindications", "stop"):
        texts = getattr(spec.safety, key)
        if not texts or not all(text.strip() for text in texts):
            yield f"$.safety.{key}", "has no text", "say when not to begin and when to stop"
    if not any(i.language == spec.language and i.text.strip() for i in spec.instructions):
        yield "$.instructions", f"has no text in {spec.language!r}", "add one"
    for i, instruction in enumerate(spec.instructions):
        yield from _breath_holding(f"$.instructions[{i}].text", instruction.text)
    names = [block.name for block in spec.blocks]
    if not names or len(set(names)) != len(names):
        yield "$.blocks", f"names {names} are missing or repeated", "give each block its own name"
    for i, block in enumerate(spec.blocks):
        yield from _block_mistakes(f"$.blocks[{i}]", block)
    analysed = sum(block.repetitions for block in spec.blocks if block.role == "analysed")
    if not 1 <= spec.acceptance.min_valid_reps <= analysed:
        yield (
            "$.acceptance.min_valid_reps",
            f"{spec.acceptance.min_valid_reps} of {analysed} analysed repetitions",
            "ask for between 1 and all of them",
        )


def _block_mistakes(place: str, block: Block) -> Iterator[tuple[str, str, str]]:
    if block.sets < 1 or block.reps < 1 or block.repetitions > MAX_REPETITIONS:
        yield (
            f"{place}.reps",
            f"{block.sets} sets of {block.reps}",
            f"ask for 1 to {MAX_REPETITIONS} repetitions",
        )
    for key in ("rest_s", "set_rest_s", "after_s"):
        if not 0 <= getattr(block, key) <= MAX_STEP_S:
            yield f"{place}.{key}", f"{getattr(block, key)} s", f"use 0 to {MAX_STEP_S:g} s"
    if not 0 < block.load.level <= 1:
        yield f"{place}.load.level", f"{block.load.level}", "use a share of the maximum, 0 to 1"
    if sum(step.mark == "cue" for step in block.steps) != 1:
        yield f"{place}.steps", "need exactly one step with mark = 'cue'", "mark the pull"
    yield from _breath_holding(f"{place}.instruction", block.instruction)
    for i, step in enumerate(block.steps):
        yield from _step_mistakes(f"{place}.steps[{i}]", step)


def _step_mistakes(place: str, step: Step) -> Iterator[tuple[str, str, str]]:
    ends = (step.duration_s is not None) + (step.uniform_s is not None) + (step.event is not None)
    if ends != 1:
        yield (
            place,
            f"step {step.name!r} has {ends} of duration_s, uniform_s and event",
            "give exactly one of them",
        )
    if step.duration_s is not None and not 0 < step.duration_s <= MAX_STEP_S:
        yield f"{place}.duration_s", f"{step.duration_s} s", f"use more than 0, ≤ {MAX_STEP_S:g} s"
    if step.uniform_s is not None and not 0 < step.uniform_s[0] < step.uniform_s[1] <= MAX_STEP_S:
        yield f"{place}.uniform_s", f"{list(step.uniform_s)} s", "give [shortest, longest] in s"
    if step.breath not in BREATHS:
        yield (
            f"{place}.breath",
            f"{step.breath!r} is not one of {', '.join(BREATHS)}",
            "a protocol never asks a person to hold the breath",
        )
    if not step.text.strip():
        yield f"{place}.text", "is empty", "say what the person does"
    yield from _breath_holding(f"{place}.text", step.text)


def _breath_holding(place: str, text: str) -> Iterator[tuple[str, str, str]]:
    """Texts that ask for breath-holding; "do not hold your breath" is welcome."""
    for match in _HOLDING.finditer(text):
        if not _FORBIDDING.search(text[: match.start()]):
            yield (
                place,
                f"{match.group(0)!r} asks for breath-holding",
                "cue breathing in, out or free",
            )
