"""What results that span two devices may claim: how their clocks relate, and how well.

A device's constant delay cannot be seen in its time stamps; pulses that both devices recorded
(or a copy of the force, or an offset stored for the pair) tell it. What was not told that way
is said, not assumed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from labapp.analysis.force import EMD_RATE_HZ
from labapp.analysis.inputs import ClockLink, RecordingInput, StreamFacts
from labapp.analysis.order import Order
from labapp.analysis.resolution import timing_resolution
from labapp.analysis.settings import AnalysisSettings

UNKNOWN = "unsynchronised: constant offset unknown (≥ ±30 ms)"
BEAT_LIMIT_S = 2e-3
"""A hidden wait longer than this makes delays between two devices not valid."""


@dataclass(frozen=True, slots=True)
class DelayClock:
    """What is known between the clock of a muscle and that of the force.

    Attributes
    ----------
    valid, text
        Whether a delay between the two may be claimed, and why (not).
    u_s
        Standard uncertainty of the time between them, s; 0 on one clock, NaN where unknown.
    shift_s
        Still to be taken off force minus EMG times: difference of the filters' delays.
    """

    valid: bool
    text: str
    u_s: float
    shift_s: float


def relation(inputs: RecordingInput, stream: str) -> ClockLink | None:
    """How a stream relates to the first EMG stream; None where nothing was looked for."""
    return inputs.links.get(stream)


def between_s(inputs: RecordingInput, first: str, second: str) -> float:
    """Give the standard uncertainty (s) of the time between two streams, NaN if unknown."""
    if first == second:
        return 0.0
    if not inputs.links:
        return math.nan if inputs.sync == "unsynchronised" else inputs.sync_uncertainty_s
    own = []
    for stream in (first, second):
        if stream == inputs.emg[0].stream:
            continue
        link = inputs.links.get(stream)
        own.append(link.u_s if link is not None and link.verified else math.nan)
    return math.hypot(*own)


def across_devices(
    part: dict[str, Any], inputs: RecordingInput, muscles: Sequence[str]
) -> dict[str, Any]:
    """Return the ``order`` part with the clocks' uncertainty in lags of muscles on two devices.

    Those pairs get ``timing_u_ms`` (standard; NaN where it is unknown), and their interval is
    widened by it; pairs on one device stay as they are.
    """
    stream_of = {channel.muscle: channel.stream for channel in inputs.emg}
    pairs = dict(part["pairs"])
    for a, b in combinations(muscles, 2):
        pair = pairs.get(f"{a}-{b}")
        if pair is None or stream_of[a] == stream_of[b]:
            continue
        u_ms = 1000 * between_s(inputs, stream_of[a], stream_of[b])
        low, high = with_clocks(pair["low_ms"], pair["lag_ms"], pair["high_ms"], u_ms)
        pairs[f"{a}-{b}"] = {**pair, "low_ms": low, "high_ms": high, "timing_u_ms": u_ms}
    return {**part, "pairs": pairs}


def with_clocks(low: float, mean: float, high: float, u_ms: float) -> tuple[float, float]:
    """Widen a 95 % interval by a standard uncertainty of the clocks, where that is known."""
    if not (math.isfinite(u_ms) and u_ms > 0):
        return low, high
    wide = 1.96 * u_ms
    return mean - math.hypot(mean - low, wide), mean + math.hypot(high - mean, wide)


def without_filters(part: dict[str, Any], clocks: Mapping[str, DelayClock]) -> dict[str, Any]:
    """Return a repetition's part with what filters add taken off its delays to the force."""
    onsets = {}
    for muscle, onset in part["onsets"].items():
        shift_ms = 1000 * clocks[muscle].shift_s if muscle in clocks else 0.0
        onsets[muscle] = {**onset, "emd_ms": onset["emd_ms"] - shift_ms}
    return {**part, "onsets": onsets}


def delay_clocks(inputs: RecordingInput) -> dict[str, DelayClock]:
    """Look at the clocks between every muscle and the force; empty without a force."""
    force = inputs.force
    if force is None:
        return {}
    seen = {s: _delay_clock(inputs, s, force.stream, force.rate) for s in _emg_streams(inputs)}
    return {channel.muscle: seen[channel.stream] for channel in inputs.emg}


