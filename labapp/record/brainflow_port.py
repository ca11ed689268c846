"""``brainflow://BOARD``: a board that BrainFlow reads, as bytes.

BrainFlow's own thread reads the board into a buffer; the port empties it every 10 ms and writes
each sample as a frame of our own (`labapp.device.sampleframes`): packet number, BrainFlow's stamp
and the EMG channels in uV. The options of the URL are BrainFlow's own parameters.
"""

from __future__ import annotations

import importlib
import threading
import time
from typing import Any, Final
from urllib.parse import unquote

import numpy as np

from labapp.device.contract import FeedStats
from labapp.device.sampleframes import SampleFrames
from labapp.errors import LabError, PortError
from labapp.record.ports import PortContext, split_url

_WORDS: Final = (
    "serial_port", "mac_address", "ip_address", "ip_address_aux", "ip_address_anc", "other_info",
    "serial_number", "file", "file_aux", "file_anc",
)  # fmt: skip
_NUMBERS: Final = ("ip_port", "ip_protocol", "timeout", "master_board")
_BUFFER: Final = 450_000  # samples that BrainFlow keeps: minutes
_POLL_S: Final = 0.01
# Boards whose packet number is known to count samples: where it wraps, and its step per sample.
_COUNTERS: Final = {-1: (256, 1), 0: (256, 1), 2: (256, 2)}
_PLAYBACK: Final = -3


class BrainFlowPort:
    """A board that streams from the moment it is opened.

    Parameters
    ----------
    url
        ``brainflow://synthetic``, ``brainflow://cyton?serial_port=COM3``,
        ``brainflow://playback_file?file=RECORDING.csv&master_board=-1``.
    context
        The settings must be those of the board (`described` gives them).

    Raises
    ------
    PortError
        The board cannot be opened.
    LabError
        The extra is missing, an option is wrong, or the settings are not those of the board.
    """

    converses = False
    ended = False

    def __init__(self, url: str, context: PortContext) -> None:
        self.url = url
        self._clock = context.clock
        self._stop: threading.Event = context.stop
        brainflow, board, options = _board(url)
        layout = _layout(brainflow, board, options, url)
        settings = context.settings
        if (settings.channels, settings.rate) != (len(layout["rows"]), layout["rate"]):
            raise LabError(
                f"{url} has {len(layout['rows'])} channels at {layout['rate']:g} Hz; the settings"
                f" say {settings.channels} at {settings.rate:g} Hz",
                "leave these settings out to take them from the board",
            )
        self._rows = [layout["counter"], layout["stamp"], *layout["rows"]]
        self._counts = settings.modulus != 0
        self._step = layout["step"]
        self._frames = SampleFrames(settings.channels, "d", FeedStats())
        self._number = 0
        parameters = brainflow.BrainFlowInputParams()
        for key, value in options.items():
            setattr(parameters, key, value)
        self._shim: Any = brainflow.BoardShim(board, parameters)
        self._fault: type[Exception] = brainflow.BrainFlowError
        self.info: dict[str, Any] = {
            "url": url,
            "board": board,
            "name": layout["name"],
            "brainflow": str(self._shim.get_version()),
            "rows": self._rows,
        }
        try:
            self._shim.prepare_session()
            self._shim.start_stream(_BUFFER)
        except self._fault as error:
            self.close()
            raise PortError(
                f"BrainFlow cannot open {url}: {error}",
                "check that the board is on, its port is right and no other program uses it",
            ) from None

    def read(self, timeout_s: float) -> tuple[bytes, int]:
        """Take the samples that BrainFlow has, and the lab time at which they were taken."""
        if self._shim is None:
            raise PortError(f"{self.url} is closed")
        end = time.monotonic() + timeout_s
        try:
            while not self._shim.get_board_data_count():
                if time.monotonic() >= end or self._stop.wait(_POLL_S):
                    return b"", self._clock.now_ns()
            data = self._shim.get_board_data()
        except self._fault as error:
            raise PortError(f"BrainFlow lost {self.url}: {error}", "check the board") from None
        stamp = self._clock.now_ns()
        self._stop.wait(_POLL_S)  # taken and stamped: let some more come
        return self._encode(data), stamp

    def write(self, data: bytes) -> None:
        """Do nothing: BrainFlow talks with the board."""

    def close(self) -> None:
        """Stop the board and give it free."""
        shim, self._shim = self._shim, None
        if shim is not None and shim.is_prepared():
            try:
                shim.release_session()
            except self._fault as error:
                raise PortError(f"BrainFlow cannot release {self.url}: {error}") from None

    def _encode(self, data: Any) -> bytes:
        columns = np.asarray(data, np.float64)[self._rows]
        n = columns.shape[1]
        if self._counts:
            counter = np.rint(columns[0]).astype(np.int64) // self._step
        else:
            counter = self._number + np.arange(n, dtype=np.int64)
        self._number += n
        return self._frames.encode(counter, columns[1], columns[2:].T)


