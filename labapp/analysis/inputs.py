"""What the analysis of a recording takes: plain arrays and a few words about them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.given import GivenReferences

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
    def begin_s(self) -> float | None:
        """Begin of the movement: of the force, else of the tempo or the EMG burst."""
        ...

    @property
    def end_s(self) -> float | None:
        """End of the movement."""
        ...

    @property
    def tempo(self) -> tuple[float, float, float] | None:
        """Seconds asked for pull, hold and return, None without a metronome."""
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
    filter_delay_s: float = 0.0
    filter_delay_u_s: float = 0.0
    beat_s: float = 0.0
    latency_timer_ms: float | None = None
    outages: tuple[tuple[float, float], ...] = ()
    """When the device was away: from, to, s since the start of the recording."""


@dataclass(frozen=True, slots=True)
class ClockLink:
    """How the clock of a stream was found to relate to that of the first EMG stream.

    Times of verified streams are already on the reference's clock.

    Attributes
    ----------
    reference
        The stream it relates to.
    verified
        Whether an offset was found.
    text
        What it was found by, in words.
    u_s
        Standard uncertainty between the two streams, s: clock maps, offset, and the filters'
        delays where the pulses did not pass them. NaN where unknown.
    overrides_map
        Whether pulses all along replaced the clock maps.
    """

    reference: str
    verified: bool
    text: str = ""
    method: str = "none"
    offset_s: float = math.nan
    u_s: float = math.nan
    pulses: int = 0
    drift_ppm: float = math.nan
    residual_p95_s: float = math.nan
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    overrides_map: bool = False


@dataclass(frozen=True, slots=True)
class BlockFacts:
    """What the protocol says about one block.

    ``task`` is ``"T1"`` or ``"T2"`` in a selectivity task, ``side`` the side that works (``"L"``,
    ``"R"``), ``condition`` what is compared with other blocks; empty where it does not apply.
    """

    task: str = ""
    side: str = ""
    condition: str = ""


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
        Standard uncertainty between two streams' times, s, where there are no ``links``.
    links
        Stream identifier to its relation, for streams on another clock than the first EMG one.
    session, protocol, participant, version
        Words carried into the document.
    repetition_source
        ``"cue"``, ``"force"`` or ``"emg"``: what the repetitions were found from.
    blocks
        Facts per block of the protocol, in its order; blocks without any may be missing.
    electrodes
        Muscle to what was entered about its electrode (``site_id``, ``ied_mm``, ``mode``).
    order_asked
        Whether the protocol asks for an order at all.
    given
        References of another recording, which count before those of this one.
    """

    emg: Sequence[EmgChannel]
    repetitions: Sequence[RepetitionLike]
    force: ForceChannel | None = None
    streams: Mapping[str, StreamFacts] = field(default_factory=dict)
    sync: Sync = "one clock"
    sync_uncertainty_s: float = 0.0
    links: Mapping[str, ClockLink] = field(default_factory=dict)
    session: str = ""
    protocol: str = ""
    participant: str = ""
    version: str = ""
    repetition_source: str = "cue"
    blocks: Mapping[str, BlockFacts] = field(default_factory=dict)
    electrodes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    order_asked: bool = True
    given: GivenReferences | None = None
