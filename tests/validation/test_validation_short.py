"""A few cells of the validation in every test run; the whole table is `run.py validate`."""

from dataclasses import replace

import known_truth
import numpy as np
import package_tables
import pytest
import validation_campaign as campaign
import validation_page
import validation_runs


@pytest.fixture(scope="module")
def plan():
    return campaign.Plan(
        ("cosine",),
        ("noise", "motor_units"),
        pulls=16,
        sessions=1,
        compared=2,
        pull_cells=(campaign.Cell((25, 25), (50, 50)),),
        rms_cells=(campaign.Cell((24, 24), (50, 50), by="rms"),),
        null_cells=(campaign.Cell((20, 20), (25, 150)), campaign.Cell((26, 12), (50, 50))),
        lead_cells=(campaign.Cell((20, 20), (50, 50), 30),),
        joint=1,
        joint_cells=(campaign.Cell((20, 20), (50, 100)),),
    )


@pytest.fixture(scope="module")
def results(plan):
    # The packages are for the campaign: here they would cost more than all the rest.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validation_runs.peers, "DETECTORS", {})
        yield campaign.run(plan, seed=77)


def test_single_pulls(results):
    for pulls in results.pulls:
        assert pulls.n == 16
        assert abs(pulls.bias) < 4
        assert pulls.sd < 9
        assert pulls.coverage >= 0.8
        assert pulls.flagged <= 2


def test_equal_onsets_are_not_called_a_lead(results):
    null = [s for s in results.sessions if not s.cell.lead_ms]
    assert len(null) == 4
    for sessions in null:
        assert not {"first", "second"} & set(sessions.verdicts)
        if sessions.cell.rise_ms == (25, 150):
            assert sessions.verdicts == ("not interpretable",)


def test_a_true_lead_is_called(results):
    lead = [s for s in results.sessions if s.cell.lead_ms]
    assert len(lead) == 2
    for sessions in lead:
        assert sessions.verdicts == ("first",)
        assert abs(np.mean(sessions.lags)) < 8
        assert sessions.covered == (True,)


def test_pulls_of_a_cell_are_read_together(results):
    assert len(results.joint) == 2
    for one in results.joint:
        assert one.n == 12
        assert one.lags == (one.lag,)
        assert one.covered == (abs(one.lag) < one.half)
        assert one.covered


def test_single_onsets_are_scored(results):
    for one in results.peers:
        ours = one.scores["labapp"]
        assert len(ours.errors) == 4
        assert np.median(np.abs(ours.errors)) < 20
        assert ours.both == 2
        assert ours.seconds > 0


def test_page_holds_every_cell(results, plan, monkeypatch):
    # The labelled recordings have tests of their own (tests/analysis/test_labelled_data.py).
    monkeypatch.setattr(validation_page, "labelled_part", lambda seed: f"first seed {seed}")
    text = validation_page.page(results, plan, 77)
    assert "20/20 dB, 25/150 ms" in text
    assert "lead 30 ms" in text
    assert "nan" not in text.replace("nance", "")
    for name, reason in package_tables.peers.ABSENT.items():
        assert f"{name}: {reason}" in text


def test_same_seed_same_result(plan):
    job = campaign.Job(replace(plan.pull_cells[0], kind="motor_units"), 2, 5)
    assert campaign.run_pulls(job) == campaign.run_pulls(job)


def test_truth_is_where_it_is_said_to_be():
    rng = np.random.default_rng(3)
    muscle = known_truth.Muscle(40, 0.0)
    for kind in known_truth.KINDS:
        x = known_truth.pair(rng, kind, "step", muscle, muscle, onset=1.25)[0]
        level = np.abs(x) > 8 * np.abs(x[300:800]).mean()
        assert int(np.argmax(level)) / known_truth.RATE == pytest.approx(1.25, abs=0.015)


def test_a_ratio_is_active_over_rest_rms():
    muscle = known_truth.Muscle(20, 50, by="rms")
    x = known_truth.pair(np.random.default_rng(4), "noise", "cosine", muscle, muscle, onset=1.2)[0]
    filtered = known_truth.band_pass(x, known_truth.RATE)
    active, rest = (
        np.sqrt(np.mean(np.square(filtered[a:b]))) for a, b in ((1300, 2050), (50, 1150))
    )
    assert 20 * np.log10(active / rest) == pytest.approx(20, abs=0.4)


def test_packages_are_compared_cell_by_cell(monkeypatch):
    scored = validation_runs.Scored
    ours, theirs = scored((5.0, 30.0), 1, 4, 0.002), scored((10.0, np.inf), 3, 4, 0.003)
    monkeypatch.setattr(package_tables.peers, "DETECTORS", {"other": None})
    cell = campaign.PULL_CELLS[0]
    rows = package_tables.ahead([validation_runs.Peers(cell, {"labapp": ours, "other": theirs})])
    found = {row.split("|")[1].split(",")[0].strip(): row.split("|")[3:5] for row in rows}
    assert found["share of onsets more than 25 ms off"] == [
        " 0 of 1 ",
        f" 1.00 (other, {cell.text}) ",
    ]
    assert found["share of pulls in a false order"] == [" 1 of 1 ", f" 0.33 (other, {cell.text}) "]
    assert found["CPU time of a pull"] == [" 1 of 1 ", f" 0.67 (other, {cell.text}) "]


def test_verdicts_are_counted():
    cell = campaign.NULL_CELLS[0]
    verdicts = ("first", "undecided", "not interpretable")
    one = validation_runs.Sessions(cell, (0.0,) * 3, (0.0,) * 3, (True,) * 3, verdicts)
    assert validation_page.tally([one]) == (2, 1)
    assert validation_page.share(0, 100).startswith("0 of 100 = 0.0 % (0.0 to 3.7)")
