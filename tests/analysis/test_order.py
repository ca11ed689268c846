import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labapp.analysis import AnalysisSettings, onset_order
from labapp.analysis.concordance import agreement
from labapp.analysis.resolution import timing_resolution
from labapp.analysis.statistics import (
    first_of_all,
    holm,
    jeffreys,
    kendall_w,
    mean_interval,
    modal_order,
    probability_below_zero,
    repetitions_needed,
)
from labapp.errors import LabError

NAMES = ("RM", "UT", "MT", "LT")


def made(rng, leads_ms, n=12, sd_ms=17.0):
    return (np.asarray(leads_ms) + sd_ms * rng.normal(size=(n, len(leads_ms)))) / 1000


def test_kendall_vector_of_the_reference():
    onsets = [[0, 12, 30, 55], [5, 3, 25, 60], [0, 10, 40, 35], [2, 2, 20, 50]]
    assert kendall_w(onsets).w == pytest.approx(0.8526, abs=5e-5)
    assert kendall_w([[1, 2, 3]] * 5).w == pytest.approx(1.0)


def test_kendall_chance_level():
    rng = np.random.default_rng(1)
    values = [kendall_w(rng.normal(size=(10, 4))).w for _ in range(600)]
    assert np.mean(values) == pytest.approx(0.10, abs=0.01)
    assert np.percentile(values, 95) == pytest.approx(0.25, abs=0.04)


def test_agreement_has_an_interval_and_a_chance_band():
    rng = np.random.default_rng(3)
    onsets = made(rng, (0, 15, 30, 45), n=10)
    found = agreement(onsets, 0.005, rng)
    assert found.w == pytest.approx(kendall_w(onsets, 0.005).w)
    assert found.low < found.w <= found.high <= 1
    assert found.p < 0.01
    assert found.chance_mean == pytest.approx(0.10, abs=0.01)
    assert found.chance_high == pytest.approx(0.25, abs=0.03)
    nothing = agreement(made(rng, (0, 0, 0, 0), n=10), 0.005, rng)
    assert nothing.p > 0.01
    perfect = agreement([[1.0, 2.0, 3.0]] * 6, 0.0, rng)
    assert (perfect.low, perfect.high) == pytest.approx((1.0, 1.0))
    assert perfect.p < 0.01
    assert math.isnan(agreement([[1.0, 1.0]] * 5, 0.1, rng).w)
    with pytest.raises(LabError):
        agreement([[1.0, math.nan]], 0.0, rng)


def test_agreement_p_follows_chi_square():
    # Without ties and with many repetitions both must say the same.
    rng = np.random.default_rng(4)
    onsets = made(rng, (0, 4, 8, 0), n=30)
    assert agreement(onsets, 0.0, rng).p == pytest.approx(kendall_w(onsets).p, abs=0.03)


def test_jeffreys_vector_of_the_reference():
    assert jeffreys(8, 10) == pytest.approx((0.497, 0.956), abs=5e-4)
    with pytest.raises(LabError):
        jeffreys(3, 2)


def test_holm_and_needed_repetitions():
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])
    assert np.isnan(holm([math.nan, 0.5])[0])
    assert repetitions_needed(20.0, 20.0) == 10
    assert repetitions_needed(20.0, 0.0) is None


def test_probability_agrees_with_the_interval():
    values = np.random.default_rng(2).normal(-5, 10, 12)
    m = mean_interval(values)
    at_edge = probability_below_zero(m.mean - m.high, m.sd, m.n)
    assert at_edge == pytest.approx(0.975, abs=1e-9)
    assert probability_below_zero(-1.0, 0.0, 5) == 1.0


def test_t_interval_covers():
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(2000):
        m = mean_interval(rng.normal(size=10))
        hits += m.low <= 0 <= m.high
    assert 0.935 < hits / 2000 < 0.965


def test_marginals_of_first_of_all_equal_the_pairwise_probability():
    x = made(np.random.default_rng(4), [0, 12])
    both = first_of_all(x, np.random.default_rng(5), draws=200_000)
    m = mean_interval((x[:, 0] - x[:, 1]) * 1000)
    assert both[0] == pytest.approx(probability_below_zero(m.mean, m.sd, m.n), abs=0.005)
    assert both.sum() == pytest.approx(1.0)


def test_modal_order_with_ties():
    text, share, entropy = modal_order([[0, 1, 5], [0, 1, 5], [5, 1, 0]], ("A", "B", "C"), 0.5)
    assert text == "A>B>C"
    assert share == pytest.approx(2 / 3)
    assert 0 < entropy < 1
    assert modal_order([[0, 0, 1]], ("A", "B", "C"), 0.1)[0] == "A=B>C"