def _delay_clock(inputs: RecordingInput, emg: str, force: str, rate: float) -> DelayClock:
    u_s = between_s(inputs, emg, force)
    known = math.isfinite(u_s)
    link = relation(inputs, force)
    said = "" if emg == force else _clock_words(u_s, link)
    shift = 0.0
    if emg != force and not known:
        a, b = inputs.streams.get(emg), inputs.streams.get(force)
        shift = (b.filter_delay_s if b else 0.0) - (a.filter_delay_s if a else 0.0)
        u_filter = math.hypot(a.filter_delay_u_s if a else 0.0, b.filter_delay_u_s if b else 0.0)
        if shift:
            said += (
                f"; the filters' delay of {1000 * shift:.1f} ± {1000 * u_filter:.1f} ms "
                "(data sheets) is taken off"
            )
    beat = None if link is not None and link.overrides_map else _beat(inputs, (emg, force))
    if rate < EMD_RATE_HZ * 0.95:
        why = (
            f"not valid: the load cell samples at {rate:.0f} Hz, "
            f"{EMD_RATE_HZ:.0f} Hz are needed for this delay and for early RFD"
        )
        return DelayClock(False, f"{why}{'; ' if said else ''}{said}", u_s, shift)
    if emg != force and not known:
        return DelayClock(False, f"not valid: {said}", u_s, shift)
    if emg != force and beat is not None:
        return DelayClock(False, f"not valid: {beat}; {said}", u_s, shift)
    words = "from EMG onset to force onset"
    return DelayClock(True, f"{words}{'; ' if said else ''}{said}", u_s, shift)


def _clock_words(u_s: float, link: ClockLink | None) -> str:
    if not math.isfinite(u_s):
        return UNKNOWN
    how = link.text if link is not None and link.text else "verified"
    return f"timing {how}, ± {1000 * u_s:.2g} ms"


def _beat(inputs: RecordingInput, streams: tuple[str, str]) -> str | None:
    for name in dict.fromkeys(streams):
        facts = inputs.streams.get(name)
        if facts is not None and facts.beat_s > BEAT_LIMIT_S:
            return (
                f"packets of {name} keep step with the USB port's timer, which may hide "
                f"{1000 * facts.beat_s:.3g} ms"
            )
    return None


def _emg_streams(inputs: RecordingInput) -> list[str]:
    return list(dict.fromkeys(channel.stream for channel in inputs.emg))


def timing_part(
    inputs: RecordingInput, order: Order | None, settings: AnalysisSettings
) -> dict[str, Any]:
    """Write the ``timing`` part of the document; ms. ``u_ms`` of a link is a standard one."""
    slowest = min(channel.rate for channel in inputs.emg)
    streams = _emg_streams(inputs)
    apart = [between_s(inputs, a, b) for a, b in combinations(streams, 2)]
    shared = max((u for u in apart if math.isfinite(u)), default=0.0)
    common = math.hypot(shared, math.sqrt(2 / 12) / slowest)
    resolution = math.nan
    if order is not None:
        resolution = timing_resolution(
            order, slowest, uncertainty_s=shared, rope_ms=settings.rope_ms
        )
    return {
        "resolution_ms": resolution,
        "sync": inputs.sync,
        "uncertainty_ms": 1000 * common,
        "links": {name: _link(link) for name, link in inputs.links.items()},
    }


def _link(link: ClockLink) -> dict[str, Any]:
    return {
        "reference": link.reference,
        "sync": "verified" if link.verified else "unsynchronised",
        "text": f"{link.text}, ± {1000 * link.u_s:.2g} ms" if link.verified else UNKNOWN,
        "method": link.method,
        "offset_ms": 1000 * link.offset_s,
        "u_ms": 1000 * link.u_s,
        "pulses": link.pulses,
        "drift_ppm": link.drift_ppm,
        "residual_p95_ms": 1000 * link.residual_p95_s,
        "reasons": list(link.reasons),
        "notes": list(link.notes),
    }


def latency_findings(streams: Mapping[str, StreamFacts]) -> list[dict[str, Any]]:
    """Quality findings: ports whose latency timer is longer than 2 ms."""
    return [
        {
            "channel": name,
            "check": "latency timer",
            "value": facts.latency_timer_ms,
            "level": "warn",
            "text": f"the USB port of {name} collects data for {facts.latency_timer_ms:g} ms: set "
            "its latency timer to 1 ms",
        }
        for name, facts in streams.items()
        if facts.latency_timer_ms is not None and facts.latency_timer_ms > 2
    ]
