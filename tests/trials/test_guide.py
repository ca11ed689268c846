"""Guides and sounds of a run, held against what the protocols say."""

import pytest

from labapp.trials.guide import (
    Sounds,
    accented,
    breath_now,
    has_breath_guide,
    has_target,
    place_of,
    since_cue_s,
    target_at,
    target_path,
)
from labapp.trials.protocol import load_protocol
from labapp.trials.run import ProtocolRun, RunEvent

NS = 1_000_000_000
MS = 1_000_000
ROW = load_protocol("seated_cable_row_slow")
LEVELS = load_protocol("isometric_pull_levels")


def states(protocol, block, *, seed=1, step_ms=50, repetitions=1):
    """Moments of the first repetitions of a block, leaping over what comes before."""
    run = ProtocolRun(protocol, seed=seed, start_ns=0)
    while run.state.block != block or run.state.step == "start":
        run.tick(run.next_ns)
    now = run._now
    while run.state.block == block and run.state.repetition <= repetitions:
        yield now, run.state
        now += step_ms * MS
        run.tick(now)


def test_the_breath_goes_out_with_the_pull_and_in_with_the_return():
    block = ROW.block("work")
    assert has_breath_guide(block)
    assert not has_breath_guide(load_protocol("isometric_pull").block("fast"))
    full = {}
    for _, state in states(ROW, "work"):
        breath = breath_now(block, state)
        full.setdefault(state.step, []).append(breath.fullness)
        assert breath.way == state.breath
    assert full["pull"][0] == pytest.approx(1.0, abs=0.03)
    assert full["pull"][-1] == pytest.approx(0.0, abs=0.03)
    assert sorted(full["return"]) == full["return"]
    assert full["return"][-1] == pytest.approx(1.0, abs=0.03)
    assert set(full["pause"]) == {0.5}


def test_steps_with_the_same_breath_are_one_breath():
    block = LEVELS.block("ramp")
    shares = {}
    for _, state in states(LEVELS, "ramp"):
        if state.step in ("rise", "hold"):
            shares.setdefault(state.step, []).append(breath_now(block, state).share)
    assert shares["rise"][-1] == pytest.approx(5 / 8, abs=0.02)
    assert shares["hold"][0] == pytest.approx(5 / 8, abs=0.02)
    assert shares["hold"][-1] == pytest.approx(1.0, abs=0.02)


def test_a_ramp_has_its_line_and_a_fast_pull_a_level():
    assert target_path(LEVELS.block("ramp")) == ((0, 0), (5, 60), (8, 60), (10, 0))
    steady = load_protocol("mvic_submaximal").blocks[0]
    assert has_target(steady)
    assert {y for _, y in target_path(steady)} == {30.0}
    assert target_at(target_path(LEVELS.block("ramp")), 2.5) == pytest.approx(30)
    assert target_at(target_path(LEVELS.block("ramp")), 9.0) == pytest.approx(30)
    assert target_at(target_path(LEVELS.block("ramp")), 10.5) is None
    assert target_path(LEVELS.block("fast")) == ()


def test_time_since_the_cue_follows_the_steps():
    block = LEVELS.block("ramp")
    cue = None
    for now, state in states(LEVELS, "ramp"):
        since = since_cue_s(block, state)
        if state.step in ("ready", "rest"):
            assert since is None
        else:
            cue = now if cue is None else cue
            assert since == pytest.approx((now - cue) / NS, abs=0.051)


def heard(protocol, block, **options):
    """Everything heard in the first repetitions of a block: (s, sound)."""
    run = ProtocolRun(protocol, seed=2, start_ns=0)
    sounds, out = Sounds(), []
    while run.state.block != block or run.state.step == "start":
        run.tick(run.next_ns)
    now, begin = run._now, run._now
    while run.state.block == block and run.state.repetition <= options.get("repetitions", 1):
        now += 50 * MS
        for event in run.tick(now):
            there = protocol.block(event.data.get("block", block))
            out += [((event.t_ns - begin) / NS, name) for name in sounds.of_events(there, [event])]
        name = sounds.of_moment(protocol.block(run.state.block), run.state)
        if name:
            out.append(((now - begin) / NS, name))
    return out


