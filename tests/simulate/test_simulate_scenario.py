from __future__ import annotations

import pytest

from labapp.errors import LabError
from labapp.simulate import list_scenarios, load_scenario
from labapp.simulate.scenario import Scenario

NAMED = {
    "demo", "rhomboid_leads_30ms", "equal_onsets_unequal_snr", "no_rhomboid", "simultaneous",
    "lossy", "long_losses",
}  # fmt: skip


def test_the_shipped_scenarios_load_and_have_the_four_muscles():
    assert set(list_scenarios()) >= NAMED
    for name in list_scenarios():
        scenario = load_scenario(name)
        assert [m.code for m in scenario.muscles] == ["RM_R", "UT_R", "MT_R", "LT_R"]
        assert scenario.force.code == "F_PULL"


def test_the_named_truths_are_what_the_names_say():
    leads = load_scenario("rhomboid_leads_30ms")
    assert leads.muscle("RM_R").onset_ms == -30.0
    assert {m.snr_db for m in leads.muscles} == {20.0}
    assert {m.rise_ms for m in leads.muscles} == {50.0}
    unequal = load_scenario("equal_onsets_unequal_snr")
    assert [m.snr_db for m in unequal.muscles] == [26.0, 12.0, 18.0, 18.0]
    assert {m.onset_ms for m in unequal.muscles} == {0.0}
    assert load_scenario("no_rhomboid").muscle("RM_R").silent


def test_an_unknown_scenario_is_told_with_the_known_ones():
    with pytest.raises(LabError, match=r"nonsense.*demo.*simultaneous"):
        load_scenario("nonsense")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('title = "x"\nmuscles = []', r"at least one muscle"),
        ('title = "x"\n[[muscles]]\ncode = "RM_R"\nsnr_db = 80.0', r"muscles\[0\]\.snr_db"),
        ('title = "x"\n[[muscles]]\ncode = "RM_R"\nloud = 1', r"muscles\[0\].*loud"),
        ('title = "x"\n[[muscles]]\ncode = "A"\n[[muscles]]\ncode = "A"', r"must differ"),
        (
            'title = "x"\n[[muscles]]\ncode = "A"\n[crosstalk]\nA = { B = 0.1 }',
            r"crosstalk names 'B'",
        ),
        (
            'title = "x"\n[[muscles]]\ncode = "A"\n[devices.bitalino]\nburst_frames = [9, 2]',
            r"burst_frames",
        ),
        ('title = "x"\n[[muscles]]\ncode = "A"\n[script]\npulls_s = [5.0, 2.0]', r"must rise"),
        ('title = "x"\n[[muscles]]\ncode = "A"\nrise = "sudden"', r"muscles\[0\]\.rise"),
    ],
)
def test_a_wrong_scenario_is_one_line_with_the_place(tmp_path, text, place):
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(LabError, match=place) as caught:
        load_scenario(path)
    assert "wrong.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_muscle_that_is_not_there_is_told():
    scenario = load_scenario("demo")
    assert isinstance(scenario, Scenario)
    with pytest.raises(LabError, match=r"SA_R.*RM_R"):
        scenario.muscle("SA_R")
