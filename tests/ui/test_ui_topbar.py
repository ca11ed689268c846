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


def _status(rate: int, samples: int = 1000, disk: str = "good") -> dict[str, object]:
    stream = {"samples": samples, "lost": 0, "state": "open", "junk_bytes": 0, "rate_hz": 1000.0}
    return {
        "state": "recording",
        "now_ns": 5_000_000_000,
        "origin_ns": 0,
        "bytes_last_second": rate,
        "disk_state": disk,
        "streams": {"emg": stream},
    }


def test_a_recording_that_no_longer_reaches_the_disk_is_an_alarm(qtbot: QtBot, look: Look) -> None:
    bar = TopBar(look)
    qtbot.addWidget(bar)
    bar.show_status(_status(0, samples=0), {})
    assert (bar.light.on, bar.light.alarm) == (False, False)
    assert bar.saving.text().endswith("waiting for the first data")
    bar.show_status(_status(8000), {})
    assert (bar.light.on, bar.light.alarm) == (True, False)
    assert bar.saving.property("level") in (None, "")
    for lost in (_status(0), _status(8000, disk="fault")):
        bar.show_status(lost, {})
        assert (bar.light.on, bar.light.alarm) == (False, True)
        assert bar.saving.property("level") == "bad"
        assert bar.saving.text() == bar.saving.accessibleName()
        assert bar.saving.text().endswith("nothing reaches the disk")
        red = look.colour("red")
        picture = bar.light.grab().toImage()
        assert picture.pixelColor(picture.width() // 2, picture.height() // 4) == red
    bar.show_status(_status(8000), {})  # there is room again
    assert bar.saving.property("level") == ""
    bar.show_status(None, {})
    assert bar.saving.text() == "not recording"
    assert (bar.light.on, bar.light.alarm) == (False, False)