def test_a_row_is_led_by_accents_beats_and_breath():
    found = [one for one in heard(ROW, "work") if one[1] != "count"]
    cue = next(t for t, name in found if name == "go")
    after = [(round(t - cue, 3), name) for t, name in found if 0 <= t - cue < 8]
    assert after == [
        (0.0, "go"),
        (1.0, "beat"),
        (2.0, "accent"),
        (3.0, "beat"),
        (4.0, "in"),
        (5.0, "beat"),
        (6.0, "beat"),
        (7.0, "accent"),
    ]
    before = [round(cue - t, 3) for t, name in found if name == "beat" and t < cue]
    assert before == [3.0, 2.0, 1.0] or before == [4.0, 3.0, 2.0, 1.0]


def test_the_last_seconds_before_a_steady_pull_are_counted():
    mvic = load_protocol("mvic_scapular")
    block = next(b for b in mvic.blocks if b.role == "reference")
    found = heard(mvic, block.name)
    cue = next(t for t, name in found if name == "go")
    counted = [round(cue - t, 1) for t, name in found if name == "count" and t < cue]
    assert counted == [3.0, 2.0, 1.0]
    after = [t for t, name in found if name == "count" and t > cue]
    assert [after[-1] - t for t in after] == pytest.approx([3, 2, 1, 0])  # rest, and again


def test_nobody_hears_the_beep_coming():
    protocol = load_protocol("isometric_pull")
    run = ProtocolRun(protocol, seed=5, start_ns=0)
    sounds, told = Sounds(), []
    for tick in range(0, 400_000, 400):
        run.tick(tick * MS)
        if run.state.over:
            break
        name = sounds.of_moment(protocol.block(run.state.block), run.state)
        told += [run.state.step] if name and run.state.block == "fast" else []
    assert told
    assert set(told) == {"rest"}


def test_a_pause_counts_nothing_and_no_second_is_counted_twice():
    protocol = load_protocol("isometric_pull")
    run = ProtocolRun(protocol, seed=5, start_ns=0)
    block = protocol.block("reference")
    run.tick(100 * MS)
    sounds = Sounds()
    assert sounds.of_moment(block, run.state) == "count"
    assert sounds.of_moment(block, run.state) == ""
    run.press("pause", 1100 * MS)
    assert sounds.of_moment(block, run.state) == ""
    run.press("pause", 1500 * MS)
    assert sounds.of_moment(block, run.state) == "count"


def test_beats_are_accented_where_a_step_begins():
    block = ROW.block("work")
    assert [accented(block, beat) for beat in range(1, 9)] == [
        True, False, True, False, True, False, False, True,
    ]  # fmt: skip
    assert not accented(block, -1)
    assert not accented(load_protocol("isometric_pull").block("fast"), 1)


def test_an_unknown_event_is_silent():
    assert Sounds().of_events(None, [RunEvent("marker", 5, {})]) == []


@pytest.mark.parametrize(
    ("name", "order"),
    [("single_arm_row", "turns"), ("band_pull_apart", "drawn"), ("quiet_standing", "")],
)
def test_the_place_of_a_block_says_what_is_compared_and_who_chose_the_order(name, order):
    protocol = load_protocol(name)
    blocks = ProtocolRun(protocol, seed=4, start_ns=0).blocks
    places = [place_of(protocol, blocks, block.name) for block in blocks]
    assert [place.number for place in places] == list(range(1, len(blocks) + 1))
    assert {place.of for place in places} == {len(blocks)}
    assert order in {place.order for place in places}
    assert [place.condition for place in places] == [block.condition for block in blocks]
    assert place_of(protocol, blocks, "no such block") is None
