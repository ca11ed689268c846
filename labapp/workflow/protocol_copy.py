"""A protocol of one's own: a copy with other numbers, checked while it is typed, kept as a file.

What may be changed is what laboratories do differently: name, repetitions, load, rests, tempo.
Texts, safety and the order of steps stay; who wants to change those edits the TOML file.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from msgspec import structs

from labapp import load, paths
from labapp.errors import LabError
from labapp.report.saving import save
from labapp.translate import phrase, tr
from labapp.trials.protocol import Protocol, parse_protocol
from labapp.trials.schema import Block, ProtocolFile, Step
from labapp.trials.translations import kept_translations
from labapp.trials.validate import mistakes
from labapp.workflow.naming import ensure_folder
from labapp.workflow.protocol_words import told
from labapp.workflow.toml_text import toml_of

PHASES: Final = {"con": "pull", "hold": "hold", "ecc": "return"}


@dataclass(frozen=True)
class Number:
    """One number that can be changed.

    ``key`` is ``reps`` or, within blocks, ``fast.reps``; ``text`` is its name in words,
    ``whole`` says that it has no decimals.
    """

    key: str
    block: str
    text: str
    unit: str
    value: float
    whole: bool = False


@dataclass(frozen=True)
class Mistake:
    """What is wrong in a draft: the key of the number (empty: the whole), and what to do."""

    key: str
    text: str


@dataclass
class Draft:
    """A copy under way: the protocol it is made from, its new name, and the changed numbers."""

    source: Protocol
    name: str = ""
    title: str = ""
    changed: dict[str, str] = field(default_factory=dict)

    def numbers(self) -> tuple[Number, ...]:
        """Every number that can be changed, as the source has it."""
        found = []
        for block in self.source.blocks:
            found += list(_numbers(block))
        least = self.source.acceptance.min_valid_reps
        found.append(
            Number("min_valid_reps", "", phrase("Repetitions needed"), "", least, whole=True)
        )
        return tuple(found)


def begin_copy(source: Protocol) -> Draft:
    """Start a copy under a free name; its title is in the language in use."""
    taken = paths.listing("protocols", ".toml")
    number = 1
    while (name := f"{source.id}_own{number if number > 1 else ''}") in taken:
        number += 1
    return Draft(source, name, tr("{title}, own", title=told(source, source.title)))


def _numbers(block: Block) -> list[Number]:
    def one(key: str, text: str, unit: str, value: float, *, whole: bool = False) -> Number:
        return Number(f"{block.name}.{key}", block.title, text, unit, value, whole)

    found = [
        one("sets", phrase("Sets"), "", block.sets, whole=True),
        one("reps", phrase("Repetitions a set"), "", block.reps, whole=True),
        one("rest_s", phrase("Rest after each"), "s", block.rest_s),
        one("set_rest_s", phrase("Rest after a set"), "s", block.set_rest_s),
        one("after_s", phrase("Rest after the block"), "s", block.after_s),
    ]
    if block.load.type != "none":
        found.append(
            one(
                "level",
                phrase("Load as a share of the maximum"),
                "%",
                round(100 * block.load.level, 3),
            )
        )
    if block.metronome is not None:
        found.append(one("bpm", phrase("Tempo"), "beats/min", block.metronome.bpm))
        return found
    for index, step in enumerate(block.steps):
        if step.duration_s is not None and step.phase in PHASES and index >= block.cue_index:
            found.append(one(f"step{index}", step.name.capitalize(), "s", step.duration_s))
    return found


def read_number(number: Number, text: str) -> float:
    """Read what was typed for a number.

    Raises
    ------
    LabError
        No number, or a broken one where whole ones are asked.
    """
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise LabError(f"{text.strip()[:20]!r} is no number", "type digits")
    if number.whole and value != round(value):
        raise LabError(f"{value:g} is broken", "type a whole number")
    return value


def check_draft(draft: Draft) -> tuple[Mistake, ...]:
    """Say everything that is wrong with a draft; empty when it can be saved."""
    found = []
    if not paths.is_safe_name(draft.name):
        found.append(Mistake("name", "The name may have letters, digits, '.', '_' and '-'."))
    elif draft.name in paths.listing("protocols", ".toml"):
        found.append(Mistake("name", f"There is a protocol {draft.name} already."))
    if not draft.title.strip():
        found.append(Mistake("title", "The title is empty."))
    for number in draft.numbers():
        if number.key in draft.changed:
            try:
                read_number(number, draft.changed[number.key])
            except LabError as error:
                found.append(Mistake(number.key, f"{number.text}: {error}."))
    if found:
        return tuple(found)
    spec = _spec(draft)
    for place, what, remedy in mistakes(spec):
        key, words = _place(spec, place)
        found.append(Mistake(key, f"{words}: {what}; {remedy}."))
    return tuple(found)


def copy_text(draft: Draft) -> str:
    """Write a draft as the text of a protocol file.

    Raises
    ------
    LabError
        The draft has a mistake, or would not read back as it is.
    """
    wrong = check_draft(draft)
    if wrong:
        raise LabError(wrong[0].text.rstrip("."), "correct it")
    spec = _spec(draft)
    source = draft.source
    head = (
        f"# {draft.title.strip()}\n"
        f"# Adapted from {source.id} {source.version} (SHA-256 {source.sha256}).\n\n"
    )
    text = head + toml_of(spec)
    if load.parse_toml(text, ProtocolFile, name=draft.name) != spec:
        raise LabError(f"protocol {draft.name} would not read back as it is", "please report this")
    return text


def save_copy(draft: Draft) -> Path:
    """Keep a draft among the user's own protocols, from where every list finds it.

    Raises
    ------
    LabError
        As `copy_text`; or the folder cannot be written to.
    """
    text = copy_text(draft)
    parse_protocol(text, name=draft.name)
    folder = ensure_folder(paths.user("protocols"))
    return save(folder / f"{draft.name}.toml", text.encode("utf-8"))


def _spec(draft: Draft) -> ProtocolFile:
    """Return the source with the changes of a draft whose numbers can be read."""
    values = {
        number.key: read_number(number, draft.changed[number.key])
        for number in draft.numbers()
        if number.key in draft.changed
    }
    source = draft.source
    fields = {name: getattr(source, name) for name in ProtocolFile.__struct_fields__}
    fields |= {
        "id": draft.name,
        "title": draft.title.strip(),
        "version": source.version,
        "blocks": tuple(_changed(block, values) for block in source.blocks),
        "acceptance": structs.replace(
            source.acceptance,
            min_valid_reps=int(values.get("min_valid_reps", source.acceptance.min_valid_reps)),
        ),
    }
    spec = ProtocolFile(**fields)
    return structs.replace(spec, translations=kept_translations(spec))


def _changed(block: Block, values: dict[str, float]) -> Block:
    mine = {
        key.partition(".")[2]: value
        for key, value in values.items()
        if key.partition(".")[0] == block.name
    }
    fields: dict[str, Any] = {k: int(mine[k]) for k in ("sets", "reps") if k in mine}
    fields |= {k: mine[k] for k in ("rest_s", "set_rest_s", "after_s") if k in mine}
    if "level" in mine:
        fields["load"] = structs.replace(block.load, level=mine["level"] / 100)
    steps = list(block.steps)
    for index, step in enumerate(steps):
        if f"step{index}" in mine:
            steps[index] = structs.replace(step, duration_s=mine[f"step{index}"])
    if "bpm" in mine and block.metronome is not None:
        fields["metronome"] = structs.replace(block.metronome, bpm=mine["bpm"])
        if mine["bpm"] > 0:
            factor = block.metronome.bpm / mine["bpm"]
            steps = [
                _slower(step, factor) if index >= block.cue_index else step
                for index, step in enumerate(steps)
            ]
    return structs.replace(block, **fields, steps=tuple(steps))


def _slower(step: Step, factor: float) -> Step:
    """Stretch a step: beats and steps of a repetition last equally long."""
    if step.duration_s is None:
        return step
    return structs.replace(step, duration_s=round(step.duration_s * factor, 6))


def _place(spec: ProtocolFile, place: str) -> tuple[str, str]:
    """Key of the number that a validator's place speaks of, and its name in words."""
    match = re.match(r"\$\.blocks\[(\d+)\](?:\.(.*))?", place)
    if match is None:
        key = place.rpartition(".")[2]
        return key, "Repetitions needed" if key == "min_valid_reps" else place
    block = spec.blocks[int(match[1])]
    rest = match[2] or ""
    key = {"load.level": "level", "metronome": "bpm"}.get(rest, rest)
    if key == "reps" and block.sets < 1:
        key = "sets"  # sets times repetitions are out of range: this is the one that is wrong
    step = re.match(r"steps\[(\d+)\]", rest)
    if step is not None:
        key = f"step{step[1]}"
    return f"{block.name}.{key}", block.title
