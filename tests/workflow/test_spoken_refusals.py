"""Whatever workflow, sessions, trials, reports, imports and analysis refuse can be translated."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from catalogue import tree_of
from error_sentences import Sentence, sentences_by_way_of, sentences_of

from labapp import translate
from labapp.workflow import spoken as spoken_module
from labapp.workflow.sentences.limits import LIMITS
from labapp.workflow.sentences.refusals import REFUSALS
from labapp.workflow.sentences.sessions import SESSIONS
from labapp.workflow.spoken import spoken

pytestmark = pytest.mark.usefixtures("marked")

LABAPP = Path(translate.__file__).parent
ROOMS = ("workflow", "session", "trials", "report", "exchange", "analysis")

MAKERS: dict[str, dict[str, tuple[int, ...]]] = {
    "session": {"refuse": (1, 2), "BadBones": (0,)},
    "session.reading": {"__init__": (0, 1)},
    "trials.validate": {"yield": (1, 2)},
    "trials.forms": {"yield": (1, 2)},
    "trials.translations": {"yield": (1, 2)},
    "workflow.given_reference": {"_refused": (1,)},
    "workflow.study_settings": {"yield": (1,)},
    "workflow.protocol_copy": {"Mistake": (1,)},
}
"""Functions of a room or a module that hand sentences on to an error."""

WRONG = "Expected `int`, got `str` - at `$.devices[0].id`"
LOADTXT = "could not convert string 'a; b' to float64 at row 0, column 2."
PERSONAL = "'Dr. Who' looks like a name"
EXAMPLES: dict[str, dict[str, str]] = {
    "workflow.calibrate": {"cycles": "7", "name": "serial number"},
    "workflow.facts_draft": {
        "name": "electrodes.RM_R.ied_mm", "mistake": "Write two numbers.",
    },
    "workflow.given_reference": {"error": WRONG},
    "workflow.onset_edits": {
        "LONGEST_NOTE": "7", "found": PERSONAL, "repetition": "7", "what": "undo",
        "join": "pull without a cue; no pull followed the cue",
    },
    "workflow.onset_journal": {"MAX_LINE": "7", "done": "7", "error": WRONG, "what": "undo"},
    "workflow.protocol_copy": {
        "text": "Rest", "words": "Slow pulls", "what": "is empty", "remedy": "add one",
        "error": "'x' is no number; type digits",
    },
    "workflow.recovery": {"busy": "7"},
    "workflow.report_facts": {"told": PERSONAL},
    "workflow.study_settings": {
        "error": WRONG, "place": "$.devices[0].port", "what": "has signs that no port has",
    },
    "workflow.sync_guide": {"pulls": "7"},
    "session.build": {"stream": "7"},
    "session.documents": {
        "MAX_JSON_BYTES": "7", "MAX_JSON_VALUES": "7", "MAX_TEXT_VALUES": "7", "values": "7",
        "name": "/meta", "excess": "7 bytes (at most 7)",
    },
    "session.hostile": {
        "what": "it has no streams", "get_num_objs": "7", "MAX_OBJECTS": "7", "stored": "7",
        "code": "7", "get_nmembers": "7", "ndim": "7", "shape": "7", "place": "/streams/emg",
        "where": "/streams", "name": "/streams",
    },
    "session.rows": {"itemsize": "7"},
    "session.skeleton": {"place": "7", "MAX_OBJECTS": "7", "_MAX_HEADER": "7", "kind": "7",
                         "leaf": "7"},
    "session.stream": {"time": "nan", "rate_nominal": "7", "shape": "7", "_path": "/a b/c.h5",
                       "span_of_rows": "1.00 to 2.00 s"},
    "trials.forms": {"repeats": "7"},
    "trials.protocol": {"name": "isometric_pull", "place": "$.blocks[0].reps", "what": "is empty"},
    "trials.remarks": {"LONGEST_REASON": "7"},
    "trials.translations": {"most": "7"},
    "trials.validate": {
        "min_valid_reps": "7", "analysed": "7", "sets": "7", "reps": "7", "MAX_REPETITIONS": "7",
        "level": "0", "MAX_TITLE": "7", "feedback_share": "7", "beats": "7", "MAX_STEP_TEXT": "7",
        "target_percent": "700",
    },
    "exchange.events": {"absent": "7"},
    "exchange.foreign": {"shape": "7"},
    "exchange.importing": {
        "join": ".npz, .csv", "what": "rate", "values": "{'file': 100.0, '--rate': 1.0}",
        "told": "file says 1000, --rate says 2000", "int": "7", "argmax": "7",
    },
    "exchange.text": {"shape": "7", "reason": LOADTXT},
    "analysis.burst": {"name": "baseline"},
    "analysis.calibration": {"g": "-1", "direction": "up", "cycle": "7"},
    "analysis.masses": {"latitude_deg": "700", "height_m": "7"},
}  # fmt: skip
"""Where a gap does not hold what its name makes one expect, by module."""

PASSED_ON = {
    ("session.hostile", "refuse"): "its callers' words, told as such",
    ("session.hostile", "look_at"): "the words of BadBones, told as such",
    ("trials.protocol", "parse_protocol"): "the words of the validators, told as such",
    ("workflow.protocol_copy", "copy_text"): "the words of a Mistake, told as such",
    ("workflow.onset_edits", "reject"): "a flag beside the words, not words",
    ("workflow.facts_fields", "read_fact"): "said in the language in use already",
    ("workflow.facts_fields", "_number"): "said in the language in use already",
    ("workflow.facts_fields", "_range"): "said in the language in use already",
    ("workflow.facts_fields", "_places"): "said in the language in use already",
}
"""Where an error's words are not found in its call, and why."""

