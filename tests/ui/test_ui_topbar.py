"""The words at the top of the window."""

from __future__ import annotations

from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from labapp.ui.look import Look
from labapp.ui.topbar import TopBar

LONG = "study ▸ AB-014 ▸ Short pull ▸ Result"


def test_new_words_are_whole_at_once_and_end_where_there_is_no_room(
    qtbot: QtBot, look: Look
) -> None:
    bar = TopBar(look)
    qtbot.addWidget(bar)
    bar.resize(QSize(900, 60))
    bar.set_crumb("study ▸ Run", "study")
    bar.show()
    qtbot.waitUntil(bar.isVisible)
    bar.set_crumb(LONG, "study")
    assert bar.crumb.fitted() == LONG  # painted before the layout is done anew, they are not cut
    bar.resize(QSize(300, 60))
    qtbot.waitUntil(lambda: bar.crumb.width() < 200)
    assert bar.crumb.fitted().startswith("…")
    assert bar.crumb.fitted().endswith("▸ Result")
    assert bar.saving.width() >= bar.saving.minimumSizeHint().width()
