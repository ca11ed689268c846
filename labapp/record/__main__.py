"""The recorder process: ``python -m labapp.record CONFIG.json``.

It tells its start on standard output in one line of JSON (``{"ready": true}`` or the error),
then goes on by itself: whoever started it may die. It ends when a client says ``stop``.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import sys
from pathlib import Path
from typing import Any

from labapp.errors import LabError
from labapp.record.channel import Server
from labapp.record.config import read_config
from labapp.record.place import ADDRESS_NAME, write_atomically
from labapp.record.recorder import Recording


def main(arguments: list[str]) -> int:
    """Record until told to stop; returns the exit status."""
    try:
        if len(arguments) != 1:
            raise LabError("the recorder needs its configuration", "python -m labapp.record FILE")
        sys.setswitchinterval(0.0005)  # a reader waits at most this long for another thread
        recording = Recording(read_config(Path(arguments[0])))
    except LabError as error:
        _tell({"error": {"what": error.what, "remedy": error.remedy}})
        return 2
    server = Server(recording.folder, lambda request: _answer(recording, request))
    place = recording.folder / ADDRESS_NAME
    about = {
        "pid": os.getpid(),
        "address": server.address,
        "key": server.key.hex(),
        "clock": recording.kind,
        "speed": recording.speed,
        "origin_ns": recording.origin_ns,
    }
    write_atomically(place, about)
    gc.collect()
    gc.freeze()  # what lives from now to the end need not be looked at in every collection
    _tell({"ready": True})
    recording.finish_requested.wait()
    status = 0
    try:
        recording.close()
    except (LabError, OSError) as error:
        print(error, file=sys.stderr)
        status = 1
    finally:
        place.unlink(missing_ok=True)
        server.close()
    return status


def _answer(recording: Recording, request: dict[str, Any]) -> dict[str, Any]:
    match request:
        case {"do": "status"}:
            return {"status": recording.status()}
        case {"do": "mark", "kind": str(kind), "data": dict(data), "t_ns": int() | None as when}:
            return {"t_ns": recording.mark(kind, data, when)}
        case {"do": "advance", "t_ns": int(t_ns)}:
            return {"now_ns": recording.advance(t_ns)}
        case {"do": "stop"}:
            recording.finish_requested.set()
            return {}
        case _:
            raise LabError(f"the recorder does not know the request {request.get('do')!r}")


def _tell(line: dict[str, Any]) -> None:
    """Say how the start went, then leave standard output: its reader may be gone later."""
    with contextlib.suppress(OSError):  # nobody listens any more; the recording goes on
        print(json.dumps(line), flush=True)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
