"""What a protocol may not say, beyond what the types of its keys refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator

from labapp import paths
from labapp.trials.forms import form_mistakes
from labapp.trials.schema import BEGINNINGS, Block, Feedback, ProtocolFile, Step
from labapp.trials.translations import translation_mistakes

BREATHS = ("in", "out", "free")
MAX_STEP_S = 600.0
MAX_REPETITIONS = 1000
MAX_STEP_TEXT = 60
"""Characters of the big words on the card: read at a glance, from three metres."""
MAX_TITLE = 40

_HOLDING = re.compile(
    r"hold(ing)?\s+(your\s+|the\s+)?breath"
    r"|(die\s+|den\s+)?(luft|atem)\s+an(zu)?halten"
    r"|halten?\s+(sie\s+)?(die\s+luft|den\s+atem)\s+an\b",
    re.IGNORECASE,
)
_FORBIDDING = re.compile(r"(not|never|without|no|nicht|nie|niemals|ohne)\s+$", re.IGNORECASE)
_LANGUAGE = r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"


def mistakes(spec: ProtocolFile) -> Iterator[tuple[str, str, str]]:
    """Place, mistake and remedy of everything the types alone cannot refuse."""
    if not paths.is_safe_name(spec.id):
        yield "$.id", f"{spec.id!r} is no file name", "use letters, digits, '.', '_' and '-'"
    if not re.fullmatch(_LANGUAGE, spec.language):
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
        if block.form and block.form not in [form.id for form in spec.forms]:
            yield f"$.blocks[{i}].form", f"{block.form!r} is no form here", "add it to [[forms]]"
    for i, form in enumerate(spec.forms):
        yield from form_mistakes(f"$.forms[{i}]", form)
    yield from _ordering_mistakes(spec)
    yield from _translation_mistakes(spec)
    if spec.feedback is not None:
        yield from _feedback_mistakes(spec.feedback, names)
    tasks = {block.task for block in spec.blocks if block.task}
    if len(tasks) == 1:
        yield "$.blocks", f"only the selectivity task {tasks.pop()}", "the index needs T1 and T2"
    if spec.plate and not paths.is_safe_name(spec.plate):
        yield "$.plate", f"{spec.plate!r} is no file name", "name a sheet of hardware/plates"
    if spec.sessions is not None and not (
        2 <= spec.sessions.count <= 20 and 0 <= spec.sessions.min_days <= spec.sessions.max_days
    ):
        yield "$.sessions", "does not say how often and how far apart", "count from 2, days from 0"
    counted = [block for block in spec.blocks if block.role == "analysed"] or [
        block for block in spec.blocks if block.role != "practice"
    ]
    analysed = sum(block.repetitions for block in counted)
    if not 1 <= spec.acceptance.min_valid_reps <= analysed:
        yield (
            "$.acceptance.min_valid_reps",
            f"{spec.acceptance.min_valid_reps} of {analysed} analysed repetitions",
            "ask for between 1 and all of them",
        )


def _translation_mistakes(spec: ProtocolFile) -> Iterator[tuple[str, str, str]]:
    for language, told in spec.translations.items():
        if language == spec.language or not re.fullmatch(_LANGUAGE, language):
            yield f"$.translations.{language}", "is no other language", "write a tag such as 'de'"
        for text in told.values():
            yield from _breath_holding(f"$.translations.{language}", text)
    yield from translation_mistakes(spec, longest_step=MAX_STEP_TEXT, longest_title=MAX_TITLE)


def _feedback_mistakes(feedback: Feedback, blocks: list[str]) -> Iterator[tuple[str, str, str]]:
    if not {feedback.over, feedback.under} <= set(feedback.bars):
        yield "$.feedback.bars", "lack a muscle of the ratio", "add it to the bars"
    if feedback.over == feedback.under:
        yield "$.feedback.over", f"{feedback.over!r} over itself", "name two muscles"
    if feedback.baseline not in blocks:
        yield "$.feedback.baseline", f"{feedback.baseline!r} is no block", "name a block"
    if not 0.1 <= feedback.times <= 10:
        yield "$.feedback.times", f"{feedback.times:g}", "use 0.1 to 10"


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
    if (block.load.step is None) != (not block.load.unit) or (block.load.step or 1.0) <= 0:
        yield f"{place}.load.step", "step and unit do not go together", "give both, step above 0"
    if not block.title.strip() or len(block.title) > MAX_TITLE:
        yield f"{place}.title", f"{len(block.title)} characters", f"use 1 to {MAX_TITLE}"
    wanted = "start" if block.pull == "none" else "cue"
    begins = [step.mark for step in block.steps if step.mark in BEGINNINGS]
    if begins != [wanted]:
        yield f"{place}.steps", f"need exactly one step with mark = {wanted!r}", "mark the pull"
    else:
        yield from _lead_in_mistakes(place, block)
    if (block.role == "selectivity") != bool(block.task):
        yield f"{place}.task", f"{block.task!r} in a block of role {block.role}", "give both"
    if block.feedback_share is not None and not 0 <= block.feedback_share <= 1:
        yield f"{place}.feedback_share", f"{block.feedback_share}", "use a share, 0 to 1"
    yield from _breath_holding(f"{place}.instruction", block.instruction)
    for i, step in enumerate(block.steps):
        yield from _step_mistakes(f"{place}.steps[{i}]", step)


def _lead_in_mistakes(place: str, block: Block) -> Iterator[tuple[str, str, str]]:
    """Find steps once per set that do not come first, and beats that do not fill the steps."""
    early = [step.once_per_set for step in block.steps]
    if early != sorted(early, reverse=True) or any(early[block.cue_index :]):
        yield f"{place}.steps", "once_per_set after other steps", "put these steps first"
    metronome = block.metronome
    if metronome is None:
        return
    if not 10 <= metronome.bpm <= 240 or not 1 <= metronome.beats <= 64:
        yield (
            f"{place}.metronome",
            f"{metronome.beats} beats at {metronome.bpm:g} a minute",
            "use 10 to 240 beats a minute, 1 to 64 a repetition",
        )
        return
    timed = block.steps[block.cue_index :]
    length = sum(step.duration_s or 0.0 for step in timed)
    beats_s = metronome.beats * metronome.beat_s
    if any(step.duration_s is None for step in timed) or abs(length - beats_s) > 1e-3:
        yield (
            f"{place}.metronome",
            f"beats last {beats_s:g} s, the steps from the cue on {length:g} s",
            "let beats and steps last equally long",
        )


def _ordering_mistakes(spec: ProtocolFile) -> Iterator[tuple[str, str, str]]:
    blocks = {block.name: block for block in spec.blocks}
    seen: set[str] = set()
    for i, ordering in enumerate(spec.orderings):
        place = f"$.orderings[{i}]"
        unknown = [name for name in ordering.blocks if name not in blocks]
        if unknown or len(set(ordering.blocks)) < max(2, len(ordering.blocks)):
            yield place, f"blocks {list(ordering.blocks)}", "name two or more blocks, each once"
            continue
        if seen & set(ordering.blocks):
            yield place, f"{sorted(seen & set(ordering.blocks))} are in two", "use each block once"
        seen |= set(ordering.blocks)
        if ordering.kind == "abba" and len({blocks[name].sets for name in ordering.blocks}) > 1:
            yield place, "blocks have different numbers of sets", "give them equal sets"


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
    if len(step.text) > MAX_STEP_TEXT:
        yield f"{place}.text", f"{len(step.text)} characters", f"use {MAX_STEP_TEXT} at most"
    if step.target_percent is not None and not 0 <= step.target_percent <= 100:
        yield f"{place}.target_percent", f"{step.target_percent}", "use 0 to 100 %"
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
