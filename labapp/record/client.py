"""Start, find and command a recorder process."""

from __future__ import annotations

import contextlib
import math
import subprocess
import threading
import time
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import msgspec

from labapp.errors import LabError
from labapp.load import parse_json
from labapp.record.channel import MAX_MESSAGE, decode, encode
from labapp.record.config import RecorderConfig, check_config
from labapp.record.launch import await_ready, end, last_line, make_folder, spawn
from labapp.record.place import (
    ADDRESS_NAME,
    CONFIG_NAME,
    LOG_NAME,
    RING_NAME,
    clean_up,
    write_atomically,
)
from labapp.timing.labclock import RealClock, ScaledClock

_REPLY_S: Final = 10.0
_ADVANCE_S: Final = 150.0


class Recorder:
    """A running recording, seen from the window or the command line.

    Make one with `start` or `attach`. Used as a context manager it stops the recording at the
    end. Requests from several threads are answered one after the other.
    """

    def __init__(
        self, folder: Path, about: dict[str, Any], child: subprocess.Popen[bytes] | None
    ) -> None:
        self.folder = folder
        self._about = about
        self._child = child
        self._lock = threading.Lock()
        self._number = 0
        self._stepped_ns = 0
        self._gone = False
        self._line = _connect(folder, about)
        if about["clock"] == "stepped":
            self._stepped_ns = int(self.status()["now_ns"])

    @classmethod
    def start(cls, config: RecorderConfig) -> Recorder:
        """Start a recorder process; returns when all devices stream.

        Raises
        ------
        LabError
            The configuration cannot work, or a device cannot be opened or does not stream (its
            own words). Then nothing is left behind.
        """
        config = check_config(config)
        folder = Path(config.folder)
        if (folder / LOG_NAME).exists():
            raise LabError(f"{folder} holds a recording already", "choose another folder")
        made = make_folder(folder)
        write_atomically(folder / CONFIG_NAME, msgspec.to_builtins(config))
        child = spawn(folder)
        try:
            await_ready(child, folder)
            return cls(folder, _read_about(folder), child)
        except BaseException:
            end(child)
            clean_up(folder, keep_folder=not made)
            raise

    @classmethod
    def attach(cls, folder: Path) -> Recorder:
        """Find the recorder that runs in ``folder``; `LabError` if there is none."""
        return cls(folder, _read_about(folder), None)

    @property
    def ring_path(self) -> Path:
        """File of the live samples, for `RingReader`."""
        return self.folder / RING_NAME

    @property
    def alive(self) -> bool:
        """Whether the recorder process runs and answers."""
        if self._gone or (self._child is not None and self._child.poll() is not None):
            return False
        try:
            self._ask("status")
        except LabError:
            return False
        return True

    @property
    def origin_ns(self) -> int:
        """Lab time at which the recording began."""
        return int(self._about["origin_ns"])

    def now_ns(self) -> int:
        """Lab time now; needs no answer of the recorder."""
        kind = self._about["clock"]
        if kind == "real":
            return RealClock().now_ns()
        if kind == "scaled":
            return ScaledClock(self.origin_ns, float(self._about["speed"])).now_ns()
        return self._stepped_ns

    def mark(self, kind: str, data: dict[str, Any] | None = None, t_ns: int | None = None) -> int:
        """Append a marker to the log; returns its lab time in ns.

        Parameters
        ----------
        kind
            Short word (``"cue"``).
        data
            JSON values.
        t_ns
            Lab time; default: when the request reaches the recorder.
        """
        reply = self._ask("mark", kind=kind, data=data or {}, t_ns=t_ns)
        return int(reply["t_ns"])

    def status(self) -> dict[str, Any]:
        """State of the recording, its disk and its streams; see docs/reference."""
        status: dict[str, Any] = self._ask("status")["status"]
        return status

    def advance(self, t_ns: int) -> int:
        """Move a stepped clock; returns when all streams are logged up to ``t_ns``."""
        self._stepped_ns = int(self._ask("advance", wait_s=_ADVANCE_S, t_ns=t_ns)["now_ns"])
        return self._stepped_ns

    def stop(self, timeout_s: float = 30.0) -> None:
        """End the recording cleanly; returns when the log is synced and the process has ended.

        A recorder whose simulated devices are still catching up has more time.

        Raises
        ------
        LabError
            It did not end in time, or ended with an error (the log is readable all the same).
        """
        if self._gone:
            return
        try:
            self._ask("stop")
            ended = self._await_end(timeout_s)
            while not ended and self._catching_up():
                ended = self._await_end(timeout_s)
        except LabError:
            # Whoever hung up has ended or is just ending: a child must be awaited.
            if self._child is None or not self._await_end(1.0):
                raise
            ended = True
        if not ended:
            raise LabError(
                f"the recorder of {self.folder} did not stop within {timeout_s:g} s",
                "wait and try again; nothing recorded is lost",
            )
        self.close()
        if self._child is not None and self._child.returncode != 0:
            raise LabError(
                f"the recorder of {self.folder} ended with an error: {last_line(self.folder)}",
                f"labapp recover {self.folder}",
            )

    def close(self) -> None:
        """Let go of the recorder without stopping it."""
        with self._lock:
            self._gone = True
            self._line.close()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.stop()
        except LabError:
            if error is None:  # else the first error tells more
                raise

    def _ask(self, do: str, *, wait_s: float = _REPLY_S, **words: Any) -> dict[str, Any]:
        with self._lock:
            if self._gone:
                raise LabError(f"the recorder of {self.folder} has been let go")
            self._number += 1
            try:
                message = encode({"do": do, "id": self._number, **words})
            except (ValueError, TypeError) as error:
                raise LabError(f"{do}: {error}", "use plain JSON values") from None
            try:
                self._line.send_bytes(message)
                reply = self._reply(wait_s)
            except (OSError, EOFError) as error:
                raise LabError(
                    f"the recorder of {self.folder} has ended ({type(error).__name__})",
                    f"labapp recover {self.folder}",
                ) from None
        if not reply.get("ok"):
            raise LabError(str(reply.get("what")), str(reply.get("remedy", "")))
        return reply

    def _reply(self, wait_s: float) -> dict[str, Any]:
        end = time.monotonic() + wait_s
        while self._line.poll(max(0.0, end - time.monotonic())):
            reply = decode(self._line.recv_bytes(MAX_MESSAGE))
            if reply.get("id") == self._number:  # else: the late answer to an earlier request
                return reply
        raise LabError(
            f"the recorder of {self.folder} does not answer for {wait_s:g} s",
            "it goes on recording; try again",
        )

    def _catching_up(self) -> bool:
        return bool(self.status()["state"] == "catching up")

    def _await_end(self, timeout_s: float) -> bool:
        if self._child is not None:
            try:
                self._child.wait(timeout_s)
            except subprocess.TimeoutExpired:
                return False
            return True
        try:
            while self._line.poll(timeout_s):
                self._line.recv_bytes(MAX_MESSAGE)
        except (OSError, EOFError):  # it has hung up: it is done
            return True
        return False


