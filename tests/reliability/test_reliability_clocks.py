"""The short form of the clock scenarios; the page of figures has the long one."""

import numpy as np
import pytest
import reliability_clocks as clocks
import reliability_counts as counts


@pytest.fixture(scope="module")
def rows():
    return clocks.table(1, hour=False)


def test_every_promise_of_the_clock_table_is_kept(rows):
    assert [(what, text) for what, _, text, good in rows if not good] == []
    assert len(rows) == len(clocks.PAIRS) + 6


def test_a_mean_instead_of_the_hull_would_be_told(monkeypatch):
    """A straight line through all stamps carries the mean delay, which differs by device."""

    class Line:
        def __init__(self, n, stamps, rate, kind):
            self.time = np.poly1d(np.polyfit(n, stamps, 1))

    monkeypatch.setattr(clocks, "fit_map", Line)
    monkeypatch.setattr(clocks, "PAIRS", clocks.PAIRS[:1])
    row = next(clocks.pairs(1))
    assert row[3] is False
    assert "stored" in row[2]
    monkeypatch.undo()
    assert clocks.p99([np.zeros(980), np.full(20, -3.0)]) == 3.0
    assert clocks.worst([np.zeros(980), np.full(20, -3.0)]) == 3.0


def test_a_broken_repair_would_be_told(monkeypatch):
    monkeypatch.setattr(counts, "repair", lambda *a, **k: ())
    assert counts.four_bit(1)[3] is False
    assert counts.eight_bit(1)[3] is False
