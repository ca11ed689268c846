"""Boards that send by themselves from power-up: what takes the place of a conversation."""

from __future__ import annotations

from labapp.device.contract import Exchange


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
