"""The clock scenarios as figures: alignment of two devices, resets, lost counts, steps.

``table(seeds, hour)`` gives the rows for the page of figures. Links, hosts and losses are those of
``tests/timing/link_models.py``; every number has its seed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "timing"), str(HERE.parents[1])]

from link_models import DEVICES, Device, Reads, observe  # noqa: E402
from reliability_counts import eight_bit, four_bit, mended  # noqa: E402

from labapp.timing.beat import FTDI_TIMER_S, USB_FRAME_S, find_beat  # noqa: E402
from labapp.timing.clock import ClockKind, DeviceClock  # noqa: E402
from labapp.timing.kind import choose_kind  # noqa: E402
from labapp.timing.offline import fit_map  # noqa: E402
from labapp.timing.segments import find_steps  # noqa: E402

Row = tuple[str, str, str, bool]

SECONDS = 180.0
# first device, second device, host busy; greatest p99 in ms: 5-60 s, after 60 s, offline.
PAIRS = (
    ("emg-ftdi16", "lc-ftdi16", False, (2.0, 1.0, 0.5)),
    ("emg-ftdi1", "lc-ftdi1", False, (2.0, 1.0, 0.5)),
    ("emg-bt", "lc-ftdi1", False, (2.0, 1.0, 0.5)),
    ("emg-cdc", "adc-cdc", False, (2.0, 1.0, 0.5)),
    ("emg-cdc", "rc-ftdi1", False, (2.0, 1.0, 1.0)),
    ("emg-ftdi1", "lc-ftdi1", True, (np.inf, 1.0, 0.5)),
)
NAMES = {
    "emg-ftdi16": "EMG 1 kHz on a 16 ms timer",
    "emg-ftdi1": "EMG 1 kHz on a 1 ms timer",
    "emg-bt": "EMG 1 kHz on Bluetooth",
    "emg-cdc": "EMG 2 kHz on USB frames",
    "adc-cdc": "force 1 kHz on USB frames",
    "lc-ftdi16": "force 80 Hz on a 16 ms timer",
    "lc-ftdi1": "force 80 Hz on a 1 ms timer",
    "rc-ftdi1": "force of an RC clock (80 Hz on a 1 ms timer)",
}
_MOST_US = 50.0


@dataclass
class Errors:
    """Alignment errors of one pair, ms, by recording; CPU and reads of the live clocks."""

    early: list[np.ndarray] = field(default_factory=list)
    late: list[np.ndarray] = field(default_factory=list)
    offline: list[np.ndarray] = field(default_factory=list)
    cpu_s: float = 0.0
    reads: int = 0
    steps: int = 0
    wrong_kinds: int = 0


def p99(parts: list[np.ndarray]) -> float:
    """Give the 99th percentile over all recordings."""
    return float(np.percentile(np.abs(np.concatenate(parts)), 99))


def worst(parts: list[np.ndarray]) -> float:
    """Give the largest 99th percentile of one recording."""
    return max(float(np.percentile(np.abs(part), 99)) for part in parts)


def counted(reads: Reads, device: Device) -> np.ndarray:
    """Index of each read as it comes out of an 8-bit packet counter and its repair."""
    index, _ = mended(reads, device.fs, 256 * device.per_packet, device.per_packet)
    return index[reads.rows - 1]


def live(clock: DeviceClock, newest: np.ndarray, stamps: np.ndarray) -> tuple[np.ndarray, float]:
    """Times that the live clock gives each read when it comes, and the CPU spent, s."""
    times = []
    begin = time.process_time()
    for index, stamp in zip(newest.tolist(), stamps.tolist(), strict=True):
        clock.observe(index, stamp)
        times.append(clock.time(index))
    return np.array(times), time.process_time() - begin


def align(first: str, second: str, busy: bool, seeds: int) -> Errors:
    """Record two devices at +50 and -50 ppm with 1 % loss, and see how well their times agree."""
    found = Errors()
    grid = np.arange(5.0, SECONDS - 1.0, 0.05)
    for seed in range(seeds):
        rng = np.random.default_rng([13, seed])
        online, offline = [], []
        for name, ppm in ((first, 50.0), (second, -50.0)):
            hurried = busy and name == first
            device = replace(DEVICES[name], ppm=ppm, busy=hurried)
            # An RC clock is up to 17 % fast: as many samples as fill the time.
            reads = observe(device, SECONDS * (1.25 if device.rc else 1.0), rng)
            kind: ClockKind = "rc" if device.rc else "crystal"
            newest = counted(reads, device)
            truth = reads.truth[reads.newest] + reads.minimum
            times, cpu = live(DeviceClock(device.fs, kind), newest, reads.stamps)
            online.append(np.interp(grid, truth, times - truth))
            fitted = fit_map(newest, reads.stamps, device.fs, kind)
            n = np.searchsorted(reads.truth, grid)
            offline.append(fitted.time(n) - reads.truth[n] - reads.minimum)
            found.cpu_s += cpu
            found.reads += len(newest)
            found.steps += len(find_steps(newest, reads.stamps, device.fs))
            found.wrong_kinds += choose_kind(newest, reads.stamps, device.fs) != kind
        apart = 1e3 * (online[0] - online[1])
        found.early.append(apart[grid <= 60.0])
        found.late.append(apart[grid > 60.0])
        found.offline.append(1e3 * (offline[0] - offline[1]))
    return found


def pairs(seeds: int) -> Iterator[Row]:
    """Rows of the alignment of two devices."""
    steps = wrong = recordings = 0
    for first, second, busy, limits in PAIRS:
        found = align(first, second, busy, seeds)
        parts = (found.early, found.late, found.offline)
        figures = tuple(p99(part) for part in parts)
        us = 1e6 * found.cpu_s / found.reads
        text = (
            f"99 % of alignment errors below: live 5-60 s {figures[0]:.2f} ms, live after 60 s "
            f"{figures[1]:.2f} ms (worst recording {worst(found.late):.2f}), stored "
            f"{figures[2]:.2f} ms (worst {worst(found.offline):.2f}); {us:.0f} us of CPU per read"
        )
        good = all(one < most for one, most in zip(figures, limits, strict=True))
        name = f"clocks: {NAMES[first]} and {NAMES[second]}"
        name += ", reader starved" if busy else ""
        yield name, str(seeds), text, bool(good and us < _MOST_US)
        steps += found.steps
        wrong += found.wrong_kinds
        recordings += 2 * seeds
    text = f"{steps} false steps, {wrong} clocks taken for the other kind"
    yield (
        "clocks: segments and kind in these recordings",
        str(recordings),
        text,
        not (steps or wrong),
    )


def resets(seeds: int, *, strict: bool) -> Row:
    """One device that restarts after 60 s and is dead for 2.3 s; the rate is carried over.

    ``strict``: the USB chip cuts packets, so that all of them wait for the timer, whose beat
    with 1 kHz hides up to 1 ms until the clocks have slipped by as much.
    """
    device = replace(DEVICES["emg-ftdi16"], ppm=80.0, strict=strict)
    first, later = [], []
    for seed in range(seeds):
        rng = np.random.default_rng([14, seed])
        clock = DeviceClock(device.fs)
        shift = 0.0
        for number in range(2):
            reads = observe(device, 60.0, rng)
            if number:
                clock.restart()
            times, _ = live(clock, reads.newest, reads.stamps + shift)
            error = 1e3 * np.abs(times - shift - reads.truth[reads.newest] - reads.minimum)
            shift = 62.3
        age = reads.truth[reads.newest] - reads.truth[0]
        first.append(error[age <= 0.3].max())
        later.append(error[age > 0.3].max())
    text = (
        f"greatest error {max(first):.2f} ms in the first 0.3 s after it, {max(later):.2f} ms later"
    )
    beat = find_beat(device.fs, FTDI_TIMER_S, rate_ppm_slip=80.0, window_s=1.0)
    most = 1e3 * beat.residual_s if strict and beat is not None else 0.3
    if strict:
        text += f" (a beat of {most:g} ms hides there until the clocks have slipped)"
    name = "clocks: device resets while recording" + (", packets cut" if strict else "")
    return name, str(seeds), text, bool(max(first) <= 2.0 and max(later) <= most)


def beats(seeds: int) -> Row:
    """What is hidden, as the formula says and as recordings of 120 s have it."""
    cases = (
        (62.5, "ftdi16", 0.0, 16.0), (100.0, "ftdi16", 0.0, 2.0), (10.0, "ftdi16", 0.0, 4.0),
        (80.0, "ftdi16", 0.0, 0.0), (1000.0, "cdc", 50.0, 0.0), (1000.0, "cdc", 2.0, 1.0),
    )  # fmt: skip
    told, good = [], True
    for rate, link, ppm, expected in cases:
        timer = USB_FRAME_S if link == "cdc" else FTDI_TIMER_S
        beat = find_beat(rate, timer, rate_ppm_slip=ppm)
        residual = 0.0 if beat is None else 1e3 * beat.residual_s
        device = Device(rate, 1, 12, 1e6, link, ppm=ppm)
        wire_s = device.size * 10 / device.baud
        found = 0.0
        for seed in range(seeds):
            reads = observe(device, 120.0, np.random.default_rng([16, seed]), loss=0.0)
            fitted = fit_map(reads.newest, reads.stamps, rate)
            n = np.arange(0, len(reads.truth), max(1, int(rate / 10)))
            hidden = fitted.time(n) - reads.truth[n] - wire_s
            found = max(found, 1e3 * float(np.percentile(np.abs(hidden), 99)))
        # Half a millisecond: what USB and host add at the least, and 80 Hz at 16 ms.
        good &= abs(residual - expected) < 1e-6 and found <= residual + 0.7
        said = f"told {residual:g} ms" if residual else "not told"
        told.append(f"{rate:g}/s at {1e3 * timer:g} ms, {ppm:g} ppm: {said}, found {found:.1f}")
    return "clocks: beat with the USB timer", f"{seeds * len(cases)}", "; ".join(told), bool(good)


def hours() -> Iterator[Row]:
    """One hour with a warming crystal: the stored map must not drift."""
    for name in ("emg-ftdi16", "emg-bt", "lc-ftdi16"):
        device = replace(DEVICES[name], ppm=50.0)
        reads = observe(device, 3600.0, np.random.default_rng([15, 1]))
        fitted = fit_map(counted(reads, device), reads.stamps, device.fs)
        n = np.arange(0, len(reads.truth), int(device.fs / 10))
        error = 1e3 * np.abs(fitted.time(n) - reads.truth[n] - reads.minimum)
        thirds = [float(np.percentile(part, 99)) for part in np.array_split(error, 3)]
        figure = float(np.percentile(error, 99))
        text = f"99 % of errors below {figure:.2f} ms; by thirds of the hour " + ", ".join(
            f"{one:.2f}" for one in thirds
        )
        steps = len(find_steps(reads.newest, reads.stamps, device.fs))
        text += f"; {steps} false steps"
        yield f"clocks: one hour of {NAMES[name]}", "1", text, figure < 0.3 and not steps


def table(seeds: int, hour: bool) -> list[Row]:
    """Make all rows: (what, times, what was found, as promised).

    Parameters
    ----------
    seeds
        Recordings per pair; the full form has 6, with 10 resets and the tables of 90 and 180.
    hour
        Whether to add recordings of one hour.
    """
    more = min(30, 5 * seeds)
    rows = list(pairs(seeds))
    rows += [resets(min(10, 2 * seeds), strict=strict) for strict in (False, True)]
    rows += [eight_bit(more), four_bit(more), beats(seeds)]
    if hour:
        rows += hours()
    return rows


if __name__ == "__main__":
    begin = time.process_time()
    for what, times, text, good in table(int(sys.argv[1]) if len(sys.argv) > 1 else 6, True):
        print(f"{'ok ' if good else 'NO '} {what:<48} {times:>5}  {text}", flush=True)
    print(f"{time.process_time() - begin:.0f} s of CPU")