def described(url: str) -> dict[str, Any]:
    """Find out the driver settings that fit a board, as BrainFlow describes it; opens nothing.

    Raises
    ------
    LabError
        The extra is missing, no such board, one without EMG channels, a wrong option.
    """
    brainflow, board, options = _board(url)
    layout = _layout(brainflow, board, options, url)
    return {
        "channels": len(layout["rows"]),
        "rate": layout["rate"],
        "modulus": layout["modulus"] // layout["step"],
    }


def _board(url: str) -> tuple[Any, int, dict[str, Any]]:
    """Load BrainFlow; number of the board, and the parameters it is opened with."""
    try:
        brainflow = importlib.import_module("brainflow.board_shim")
    except (ImportError, OSError) as error:
        why = "is not installed" if isinstance(error, ModuleNotFoundError) else f"fails: {error}"
        raise LabError(f"BrainFlow {why}", "pip install labapp[brainflow]") from None
    place, texts = split_url(url, (*_WORDS, *_NUMBERS))
    options: dict[str, Any] = {key: unquote(value) for key, value in texts.items()}
    for key in _NUMBERS:
        if key in options:
            options[key] = _whole(url, options[key])
    boards = {
        board.name.removesuffix("_BOARD").lower(): board.value for board in brainflow.BoardIds
    }
    name = unquote(place).lower().removesuffix("_board")
    if name not in boards and name.lstrip("-").isdigit() and int(name) in boards.values():
        name = next(known for known, value in boards.items() if value == int(name))
    if name not in boards:
        raise LabError(
            f"BrainFlow knows no board {place!r}", "use its name, as cyton, ganglion or synthetic"
        )
    brainflow.BoardShim.disable_board_logger()
    return brainflow, int(boards[name]), options


def _whole(url: str, text: str) -> int:
    if not (text.isascii() and text.removeprefix("-").isdigit() and len(text) < 8):
        raise LabError(f"port {url!r}: {text!r} is not a whole number", "give a number")
    return int(text)


def _layout(brainflow: Any, board: int, options: dict[str, Any], url: str) -> dict[str, Any]:
    """Which rows of BrainFlow's table are what."""
    described_by = options.get("master_board") if board == _PLAYBACK else board
    if described_by is None:
        raise LabError(f"{url} does not say whose recording it is", "add &master_board=NUMBER")
    try:
        about = brainflow.BoardShim.get_board_descr(described_by)
    except brainflow.BrainFlowError as error:
        raise LabError(f"BrainFlow describes no board {described_by}: {error}") from None
    if not about.get("emg_channels"):
        raise LabError(f"BrainFlow board {about['name']} has no EMG channels", "use another board")
    modulus, step = _COUNTERS.get(described_by, (0, 1))
    return {
        "name": str(about["name"]),
        "rows": [int(row) for row in about["emg_channels"]],
        "counter": int(about["package_num_channel"]),
        "stamp": int(about["timestamp_channel"]),
        "rate": float(about["sampling_rate"]),
        "modulus": modulus,
        "step": step,
    }
