"""Everything a person reads can be read in German: nothing is missing, nothing is stale."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from catalogue import collected, compiled_translations, translations, tree_of
from catalogue import read as read_catalogue
from msgspec import structs

from labapp import paths, translate
from labapp.errors import LabError
from labapp.record.config import ClockConfig
from labapp.translate import LANGUAGES, speak, spoken_language, tr
from labapp.trials.protocol import load_protocol, parse_protocol
from labapp.trials.translations import kept_translations, texts_of
from labapp.workflow.recording import recorder_config
from labapp.workflow.sentences.lab import LAB
from labapp.workflow.sentences.results import RESULTS
from labapp.workflow.sentences.signals import SIGNALS
from labapp.workflow.spoken import (
    CHOICES,
    FILES,
    NAMES,
    QUOTED,
    TOLD,
    WORDS,
    patterns,
    skeleton,
    spoken,
)

ROOT = Path(translate.__file__).parent
OTHERS = [language for language in LANGUAGES if language != "en"]
GAP = re.compile(r"\{(\w+)(?:![rsa])?(?::[^}]*)?\}")


@pytest.fixture(autouse=True)
def _english_afterwards():
    yield
    speak("en")


read = cache(read_catalogue)

# ------------------------------------------------------------------ the catalogue


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_the_sources_has_a_sure_translation(language: str) -> None:
    catalog = read(language)
    wanted = {str(message.id) for message in collected() if message.id}
    there = {str(m.id) for m in catalog if m.id and m.string and not m.fuzzy}
    assert sorted(wanted - there) == [], "run python3 run.py python tests/catalogue.py"
    assert sorted({str(m.id) for m in catalog if m.id} - wanted) == []


@pytest.mark.parametrize("language", OTHERS)
def test_translations_have_the_gaps_of_their_texts(language: str) -> None:
    wrong = {
        str(m.id): str(m.string)
        for m in read(language)
        if m.id and set(GAP.findall(str(m.id))) != set(GAP.findall(str(m.string)))
    }
    assert wrong == {}


@pytest.mark.parametrize("language", OTHERS)
def test_translations_keep_the_edges_of_their_texts(language: str) -> None:
    """Spaces and line ends at the edges join a text to its neighbours."""
    wrong = [
        str(m.id) for m in read(language) if m.id and _edges(str(m.id)) != _edges(str(m.string))
    ]
    assert wrong == []


def _edges(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


@pytest.mark.parametrize("language", OTHERS)
def test_the_compiled_catalogue_is_that_of_the_text_file(language: str) -> None:
    assert compiled_translations(language) == translations(read(language))


# ------------------------------------------------------------------ how the sources ask


def _calls(tree: ast.AST, names: tuple[str, ...]) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
    ]


@cache
def _sources() -> list[tuple[Path, ast.Module]]:
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        if b"labapp.translate" in path.read_bytes():
            found.append((path, tree_of(path)))
    return found


def test_no_sentence_is_built_before_it_is_translated() -> None:
    wrong = [
        f"{path.name}:{call.lineno}"
        for path, tree in _sources()
        for call in _calls(tree, ("tr", "phrase"))
        if isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
    ]
    assert wrong == []


def test_nothing_is_translated_while_a_module_is_loaded() -> None:
    """What is translated then keeps the language of that moment: constants take `phrase`."""
    wrong = []
    for path, tree in _sources():
        inside = {
            id(call)
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for part in (node.body if isinstance(node.body, list) else [node.body])
            for call in _calls(part, ("tr",))
        }
        wrong += [
            f"{path.name}:{call.lineno}" for call in _calls(tree, ("tr",)) if id(call) not in inside
        ]
    assert wrong == []


def test_gaps_get_their_values() -> None:
    wrong = []
    for path, tree in _sources():
        for call in _calls(tree, ("tr",)):
            text = call.args[0]
            if not isinstance(text, ast.Constant) or any(k.arg is None for k in call.keywords):
                continue
            if set(GAP.findall(str(text.value))) != {k.arg for k in call.keywords}:
                wrong.append(f"{path.name}:{call.lineno}")
    assert wrong == []


# ------------------------------------------------------------------ words shown in the window

WORDS_OF_THE_MACHINE = re.compile(r"[a-z0-9_./:#%*-]*|\w+://.*|[A-Z][A-Z0-9_]*")


def _shown(tree: ast.Module) -> list[tuple[int, str]]:
    """Texts in calls that show them, which are neither translated nor a machine's word."""
    showing = {
        "label": (0,), "button": (0, 2), "chip": (0, 3), "Card": (0, 2), "named": (2, 3),
        "fact": (0, 2, 4), "Message": (0, 1), "setText": (0,), "setToolTip": (0,),
        "setWindowTitle": (0,), "setPlaceholderText": (0,), "QRadioButton": (0,),
        "QCheckBox": (0,), "QTableWidgetItem": (0,), "addItem": (0,), "setAccessibleName": (0,),
        "work": (0,), "setSuffix": (0,), "setSpecialValueText": (0,),
    }  # fmt: skip
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        for place in showing.get(name, ()):
            if place < len(node.args):
                for text in _bare(node.args[place]):
                    words = re.sub(r"\{\}", "", text)
                    if re.search("[A-Za-z]{3}", words) and not WORDS_OF_THE_MACHINE.fullmatch(
                        words.strip()
                    ):
                        found.append((node.lineno, text))
    return found


