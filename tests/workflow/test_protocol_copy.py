"""A protocol of one's own: the copy says what the original says, but for the numbers."""

import pytest

from labapp import paths
from labapp.errors import LabError
from labapp.translate import speak
from labapp.trials.protocol import load_protocol, parse_protocol
from labapp.workflow.protocol_copy import begin_copy, check_draft, copy_text, save_copy


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("LABAPP_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.mark.parametrize("name", sorted(paths.listing("protocols", ".toml")))
def test_every_protocol_can_be_copied_and_only_its_name_differs(name):
    source = load_protocol(name)
    draft = begin_copy(source)
    draft.changed = {number.key: f"{number.value:g}" for number in draft.numbers()}
    assert check_draft(draft) == ()
    copy = parse_protocol(copy_text(draft), name=name)
    different = {
        key for key in source.__struct_fields__ if getattr(source, key) != getattr(copy, key)
    }
    assert different <= {"id", "title", "text", "sha256", "translations"}
    for language, told in source.translations.items():
        kept = copy.translations[language]
        assert told.items() - kept.items() <= {(source.title, told[source.title])}
    assert source.sha256 in copy.text


def test_changed_numbers_and_only_they_are_in_the_file(home):
    draft = begin_copy(load_protocol("seated_cable_row_slow"))
    draft.name, draft.title = "my_row", 'Row "of mine" \u00fc'
    draft.changed = {"work.reps": "6", "work.bpm": "30", "work.level": "40", "work.rest_s": "1,5"}
    path = save_copy(draft)
    assert path == home / "protocols" / "my_row.toml"
    copy, source = load_protocol("my_row"), draft.source
    work, before = copy.block("work"), source.block("work")
    assert (work.reps, work.load.level, work.rest_s) == (6, 0.4, 1.5)
    # Half the tempo: the steps last twice as long, and still fill the beats.
    assert [s.duration_s for s in work.steps[work.cue_index :]] == [
        2 * s.duration_s for s in before.steps[before.cue_index :]
    ]
    assert copy.title == 'Row "of mine" \u00fc'
    assert copy.block("reference") == source.block("reference")
    assert copy.safety == source.safety


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("work.reps", "0", "3 sets of 0"),
        ("work.reps", "2.5", "broken"),
        ("work.reps", "many", "no number"),
        ("work.rest_s", "9999", "use 0 to 600 s"),
        ("work.level", "130", "share of the maximum"),
        ("work.bpm", "0", "beats at 0"),
        ("work.bpm", "500", "beats at 500"),
        ("min_valid_reps", "99", "99 of 24"),
    ],
)
def test_a_mistake_is_told_with_the_field_it_is_in(key, text, said):
    draft = begin_copy(load_protocol("seated_cable_row_slow"))
    draft.changed = {key: text}
    wrong = check_draft(draft)
    assert wrong[0].key == key
    assert said in wrong[0].text
    with pytest.raises(LabError):
        save_copy(draft)


def test_names_that_are_taken_or_none_are_refused():
    draft = begin_copy(load_protocol("isometric_pull"))
    assert draft.name == "isometric_pull_own"
    save_copy(draft)
    assert begin_copy(draft.source).name == "isometric_pull_own2"
    for name, said in (("isometric_pull", "already"), ("a b", "letters"), ("", "letters")):
        draft.name = name
        assert said in check_draft(draft)[0].text
    draft.name, draft.title = "fine", " "
    assert check_draft(draft)[0].key == "title"


def test_the_title_of_a_copy_begins_in_the_language_in_use():
    source = load_protocol("quiet_standing")
    assert begin_copy(source).title == "Quiet standing, own"
    speak("de")
    try:
        title = begin_copy(source).title
    finally:
        speak("en")
    assert title.startswith(source.say("Quiet standing", "de"))
    assert "Quiet" not in title
