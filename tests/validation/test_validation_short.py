"""A few cells of the validation in every test run; the whole table is `run.py validate`."""

from dataclasses import replace

import numpy as np
import pytest
import validation_campaign as campaign
import validation_page


@pytest.fixture(scope="module")
def plan():
    return campaign.Plan(
        ("cosine",),
        ("noise", "motor_units"),
        pulls=16,
        sessions=1,
        pull_cells=(campaign.Cell((25, 25), (50, 50)),),
        null_cells=(campaign.Cell((20, 20), (50, 75)),),
        lead_cells=(campaign.Cell((20, 20), (50, 50), 30),),
    )


@pytest.fixture(scope="module")
def results(plan):
    # The packages are for the campaign: here they would cost more than all the rest.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(campaign.peers, "DETECTORS", {})
        return campaign.run(plan, seed=77)


def test_single_pulls(results):
    for pulls in results[0]:
        assert pulls.n == 16
        assert abs(pulls.bias) < 4
        assert pulls.sd < 9
        assert pulls.coverage >= 0.8


def test_unequal_rise_is_not_called_a_lead(results):
    for sessions in results[1]:
        if sessions.cell.lead_ms == 0:
            assert not {"first", "second"} & set(sessions.verdicts)


def test_a_true_lead_is_called(results):
    lead = [s for s in results[1] if s.cell.lead_ms]
    assert len(lead) == 2
    for sessions in lead:
        assert sessions.verdicts == ("first",)
        assert np.mean(sessions.lags) == pytest.approx(-30, abs=8)


def test_page_holds_every_cell(results, plan):
    text = validation_page.page(*results, plan, 77)
    assert "20/20 dB, 50/75 ms" in text
    assert "lead 30 ms" in text
    assert "nan" not in text
    for name, reason in campaign.peers.ABSENT.items():
        assert f"{name} {reason}" in text


def test_same_seed_same_result(plan):
    job = replace(plan.pull_cells[0], kind="motor_units"), 2, 5
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(campaign.peers, "DETECTORS", {})
        one, other = campaign.run_pulls(job), campaign.run_pulls(job)
    assert (one.bias, one.sd, one.equal) == (other.bias, other.sd, other.equal)


def test_truth_is_where_it_is_said_to_be():
    rng = np.random.default_rng(3)
    muscle = campaign.Muscle(40, 0.0)
    for kind in campaign.KINDS:
        x = campaign.pair(rng, kind, "step", muscle, muscle)[0]
        level = np.abs(x) > 8 * np.abs(x[300:800]).mean()
        first = int(np.argmax(level)) / campaign.RATE
        assert 1.17 < first < 1.33


def test_verdicts_are_counted():
    cell = campaign.NULL_CELLS[0]
    given, named = validation_page.tally(
        [campaign.Sessions(cell, (0.0,) * 3, ("first", "undecided", "not interpretable"))]
    )
    assert (given, named) == (2, 1)
    assert validation_page.share(0, 100).startswith("0 of 100 = 0.0 % (0.0 to 3.7)")