def _bare(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.JoinedStr):
        return [_template(node)]
    if isinstance(node, ast.IfExp):
        return _bare(node.body) + _bare(node.orelse)
    if isinstance(node, ast.BinOp):
        return _bare(node.left) + _bare(node.right)
    return []


def _template(node: ast.JoinedStr) -> str:
    return "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)


def test_the_window_shows_no_text_past_the_catalogue() -> None:
    wrong = [
        f"{path.name}:{line}: {text}"
        for path in sorted((ROOT / "ui").rglob("*.py"))
        for line, text in _shown(tree_of(path))
    ]
    assert wrong == []


# ------------------------------------------------------------------ sentences of rooms below

NOT_SAID = {
    "analysis.burst": {"unfiltered signal"},  # in an error only
    "analysis.question": {"{} by {} ms ({}{})"},  # of which {} is one of two texts
    "workflow.headline": {"in part"},  # a state
    "workflow.yielded_pulls": {  # the same, and a side
        "Greater on the {}: {}.",
        "Peak force {} N ({}).",
        "Rate of force development in the first {} ms {} N/s ({}).",
    },
}
"""Texts of those rooms that need no pattern of their own."""

EVERY_SENTENCE = (
    "analysis.question", "analysis.gates", "analysis.quality", "analysis.session_quality",
    "analysis.alarm", "analysis.burst", "trials.repetitions", "workflow.signal_check",
    "workflow.sync_guide", "workflow.resume", "workflow.headline", "workflow.yielded",
    "workflow.yielded_pulls", "record.disk", "record.opening", "record.latency",
)  # fmt: skip


