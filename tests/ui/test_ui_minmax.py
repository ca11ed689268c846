from __future__ import annotations

import numpy as np
import pytest

from labapp.ui.lanescale import CALM_S, LaneScale, nice_above
from labapp.ui.minmax import MinMaxRing


def naive(values: np.ndarray, per_bin: int, k: int) -> tuple[float, float]:
    """Smallest and largest of bin ``k`` and the sample before it, by the plain way."""
    first, stop = k * per_bin, min(len(values), (k + 1) * per_bin)
    own = values[first:stop]
    if np.isnan(own).all():
        return np.nan, np.nan
    reach = values[max(0, first - 1) : stop]
    return float(np.nanmin(reach)), float(np.nanmax(reach))


@pytest.mark.parametrize("per_bin", [1, 3, 8])
@pytest.mark.parametrize("seed", range(4))
def test_any_split_gives_the_same_bins(per_bin: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(400, 2))
    values[120:150] = np.nan
    ring = MinMaxRing(2, 60, per_bin)
    at = 0
    while at < len(values):
        stop = min(len(values), at + int(rng.integers(1, 30)))
        ring.feed(at, values[at:stop])
        at = stop
    numbers, slots = ring.slots()
    for channel in range(2):
        for k, slot in zip(numbers, slots, strict=True):
            if k < 0:
                continue
            low, high = naive(values[:, channel], per_bin, int(k))
            np.testing.assert_equal(ring.low[channel, slot], low)
            np.testing.assert_equal(ring.high[channel, slot], high)


def test_jump_of_the_index_is_a_gap() -> None:
    ring = MinMaxRing(1, 10, 2)
    ring.feed(0, np.ones((4, 1)))
    ring.feed(10, np.ones((2, 1)))
    _, slots = ring.slots()
    assert np.isnan(ring.low[0, [2, 3, 4]]).all()
    assert ring.lost[[2, 3, 4]].all()
    assert not ring.lost[[0, 5]].any()
    assert slots[-1] == 5


def test_jump_beyond_the_window_leaves_nothing_old() -> None:
    ring = MinMaxRing(1, 10, 2)
    ring.feed(0, np.ones((20, 1)))
    ring.feed(1000, np.full((2, 1), 7.0))
    assert np.nansum(ring.low) == 7.0
    assert ring.lost.sum() >= 9


def test_clipped_samples_are_remembered() -> None:
    ring = MinMaxRing(1, 10, 4)
    rails = np.zeros((8, 1), dtype=bool)
    rails[5] = True
    ring.feed(0, np.zeros((8, 1)), rails)
    assert ring.clipped[0].tolist() == [False, True] + [False] * 8


@pytest.mark.parametrize(("value", "nice"), [(0.3, 0.5), (1, 1), (1.01, 2), (48, 50), (0.0, 1e-6)])
def test_nice_steps(value: float, nice: float) -> None:
    assert nice_above(value) == pytest.approx(nice)


def test_scale_grows_at_once_and_shrinks_late() -> None:
    scale = LaneScale(symmetric=True, floor=50e-6)
    assert scale.update(-1e-3, 0.8e-3, 0.0)
    assert scale.limit == pytest.approx(1e-3)
    assert not scale.update(-60e-6, 60e-6, 1.0)
    assert not scale.update(-60e-6, 60e-6, 1.0 + CALM_S * 0.9)
    assert scale.update(-60e-6, 60e-6, 1.0 + CALM_S * 1.1)
    assert scale.limit == pytest.approx(100e-6)
    scale.held = True
    assert not scale.update(-1.0, 1.0, 60.0)
