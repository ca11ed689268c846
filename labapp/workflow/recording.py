"""A recorder at work, and the session that its finished log becomes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from labapp.errors import LabError
from labapp.record.client import Recorder
from labapp.record.config import ClockConfig, DeviceConfig, ProtocolText, RecorderConfig
from labapp.record.place import LOG_NAME, TRUTH_NAME, discard
from labapp.trials.protocol import Protocol
from labapp.trials.run import RunEvent
from labapp.workflow.calibrated_devices import with_calibrations
from labapp.workflow.given_reference import FrozenReference, header_value
from labapp.workflow.naming import check_writable, recording_folder, truth_path
from labapp.workflow.protocol_words import heard_language
from labapp.workflow.serials import with_serials

if TYPE_CHECKING:
    from labapp.analysis.settings import AnalysisSettings

Progress = Callable[[str, float], None]

NS = 1_000_000_000
_STEP_S = 2.0
_POLL_S = 0.05
_RECORDED = 0.8
"""Share of the progress bar that recording takes; building the session takes the rest."""


def recorder_config(
    out: Path,
    devices: Sequence[DeviceConfig],
    *,
    clock: ClockConfig,
    scenario: str | None = None,
    seed: int | None = None,
    participant: str = "",
    protocol: Protocol | None = None,
    analysis: AnalysisSettings | None = None,
    reference: FrozenReference | None = None,
) -> RecorderConfig:
    """Say what the recorder is started with for a session that will be ``out``.

    With a protocol the plan is frozen here: its text and the settings of the ``analysis`` (the
    defaults where None) go into the first frame of the log, with their checksum. So do the
    references of another session that this one will be counted from.
    """
    check_writable(out.absolute().parent)
    text = plan = None
    if protocol is not None:
        from labapp.workflow.plan import freeze_plan

        plan = freeze_plan(protocol, analysis, seed=seed)
        language = heard_language(protocol)
        text = ProtocolText(protocol.id, protocol.text, protocol.sha256, language)
    return RecorderConfig(
        folder=str(recording_folder(out.absolute())),
        devices=with_calibrations(with_serials(devices)),
        clock=clock,
        scenario=scenario,
        seed=seed,
        participant=participant,
        protocol=text,
        plan=plan,
        reference=header_value(reference),
    )


class Recording:
    """A recorder at work; leaving the block stops it, `finish` makes the session.

    An exception inside the block stops the recorder too, keeps its folder and goes on. ``stop``
    ends every waiting early.
    """

    def __init__(
        self,
        config: RecorderConfig,
        out: Path,
        progress: Progress | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self.out = out
        self.folder = Path(config.folder)
        self.clock = config.clock
        self.stop = stop or threading.Event()
        self.say = _scaled(progress, 0.0, _RECORDED)
        self._build_say = _scaled(progress, _RECORDED, 1.0)
        if self.folder.exists():
            raise LabError(
                f"{self.folder} exists already",
                f"an earlier recording was not finished: labapp recover {self.folder}",
            )
        self.say("starting", 0.0)
        self.recorder = Recorder.start(config)

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.clock.kind == "scaled":  # a machine that is too slow for it records on
            self.say("the simulated devices catch up", 1.0)
        try:
            self.recorder.stop()
        except LabError:
            if kind is None:
                raise
        finally:
            self.recorder.close()

    def mark(self, event: RunEvent) -> None:
        """Write an event of a run into the recording."""
        self.recorder.mark(event.kind, event.data, event.t_ns)

    def wait_until(self, t_ns: int) -> None:
        """Let lab time reach ``t_ns``: push a stepped clock, wait for a running one."""
        now = self.recorder.now_ns()
        while now < t_ns and not self.stop.is_set():
            if self.clock.kind == "stepped":
                now = self.recorder.advance(min(now + round(_STEP_S * NS), t_ns))
                continue
            if not self.recorder.alive:
                raise LabError(
                    "the recorder has ended unexpectedly",
                    f"keep what it wrote: labapp recover {self.folder}",
                )
            speed = self.clock.speed if self.clock.kind == "scaled" else 1.0
            self.stop.wait(min((t_ns - now) / NS / speed, _POLL_S))
            now = self.recorder.now_ns()

    def finish(self) -> Path:
        """Build and verify the session, put the truth beside it, delete the recording folder."""
        return finish_recording(self.folder, self.out, progress=self._build_say)


def finish_recording(folder: Path, out: Path, *, progress: Progress | None = None) -> Path:
    """Turn a stopped recording into its session; the log goes only after the comparison.

    Raises
    ------
    LabError
        If the session cannot be built or differs from the log; the folder is kept.
    """
    from labapp.session.build import build_session

    tell = None if progress is None else partial(progress, "building the session")
    build_session(folder / LOG_NAME, out, progress=tell)
    truth = folder / TRUTH_NAME
    if truth.exists():
        truth.replace(truth_path(out))
    discard(folder)
    return out


def _scaled(progress: Progress | None, low: float, high: float) -> Progress:
    """Progress within a part of the bar; nothing when nobody looks."""

    def say(what: str, share: float) -> None:
        if progress is not None:
            progress(what, low + (high - low) * min(max(share, 0.0), 1.0))

    return say
