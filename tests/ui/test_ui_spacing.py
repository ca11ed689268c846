"""Gaps follow the scale; a page shows by its bar alone that it has the keys."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from labapp.ui.flow import FlowLayout
from labapp.ui.look import Look
from labapp.ui.pages.page import Page
from labapp.ui.parts import label
from labapp.ui.spacing import space


def test_gaps_of_a_flow_follow_the_scale(qtbot: QtBot) -> None:
    root = QWidget()
    qtbot.addWidget(root)
    outer, flow = QVBoxLayout(root), FlowLayout(8)
    outer.setContentsMargins(0, 0, 0, 0)
    outer.addLayout(flow)
    parts = [QWidget() for _ in range(3)]
    for part in parts:
        part.setFixedSize(100, 20)
        flow.addWidget(part)
    root.resize(270, 200)
    root.show()
    for scale, gap in ((2.0, 16), (3.0, 24), (1.0, 8)):
        space(root, scale)
        QApplication.processEvents()
        first, second, third = (part.geometry() for part in parts)
        assert second.left() - first.right() - 1 == gap
        assert third.left() == first.left()
        assert third.top() - first.bottom() - 1 == gap
        assert flow.heightForWidth(260) == 40 + gap


def test_a_flow_keeps_to_its_margins(qtbot: QtBot) -> None:
    root = QWidget()
    qtbot.addWidget(root)
    flow = FlowLayout(8, root)
    flow.setContentsMargins(1, 20, 300, 4000)
    parts = [QWidget() for _ in range(3)]
    for part in parts:
        part.setFixedSize(100, 20)
        flow.addWidget(part)
    assert flow.sizeHint().toTuple() == (301 + 316, 4020 + 20)
    assert flow.minimumSize().toTuple() == (301 + 100, 4020 + 20)
    assert flow.heightForWidth(301 + 316) == 4020 + 20
    assert flow.heightForWidth(301 + 315) == 4020 + 48
    flow.setGeometry(QRect(7, 5, 301 + 315, 5000))
    assert [part.pos().toTuple() for part in parts] == [(8, 25), (116, 25), (8, 53)]


def test_only_the_bar_shows_that_a_page_has_the_keys(qtbot: QtBot, look: Look) -> None:
    page = Page(look, "test", "Test")
    qtbot.addWidget(page)
    page.resize(400, 300)
    page.show()
    qtbot.waitExposed(page)
    scroller = page.scroller
    assert scroller.focusPolicy() == Qt.FocusPolicy.NoFocus  # there is nothing to scroll
    for number in range(40):
        page.inside.addWidget(label(f"line {number}"))
    qtbot.waitUntil(lambda: scroller.focusPolicy() == Qt.FocusPolicy.TabFocus)
    plain = page.grab().toImage()
    page.activateWindow()
    scroller.setFocus()
    assert scroller.hasFocus()
    focused = page.grab().toImage()
    bar = scroller.verticalScrollBar()
    left = bar.mapTo(page, bar.rect().topLeft()).x()
    here = [
        x
        for x in range(plain.width())
        if any(plain.pixel(x, y) != focused.pixel(x, y) for y in range(plain.height()))
    ]
    assert here
    assert min(here) >= left
    scroller.clearFocus()
    assert page.grab().toImage() == plain
