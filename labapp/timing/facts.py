"""What a session says of a stream's clock: measured figures and one line in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labapp.timing.beat import FTDI_TIMER_S, FTDI_VENDOR, USB_FRAME_S, find_beat
from labapp.timing.clock import ClockKind

SLOW_TIMER_MS: Final = 2.0
"""A latency timer above this deserves a warning."""
_WINDOW_S: Final[dict[str, float]] = {"crystal": 120.0, "rc": 10.0}
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


def port_timer_s(port: Mapping[str, Any]) -> float | None:
    """Timer that the packets of a port wait for, s, from what the log says of the port.

    The latency timer as read back; an FTDI chip of which nobody told it has 16 ms; any other
    USB port has its frames; None for what is no USB port.
    """
    told = port.get("latency_timer_ms")
    if isinstance(told, int | float) and told > 0:
        return float(told) * 1e-3
    vid_pid = port.get("vid_pid")
    if not isinstance(vid_pid, str) or not vid_pid:
        return None
    return FTDI_TIMER_S if _is_ftdi(vid_pid) else USB_FRAME_S


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
        window = min(_WINDOW_S[kind], duration_s)
        beat = find_beat(sample_rate / packet_samples, timer, rate_ppm_slip=0.0, window_s=window)
    warnings = []
    if latency is not None and latency > SLOW_TIMER_MS:
        warnings.append(f"the USB latency timer was {latency:g} ms: set it to 1 ms")
    elif latency is None and _is_ftdi(port.get("vid_pid")):
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


def _is_ftdi(vid_pid: Any) -> bool:
    return isinstance(vid_pid, str) and vid_pid.lower().startswith(FTDI_VENDOR)
