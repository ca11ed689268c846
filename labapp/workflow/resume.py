"""Find a recording again whose window died, and take up its protocol."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from labapp.record.client import Recorder
from labapp.record.config import RecorderConfig, read_config
from labapp.record.log import FrameKind, read_log
from labapp.record.place import CONFIG_NAME, LOG_NAME
from labapp.trials.protocol import Protocol, parse_protocol
from labapp.trials.resume import PRESS, Noted, Resumed, resume_run

KEYS = {"pause": "pause", "redo": "redo", "restart": "redo"}
"""The key behind an event of a run that was taken up."""


@dataclass(frozen=True)
class Attached:
    """A recording that runs: its recorder, and what it was started with.

    ``out`` is the session that it will become; ``resumed`` is None where no protocol had begun.
    """

    recorder: Recorder
    config: RecorderConfig
    out: Path
    protocol: Protocol | None
    resumed: Resumed | None

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
    protocol, resumed = None, None
    if config.protocol is not None:
        protocol = parse_protocol(config.protocol.text, name=config.protocol.name)
        resumed = take_up(folder, protocol, recorder.now_ns())
    out = folder.with_name(f"{folder.name.removesuffix('.recording')}.h5")
    return Attached(recorder, config, out, protocol, resumed)


def take_up(folder: Path, protocol: Protocol, now_ns: int) -> Resumed | None:
    """Bring the run of a recording to where it was; None where no run had begun.

    Parameters
    ----------
    folder
        Folder of the recording, which may still grow.
    protocol
        Its protocol.
    now_ns
        Lab time.

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
    return resume_run(protocol, notes, now_ns)


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
