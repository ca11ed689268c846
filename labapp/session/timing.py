"""What a stream of a session says of its own clock (attributes added in version 1.1)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from labapp.session import format as f
from labapp.session.hostile import number_attribute, text_attribute
from labapp.timing.beat import SLOW_TIMER_MS
from labapp.timing.offline import ClockMap


def read_timing(group: Any, clock: ClockMap, path: Path) -> dict[str, Any]:
    """Figures of the clock of a stream; older and imported files lack some of them.

    Returns
    -------
    dict
        ``spread_ms``, ``rate_ppm``, ``latency_timer_ms`` (None where nobody told it),
        ``beat_ms`` (0.0 for none) and ``state``: all of it in one line, empty where unknown.
    """
    known = {
        name: number_attribute(group, name, path)
        for name in f.OPTIONAL_STREAM_NUMBERS
        if name in group.attrs
    }
    texts = {
        name: text_attribute(group, name, path)
        for name in f.OPTIONAL_STREAM_TEXTS
        if name in group.attrs
    }
    return {
        "spread_ms": clock.spread_s * 1e3,
        "rate_ppm": known.get("rate_ppm", clock.rate_ppm),
        "latency_timer_ms": known.get("latency_timer_ms"),
        "beat_ms": max(0.0, known.get("beat_s", 0.0)) * 1e3,
        "state": texts.get("timing", ""),
    }


def timing_warnings(timing: dict[str, Any]) -> list[str]:
    """Tell what to look at before times of this stream are compared with another's."""
    found = []
    latency = timing["latency_timer_ms"]
    if latency is not None and latency > SLOW_TIMER_MS:
        found.append(f"the USB latency timer was {latency:g} ms: set it to 1 ms")
    if timing["beat_ms"] > 0:
        found.append(
            f"packets kept step with the USB timer: times may be off by up to "
            f"{timing['beat_ms']:.3g} ms without showing it"
        )
    return found
