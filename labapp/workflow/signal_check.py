"""The signal check before a test: two guided steps, and a traffic light for every channel.

Rest shows noise, mains hum, contact, heart beats and losses; a light contraction shows whether
the electrode hears its muscle at all. The checks are those that the analysis makes afterwards,
on what the live ring holds now; their sentences say what to do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from labapp.analysis import AnalysisSettings, EmgChannel
from labapp.analysis.filters import band_pass
from labapp.analysis.quality import (
    Finding,
    check_clipping,
    check_ecg,
    check_flat,
    check_line,
    check_loss,
    check_motion,
    check_noise,
)
from labapp.model import Floats
from labapp.translate import phrase
from labapp.workflow.live_pull import FILTER_S, muscle_channels
from labapp.workflow.live_source import LiveSource

Span = tuple[float, float]
StepName = Literal["rest", "contract"]
LEVELS = ("good", "warn", "bad")
SETTLE_S: dict[StepName, float] = {"rest": 1.0, "contract": 2.5}
"""Taken off the beginning of each step: nobody relaxes or pulls at once."""


@dataclass(frozen=True)
class CheckStep:
    """One step of the guide: what to say, how long it lasts, what the simulated person does."""

    name: StepName
    text: str
    seconds: float
    heard: dict[str, Any]


STEPS: tuple[CheckStep, ...] = (
    CheckStep("rest", phrase("Sit or lie with the arm supported. Relax completely."), 6.0, {}),
    CheckStep(
        "contract",
        phrase("Pull gently, about a third of your strength, and hold."),
        6.0,
        {"pull": "reference", "level": 0.35, "hold_s": 3.0},
    ),
)


@dataclass(frozen=True)
class ChannelCheck:
    """What the check found on one muscle's channel, the worst first."""

    muscle: str
    findings: tuple[Finding, ...]

    @property
    def level(self) -> str:
        """Light of the channel: that of its worst finding."""
        return max((f.level for f in self.findings), key=LEVELS.index, default="good")

    @property
    def worst(self) -> Finding | None:
        """The finding that decides the light, None where nothing could be looked at."""
        return self.findings[0] if self.findings else None


def check_signals(
    source: LiveSource, spans: dict[StepName, Span], settings: AnalysisSettings | None = None
) -> tuple[ChannelCheck, ...]:
    """Judge every EMG channel that has a muscle.

    Parameters
    ----------
    source
        Live samples that reach back over the spans.
    spans
        Begin and end of the steps done so far, s since the start of the recording.

    Returns
    -------
    tuple of ChannelCheck
        In the order of the montage. A channel that gave no sample is ``bad``.
    """
    chosen = settings or AnalysisSettings()
    found = []
    for stream in source.streams:
        named = [c for c in stream.channels if c.kind == "emg" and c.muscle]
        parts = {
            step: {
                channel.muscle: channel
                for channel in muscle_channels(
                    source, stream, begin + SETTLE_S[step] - FILTER_S, end + FILTER_S
                )
            }
            for step, (begin, end) in spans.items()
        }
        for info in named:
            muscle = str(info.muscle)
            mine = {step: part[muscle] for step, part in parts.items() if muscle in part}
            findings = _findings(muscle, mine, spans, chosen)
            findings.sort(key=lambda f: -LEVELS.index(f.level))
            found.append(ChannelCheck(muscle, tuple(findings)))
    return tuple(found)


def check_heard(muscle: str, rise_db: float) -> Finding:
    """Judge by how much a light pull rises over rest (RMS, dB).

    A light pull has about a tenth of a strong one's power, so 10 dB here promise the 20 dB that
    onsets want, and below 3 dB a strong pull would hardly reach the 10 dB that an order needs.
    """
    level: Literal["good", "warn", "bad"] = (
        "good" if rise_db >= 10 else "warn" if rise_db >= 3 else "bad"
    )
    text = {
        "good": f"a light pull rises {rise_db:.0f} dB over rest",
        "warn": f"a light pull rises only {rise_db:.0f} dB over rest: check the electrode's site",
        "bad": "a light pull hardly rises over rest: is the electrode on this muscle?",
    }
    return Finding(muscle, "heard", rise_db, level, text[level])


def as_marker(checks: Sequence[ChannelCheck]) -> dict[str, Any]:
    """JSON data of the marker that keeps a check in the recording."""
    return {
        "channels": {
            one.muscle: {
                "level": one.level,
                "findings": [
                    {k: (None if v != v else v) for k, v in asdict(f).items() if k != "channel"}
                    for f in one.findings
                ],
            }
            for one in checks
        }
    }


def _findings(
    muscle: str,
    parts: dict[StepName, EmgChannel],
    spans: dict[StepName, Span],
    settings: AnalysisSettings,
) -> list[Finding]:
    if not parts:
        text = "no samples: is the device on, and the channel connected?"
        return [Finding(muscle, "flat", math.nan, "bad", text)]
    one = next(iter(parts.values()))
    raw = np.concatenate([part.values for part in parts.values()])
    found = [
        check_clipping(muscle, raw, one.low, one.high, one.step),
        check_loss(muscle, 100 * float(np.isnan(raw).mean())),
    ]
    level = math.nan
    if "rest" in parts:
        rest, filtered = _inside(parts["rest"], "rest", spans, settings)
        level = _rms(filtered)
        found.append(check_flat(muscle, rest, one.rate, one.step, level))
        if math.isfinite(level):
            whole, smooth = _pieces(rest), _pieces(filtered)
            found += [
                check_noise(muscle, level),
                check_line(muscle, whole, one.rate),
                check_ecg(muscle, smooth, one.rate),
            ]
    if "contract" in parts and level > 0:
        active, filtered = _inside(parts["contract"], "contract", spans, settings)
        strong = _rms(filtered)
        if math.isfinite(strong):
            found += [
                check_heard(muscle, 20 * math.log10(strong / level)),
                check_motion(muscle, _pieces(active), one.rate),
            ]
    return found


def _inside(
    channel: EmgChannel, step: StepName, spans: dict[StepName, Span], settings: AnalysisSettings
) -> tuple[Floats, Floats]:
    """Return the step's own samples, as they came and band-passed, without the margins."""
    begin, end = spans[step]
    x = band_pass(channel.values, channel.rate, settings.band_hz)
    first, stop = np.searchsorted(channel.times, (begin + SETTLE_S[step], end)).tolist()
    return channel.values[first:stop], x[first:stop]


def _pieces(x: Floats) -> list[Floats]:
    """Stretches without a lost sample."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], np.isfinite(x), [False]])))
    return [x[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _rms(x: Floats) -> float:
    whole = x[np.isfinite(x)]
    return float(np.sqrt(np.mean(np.square(whole)))) if len(whole) else math.nan
