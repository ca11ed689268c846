"""The command that calibrates a load cell: ``calibrate``."""

from __future__ import annotations

import argparse
import csv
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from labapp.cli import words
from labapp.cli.command import Command
from labapp.errors import LabError

if TYPE_CHECKING:
    from labapp.analysis.masses import Reading
    from labapp.record.config import DeviceConfig

COLUMNS = ("cycle", "direction", "mass_kg", "count")


def _arguments(parser: argparse.ArgumentParser) -> None:
    words.add_devices(parser, required=False)
    parser.add_argument("--channel", default="", help="default: the device's only force channel")
    parser.add_argument("--serial", default="", help="default: of the device's plug")
    parser.add_argument(
        "--masses", default="5,10,15,20", metavar="KG,KG,…", help="hook and tray included"
    )
    parser.add_argument("--cycles", type=int, default=3, help="times up and down; default 3")
    parser.add_argument("--seconds", type=words.positive, default=5.0, help="per step; default 5")
    parser.add_argument("--g", type=words.positive, help="local acceleration of free fall, m/s²")
    parser.add_argument("--latitude", type=float, metavar="DEG", help="g is worked out from it")
    parser.add_argument("--height", type=float, default=0.0, metavar="M", help="above the sea")
    parser.add_argument("--cell", default="", help="maker and model of the cell")
    parser.add_argument(
        "--readings",
        type=Path,
        metavar="FILE.csv",
        help=f"instead of a device: {','.join(COLUMNS)}",
    )
    parser.add_argument("--driver", default="", help="with --readings: driver of the device")
    parser.add_argument(
        "--check", type=words.positive, metavar="KG", help="only check the calibration with a mass"
    )
    parser.add_argument("--seed", type=words.seed, default=0, help="of a simulated device")
    parser.add_argument("--out", type=Path, metavar="FILE.toml", help="default: among your own")
    words.add_json(parser)


def _calibrate(args: argparse.Namespace) -> int:
    from labapp.workflow.calibrate import gravity_at, make_calibration, residual_table
    from labapp.workflow.calibration_file import save_calibration

    if args.check is not None:
        return _check(args)
    given = args.g is not None
    g, source = (args.g, "given") if given else gravity_at(args.latitude, args.height)
    if args.readings is not None:
        if not (args.driver and args.serial and args.channel):
            raise LabError(
                "--readings come from a device that is not named",
                "add --driver, --serial and --channel",
            )
        readings, rails = read_readings(args.readings), None
        driver, serial, channel = args.driver, args.serial, args.channel
    else:
        device, channel, serial = _device(args)
        driver = device.driver
        readings, rails = _guided(args, device, channel)
    made, _ = make_calibration(
        readings,
        driver=driver,
        serial=serial,
        channel=channel,
        g=g,
        g_source=source,
        rails=rails,
        cell=args.cell,
    )
    path = save_calibration(made, args.out)
    if args.json:
        import msgspec

        words.print_json({**msgspec.to_builtins(made), "file": str(path)})
    else:
        print(residual_table(made))
        print(path)
    return 0 if made.state == "accepted" else 1


def _device(args: argparse.Namespace) -> tuple[DeviceConfig, str, str]:
    from labapp.workflow.devices import choose_devices, force_channels
    from labapp.workflow.serials import serial_of

    if len(args.device) != 1:
        raise LabError(
            f"{len(args.device)} devices are given", "calibrate one: --device force=hx711@PORT"
        )
    (device,) = choose_devices(args.device, channels=args.channels, settings=args.set)
    names = force_channels(device)
    channel = args.channel or (names[0] if len(names) == 1 else "")
    if channel not in names:
        raise LabError(
            f"channel {channel!r} of {device.driver} measures no force",
            f"use --channel with one of: {', '.join(names) or 'none'}",
        )
    serial = args.serial or serial_of(device) or ("simulated" if device.simulated else "")
    if not serial:
        raise LabError(
            f"the device on {device.port} has no serial number",
            "give it a name of your own, written on the cell: --serial CELL-1",
        )
    return device, channel, serial


