"""Boards that send by themselves from power-up: what takes the place of a conversation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from labapp.device.contract import Exchange
from labapp.device.linecodec import LineCodec, LineFormat


class FreeRunningSide:
    """The device's end of a board that sends by itself from power-up and knows no commands.

    Opening its port shows as the first byte it hears, which it answers with the rest of a line,
    or with the text it sends after a reset. Nothing stops it.
    """

    def __init__(self, greeting: bytes = b"\r\n") -> None:
        self.streaming = False
        self._greeting = greeting

    def receive(self, data: bytes) -> bytes:
        """Begin to send at the first byte."""
        self.streaming = self.streaming or bool(data)
        return self._greeting if data else b""


def free_running_start(timeout_s: float = 5.0) -> tuple[Exchange, ...]:
    """Wait for the end of a line: the first line after opening is rarely whole."""
    return (Exchange(send=b"\n", expect=rb"[\r\n]+", timeout_s=timeout_s),)


@dataclass(frozen=True)
class FreeRunningLines:
    """Driver of a sketch that prints lines by itself: only the line differs from the next one.

    ``line_format`` reads and writes a line of given settings. Boards may reset and tare when
    their port is opened and average long, so the first line may take seconds.
    """

    name: str
    settings_type: type[msgspec.Struct]
    line_format: Callable[[Any], LineFormat]

    def codec(self, settings: Any) -> LineCodec:
        """Decode and encode the sketch's lines."""
        return LineCodec(self.line_format(settings))

    def device_side(self, settings: Any) -> FreeRunningSide:
        """Play a sketch, which sends by itself."""
        return FreeRunningSide()

    def start(self, settings: Any) -> Sequence[Exchange]:
        """Wait for the end of a line; nothing is sent that a sketch takes for a command."""
        return free_running_start(6.0 + 2.0 / settings.rate)

    def stop(self, settings: Any) -> Sequence[Exchange]:
        """Nothing stops it: closing the port is all."""
        return ()
