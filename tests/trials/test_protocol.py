"""Protocol files: schema, validator, and the bundled ones."""

import hashlib
from pathlib import Path

import pytest

from labapp import paths
from labapp.errors import LabError
from labapp.trials.protocol import load_protocol, parse_protocol
from labapp.trials.run import ProtocolRun

BUNDLED = sorted(paths.bundled("protocols").glob("*.toml"))
TEXT = (paths.bundled("protocols") / "isometric_pull.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
def test_every_bundled_protocol_is_valid_and_safe(path):
    protocol = load_protocol(path)
    assert protocol.id == path.stem
    assert protocol.safety.contraindications
    assert protocol.safety.stop
    assert protocol.text == path.read_text(encoding="utf-8")
    assert protocol.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_isometric_pull_holds_the_numbers_of_the_reference():
    protocol = load_protocol("isometric_pull")
    fast = next(block for block in protocol.blocks if block.name == "fast")
    assert (fast.sets, fast.reps, fast.rest_s, fast.set_rest_s) == (3, 4, 20, 60)
    ready, wait, pull, hold, relax = fast.steps
    assert ready.duration_s >= 2
    assert wait.uniform_s == (2.0, 5.0)
    assert pull.mark == "cue"
    assert pull.duration_s + hold.duration_s <= 1.5
    assert hold.duration_s == 1.0
    assert relax.mark == "relax"
    assert "as FAST and as HARD as you can, hold for one second" in fast.instruction
    reference = protocol.blocks[0]
    assert (reference.role, reference.repetitions) == ("reference", 3)
    assert [b.name for b in protocol.blocks_to_run()] == ["reference", "fast"]
    assert [b.name for b in protocol.blocks_to_run(optional=True)][1] == "practice"
    assert protocol.acceptance.min_valid_reps == 10


def test_duration_counts_steps_and_rests():
    protocol = load_protocol("isometric_pull")
    reference = 3 * 11 + 2 * 60 + 60
    fast = 12 * (2 + 3.5 + 1.5 + 2) + 9 * 20 + 2 * 60 + 2
    assert protocol.duration_s() == pytest.approx(reference + fast)
    assert protocol.duration_s(optional=True) > protocol.duration_s()


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ('breath = "free"', 'breath = "hold"', "breath", "never asks a person to hold"),
        ("duration_s = 3.0\n", "", "$.blocks[0].steps[0]", "0 of duration_s"),
        ("duration_s = 3.0\n", 'duration_s = 3.0\nevent = "next"\n', "steps[0]", "2 of duration_s"),
        ("duration_s = 3.0\n", "duration_s = -3.0\n", "steps[0].duration_s", "-3.0 s"),
        ("[2.0, 5.0]", "[5.0, 2.0]", "uniform_s", "[5.0, 2.0] s"),
        ("Hold.", "Hold your breath.", "text", "asks for breath-holding"),
        ('mark = "cue"', 'mark = "hold"', "$.blocks[0].steps", "exactly one"),
        ('name = "fast"', 'name = "reference"', "$.blocks", "repeated"),
        ("min_valid_reps = 10", "min_valid_reps = 13", "min_valid_reps", "13 of 12"),
        ('id = "isometric_pull"', 'id = "../x"', "$.id", "no file name"),
        ('language = "en"\ntitle', 'language = "EN!"\ntitle', "$.language", "EN!"),
        ('language = "en"\ntitle', 'language = "de"\ntitle', "$.instructions", "no text in 'de'"),
        ("sets = 3", "sets = 0", "$.blocks[2].reps", "0 sets of 4"),
        ("rest_s = 20\n", "rest_s = 9999\n", "rest_s", "9999"),
        ("level = 1.0", "level = 1.5", "load.level", "1.5"),
        ('required = ["RM_R", "UT_R", "MT_R", "LT_R", "F_PULL"]', "required = []", "required", ""),
    ],
)
def test_validator_names_place_and_value(old, new, place, message):
    assert old in TEXT
    with pytest.raises(LabError) as caught:
        parse_protocol(TEXT.replace(old, new), name="broken.toml")
    line = str(caught.value)
    assert "broken.toml" in line
    assert place in line
    assert message in line
    assert "\n" not in line


@pytest.mark.parametrize("key", ["contraindications", "stop"])
def test_safety_texts_cannot_be_left_out(key):
    head, tail = TEXT.split(f"\n{key} = [", 1)
    emptied = f"{head}\n{key} = [" + tail[tail.index("\n]") + 1 :]
    with pytest.raises(LabError, match=f"safety.{key}: has no text"):
        parse_protocol(emptied, name="p.toml")
    removed = head + tail[tail.index("\n]") + 2 :]
    with pytest.raises(LabError, match=key):
        parse_protocol(removed, name="p.toml")


def test_forbidding_breath_holding_is_welcome():
    assert "do not hold your breath" in TEXT
    parse_protocol(TEXT, name="p.toml")


def test_unknown_key_is_refused():
    with pytest.raises(LabError, match="colour"):
        parse_protocol(TEXT.replace('version = "1.0.0"', 'version = "1"\ncolour = 3'), name="p")


def test_broken_toml_names_the_line(tmp_path: Path):
    path = tmp_path / "broken.toml"
    path.write_text('id = "x"\nversion = \n', encoding="utf-8")
    with pytest.raises(LabError, match=r"line 2"):
        load_protocol(path)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x" * 1_000_001])
def test_unreadable_files_are_refused(tmp_path, content):
    path = tmp_path / "p.toml"
    path.write_bytes(content)
    with pytest.raises(LabError, match=r"p\.toml"):
        load_protocol(path)


def test_missing_protocols_list_what_exists(tmp_path):
    for name in ("no_such_protocol", str(tmp_path / "none.toml")):
        with pytest.raises(LabError, match="isometric_pull"):
            load_protocol(name)


def test_short_rests_keep_everything_else_and_are_told():
    plain = load_protocol("isometric_pull")
    short = plain.with_rests_up_to(6.0)
    assert short.sha256 == plain.sha256
    assert short.text == plain.text
    assert [b.steps for b in short.blocks] == [b.steps for b in plain.blocks]
    assert {b.rest_s for b in short.blocks} | {b.set_rest_s for b in short.blocks} == {6.0}
    assert short.duration_s() < plain.duration_s() / 2
    run = ProtocolRun(short, seed=1, start_ns=0)
    first = run.tick(0)
    assert first[0].kind == "marker"
    assert first[0].data == {"deviation": "rests cut to 6 s at most"}
    assert ProtocolRun(plain, seed=1, start_ns=0).tick(0)[0].kind == "block"
