"""What the analysis of a recording takes: plain arrays and a few words about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Sync = Literal["one clock", "verified", "unsynchronised"]


class RepetitionLike(Protocol):
    """One pull, as `labapp.trials.repetitions.Repetition` describes it (times in s)."""

    @property
    def index(self) -> int:
        """Position among all repetitions, from 0."""
        ...

    @property
    def block(self) -> str:
        """Block name of the protocol."""
        ...

    @property
    def number(self) -> int:
        """Number within the block, from 1."""
        ...

    @property
    def pull(self) -> str:
        """Kind of pull: ``fast``, ``reference`` ..."""
        ...

    @property
    def cue_s(self) -> float | None:
        """Time of the cue, None where there was none."""
        ...

    @property
    def force_onset_s(self) -> float | None:
        """Time of the first rise of the force."""
        ...

    @property
    def peak_s(self) -> float | None:
        """Time of the greatest force."""
        ...

    @property
    def hold_start_s(self) -> float | None:
        """Begin of the hold."""
        ...

    @property
    def hold_end_s(self) -> float | None:
        """End of the hold."""
        ...

    @property
    def force_off_s(self) -> float | None:
        """Time of the return to rest."""
        ...

    @property
    def valid(self) -> bool:
        """Whether its onsets may be used."""
        ...

    @property
    def reasons(self) -> Sequence[str]:
        """Plain words for everything odd."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class EmgChannel:
    """One EMG channel of a recording.

    Attributes
    ----------
    muscle
        Montage code (``"RM_R"``); the name in all results.
    values
        (n_samples,) volts, NaN where samples were lost.
    times
        (n_samples,) s since the start of the recording, increasing; shared by the channels of
        one stream.
    rate
        Measured rate, Hz.
    stream
        Identifier of the stream it came from.
    low, high
        Rails in volts, None where unknown.
    step
        Volts per count, 0 where unknown.
    """

    muscle: str
    values: Floats
    times: Floats
    rate: float
    stream: str = "emg"
    low: float | None = None
    high: float | None = None
    step: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class ForceChannel:
    """The force of the pull: (n_samples,) newtons, NaN where lost, with their times (s)."""

    values: Floats
    times: Floats
    rate: float
    stream: str = "force"
    name: str = "F_PULL"


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What is known of a stream: printed, and decisive for what may be claimed."""

    driver: str
    rate_hz: float
    rate_nominal_hz: float
    received: int
    lost: int
    gaps: int
    onset_capable: str = "yes"
    onset_reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class RecordingInput:
    """Everything `analyse_recording` looks at.

    Attributes
    ----------
    emg
        EMG channels in montage order.
    force
        The force channel or None.
    repetitions
        Pulls as found by `labapp.trials.repetitions.find_repetitions`. Those whose ``pull`` is
        ``"reference"`` are reference contractions; the order is read from the others.
    streams
        Facts per stream identifier.
    sync
        How EMG streams (and the force) relate: one clock, verified by pulses, or not at all.
    sync_uncertainty_s
        Standard uncertainty between two streams' times, s.
    session, protocol, participant, version
        Words carried into the document.
    repetition_source
        ``"cue"``, ``"force"`` or ``"emg"``: what the repetitions were found from.
    """

    emg: Sequence[EmgChannel]
    repetitions: Sequence[RepetitionLike]
    force: ForceChannel | None = None
    streams: Mapping[str, StreamFacts] = field(default_factory=dict)
    sync: Sync = "one clock"
    sync_uncertainty_s: float = 0.0
    session: str = ""
    protocol: str = ""
    participant: str = ""
    version: str = ""
    repetition_source: str = "cue"
