"""Find a recording again whose window died, and take up its protocol."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labapp.record.client import Recorder
from labapp.record.config import RecorderConfig, read_config
from labapp.record.log import FrameKind, read_log
from labapp.record.place import CONFIG_NAME, LOG_NAME
from labapp.trials.protocol import Protocol, parse_protocol
from labapp.trials.resume import PRESS, Noted, Resumed, resume_run

KEYS = {"pause": "pause", "redo": "redo", "restart": "redo"}
"""The key behind an event of a run that was taken up."""
REFERENCE = "live_reference"
"""Kind of the marker that says which reference contraction the live view took in or left out.

For a window that goes on with the recording; the analysis finds the references by itself.
"""


@dataclass(frozen=True)
class Attached:
    """A recording that runs: its recorder, and what it was started with.

    ``out`` is the session that it will become; ``resumed`` is None where no protocol had begun.
    ``references`` are the markers of the live view's reference contractions, their data.
    """

    recorder: Recorder
    config: RecorderConfig
    out: Path
    protocol: Protocol | None
    resumed: Resumed | None
    references: tuple[dict[str, Any], ...] = ()

    def what_now(self) -> str:
        """Say where the protocol stands, and what the operator has to do."""
        if self.resumed is None:
            return "Start the protocol, or finish and analyse what was recorded."
        if self.resumed.run.state.over:
            return "The protocol had ended. Finish and analyse what was recorded."
        if self.resumed.again:
            return "The repetition under way was cut short and is done again: P goes on."
        if self.resumed.paused:
            return "The protocol is on pause: P goes on."
        return "The protocol goes on where it was."


def attach(folder: Path) -> Attached:
    """Get hold of the recording in a folder, and of its protocol's run.

    Raises
    ------
    LabError
        If no recorder answers there, or its files cannot be read.
    """
    config = read_config(folder / CONFIG_NAME)
    recorder = Recorder.attach(folder)
    notes = noted(folder)
    protocol, resumed = None, None
    if config.protocol is not None:
        protocol = parse_protocol(config.protocol.text, name=config.protocol.name)
        resumed = resume_run(protocol, notes, recorder.now_ns())
    references = tuple(note.data for note in notes if note.kind == REFERENCE)
    out = folder.with_name(f"{folder.name.removesuffix('.recording')}.h5")
    return Attached(recorder, config, out, protocol, resumed, references)


def noted(folder: Path) -> list[Noted]:
    """Read the markers of a recording, which may still grow, in the order of its log.

    Raises
    ------
    LogDamaged
        If the log cannot be read.
    """
    notes = []
    for frame in read_log(folder / LOG_NAME).frames():
        if frame.kind == FrameKind.MARKER:
            marker = frame.json()
            notes.append(Noted(str(marker["kind"]), frame.t_ns, dict(marker["data"])))
    return notes


def pressed(resumed: Resumed) -> tuple[Noted, ...]:
    """Return the keys that taking up a run pressed by itself, to be marked like all others.

    A run is found again from its presses alone: without these, a second window that dies would
    leave a third one somewhere else in the protocol.
    """
    return tuple(
        Noted(PRESS, event.t_ns, {"action": KEYS[event.kind]})
        for event in resumed.events
        if event.kind in KEYS
    )
