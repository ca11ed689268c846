"""The quick evaluation of the ramps against the formula, term by term."""

import numpy as np
import pytest

from labapp.analysis.likelihood import COARSE, KEEP, Likelihood, Ramps

GAINS = np.array([0.5, 3.0, 20.0, 120.0])
LONGEST = 6 * COARSE


def ramps():
    u = [np.minimum((np.arange(LONGEST) + 0.5) / d, 1.0) for d in (0.5, 7.0, 20.0)]
    share = np.square(np.stack(u, axis=1))
    return Ramps.of(share, GAINS), share


def by_formula(power, share, nu):
    """(n_bins, gains, shapes) tempered log likelihood, every bin on its own."""
    n, (longest, shapes) = len(power), share.shape
    out = np.empty((n, len(GAINS), shapes))
    for t in range(n):
        for g, gain in enumerate(GAINS):
            for s in range(shapes):
                lag = np.minimum(np.arange(n - t), longest - 1)
                v = 1.0 + gain * share[lag, s]
                cost = power[:t].sum() + (power[t:] / v + np.log(v)).sum()
                out[t, g, s] = -0.5 * nu * cost
    return out


@pytest.mark.parametrize("top", [2.0, 25.0])
@pytest.mark.parametrize("n", [80, 83])
def test_it_is_the_formula(top, n):
    grid, share = ramps()
    rng = np.random.default_rng(7_000_000 + n)
    level = 1 + top * np.square(np.clip((np.arange(n) - 40) / 12, 0, 1))
    power, nu = level * rng.chisquare(2, n) / 2, 0.6
    full = by_formula(power, share, nu)
    signal = Likelihood(power, grid, nu)
    got = signal.log(np.arange(n), slice(0, len(GAINS)))
    assert got == pytest.approx(np.logaddexp.reduce(full, axis=1), abs=2e-3)
    # What the first look leaves out weighs next to nothing.
    count = n - 5
    places, gains = signal.promising(count)
    left = full[:count] - full[:count].max()
    kept = np.zeros(left.shape, dtype=bool)
    kept[places, gains] = True
    assert np.exp(left[~kept]).max(initial=0.0) < np.exp(-KEEP / 2)
    assert np.exp(left[~kept]).sum() < 1e-3 * np.exp(left).sum()
