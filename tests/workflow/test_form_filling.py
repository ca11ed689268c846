"""Forms filled in by hand: what counts, what is missing, what ends the test."""

import pytest

from labapp.errors import LabError
from labapp.model import Marker
from labapp.trials.protocol import load_protocol, parse_protocol
from labapp.workflow.form_filling import (
    REASONS,
    Answers,
    fields_of,
    forms_of,
    latest,
    reasons_form,
    stop_reason,
)
from labapp.workflow.protocol_facts import forms_part


@pytest.fixture(scope="module")
def protocol():
    return load_protocol("screening")


@pytest.fixture
def answers(protocol):
    return Answers(forms_of(protocol))


def field(answers, form, item, side="", repeat=1):
    return next(f for f in answers.fields if f.key == (form, item, side, repeat))


def test_every_reason_of_the_protocol_is_asked(protocol):
    form = reasons_form(protocol)
    assert len(form.items) == len(protocol.safety.contraindications) == 7
    assert form.items[0].text == "chest pain, dizziness or uncontrolled high blood pressure"


def test_yes_to_a_reason_ends_it_and_no_does_not(answers):
    asked = [f for f in answers.fields if f.form.id == REASONS]
    assert not answers.asked
    assert answers.words() == "7 reasons not to test have not been asked yet."
    for one in asked:
        answers.enter(one, "no")
    assert answers.asked
    assert answers.stops == ()
    answers.enter(asked[4], "yes")
    assert answers.stops == ("pacemaker or implant that the site's rules exclude",)
    assert answers.words().startswith("Do not test: pacemaker")
    answers.enter(asked[4], "no")
    assert answers.stops == ()


def test_a_number_above_its_limit_ends_it_too(answers):
    pain = field(answers, "pain", "before")
    answers.enter(pain, "3")
    assert answers.stops == ()
    data = answers.enter(pain, "3,5")
    assert data == {"form": "pain", "item": "before", "value": 3.5, "repeat": 1}
    assert answers.stops == ("Pain now, before the test: 3.5 of 10, more than 3",)
    assert stop_reason(field(answers, "thoracic_rotation", "rotation", "L").item, 100.0) == ""


@pytest.mark.parametrize("text", ["eleven", "11", "-1", "nan"])
def test_what_cannot_be_is_refused_and_the_answer_before_stays(answers, text):
    pain = field(answers, "pain", "before")
    answers.enter(pain, "2")
    with pytest.raises(LabError):
        answers.enter(pain, text)
    assert answers.value(pain) == 2.0


def test_sides_and_repeats_have_a_field_each(protocol):
    rotation = next(form for form in protocol.forms if form.id == "thoracic_rotation")
    assert [f.key[2:] for f in fields_of(rotation)] == [
        ("L", 1), ("L", 2), ("L", 3), ("R", 1), ("R", 2), ("R", 3),
    ]  # fmt: skip


def test_answers_become_the_forms_part_of_the_document(protocol, answers):
    for repeat, text in enumerate(("40", "44", "48"), 1):
        answers.enter(field(answers, "thoracic_rotation", "rotation", "L", repeat), text)
    answers.enter(field(answers, "dyskinesis", "flexion", "R"), "subtle")
    answers.enter(field(answers, "posture", "forward_head"), "1")
    answers.enter(field(answers, REASONS, "reason_1"), "no")
    markers = [Marker(0.0, "answer", data) for data in answers.markers()]
    rows = {(r["form"], r["item"], r["side"]): r for r in forms_part(protocol, markers)}
    assert rows["thoracic_rotation", "rotation", "L"]["value"] == 44.0
    assert rows["thoracic_rotation", "rotation", "L"]["n"] == 3
    assert rows["dyskinesis", "flexion", "R"]["value"] == "subtle"
    assert rows["posture", "forward_head", ""]["value"] == 1.0
    assert rows[REASONS, "reason_1", ""]["value"] == "no"
    assert rows[REASONS, "reason_2", ""]["n"] == 0
    # A session whose operator was never asked does not pretend that he was.
    assert all(r["form"] != REASONS for r in forms_part(protocol, []))


def test_an_answer_may_be_corrected_or_taken_back(answers):
    pain = field(answers, "pain", "before")
    given = [answers.enter(pain, "5"), answers.enter(pain, "2")]
    assert answers.enter(pain, "2") is None
    assert [one["value"] for one in latest(given)] == [2.0]
    given.append(answers.enter(pain, ""))
    assert latest(given) == []
    assert answers.markers() == ()
    old = [{"form": "pain", "item": "before", "value": v} for v in (1, 2)]
    assert latest(old) == old


def test_a_stop_outside_its_item_is_refused(protocol):
    text = protocol.text.replace("stop_above = 3", "stop_above = 12", 1)
    with pytest.raises(LabError, match="stop_above"):
        parse_protocol(text, name="x")
