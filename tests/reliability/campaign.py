"""The reliability campaign: kills, cuts, power failures, faults, clocks; a page of figures.

``python3 run.py reliability`` runs all of it (``--short`` a sample, ``--kills N`` so many).
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT)]

import reliability_clocks as clocks  # noqa: E402
import reliability_faults as faults  # noqa: E402
import reliability_kills as kills  # noqa: E402
import reliability_readers as readers  # noqa: E402
import reliability_replays as replays  # noqa: E402
import reliability_wake as wake  # noqa: E402

PAGE = ROOT / "docs" / "reference" / "reliability.md"
Row = tuple[str, str, str, bool]


def run_kills(folder: Path, number: int) -> list[Row]:
    """So many kills, four recordings at a time."""
    victims = [kills.VICTIMS[seed % 3] for seed in range(number)]
    with ThreadPoolExecutor(4) as pool:
        found = list(
            pool.map(lambda one: kills.try_kill(folder, *one), enumerate(victims), timeout=7200)
        )
    rows = []
    for victim in kills.VICTIMS:
        mine = [o for o in found if o.victim == victim]
        if not mine:
            continue
        wrong = [w for o in mine for w in o.wrong]
        text = (
            f"{sum(o.samples > 0 for o in mine)} of {len(mine)} recovered; "
            f"{sum(o.samples for o in mine)} samples and {sum(o.gaps for o in mine)} gaps as sent"
        )
        if victim != "window":
            text += (
                f"; of {sum(o.bytes_read for o in mine)} bytes taken from the ports"
                f" {sum(o.lost for o in mine)} are lost"
                f" ({sum(o.rescued for o in mine)} in {sum(o.rescues for o in mine)} reads came"
                " from the intake page)"
            )
        undecided = sum(o.undecided for o in mine)
        if undecided:
            text += (
                f"; {undecided} samples in the log stay undecided (frames right after a loss that "
                "the kill left without successors)"
            )
        text += f"; recovered in {max(o.recover_s for o in mine):.1f} s at most"
        rows.append((f"SIGKILL of {victim}", f"{len(mine)}", text, not wrong))
        rows += [("", "", f"WRONG: {one}", False) for one in wrong[:5]]
    one = kills.kill_while_stopping(folder)
    text = (
        f"{one.samples} samples and {one.gaps} gaps as sent; of {one.bytes_read} bytes {one.lost}"
        f" are lost ({one.rescued} in {one.rescues} reads came from the intake page)"
    )
    rows.append(("SIGKILL while a device is being stopped", "1", text, not one.wrong))
    rows += [("", "", f"WRONG: {wrong}", False) for wrong in one.wrong]
    flood = readers.kill_readers(folder / "readers", number)
    text = (
        f"of {flood.bytes_read} bytes taken from the port {flood.lost} are lost; {flood.rescues}"
        f" kills came between read and write ({flood.rescued} bytes from the intake page)"
    )
    rows.append(("SIGKILL of a reader that never waits", f"{number}", text, not flood.wrong))
    rows += [("", "", f"WRONG: {wrong}", False) for wrong in flood.wrong[:5]]
    return rows


def run_replays(folder: Path, seconds: float, step: int, others: int, trials: int) -> list[Row]:
    """Cut a log everywhere and fail the power, on two processors."""
    data = replays.record(folder / "log", seconds)
    at = replays.places(data, folder, step=step, others=others)
    with ProcessPoolExecutor(2) as pool:
        jobs = [pool.submit(replays.cut, folder / f"c{i}", data, at[i::2]) for i in range(2)]
        power = [
            pool.submit(replays.fail_power, folder / f"p{i}", data, trials=trials // 2, seed=i)
            for i in range(2)
        ]
        cuts, failures = [j.result() for j in jobs], [j.result() for j in power]
    rows = []
    named = {
        "log cut at write boundaries and inside writes": cuts,
        "power failure, random subset of unsynced pages": failures,
    }
    for name, tallies in named.items():
        states = sum(t.states for t in tallies)
        wrong = [w for t in tallies for w in t.wrong]
        text = (
            f"{states} of {states + sum('Error' in w or 'Damaged' in w for w in wrong)} build; "
            f"{sum(t.samples for t in tallies)} samples compared; "
            f"slowest build {max(t.slowest_s for t in tallies):.1f} s"
        )
        lost = max(t.most_lost_s for t in tallies)
        if lost:
            text += f"; nothing before the last sync lost, which was {lost:.2f} s before at most"
        rows.append((name, str(states), text, not wrong))
        rows += [("", "", f"WRONG: {one}", False) for one in wrong[:5]]
    return rows


def run_faults(folder: Path, chosen: tuple[str, ...] = ()) -> list[Row]:
    """Every other fault, one after the other (their times to be told are measured)."""
    rows = []
    folder.mkdir(parents=True, exist_ok=True)
    for one in faults.ALL:
        if chosen and one.__name__ not in chosen:
            continue
        fault = faults.run(one, folder)
        told = "" if fault.told_s is None else f"told after {fault.told_s:.2f} s; "
        rows.append((fault.name, "1", told + fault.result, fault.good))
    return rows


def upper_bound(successes: int) -> float:
    """Upper end of the 95 % interval of a failure probability after no failure at all."""
    return 1.0 - math.exp(math.log(0.05) / max(1, successes))


def page(rows: list[Row], number: int, took_s: float) -> str:
    """Write the page of figures."""
    lines = [
        "# Reliability",
        "",
        "Made by `python3 run.py reliability`; do not edit. Run it to get the figures of your own",
        "machine. What is claimed: whatever kills a recording, everything that was read from the",
        "ports before becomes a session, and every sample that is missing shows as a gap; and the",
        "times of two devices fit together.",
        "",
        "| what happens | times | what was found | as promised |",
        "|---|---|---|---|",
        *(f"| {a} | {b} | {c} | {'yes' if good else '**no**'} |" for a, b, c, good in rows),
        "",
        f"{number} kills without a failure mean: with 95 % confidence a kill does harm in fewer",
        f"than {100 * upper_bound(number):.1f} % of cases. Run on {datetime.now(UTC):%Y-%m-%d} in "
        f"{took_s / 60:.0f} min.",
        "",
        "## How it is done",
        "",
        "- **Kills.** Three simulated devices (BITalino 4 channels at 1 kHz, Chronojump at 80 Hz,",
        "  labbox 4 channels at 1 kHz; random losses) write to pseudo-terminals from a process",
        "  that survives. It knows what was sent, what was left out on purpose, and what nobody",
        "  had read yet; so bytes, samples and gaps are compared exactly, not by eye. `window` is",
        "  a process that asks for the state and sets marks without pause. Killing it alone must",
        "  not touch the recording. Moments are random within 1.2 s of the first sample.",
        "- **Between read and write.** Bytes that a process has taken from the system and not",
        "  yet handed back die with it. So a read goes into a file that is mapped and shared (the",
        "  intake page, see [log-format](log-format.md)): the kernel puts the bytes where a kill",
        "  cannot reach them, and a session is built with what the log does not hold.",
        "  One byte that was read and is in neither counts as a failure. On Windows there is no",
        "  such page: a kill between the two calls costs the bytes of one read (not measured).",
        "- **Cuts.** A simulated recording over a lossy link is cut after every write and at",
        "  random bytes inside writes; what is built is held against a decode of the same bytes",
        "  that does not use the builder.",
        "- **Power.** Of the 4-KiB pages written since a sync that lies up to 1 s back, half are",
        "  lost at random (they read as zeros) and in half the cases the file is shorter too. This",
        "  simulates a disk; no power was cut.",
        "- **Wake.** Two devices write to pseudo-terminals every 16 ms from a process that notes",
        "  when; the live view paints their traces at 60 frames per second. Lateness is from",
        "  before the write to the stamp of the read that brought the last byte: it has the share",
        "  of the writer and of the kernel. Other programs that compute meanwhile are in these",
        "  figures: run it on a machine that does nothing else. Alignment is the error of one",
        "  device's clock minus that of the other, as `status` tells it while recording, and as",
        "  the session has it.",
        "- **Clocks.** Simulated links and clocks as `tests/timing/link_models.py` describes them,",
        "  every number with its seed.",
        "- **Faults.** A file system of 8 MB in memory is filled and freed (as administrator); the",
        "  wall clock is set back for the recorder only. A log whose folder somebody deletes while",
        "  recording is gone: that is told at once, and cannot be undone.",
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    """Run the campaign; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="run.py reliability", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a sample of everything")
    parser.add_argument("--kills", type=int, default=0, help="number of kills (default 300)")
    parser.add_argument("--seconds", type=float, default=0.0, help="length of the log that is cut")
    parser.add_argument("--power", type=int, default=0, help="number of power failures")
    parser.add_argument(
        "--out", type=Path, help=f"page to write (default {PAGE.name}, not if short)"
    )
    words = parser.parse_args()
    short = words.short
    number = words.kills or (6 if short else 300)
    seconds = words.seconds or (0.5 if short else 2.0)
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="labapp-reliability-") as name:
        folder = Path(name)
        rows = wake.rows(6.0 if short else 90.0)  # first, while nothing else runs
        rows += run_faults(folder / "faults")
        rows += run_kills(folder / "kills", number)
        (folder / "replays").mkdir()
        rows += run_replays(
            folder / "replays",
            seconds,
            step=20 if short else 1,
            others=10 if short else 200,
            trials=words.power or (10 if short else 300),
        )
    rows += clocks.table(1 if short else 6, hour=not short)
    took = time.monotonic() - begin
    for what, times, found, good in rows:
        print(f"{'ok ' if good else 'NO '} {what:<48} {times:>5}  {found}")
    broken = sum(not good for *_, good in rows)
    print(f"{broken} promises broken, {took:.0f} s")
    out = words.out or (None if short else PAGE)
    if out is not None:
        out.write_text(page(rows, number, took), encoding="utf-8")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
