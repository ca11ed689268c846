"""What the window remembers between two starts: look, study folder, last choices."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path
from typing import Annotated

import msgspec

from labapp import paths
from labapp.ui.theme import ThemeName


class Preferences(msgspec.Struct, frozen=True):
    """Preferences of one user; a missing or broken file gives the defaults."""

    theme: ThemeName = "system"
    scale: Annotated[float, msgspec.Meta(ge=1, le=3)] = 1.0
    language: str = "system"
    study: str = ""
    protocol: str = "isometric_pull"
    scenario: str = "demo"
    speed: Annotated[float, msgspec.Meta(ge=0.01, le=1000)] = 1.0

    @property
    def study_folder(self) -> Path:
        """Where sessions are kept."""
        return Path(self.study) if self.study else paths.studies()


def preferences_path() -> Path:
    """File of the preferences."""
    return paths.home() / "window.json"


def load_preferences() -> Preferences:
    """Preferences as saved; the defaults if there are none or they cannot be read."""
    try:
        return msgspec.json.decode(preferences_path().read_bytes(), type=Preferences)
    except FileNotFoundError:
        return Preferences()
    except (OSError, msgspec.MsgspecError) as error:
        logging.getLogger("labapp.ui").warning("preferences not read: %s", error)
        return Preferences()


def save_preferences(preferences: Preferences) -> None:
    """Write the preferences, whole or not at all; raises OSError."""
    path = preferences_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    try:
        part.write_bytes(msgspec.json.format(msgspec.json.encode(preferences), indent=1))
        part.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            part.unlink()
