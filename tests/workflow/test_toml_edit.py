"""Values of a TOML text changed in their places: nothing else in the text moves."""

import tomllib

import pytest

from labapp.errors import LabError
from labapp.workflow.toml_edit import edit_toml

TEXT = """\
# Ours
[electrodes.all]     # every one
# gel = "wet gel"
material = "Ag/AgCl" # from the bag, lot # 7
note = '''
[electrodes.fake]
gel = "not this"
'''

[electrodes.RM_R]
distances_mm = {} # none

# the end of it
[amplifier]
hw_band_hz = [
  25,  # low
  480,
]
"""


def edited(text, **changes):
    return edit_toml(text, {tuple(k.split("__")): v for k, v in changes.items()}, name="f.toml")


@pytest.mark.parametrize(
    ("changes", "before", "after"),
    [
        ({"electrodes__all__material": "gold"}, '"Ag/AgCl" #', '"gold"  #'),
        ({"electrodes__all__material": None}, 'material = "Ag/AgCl" # from', "# from"),
        (
            {"electrodes__all__gel": "paste"},
            '# gel = "wet gel"\n',
            '# gel = "wet gel"\ngel = "paste"\n',
        ),
        ({"electrodes__all__wire": True}, "not this\"\n'''\n", "not this\"\n'''\nwire = true\n"),
        (
            {"electrodes__RM_R__distances_mm": {"C7": 62, "rib no. 3": 9.5}},
            "{} #",
            '{ C7 = 62, "rib no. 3" = 9.5 }  #',
        ),
        (
            {"electrodes__RM_R__ied_mm": 20},
            "{} # none\n",
            "{} # none\nied_mm = 20\n",
        ),
        (
            {"electrodes__UT_R__ied_mm": 20},
            "# the end of it\n",
            "# the end of it\n\n[electrodes.UT_R]\nied_mm = 20\n",
        ),
        ({"force__model": "S"}, "480,\n]\n", '480,\n]\n\n[force]\nmodel = "S"\n'),
        ({"amplifier__hw_band_hz": [20, 450]}, "[\n  25,  # low\n  480,\n]", "[20, 450]"),
        ({"force__model": None}, "", ""),
    ],
)
def test_one_value_changes_and_nothing_else(changes, before, after):
    assert edited(TEXT, **changes) == TEXT.replace(before, after, 1)
    crlf = TEXT.replace("\n", "\r\n")
    assert edited(crlf, **changes) == edited(TEXT, **changes).replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("[e]\na = { x = 1, y = 2 }\n", "[e]\na = { x = 3, y = 2 }\n"),
        ("[e.a]\nx = 1 # one\n", "[e.a]\nx = 3  # one\n"),
        ("e.a.x = 1\n", "e.a.x = 3\n"),
        ("e.a.y = 2\n", "e.a.y = 2\ne.a.x = 3\n"),
        ('e."a".x = 1\n', 'e."a".x = 3\n'),
        ("", "[e.a]\nx = 3\n"),
        ("[e]\n[e.b]\n\n[z]\n", "[e]\n[e.b]\n\n[e.a]\nx = 3\n\n[z]\n"),
    ],
)
def test_a_place_is_found_however_it_is_written(text, after):
    assert edited(text, e__a__x=3) == after


def test_a_table_of_its_own_becomes_a_value():
    text = "[e.a]\n# first\nx = 1\n[e.a.d]\nC7 = 62\n# kept\n"
    assert edited(text, e__a__d={"T3": 40}) == (
        "[e.a]\n# first\nx = 1\nd = { T3 = 40 }\n# kept\n"
    )  # fmt: skip
    assert tomllib.loads(edited(text, e__a__d=None)) == {"e": {"a": {"x": 1}}}


@pytest.mark.parametrize("text", ["[[e]]\na = 1\n", "e = 5\n", "[e\n", "[e]\na = 4\n"])
def test_what_cannot_be_changed_is_refused_by_name(text):
    with pytest.raises(LabError, match=r"f\.toml .*open it as a file"):
        edited(text, e__a__x=3)
