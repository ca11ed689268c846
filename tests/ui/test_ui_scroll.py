"""The scrolling view: its two pieces show what painting every line anew would show."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot
from synthetic_source import SyntheticSource

from labapp.ui.look import Look
from labapp.ui.tracesview import TracesView


def pixels(view: TracesView) -> np.ndarray:
    """Grey levels of the lanes as they are on the screen."""
    image = view.plot.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), -1)
    area = view.plot.getViewBox().sceneBoundingRect()
    return rows[: int(area.bottom()) - 10, int(area.left()) + 2 : int(area.right()) - 2].copy()


def test_pieces_painted_as_they_come_are_those_of_a_fresh_picture(qtbot: QtBot, look: Look) -> None:
    source = SyntheticSource(channels=4)
    view = TracesView(look)
    qtbot.addWidget(view)
    view.resize(900, 500)
    view.show()
    view.set_source(source)
    view._timer.stop()
    view.hold.setChecked(True)
    view.mode.setCurrentIndex(1)
    assert view.lanes is not None
    source.advance(30_000)
    view.refresh()
    pixels(view)
    for step in (331, 1777, 33, 950, 33, 4000, 1200):
        source.advance(step)
        view.refresh()
        grown = pixels(view)
        view._scroll.forget()
        fresh = pixels(view)
        assert np.mean(grown != fresh) < 0.002
        assert np.mean(fresh < 200) > 0.02


def test_the_newest_sample_stands_at_the_right(qtbot: QtBot, look: Look) -> None:
    source = SyntheticSource(channels=1)
    source.counts[:] = 0
    source.counts[20_000:20_200] = 3000
    view = TracesView(look)
    qtbot.addWidget(view)
    view.resize(900, 500)
    view.show()
    view.set_source(source)
    view._timer.stop()
    view.mode.setCurrentIndex(1)
    source.advance(20_210)
    view.refresh()
    ink = np.flatnonzero((pixels(view)[:180] < 200).any(axis=0))
    width = pixels(view).shape[1]
    assert ink.min() > 0.97 * width
    source.advance(10_000)  # 5 s of the 10 s that are shown
    view.refresh()
    ink = np.flatnonzero((pixels(view)[:180] < 200).any(axis=0))
    assert 0.46 * width < ink.min()
    assert ink.max() < 0.54 * width
