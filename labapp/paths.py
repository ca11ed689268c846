"""Where things are: bundled files, the user's own files, the studies.

Three folders exist twice, once shipped with the program and once as the user's own:
``drivers``, ``protocols``, ``hardware``. Shipped ones lie inside ``labapp/`` in a wheel and
beside it in a checkout (root folders of such names would collide in site-packages).
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final, Literal

import platformdirs

from labapp.errors import LabError

Folder = Literal["drivers", "protocols", "hardware"]

_PACKAGE: Final = Path(__file__).resolve().parent
_SAFE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Windows opens a device, not a file, under these names, whatever the extension.
_DEVICES: Final = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(1, 10))]
)


def bundled(folder: Folder) -> Path:
    """Folder shipped with the program: inside ``labapp/`` in a wheel, else the checkout's.

    Raises
    ------
    LabError
        Neither exists: the installation is damaged.
    """
    # labapp/drivers exists in a checkout too (the search path), so "hardware" tells them apart.
    home = _PACKAGE if (_PACKAGE / "hardware").is_dir() else _PACKAGE.parent
    path = home / folder
    if not path.is_dir():
        raise LabError(f"the folder {folder} is missing from this installation", "install again")
    return path


def home() -> Path:
    """Return the user's data folder: ``LABAPP_HOME`` if set, else the system's usual place."""
    override = os.environ.get("LABAPP_HOME", "")
    if override:
        return Path(override).absolute()
    return platformdirs.user_data_path("labapp", appauthor=False)


def user(folder: Folder) -> Path:
    """Return the user's own folder of that kind; it may not exist."""
    return home() / folder


def studies() -> Path:
    """Folder for studies if none is given: ``Documents/labapp`` (or below ``LABAPP_HOME``)."""
    if os.environ.get("LABAPP_HOME", ""):
        return home() / "studies"
    return platformdirs.user_documents_path() / "labapp"


def listing(folder: Folder, suffix: str) -> dict[str, Path]:
    """Every file of a kind by name, the user's own before the bundled one of the same name.

    Parameters
    ----------
    suffix
        ``".toml"`` lists files and names them by their stem; ``"/sheet.toml"`` lists
        folders that hold this file and names them by the folder.
    """
    found: dict[str, Path] = {}
    for place in (bundled(folder), user(folder)):
        for path in sorted(place.glob(f"*{suffix}")):
            name = path.parent.name if suffix.startswith("/") else path.name[: -len(suffix)]
            if is_safe_name(name) and path.is_file():
                found[name] = path
    return dict(sorted(found.items()))


def find(folder: Folder, name: str) -> Path:
    """File or folder of that name, the user's own first, then the bundled one.

    ``name`` may leave out the extension (``"isometric_pull"``) and may go one level down
    (``"bitalino/sheet.toml"``).

    Raises
    ------
    LabError
        Nothing of that name; the line lists what exists.
    """
    parts = name.split("/")
    places = (user(folder), bundled(folder))
    if len(parts) <= 2 and all(is_safe_name(part) for part in parts):
        for place in places:
            path = place.joinpath(*parts)
            if path.exists():
                return path
            stems = sorted(path.parent.glob(f"{path.name}.*"))
            if stems and stems[0].is_file():
                return stems[0]
    there = [path.stem for place in places if place.is_dir() for path in place.iterdir()]
    known = sorted({stem for stem in there if not stem.startswith("_")})
    raise LabError(
        f"nothing named {name[:80]!r} in {folder}",
        f"choose one of {', '.join(known)}" if known else "there are none yet",
    )


def is_safe_name(text: str) -> bool:
    """Whether a text may become a file name on every system: no path, no device, no surprise."""
    if not _SAFE.fullmatch(text) or text.startswith("..") or text in {".", ".."}:
        return False
    return not text.endswith(".") and text.split(".", 1)[0].lower() not in _DEVICES
