"""The copy channel: required figures on made pulls, and refusals."""

import numpy as np
import pytest

from labapp.timing.sync_copy import copy_offset


def pulls(t, starts, rises):
    """Force between 0 and 1: cosine rises, held for 2 s."""
    y = np.zeros(len(t))
    for start, rise in zip(starts, rises, strict=True):
        up = 0.5 - 0.5 * np.cos(np.pi * np.clip((t - start) / rise, 0, 1))
        down = 0.5 + 0.5 * np.cos(np.pi * np.clip((t - start - 2) / 0.5, 0, 1))
        y += up * down
    return y


def made(seed, rate, *, n=10, noise=0.005):
    rng = np.random.default_rng(seed)
    starts = 3 + np.cumsum(rng.uniform(5, 7, n))
    rises = rng.choice([0.15, 0.6], n)
    offset = rng.uniform(-0.15, 0.15)
    t = np.arange(0, starts[-1] + 4, 0.001)
    tf = np.arange(0, starts[-1] + 4, 1 / rate) + rng.uniform(0, 1 / rate)
    copy = pulls(t, starts, rises) + rng.normal(0, noise, len(t))
    force = 250 * (pulls(tf, starts, rises) + rng.normal(0, noise, len(tf))) + 3
    return rng, t, copy, tf - offset, force, offset


@pytest.mark.parametrize(("rate", "limit_ms"), [(1000, 0.1), (80, 0.3)])
def test_the_offset_is_as_sharp_as_required(rate, limit_ms):
    covered = []
    for seed in range(6):
        rng, t, copy, tf, force, offset = made(seed, rate)
        found = copy_offset(t, copy, tf, force, rng=rng)
        assert found.verified
        assert (found.pulses, found.converted) == (10, (True, True))
        assert abs(found.offset_s - offset) * 1e3 < limit_ms
        covered.append(abs(found.offset_s - offset) < 3 * found.u_s)
    assert all(covered)


def test_the_same_pulls_give_the_same_offset():
    results = []
    for _ in range(2):
        rng, t, copy, tf, force, _ = made(1, 80)
        results.append(copy_offset(t, copy, tf, force, rng=rng))
    assert results[0] == results[1]


def test_two_pulls_are_too_few():
    rng, t, copy, tf, force, _ = made(2, 80, n=2)
    found = copy_offset(t, copy, tf, force, rng=rng)
    assert not found.verified
    assert "3 are needed" in found.reasons[0]


def test_pulls_with_lost_samples_are_left_out():
    rng, t, copy, tf, force, offset = made(3, 80)
    copy[(t > 8) & (t < 16)] = np.nan
    found = copy_offset(t, copy, tf, force, rng=rng)
    assert 6 <= found.pulses < 10
    assert abs(found.offset_s - offset) < 0.3e-3


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda t, x, rng: rng.normal(0, 1, len(x)), "r ="),
        (lambda t, x, rng: -x, "r ="),
        (lambda t, x, rng: np.round(x * 16) / 16, "steps"),
        (lambda t, x, rng: np.interp(t - 0.6, t, x), "no peak"),
        (lambda t, x, rng: x + 0.3 * rng.normal(0, 1, len(x)).cumsum() / 30, "r ="),
    ],
    ids=["noise", "turned", "coarse", "far", "wandering"],
)
def test_a_copy_that_is_none_is_refused(spoil, word):
    rng, t, copy, tf, force, offset = made(4, 80)
    found = copy_offset(t, spoil(t, copy, rng), tf + offset, force, rng=rng)
    assert not found.verified
    assert any(word in reason for reason in found.reasons) or "no peak" in found.reasons[0]
