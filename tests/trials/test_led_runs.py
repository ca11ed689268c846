"""Runs of every shipped protocol: beats, breath, orders, feedback, forms, and texts that fit."""

import itertools
import re

import msgspec
import pytest

from labapp import paths
from labapp.errors import LabError
from labapp.trials.forms import Form, Item, answer_data, form_results
from labapp.trials.ordering import base_name
from labapp.trials.protocol import load_protocol, parse_protocol
from labapp.trials.run import ProtocolRun

NS = 1_000_000_000
NAMES = sorted(path.stem for path in paths.bundled("protocols").glob("*.toml"))


def events_of(name, seed=3, optional=False):
    """Every event of a run; steps that wait are ended after a second."""
    run = ProtocolRun(load_protocol(name), seed=seed, start_ns=0, optional=optional)
    events, now = [], 0
    while not run.state.over:
        due = run.next_ns
        now = now + NS if due is None else due
        events += run.press("next", now) if due is None else run.tick(now)
    return events


@pytest.mark.parametrize("name", NAMES)
def test_every_protocol_runs_to_its_end(name):
    protocol = load_protocol(name)
    events = events_of(name, optional=True)
    assert events[-1].kind == "finished"
    times = [event.t_ns for event in events]
    assert times == sorted(times)
    planned = sum(block.repetitions for block in protocol.blocks)
    begun = [event for event in events if event.kind in ("cue", "start")]
    assert len(begun) == planned
    places = [(e.data["block"], e.data["repetition"], e.data["attempt"]) for e in begun]
    assert len(set(places)) == planned
    assert {base_name(block) for block, _, _ in places} == {b.name for b in protocol.blocks}
    waits = sum(step.event == "next" for b in protocol.blocks for step in b.steps)
    if not waits:
        took = times[-1] / NS
        assert took == pytest.approx(protocol.duration_s(optional=True), rel=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_every_protocol_is_safe_and_readable(name):
    protocol = load_protocol(name)
    assert len(protocol.safety.contraindications) >= 4
    assert len(protocol.safety.stop) >= 3
    assert protocol.equipment
    assert protocol.analysis
    told = " ".join(i.text for i in protocol.instructions)
    assert len(told) > 100
    assert re.search(r"hurt|unsafe|stop at any time", told)
    for block in protocol.blocks:
        assert block.instruction
        assert len(block.title) <= 40
        for step in block.steps:
            assert len(step.text) <= 60
            assert len(step.name) <= 24
            assert step.breath in ("in", "out", "free")


def test_beats_fall_on_the_cue_and_count_in():
    events = [e for e in events_of("seated_cable_row_slow") if e.data.get("block") == "work"]
    cues = [e.t_ns for e in events if e.kind == "cue"]
    ticks = [(e.t_ns, e.data["beat"]) for e in events if e.kind == "tick"]
    assert len(cues) == 24
    assert [beat for _, beat in ticks[:5]] == [-4, -3, -2, -1, 1]
    assert [t for t, beat in ticks if beat == 1] == cues
    by_rep = ticks[4:12]
    assert [(t - cues[0], beat) for t, beat in by_rep] == [(k * NS, k + 1) for k in range(8)]
    # Within a set the beat never stumbles; a set begins with the lead-in of four beats.
    gaps = {b - a for a, b in itertools.pairwise(cues)}
    assert gaps == {8 * NS, (8 + 120 + 4) * NS}
    assert sum(beat == -4 for _, beat in ticks) == 3


def test_breath_is_told_at_every_change():
    events = [e for e in events_of("seated_cable_row_slow") if e.data.get("block") == "work"]
    first = next(i for i, e in enumerate(events) if e.kind == "cue")
    told = [(e.t_ns - events[first].t_ns, e.data["breath"]) for e in events if e.kind == "breath"]
    assert told[1:5] == [(0, "out"), (2 * NS, "free"), (4 * NS, "in"), (7 * NS, "free")]
    assert not [e for e in events_of("isometric_pull") if e.kind in ("breath", "tick")]


def test_a_pause_moves_the_beats():
    def beats(pause):
        run = ProtocolRun(load_protocol("seated_cable_row_slow"), seed=1, start_ns=0)
        events = []
        while not (run.state.block == "work" and run.state.beat == 2):
            events += run.tick(run.next_ns)
        if pause:
            at = run.next_ns - NS // 2
            run.press("pause", at)
            assert run.next_ns is None
            run.press("pause", at + 10 * NS)
        found = []
        while len(found) < 12:
            found += [e for e in run.tick(run.next_ns) if e.kind == "tick"]
        return [e.t_ns for e in found]

    assert [b - a for a, b in zip(beats(False), beats(True), strict=True)] == [10 * NS] * 12


def test_a_redo_stops_the_beats_and_counts_in_again():
    run = ProtocolRun(load_protocol("seated_cable_row_slow"), seed=1, start_ns=0)
    while not (run.state.block == "work" and run.state.beat == 3):
        run.tick(run.next_ns)
    events = run.press("redo", run.next_ns - NS // 2)
    assert [e.kind for e in events][:2] == ["reject", "redo"]
    assert run.state.beat == 0
    told = []
    while run.state.beat != 1:
        told += run.tick(run.next_ns)
    assert [e.data["beat"] for e in told if e.kind == "tick"] == [-4, -3, -2, -1, 1]


def test_the_seed_shuffles_the_mvic_positions():
    orders = set()
    for seed in range(6):
        blocks = [e.data["block"] for e in events_of("mvic_scapular", seed) if e.kind == "block"]
        assert sorted(blocks[:7]) == blocks_of("mvic_scapular")[1:8]
        assert blocks[7:] == ["task_elevation", "task_behind_back"]
        orders.add(tuple(blocks))
        again = [e.data["block"] for e in events_of("mvic_scapular", seed) if e.kind == "block"]
        assert again == blocks
    assert len(orders) > 3


def blocks_of(name):
    return [block.name for block in load_protocol(name).blocks]


def test_sides_are_counterbalanced_set_by_set():
    seen = set()
    for seed in range(6):
        events = [e for e in events_of("single_arm_row", seed) if e.kind == "block"]
        names = [e.data["block"] for e in events][2:]
        assert [base_name(n) for n in names] in (
            ["left", "right", "right", "left", "left", "right"],
            ["right", "left", "left", "right", "right", "left"],
        )
        assert [n[-1] for n in names] == ["1", "1", "2", "2", "3", "3"]
        assert [e.data["side"] for e in events][2:] == [n[0].upper() for n in names]
        seen.add(names[0])
    assert seen == {"left.1", "right.1"}
    assert load_protocol("single_arm_row").block("left.2").name == "left"
    assert load_protocol("single_arm_row").block("nothing") is None


def test_feedback_fades_and_the_seed_decides():
    def shown(seed):
        cues = [e for e in events_of("scapular_retraction_biofeedback", seed) if e.kind == "cue"]
        return {
            block: [e.data["feedback"] for e in cues if e.data["block"] == block]
            for block in blocks_of("scapular_retraction_biofeedback")[1:]
        }

    first = shown(3)
    assert set(first["baseline"]) == set(first["retention"]) == {False}
    assert set(first["feedback_full"]) == {True}
    counts = [sum(sum(shown(s)["feedback_most"]) for s in range(8)) / 80]
    counts.append(sum(sum(shown(s)["feedback_some"]) for s in range(8)) / 80)
    assert counts[0] == pytest.approx(0.66, abs=0.16)
    assert counts[1] == pytest.approx(0.33, abs=0.16)
    assert shown(3) == first
    assert shown(4) != first


def test_what_a_cue_says():
    row = next(e for e in events_of("seated_cable_row_slow") if e.data.get("block") == "work"
               and e.kind == "cue")  # fmt: skip
    assert row.data["tempo_s"] == {"pull": 2.0, "hold": 2.0, "return": 3.0}
    assert row.data["rise_s"] == 2.0
    task = next(e for e in events_of("mvic_scapular") if e.data.get("task") and e.kind == "cue")
    assert (task.data["task"], task.data["level"]) == ("T1", 0.5)
    stand = next(e for e in events_of("quiet_standing") if e.kind == "start")
    assert stand.data["duration_s"] == 95.0
    assert stand.data["condition"] == "eyes open"
    light = next(e for e in events_of("mvic_submaximal") if e.kind == "cue")
    assert (light.data["pull"], light.data["reference"]) == ("reference", "submaximal")


TEXT = (paths.bundled("protocols") / "single_arm_row.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("beats = 5", "beats = 6", "metronome"),
        ("bpm = 60", "bpm = 5", "metronome"),
        ('text = "Pause"', 'text = "' + "x" * 61 + '"', "text"),
        ('blocks = ["left", "right"]', 'blocks = ["left"]', "orderings"),
        ('blocks = ["left", "right"]', 'blocks = ["left", "nobody"]', "orderings"),
        ('blocks = ["left", "right"]', 'blocks = ["left", "reference_left"]', "orderings"),
        ('mark = "cue"\ntone = "go"', 'mark = "start"\ntone = "go"', "steps"),
        ('side = "L"', 'side = "X"', "side"),
        ('role = "analysed"', 'role = "selectivity"', "task"),
        ('title = "Rows, left arm"', 'title = "' + "x" * 41 + '"', "title"),
        ('side = "L"\nsets = 3', 'side = "L"\nform = "none"\nsets = 3', "form"),
        ('side = "L"\nsets = 3', 'side = "L"\nfeedback_share = 1.5\nsets = 3', "feedback_share"),
    ],
)
def test_the_validator_names_what_it_refuses(old, new, place):
    text = re.sub(r"(?m)^ +", "", TEXT)
    assert old in text
    with pytest.raises(LabError, match=re.escape(place)):
        parse_protocol(text.replace(old, new, 1), name="p.toml")


def test_answers_are_checked_when_they_are_given():
    forms = {form.id: form for form in load_protocol("screening").forms}
    assert answer_data(forms["thoracic_rotation"], "rotation", 41.5, side="L") == {
        "form": "thoracic_rotation",
        "item": "rotation",
        "value": 41.5,
        "side": "L",
    }
    for form, item, value, side in [
        ("thoracic_rotation", "rotation", 200, "L"),
        ("thoracic_rotation", "rotation", 40, ""),
        ("posture", "forward_head", 1.5, ""),
        ("posture", "forward_head", True, ""),
        ("posture", "forward_head", 1, "L"),
        ("posture", "nothing", 1, ""),
        ("dyskinesis", "flexion", "perfect", "R"),
    ]:
        with pytest.raises(LabError):
            answer_data(forms[form], item, value, side=side)


def test_results_of_a_form_show_what_is_missing():
    form = Form("f", "F", (Item("a", "A", "number", 0, 10, "cm", sides=True, repeats=2),
                           Item("b", "B", "choice", choices=("x", "y"))))  # fmt: skip
    answers = [answer_data(form, "a", v, side="R") for v in (1.0, 2.0)]
    rows = form_results(form, [*answers, answer_data(form, "b", "x"), answer_data(form, "b", "y")])
    assert [(r["item"], r["side"], r["value"], r["n"]) for r in rows] == [
        ("a", "L", None, 0),
        ("a", "R", 1.5, 2),
        ("b", "", "y", 2),
    ]


def test_rests_can_be_cut_in_every_protocol():
    for name in NAMES:
        short = load_protocol(name).with_rests_up_to(1.0)
        assert max(block.rest_s for block in short.blocks) <= 1.0
        assert isinstance(msgspec.json.encode(short), bytes)
