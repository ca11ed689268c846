"""Set up says what 100 % will be, and the recording gets what the line says."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from reference_sessions import MAXIMAL, made

from labapp.errors import LabError
from labapp.translate import tr
from labapp.ui.beginning import described
from labapp.ui.choices import simulated_devices
from labapp.ui.pages.recordcard import RecordCard
from labapp.ui.pages.referencerow import ReferenceRow
from labapp.ui.referring import AGAIN_MS
from labapp.workflow import reference_session
from labapp.workflow.reference_session import NoReference

EMG = simulated_devices()[0]
CODE = "AB-014"


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    when = datetime.now(UTC) - timedelta(minutes=42)
    pulls = [(b, p, {**s, "MT_R": 0.9, "LT_R": 0.8}) for b, p, s in MAXIMAL]
    made(folder / "mvic.h5", "mvic_scapular", pulls, when=when, participant=CODE, device=EMG,
         scenario="rhomboid_leads_30ms", full={"MT_R": 300.0, "LT_R": 300.0})  # fmt: skip
    return folder


def test_the_line_the_choice_and_the_recording(open_window, study, qtbot):
    opening = open_window(study=str(study))
    page, row = opening.work.setup, opening.work.setup.test.reference
    page.participant.setText(CODE)
    qtbot.waitUntil(lambda: not row.isHidden(), timeout=20_000)
    assert row.line.text().startswith("100 %: maximal references of ")
    assert row.line.text().endswith("(42 min ago), 4 muscles")
    assert row.line.toolTip() == "mvic"
    chosen = page.choice()
    assert (chosen.reference, chosen.own_reference) == (study / "mvic.h5", False)
    config, _, _ = described(chosen, study)
    assert config.reference["uuid"] == "uuid-mvic"
    row.choice.setCurrentIndex(1)
    config, _, _ = described(page.choice(), study)
    assert config.reference is None
    row.choice.setCurrentIndex(0)
    page.simulator.choose("demo", 10.0)
    assert row.isHidden()
    qtbot.waitUntil(lambda: not row.isHidden(), timeout=20_000)
    told = "are not used: its laboratory is 'rhomboid_leads_30ms', not 'demo'."
    assert row.line.text().endswith(told)
    assert row.choice.isHidden()
    assert page.choice().reference is None
    page.simulator.choose("rhomboid_leads_30ms", 10.0)
    qtbot.waitUntil(lambda: row.shown is not None, timeout=20_000)
    chosen = page.choice()
    Path(study / "mvic.h5").unlink()
    with pytest.raises(LabError, match="it is not there any more"):
        described(chosen, study)
    page.participant.setText("AB-015")
    assert row.isHidden()
    assert page.choice().reference is None


def test_nobody_looks_while_the_page_is_away_or_a_recording_runs(
    open_window, study, qtbot, monkeypatch
):
    looks = []
    find = reference_session.find_reference
    monkeypatch.setattr(
        reference_session, "find_reference", lambda *a, **k: looks.append(1) or find(*a, **k)
    )
    opening = open_window(study=str(study))
    window, page, again = opening.window, opening.work.setup, opening.work.referring._again
    row = page.test.reference
    page.participant.setText(CODE)
    qtbot.waitUntil(lambda: not row.isHidden() and again.isActive(), timeout=20_000)
    for leave, back in (
        (lambda: window.go("library"), lambda: window.go("setup")),
        (lambda: page.set_recording(True), lambda: page.set_recording(False)),
    ):
        done = len(looks)
        leave()
        again.start(0)  # a minute has passed
        qtbot.waitUntil(lambda: not again.isActive())
        again.setInterval(AGAIN_MS)
        assert len(looks) == done
        back()
        assert not row.isHidden()
        qtbot.waitUntil(again.isActive, timeout=20_000)
        assert len(looks) == done + 1


def test_reasons_name_muscles_as_everywhere(qapp):
    row = ReferenceRow()
    row.show_refused(NoReference(Path("mvic.h5"), ("RM_R had another gain",)))
    assert "RM right had another gain." in row.line.text()


def test_the_result_says_where_from(qapp, document):
    card = RecordCard()
    source = {"session": "mvic", "age_s": 2520.0}
    for one in document["reference"]["muscles"].values():
        one |= {"given": True, "kind": "maximal"}
    document["reference"]["source"] = source
    card.show_record(document)
    line = card.findChild(object, "reference_source")
    told = "maximal contractions recorded 42 min before (session mvic)"
    assert line.text().endswith(told)
    assert line.toolTip().startswith(tr("Contractions per muscle: {counts}", counts=""))
