"""What the recorder says of a stream in words: in its OPEN frames, and when it is in trouble."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from labapp.device import Codec
from labapp.errors import LabError
from labapp.model import ChannelInfo, calibrated
from labapp.record.config import DeviceConfig


def stream_channels(codec: Codec, device: DeviceConfig) -> tuple[ChannelInfo, ...]:
    """Channels of a device with the muscles of its montage, calibrated where that is known.

    Raises
    ------
    LabError
        Montage or calibration name a channel that the device does not have.
    """
    names = [channel.name for channel in codec.channels]
    for name in (*device.montage, *device.calibration):
        if name not in names:
            raise LabError(
                f"device {device.id!r} has no channel {name!r}", f"channels: {', '.join(names)}"
            )
    return tuple(
        replace(
            calibrated(channel, known.slope, known.intercept)
            if (known := device.calibration.get(channel.name)) is not None
            else channel,
            muscle=device.montage.get(channel.name, channel.muscle),
        )
        for channel in codec.channels
    )


def open_document(
    device: DeviceConfig,
    driver: str,
    codec: Codec,
    port: dict[str, Any],
    segment: int,
    reason: str,
) -> dict[str, Any]:
    """Payload of an OPEN frame; ``port`` is `Port.info`, ``reason`` why a segment begins."""
    return {
        "id": device.id,
        "segment": segment,
        "reason": reason,
        "driver": driver,
        "port": port,
        "rate": codec.rate,
        "tick_rate": codec.tick_rate,
        "counter_modulus": codec.counter_modulus,
        "channels": [asdict(channel) for channel in stream_channels(codec, device)],
    }


def stream_trouble(
    device: DeviceConfig,
    state: str,
    fault: str,
    port: dict[str, Any],
    times_rate: float | None = None,
) -> list[dict[str, str]]:
    """Tell what the person should know of a device now, and what helps.

    Parameters
    ----------
    device
        As configured.
    state
        Of its reader.
    fault
        Why its driver failed, or empty.
    port
        What is known of its port.
    times_rate
        How many times its rate it sends, if that is far too much.
    """
    name, found = device.id, []
    if fault:
        what = f"{name}: the driver failed ({fault})"
        found.append((what, "its bytes are recorded; correct the driver, then recover"))
    if state == "lost":
        found.append((f"{name}: the port was lost", "plug it in; it is being looked for"))
    elif state == "silent":
        found.append((f"{name}: no data", "check its battery, cable or radio link"))
    if times_rate is not None:
        what = f"{name}: sends {times_rate:.0f} times as many samples as its rate says"
        found.append((what, "check rate and baud rate in its settings; all of it is recorded"))
    wanted, there = device.serial, port.get("serial")
    if wanted and there and wanted != there:
        what = f"{name}: the device with serial number {wanted} is not there"
        found.append((what, f"the one on {port['url']} ({there}) is recorded instead"))
    return [{"what": what, "remedy": remedy} for what, remedy in found]


def printable(data: bytes) -> str:
    """Text of what a device said, at most 80 characters."""
    text = "".join(c if c.isprintable() else " " for c in data.decode("ascii", "replace"))
    return " ".join(text.replace("�", " ").split())[:80]


def note_document(device: str, event: str, what: str | bytes) -> dict[str, Any]:
    """Give the JSON part of a note: an event's words, or the bytes a device answered."""
    note = {"event": event, "id": device}
    if isinstance(what, bytes):
        note["hex"] = what.hex()
        note["text"] = printable(what)
    else:
        note["text"] = what
    return note


def failure(error: Exception) -> str:
    """One line for what went wrong: ours speak for themselves, others name their kind."""
    return str(error) if isinstance(error, LabError) else f"{type(error).__name__}: {error}"
