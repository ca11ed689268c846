"""Nothing is cut off or covered on the pages Run and Result, in a low window and in German."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from example_document import example_document
from layout_faults import layout_faults
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from labapp.translate import speak
from labapp.trials.protocol import Protocol, load_protocol
from labapp.trials.run import ProtocolRun, RunState
from labapp.ui.glossary import explained
from labapp.ui.guides import Moment
from labapp.ui.opening import Opening
from labapp.ui.pages.run import RunPage
from labapp.ui.work import Work
from labapp.workflow.biofeedback import BarsNow
from labapp.workflow.live_force import ForceNow
from labapp.workflow.live_levels import Level
from labapp.workflow.progression import Proposal
from labapp.workflow.protocol_words import shown

Open = Callable[..., Opening]
BARS = BarsNow((("UT_R", 22.0), ("LT_R", 28.0)), ("UT_R", "LT_R"), 0.79, 0.8, (), 180.0)
LEVELS = {code: Level(1e-4, 60.0) for code in ("RM_R", "UT_R", "MT_R", "LT_R")}
LOOK = SimpleNamespace(
    light="cannot tell", asked="RM_R", told=None, lags={},
    reasons=("RM_R: signal-to-noise ratio 4 dB, an order needs 10 dB",),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    speak("en")


def steps(protocol: Protocol, name: str) -> Iterator[RunState]:
    """Every step of the first repetition of a block."""
    run, seen = ProtocolRun(protocol, seed=1, start_ns=0), set[str]()
    while run.state.block != name or run.state.repetition == 1:
        assert run.next_ns is not None, "the step waits for a key"
        if run.state.block == name and run.state.step not in seen:
            seen.add(run.state.step)
            yield run.state
        run.tick(run.next_ns)


def states(work: Work) -> Iterator[str]:
    """Go through what the card of the run says and shows."""
    run: RunPage = work.run
    for name, block_name in (
        ("isometric_pull_levels", "ramp"),
        ("scapular_retraction_biofeedback", "feedback_full"),
        ("seated_cable_row_slow", "work"),
        ("isometric_pull", "fast"),
    ):
        protocol = load_protocol(name)
        run.card.set_plan(protocol)
        run.card.show_ready(protocol, optional=True)
        if name == "seated_cable_row_slow":
            run.card.loads.show_proposals(
                [Proposal(block_name, "Slow rows", 52.5, "kg", more=True, reasons=("all met",))]
            )
        else:
            run.card.loads.show_proposals(())
        yield f"{name}, ready"
        run.card.set_plan(protocol, protocol.blocks)
        block = protocol.block(block_name)
        assert block is not None
        for state in steps(protocol, block_name):
            said = shown(state, protocol)
            run.card.show_state(said, Moment(block, state, BARS, ForceNow(250.0, 58.0)))
            yield f"{name}, {state.step}"
    run.feedback.show_levels(LEVELS)
    run.feedback.show_look(LOOK)  # type: ignore[arg-type]
    yield "what the last pull showed"
    run.remarks.ask_reason()
    run.card.show_state(said, None)
    yield "why is it left out"
    run.remarks.ask_effort(2)
    run.card.show_state(said, None)
    yield "how hard was it"


@pytest.mark.parametrize(("language", "scale"), [("de", 1.0), ("en", 1.5)])
def test_the_page_run_has_no_faults(open_window: Open, language: str, scale: float) -> None:
    opening = open_window(language=language, scale=scale)
    window, work = opening.window, opening.work
    assert work is not None
    window.resize(1280, 720 if scale == 1.0 else 800)
    window.go("run")
    faults: dict[str, Any] = {}
    for name in states(work):
        for _ in range(4):
            QApplication.processEvents()
        faults[name] = layout_faults(window)
        hint = window.minimumSizeHint()
        if hint.width() > window.width() or hint.height() > window.height():
            faults[name].append(f"needs a window of {hint.width()} x {hint.height()}")
        across = work.run.card.scroller
        if across.horizontalScrollBar().maximum():
            faults[name].append("is wider than its card")
        if scale == 1.0 and "ready" not in name and across.verticalScrollBar().maximum():
            faults[name].append("is higher than its card")
    assert {name: found for name, found in faults.items() if found} == {}
    assert len(faults) == 24


def test_a_session_without_an_order_shows_no_empty_charts(open_window: Open, tmp_path: Any) -> None:
    work = open_window().work
    assert work is not None
    document = example_document("not interpretable")
    headline = "Not applicable: the protocol asks for no order of onsets."
    document["verdict"] |= {"headline": headline, "reasons": []}
    document["repetitions"], document["ratios"] = [], {}
    page = work.result
    work.window.go("result")
    page.set_document(document, tmp_path / "AB-014.h5")
    assert page.state.text() == "Not applicable"
    for card in (page.raster_card, page.forest_card, page.first_card, page.look_at):
        assert not card.isVisible()
    assert page.ratio_none.text() == "There is no pull to take ratios from."
    reference = page.record_card.findChild(QLabel, "reference_words")
    assert reference is not None
    assert "RM right 400 µV" in reference.text().replace("\xa0", " ")
    page.set_document(example_document(), tmp_path / "AB-014.h5")
    assert page.raster_card.isVisible()
    assert page.forest_card.isVisible()


def test_terms_are_explained_where_they_stand(open_window: Open, tmp_path: Any) -> None:
    assert explained("a word") == ""
    assert explained("SNR 4 dB").startswith("Signal-to-noise ratio")
    assert explained("lags of onsets").count("\n") == 1
    work = open_window().work
    assert work is not None
    work.window.go("result")
    work.result.set_document(example_document("not interpretable"), tmp_path / "AB-014.h5")
    reason = work.result.verdict.findChild(QLabel, "reason_0")
    assert reason is not None
    assert "decibels" in reason.toolTip()
    assert work.result.headline.textFormat() == Qt.TextFormat.PlainText
