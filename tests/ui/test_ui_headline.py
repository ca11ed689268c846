"""What a session yielded that was asked for no order: on the page Result and in the library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from labapp.translate import speak
from labapp.ui.look import Look
from labapp.ui.pages.library import verdict_words
from labapp.ui.pages.verdictcard import VerdictCard
from labapp.ui.sessions import Entry

SWAY = "Sway speed: eyes open 12.3 mm/s (95 % interval 11.0 to 13.6; 3 trials)."
LOST = "1 of 4 trials could not be measured: rejected by the operator"


def document(state: str) -> dict[str, Any]:
    instead = {"state": state, "reasons": [LOST], "names": ["eyes open"]}
    verdict = {
        "state": "not interpretable",
        "muscle": None,
        "n_needed": None,
        "headline": SWAY,
        "reasons": ["the session has no EMG"],
        "instead": instead,
    }
    return {"participant": "AB-014", "protocol": "quiet_standing", "verdict": verdict}


@pytest.mark.parametrize(
    ("state", "word", "level"),
    [
        ("measured", "Measured", "good"),
        ("in part", "Measured in part", "grey"),
        ("undecided", "Cannot tell", "grey"),
        ("nothing", "Nothing measured", "grey"),
    ],
)
def test_the_card_says_what_was_measured(
    qtbot: QtBot, look: Look, state: str, word: str, level: str
) -> None:
    card = VerdictCard()
    qtbot.addWidget(card)
    card.show_document(document(state), Path("session.h5"))
    assert (card.state.text(), card.state.property("level")) == (word, level)
    assert card.headline.text().replace("\u00a0", " ") == SWAY
    chips = [one.text() for one in card.findChildren(QLabel) if "reason_" in one.objectName()]
    assert [text.replace("\u00a0", " ") for text in chips] == [LOST]  # and not "no EMG"
    (chip,) = (one for one in card.findChildren(QLabel) if one.objectName() == "reason_0")
    assert chip.property("level") == "grey"


def test_the_library_says_the_same_in_the_words_of_the_protocol() -> None:
    entry = Entry(
        Path("s.h5"), "session", protocol="quiet_standing", words=SWAY, names=("eyes open",)
    )
    assert verdict_words(entry).replace("\u00a0", " ") == SWAY
    speak("de")
    try:
        assert "Augen offen 12.3" in verdict_words(entry).replace("\u00a0", " ")
    finally:
        speak("en")
