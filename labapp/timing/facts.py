"""What a session says of a stream's clock: measured figures and one line in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labapp.timing.beat import SLOW_TIMER_MS, find_beat, is_ftdi, port_timer_s
from labapp.timing.clock import WINDOW_S, ClockKind

_MOST_SAMPLES: Final = 64


@dataclass(frozen=True, slots=True)
class TimingFacts:
    """How well the times of a stream are known.

    Attributes
    ----------
    spread_s
        Median distance of the earliest arrivals from the clock map, s.
    rate_ppm
        Deviation of the device's clock from its nominal rate, ppm.
    latency_timer_ms
        USB latency timer as read back when the port was opened; None where nobody told.
    beat_s
        Error that may hide in the times of this stream (`labapp.timing.beat`), s; 0 for none.
    text
        All of this in one line.
    warnings
        What to look at, one line each.
    """

    spread_s: float
    rate_ppm: float
    latency_timer_ms: float | None
    beat_s: float
    text: str
    warnings: tuple[str, ...] = ()


def timing_facts(
    port: Mapping[str, Any],
    *,
    kind: ClockKind,
    sample_rate: float,
    packet_samples: int,
    rate_ppm: float,
    spread_s: float,
    duration_s: float,
) -> TimingFacts:
    """Work out the facts of one stream.

    Parameters
    ----------
    port
        What the log says of the port (``latency_timer_ms``, ``vid_pid``).
    kind
        Of the clock.
    sample_rate
        Measured, Hz.
    packet_samples
        Samples that arrive together (`packet_samples`).
    rate_ppm, spread_s
        Of the clock map.
    duration_s
        Of the stream, s.
    """
    timer = port_timer_s(port)
    told = port.get("latency_timer_ms")
    latency = float(told) if isinstance(told, int | float) and told > 0 else None
    beat = None
    if duration_s > 0:
        window = min(WINDOW_S[kind], duration_s)
        beat = find_beat(sample_rate / packet_samples, timer, rate_ppm_slip=0.0, window_s=window)
    warnings = []
    if latency is not None and latency > SLOW_TIMER_MS:
        warnings.append(f"the USB latency timer was {latency:g} ms: set it to 1 ms")
    elif latency is None and is_ftdi(port.get("vid_pid")):
        warnings.append("the USB latency timer is unknown (16 ms if nobody set it)")
    if beat is not None:
        warnings.append(beat.text)
    name = "RC" if kind == "rc" else "crystal"
    words = f"{name} clock, {rate_ppm:+.0f} ppm, earliest arrivals within {1e3 * spread_s:.2g} ms"
    text = "; ".join([words, *warnings])
    return TimingFacts(
        spread_s, rate_ppm, latency, 0.0 if beat is None else beat.residual_s, text, tuple(warnings)
    )


def packet_samples(newest: NDArray[np.int64]) -> int:
    """Find the samples per packet: the greatest number that divides every advance of the reads."""
    steps = np.diff(newest)
    if not len(steps):
        return 1
    found = int(np.gcd.reduce(steps))
    return found if 1 <= found <= _MOST_SAMPLES else 1
