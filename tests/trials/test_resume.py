"""A run whose window died goes on as if nothing had been, or says what it could not save."""

import pytest

from labapp.trials.protocol import load_protocol
from labapp.trials.resume import PRESS, RUN, Noted, resume_run, start_data
from labapp.trials.run import ProtocolRun

S = 1_000_000_000


class Driver:
    """A window: ticks a run, and notes all that the recording would hold."""

    def __init__(self, protocol, seed=5):
        self.run = ProtocolRun(protocol, seed=seed, start_ns=2 * S)
        self.notes = [Noted(RUN, 0, start_data(self.run, optional=False))]

    def take(self, events):
        self.notes += [Noted(event.kind, event.t_ns, event.data) for event in events]

    def tick(self, now):
        self.take(self.run.tick(now))

    def press(self, action, now):
        self.notes.append(Noted(PRESS, now, {"action": action}))
        self.take(self.run.press(action, now))


@pytest.fixture(scope="module")
def protocol():
    return load_protocol("isometric_pull")


def follow(run, until, step=S // 4):
    """Every event of a run up to a time."""
    found, now = [], 0
    while now < until and not run.state.over:
        now += step
        found += [(event.kind, event.t_ns, str(event.data)) for event in run.tick(now)]
    return found


@pytest.mark.parametrize("died_s", [1, 2.5, 9, 30, 75, 140, 260, 301.5])
def test_nothing_was_due_and_nothing_changes(protocol, died_s):
    died = round(died_s * S)
    driver = Driver(protocol)
    for now in range(0, died, S // 10):
        driver.tick(now)
    whole = follow(ProtocolRun(protocol, seed=5, start_ns=2 * S), 600 * S)
    back = min(driver.run.next_ns - 1, died + 3 * S)
    found = resume_run(protocol, driver.notes, back)
    assert found is not None
    assert not found.paused
    assert not found.events
    assert follow(found.run, 600 * S) == [one for one in whole if one[1] > back]


def test_a_repetition_cut_in_two_is_done_again(protocol):
    driver = Driver(protocol)
    while driver.run.state.step != "build up":
        driver.tick(driver.run.next_ns)
    driver.tick(driver.run.next_ns - S)
    cue = max(note.t_ns for note in driver.notes if note.kind == "cue")
    back = driver.run.next_ns + 40 * S
    found = resume_run(protocol, driver.notes, back)
    assert found.paused
    assert found.again
    kinds = [event.kind for event in found.events]
    assert kinds[0] == "pause"
    rejected = [event for event in found.events if event.kind == "reject"]
    assert [event.data["cue_ns"] for event in rejected] == [cue]
    assert "redo" in kinds
    assert found.run.tick(back + 100 * S) == []
    goes_on = found.run.press("pause", back + 100 * S)
    assert [event.kind for event in goes_on] == ["resume"]
    events = found.run.tick(back + 180 * S)
    cues = [event for event in events if event.kind == "cue"]
    assert cues[0].data["repetition"] == 1
    assert cues[0].data["attempt"] == 2


def test_a_cue_that_nobody_gave_is_not_counted_as_given(protocol):
    driver = Driver(protocol)
    driver.tick(3 * S)
    assert driver.run.state.step == "ready"
    back = 60 * S
    found = resume_run(protocol, driver.notes, back)
    assert found.paused
    assert not [event for event in found.events if event.kind in ("cue", "reject")]
    found.run.press("pause", back + S)
    cues = [event for event in found.run.tick(back + 10 * S) if event.kind == "cue"]
    assert len(cues) == 1
    assert cues[0].t_ns >= back + S
    assert cues[0].data["repetition"] == 1


def test_a_rest_that_ran_out_waits_for_the_operator(protocol):
    driver = Driver(protocol)
    while driver.run.state.step != "rest":
        driver.tick(driver.run.next_ns)
    found = resume_run(protocol, driver.notes, driver.run.next_ns + 5 * S)
    assert found.paused
    kinds = [event.kind for event in found.events]
    assert kinds == ["pause", "restart"]
    state = found.run.state
    assert (state.repetition, state.step) == (2, "ready")
    assert state.dots[0] == "done"


def test_what_was_pressed_is_replayed(protocol):
    driver = Driver(protocol)
    driver.tick(13 * S)
    assert driver.run.state.step == "rest"
    driver.press("reject", 14 * S)
    driver.press("next", 15 * S)
    driver.tick(24 * S)
    driver.press("pause", 25 * S)
    found = resume_run(protocol, driver.notes, 500 * S)
    assert found.run.state == driver.run.state
    assert found.paused
    assert not found.events
    driver.press("stop", 501 * S)
    over = resume_run(protocol, driver.notes, 600 * S)
    assert over.run.state.stopped
    assert not over.paused


def test_events_marked_ahead_have_not_happened(protocol):
    """A simulated laboratory is told of a cue a moment before it comes."""
    driver = Driver(protocol)
    while driver.run.state.step != "ready":
        driver.tick(driver.run.next_ns)
    cue = driver.run.next_ns
    driver.tick(cue)
    found = resume_run(protocol, driver.notes, cue - S // 10)
    assert found.run.state.step == "ready"
    assert not found.paused
    assert "cue" in [event.kind for event in found.run.tick(cue)]


def test_no_run_or_another_protocol_is_not_taken_up(protocol):
    assert resume_run(protocol, [Noted("marker", 3, {})], 5 * S) is None
    driver = Driver(protocol)
    other = driver.notes[0].data | {"protocol_sha256": "0" * 64}
    assert resume_run(protocol, [Noted(RUN, 0, other)], 5 * S) is None
