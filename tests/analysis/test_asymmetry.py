import math

import numpy as np
import pytest
from scipy import stats

from labapp.analysis.asymmetry import asymmetry_indices, compare_sides
from labapp.errors import LabError


def test_indices_change_sign_with_the_sides():
    one, other = asymmetry_indices(400, 500), asymmetry_indices(500, 400)
    for name in ("symmetric", "bilateral", "log", "angle"):
        assert getattr(one, name) == pytest.approx(-getattr(other, name))
    assert one.of_max == other.of_max
    assert asymmetry_indices(3.0, 3.0).log == 0


@pytest.mark.parametrize("pair", [(0.0, 1.0), (1.0, -1.0), (math.nan, 1.0), (1.0, math.inf)])
def test_indices_refuse_what_has_no_logarithm(pair):
    with pytest.raises(LabError):
        asymmetry_indices(*pair)


def test_log_difference_with_interval():
    rng = np.random.default_rng(1)
    left, right = 30 * np.exp(0.1 * rng.normal(size=12)), 40 * np.exp(0.1 * rng.normal(size=10))
    found = compare_sides(left, right)
    assert found.percent == pytest.approx(100 * (np.log(right).mean() - np.log(left).mean()))
    assert found.state == "right"
    swapped = compare_sides(right, left)
    assert (swapped.low, swapped.high) == pytest.approx((-found.high, -found.low))
    assert swapped.state == "left"
    # Not beyond what the laboratory's own reliability allows.
    assert compare_sides(left, right, mdc_percent=60.0).state == "within error"
    wide = compare_sides(left, right, common_log_sd=0.2, common_df=2.0)
    assert wide.state == "within error"
    assert wide.high - wide.low > found.high - found.low


def test_p_is_that_of_welchs_test():
    rng = np.random.default_rng(4)
    left, right = np.exp(0.3 * rng.normal(size=7)), 1.2 * np.exp(0.1 * rng.normal(size=11))
    found = compare_sides(left, right)
    wanted = stats.ttest_ind(np.log(right), np.log(left), equal_var=False).pvalue
    assert found.p == pytest.approx(wanted, rel=1e-9)
    assert compare_sides(left, right, common_log_sd=0.1).p > found.p
    assert compare_sides([2.0] * 3, [2.0] * 3).p == 1
    assert compare_sides([2.0] * 3, [4.0] * 3).p == 0
    assert math.isnan(compare_sides([1.0], [2.0]).p)


def test_interval_covers():
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(800):
        found = compare_sides(np.exp(0.3 * rng.normal(size=6)), np.exp(0.1 * rng.normal(size=9)))
        hits += found.low <= 0 <= found.high
    assert 0.93 < hits / 800 < 0.975


def test_states_and_errors():
    few = compare_sides([1.0, math.nan, 2.0], [1.0, 2.0, 3.0])
    assert few.state == "not estimable"
    assert few.reason == "2 left and 3 right repetitions, 3 are needed"
    for bad in ([0.0, 1.0, 2.0], [math.inf, 1.0, 1.0], [[1.0]], ["a"]):
        with pytest.raises(LabError):
            compare_sides(bad, [1.0, 2.0, 3.0])
    for keyword in ({"common_log_sd": -1.0}, {"common_df": 0.0}):
        with pytest.raises(LabError):
            compare_sides([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], **keyword)
