"""A protocol's texts in other languages: every text of the file once, with its translation.

The texts lie in the protocol's own file, so that what a person was told in another language
travels into the session word for word, and the file's checksum is one for all languages.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from labapp.trials.schema import Block, ProtocolFile


def texts_of(spec: ProtocolFile) -> tuple[str, ...]:
    """Return what is read, heard or said in a protocol, each text once, in order."""
    told = chain(
        (spec.title, spec.aim, spec.setup_text),
        spec.hypotheses,
        spec.equipment,
        (one.text for one in spec.instructions if one.language == spec.language),
        spec.safety.contraindications,
        spec.safety.stop,
        spec.acceptance.notes,
        (spec.sessions.note,) if spec.sessions is not None else (),
        _form_texts(spec),
        chain.from_iterable(_block_texts(block) for block in spec.blocks),
    )
    return tuple(dict.fromkeys(text for text in told if text))


def _form_texts(spec: ProtocolFile) -> Iterator[str]:
    for form in spec.forms:
        yield from (form.title, form.note)
        for item in form.items:
            yield from (item.text, item.unit, item.note, *item.choices)


def _block_texts(block: Block) -> Iterator[str]:
    yield from (block.title, block.instruction, block.condition, block.load.start)
    if block.load.progression != "none":
        yield block.load.progression
    for step in block.steps:
        yield from (step.name, step.text)


def translation_mistakes(
    spec: ProtocolFile, *, longest_step: int, longest_title: int
) -> Iterator[tuple[str, str, str]]:
    """Place, mistake and remedy: half a translation would mix two languages in one test."""
    texts = texts_of(spec)
    steps = {step.text for block in spec.blocks for step in block.steps}
    titles = {block.title for block in spec.blocks}
    for language, told in spec.translations.items():
        place = f"$.translations.{language}"
        missing = [text for text in texts if not told.get(text, "").strip()]
        if missing:
            yield place, f"has nothing for {missing[0]!r}", f"translate it ({len(missing)} lack)"
        unknown = [text for text in told if text not in texts]
        if unknown:
            yield place, f"{unknown[0]!r} is no text of this file", "write it as it stands above"
        for text, words in told.items():
            most = longest_step if text in steps else longest_title if text in titles else None
            if most is not None and len(words) > most:
                yield place, f"{words!r} has {len(words)} characters", f"use {most} at most"


def kept_translations(spec: ProtocolFile) -> dict[str, dict[str, str]]:
    """Return the translations that fit the texts as they are now; a new text stands for itself."""
    texts = texts_of(spec)
    return {
        language: {text: told.get(text, text) for text in texts}
        for language, told in spec.translations.items()
    }
