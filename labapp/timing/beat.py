"""The USB beat: packets that keep step with the timer that sends them wait unseen.

A USB serial chip sends what it has when its latency timer runs out, a full-speed device once
per 1-ms frame. Where the packet period is near a rational multiple of that timer, every packet
waits nearly equally long, and the wait drifts over minutes as the two clocks slip. No
estimator can see it in the stamps (reference: 62.5 packets a second on a 16-ms timer, 9 ms
biased for every method). What can be told is that it may be so, and how large it may be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

FTDI_TIMER_S: Final = 0.016
"""Latency timer of an FTDI chip that nobody has set."""
USB_FRAME_S: Final = 0.001
"""Frame of full-speed USB: what a device without a latency timer waits for."""
FTDI_VENDOR: Final = "0403"
SLOW_TIMER_MS: Final = 2.0
"""A latency timer above this deserves a warning."""

# Two crystals may lie this far from their nominal rates and so meet a ratio exactly.
_CRYSTALS: Final = 100e-6
# A smaller residual does not stand out from the spread of the stamps.
_NOTICED_S: Final = 1e-3
_SMALLEST_S: Final = 10e-6


@dataclass(frozen=True, slots=True)
class Beat:
    """A wait that the stamps cannot show: at most ``residual_s``; ``text`` says it in words."""

    residual_s: float
    text: str


def beat_residual_s(packet_period_s: float, timer_s: float) -> float:
    """Wait that may hide in the stamps when packets keep step with the timer.

    With packet period P, timer L and the smallest j for which jP is a whole number of L (within
    100 ppm, what two crystals may differ by), the packets see only j phases of the timer, so
    the smallest wait among them may be anything up to L/j.

    Parameters
    ----------
    packet_period_s
        Seconds between packets, > 0.
    timer_s
        Latency timer or frame, s, > 0.

    Returns
    -------
    float
        L/j in seconds; 0 where it would be less than 10 us.

    Raises
    ------
    ValueError
        If a period is not positive.
    """
    steps, mismatch = _ratios(packet_period_s, timer_s, _SMALLEST_S)
    near = np.flatnonzero(np.abs(mismatch) <= _CRYSTALS)
    return timer_s / float(steps[near[0]]) if len(near) else 0.0


def find_beat(
    packet_rate_hz: float,
    timer_s: float | None,
    *,
    rate_ppm_slip: float | None = None,
    window_s: float = 120.0,
) -> Beat | None:
    """Beat between a stream of packets and the timer that sends them, if it can do harm.

    It is harmless where the slip moves the phase through the whole residual within the window
    of the clock estimate: relative slip x window > L/j.

    Parameters
    ----------
    packet_rate_hz
        Packets per second, nominal (or measured; then leave ``rate_ppm_slip`` at 0).
    timer_s
        Latency timer as read back, s; None where there is none or nobody knows. Pass
        `FTDI_TIMER_S` for an FTDI port whose timer could not be read, `USB_FRAME_S` for other
        USB ports.
    rate_ppm_slip
        Measured deviation from ``packet_rate_hz``, ppm; None while it is not known: then any
        deviation that two crystals may have is reckoned with.
    window_s
        Length of recording that the clock is estimated from, s.

    Returns
    -------
    Beat or None
        None without a timer, where the residual is below 1 ms, and where the slip undoes it.
    """
    if timer_s is None:
        return None
    slip = 0.0 if rate_ppm_slip is None else rate_ppm_slip * 1e-6
    period = 1.0 / (packet_rate_hz * (1.0 + slip))
    steps, mismatch = _ratios(period, timer_s, _NOTICED_S)
    drift = np.abs(mismatch)
    if rate_ppm_slip is None:
        drift = np.maximum(0.0, drift - _CRYSTALS)
    stuck = np.flatnonzero(drift * window_s < timer_s / steps)
    if not len(stuck):
        return None
    residual = timer_s / float(steps[stuck[0]])
    text = (
        f"{packet_rate_hz:g} packets per second keep step with the {timer_s * 1e3:g} ms timer of "
        f"the USB port: times may be off by up to {residual * 1e3:.3g} ms without showing it"
    )
    return Beat(residual, text)


def _ratios(period_s: float, timer_s: float, smallest_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Numbers j of packets with timer/j >= smallest, and how far jP is from whole timers."""
    if not (period_s > 0 and timer_s > 0):
        raise ValueError(f"periods must be > 0, not {period_s} and {timer_s} s")
    steps = np.arange(1, max(1, int(timer_s / smallest_s * (1 + 1e-9))) + 1)
    span = steps * period_s
    whole = np.maximum(1.0, np.rint(span / timer_s))
    return steps, span / (whole * timer_s) - 1.0


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
    return FTDI_TIMER_S if is_ftdi(vid_pid) else USB_FRAME_S


def is_ftdi(vid_pid: Any) -> bool:
    """Whether a plug's ``"vvvv:pppp"`` is that of an FTDI chip."""
    return isinstance(vid_pid, str) and vid_pid.lower().startswith(FTDI_VENDOR)
