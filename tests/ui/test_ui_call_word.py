"""The word of a step on the page Run is read from 3 m, whatever the protocol and the language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QApplication

from labapp import paths
from labapp.translate import speak
from labapp.trials.protocol import Protocol, load_protocol
from labapp.trials.run import ProtocolRun, RunState
from labapp.ui.opening import Opening
from labapp.ui.pages.callword import CallWord
from labapp.ui.work import Work
from labapp.workflow.protocol_words import shown

Open = Callable[..., Opening]
SHIPPED = sorted(one.stem for one in paths.bundled("protocols").glob("*.toml"))


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    speak("en")


def millimetres(word: CallWord) -> float:
    """Height of the capitals on a screen with 96 pixels to the inch."""
    return QFontMetricsF(word.font_now()).capHeight() / 96 * 25.4


def moments(protocol: Protocol) -> Iterator[RunState]:
    """Every step, the longest rest, a pause and both ends of a run, in the language in use."""
    first = ProtocolRun(protocol, seed=1, start_ns=0).state
    for block in protocol.blocks:
        for step in block.steps:
            said = replace(first, block=block.name, step=step.name, text=step.text)
            yield shown(said, protocol)
        longest = round(max(block.rest_s, block.set_rest_s, block.after_s))
        rest = replace(first, block=block.name, step="rest", text="Rest.", countdown=longest)
        yield shown(rest, protocol)
    yield shown(replace(first, paused=True), protocol)
    yield shown(replace(first, finished=True, text="Finished. Thank you."), protocol)
    yield shown(replace(first, stopped=True, text="Stopped."), protocol)


def too_small(work: Work, *, least: float = 15.0) -> dict[str, float]:
    """Words of all shipped protocols whose capitals are lower than ``least`` millimetres."""
    card, found, steps = work.run.card, {}, 0
    for name in SHIPPED:
        protocol = load_protocol(name)
        card.set_plan(protocol, protocol.blocks)
        for state in moments(protocol):
            card.show_state(state, None)
            if not steps:
                for _ in range(6):
                    QApplication.processEvents()
            steps += 1
            height = millimetres(card.call.word)
            if height < least:
                found[card.call.word.word] = height
    assert len(SHIPPED) == 13
    assert steps > 300
    return found


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_step_of_every_protocol_is_read_from_three_metres(
    open_window: Open, language: str
) -> None:
    opening = open_window(language=language)
    window, work = opening.window, opening.work
    assert work is not None
    window.resize(1280, 800)
    window.go("run")
    assert not work.run.card.call.isVisible()
    assert too_small(work) == {}
    assert work.run.card.call.isVisible()
    assert work.run.card.call.height() <= 120
    work.run.card.show_ready(load_protocol("isometric_pull"), optional=False)
    assert not work.run.card.call.isVisible()
    window.resize(900, 800)  # too narrow for long words: smaller, never cut
    protocol = load_protocol("scapular_retraction_biofeedback")
    state = replace(ProtocolRun(protocol, seed=1, start_ns=0).state, step="a very long step")
    work.run.card.show_state(state, None)
    for _ in range(6):
        QApplication.processEvents()
    word = work.run.card.call.word
    assert millimetres(word) < 15
    assert QFontMetricsF(word.font_now()).horizontalAdvance(word.word) <= word.width()
