"""What is painted as samples come is, pixel by pixel, what painting every line anew shows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from synthetic_source import SyntheticSource, TwoDevices

from labapp.ui.look import Look
from labapp.ui.tracesview import TracesView
from labapp.workflow.live_source import LiveSource

NOTHING = 0xFF00FF01
START = 21_900
STEPS = (33, 34, 35, 33, 180, 33, 400, 33, 33, 34, 1200, 60, 33, 33, 34, 4000, 33)
"""Samples of the frames: small ones through what is lost and clipped, and a lap of the window."""


def picture(view: TracesView, ratio: float = 1.0) -> np.ndarray:
    """Pixels of the plot on a screen of ``ratio`` device pixels in one of the design."""
    plot = view.plot.viewport()
    image = QImage(plot.size() * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(NOTHING)
    plot.render(image)
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1).copy()


def lanes_of(view: TracesView, picture: np.ndarray) -> np.ndarray:
    """Where there is ink in the lanes of a picture at one pixel in one of the design."""
    area = view.lane_rect().toRect()
    return picture[area.top() : area.bottom(), area.left() : area.right() + 1]


def screen(view: TracesView) -> np.ndarray:
    """Pixels that stand on the screen, whatever part of them the last frame painted."""
    QApplication.processEvents()
    handle = view.windowHandle()
    shot = QGuiApplication.primaryScreen().grabWindow(handle.winId()).toImage()
    return np.frombuffer(shot.constBits(), np.uint32).reshape(shot.height(), -1).copy()


@pytest.fixture
def show(qtbot: QtBot, look: Look) -> Callable[[LiveSource], TracesView]:
    """Show a source in a view that paints when it is told to."""

    def shown(source: LiveSource, mode: str = "scroll") -> TracesView:
        view = TracesView(look)
        qtbot.addWidget(view)
        view.resize(907, 501)
        view.show()
        view.set_source(source)
        view._timer.stop()
        view.mode.setCurrentIndex(("sweep", "scroll").index(mode))
        return view

    return shown


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_pieces_painted_as_they_come_are_those_of_a_fresh_picture(show, ratio: float) -> None:
    source = TwoDevices()
    view = show(source)
    source.advance(START)
    view.refresh()
    picture(view, ratio)
    for step in STEPS:
        source.advance(step)
        view.refresh()
        grown = picture(view, ratio)
        view._scroll.forget()
        fresh = picture(view, ratio)
        np.testing.assert_array_equal(grown, fresh)
        assert not (fresh == NOTHING).any()
    colours = {int(colour) & 0xFFFFFF for colour in np.unique(fresh)}
    for name in ("red", "amber"):  # a lost stretch and clipped samples are among it
        assert view.look.colour(name).rgb() & 0xFFFFFF in colours


def test_a_picture_of_another_look_is_painted_anew(show, look: Look) -> None:
    source = SyntheticSource(channels=4)
    view = show(source)
    source.advance(30_000)

    def gain() -> None:
        view.controls.gain.setCurrentIndex(4)

    def filtered_at_the_same_scale() -> None:
        view.hold.setChecked(True)
        view.allow_filter()

    changes: tuple[Callable[[], None], ...] = (
        gain,
        lambda: look.apply("dark", 1.0),
        lambda: look.apply("light", 1.0),
        lambda: view.resize(701, 433),
        lambda: view.mode.setCurrentIndex(0),
        lambda: view.mode.setCurrentIndex(1),
        lambda: view.seconds.setCurrentIndex(1),
        filtered_at_the_same_scale,
        lambda: source.reconnect(0.7),
    )
    before = picture(view)
    for change in changes:
        change()
        source.advance(33)
        view.refresh()
        after = picture(view)
        view._scroll.forget()
        np.testing.assert_array_equal(after, picture(view))
        assert after.shape != before.shape or (after != before).mean() > 0.002
        before = after


@pytest.mark.parametrize("mode", ["sweep", "scroll"])
def test_what_stands_on_the_screen_is_what_painting_all_of_it_gives(show, mode: str) -> None:
    source = TwoDevices()
    view = show(source, mode)
    source.advance(START)
    view.refresh()
    screen(view)
    for step in STEPS:
        source.advance(step)
        view.refresh()
        standing = screen(view)
        view.plot.viewport().update()
        np.testing.assert_array_equal(standing, screen(view))


def test_a_device_that_is_gone_does_not_have_all_painted_again(show) -> None:
    source = TwoDevices()
    view = show(source)
    source.advance(21_000)
    view.refresh()
    view.hold.setChecked(True)  # another scale is a reason to paint all of it
    source.lose("cell")
    widths: list[float] = []
    between = view._scroll._lines
    view._scroll._lines = lambda a, b, zero: widths.append(b - a) or between(a, b, zero)
    for _ in range(40):
        source.advance(100)
        view.refresh()
        picture(view)
    assert max(widths[5:]) < 0.3


def test_a_slow_signal_goes_on_where_the_picture_begins_again(show) -> None:
    source = SyntheticSource(channels=1, rate=20.0)
    source.counts[:] = 3000
    view = show(source)
    view.hold.setChecked(True)
    for step in (390, 1, 3, 7):
        source.advance(step)
        view.refresh()
        there = lanes_of(view, picture(view))
        ink = (there != there[0, 0]).any(axis=0)
        assert ink[: -2 * len(ink) // 200].all()  # up to the middle of the newest sample


def test_the_newest_sample_stands_at_the_right(show) -> None:
    source = SyntheticSource(channels=1)
    source.counts[:] = 0
    source.counts[20_000:20_200] = 3000
    view = show(source)
    source.advance(20_100)
    view.refresh()

    def ink() -> np.ndarray:
        upper = lanes_of(view, picture(view))[:180]
        return np.flatnonzero((upper != upper[0, 0]).any(axis=0)) / upper.shape[1]

    assert ink().min() > 0.97
    source.advance(10_000)  # 5 s of the 10 s that are shown
    view.refresh()
    assert ink().min() > 0.46
    assert ink().max() < 0.54
