"""Painting 16 channels x 2 kHz x 10 s: the live view against naive curves, in one run.

All render the same 1200 x 800 picture offscreen; the figure is CPU time per frame, new data
(one sixtieth of a second) included. Wall time would measure who else uses the machine, and even
CPU time grows while others empty the caches: sweep and scroll take turns, and the figure of each
is that of its quietest turn.
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

CHANNELS, RATE, SECONDS, FRAMES, TURNS = 16, 2000.0, 10.0, 20, 20
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

    turns: dict[str, list[float]] = {"sweep": [], "scroll": []}
    for _ in range(TURNS):
        for index, mode in enumerate(turns):
            view.mode.setCurrentIndex(index)
            ours()  # all of it, once
            turns[mode].append(cpu_ms(ours))
    own, scroll = (min(turns[mode]) for mode in turns)
    usual = {mode: np.median(found) for mode, found in turns.items()}
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
        f"sweep {own:.2f} ms (usual turn {usual['sweep']:.2f}), scroll {scroll:.2f} ms "
        f"(usual turn {usual['scroll']:.2f}, {scroll / own:.1f} sweeps), "
        f"naive curves {plain:.1f} ms, {plain / own:.0f} and {plain / scroll:.0f} times"
    )
    assert own < plain / 8
    assert scroll < plain / 8
    assert own < BUDGET_MS
    assert scroll < BUDGET_MS
