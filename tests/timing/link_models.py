"""Links to a device: its clock, the wire, the timer, the host, losses (reference section 4.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Device:
    fs: float
    per_packet: int
    size: int
    baud: float
    transport: str  # "ftdi16", "ftdi1", "cdc", "bt"
    ppm: float = 0.0
    rc: bool = False
    busy: bool = False
    strict: bool = False  # FTDI: chunks of 62 bytes cut packets


@dataclass(frozen=True)
class Reads:
    """What a host sees, and the truth."""

    newest: np.ndarray  # (n_reads,) true index of the newest sample
    rows: np.ndarray  # (n_reads,) samples received so far
    stamps: np.ndarray  # (n_reads,) s
    kept: np.ndarray  # (n_received,) true indices received
    index: np.ndarray  # (n,) all indices
    truth: np.ndarray  # (n,) true time of each sample, s
    minimum: float  # constant minimum latency, s


def device_time(device: Device, seconds: float, rng: np.random.Generator) -> np.ndarray:
    n = int(seconds * device.fs)
    t = np.arange(n) / device.fs
    if device.rc:
        wander = np.cumsum(rng.normal(0, 5e-6 / np.sqrt(device.fs), n))
        relative = rng.uniform(-0.17, -0.05) + 2000e-6 * (1 - np.exp(-t / 60.0)) + wander
    else:
        wander = np.cumsum(rng.normal(0, 0.02e-6 / np.sqrt(device.fs), n))
        relative = device.ppm * 1e-6 + 5e-6 * (1 - np.exp(-t / 400.0)) + wander
    return np.concatenate([[0.0], np.cumsum((1 + relative) / device.fs)[:-1]]) + 0.1


def lose(n_packets: int, rate: float, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Packets lost: single ones at ``rate``, and one burst of 2-60 packets a minute."""
    lost = rng.random(n_packets) < rate
    for _ in range(rng.poisson(seconds / 60.0) if rate else 0):
        at = rng.integers(0, n_packets)
        lost[at : at + rng.integers(2, 61)] = True
    return lost


def transport(device: Device, ready: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Arrival time at the host's driver of packets that left the device at ``ready``."""
    wire = ready + device.size * 10 / device.baud
    if device.transport.startswith("ftdi"):
        timer = 16e-3 if device.transport == "ftdi16" else 1e-3
        phase = rng.uniform(0, timer)
        tick = np.ceil((wire - phase) / timer)
        flush = tick * timer + phase
        # 62 bytes go at once; the timer sends what is left, and the count begins anew.
        first = np.concatenate([[True], np.diff(tick) > 0])
        start = np.maximum.accumulate(np.where(first, np.arange(len(tick)), 0))
        filled = (np.arange(len(tick)) - start + 1) * device.size
        full = filled // 62 > (filled - device.size) // 62
        # Simple model: the packet that fills the chunk takes the rest along. Strict: it is cut
        # unless it ends with the chunk, and only the packets before it go.
        whole = full & (filled % 62 == 0) if device.strict else full
        arrival = np.where(whole, wire, flush)
        cut = np.flatnonzero(full & ~whole & ~first)
        arrival[cut - 1] = wire[cut]
        arrival = np.minimum.accumulate(arrival[::-1])[::-1]
        return np.ceil(arrival / 125e-6) * 125e-6
    if device.transport == "cdc":
        phase = rng.uniform(0, 1e-3)
        return np.ceil((wire - phase) / 1e-3) * 1e-3 + phase + 50e-6
    end = wire[-1] + 1.0
    step = rng.uniform(5e-3, 100e-3, int(end / 0.04))
    stall = rng.random(len(step)) < 0.0525 / 20.0
    step[stall] += rng.uniform(0.1, 0.5, stall.sum())
    bursts = np.cumsum(step)
    bursts = bursts[bursts < end + 1.0]
    late = np.where(rng.random(len(bursts)) < 0.1, rng.exponential(5e-3, len(bursts)), 0.0)
    k = np.minimum(np.searchsorted(bursts, wire), len(bursts) - 1)
    return np.maximum.accumulate(bursts[k] + late[k]) + 4e-3


def host(device: Device, arrival: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Stamp of the read that takes each arrival (later reads take all that waits)."""
    groups = np.flatnonzero(np.concatenate([[True], np.diff(arrival) > 0]))
    wake = arrival[groups] + rng.lognormal(np.log(80e-6), 0.5, len(groups))
    slow = rng.random(len(groups)) < 0.003
    wake[slow] += rng.exponential(8e-3, slow.sum())
    if device.busy:
        held = rng.random(len(groups)) < 0.5
        wake[held] += rng.exponential(12e-3, held.sum())
    stamps = np.maximum.accumulate(np.maximum(wake, arrival[groups]))
    return np.repeat(stamps, np.diff(np.append(groups, len(arrival))))


def observe(
    device: Device,
    seconds: float,
    rng: np.random.Generator,
    *,
    loss: float = 0.01,
    lost: np.ndarray | None = None,
    stalls: tuple[tuple[float, float], ...] = (),
) -> Reads:
    """Record ``seconds`` of a device; ``lost`` says per packet what goes missing.

    ``stalls`` are (begin, end), s, between which nothing arrives; it arrives at the end.
    """
    truth = device_time(device, seconds, rng)
    n_packets = len(truth) // device.per_packet
    n = n_packets * device.per_packet
    truth = truth[:n]
    gone = lose(n_packets, loss, seconds, rng) if lost is None else lost[:n_packets]
    sent = np.flatnonzero(~gone)
    last = sent * device.per_packet + device.per_packet - 1
    arrival = transport(device, truth[last], rng)
    for begin, end in stalls:
        arrival[(arrival >= begin) & (arrival < end)] = end
    stamps = host(device, arrival, rng)
    ends = np.flatnonzero(np.concatenate([np.diff(stamps) > 0, [True]]))
    kept = (sent[:, None] * device.per_packet + np.arange(device.per_packet)).reshape(-1)
    return Reads(
        newest=last[ends],
        rows=(ends + 1) * device.per_packet,
        stamps=stamps[ends],
        kept=kept,
        index=np.arange(n),
        truth=truth,
        minimum=float(np.min(stamps - truth[last])),
    )


DEVICES = {
    "emg-ftdi16": Device(1000, 1, 8, 230400, "ftdi16"),
    "emg-ftdi1": Device(1000, 1, 8, 230400, "ftdi1"),
    "emg-cdc": Device(2000, 20, 170, 1e6, "cdc"),
    "adc-cdc": Device(1000, 10, 44, 1e6, "cdc"),
    "emg-bt": Device(1000, 10, 60, 115200, "bt"),
    "bitalino-bt": Device(1000, 1, 7, 115200, "bt"),
    "lc-ftdi16": Device(80, 1, 12, 115200, "ftdi16"),
    "lc-ftdi1": Device(80, 1, 12, 115200, "ftdi1"),
    "rc-ftdi1": Device(80, 1, 12, 115200, "ftdi1", rc=True),
}


def provisional(kept: np.ndarray, modulus: int, packet: int) -> np.ndarray:
    """Index that a codec gives: minimal unwrapping of the packet counter on the wire."""
    numbers = kept[::packet] // packet
    wrap = modulus // packet
    steps = np.diff(numbers) % wrap
    steps[steps == 0] = wrap
    found = numbers[0] % wrap + np.concatenate([[0], np.cumsum(steps)])
    return (found[:, None] * packet + np.arange(packet)).reshape(-1)
