"""The facts file of a study: begun as a template, read when a recording begins, checked."""

import re
from types import SimpleNamespace

import pytest

from labapp.errors import LabError
from labapp.session.facts import reported
from labapp.workflow.person import PersonFacts
from labapp.workflow.study_facts import begin_facts, facts_file, study_facts, tell_beginning


class Notebook:
    """Keeps markers as a recorder does."""

    def __init__(self):
        self.kept = []

    def mark(self, kind, data):
        self.kept.append((kind, data))


def test_a_study_without_a_file_says_nothing(tmp_path):
    assert study_facts(tmp_path, ["RM_R"]) is None


def test_the_template_is_valid_and_says_nothing_until_it_is_filled_in(tmp_path):
    path = begin_facts(tmp_path, ["RM_R", "UT_R", "", "RM_R", "F_PULL"])
    assert path == facts_file(tmp_path)
    assert study_facts(tmp_path, ["RM_R"]) is None
    text = path.read_text(encoding="utf-8")
    assert text.count("[electrodes.RM_R]") == 1
    assert text.count("[electrodes.") == 3


def test_every_line_of_the_template_is_valid_when_its_mark_is_taken_off(tmp_path):
    path = begin_facts(tmp_path, ["RM_R", "UT_R"])
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"^# (?=\w+ = )", "", text, flags=re.MULTILINE), encoding="utf-8")
    told = study_facts(tmp_path, ["RM_R", "UT_R"])
    assert told["electrodes"]["RM_R"]["site_id"] == "caudal window"
    assert told["electrodes"]["all"]["ied_mm"] == 20
    assert list(told["amplifier"]["hw_band_hz"]) == [25, 480]
    assert set(told) == {"electrodes", "amplifier", "force", "normalisation"}


def test_a_file_that_is_there_is_left_as_it_is(tmp_path):
    facts_file(tmp_path).write_text("[force]\nmodel = 'S-type'\n", encoding="utf-8")
    begin_facts(tmp_path, ["RM_R"])
    assert study_facts(tmp_path, []) == {"force": {"model": "S-type"}}


def test_electrodes_of_another_montage_are_left_out(tmp_path):
    text = "[electrodes.RM_R]\nied_mm = 10\n[electrodes.UT_L]\nied_mm = 20\n"
    facts_file(tmp_path).write_text(text, encoding="utf-8")
    assert study_facts(tmp_path, ["RM_R"]) == {"electrodes": {"RM_R": {"ied_mm": 10}}}
    assert study_facts(tmp_path, ["MT_R"]) is None


@pytest.mark.parametrize(
    "text", ["[electrodes.RM_R]\nied_mm = -1\n", "[force]\nmodel = 'a@b.org'\n", "[weather]\n", "["]
)
def test_a_bad_file_is_refused_by_name(tmp_path, text):
    facts_file(tmp_path).write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match=r"labapp-facts\.toml"):
        study_facts(tmp_path, ["RM_R"])


def test_what_was_entered_is_kept_in_the_recording():
    kept = Notebook()
    tell_beginning(kept, PersonFacts(), [{"form": "pain"}], {"force": {"model": "S-type"}})
    assert [kind for kind, _ in kept.kept] == ["facts", "person", "answer"]
    tell_beginning(kept, PersonFacts(), [], None)
    assert [kind for kind, _ in kept.kept][3:] == ["person"]


def test_what_is_said_of_the_person_goes_before_the_study():
    kept = Notebook()
    study = {"participant": {"dominance": "right", "sex": "f"}}
    tell_beginning(kept, PersonFacts(dominant="left"), [], study)
    markers = [SimpleNamespace(kind=kind, data=data) for kind, data in kept.kept]
    session = SimpleNamespace(meta={}, markers=markers, streams={})
    assert reported(session)["report"]["participant"] == {"dominance": "left", "sex": "f"}
