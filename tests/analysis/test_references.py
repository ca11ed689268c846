import math
from dataclasses import replace

import numpy as np
import pytest
from made_emg import recording

from labapp.analysis import AnalysisSettings, activation_ratio
from labapp.analysis.phases import amplitudes
from labapp.analysis.pulls import filtered
from labapp.analysis.references import (
    Reference,
    combined_df,
    percent_of_reference,
    reference_amplitude,
    spread_of_greatest,
)
from labapp.errors import LabError

RATE = 1000


def contractions(rng, levels, seconds=3.0):
    """Unit noise with bursts of the given levels, and their sample ranges."""
    n = int(seconds * RATE)
    x = rng.normal(size=(2 * len(levels) + 1) * n)
    spans = []
    for k, level in enumerate(levels):
        first = (2 * k + 1) * n
        x[first : first + n] *= level
        spans.append((first - 100, first + n + 100))
    return x, spans


def test_reference_is_the_greatest_half_second():
    x, spans = contractions(np.random.default_rng(2), [10, 20])
    found = reference_amplitude(x, RATE, spans, 1.0)
    # The greatest of many half seconds lies a little above the level.
    assert found.value == pytest.approx(21.2, abs=1.2)
    assert found.n == 2
    assert found.usable
    assert found.contractions[0] < found.contractions[1] == found.value
    assert "differ by" in found.notes[0]


def test_log_sd_is_that_of_the_greatest_of_n():
    x, spans = contractions(np.random.default_rng(3), [18, 20, 22])
    found = reference_amplitude(x, RATE, spans, 1.0)
    logs = np.log(found.contractions)
    assert found.log_sd == pytest.approx(logs.std(ddof=1) * spread_of_greatest(3))
    assert found.df == 2
    # t(0.975, 2) = 4.3027 on the log scale.
    reach = math.exp(4.302652729911275 * found.log_sd)
    assert (found.low, found.high) == pytest.approx((found.value / reach, found.value * reach))


def test_submaximal_reference_is_a_mean_with_its_own_uncertainty():
    x, spans = contractions(np.random.default_rng(4), [9, 10, 11])
    found = reference_amplitude(x, RATE, spans, 1.0, kind="submaximal")
    assert found.kind == "submaximal"
    assert found.value == pytest.approx(np.mean(found.contractions))
    assert found.value == pytest.approx(math.sqrt(99), rel=0.03)
    assert found.log_sd == pytest.approx(np.log(found.contractions).std(ddof=1) / math.sqrt(3))


def test_criteria_withhold_with_a_reason():
    rng = np.random.default_rng(5)
    x, spans = contractions(rng, [3, 4])
    assert reference_amplitude(x, RATE, spans, 1.0).reason.startswith("2 reference contractions")
    x, spans = contractions(rng, [20])
    one = reference_amplitude(x, RATE, spans, 1.0)
    assert math.isfinite(one.value)
    assert math.isnan(one.log_sd)
    assert one.reason.startswith("1 usable reference contraction, 2 are needed")
    assert not one.usable
    assert "no reference contraction" in reference_amplitude(x, RATE, [], 1.0).reason
    assert "no quiet rest" in reference_amplitude(x, RATE, spans, math.nan).reason
    x, spans = contractions(rng, [3, 20, 21])
    found = reference_amplitude(x, RATE, spans, 1.0)
    assert found.n == 2
    assert found.notes == ("left out below 15 dB: 1",)
    for bad in ({"rest": -1.0}, {"rest": math.inf}):
        with pytest.raises(LabError):
            reference_amplitude(x, RATE, spans, **bad)
    with pytest.raises(LabError, match="kind"):
        reference_amplitude(x, RATE, spans, 1.0, kind="average")


def test_welch_satterthwaite():
    # Two equal parts with equal degrees of freedom: df doubles.
    assert combined_df([(0.1, 5), (0.1, 5)]) == pytest.approx((math.sqrt(0.02), 10))
    assert combined_df([(0.1, 5), (0.0, 2)]) == pytest.approx((0.1, 5))
    assert combined_df([(0.1, math.inf)]) == (0.1, math.inf)


