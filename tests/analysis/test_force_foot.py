"""The foot of a force, against forces whose beginning is known."""

import numpy as np
import pytest

from labapp.analysis.force import analyse_pull
from labapp.analysis.force_foot import force_foot

RATE = 1000.0
T = np.arange(3000) / RATE
WINDOWS = {"baseline": (0.5, 1.0), "search": (1.0, 2.9)}


def straight(begin, rise=0.25, peak=250.0, noise=0.15, seed=1, rate=RATE):
    t = np.arange(int(3 * rate)) / rate
    u = np.clip((t - begin) / rise, 0, 1)
    rng = np.random.default_rng(seed)
    return 3 + peak * np.sin(0.5 * np.pi * u) + noise * rng.standard_normal(len(t))


@pytest.mark.parametrize("rise", [0.1, 0.25, 1.0])
@pytest.mark.parametrize("noise", [0.05, 0.6])
def test_a_straight_beginning_is_found_within_2_ms(rise, noise):
    late = []
    for k in range(20):
        begin = 1.3 + 0.0007 * k
        pull = analyse_pull(straight(begin, rise, noise=noise, seed=k), RATE, **WINDOWS)
        late.append(pull.foot - begin)
    assert abs(np.mean(late)) < 0.001
    assert np.max(np.abs(late)) < 0.004


def test_the_rule_is_early_where_the_foot_is_not():
    force = straight(1.3)
    pull = analyse_pull(force, RATE, **WINDOWS)
    assert pull.onset == pytest.approx(1.297, abs=0.001)
    assert pull.foot == pytest.approx(1.300, abs=0.001)


def test_a_round_beginning_is_late_by_less_than_10_ms():
    rng = np.random.default_rng(3)
    for rise in (0.1, 0.25, 0.6):
        u = np.clip((T - 1.3) / rise, 0, 1)
        force = 250 * (0.5 - 0.5 * np.cos(np.pi * u)) + 0.05 * rng.standard_normal(len(T))
        assert 0.001 < analyse_pull(force, RATE, **WINDOWS).foot - 1.3 < 0.012


def test_offset_scale_and_shift():
    force = straight(1.3)
    first = analyse_pull(force, RATE, **WINDOWS).foot
    assert analyse_pull(7 * force + 40, RATE, **WINDOWS).foot == first
    later = analyse_pull(
        np.concatenate([force[:100], force]), RATE, baseline=(0.6, 1.1), search=(1.1, 3.0)
    )
    assert later.foot == pytest.approx(first + 0.1, abs=1e-9)


def test_what_cannot_be_fitted_keeps_the_onset_of_the_rule():
    slow = analyse_pull(straight(1.3, rate=80.0), 80.0, **WINDOWS)
    assert slow.foot == slow.onset
    force = straight(1.3)
    force[1310] = np.nan
    assert force_foot(force, RATE, 1297, 3.0, 250.0) == 1.297
    assert force_foot(straight(1.3)[:1300], RATE, 1297, 3.0, 250.0) == 1.297


def test_no_rise_has_no_foot():
    flat = 3 + 0.1 * np.random.default_rng(1).standard_normal(len(T))
    assert np.isnan(analyse_pull(flat, RATE, **WINDOWS).foot)