def test_a_clear_lead_is_called():
    order = onset_order(made(np.random.default_rng(6), [-30, 0, 0, 0], sd_ms=8), NAMES)
    for other in NAMES[1:]:
        pair = order.pair("RM", other)
        assert pair.verdict == "first"
        assert pair.mean == pytest.approx(-30, abs=8)
        assert pair.low < pair.mean < pair.high
        assert order.pair(other, "RM").verdict == "second"
    assert order.p_first["RM"] > 0.99
    assert order.share_first["RM"].share > 0.7
    assert timing_resolution(order, 1000) == pytest.approx(10, abs=3)


def test_small_scatter_is_simultaneous_and_wide_scatter_undecided():
    narrow = onset_order(made(np.random.default_rng(7), [0, 0], sd_ms=5), NAMES[:2])
    assert narrow.pair("RM", "UT").verdict == "simultaneous"
    wide = onset_order(made(np.random.default_rng(18), [0, 0], sd_ms=30), NAMES[:2])
    pair = wide.pair("RM", "UT")
    assert pair.verdict == "undecided"
    assert pair.n_needed is not None
    assert pair.n_needed > 12


def test_no_true_order_operating_characteristics():
    rng = np.random.default_rng(9)
    chances, false = [], 0
    for _ in range(120):
        order = onset_order(made(rng, [0, 0, 0, 0]), NAMES, rng=rng)
        chances.append(order.p_first["RM"])
        false += any(order.pair("RM", m).verdict == "first" for m in NAMES[1:])
    assert 0.17 < np.mean(chances) < 0.33
    assert false / 120 <= 0.05


def test_missing_onsets():
    x = made(np.random.default_rng(10), [-30, 0, 0, 0], sd_ms=8)
    x[:2, 1] = np.nan
    order = onset_order(x, NAMES)
    assert order.pair("RM", "UT").n == 10
    assert order.n_complete == 10
    x[:4, 1] = np.nan
    order = onset_order(x, NAMES)
    assert order.pair("RM", "UT").verdict == "not interpretable"
    assert "no onset in 4 of 12" in order.pair("RM", "UT").reasons[0]
    assert order.kept == ("RM", "MT", "LT")
    assert order.n_complete == 12
    assert "UT" not in order.p_first


def test_too_few_repetitions_and_gates():
    order = onset_order(made(np.random.default_rng(11), [-50, 0], n=7, sd_ms=5), NAMES[:2])
    assert order.pair("RM", "UT").verdict == "not interpretable"
    assert order.p_first == {}
    x = made(np.random.default_rng(11), [-50, 0], sd_ms=5)
    gated = onset_order(x, NAMES[:2], gates={("RM", "UT"): ["crosstalk is likely"]})
    assert gated.pair("RM", "UT").reasons == ("crosstalk is likely",)
    assert gated.pair("RM", "UT").mean == pytest.approx(-50, abs=8)


def test_nothing_at_all():
    order = onset_order(np.full((12, 2), np.nan), NAMES[:2])
    assert order.pair("RM", "UT").verdict == "not interpretable"
    assert math.isnan(order.pair("RM", "UT").mean)
    assert onset_order(np.empty((0, 2)), NAMES[:2]).n == 0


@pytest.mark.parametrize(
    ("onsets", "names"),
    [
        ([[0.0, 1.0]], ("A",)),
        ([0.0, 1.0], ("A", "B")),
        ([[0.0, 1.0]], ("A", "A")),
        ([[0.0, math.inf]], ("A", "B")),
        ([["x", 1.0]], ("A", "B")),
    ],
)
def test_bad_input_is_refused(onsets, names):
    with pytest.raises(LabError):
        onset_order(onsets, names)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 200), shift=st.floats(-5, 5))
def test_shift_and_shuffle_change_nothing(seed, shift):
    rng = np.random.default_rng(seed)
    x = made(rng, [-10, 0, 5])
    one = onset_order(x, NAMES[:3])
    other = onset_order(rng.permutation(x + shift), NAMES[:3])
    for a, b in zip(one.pairs, other.pairs, strict=True):
        assert a.verdict == b.verdict
        assert a.mean == pytest.approx(b.mean, abs=1e-6)
    assert one.p_first["RM"] == pytest.approx(other.p_first["RM"], abs=0.02)


def test_settings_are_checked_and_hashed():
    assert AnalysisSettings().sha256() != AnalysisSettings(rope_ms=15.0).sha256()
    with pytest.raises(LabError):
        AnalysisSettings(rope_ms=0.0)
