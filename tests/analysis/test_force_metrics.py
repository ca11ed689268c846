import math

import numpy as np
import pytest

from labapp.analysis.force import analyse_pull, steadiness_percent
from labapp.errors import LabError


def pull(rng, rate=1000, onset=1.2, slope=800.0, top=300.0, noise=0.3):
    t = np.arange(int(4 * rate)) / rate
    return np.clip((t - onset) * slope, 0, top) + noise * rng.normal(size=len(t)) + 12.0


def test_t9_onset_and_rfd():
    rng = np.random.default_rng(1)
    for _ in range(10):
        found = analyse_pull(pull(rng), 1000, baseline=(0.4, 0.9), search=(0.9, 3.5))
        assert found.onset == pytest.approx(1.2, abs=0.005)
        assert found.rfd["0-200"] == pytest.approx(800, rel=0.03)
        assert found.peak == pytest.approx(300, abs=1.5)
        assert found.impulse_200 == pytest.approx(800 * 0.02, rel=0.06)
        assert found.reasons == ()


def test_counter_movement_and_unsteady_rest_are_named():
    rng = np.random.default_rng(2)
    f = pull(rng)
    f[1120:1190] -= 15.0
    found = analyse_pull(f, 1000, baseline=(0.4, 0.9), search=(0.9, 3.5))
    assert any("counter-movement" in reason for reason in found.reasons)
    g = pull(rng)
    g[500:800] += 20.0
    found = analyse_pull(g, 1000, baseline=(0.4, 0.9), search=(0.9, 3.5))
    assert any("not steady" in reason for reason in found.reasons)


def test_lost_samples_and_no_pull():
    f = pull(np.random.default_rng(3))
    f[1500:1600] = math.nan
    found = analyse_pull(f, 1000, baseline=(0.4, 0.9), search=(0.9, 3.5))
    assert math.isnan(found.onset)
    assert found.reasons == ("force samples were lost",)
    quiet = np.random.default_rng(4).normal(size=4000)
    found = analyse_pull(quiet, 1000, baseline=(0.4, 0.9), search=(0.9, 3.5))
    assert math.isnan(found.onset)


def test_slow_load_cell():
    found = analyse_pull(
        pull(np.random.default_rng(5), rate=80), 80, baseline=(0.4, 0.9), search=(0.9, 3.5)
    )
    assert found.onset == pytest.approx(1.2, abs=0.03)


def test_bad_windows_are_refused():
    with pytest.raises(LabError):
        analyse_pull(np.zeros(1000), 1000, baseline=(0.5, 0.5), search=(0.5, 0.9))
    with pytest.raises(LabError):
        analyse_pull([], 1000, baseline=(0.0, 0.5), search=(0.5, 0.9))


def test_steadiness():
    rng = np.random.default_rng(6)
    t = np.arange(7000) / 1000
    steady = 100 + 2 * t + 2 * np.sin(2 * np.pi * 1.3 * t)
    assert steadiness_percent(steady, 1000) == pytest.approx(100 * 1.414 / 108, rel=0.08)
    assert math.isnan(steadiness_percent(rng.normal(size=500), 1000))