COMMANDS = {"workflow.outlet", "workflow.logtail"}
"""Modules that the command labapp outlet uses and the window does not."""

NOT_SHOWN = {
    (
        "workflow.facts_draft",
        "electrodes.RM_R.ied_mm: Write two numbers.",
    ): "the command labapp facts: the window marks the field",
}
"""Sentences that never reach the window, and why."""

OF_A_PERSON = {
    "burst", "calibration", "filters", "force", "masses", "plate", "reliability_stats",
    "session_analysis", "settings", "tare",
}  # fmt: skip
"""Modules of analysis whose refusals come from settings, masses, typed numbers and recordings."""

OF_A_PROGRAM = {
    "amplitude", "arrays", "asymmetry", "cocontraction", "concordance", "crosstalk", "ecg",
    "effect_size", "fatigue", "heartbeat", "intervals", "lag", "order", "ratios", "references",
    "resolution", "scan", "spectrum", "statistics", "variability",
}  # fmt: skip
"""Modules of analysis that refuse only the wrong arguments of who calls them from Python: the
window reaches them with arrays and settings that were checked before."""

ARRAYS = re.compile(r"shape|array of numbers|has values .* and times|is empty$")
"""What a module `OF_A_PERSON`, or the search for pulls, says of arrays that only a program can
hand over."""


def _modules(room: str) -> dict[str, ast.Module]:
    return {
        ".".join(path.relative_to(LABAPP).with_suffix("").parts): tree_of(path)
        for path in sorted((LABAPP / room).rglob("*.py"))
    }


@cache
def _said() -> tuple[Sentence, ...]:
    found: list[Sentence] = []
    for room in ROOMS:
        for name, tree in _modules(room).items():
            given = EXAMPLES.get(name, {})
            makers = MAKERS.get(room, {}) | MAKERS.get(name, {})
            found += sentences_of(tree, name, given)
            found += sentences_by_way_of(tree, name, given, makers)
    return tuple(found)


def _for_programs(said: tuple[Sentence, ...]) -> set[tuple[str, int]]:
    """Places of analysis that refuse what only a program can hand over."""
    return {
        (one.room, one.line)
        for one in said
        if one.room.startswith(("analysis.", "trials.force_pulls"))
        and (one.room.split(".")[1] in OF_A_PROGRAM or ARRAYS.search(one.text or ""))
    }


@cache
def _unknown(said: tuple[Sentence, ...]) -> list[Sentence]:
    """Sentences without a pattern; a figure alone needs none."""
    left_out = _for_programs(said)
    return [
        one
        for one in said
        if one.text
        and re.search("[A-Za-z]{2}", one.text)
        and (one.room, one.line) not in left_out
        and one.room not in COMMANDS
        and not spoken(one.text).startswith("«")
    ]


def test_every_refusal_has_its_pattern() -> None:
    """A new error of these rooms needs patterns in `sentences.refusals` and its neighbours."""
    assert [one for one in _unknown(_said()) if (one.room, one.text) not in NOT_SHOWN] == []


