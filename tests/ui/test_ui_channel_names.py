"""Channels that name their muscle are put on it on the page Set up, to be seen and taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lsl_streams import answer_at_once
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from labapp.ui.opening import Opening
from labapp.ui.pages.setup import SetupPage

Open = Callable[..., Opening]
SAID: dict[str, dict[str, Any]] = {
    "lsl://EMG": {
        "channels": 3,
        "names": ["Rhomboid major R", "UT-L", "x"],
        "units": ["uV"] * 3,
        "unit": "",
    },
    "lsl://More": {"channels": 2, "names": ["UT left", "LT_R"], "units": ["uV"] * 2, "unit": ""},
}


@pytest.fixture(autouse=True)
def streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two streams that answer at once; nothing else is connected."""
    answer_at_once(monkeypatch, SAID)


def tick(
    qtbot: QtBot, setup: SetupPage, row: int, state: Qt.CheckState = Qt.CheckState.Checked
) -> None:
    item = setup.ports.item(row, 0)
    assert item is not None
    item.setCheckState(state)
    qtbot.waitUntil(lambda: not setup.ports.unanswered(), timeout=5_000)


def test_named_channels_lie_on_their_muscles_until_somebody_chooses(
    qtbot: QtBot, open_window: Open
) -> None:
    opening = open_window()
    assert opening.work is not None
    setup = opening.work.setup
    setup.serial.click()
    setup.devices.streams.click()
    qtbot.waitUntil(lambda: setup.ports.rowCount() == 2, timeout=5_000)
    tick(qtbot, setup, 0)
    lying = setup.lying
    assert setup.montage.codes() == ("RM_R", "UT_L", "")
    assert not lying.named.isHidden()
    assert "Rhomboid major R, UT-L" in lying.named.text()
    lying.undo.click()
    assert setup.montage.codes() == ("", "", "")
    assert lying.named.isHidden()
    lying.redo.click()
    assert setup.montage.codes() == ("RM_R", "UT_L", "")
    # What somebody chose stays, also when another stream comes, and what it names twice is left.
    combo = setup.montage.cellWidget(0, 1)
    assert isinstance(combo, QComboBox)
    combo.setCurrentIndex(combo.findData("PD_R"))
    assert "Rhomboid" not in lying.named.text()
    tick(qtbot, setup, 1)
    assert setup.montage.codes() == ("PD_R", "UT_L", "", "", "LT_R")
    # A stream that the study knows keeps its montage.
    for state in (Qt.CheckState.Unchecked, Qt.CheckState.Checked):
        tick(qtbot, setup, 0, state)
    assert set(setup.montage.codes()) == {"PD_R", "UT_L", "", "LT_R"}
