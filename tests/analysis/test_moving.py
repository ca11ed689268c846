import numpy as np
import pytest

from labapp.analysis.alarm import Loudness
from labapp.analysis.filters import low_pass
from labapp.analysis.moving import coarse_low_pass, coarse_step, moving_mean, moving_rms

RATE = 1000.0


def burst(seed=1, n=3000):
    return np.random.default_rng(seed).normal(size=n) * np.where(np.arange(n) > 1200, 5.0, 1.0)


@pytest.mark.parametrize("shape", [(40,), (40, 3)])
def test_a_moving_mean_is_the_mean_of_what_there_is(shape):
    x = np.random.default_rng(2).normal(size=shape)
    kept = x.copy()
    found = moving_mean(x, 10, 0.7)
    wanted = [x[max(i - 3, 0) : i + 4].mean(axis=0) for i in range(len(x))]
    assert found == pytest.approx(np.array(wanted))
    assert np.array_equal(x, kept)
    assert moving_rms(np.full(shape, -2.0), 10, 0.7) == pytest.approx(np.full(shape, 2.0))


def test_a_window_that_holds_a_lost_sample_is_lost():
    x = np.ones(20)
    x[10] = np.nan
    lost = np.isnan(moving_mean(x, 10, 0.5))
    assert np.flatnonzero(lost).tolist() == [8, 9, 10, 11, 12]


@pytest.mark.parametrize(("rate", "step"), [(250.0, 1), (1000.0, 2), (1999.9999, 4), (2148.1, 4)])
def test_a_coarse_low_pass_is_the_low_pass_thinned_out(rate, step):
    assert coarse_step(rate) == step
    x = np.square(burst(n=int(3 * rate)))
    found = coarse_low_pass(x, rate, 10.0)
    assert len(found) == len(x) // step
    wanted = low_pass(x, rate, 10.0)[: len(found) * step].reshape(-1, step).mean(axis=1)
    # What is folded down from near the new rate: a fiftieth at most. The ends are guesses.
    inner = slice(int(0.2 * rate / step), -int(0.2 * rate / step))
    assert np.abs(found - wanted)[inner].max() < 0.02 * wanted.max()


def test_loudness_does_not_hang_on_where_the_stretch_was_cut():
    x = burst()
    for cut in (1, 2, 3):
        whole = Loudness.of(x, RATE, 300)
        part = Loudness.of(x[cut:], RATE, 300 - cut)
        for first, stop in ((900, 2400), (1201, 1500)):
            assert part.greatest(first - cut, stop - cut) == pytest.approx(
                whole.greatest(first, stop), rel=1e-9
            )