def test_nothing_is_excused_that_needs_no_excuse() -> None:
    assert {(one.room, one.text) for one in _unknown(_said())} >= NOT_SHOWN.keys()


def test_errors_in_the_words_of_another_are_known() -> None:
    assert {(one.room, one.function) for one in _said() if one.text is None} == PASSED_ON.keys()


def test_modules_of_analysis_are_for_a_person_or_for_a_program() -> None:
    refusing = {one.room.split(".")[1] for one in _said() if one.room.startswith("analysis.")}
    assert refusing == OF_A_PERSON | OF_A_PROGRAM
    assert not OF_A_PERSON & OF_A_PROGRAM


def test_modules_of_commands_are_used_by_commands_only() -> None:
    for path in sorted(LABAPP.rglob("*.py")):
        name = ".".join(path.relative_to(LABAPP).with_suffix("").parts)
        source = path.read_text(encoding="utf-8")
        for module in COMMANDS - {name}:
            if f"labapp.{module}" in source or f'"{module.split(".")[1]}"' in source:
                assert name in COMMANDS or name.startswith("cli."), (name, module)


def test_every_maker_of_sentences_is_found() -> None:
    for room, makers in MAKERS.items():
        modules = _modules(room) if room in ROOMS else _modules(room.split(".")[0])
        trees = [tree for name, tree in modules.items() if name.startswith(room)]
        for maker, places in makers.items():
            found = [
                s for tree in trees for s in sentences_by_way_of(tree, "", {}, {maker: places})
            ]
            assert found, maker


def test_a_new_refusal_is_noticed() -> None:
    source = """
REMEDY = "paint it green"
def look(what, where):
    yield what, f"turn {what!r} round"
    refuse(where, "has no colour that shines", REMEDY)
"""
    tree = ast.parse(source)
    makers = {"refuse": (1, 2), "yield": (1,)}
    found = _unknown(tuple(sentences_by_way_of(tree, "session.file", {}, makers)))
    assert {one.text for one in found} == {
        "turn 'left arm, A' round",
        "has no colour that shines",
        "paint it green",
    }


VARIANTS = (
    "A.jsonl, line 3 was altered: its checksum is not its own",
    "A.jsonl, line 3: Expected `int`, got `str` - at `$.blind`",
    "A.jsonl, line 3: redo of an edit that is not there",
    "there is nothing to redo for rater A",
    "use one of: none given",
    "muscles: none",
    "driver 'a b' is no name",
    "channel 'a b' is no name",
    "search is None",
    "search -1 to 0.5 s lies outside the signal (0 to 60 s)",
    "the reading under 10 kg (down, cycle 2) is 31 % of the range off the line",
    "a document of 9000000 values (at most 1000000) cannot be stored",
    "this file was not written by labapp; do not trust it",
    "/markers is a link of an unknown kind, not data of this file",
    "an attribute of /streams/emg has elements of 70000 bytes",
    "an attribute of /streams/emg has 65 fields",
    "an attribute of /streams/emg nests its fields",
    "an attribute of /streams/emg holds text of any length",
    "an attribute of /streams/emg holds a type that sessions do not have",
    "/a b/events.csv has the columns without titles",
    "/a b/recording: format unknown",
    "/a b/c.npz: which array is the recording? It has nothing",
)
"""Sentences with the other words that their gaps may hold."""


@pytest.mark.parametrize("text", VARIANTS)
def test_other_words_in_the_gaps_are_known(text: str) -> None:
    assert spoken(text).startswith("«")


def test_no_pattern_is_left_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every pattern of these modules is still said by a source."""
    used: set[str] = set()

    def tr(text: str, /, **values: object) -> str:
        used.add(text)
        return text

    monkeypatch.setattr(spoken_module, "tr", tr)
    for text in [*(one.text for one in _said()), *VARIANTS]:
        spoken(text or "")
    rooms = [group for module in (REFUSALS, LIMITS, SESSIONS) for group in module.values()]
    assert {pattern for group in rooms for pattern in group} - used == set()


def test_rooms_named_in_the_patterns_exist() -> None:
    for room in [*REFUSALS, *LIMITS, *SESSIONS]:
        if "." in room:
            assert LABAPP.joinpath(*room.split(".")).with_suffix(".py").is_file(), room
