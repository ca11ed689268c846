"""The form of the facts file: its fields, what they refuse, saving, undo, and the preview."""

import tomllib
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from labapp.errors import LabError
from labapp.workflow.devices import PULLING, choose_devices
from labapp.workflow.facts_draft import FactsDraft
from labapp.workflow.facts_fields import fact_groups, fact_text, range_words, read_fact
from labapp.workflow.facts_file import FactsFile
from labapp.workflow.facts_preview import coming, preview
from labapp.workflow.facts_words import WORDS
from labapp.workflow.person import PersonFacts
from labapp.workflow.report_facts import read_facts
from labapp.workflow.study_facts import begin_facts, facts_file, study_facts

FIELDS = {(group.name, field.key): field for group in fact_groups() for field in group.fields}
CODES = ("RM_R", "UT_R", "F_PULL")
SIZE = ("electrodes", "all", "size_mm")
GAIN = ("amplifier", "gain")

# ------------------------------------------------------------------ fields


def test_every_fact_has_a_field_with_words_and_every_word_a_fact():
    assert set(WORDS) == {g.name for g in fact_groups()} | {".".join(key) for key in FIELDS}
    assert {g.name: [f.key for f in g.fields] for g in fact_groups()} == {
        one.name: list((Electrode if one.name == "electrodes" else one.type).__struct_fields__)
        for one in msgspec.structs.fields(FactsFile)
    }
    for field in FIELDS.values():
        assert field.words.tip.endswith(".")
        assert range_words(field) or field.kind in ("choice", "yes")


Electrode = msgspec.inspect.type_info(FactsFile).fields[1].type.value_type.cls


def test_a_new_fact_appears_by_itself():
    class Weather(msgspec.Struct, frozen=True):
        room_temperature_c: Annotated[float, Meta(ge=10, le=40)] | None = None
        note: str = ""

    class Bigger(FactsFile, frozen=True):
        weather: Weather = Weather()

    (group,) = [one for one in fact_groups(Bigger) if one.name == "weather"]
    warm, note = group.fields
    assert (warm.words.title, warm.words.unit) == ("Room temperature", "°C")
    assert (warm.kind, warm.low, warm.high) == ("number", 10, 40)
    assert range_words(warm) == "10 to 40 °C"
    assert note.kind == "text"


@pytest.mark.parametrize(
    ("key", "text", "value", "again"),
    [
        ("electrodes.ied_mm", " 20,5 mm", 20.5, "20.5"),
        ("electrodes.ied_mm", "8.0", 8, "8"),
        ("electrodes.impedance_kohm", "0", 0, "0"),
        ("electrodes.wire", "yes", True, "yes"),
        ("electrodes.mode", "DD", "DD", "DD"),
        ("electrodes.distances_mm", "C7 62,5; rib no. 3: 9", {"C7": 62.5, "rib no. 3": 9},
         "C7 62.5; rib no. 3 9"),
        ("electrodes.distances_mm", "T3 = 40mm, acromion 95", {"T3": 40, "acromion": 95},
         "T3 40; acromion 95"),
        ("amplifier.hw_band_hz", "25 bis 480 Hz", [25, 480], "25 to 480"),
        ("amplifier.hw_band_hz", "0,5-480", [0.5, 480], "0.5 to 480"),
        ("amplifier.adc_bits", "10", 10, "10"),
        ("participant.age", " 25  to 29 ", "25 to 29", "25 to 29"),
        ("participant.age", "  ", None, ""),
    ],
)  # fmt: skip
def test_what_is_typed_becomes_a_value_and_comes_back(key, text, value, again):
    field = FIELDS[tuple(key.split("."))]
    assert read_fact(field, text) == value
    assert fact_text(field, value) == again
    assert read_fact(field, again) == value


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("electrodes.ied_mm", "0", "0 is out of range. More than 0, up to 200 mm."),
        ("electrodes.ied_mm", "nan", "nan is no number. More than 0, up to 200 mm."),
        ("electrodes.impedance_kohm", "-1", "-1 is out of range. 0 to 10000 kΩ."),
        ("amplifier.adc_bits", "10.5", "10.5 is no whole number."),
        ("amplifier.mode", "stereo", "One of: double differential, monopolar,"),
        ("amplifier.hw_band_hz", "25", "Write two numbers, as 25 to 480."),
        ("amplifier.hw_band_hz", "480 to 25", "The first number must be the smaller one."),
        ("electrodes.distances_mm", "C7", "C7: write a landmark and its distance, as C7 62;"),
        ("electrodes.distances_mm", "C7 9; C7 3", "C7 stands there twice."),
        ("electrodes.distances_mm", "Mrs Miller 9", "Mrs Miller looks like a name: leave"),
        ("participant.age", "2.4.1990", "2.4.1990 looks like a date, perhaps of"),
        ("force.model", "x" * 201, "201 characters; 200 is the most."),
    ],
)
def test_what_is_wrong_is_told_in_one_line(key, text, words):
    with pytest.raises(LabError) as told:
        read_fact(FIELDS[tuple(key.split("."))], text)
    assert str(told.value).startswith(words)
    assert str(told.value).endswith(".")


