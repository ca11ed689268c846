"""A run whose window dies twice is found where it was the second time, too."""

from labapp.trials.protocol import load_protocol
from labapp.trials.resume import PRESS, RUN, Noted, resume_run, start_data
from labapp.trials.run import ProtocolRun
from labapp.workflow.resume import REFERENCE, pressed

S = 1_000_000_000


def noted(events):
    return [Noted(event.kind, event.t_ns, event.data) for event in events]


def to_step(run, step):
    """Events of a run on its way to a step."""
    events = []
    while run.state.step != step:
        events += run.tick(run.next_ns)
    return events


def taken_up(protocol, notes, now_ns):
    """What a window does that takes a run up: the run, and all that it marks."""
    found = resume_run(protocol, notes, now_ns)
    return found.run, [*notes, *pressed(found), *noted(found.events)]


def test_a_second_window_that_dies_loses_no_more_than_the_first():
    protocol = load_protocol("isometric_pull")
    run = ProtocolRun(protocol, seed=5, start_ns=2 * S)
    notes = [Noted(RUN, 0, start_data(run, optional=False))]
    notes += noted(to_step(run, "build up"))
    back = run.next_ns + 40 * S
    run, notes = taken_up(protocol, notes, back)
    notes.append(Noted(PRESS, back + 5 * S, {"action": "pause"}))
    notes += noted(run.press("pause", back + 5 * S))
    notes += noted(to_step(run, "build up")) + noted(to_step(run, "rest"))
    notes += noted(to_step(run, "build up"))
    run.tick(run.next_ns - S)
    assert (run.state.repetition, run.state.dots) == (2, ("done", "now", "todo"))
    again, _ = taken_up(protocol, notes, run.next_ns - S)
    assert again.state == run.state
    cut, more = taken_up(protocol, notes, run.next_ns + 60 * S)
    assert (cut.state.repetition, cut.state.paused) == (2, True)
    assert cut.state.dots == ("done", "rejected", "todo")
    assert taken_up(protocol, more, run.next_ns + 90 * S)[0].state.dots == cut.state.dots


def test_a_rest_that_ran_out_is_taken_up_twice():
    protocol = load_protocol("isometric_pull")
    run = ProtocolRun(protocol, seed=5, start_ns=2 * S)
    notes = [Noted(RUN, 0, start_data(run, optional=False)), *noted(to_step(run, "rest"))]
    back = run.next_ns + 5 * S
    run, notes = taken_up(protocol, notes, back)
    assert (run.state.repetition, run.state.step) == (2, "ready")
    again, _ = taken_up(protocol, notes, back + 30 * S)
    assert (again.state.repetition, again.state.step, again.state.paused) == (2, "ready", True)
    resumed = again.press("pause", back + 40 * S)
    assert [event.kind for event in resumed] == ["resume"]


def test_what_goes_on_by_itself_presses_nothing():
    protocol = load_protocol("isometric_pull")
    run = ProtocolRun(protocol, seed=5, start_ns=2 * S)
    notes = [Noted(RUN, 0, start_data(run, optional=False)), *noted(to_step(run, "build up"))]
    assert pressed(resume_run(protocol, notes, run.next_ns - 1)) == ()


def test_markers_of_the_live_view_change_nothing_of_a_run():
    protocol = load_protocol("isometric_pull")
    run = ProtocolRun(protocol, seed=5, start_ns=2 * S)
    notes = [Noted(RUN, 0, start_data(run, optional=False)), *noted(to_step(run, "rest"))]
    back = notes[-1].t_ns + 5 * S
    live = Noted(REFERENCE, notes[-1].t_ns + S, {"cue_s": 5.3, "volts": {}})
    with_live = resume_run(protocol, [*notes, live], back)
    plain = resume_run(protocol, notes, back)
    assert (with_live.run.state, with_live.events) == (plain.run.state, plain.events)
