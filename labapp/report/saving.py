"""Writing a file in one piece: it is there whole, or not at all."""

from __future__ import annotations

from pathlib import Path

from labapp.errors import LabError


def save(path: Path | str, data: bytes) -> Path:
    """Write ``data`` to ``path`` by way of ``<name>.part``.

    Raises
    ------
    LabError
        The folder is missing or cannot be written to, or the disk is full.
    """
    path = Path(path)
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise LabError(
            f"{path} cannot be written: {reason}", "choose a folder that exists and is yours"
        ) from None
    return path
