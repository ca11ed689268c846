"""Live bars of activation and a ratio to keep low: what a person sees, and what it is counted from.

The arithmetic works on levels that `labapp.workflow.live_levels` gives, in % of this recording's
own reference contractions. It leads a person; the result of a session comes from its analysis.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labapp.trials.ordering import base_name
from labapp.trials.run import RunEvent
from labapp.trials.schema import Feedback

if TYPE_CHECKING:
    from labapp.workflow.live_levels import Level

TARGET = "feedback_target"
"""Kind of the marker that says which ratio was aimed at."""
ACTIVE_PERCENT = 2.0
"""Below this activation of either muscle a ratio says nothing."""
SETTLE_S = 0.3
"""Left out at the begin of a hold: the level still reaches back into the movement."""
FEWEST = 3
"""Repetitions of the baseline that a target needs."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Ratio of one repetition that is over: geometric mean of its hold."""

    block: str
    repetition: int
    cue_ns: int
    ratio: float


@dataclass(frozen=True)
class BarsNow:
    """What the bars show.

    Attributes
    ----------
    bars
        Muscle code and activation, % of its reference; None without one.
    pair
        The two muscles of the ratio, ``("UT_R", "LT_R")``.
    ratio
        Now; None while either muscle is nearly at rest.
    target
        The ratio is to stay at or below it; None before it is known.
    trend
        Repetitions so far.
    age_ms
        How old the middle of the signal is that the bars show.
    """

    bars: tuple[tuple[str, float | None], ...]
    pair: tuple[str, str]
    ratio: float | None
    target: float | None
    trend: tuple[Trend, ...]
    age_ms: float | None = None

    @property
    def inside(self) -> bool | None:
        """Whether the ratio is where it should be; None where that cannot be said."""
        if self.ratio is None or self.target is None:
            return None
        return self.ratio <= self.target


def side_of(feedback: Feedback, muscles: Iterable[str]) -> str | None:
    """Side whose channels the bars can show, right first; None where a muscle is missing."""
    present = set(muscles)
    for side in ("R", "L"):
        if {f"{feedback.over}_{side}", f"{feedback.under}_{side}"} <= present:
            return side
    return None


@dataclass
class Biofeedback:
    """Follows a run: `follow` every event, `take` every new set of levels.

    Attributes
    ----------
    target
        In force now: counted from the baseline, or `set_target` by the operator.
    """

    feedback: Feedback
    side: str
    target: float | None = None
    trend: list[Trend] = field(default_factory=list)
    _by_hand: bool = False
    _cue: dict[str, Any] = field(default_factory=dict)
    _hold_s: float | None = None
    _sum: float = 0.0
    _n: int = 0

    @property
    def pair(self) -> tuple[str, str]:
        """Codes of the two muscles."""
        return f"{self.feedback.over}_{self.side}", f"{self.feedback.under}_{self.side}"

    def follow(self, event: RunEvent, seconds: float) -> RunEvent | None:
        """Take in an event of the run at ``seconds``; returns a marker where a target became due.

        The target is the geometric mean of the baseline's repetitions times the protocol's factor,
        known when the block after it begins.
        """
        if event.kind == "cue":
            self._end()
            self._cue = {**event.data, "cue_ns": event.t_ns}
        elif event.kind == "hold":
            self._hold_s = seconds
        elif event.kind in ("relax", "rest", "finished", "stop"):
            self._end()
        elif event.kind == "reject":
            self._cue = {}
            self.trend = [one for one in self.trend if one.cue_ns != event.data["cue_ns"]]
        elif event.kind == "block" and not self._by_hand:
            return self._aim(event)
        return None

    def set_target(self, ratio: float) -> dict[str, Any]:
        """Aim at another ratio from now on; returns the data of its marker."""
        self.target, self._by_hand = ratio, True
        return self._target_data(None, 0)

    def _aim(self, event: RunEvent) -> RunEvent | None:
        logs = [math.log(one.ratio) for one in self.trend if self._in_baseline(one.block)]
        if self._in_baseline(str(event.data.get("block", ""))) or len(logs) < FEWEST:
            return None
        usual = math.exp(sum(logs) / len(logs))
        target = usual * self.feedback.times
        if self.target == target:
            return None
        self.target = target
        return RunEvent(TARGET, event.t_ns, self._target_data(usual, len(logs)))

    def _target_data(self, usual: float | None, n: int) -> dict[str, Any]:
        return {
            "ratio": ":".join(self.pair),
            "target": self.target,
            "baseline": usual,
            "n": n,
            "by": "operator" if self._by_hand else "protocol",
        }

    def _in_baseline(self, block: str) -> bool:
        return base_name(block) == self.feedback.baseline

    def take(self, levels: Mapping[str, Level], seconds: float) -> None:
        """Count the levels at ``seconds``, where they belong to a hold."""
        ratio = self._ratio(levels)
        if self._hold_s is None or seconds < self._hold_s + SETTLE_S or ratio is None:
            return
        self._sum += math.log(ratio)
        self._n += 1

    def _end(self) -> None:
        """Close the repetition under way."""
        if self._cue and self._n:
            block, number = str(self._cue.get("block", "")), int(self._cue.get("repetition", 0))
            ratio = math.exp(self._sum / self._n)
            self.trend.append(Trend(block, number, int(self._cue["cue_ns"]), ratio))
            self._cue = {}
        self._hold_s, self._sum, self._n = None, 0.0, 0

    def _ratio(self, levels: Mapping[str, Level]) -> float | None:
        over, under = (levels[m].percent if m in levels else None for m in self.pair)
        if over is None or under is None or math.isnan(over + under):
            return None
        if min(over, under) < ACTIVE_PERCENT:
            return None
        return over / under

    def now(self, levels: Mapping[str, Level], age_ms: float | None = None) -> BarsNow:
        """Say what to show."""
        codes = [f"{muscle}_{self.side}" for muscle in self.feedback.bars]
        bars = tuple((code, _known(levels[code].percent)) for code in codes if code in levels)
        return BarsNow(bars, self.pair, self._ratio(levels), self.target, tuple(self.trend), age_ms)


def _known(percent: float | None) -> float | None:
    """Give a level that is of now; None where its device is away."""
    return None if percent is None or math.isnan(percent) else percent
