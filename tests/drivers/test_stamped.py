"""Samples with device time but no counter: indices under loss, and under wrong times."""

from __future__ import annotations

import numpy as np
import pytest

from labapp.device import FeedStats
from labapp.device.stamped import Stamp, StampedSamples
from labapp.model import SampleBlock


def give_indices(times, rows, *, period=12_500.0, from_zero=True):
    """Indices given to the rows (n,) or (n, columns), the rows, and the account."""
    stats = FeedStats()
    samples = StampedSamples(Stamp(period, 1 << 32, from_zero=from_zero), stats)
    samples.take(np.asarray(times, np.int64), np.asarray(rows, np.int64))
    blocks = [b for b in samples.give() + samples.finish() if isinstance(b, SampleBlock)]
    index = np.concatenate([np.arange(b.first, b.stop) for b in blocks])
    return index, np.concatenate([b.counts for b in blocks]), stats


def true_times(rng, n, jitter):
    period = 1e6 / rng.uniform(75, 95)
    return ((np.arange(n) + rng.uniform(-jitter, jitter, n)) * period).astype(np.int64) + 4000


@pytest.mark.parametrize("jitter", [0.02, 0.12, 0.2])
@pytest.mark.parametrize("seed", range(5))
def test_times_wrong_by_less_or_more_than_a_period_shift_no_index(jitter, seed):
    rng = np.random.default_rng(seed)
    times = true_times(rng, 1500, jitter)
    wrong = np.arange(30, 1480, 25)
    times[wrong] += rng.choice([-40_000, -9000, -5000, -3000, 3000, 5000, 8000, 10_000, 80_000], 58)
    index, rows, stats = give_indices(times, np.arange(1500))
    np.testing.assert_array_equal(index, rows[:, 0])
    assert set(np.setdiff1d(np.arange(1500), index).tolist()) <= set(wrong.tolist())
    assert stats.samples + stats.lost == index[-1] + 1


@pytest.mark.parametrize("jitter", [0.02, 0.12, 0.2])
@pytest.mark.parametrize("seed", range(5))
def test_lost_samples_are_told_exactly(jitter, seed):
    rng = np.random.default_rng(seed)
    times = true_times(rng, 1500, jitter)
    kept = rng.random(1500) > 0.04
    kept[:12] = kept[-1] = True
    kept[600:616] = False
    index, rows, stats = give_indices(times[kept], np.flatnonzero(kept))
    np.testing.assert_array_equal(index, rows[:, 0])
    assert stats.lost == np.count_nonzero(~kept)


def test_rows_of_several_columns():
    rows = np.arange(400).reshape(100, 4)
    index, got, _ = give_indices(12_500 * np.arange(100), rows)
    np.testing.assert_array_equal(got, rows)
    assert index.tolist() == list(range(100))


def test_whole_milliseconds_are_fine_enough_for_long_losses():
    times = np.floor(np.arange(3000) * 12.5).astype(np.int64)
    kept = np.ones(3000, bool)
    kept[1000:1012] = kept[2000:2006] = False
    index, rows, _ = give_indices(times[kept], np.flatnonzero(kept), period=12.5)
    np.testing.assert_array_equal(index, rows[:, 0])


@pytest.mark.parametrize(("from_zero", "first"), [(True, 5), (False, 0)])
def test_a_clock_that_ran_before_tells_nothing_about_the_beginning(from_zero, first):
    times = 12_500 * np.arange(5, 50)
    index, _, stats = give_indices(times, np.arange(45), from_zero=from_zero)
    assert index[0] == stats.lost == first
