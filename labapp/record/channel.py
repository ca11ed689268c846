"""The line between the recorder and its clients: local, same user only, JSON only.

A Unix socket (POSIX) or a named pipe (Windows) with a random key that lies in a file only the
user can read. Messages are JSON in ``send_bytes``/``recv_bytes``, never pickle. Every client has
a thread of its own, so that one that hangs or dies costs the recording nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import (
    Client,
    Connection,
    Listener,
    answer_challenge,
    deliver_challenge,
)
from pathlib import Path
from typing import Any, Final

from labapp.errors import LabError
from labapp.record.place import SOCKET_NAME

MAX_MESSAGE: Final = 4 << 20
_MAX_CLIENTS: Final = 32
_POLL_S: Final = 0.2
_LONGEST_SOCKET_NAME: Final = 90
"""Bytes a Unix socket's path may have: 108 on Linux, 104 on macOS, with some to spare."""

Answer = Callable[[dict[str, Any]], dict[str, Any]]


def encode(message: dict[str, Any]) -> bytes:
    """Message as bytes; ValueError for NaN and infinity."""
    return json.dumps(message, allow_nan=False, separators=(",", ":")).encode()


def decode(data: bytes) -> dict[str, Any]:
    """Bytes as a message; `LabError` if they are none."""
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise LabError("the recorder's channel carried something that is no message")
    return message


class Server:
    """Answers requests of any number of clients.

    Parameters
    ----------
    folder
        Folder of the recording; the socket lies in it if its path is short enough.
    answer
        Called in the client's thread; a `LabError` it raises becomes the answer.
    """

    def __init__(self, folder: Path, answer: Answer) -> None:
        self.key = os.urandom(32)
        self._answer = answer
        self._private: str | None = None
        self._listener = self._listen(folder)
        self.address = str(self._listener.address)
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._clients: set[Connection] = set()
        self._thread = threading.Thread(target=self._accept, name="channel", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hang up on everybody and stop listening."""
        self._closing.set()
        with suppress(OSError):
            Client(self.address).close()  # wakes the accepting thread if it still waits
        self._thread.join(2.0)
        with suppress(FileNotFoundError):  # the folder may be gone, and the socket with it
            self._listener.close()
        with self._lock:
            clients = list(self._clients)
        for client in clients:
            self._hang_up(client)
        if self._private is not None:
            shutil.rmtree(self._private, ignore_errors=True)

    def _listen(self, folder: Path) -> Listener:
        if sys.platform == "win32":
            name = rf"\\.\pipe\labapp-{os.getpid()}-{os.urandom(8).hex()}"
            return Listener(name, "AF_PIPE")
        path = folder.resolve() / SOCKET_NAME
        if len(os.fsencode(path)) <= _LONGEST_SOCKET_NAME:
            with suppress(OSError):  # no sockets on FAT and some network shares: go on below
                listener = Listener(str(path), "AF_UNIX", backlog=8)
                path.chmod(0o600)
                return listener
        self._private = tempfile.mkdtemp(prefix="labapp-")  # mode 0700
        return Listener(str(Path(self._private) / SOCKET_NAME), "AF_UNIX", backlog=8)

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                client: Connection = self._listener.accept()
            except OSError:  # a client that hung up at once, or too many open files
                self._closing.wait(0.05)
                continue
            with self._lock:
                full = len(self._clients) >= _MAX_CLIENTS
                if not full:
                    self._clients.add(client)
            if full or self._closing.is_set():
                client.close()
                continue
            threading.Thread(
                target=self._serve, args=(client,), name="channel-client", daemon=True
            ).start()

    def _serve(self, client: Connection) -> None:
        try:
            deliver_challenge(client, self.key)
            answer_challenge(client, self.key)
            while not self._closing.is_set():
                if client.poll(_POLL_S):
                    request = decode(client.recv_bytes(MAX_MESSAGE))
                    client.send_bytes(encode(self._reply(request)))
        except (OSError, EOFError, LabError, ValueError, TypeError, AuthenticationError):
            return  # the client died, hung up, had no key, or spoke nonsense: hang up too
        finally:
            self._hang_up(client)

    def _hang_up(self, client: Connection) -> None:
        """Close a connection once, whichever thread comes first.

        Closed twice it would fail, or close whatever has been given its number since.
        """
        with self._lock:
            mine = client in self._clients
            self._clients.discard(client)
        if mine:
            client.close()

    def _reply(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            reply = {"ok": True, **self._answer(request)}
        except LabError as error:
            reply = {"ok": False, "what": error.what, "remedy": error.remedy}
        reply["id"] = request.get("id")
        return reply
