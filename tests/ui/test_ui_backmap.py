"""The drawn back: channels are carried to muscles with the mouse."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from labapp.ui import backsites
from labapp.ui.choices import EMG_CODES, simulated_devices
from labapp.ui.look import Look
from labapp.ui.pages.backmap import BackMap
from labapp.ui.pages.montage import MontageTable


@pytest.fixture
def pair(qtbot: QtBot, look: Look) -> tuple[BackMap, MontageTable]:
    table, back = MontageTable(look), BackMap(look)
    for widget in (table, back):
        qtbot.addWidget(widget)
        widget.show()
    table.changed.connect(lambda: back.set_channels(table.channels()))
    back.dropped.connect(table.assign)
    table.set_devices(simulated_devices())
    back.resize(back.sizeHint())
    return back, table


def drag(back: BackMap, start: QPointF | None, end: QPointF | None) -> None:
    assert start is not None
    assert end is not None
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(back, left, pos=start.toPoint())
    QTest.mouseMove(back, (start + end).toPoint() / 2)
    QTest.mouseMove(back, end.toPoint())
    assert not back.grab().isNull()
    QTest.mouseRelease(back, left, pos=end.toPoint())


def montage(table: MontageTable) -> dict[str, str]:
    return dict(table.devices()[0].montage)


USUAL = {"A1": "RM_R", "A2": "UT_R", "A3": "MT_R", "A4": "LT_R"}


def test_a_channel_is_carried_to_another_muscle(pair: tuple[BackMap, MontageTable]) -> None:
    back, table = pair
    assert montage(table) == USUAL
    drag(back, back.where("RM_R"), back.where("RM_L"))
    assert montage(table) == USUAL | {"A1": "RM_L"}
    assert "A1: rhomboid major, left" in back.accessibleDescription()


def test_what_lay_there_becomes_free_and_can_be_put_down_again(
    pair: tuple[BackMap, MontageTable],
) -> None:
    back, table = pair
    drag(back, back.where("RM_R"), back.where("UT_R"))
    assert montage(table) == {"A1": "UT_R", "A3": "MT_R", "A4": "LT_R"}
    assert table.doubled() == []
    box = back.chip(1)
    assert box is not None
    drag(back, box.center(), back.where("RM_R"))
    assert montage(table) == {"A1": "UT_R", "A2": "RM_R", "A3": "MT_R", "A4": "LT_R"}
    assert back.chip(1) is None


def test_off_the_back_frees_a_channel(pair: tuple[BackMap, MontageTable]) -> None:
    back, table = pair
    drag(back, back.where("LT_R"), QPointF(4, 150))
    assert montage(table) == {"A1": "RM_R", "A2": "UT_R", "A3": "MT_R"}
    before = montage(table)
    drag(back, QPointF(4, 150), back.where("LT_R"))  # nothing was taken hold of
    assert montage(table) == before


def test_every_muscle_of_the_table_is_drawn_and_has_its_own_place() -> None:
    places = {}
    for code in (c for c in EMG_CODES if c.endswith(("_R", "_L"))):
        found = backsites.place(code)
        assert found is not None, code
        site, at, towards = found
        assert site.rule.endswith(".")
        assert at != towards
        assert 0 < at[0] < backsites.WIDTH
        assert 0 < at[1] < backsites.HEIGHT
        places[code] = at
    for a in places:
        for b in places:
            if a < b:
                gap = QPoint(round(places[a][0]), round(places[a][1])) - QPoint(
                    round(places[b][0]), round(places[b][1])
                )
                assert gap.manhattanLength() > 14, (a, b)
    assert backsites.place("F_PULL") is None
