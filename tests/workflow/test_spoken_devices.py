"""Whatever devices, ports, recorder and simulated lab refuse can be said in other languages."""

from __future__ import annotations

import ast
import re
import time
from functools import cache
from pathlib import Path

import pytest
from error_sentences import ERRORS, PATH, Sentence, sentences, sentences_of

from labapp import errors, translate
from labapp.device import list_drivers
from labapp.workflow import spoken as spoken_module
from labapp.workflow.sentences.devices import DEVICES
from labapp.workflow.sentences.drivers import DRIVERS
from labapp.workflow.sentences.ports import PORTS
from labapp.workflow.spoken import spoken

pytestmark = pytest.mark.usefixtures("marked")

LABAPP = Path(translate.__file__).parent
CHECKOUT = LABAPP.parent
ROOMS = ("record", "device", "timing", "simulate")
FILES = sorted(
    [
        *(path for room in ROOMS for path in (LABAPP / room).rglob("*.py")),
        *(LABAPP / name for name in ("load.py", "paths.py", "units.py")),
        *(CHECKOUT / "drivers").glob("*.py"),
    ]
)

EXAMPLES = {
    "labapp.load": {"place": "$.blocks[0].reps", "where": "$", "name": PATH},
    "labapp.paths": {"folder": "drivers"},
    "labapp.record.config": {"error": "Expected `int`, got `str` - at `$.devices[0].id`"},
    "labapp.device.registry": {"join": "name, codec"},
    "labapp.simulate.sensors": {"join": "A1, A_2"},
}
"""Where a gap does not hold what its name makes one expect."""

COMMANDS = re.compile(r"pip install \S+|labapp recover .*")
"""Remedies that are nothing but a command to type: the same in every language."""

NOT_SHOWN = {
    ("labapp.simulate.host", "", ""): "only the command labapp simulate serves a device to others",
    ("labapp.simulate.pseudoterminal", "", ""): "only that command opens a pair of terminals",
    ("", "encode", ""): "the simulated lab puts samples on the wire, within the rails",
    ("", "encode_event", ""): "the simulated lab has the edges of a trigger only",
    ("labapp.device.sampleframes", "check_counts", ""): "part of encode",
    ("labapp.record.replay", "write_replay", ""): "scripts write files to replay",
    ("labapp.record.__main__", "", ""): "how the program talks with its own recorder",
    ("labapp.record.client", "_ask", "use plain JSON values"): "markers are made by the program",
    ("labapp.record.client", "_ask", "A1: "): "markers are made by the program",
    ("labapp.record.brainflow_port", "read", "brainflow://"): "into the notes of the log: the "
    "window says that the port was lost",
}
"""Room, function and beginning of what the window never shows, and why; empty: any."""

PASSED_ON = {
    ("labapp.record.client", "_ask"): "as the recorder process said it",
    ("labapp.record.launch", "await_ready"): "as the recorder process said it",
    ("labapp.record.reader", "_stream"): "into the notes of the log",
}
"""Where an error is given on in another's words."""


@cache
def _said() -> tuple[Sentence, ...]:
    return tuple(one for path in FILES for one in sentences(path, CHECKOUT, EXAMPLES))


def _unknown(said: tuple[Sentence, ...]) -> list[Sentence]:
    """Sentences that no pattern fits; a list in marks counts if all of its parts are known."""
    return [
        one
        for one in said
        if one.text and not COMMANDS.fullmatch(one.text) and not spoken(one.text).startswith("«")
    ]


def _excuse(one: Sentence) -> tuple[str, str, str] | None:
    text = one.text or ""
    for room, function, start in NOT_SHOWN:
        fits = room in ("", one.room) and function in ("", one.function)
        if fits and text.startswith(start):
            return room, function, start
    return None


def test_every_refusal_has_its_pattern() -> None:
    """A new error of these rooms needs patterns in `sentences.devices` and its neighbours."""
    assert [one for one in _unknown(_said()) if _excuse(one) is None] == []


def test_nothing_is_excused_that_needs_no_excuse() -> None:
    assert {_excuse(one) for one in _unknown(_said())} >= NOT_SHOWN.keys()


def test_errors_in_the_words_of_another_are_known() -> None:
    told = {(one.room, one.function) for one in _said() if one.text is None}
    assert told == PASSED_ON.keys()


def test_every_kind_of_error_is_looked_for() -> None:
    kinds = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.LabError)
    }
    assert kinds == ERRORS


def test_a_new_refusal_is_noticed() -> None:
    source = """
def look(what, where):
    remedy = "paint it green" if what else f"turn {what!r} round"
    raise PortError(f"{where} has no {what} that shines", remedy)
"""
    found = _unknown(tuple(sentences_of(ast.parse(source), "new", {})))
    assert [one.text for one in found] == [
        "A1 has no A1 that shines",
        "paint it green",
        "turn 'left arm, A' round",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "emg: LSL stream 'x' has 4 channels, float32, 500 Hz; the settings say 4, float32, 1000 Hz",
        "emg: port '/dev/ttyUSB0' has the unknown option 'speed'",
        "driver mine fails: ValueError: no such thing; look",
        "driver mine cannot be loaded: SyntaxError: invalid syntax; mend or remove its file",
        "980.4 packets per second keep step with the 16 ms timer of the USB port: times may be "
        "off by up to 5.33 ms without showing it",
        "250 Hz is too slow for onsets: 1000 Hz or more is needed",
        "512 Hz: onset scatter grows by half below 1000 Hz",
        "the disk does not take the data (No space left on device)",
        "bitalino settings: Object contains unknown field `speed`",
        "C:\\x y\\p.toml is not valid TOML: Invalid value (at line 3, column 5)",
    ],
)
def test_what_the_status_says_is_known(text: str) -> None:
    assert spoken(text).startswith("«")


def test_what_the_shipped_data_sheets_say_of_onsets_is_known() -> None:
    reasons = {info.name: info.sheet.onset_reason for info in list_drivers()}
    assert len(reasons) == len(list((CHECKOUT / "drivers").glob("*.py")))
    assert [name for name, text in reasons.items() if not spoken(text).startswith("«")] == []


def test_values_that_are_sentences_are_said_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spoken_module, "tr", lambda text, /, **values: f"«{text.format(**values)}»")
    assert spoken("cannot write /a b/c.log: [Errno 28] No space left on device") == (
        "«cannot write /a b/c.log: «[Errno 28] «No space left on device»»»"
    )
    assert spoken("bitalino settings: Expected `int`, got `str` - at `$.rate`") == (
        "«bitalino settings: ««Expected `int`, got `str`» - at `$.rate`»»"
    )


@pytest.mark.parametrize(
    "text",
    [
        "Something entirely new happened to channel 3 of 4, and nobody knows why; look at it",
        "C:\\Ann Lee\\study (2), new\\capture.log: [Errno 121] the thing broke: 'x', (y), and z",
        "a, b, c and d, e; f, g and h: i (j, k), l; m, n, o and p, q, r, s; t, u, v and w",
    ],
)
def test_an_unknown_sentence_costs_little(text: str) -> None:
    assert spoken(text) == text
    before = time.process_time()
    for _ in range(20):
        spoken_module._fitting.cache_clear()
        spoken(text)
    assert (time.process_time() - before) / 20 < 2e-3


def test_rooms_named_in_the_patterns_exist() -> None:
    for room in [*DEVICES, *PORTS, *DRIVERS]:
        if "." in room:
            assert LABAPP.joinpath(*room.split(".")).with_suffix(".py").is_file(), room
