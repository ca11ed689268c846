"""The state machine of a run: exact times, and every key of the operator."""

import itertools

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labapp.trials.protocol import load_protocol
from labapp.trials.run import ProtocolRun

NS = 1_000_000_000
MS = 1_000_000
PROTOCOL = load_protocol("isometric_pull")
REPS = sum(block.repetitions for block in PROTOCOL.blocks_to_run())


def fresh(seed=3, start=0, **options):
    return ProtocolRun(PROTOCOL, seed=seed, start_ns=start, **options)


def drive(run, times, presses=()):
    """Tick at each time; press at the given (time, action) pairs; all events in order."""
    events = []
    todo = sorted(presses)
    for now in times:
        while todo and todo[0][0] <= now:
            at, action = todo.pop(0)
            events += run.press(action, at)
        events += run.tick(now)
        if run.state.over:
            break
    return events


def leap(run):
    """From one change to the next, as the headless runner does."""
    events = []
    while (t := run.next_ns) is not None:
        events += run.tick(t)
    return events


@pytest.fixture(scope="module")
def straight():
    return leap(fresh(start=5 * NS))


def test_a_run_has_every_cue_and_ends(straight):
    cues = [event for event in straight if event.kind == "cue"]
    assert len(cues) == REPS == 15
    assert straight[0].kind == "block"
    assert straight[0].t_ns == 5 * NS
    assert straight[-1].kind == "finished"
    places = [(e.data["block"], e.data["repetition"]) for e in cues]
    assert places[:3] == [("reference", 1), ("reference", 2), ("reference", 3)]
    assert places[3:] == [("fast", n) for n in range(1, 13)]
    assert cues[0].data["pull"] == "reference"
    assert (cues[0].data["ramp_s"], cues[0].data["hold_s"]) == (2.0, 4.0)
    assert (cues[5].data["pull"], cues[5].data["hold_s"]) == ("fast", 1.0)
    assert cues[5].data["set"] == 1
    assert cues[-1].data["set"] == 3
    times = [event.t_ns for event in straight]
    assert times == sorted(times)


def test_rests_and_foreperiods_are_as_written(straight):
    fast = [e for e in straight if e.data.get("block") == "fast"]
    waits = [
        (cue.t_ns - wait.t_ns) / NS
        for wait, cue in zip(
            [e for e in fast if e.kind == "foreperiod"],
            [e for e in fast if e.kind == "cue"],
            strict=True,
        )
    ]
    assert min(waits) >= 2
    assert max(waits) <= 5
    assert np.std(waits) > 0.3
    rests = [e.data["duration_s"] for e in fast if e.kind == "rest"]
    assert rests == [20, 20, 20, 60, 20, 20, 20, 60, 20, 20, 20, 2]
    cues = [e.t_ns for e in fast if e.kind == "cue"]
    holds = [e.t_ns for e in fast if e.kind == "hold"]
    relaxes = [e.t_ns for e in fast if e.kind == "relax"]
    assert {h - c for c, h in zip(cues, holds, strict=True)} == {500 * MS}
    assert {r - h for h, r in zip(holds, relaxes, strict=True)} == {NS}


def test_the_seed_decides_the_foreperiods(straight):
    assert leap(fresh(seed=3, start=5 * NS)) == straight
    assert leap(fresh(seed=4, start=5 * NS)) != straight


def test_duration_is_a_fair_estimate(straight):
    took = (straight[-1].t_ns - straight[0].t_ns) / NS
    assert fresh().duration_s == pytest.approx(took, abs=12 * 1.5)


@pytest.mark.parametrize("step_ms", [1, 33, 700])
def test_tick_spacing_changes_nothing(straight, step_ms):
    end = straight[-1].t_ns + NS
    if step_ms == 1:
        end = straight[8].t_ns
    times = range(5 * NS, end, step_ms * MS)
    got = drive(fresh(start=5 * NS), times)
    assert got == [e for e in straight if e.t_ns <= times[-1]]


@settings(max_examples=40, deadline=None)
@given(
    gaps=st.lists(st.integers(1, 40_000), min_size=1, max_size=60),
    presses=st.lists(
        st.tuples(
            st.integers(0, 900_000),
            st.sampled_from(["next", "redo", "reject", "pause", "marker"]),
        ),
        max_size=8,
    ),
)
def test_any_tick_spacing_and_any_keys_give_the_same_events(gaps, presses):
    keys = [(t * MS, action) for t, action in presses]
    end = 1_000_000
    odd = [t * MS for t in itertools.accumulate(itertools.islice(itertools.cycle(gaps), 3000))]
    odd = [t for t in odd if t < end * MS]
    coarse = drive(fresh(), [*odd, end * MS], keys)
    even = drive(fresh(), range(0, (end + 1) * MS, 450 * MS), keys)
    last = ((end + 1) * MS - 1) // (450 * MS) * (450 * MS)
    assert [e for e in coarse if e.t_ns <= last] == even
    times = [e.t_ns for e in coarse]
    assert times == sorted(times)


