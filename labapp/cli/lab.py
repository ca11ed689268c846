"""Commands on the laboratory: ``devices``, ``drivers``, ``simulate``, ``doctor``."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labapp.cli import words
from labapp.cli.command import Command

if TYPE_CHECKING:
    from labapp.device import DriverInfo


def _devices(args: argparse.Namespace) -> int:
    from labapp.record.listing import list_ports
    from labapp.workflow.doctor import port_remedy

    ports = [asdict(port) | {"remedy": port_remedy(port)} for port in list_ports()]
    streams = _lsl_streams() if args.lsl else []
    if args.json:
        words.print_json({"ports": ports} | ({"lsl": streams} if args.lsl else {}))
        return 0
    for port in ports:
        what = port["driver"] or "/".join(port["candidates"]) or port["description"]
        detail = ", ".join(
            str(part)
            for part in (
                port["vid_pid"],
                port["serial"],
                port["access"],
                port["used_by"],
                port["latency_ms"] is not None and f"latency timer {port['latency_ms']} ms",
            )
            if part
        )
        print(f"{port['port']:16} {what or 'unknown'} ({detail})")
        if port["remedy"]:
            print(f"{'':16} {port['remedy']}")
    for stream in streams:
        rate = f"{stream['rate']:g} Hz" if stream["rate"] else "irregular"
        what = f"{stream['type']}, {stream['channels']} channels, {rate}, {stream['format']}"
        print(f"{stream['port']:16} {what} (on {stream['hostname']})")
    if args.lsl and not streams:
        print("no LSL stream on this computer")
    if not ports:
        print("no serial port found; simulated devices need none: sim://bitalino")
    return 0


def _devices_arguments(parser: argparse.ArgumentParser) -> None:
    words.add_json(parser)
    parser.add_argument(
        "--lsl", action="store_true", help="look for LSL streams on this computer too"
    )


def _lsl_streams() -> list[dict[str, Any]]:
    """Streams of this computer with the port to record each from; needs the extra ``lsl``."""
    from urllib.parse import quote

    from labapp.record.lsl_library import list_lsl

    found = [asdict(stream) for stream in list_lsl("machine")]
    return [{"port": f"lsl://{quote(stream['name'], safe='')}"} | stream for stream in found]


def _drivers(args: argparse.Namespace) -> int:
    from labapp.device import broken_drivers, capability_at, list_drivers

    infos, broken = list_drivers(), broken_drivers()
    if args.json:
        words.print_json({"drivers": [_driver(info) for info in infos], "broken": broken})
        return 0
    for info in infos:
        sheet = info.sheet
        channels = ", ".join(
            f"{channel.name} {channel.kind}" for channel in info.channels if channel.kind
        )
        print(f"{info.name:12} {sheet.title}")
        print(f"{'':12} {info.rate:g} Hz, {sheet.bits} bit: {channels}")
        capable, reason = capability_at(sheet, info.rate)
        print(f"{'':12} onset: {capable} ({reason})")
    for name, line in broken.items():
        print(f"{name:12} cannot be loaded: {line}")
    return 0


def _driver(info: DriverInfo) -> dict[str, Any]:
    from labapp.device import capability_at

    sheet = info.sheet
    capable, reason = capability_at(sheet, info.rate)
    return {
        "name": info.name,
        "title": sheet.title,
        "maker": sheet.maker,
        "link": sheet.link,
        "rate_hz": info.rate,
        "bits": sheet.bits,
        "channels": [
            {
                "name": channel.name,
                "kind": channel.kind,
                "unit": channel.unit,
                "resolution": channel.scale,
            }
            for channel in info.channels
        ],
        "onset_capable": capable,
        "onset_reason": reason,
        "source": info.source,
    }


def _simulate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("driver", metavar="DRIVER")
    parser.add_argument("--scenario", default="demo", metavar="NAME|FILE.toml")
    parser.add_argument("--seed", type=words.seed, default=0, metavar="N")
    parser.add_argument("--loss", type=words.share, default=0.0, metavar="P")
    parser.add_argument("--link", type=Path, metavar="PATH", help="a name of its own for the port")
    parser.add_argument("--truth", type=Path, metavar="FILE.json", help="what was true, at the end")


def _simulate(args: argparse.Namespace) -> int:
    from labapp.cli.interrupt import stop_request
    from labapp.device import get_driver, parse_settings
    from labapp.simulate.host import serve
    from labapp.simulate.scenario import load_scenario

    driver = get_driver(args.driver)
    with stop_request() as stop:
        serve(
            driver,
            parse_settings(driver, {}),
            load_scenario(args.scenario),
            args.seed,
            args.loss,
            args.link,
            _say,
            stop,
            truth=args.truth,
        )
    return 0


def _say(line: str) -> None:
    """Print at once: whoever started us is waiting for the port."""
    print(line, flush=True)


def _doctor(args: argparse.Namespace) -> int:
    from labapp.workflow.doctor import as_document, examine

    document = as_document(examine())
    if args.json:
        words.print_json(document)
    else:
        for finding in document["findings"]:
            print(f"{finding['level']:5} {finding['check']}: {finding['text']}")
            if finding["remedy"]:
                print(f"{'':5} → {finding['remedy']}")
    return 0 if document["ok"] else 1


COMMANDS = (
    Command("devices", "ports found, and what is probably on them", _devices_arguments, _devices),
    Command("drivers", "channels, rate, resolution and onset capability", words.add_json, _drivers),
    Command("simulate", "a simulated device on a pseudo-terminal", _simulate_arguments, _simulate),
    Command("doctor", "what is wrong here and how to mend it", words.add_json, _doctor),
)