def _guided(
    args: argparse.Namespace, device: DeviceConfig, channel: str
) -> tuple[list[Reading], tuple[float, float]]:
    """Lead through the steps: what to hang, then the reading, again where the load swings."""
    from labapp.analysis.masses import reading
    from labapp.workflow.calibrate import calibration_steps
    from labapp.workflow.live_counts import LiveCounts

    steps = calibration_steps(_masses(args.masses), cycles=args.cycles, seconds=args.seconds)
    readings: list[Reading] = []
    begin = time.monotonic()
    with LiveCounts(device, channel, scenario=args.scenario, seed=args.seed) as live:
        for step in steps:
            while True:
                _ask(f"[{step.number} of {step.of}] {step.text} Enter when it hangs still: ")
                counts = live.take(step.seconds)
                try:
                    one = reading(
                        counts,
                        live.rate,
                        mass_kg=step.mass_kg,
                        direction=step.direction,
                        cycle=step.cycle,
                        at_s=time.monotonic() - begin,
                        last_s=0.6 * step.seconds,
                    )
                except LabError as error:
                    print(f"  {error}", file=sys.stderr)
                    continue
                print(f"  {one.count:.1f} counts (SD {one.sd:.1f})", file=sys.stderr)
                readings.append(one)
                break
        return readings, live.rails


def _check(args: argparse.Namespace) -> int:
    """Compare one known mass with the calibration that would be used today."""
    from labapp.workflow.calibrate import CHECK_PERCENT, check_point
    from labapp.workflow.calibration_file import OLD_DAYS, find_calibration, load_calibration
    from labapp.workflow.live_counts import LiveCounts

    device, channel, serial = _device(args)
    path = find_calibration(device.driver, serial, channel)
    if path is None:
        raise LabError(
            f"{device.driver} {serial}, channel {channel}, has no calibration", "calibrate it first"
        )
    made = load_calibration(path)
    with LiveCounts(device, channel, scenario=args.scenario, seed=args.seed) as live:
        _ask("Leave the cell empty. Enter when it hangs still: ")
        empty = _mean(live.take(args.seconds))
        _ask(f"Hang {args.check:g} kg on the cell. Enter when it hangs still: ")
        count = _mean(live.take(args.seconds))
    error = check_point(made, count, empty, args.check)
    good = abs(error) <= CHECK_PERCENT
    age = made.age_days()
    if args.json:
        words.print_json(
            {"calibration": path.stem, "error_percent": error, "ok": good, "age_days": age}
        )
    else:
        print(f"{path.stem}: {args.check:g} kg reads {error:+.2f} % (limit {CHECK_PERCENT:g} %)")
        if not good:
            print("  calibrate the cell again")
        if age > OLD_DAYS:
            print(f"  it is {age:.0f} days old: calibrate again after {OLD_DAYS}")
    return 0 if good else 1


def _mean(counts: object) -> float:
    import numpy as np

    known = np.asarray(counts, dtype=np.float64)
    known = known[np.isfinite(known)]
    if not len(known):
        raise LabError("every sample was lost", "check the cable")
    return float(known.mean())


def _masses(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise LabError(f"masses {text!r} are not numbers", "write 5,10,15,20") from None


def _ask(prompt: str) -> None:
    print(prompt, end="", file=sys.stderr, flush=True)
    if not sys.stdin.readline():
        raise LabError(
            "nobody is there to hang masses", "run it in a terminal, or give --readings FILE.csv"
        )


def read_readings(path: Path) -> list[Reading]:
    """Read a table with the columns cycle, direction, mass_kg, count (and sd, n, at_s)."""
    from labapp.analysis.masses import Reading

    readings = []
    with path.open(newline="", encoding="utf-8-sig") as file:
        table = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (table.fieldnames or ())]
        if missing:
            raise LabError(
                f"{path} has no column {', '.join(missing)}", "name them in its first row"
            )
        for number, row in enumerate(table, 2):
            try:
                if row["direction"] not in ("up", "down"):
                    raise ValueError(f"direction {row['direction']!r}")
                readings.append(
                    Reading(
                        float(row["mass_kg"]),
                        "up" if row["direction"] == "up" else "down",
                        int(row["cycle"]),
                        float(row["count"]),
                        float(row.get("sd") or 0.0),
                        int(row.get("n") or 1),
                        float(row.get("at_s") or 0.0),
                    )
                )
            except (ValueError, TypeError) as error:
                raise LabError(f"{path}, line {number}: {error}", "correct that line") from None
    return readings


COMMANDS = (
    Command("calibrate", "calibrate a load cell with masses, or check it", _arguments, _calibrate),
)
