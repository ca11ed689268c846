"""One pull and its landmarks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Repetition:
    """One pull and its landmarks (s since the start of the recording; None where unknown).

    Attributes
    ----------
    index
        Position among all repetitions, from 0.
    block, number, pull
        From the cue: block name, number within the block (from 1), kind of pull.
    cue_s
        Time of the cue, None for a pull that nobody asked for.
    force_onset_s, peak_s, hold_start_s, hold_end_s, force_off_s
        Landmarks of the force: first rise, greatest force, the stretch above 70 % of it, and
        the return to rest. Without force, hold and end come from the cue's timing.
    begin_s, end_s
        Beginning and end of the movement for its phases: of the tempo where a metronome led (then
        the hold is the beats' too), else of the force, or of the EMG burst; None where nothing
        tells them.
    tempo
        Seconds asked for pull, hold and return where a metronome led, else None.
    valid
        Whether onsets of this repetition may be used.
    reasons
        Plain words for everything odd, also where the repetition is still valid.
    source
        ``"cue+force"``, ``"cue"``, ``"force"`` or ``"emg"``.
    """

    index: int
    block: str
    number: int
    pull: str
    cue_s: float | None
    force_onset_s: float | None = None
    peak_s: float | None = None
    hold_start_s: float | None = None
    hold_end_s: float | None = None
    force_off_s: float | None = None
    valid: bool = True
    reasons: tuple[str, ...] = ()
    source: str = "cue"
    begin_s: float | None = None
    end_s: float | None = None
    tempo: tuple[float, float, float] | None = None
