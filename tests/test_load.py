from __future__ import annotations

import json
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labapp.errors import LabError
from labapp.load import MAX_BYTES, parse_json, parse_toml, read_toml


class Block(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    reps: int = 3
    rest_s: float = 0.0


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    blocks: tuple[Block, ...] = ()


class Anything(msgspec.Struct, frozen=True):
    x: object = None


def refusal(call):
    """The line of the LabError that the call ends with, None if it succeeds."""
    try:
        call()
    except LabError as error:
        return str(error)
    return None


GOOD = 'title = "row"\n[[blocks]]\nname = "A"\nreps = 12\n'


def test_reads_a_file_into_frozen_structs(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())  # with the mark that Windows editors add
    assert read_toml(path, Plan) == Plan("row", (Block("A", 12),))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('title = "x"\n[[blocks]]\nname = "A"\nreps = "many"', "$.blocks[0].reps"),
        ('title = "x"\n[[blocks]]\nname = "A"\nrep = 3', "unknown field `rep`"),
        ('title = "x"\n[[blocks]]\nreps = 3', "missing required field `name`"),
        ("", "missing required field `title`"),
        ("title = 3", "$.title"),
        ('title = "x', "line 1, the end"),
        ('a = 1\ntitle = = "x"', "line 2, column"),
        ('title = "x"\ntitle = "y"', "line 2"),
        ('title = "x"\n[[blocks]]\nname = "A"\nrest_s = nan', "$.blocks[0].rest_s"),
        ('title = "x"\n[[blocks]]\nname = "A"\nrest_s = 1e400', "$.blocks[0].rest_s"),
        ("title = 2001-01-01", "$.title"),
        ("title = 2001-13-41", "TOML"),
        ("title = " + "9" * 5000, "digits"),
        ("title = " + "[" * 5000 + "]" * 5000, "nested deeper"),
        (".".join("a" * 3000) + " = 1", "nested deeper"),
    ],
)
def test_a_mistake_is_one_line_with_name_place_and_remedy(text, says):
    with pytest.raises(LabError) as caught:
        parse_toml(text, Plan, name="plan.toml")
    line = str(caught.value)
    assert line.startswith("plan.toml")
    assert says in line
    assert "\n" not in line
    assert caught.value.remedy


def test_files_that_are_not_settings(tmp_path):
    with pytest.raises(LabError, match="does not exist"):
        read_toml(tmp_path / "none.toml", Plan)
    with pytest.raises(LabError, match="cannot be read"):
        read_toml(tmp_path, Plan)
    with pytest.raises(LabError, match="cannot be read"):
        read_toml("nul\0byte.toml", Plan)
    big = tmp_path / "big.toml"
    big.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(LabError, match="larger than 1 MB"):
        read_toml(big, Plan)
    with pytest.raises(LabError, match="larger than 1 MB"):
        parse_toml("#" * (MAX_BYTES + 1), Plan, name="x")
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b'title = "\xff\xfe"')
    with pytest.raises(LabError, match="byte 9"):
        read_toml(binary, Plan)


@given(st.text(max_size=300))
def test_no_text_raises_anything_but_a_lab_error(text):
    line = refusal(lambda: parse_toml(text, Plan, name="any"))
    assert line is None or "\n" not in line


toml_values = st.recursive(
    st.one_of(
        st.integers(-(2**63), 2**63 - 1).map(str),
        st.floats().map(lambda x: repr(x) if math.isfinite(x) else "nan"),
        st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=8).map(json.dumps),
        st.sampled_from(["true", "1979-05-27", "07:32:00", "0xff", "inf", "-nan", "1_000"]),
    ),
    lambda inner: st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["title", "blocks", "name", "reps", "z"]), toml_values))
def test_hostile_toml_is_taken_whole_or_refused(entries):
    text = "\n".join(f"{key} = {value}" for key, value in entries.items())
    try:
        plan = parse_toml(text, Plan, name="any")
    except LabError:
        return
    assert isinstance(plan.title, str)
    assert set(entries) <= {"title", "blocks"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=20,
)


def finite(value):
    if isinstance(value, float):
        return math.isfinite(value)
    items = value.values() if isinstance(value, dict) else value
    return all(map(finite, items)) if isinstance(value, (list, dict)) else True


@given(json_values)
def test_json_survives_a_round_trip_unless_it_holds_nan(value):
    data = json.dumps(value).encode()
    if finite(value):
        assert parse_json(data, name="x") == value
    else:
        with pytest.raises(LabError, match="not valid JSON"):
            parse_json(data, name="x")


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_lab_error(data):
    line = refusal(lambda: parse_json(data, name="x"))
    assert line is None or "\n" not in line


@pytest.mark.parametrize(
    "data",
    [b"", b"NaN", b"[Infinity]", b"1e999", b"[" * 100_000, b"[" * 500 + b"]" * 500, b'{"a":1,}'],
)
def test_json_that_is_refused(data):
    with pytest.raises(LabError):
        parse_json(data, name="x")
