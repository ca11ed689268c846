"""Free text about a person: what could tell who it is, and what is only a note."""

import pytest

from labapp.workflow.person import PersonFacts, looks_personal


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("ask jane.doe@example.org", "e-mail"),
        ("tel +49 30 1234567", "phone"),
        ("0171/1234567", "phone"),
        ("call 555-123-4567", "phone"),
        ("born 12.03.1987", "date"),
        ("1987-03-12", "date"),
        ("12 March 1987", "date"),
        ("3. Mai 1987", "date"),
        ("DOB 87", "birth"),
        ("geb. 1987", "birth"),
        ("insured 1234567890", "number"),
        ("(030) 123 4567", "phone"),
        ("Frau Müller, left shoulder", "name"),
        ("Dr. Smith referred", "name"),
    ],
)
def test_what_could_tell_who_it_is(text, what):
    assert what in looks_personal(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "electrode 20 mm below the spine of the scapula, 30 degrees",
        "skin abraded twice, 4.5 kOhm; seat height 7",
        "pull 3 of 12 repeated, 80 N, 1000 Hz",
        "RM 2/3 between T2 and T5",
        "cable 0.8 m",
        "gain 1000, 24 bit, 8388607 counts",
        "may repeat 3 times",
    ],
)
def test_a_plain_note_passes(text):
    assert looks_personal(text) == ""


def test_facts_are_plain_json():
    facts = PersonFacts(consent=True, dominant="left", note="x", tested="right")
    assert facts.as_marker() == {
        "consent": True, "dominant": "left", "note": "x", "tested": "right",
    }  # fmt: skip