def _sentences(path: Path) -> set[str]:
    """Texts of two words and more that are no docstring, no error and no key."""
    tree = tree_of(path)
    skipped: set[int] = set()
    for node in ast.walk(tree):
        error = isinstance(node, ast.Call) and getattr(node.func, "id", "").endswith("Error")
        if (
            isinstance(node, ast.Raise)
            or error
            or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        ):
            skipped |= {id(inner) for inner in ast.walk(node)}
        if isinstance(node, ast.Subscript):  # Literal["not interpretable"]
            skipped |= {id(inner) for inner in ast.walk(node.slice)}
    found = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.JoinedStr):
            found.add(_template(node))
            skipped |= {id(inner) for inner in ast.walk(node)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return {text for text in found if re.search(r"[A-Za-z]{2,}\S* (?:.* )?\S*[A-Za-z]{2,}", text)}


@pytest.mark.parametrize("room", EVERY_SENTENCE)
def test_every_sentence_of_a_room_has_its_pattern(room: str) -> None:
    """A new sentence of these rooms must be added to one of `workflow.sentences`."""
    known = [skeleton(one) for one in patterns()]
    path = ROOT.joinpath(*room.split(".")).with_suffix(".py")
    said = {
        text.strip(" ;.,")
        for text in _sentences(path)
        if text not in NOT_SAID.get(room, set()) and text != "not interpretable"
    }
    assert sorted(text for text in said if not any(text in one for one in known)) == []


EXAMPLES = {
    "Rhomboid major before upper trapezius by 18 ms (95 % interval 9 to 27), middle trapezius by "
    "20 ms (13 to 27) and lower trapezius by 21 ms (9 to 33); 12 repetitions.": (
        "Rhomboideus major vor Trapezius oben um 18 ms (95-%-Intervall 9 bis 27), "
        "Trapezius Mitte um 20 ms (13 bis 27) und Trapezius unten um 21 ms "
        "(9 bis 33); 12 Wiederholungen."
    ),
    "Cannot tell whether rhomboid major came before lower trapezius: the interval -4 to 22 ms "
    "contains no difference and is wider than the equivalence band. Rhomboid major before upper "
    "trapezius by 18 ms (95 % interval 9 to 27; 12 repetitions).": (
        "Nicht zu sagen, ob Rhomboideus major vor Trapezius unten kam: das Intervall -4 "
        "bis 22 ms enthält keinen Unterschied und ist breiter als der Äquivalenzbereich. "
        "Rhomboideus major vor Trapezius oben um 18 ms (95-%-Intervall 9 bis 27; "
        "12 Wiederholungen)."
    ),
    "RM_R: no burst found in 5 of 12 repetitions (SNR 4 dB)": (
        "RM_R: kein Aktivitätsschub gefunden in 5 von 12 Wiederholungen (SNR 4 dB)"
    ),
    "pulled 38 ms before the cue; tension before the cue (12 % of the peak)": (
        "38 ms vor dem Startsignal gezogen; Spannung vor dem Startsignal (12 % der größten Kraft)"
    ),
    "right rhomboid major": "Rhomboideus major, rechts",
    "Cannot tell whether rhomboid major came before upper trapezius: RM_R: active before the cue "
    "in 2 of 3 repetitions (SNR 9 dB); UT_R: no clear beginning in 1 of 3 repetitions (SNR 8 "
    "dB).": (
        "Nicht zu sagen, ob Rhomboideus major vor Trapezius oben kam: RM_R: vor dem Startsignal "
        "aktiv in 2 von 3 Wiederholungen (SNR 9 dB); UT_R: kein klarer Beginn in 1 von 3 "
        "Wiederholungen (SNR 8 dB)."
    ),
}


@pytest.mark.parametrize("text", EXAMPLES)
def test_sentences_are_said_whole(text: str) -> None:
    speak("de")
    assert spoken(text) == EXAMPLES[text]


def test_what_no_pattern_fits_stays_as_it_is() -> None:
    speak("de")
    for text in ("something new happened to 3 of 4", "Finish it before noon.", "Port: in use", ""):
        assert spoken(text) == text
    speak("en")
    assert spoken("one clock") == "one clock"


def test_every_pattern_comes_back_translated() -> None:
    """No pattern is hidden by another: filled with examples, each is found again."""
    speak("de")
    for one in patterns():
        english = _GAPS.sub(lambda gap: _example(gap[1]), one)
        if _GAPS.sub("", one).strip(" :,±"):
            values = {n: spoken(_example(n)) for n in _GAPS.findall(one)}
            assert spoken(english) == tr(one, **values)


_GAPS = re.compile(r"\{(\w+)\}")


def _example(gap: str) -> str:
    if gap in QUOTED:
        return "'XY'"
    if gap in NAMES | CHOICES | FILES:
        return "XY"
    return "one clock" if gap in WORDS | TOLD else "7"


def test_rooms_named_in_the_patterns_exist() -> None:
    for room in [*RESULTS, *SIGNALS, *LAB]:
        if "." in room:
            assert ROOT.joinpath(*room.split(".")).with_suffix(".py").is_file(), room


# ------------------------------------------------------------------ protocols


@pytest.mark.parametrize("name", sorted(paths.listing("protocols", ".toml")))
@pytest.mark.parametrize("language", OTHERS)
def test_every_shipped_protocol_speaks_every_language(name: str, language: str) -> None:
    protocol = load_protocol(name)
    assert set(protocol.translations[language]) == set(texts_of(protocol))
    assert language in protocol.spoken_languages()
    assert protocol.say(protocol.title, language) == protocol.translations[language][protocol.title]
    assert protocol.say("no text of it", language) == "no text of it"
    speak(language)
    for block in protocol.blocks:  # the bar of phases tells steps apart by their names
        names = {step.name for step in block.steps}
        assert len({protocol.say(n, language) for n in names} | {tr("rest")}) == len(names) + 1


def test_the_recording_says_which_language_was_heard(tmp_path: Path) -> None:
    protocol = load_protocol("isometric_pull")
    plans = set()
    for code in LANGUAGES:
        speak(code)
        config = recorder_config(
            tmp_path / f"{code}.h5", (), clock=ClockConfig("stepped"), seed=1, protocol=protocol
        )
        assert config.protocol is not None
        assert config.plan is not None
        assert config.protocol.language == code
        assert config.protocol.sha256 == protocol.sha256
        plans.add(config.plan["sha256"])
    assert len(plans) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.replace('"Hold." = ', '"Hold on." = '), "has nothing for 'Hold.'"),
        (lambda t: t + '"Nothing" = "Nichts"\n', "'Nothing' is no text of this file"),
        (lambda t: t.replace('= "Halten."', f'= "{"Halten " * 9}"'), "characters"),
        (lambda t: t.replace('= "Halten."', '= "Die Luft anhalten."'), "breath-holding"),
        (lambda t: t.replace('= "Halten."', '= "Halten Sie die Luft an."'), "breath-holding"),
        (lambda t: t.replace("[translations.de]", "[translations.en]"), "is no other language"),
    ],
)
def test_half_or_unsafe_translations_are_refused(change: Callable[[str], str], words: str) -> None:
    text = change(load_protocol("isometric_pull").text)
    with pytest.raises(LabError, match=re.escape(words)):
        parse_protocol(text, name="changed")


def test_a_renamed_copy_keeps_its_translations() -> None:
    protocol = load_protocol("isometric_pull")
    renamed = structs.replace(protocol, title="Pull of ours")
    kept = kept_translations(renamed)["de"]
    assert kept["Pull of ours"] == "Pull of ours"
    assert "Isometric pull" not in kept
    assert kept["Hold."] == "Halten."


def test_an_unknown_language_is_english() -> None:
    speak("de")
    assert spoken_language() == "de"
    assert tr("Help") == "Hilfe"
    speak("xx")
    assert spoken_language() == "en"
    assert tr("{k} of {n}", k=1, n=2) == "1 of 2"
