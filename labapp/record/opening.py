"""What the recorder says of a stream in words: in its OPEN frames, and when it is in trouble."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from labapp.device import Codec
from labapp.errors import LabError, PortError
from labapp.model import ChannelInfo, calibrated
from labapp.record.config import DeviceConfig

SENT_BY_A_PROGRAM = ("lsl",)
LOOKED_FOR = "; it is being looked for"


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
    why: Exception | None = None,
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
    why
        What the last attempt to find a lost device ended with.
    """
    name, found = device.id, []
    sent = device.driver in SENT_BY_A_PROGRAM
    if fault:
        what = f"{name}: the driver failed ({fault})"
        found.append((what, "its bytes are recorded; correct the driver, then recover"))
    refused = _refusal(why)
    if state == "lost" and refused:
        found.append((f"{name}: {refused}", "start it as it was, or end this recording"))
    elif state == "lost" and sent:
        found.append((f"{name}: the stream was lost", "start its program again" + LOOKED_FOR))
    elif state == "lost":
        found.append((f"{name}: the port was lost", "plug it in" + LOOKED_FOR))
    elif state == "silent" and sent:
        found.append((f"{name}: no data", "look whether its program still sends"))
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


def _refusal(error: Exception | None) -> str:
    """Why a device that is there again is not taken; empty if it is just not there."""
    if isinstance(error, PortError) or not isinstance(error, LabError):
        return ""
    return error.what


def failure(error: Exception) -> str:
    """One line for what went wrong: ours speak for themselves, others name their kind."""
    return str(error) if isinstance(error, LabError) else f"{type(error).__name__}: {error}"
