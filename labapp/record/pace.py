"""The live clock of a stream: rate, drift, and how sure its times are, while it records.

For the window only. What a session says of its clocks is worked out from the whole log
(`labapp.timing.offline`).
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Final

from labapp.record.flood import Flood
from labapp.record.latency import latency_warning
from labapp.timing.beat import SLOW_TIMER_MS, Beat, find_beat, port_timer_s
from labapp.timing.clock import WINDOW_S, ClockKind, DeviceClock

_LATE_READS: Final = 128


class Pace:
    """One device's clock, observed by its reader and asked by everybody else.

    Parameters
    ----------
    rate
        Nominal rate, Hz.
    kind
        Of the device's clock, from its data sheet.
    origin_ns
        Lab time at which seconds begin (a float of seconds since boot has fewer digits left).
    """

    def __init__(self, rate: float, kind: ClockKind, origin_ns: int) -> None:
        self._clock = DeviceClock(rate, kind)
        self._rate = rate
        self._origin_ns = origin_ns
        self._lock = threading.Lock()
        self._newest = -1
        self._late: deque[float] = deque(maxlen=_LATE_READS)
        self._flood = Flood(rate)

    def observe(self, index: int, stamp_ns: int) -> None:
        """Take a read: index of its newest complete sample within the segment, and its stamp."""
        if index <= self._newest:
            return
        self._newest = index
        with self._lock:
            self._flood.observe(index, stamp_ns)
            self._late.append(self._clock.observe(index, (stamp_ns - self._origin_ns) * 1e-9))

    def restart(self) -> None:
        """Begin a new segment; the rate is carried over."""
        with self._lock:
            self._newest = -1
            self._late.clear()
            self._flood.restart()
            self._clock.restart()

    def status(self, info: dict[str, Any]) -> dict[str, Any]:
        """Account for `Recorder.status` (JSON values; None before the first read).

        ``info`` is what is known of the port.
        """
        with self._lock:
            if self._newest < 0:
                return {"state": "converging", "times_rate": None, "beat_ms": 0.0, "warnings": []}
            clock = self._clock
            state, rate, ppm = clock.state, clock.rate, clock.rate_ppm
            spread, at = clock.spread_s, clock.time(self._newest)
            newest, late = self._newest, sorted(self._late)
            flood = self._flood.factor()
        beat = self._beat(info, None if state == "converging" else rate)
        warnings = []
        if beat is not None and beat.residual_s > SLOW_TIMER_MS * 1e-3:
            warnings.append(
                {
                    "what": beat.text,
                    "remedy": "set the latency timer to 1 ms, or record sync pulses",
                }
            )
        if (slow := latency_warning(info)) is not None:
            warnings.append(slow)
        return {
            "state": state,
            "rate_hz": rate,
            "drift_ppm": ppm,
            "spread_ms": 1e3 * spread,
            "late_median_ms": 1e3 * late[len(late) // 2],
            "late_max_ms": 1e3 * late[-1],
            "index": newest,
            "t_ns": self._origin_ns + round(at * 1e9),
            "times_rate": flood,
            "beat_ms": 0.0 if beat is None else 1e3 * beat.residual_s,
            "warnings": warnings,
        }

    def _beat(self, info: dict[str, Any], measured: float | None) -> Beat | None:
        """Beat of one packet per sample with the timer of the port."""
        window = WINDOW_S[self._clock.kind]
        if measured is None:
            return find_beat(self._rate, port_timer_s(info), window_s=window)
        return find_beat(measured, port_timer_s(info), rate_ppm_slip=0.0, window_s=window)
