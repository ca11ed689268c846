"""What the page Set up asks for, in words that can be read one way only."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtTest import QTest

from labapp import translate
from labapp.ui.opening import Opening

Open = Callable[..., Opening]


def test_a_name_typed_for_a_code_does_not_stand_in_the_top_bar(open_window: Open) -> None:
    opening = open_window()
    assert opening.work is not None
    setup, crumb = opening.work.setup, opening.window.topbar.crumb
    QTest.keyClicks(setup.participant, "Anna Schmidt")
    assert "Anna" not in crumb.text()
    assert "is not a pseudonym" in setup.hint.text()
    setup.participant.clear()
    QTest.keyClicks(setup.participant, "AB-014")
    assert "AB-014" in crumb.text()


def test_places_of_a_plate_are_told_apart(open_window: Open) -> None:
    opening = open_window()
    assert opening.work is not None
    setup = opening.work.setup
    QTest.keyClicks(setup.participant, "AB-014")
    setup.test.choose("quiet_standing", practice=False)
    places = "plate, front left; plate, front right; plate, rear left; plate, rear right."
    assert setup.test.needs.text() == f"Needs channels for: {places}"
    assert setup.hint.text() == f"The protocol needs a channel for {places}"
    setup.test.choose("isometric_pull", practice=False)
    assert "RM right, UT right" in setup.test.needs.text()
    assert "12\u00a0×\u00a0fast pulls" in setup.test.length.text()


def test_german_titles_keep_their_capital(open_window: Open) -> None:
    opening = open_window()
    assert opening.work is not None
    setup = opening.work.setup
    translate.speak("de")
    try:
        setup.test.choose("screening", practice=False)
        assert "1\u00a0×\u00a0Rotation" in setup.test.length.text()
    finally:
        translate.speak("en")