def test_names_hidden_in_free_keys_are_refused_in_files_too(tmp_path):
    path = tmp_path / "f.toml"
    path.write_text('[electrodes.RM_R]\ndistances_mm = { "Mr Smith" = 3 }\n', encoding="utf-8")
    with pytest.raises(LabError, match="looks like a name"):
        read_facts(path)
    path.write_text("[amplifier]\nhw_band_hz = [480, 25]\n", encoding="utf-8")
    with pytest.raises(LabError, match="from a lower to a higher"):
        read_facts(path)


# ------------------------------------------------------------------ the draft


def test_what_is_filled_in_is_what_the_next_recording_reads(tmp_path):
    path = facts_file(tmp_path)
    draft = FactsDraft(path, CODES)
    assert draft.electrodes == ("all", "RM_R", "UT_R")
    assert not draft.save()
    assert not path.exists()
    for place, field in draft.fields.items():
        text = field.words.example or (field.choices or ("yes",))[0]
        assert draft.enter(place, text) == ""
    assert draft.save()
    assert study_facts(tmp_path, CODES) == msgspec.to_builtins(
        msgspec.convert(draft.values(), FactsFile)
    )
    assert path.read_text(encoding="utf-8").startswith("# Facts for the methods paragraph")
    assert not draft.save()
    again = FactsDraft(path, CODES)
    assert again.values() == draft.values()
    assert again.unknown == ()
    for place in again.fields:
        again.enter(place, "")
    assert again.save()
    assert study_facts(tmp_path, CODES) is None


def test_only_what_was_changed_is_written(tmp_path):
    path = facts_file(tmp_path)
    text = (
        '# ours\n[weather]\nsun = true\n[electrodes.all]\ngel = "wet gel" # box 3\n'
        "ied_mm = -20\nhue = 3\n"
    )
    path.write_text(text, encoding="utf-8")
    draft = FactsDraft(path, CODES)
    assert draft.unknown == ("weather.sun", "electrodes.all.hue")
    assert draft.mistakes() == {
        ("electrodes", "all", "ied_mm"): "-20 is out of range. More than 0, up to 200 mm."
    }
    draft.enter(SIZE, "10")
    draft.enter(GAIN, "many")
    # Another program writes meanwhile: both changes stay.
    path.write_text(text.replace("box 3", "box 4"), encoding="utf-8")
    assert draft.is_stale()
    assert draft.save()
    assert not draft.is_stale()
    now = path.read_text(encoding="utf-8")
    assert now == text.replace("box 3", "box 4") + "size_mm = 10\n"
    draft.enter(("electrodes", "all", "ied_mm"), "20")
    draft.save()
    assert tomllib.loads(path.read_text(encoding="utf-8"))["electrodes"]["all"]["ied_mm"] == 20
    assert not path.with_name(f"{path.name}.part").exists()


def test_a_file_that_cannot_be_changed_stays_as_it_is(tmp_path):
    path = facts_file(tmp_path)
    path.write_text("amplifier = 5\n", encoding="utf-8")
    draft = FactsDraft(path, CODES)
    draft.enter(GAIN, "1009")
    with pytest.raises(LabError, match="open it as a file"):
        draft.save()
    assert path.read_text(encoding="utf-8") == "amplifier = 5\n"
    assert draft.changes() == {GAIN: 1009}
    path.write_text("[amplifier\n", encoding="utf-8")
    with pytest.raises(LabError, match="line 1"):
        FactsDraft(path, CODES)