def _read_about(folder: Path) -> dict[str, Any]:
    path = folder / ADDRESS_NAME
    try:
        about = parse_json(path.read_bytes(), name=str(path))
    except OSError:
        raise LabError(
            f"no recorder runs in {folder}", f"if it was cut short: labapp recover {folder}"
        ) from None
    known = isinstance(about, dict) and {"address", "key", "clock", "speed", "origin_ns"} <= set(
        about
    )
    if not known or not math.isfinite(float(about["speed"])):
        raise LabError(f"{path} is not the address of a recorder", f"labapp recover {folder}")
    return dict(about)


def _connect(folder: Path, about: dict[str, Any]) -> Connection:
    """Call the recorder; in a thread, for a stopped process accepts calls and never speaks."""
    lines: list[Connection] = []

    def call() -> None:
        with contextlib.suppress(OSError, EOFError, ValueError, AuthenticationError):
            key = bytes.fromhex(str(about["key"]))
            lines.append(Client(str(about["address"]), authkey=key))

    caller = threading.Thread(target=call, name="call-recorder", daemon=True)
    caller.start()
    caller.join(_REPLY_S)
    if lines:
        return lines[0]
    if caller.is_alive():
        raise LabError(f"the recorder of {folder} does not answer", "wait and try again")
    raise LabError(f"the recorder of {folder} does not run any more", f"labapp recover {folder}")
