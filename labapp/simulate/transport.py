"""How samples travel: when what a device has made so far arrives at the host.

Models of the usual links (chip timers, USB frames, radio bursts) plus the wake-up of the host.
A link yields pairs (cut, arrival): all samples ready by ``cut`` arrive together at ``arrival``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from labapp.simulate.scenario import Device, Transport
from labapp.simulate.seeds import generator

DEFAULT_TRANSPORT: dict[str, Transport] = {
    "bitalino": "bluetooth",
    "chronojump": "ftdi16",
    "cyton": "ftdi16",
    "shimmer3": "bluetooth",
}

_BLOCK = 512
_BURST_S = (0.005, 0.060)
_RADIO_S = 0.004
_FTDI_BYTES = 62


def cuts(
    transport: Transport, device: Device, byte_rate: float, *, seed: int, role: str, run: int
) -> Iterator[tuple[float, float]]:
    """Yield (cut, arrival), s since the start of the run, both rising, for ever.

    Parameters
    ----------
    byte_rate
        Bytes per second of the stream: an FTDI chip also sends when 62 bytes are full.
    """
    where = (seed, f"transport/{role}", run)
    newest = 0.0
    steps = _bluetooth(device, where) if transport == "bluetooth" else _wired(
        transport, byte_rate, where
    )  # fmt: skip
    for cut, latency in steps:
        newest = max(newest + 1e-6, cut + latency)
        yield cut, newest


def _wake(rng: np.random.Generator, n: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Lateness (n,) of the host, s: log-normal, now and then a scheduling hiccup."""
    late = 80e-6 * np.exp(0.5 * rng.standard_normal(n))
    hiccup = rng.exponential(0.008, n)
    return late + np.where(rng.random(n) < 0.003, np.minimum(hiccup, 0.030), 0.0)


def _bluetooth(device: Device, where: tuple[int, str, int]) -> Iterator[tuple[float, float]]:
    cut, block = 0.0, 0
    stall = device.stall_per_minute / 60.0 * sum(_BURST_S) / 2
    while True:
        rng = generator(*where, block)
        gap = rng.uniform(*_BURST_S, _BLOCK)
        pause = rng.uniform(_BURST_S[1], device.stall_max_ms / 1e3, _BLOCK)
        gap = np.where(rng.random(_BLOCK) < stall, pause, gap)
        late = np.minimum(rng.exponential(0.005, _BLOCK), 0.020)
        latency = _RADIO_S + np.where(rng.random(_BLOCK) < 0.1, late, 0.0) + _wake(rng, _BLOCK)
        for step, delay in zip(gap.tolist(), latency.tolist(), strict=True):
            cut += step
            yield cut, delay
        block += 1


def _wired(
    transport: Transport, byte_rate: float, where: tuple[int, str, int]
) -> Iterator[tuple[float, float]]:
    timer = 0.016 if transport == "ftdi16" else 0.001
    full = _FTDI_BYTES / byte_rate if transport != "cdc" else np.inf
    latency = 50e-6 if transport == "cdc" else 125e-6
    block = 0
    tick = float(generator(*where, 0, 1).uniform(0.0, timer))
    while True:
        late = _wake(generator(*where, block), _BLOCK)
        for delay in late.tolist():
            cut = tick - timer + full
            while cut < tick - 1e-9:
                yield cut, latency + delay
                cut += full
            yield tick, latency + delay
            tick += timer
        block += 1
