import math

import numpy as np
import pytest

from labapp.analysis.cocontraction import co_contraction
from labapp.errors import LabError


def test_indices_are_symmetric_and_scale_as_they_must():
    rng = np.random.default_rng(1)
    a, b = 50 * rng.random(200), 30 * rng.random(200)
    one, other, twice = co_contraction(a, b), co_contraction(b, a), co_contraction(2 * a, 2 * b)
    assert one == other
    assert twice.rudolph == pytest.approx(2 * one.rudolph)
    assert twice.falconer_winter_percent == pytest.approx(one.falconer_winter_percent)
    assert twice.overlap == pytest.approx(one.overlap)


def test_limits():
    full = co_contraction([40.0, 40.0], [40.0, 40.0])
    assert (full.rudolph, full.falconer_winter_percent, full.overlap) == (80.0, 100.0, 1.0)
    none = co_contraction([40.0, 0.0], [0.0, 40.0])
    assert (none.rudolph, none.falconer_winter_percent, none.overlap) == (0.0, 0.0, 0.0)
    silent = co_contraction([0.0], [0.0])
    assert silent.rudolph == 0
    assert math.isnan(silent.overlap)


@pytest.mark.parametrize(
    ("a", "b"), [([1.0], [1.0, 2.0]), ([], []), ([math.nan], [1.0]), ([-1.0], [1.0]), (["a"], [1])]
)
def test_bad_envelopes_are_refused(a, b):
    with pytest.raises(LabError):
        co_contraction(a, b)
