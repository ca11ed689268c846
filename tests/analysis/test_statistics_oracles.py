"""Statistics against independent packages (pingouin, statsmodels, SciPy) to 1e-9."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from scipy import stats

from labapp.analysis.effect_size import hedges_correction, hedges_g
from labapp.analysis.fatigue import trend
from labapp.analysis.references import spread_of_greatest
from labapp.analysis.reliability_stats import reliability, welch_change
from labapp.analysis.statistics import (
    holm,
    jeffreys,
    kendall_w,
    mean_interval,
    probability_below_zero,
)

CLOSE = 1e-9


@pytest.fixture(scope="module")
def pingouin():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        package = pytest.importorskip(
            "pingouin", reason="oracles are not installed: pip install labapp[oracles]"
        )
    before = package.options.copy()
    package.options.update({key: None for key in package.options if key.startswith("round")})
    yield package
    package.options.update(before)


@pytest.fixture(scope="module")
def statsmodels():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(
            "statsmodels.api", reason="oracles are not installed: pip install labapp[oracles]"
        )


@pytest.mark.parametrize(("n", "k", "seed"), [(6, 4, 1), (10, 2, 2), (25, 3, 3), (8, 2, 4)])
def test_icc_against_pingouin(pingouin, n, k, seed):
    import pandas as pd

    rng = np.random.default_rng(seed)
    x = 10 + 2 * rng.normal(size=(n, 1)) + 0.5 * rng.normal(size=k) + rng.normal(size=(n, k))
    rows = [(i, j, x[i, j]) for i in range(n) for j in range(k)]
    table = pd.DataFrame(rows, columns=["subject", "session", "value"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = pingouin.intraclass_corr(
            data=table, targets="subject", raters="session", ratings="value"
        ).set_index("Type")
    ours = reliability(x).icc
    names = {"1,1": "ICC(1,1)", "2,1": "ICC(A,1)", "3,1": "ICC(C,1)"}
    names |= {"1,k": "ICC(1,k)", "2,k": "ICC(A,k)", "3,k": "ICC(C,k)"}
    for form, name in names.items():
        assert ours[form].value == pytest.approx(theirs.loc[name, "ICC"], abs=CLOSE)
        low, high = theirs.loc[name, "CI95"]
        assert ours[form].low == pytest.approx(low, abs=CLOSE)
        assert ours[form].high == pytest.approx(high, abs=CLOSE)


def test_mean_squares_against_statsmodels(statsmodels):
    import pandas as pd
    from statsmodels.formula.api import ols

    rng = np.random.default_rng(5)
    x = rng.normal(size=(7, 3)) + np.arange(3) + 2 * rng.normal(size=(7, 1))
    table = pd.DataFrame(
        [(f"s{i}", f"k{j}", x[i, j]) for i in range(7) for j in range(3)],
        columns=["subject", "session", "value"],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        anova = statsmodels.stats.anova_lm(ols("value ~ C(subject) + C(session)", table).fit())
    ours = reliability(x)
    wanted = anova["mean_sq"].to_numpy()
    assert (ours.ms_subjects, ours.ms_sessions, ours.ms_error) == pytest.approx(wanted, abs=CLOSE)


@pytest.mark.parametrize("is_paired", [True, False])
def test_hedges_g_against_pingouin(pingouin, is_paired):
    rng = np.random.default_rng(6)
    a, b = rng.normal(size=14), 0.4 + rng.normal(size=14)
    ours = hedges_g(a, b, is_paired=is_paired)
    if is_paired:
        t = pingouin.ttest(b, a, paired=True)
        assert ours.d * math.sqrt(14) == pytest.approx(t.iloc[0]["T"], abs=CLOSE)
    else:
        d = pingouin.compute_effsize(b, a, eftype="cohen")
        assert ours.d == pytest.approx(d, abs=CLOSE)
        # pingouin takes the approximate factor, 1 - 3 / (4 N - 9); the exact one is near it.
        g = pingouin.compute_effsize(b, a, eftype="hedges")
        assert ours.g == pytest.approx(g, rel=5e-4)
    assert hedges_correction(ours.df) == pytest.approx(1 - 3 / (4 * ours.df - 1), rel=1e-3)


def test_noncentral_interval_of_g():
    rng = np.random.default_rng(7)
    for shift in (0.0, 0.5, 2.0, 8.0, -8.0):
        a, b = rng.normal(size=9), shift + rng.normal(size=9)
        g = hedges_g(a, b, is_paired=True)
        scale = hedges_correction(g.df) * math.sqrt(1 / 9)
        t = g.d * 3
        assert stats.nct.cdf(t, g.df, g.low / scale) == pytest.approx(0.975, abs=CLOSE)
        assert stats.nct.cdf(t, g.df, g.high / scale) == pytest.approx(0.025, abs=CLOSE)


def test_noncentral_interval_against_statsmodels(statsmodels):
    from statsmodels.stats.effect_size import _noncentrality_t

    rng = np.random.default_rng(8)
    a, b = rng.normal(size=11), 0.8 + rng.normal(size=11)
    g = hedges_g(a, b, is_paired=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = _noncentrality_t(g.d * math.sqrt(11), g.df).confint
    scale = hedges_correction(g.df) / math.sqrt(11)
    # Their quantiles come from an older routine that stops at about 1e-8.
    assert (g.low / scale, g.high / scale) == pytest.approx(theirs, abs=1e-6)


def test_welch_against_pingouin_and_scipy(pingouin):
    rng = np.random.default_rng(9)
    a, b = rng.normal(size=8), 1 + 3 * rng.normal(size=13)
    ours = welch_change(a, b)
    theirs = pingouin.ttest(b, a, correction=True).iloc[0]
    assert ours.t == pytest.approx(theirs["T"], abs=CLOSE)
    assert ours.df == pytest.approx(theirs["dof"], abs=CLOSE)
    assert ours.p == pytest.approx(theirs["p_val" if "p_val" in theirs else "p-val"], abs=CLOSE)
    name = next(key for key in theirs.index if key.startswith("CI95"))
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs[name]), abs=CLOSE)
    both = stats.ttest_ind(b, a, equal_var=False).confidence_interval()
    assert (ours.low, ours.high) == pytest.approx(tuple(both), abs=CLOSE)


def test_kendall_w_against_friedman(pingouin):
    import pandas as pd

    rng = np.random.default_rng(10)
    x = rng.normal(size=(12, 4)) + np.array([0.0, 0.3, 0.6, 0.9])
    x[3, 1] = x[3, 0]  # a tie
    ours = kendall_w(x)
    rows = [(i, j, x[i, j]) for i in range(12) for j in range(4)]
    table = pd.DataFrame(rows, columns=["rep", "muscle", "onset"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = pingouin.friedman(table, dv="onset", within="muscle", subject="rep").iloc[0]
    assert ours.w == pytest.approx(theirs["W"], abs=CLOSE)
    assert ours.chi2 == pytest.approx(theirs["Q"], abs=CLOSE)
    chi2, p = stats.friedmanchisquare(*x.T)
    assert ours.chi2 == pytest.approx(chi2, abs=CLOSE)
    assert ours.p == pytest.approx(p, abs=CLOSE)


@pytest.mark.parametrize(("k", "n"), [(8, 10), (0, 12), (12, 12), (5, 9), (37, 120)])
def test_jeffreys_against_statsmodels_and_scipy(statsmodels, k, n):
    from statsmodels.stats.proportion import proportion_confint

    low, high = jeffreys(k, n)
    assert (low, high) == pytest.approx(
        stats.beta.ppf((0.025, 0.975), k + 0.5, n - k + 0.5), abs=CLOSE
    )
    assert (low, high) == pytest.approx(proportion_confint(k, n, method="jeffreys"), abs=CLOSE)


def test_t_interval_and_probability(statsmodels):
    from statsmodels.stats.weightstats import DescrStatsW

    x = np.random.default_rng(11).normal(0.3, 1.0, size=9)
    ours = mean_interval(x)
    assert (ours.low, ours.high) == pytest.approx(DescrStatsW(x).tconfint_mean(), abs=CLOSE)
    p = stats.ttest_1samp(x, 0.0, alternative="greater").pvalue
    assert probability_below_zero(ours.mean, ours.sd, ours.n) == pytest.approx(p, abs=CLOSE)


def test_holm_against_statsmodels(statsmodels):
    from statsmodels.stats.multitest import multipletests

    p = np.array([0.001, 0.04, 0.03, 0.2, 0.011])
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1], abs=CLOSE)


def test_trend_against_statsmodels_and_scipy(statsmodels):
    rng = np.random.default_rng(12)
    x = np.sort(rng.uniform(0, 60, size=20))
    y = 90 - 0.2 * x + rng.normal(size=20)
    ours = trend(x, y)
    fitted = statsmodels.OLS(y, statsmodels.add_constant(x)).fit()
    assert ours.slope == pytest.approx(fitted.params[1], abs=CLOSE)
    assert (ours.low, ours.high) == pytest.approx(tuple(fitted.conf_int()[1]), abs=CLOSE)
    assert ours.percent == pytest.approx(100 * fitted.params[1] / fitted.params[0], abs=CLOSE)
    assert ours.theil_sen == pytest.approx(stats.theilslopes(y, x).slope, abs=CLOSE)


def test_spread_of_the_greatest():
    # Order statistics of the normal distribution (Harter 1961).
    for n, wanted in ((1, 1.0), (2, math.sqrt(1 - 1 / math.pi)), (3, 0.7479753), (5, 0.6689799)):
        assert spread_of_greatest(n) == pytest.approx(wanted, abs=1e-6)
