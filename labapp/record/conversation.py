"""Talking with a device: the steps of a driver's conversation, carried out on a port."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from labapp.device import Exchange
from labapp.errors import PortError
from labapp.record.ports import Port


@dataclass(frozen=True)
class Heard:
    """What came in during a conversation, in order.

    Attributes
    ----------
    data
        Bytes.
    stamp_ns
        Lab time of the read that brought the last of them.
    answer
        True for what a step took as its answer (or threw away before the stream), False for
        bytes that nobody asked for: the stream.
    """

    data: bytes
    stamp_ns: int
    answer: bool


def converse(
    port: Port,
    steps: Sequence[Exchange],
    abort: threading.Event,
    *,
    streaming: bool,
    device: str,
) -> list[Heard]:
    """Carry out the steps; return everything that was read.

    Parameters
    ----------
    port
        Where to talk.
    steps
        Conversation of a driver.
    abort
        Gives the conversation up.
    streaming
        True while the device streams (the stopping conversation): then only the match of
        ``expect`` is an answer. False before: then everything up to the end of the last match
        is answer, and what follows it is the beginning of the stream.
    device
        How errors call the device.

    Raises
    ------
    PortError
        The port was lost, a required answer did not come in time, or ``abort`` was set.
    """
    heard: list[Heard] = []
    rest, stamp = b"", 0
    for step in steps:
        if step.pause_before_s > 0 and not port.url.startswith("sim://"):
            abort.wait(step.pause_before_s)
        if step.send:
            if rest:  # came before the question: belongs to no answer of this step
                heard.append(Heard(rest, stamp, not streaming))
                rest = b""
            port.write(step.send)
        if step.expect is None:
            continue
        rest, stamp, match = _await_answer(port, step, rest, stamp, abort)
        if abort.is_set():
            raise PortError(f"the conversation with {device} on {port.url} was given up")
        if match is None:
            if step.required:
                raise PortError(*_no_answer(device, port.url, rest))
            continue
        before, answer, rest = rest[: match.start()], match.group(), rest[match.end() :]
        if streaming and before:
            heard.append(Heard(before, stamp, False))
            before = b""
        heard.append(Heard(before + answer, stamp, True))
    if rest:
        heard.append(Heard(rest, stamp, False))
    return heard


def drain(port: Port, quiet_s: float, limit_s: float, take: Callable[[bytes, int], None]) -> None:
    """Read until the line is quiet for ``quiet_s`` (at most ``limit_s``)."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        data, stamp = port.read(quiet_s)
        if not data:
            return
        take(data, stamp)


def _await_answer(
    port: Port, step: Exchange, rest: bytes, stamp: int, abort: threading.Event
) -> tuple[bytes, int, re.Match[bytes] | None]:
    pattern = re.compile(step.expect or b"", re.DOTALL)
    end = time.monotonic() + step.timeout_s
    while True:
        match = pattern.search(rest)
        if match is not None:
            return rest, stamp, match
        left = end - time.monotonic()
        if left <= 0 or len(rest) > 1 << 20 or abort.is_set():
            return rest, stamp, None
        data, when = port.read(min(left, 0.1))
        if data:
            rest, stamp = rest + data, when


def _no_answer(device: str, url: str, rest: bytes) -> tuple[str, str]:
    if not rest:
        return (
            f"{device} on {url} does not answer",
            "switch it on, check the cable or pairing, and that the port is the right one",
        )
    sample = rest[:24].hex(" ")
    return (
        f"{device} on {url} answers something else ({len(rest)} bytes: {sample})",
        "check that the port belongs to this device and that the driver is the right one",
    )