def cue_time(run, block="fast", number=1):
    while True:
        for event in run.tick(run.next_ns):
            place = (event.data.get("block"), event.data.get("repetition"))
            if event.kind == "cue" and place == (block, number):
                return event.t_ns


def test_redo_after_the_cue_rejects_rests_and_repeats():
    run = fresh()
    t = cue_time(run, number=2)
    events = run.press("redo", t + 200 * MS)
    assert [e.kind for e in events] == ["reject", "redo", "relax", "rest"]
    assert events[0].data == {"block": "fast", "repetition": 2, "attempt": 1, "cue_ns": t}
    assert run.state.dots[:3] == ("done", "rejected", "todo")
    again = cue_time(run, number=2)
    assert again > t + 20 * NS
    assert run.state.repetition == 2
    assert run.state.dots[1] == "now"
    rest = leap(run)
    cues = [e for e in rest if e.kind == "cue"]
    assert [e.data["repetition"] for e in cues] == list(range(3, 13))
    assert run.state.finished


def test_redo_in_the_rest_repeats_after_it():
    run = fresh()
    cue_time(run, number=4)
    while run.state.step != "rest":
        run.tick(run.next_ns)
    end = run.next_ns
    events = run.press("redo", end - NS)
    assert [e.kind for e in events] == ["reject", "redo"]
    assert run.next_ns == end
    run.tick(end)
    assert (run.state.repetition, run.state.set, run.state.step) == (4, 1, "ready")


def test_redo_before_the_cue_starts_the_step_again_without_a_rejection():
    run = fresh()
    cue_time(run, number=1)
    while run.state.step != "wait":
        run.tick(run.next_ns)
    events = run.press("redo", run.next_ns - NS)
    assert [e.kind for e in events] == ["restart"]
    assert run.state.step == "ready"
    assert run.state.dots[0] == "done"


def test_a_repeated_repetition_does_not_move_the_other_foreperiods(straight):
    def waits(events):
        begun = {}
        for e in events:
            place = (e.data.get("repetition"), e.data.get("attempt"))
            if e.kind == "foreperiod":
                begun[place] = -e.t_ns
            elif e.kind == "cue" and e.data["block"] == "fast":
                begun[place] += e.t_ns
        return begun

    run = fresh(start=5 * NS)
    t = cue_time(run, number=2)
    events = [*run.press("redo", t + MS), *leap(run)]
    once, twice = waits(straight), waits(events)
    assert {k: twice[k] for k in twice if k[0] > 2} == {k: once[k] for k in once if k[0] > 2}
    assert twice[2, 2] != once[2, 1]


def test_reject_marks_the_latest_repetition_once():
    run = fresh()
    assert [e.kind for e in run.press("reject", 0)] == ["block"]
    t = cue_time(run, number=1)
    first = run.press("reject", t + 3 * NS)
    assert [e.kind for e in first][-1] == "reject"
    assert run.press("reject", t + 3 * NS) == []
    cue_time(run, number=2)
    assert run.state.dots[:2] == ("rejected", "now")


def test_next_ends_a_rest_but_never_a_foreperiod():
    run = fresh()
    t = cue_time(run, number=1)
    assert run.press("next", t + MS) == []
    while run.state.step != "rest":
        run.tick(run.next_ns)
    now = run.next_ns - 15 * NS
    run.press("next", now)
    assert (run.state.step, run.state.repetition) == ("ready", 2)
    assert run.next_ns == now + 2 * NS


@pytest.mark.parametrize("at", ["wait", "hold", "rest"])
def test_pause_stops_the_protocols_clock(at):
    run, other = fresh(), fresh()
    for one in (run, other):
        cue_time(one, number=1)
        while one.state.step != at:
            one.tick(one.next_ns)
    now = run.next_ns - 300 * MS
    assert [e.kind for e in run.press("pause", now)] == ["pause"]
    assert run.next_ns is None
    frozen = run.state
    assert frozen.paused
    assert run.tick(now + 100 * NS) == []
    run.press("marker", now + 100 * NS)
    assert run.state.elapsed_s == frozen.elapsed_s
    assert [e.kind for e in run.press("pause", now + 250 * NS)] == ["resume"]
    shifted = [(e.kind, e.t_ns - 250 * NS) for e in leap(run)]
    assert shifted == [(e.kind, e.t_ns) for e in leap(other)]
    assert run.state.elapsed_s == other.state.elapsed_s


