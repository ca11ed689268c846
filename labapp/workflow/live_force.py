"""The force right now, in newtons and in % of the greatest pull of this recording.

For following a line on the screen; what a report says comes from the analysis of the session.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from labapp.trials.run import RunEvent

if TYPE_CHECKING:
    from labapp.workflow.live_source import LiveSource

NOW_S = 0.1
"""The force now is the mean of this long."""
TARE_S = (-0.6, -0.1)
"""Stretch before a cue that counts as the empty cell, s from the cue."""
CODE = "F_PULL"
ENDS = frozenset({"relax", "rest", "finished", "stop"})


@dataclass(frozen=True, slots=True)
class ForceNow:
    """Force now: N above the empty cell, % of the maximum (None before one is known)."""

    newtons: float
    percent: float | None


class LiveForce:
    """Force of the first channel that is the pull; `follow` every event of the run.

    Attributes
    ----------
    maximum
        N; greatest force of a reference or fast pull so far, or `set_maximum` by the operator.
    """

    def __init__(self, source: LiveSource) -> None:
        self._source = source
        self.maximum: float | None = None
        self._by_hand = False
        self._tare = 0.0
        self._cue_s: float | None = None
        self._counts = False
        self._place = next(
            (
                (stream, column)
                for stream in source.streams
                for column, info in enumerate(stream.channels)
                if info.kind == "force" and info.unit == "N" and info.muscle == CODE
            ),
            None,
        )

    @property
    def present(self) -> bool:
        """Whether there is a force in newtons at all."""
        return self._place is not None

    def set_maximum(self, newtons: float) -> None:
        """Count in % of this from now on."""
        self.maximum, self._by_hand = newtons, True

    def follow(self, event: RunEvent, seconds: float) -> None:
        """Take in an event of the run at ``seconds`` since the recording began."""
        if event.kind == "cue":
            self._cue_s = seconds
            # A pull to a line is no maximum.
            self._counts = event.data.get("level", 1.0) >= 1.0
        elif event.kind in ENDS and self._cue_s is not None:
            self._take_pull(self._cue_s, seconds)
            self._cue_s = None
        elif event.kind == "reject":
            self._cue_s = None

    def _take_pull(self, cue_s: float, end_s: float) -> None:
        before = self._values(cue_s + TARE_S[0], cue_s + TARE_S[1])
        if len(before):
            self._tare = float(np.mean(before))
        pulled = self._values(cue_s, end_s)
        if self._counts and not self._by_hand and len(pulled):
            greatest = float(np.max(pulled)) - self._tare
            if greatest > (self.maximum or 0.0):
                self.maximum = greatest

    def now(self, away: Collection[str] = ()) -> ForceNow | None:
        """Force now, None where there is none, its samples are missing or its device is away."""
        if self._place is None:
            return None
        stream, _ = self._place
        if stream.id in away:
            return None
        end = self._source.start_s(stream.id) + self._source.newest(stream.id) / stream.rate
        values = self._values(end - NOW_S, end)
        if not len(values):
            return None
        newtons = float(np.mean(values)) - self._tare
        return ForceNow(newtons, 100 * newtons / self.maximum if self.maximum else None)

    def _values(self, begin_s: float, end_s: float) -> NDArray[np.float64]:
        """Force in N between two times, lost samples left out."""
        if self._place is None:
            return np.empty(0)
        stream, column = self._place
        start = self._source.start_s(stream.id)
        first = max(0, math.ceil((begin_s - start) * stream.rate))
        stop = min(self._source.newest(stream.id), math.ceil((end_s - start) * stream.rate))
        if stop <= first:
            return np.empty(0)
        counts, valid = self._source.read(stream.id, first, stop)
        info = stream.channels[column]
        values = (counts[valid, column].astype(np.float64) - info.offset) * info.scale
        return np.asarray(values)
