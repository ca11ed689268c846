"""Painting 16 channels x 2 kHz x 10 s: the live view against naive curves, in one run.

Both render the same 1200 x 800 picture offscreen; the figure is CPU time per frame, new data
(one sixtieth of a second) included. Wall time would measure who else uses the machine.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "ui"))

pg = pytest.importorskip("pyqtgraph")
from PySide6.QtWidgets import QApplication  # noqa: E402
from synthetic_source import SyntheticSource  # noqa: E402

from labapp.ui.look import Look  # noqa: E402
from labapp.ui.tracesview import TracesView  # noqa: E402

CHANNELS, RATE, SECONDS, FRAMES = 16, 2000.0, 10.0, 40
BUDGET_MS = 1.5


def cpu_ms(frame: Callable[[], None], frames: int = FRAMES) -> float:
    """Median CPU milliseconds of one frame: new data in, picture painted."""
    spent = []
    for _ in range(frames):
        began = time.process_time()
        frame()
        QApplication.processEvents()
        spent.append((time.process_time() - began) * 1e3)
    return float(np.median(spent))


def test_paint_cost(qtbot, qapp) -> None:
    source = SyntheticSource(CHANNELS, RATE)
    source.advance(int(RATE * SECONDS * 2))
    view = TracesView(Look("light"))
    qtbot.addWidget(view)
    view.resize(1200, 800)
    view.show()
    view.set_source(source)
    view._timer.stop()
    step = int(RATE / 60)

    def ours() -> None:
        source.advance(step)
        view.refresh()

    own = cpu_ms(ours)
    view.mode.setCurrentIndex(1)
    scroll = cpu_ms(ours)
    view.hide()

    plot = pg.PlotWidget()
    qtbot.addWidget(plot)
    plot.resize(1200, 800)
    curves = [plot.plot(pen=pg.mkPen(i)) for i in range(CHANNELS)]
    plot.show()
    n = int(RATE * SECONDS)
    other = SyntheticSource(CHANNELS, RATE)
    other.advance(2 * n)

    def naive() -> None:
        other.advance(step)
        x = np.arange(other.stop - n, other.stop) / RATE
        for i, curve in enumerate(curves):
            curve.setData(x, other.counts[other.stop - n : other.stop, i] * 1e-7 + i)
        plot.setXRange(x[0], x[-1], padding=0)

    plain = cpu_ms(naive, 8)
    print(
        f"\n{CHANNELS} channels x {RATE:.0f} Hz x {SECONDS:.0f} s, CPU per frame: "
        f"live view {own:.2f} ms (sweep), {scroll:.2f} ms (scroll), naive curves {plain:.1f} ms, "
        f"{plain / own:.0f} times"
    )
    assert own < plain / 8
    assert scroll < plain / 8
    assert own < BUDGET_MS