def test_steps_are_taken_back_and_made_again(tmp_path):
    draft = FactsDraft(begin_facts(tmp_path, CODES), CODES)
    assert not draft.can_undo
    draft.enter(SIZE, "1")
    draft.enter(SIZE, " 10,0 mm")
    draft.step()
    draft.enter(GAIN, "1009")
    draft.save()
    assert draft.undo() == (GAIN,)
    assert (draft.typed(SIZE), draft.typed(GAIN)) == ("10", "")
    draft.undo()
    assert (draft.typed(SIZE), draft.can_undo) == ("", False)
    draft.redo()
    draft.redo()
    assert (draft.typed(GAIN), draft.can_redo) == ("1009", False)
    draft.undo()
    draft.save()
    assert study_facts(tmp_path, CODES) == {"electrodes": {"all": {"size_mm": 10.0}}}
    draft.undo()
    draft.enter(GAIN, "5")
    draft.step()
    assert not draft.can_redo


def test_one_electrode_is_copied_to_all(tmp_path):
    path = facts_file(tmp_path)
    path.write_text(
        '[electrodes.all]\ngel = "paste"\n[electrodes.UT_R]\nied_mm = 20\ngel = "dry"\n'
        '[electrodes.RM_R]\nied_mm = 8\nsite_id = "caudal window"\n'
        "[electrodes.LT_L]\nied_mm = 30\n",
        encoding="utf-8",
    )
    draft = FactsDraft(path, CODES)
    assert draft.electrodes == ("all", "RM_R", "UT_R", "LT_L")
    assert draft.inherited(("electrodes", "RM_R", "gel")) == "paste"
    draft.copy_to_all("RM_R")
    draft.save()
    assert read_facts(path)["electrodes"] == {
        "all": {"gel": "paste", "ied_mm": 8.0},
        "UT_R": {},
        "RM_R": {"site_id": "caudal window"},
        "LT_L": {},
    }
    draft.undo()
    assert draft.typed(("electrodes", "LT_L", "ied_mm")) == "30"
    assert not draft.can_undo


# ------------------------------------------------------------------ the preview


@pytest.fixture(scope="module")
def pull():
    return coming(choose_devices(list(PULLING)), PersonFacts(dominant="left"))


def test_the_preview_counts_what_facts_can_tell(tmp_path, pull):
    draft = FactsDraft(facts_file(tmp_path), pull.muscles)
    first = preview(draft, pull)
    assert "rhomboid major, upper trapezius" in first.text
    assert "dominant hand left" in first.text
    assert "sampled at 1000 Hz with 10 bits" in first.text
    assert {"age", "gain", "electrode material", "force cell capacity (N)"} <= set(first.missing)
    assert "dominance" not in first.missing
    assert first.text.count("[?]") == len(first.missing)
    assert SIZE in first.wanted
    assert ("electrodes", "UT_R", "site_id") in first.wanted
    assert ("electrodes", "all", "site_id") not in first.wanted
    assert ("participant", "dominance") not in first.wanted
    draft.enter(SIZE, "10")
    draft.enter(GAIN, "many")
    then = preview(draft, pull)
    assert set(first.missing) - set(then.missing) == {"electrode size (mm)"}
    assert SIZE not in then.wanted
    assert ("electrodes", "RM_R", "size_mm") not in then.wanted
    assert GAIN in then.wanted


def test_filling_in_what_is_wanted_leaves_nothing_missing(tmp_path, pull):
    draft = FactsDraft(facts_file(tmp_path), pull.muscles)
    for place in preview(draft, pull).wanted:
        field = draft.fields[place]
        draft.enter(place, field.words.example or field.choices[0])
    done = preview(draft, pull)
    assert done.missing == ()
    assert done.wanted == frozenset()
    assert "[?]" not in done.text
    draft.enter(("electrodes", "UT_R", "distances_mm"), "C7 62")
    assert preview(draft, pull).wanted == {("electrodes", "UT_R", "distances_mm")}
    assert preview(draft, pull).missing == ("distances from landmarks (mm) of UT R",)


def test_people_who_only_stand_need_no_electrodes(tmp_path):
    plate = coming(choose_devices(["plate=chronojump_plate@sim://chronojump_plate"]))
    draft = FactsDraft(facts_file(tmp_path))
    assert {place[0] for place in preview(draft, plate).wanted} == {"participant", "standing"}
