"""A protocol's words in the language in use, for the card, the participant and the choice of test.

What drives a run and what is written stays as the file has it; only what is shown changes.
"""

from __future__ import annotations

from dataclasses import replace

from labapp.errors import LabError
from labapp.translate import phrase, spoken_language, tr
from labapp.trials.protocol import Protocol, load_protocol
from labapp.trials.state import RunState
from labapp.workflow.spoken import spoken

_OWN_STEPS = (phrase("rest"), phrase("start"))
"""Names that a run gives to the time between repetitions and before the first."""


def told(protocol: Protocol | None, text: str) -> str:
    """Return a text of a protocol, or one of a run's own (``Rest.``), in the language in use."""
    if protocol is not None and (words := protocol.say(text, spoken_language())) != text:
        return words
    return spoken(text)


def listed(name: str) -> str:
    """Return a protocol's line in a list: its title, as it is called everywhere else."""
    known = _known(name)
    return name.replace("_", " ").capitalize() if known is None else told(known, known.title)


def part_listed(protocol: str, block: str) -> str:
    """Return the title of a part of a protocol that is known here, else the name it was given."""
    words, _, turn = block.partition(".")
    words = words.replace("_", " ").capitalize()
    known = _known(protocol)
    if known is not None and (one := known.block(block)) is not None:
        words = told(known, one.title)
    return tr("{part}, round {n}", part=words, n=turn) if turn else words


def item_told(protocol: str, text: str) -> str:
    """Return a text of a protocol's forms in the language in use, by the protocol's name."""
    return told(_known(protocol) if text else None, text)


def number_words(protocol: Protocol | None, text: str) -> str:
    """Return the name of a number that can be adapted: of ours, or a step's with a capital."""
    if (words := tr(text)) != text:
        return words
    step = told(protocol, text[:1].lower() + text[1:])
    return step[:1].upper() + step[1:]


def instructions(protocol: Protocol) -> tuple[str, ...]:
    """Return what is read to the person before the first repetition, in the language in use."""
    language = spoken_language()
    mine = tuple(one.text for one in protocol.instructions if one.language == language)
    own = (one.text for one in protocol.instructions if one.language == protocol.language)
    return mine or tuple(told(protocol, text) for text in own)


def shown(state: RunState, protocol: Protocol | None) -> RunState:
    """Return a moment of a run as it is shown: its words in the language in use."""
    return replace(
        state,
        title=told(protocol, state.title),
        text=told(protocol, state.text),
        instruction=told(protocol, state.instruction),
        step=_step(protocol, state.step),
        steps=tuple(_step(protocol, name) for name in state.steps),
    )


def called(state: RunState) -> str:
    """Return the one word that a person reads from afar: what to do now, or how long to rest.

    It is the name of the step, written as the sentence has it where that says no more (``PULL``).

    Parameters
    ----------
    state
        As `shown` gives it, in the language in use.
    """
    if state.paused:
        return tr("Pause")
    sentence = state.text.split(". ")[0].rstrip(".")
    if state.over:
        return sentence
    name = state.step[:1].upper() + state.step[1:]
    word = sentence if sentence.casefold() == name.casefold() else name
    return f"{word} {state.countdown} s" if state.countdown else word


def heard_language(protocol: Protocol) -> str:
    """Return the language that a person reads and hears a protocol in now."""
    language = spoken_language()
    return language if language in protocol.spoken_languages() else protocol.language


def _known(name: str) -> Protocol | None:
    """Return a protocol by its name, None for no name and for one that cannot be read here.

    A session may be of a protocol from elsewhere: what its file names stays as it was written. Why
    a protocol cannot be read is told where it is chosen.
    """
    try:
        return load_protocol(name) if name else None
    except LabError:
        return None


def _step(protocol: Protocol | None, name: str) -> str:
    return tr(name) if name in _OWN_STEPS else told(protocol, name)
