"""Take a run up again whose driver died: the recording's markers tell where it was.

A run is a function of its protocol, its seed, its start and what was pressed when. All of that
is in the recording (markers ``run`` and ``press``), so replaying it gives the very state that
was lost. What cannot be replayed is the person: where a cue or the end of a step became due
while nobody drove the run, it is put on pause, and a repetition that was under way is done
again.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, get_args

from labapp.trials.protocol import Protocol
from labapp.trials.run import Action, ProtocolRun, RunEvent

RUN = "run"
PRESS = "press"


@dataclass(frozen=True)
class Noted:
    """A marker of the recording: kind, lab time, JSON data."""

    kind: str
    t_ns: int
    data: dict[str, Any]


@dataclass(frozen=True)
class Resumed:
    """A run taken up again.

    Attributes
    ----------
    run
        In the state that it goes on from.
    events
        What happened to it just now (pause, rejection, redo): to be marked in the recording.
    paused
        Whether it waits for the operator, because something became due with nobody there.
    again
        Whether the repetition under way is done again.
    """

    run: ProtocolRun
    events: tuple[RunEvent, ...]
    paused: bool
    again: bool


def start_data(run: ProtocolRun, *, optional: bool) -> dict[str, Any]:
    """Return the data of the marker ``run`` that makes a run repeatable."""
    return {
        "seed": run.seed,
        "start_ns": run.start_ns,
        "optional": optional,
        "protocol_sha256": run.protocol.sha256,
    }


def resume_run(protocol: Protocol, notes: Sequence[Noted], now_ns: int) -> Resumed | None:
    """Replay a run up to its last sign of life, and decide how it goes on.

    Parameters
    ----------
    protocol
        The protocol of the recording.
    notes
        Markers of the recording in the order of the log.
    now_ns
        Lab time.

    Returns
    -------
    Resumed or None
        None where no run was started with this protocol.
    """
    begun = [i for i, note in enumerate(notes) if note.kind == RUN]
    if not begun or notes[begun[-1]].data.get("protocol_sha256") != protocol.sha256:
        return None
    start = notes[begun[-1]].data
    run = ProtocolRun(
        protocol,
        seed=int(start["seed"]),
        start_ns=int(start["start_ns"]),
        optional=bool(start["optional"]),
    )
    later = notes[begun[-1] + 1 :]
    for note in later:
        action: Any = note.data.get("action")
        if note.kind == PRESS and action in get_args(Action):
            run.press(action, note.t_ns)
    # Events are marked ahead of time: one that lies in the future has not happened yet.
    run.tick(max((n.t_ns for n in later if n.t_ns <= now_ns), default=0))
    due = _missed(run, now_ns)
    if due is None:
        return Resumed(run, (), run.state.paused and not run.state.over, again=False)
    events = run.press("pause", due - 1)
    again = run.state.step not in ("rest", "start")
    if again:
        events += run.press("redo", now_ns)
    return Resumed(run, tuple(events), paused=True, again=again)


def _missed(run: ProtocolRun, now_ns: int) -> int | None:
    """Bring a run up to now, or to just before the first event that nobody has marked.

    Steps that begin without an event (a text that changes) leave no trace in the recording, so
    they are passed silently. Returns the time of the missed event, None where there is none.
    """
    while True:
        due = run.next_ns
        if due is None or due > now_ns:
            run.tick(now_ns)
            return None
        if deepcopy(run).tick(due):
            return due
        run.tick(due)