def test_redo_while_paused_waits_for_the_resume():
    run = fresh()
    t = cue_time(run, number=1)
    run.press("pause", t + 100 * MS)
    run.press("redo", t + 5 * NS)
    assert run.state.paused
    run.press("pause", t + 30 * NS)
    assert run.next_ns == t + 50 * NS


def test_stop_ends_everything():
    run = fresh()
    t = cue_time(run, number=1)
    events = run.press("stop", t + MS)
    assert [e.kind for e in events] == ["stop"]
    assert run.state.stopped
    assert run.state.over
    assert run.tick(t + 1000 * NS) == []
    assert run.press("stop", t + 1001 * NS) == []
    assert run.press("marker", t + 1001 * NS) == []
    assert run.next_ns is None


def test_stop_before_the_start():
    run = fresh(start=10 * NS)
    assert [e.kind for e in run.press("stop", NS)] == ["stop"]
    assert run.state.stopped


def test_a_step_that_waits_for_the_operator():
    block = PROTOCOL.blocks[0]
    ready = msgspec.structs.replace(block.steps[0], duration_s=None, event="next")
    block = msgspec.structs.replace(block, steps=(ready, *block.steps[1:]))
    run = ProtocolRun(msgspec.structs.replace(PROTOCOL, blocks=(block,)), seed=1, start_ns=0)
    run.tick(0)
    assert run.state.waiting
    assert run.next_ns is None
    assert run.tick(100 * NS) == []
    events = run.press("next", 100 * NS)
    assert (events[0].kind, events[0].t_ns) == ("cue", 100 * NS)


def test_the_card_has_what_a_person_needs():
    run = fresh(start=NS)
    assert run.state.step == "start"
    assert not run.state.waiting
    seen = {}
    dots = set()
    while not run.state.over:
        run.tick(run.next_ns)
        state = run.state
        seen.setdefault(state.step, state)
        dots.add(state.dots)
        assert state.text
        assert len(state.dots) == state.of
        assert 0 <= state.progress <= 1
        assert 0 <= state.total_progress <= 1
    wait = seen["wait"]
    assert wait.remaining_s is None
    assert wait.progress == 0
    assert wait.text == "Wait for the beep."
    assert seen["build up"].breath == "out"
    assert seen["rest"].countdown == 60
    assert seen["pull"].steps == ("ready", "wait", "pull", "hold", "relax")
    assert run.state.total_progress == 1
    assert ("done",) * 12 in dots
    assert run.state.text == "Finished. Thank you."


def test_progress_follows_the_clock():
    run = fresh()
    run.tick(0)
    run.tick(1500 * MS)
    assert run.state.progress == pytest.approx(0.5)
    assert run.state.remaining_s == pytest.approx(1.5)
    assert run.state.elapsed_s == pytest.approx(1.5)


def test_practice_runs_when_asked_for():
    names = [e.data["block"] for e in leap(fresh(optional=True)) if e.kind == "block"]
    assert names == ["reference", "practice", "fast"]


def test_what_the_operator_rejects_is_rejected_in_the_recording():
    """The events of a run, read back as markers: only the repetitions meant are rejected."""
    from labapp.model import Marker
    from labapp.trials.repetitions import cues_from_markers

    run = fresh()
    t = cue_time(run, number=1)
    events = [*run.press("redo", t + 500 * MS)]
    again = []
    while not run.state.over:
        due = run.tick(run.next_ns)
        events += due
        for event in due:
            if event.kind == "foreperiod" and event.data["repetition"] == 3 and not again:
                again = run.press("redo", event.t_ns + NS)  # before its cue: rejects nothing
                events += again
            if event.kind == "cue" and event.data["repetition"] == 5:
                events += run.press("reject", event.t_ns + NS)
    first = Marker(t / NS, "cue", {"block": "fast", "repetition": 1, "attempt": 1, "pull": "fast"})
    cues = cues_from_markers([first, *(Marker(e.t_ns / NS, e.kind, e.data) for e in events)])
    rejected = [(cue.number, cue.rejected) for cue in cues]
    assert rejected[:2] == [(1, True), (1, False)]
    assert [number for number, bad in rejected[2:] if bad] == [5]