def test_percent_interval_includes_the_reference():
    reference = Reference(50.0, 3, 0.05, 30.0, low=45, high=55, df=2.0)
    exact = replace(reference, log_sd=0.0)
    values = [40.0, 44.0, 38.0, 42.0, 41.0, 39.0]
    one, other = percent_of_reference(values, exact), percent_of_reference(values, reference)
    assert one.percent == other.percent == pytest.approx(np.mean(values))
    assert other.high - other.low > 2 * (one.high - one.low)
    unknown = percent_of_reference(values, replace(reference, log_sd=math.nan))
    assert unknown.percent == one.percent
    assert math.isnan(unknown.low)
    assert percent_of_reference([math.nan, 3.0], reference).n == 1
    with pytest.raises(LabError):
        percent_of_reference([-1.0, 3.0], reference)


@pytest.mark.parametrize(("trials", "reps"), [(3, 8), (2, 12), (5, 6)])
def test_ratio_interval_covers_with_uncertain_references(trials, reps):
    """Coverage over sessions whose references differ from contraction to contraction.

    Both references are the greatest of as many, so that their mean excess cancels.
    """
    rng = np.random.default_rng(6)
    hits = naive = 0
    for _ in range(1000):
        logs = 0.08 * rng.normal(size=(2, trials))
        shared, df = combined_df(
            [(row.std(ddof=1) * spread_of_greatest(trials), trials - 1) for row in logs]
        )
        top = logs.max(axis=1)
        a = 30 * np.exp(0.1 * rng.normal(size=reps) - top[0])
        b = 20 * np.exp(0.1 * rng.normal(size=reps) - top[1])
        found = activation_ratio(a, b, reference_log_sd=shared, reference_df=df)
        hits += found.low <= 1.5 <= found.high
        exact = activation_ratio(a, b)
        naive += exact.low <= 1.5 <= exact.high
    assert 940 <= hits <= 990
    assert naive < 860


def amplitudes_of(inputs, **changes):
    settings = AnalysisSettings()
    channels = {c.muscle: filtered(c, settings) for c in inputs.emg}
    reps = [replace(r, **changes) if r.pull == "reference" else r for r in inputs.repetitions]
    pulls = [r for r in reps if r.pull == "fast"]
    return amplitudes(channels, pulls, [r for r in reps if r.pull != "fast"], settings)


@pytest.fixture(scope="module")
def session():
    muscles = {"RM_R": (24, 0, 0.05, "cos"), "UT_R": (24, 0, 0.05, "cos")}
    return recording(np.random.default_rng(7), muscles, n=5)


def test_only_a_submaximal_reference_gives_percent_and_no_ratio(session):
    found = amplitudes_of(session, pull="submaximal")
    assert np.isfinite(found.percent["RM_R"]["hold"]).all()
    assert found.references["RM_R"].kind == "submaximal"
    assert found.ratios == {}
    assert any("submaximal" in reason for reason in found.withheld)


def test_clipped_reference_contractions_are_left_out(session):
    rail = 3e-5
    emg = [
        replace(c, values=np.clip(c.values, -rail, rail), low=-rail, high=rail) for c in session.emg
    ]
    found = amplitudes_of(replace(session, emg=emg))
    assert found.ratios == {}
    assert any("clipped" in reason for reason in found.withheld)


def test_pulls_above_the_reference_are_told(session):
    reference = [r for r in session.repetitions if r.pull == "reference"]
    quieter = []
    for c in session.emg:
        x = c.values.copy()
        for r in reference:
            a, b = np.searchsorted(c.times, (r.cue_s, r.force_off_s + 1.0))
            x[a:b] *= 0.6
        quieter.append(replace(c, values=x))
    found = amplitudes_of(replace(session, emg=quieter))
    assert any("probably not maximal" in note for note in found.references["RM_R"].notes)
    usual = amplitudes_of(session)
    assert not any("maximal" in note for note in usual.references["RM_R"].notes)
    assert usual.absolute["RM_R"]["hold"][0].arv > 0
