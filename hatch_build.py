"""Build hook: in a standard wheel, drivers/, protocols/ and hardware/ lie inside labapp/.

Root folders of such names would land beside labapp in site-packages, where other projects'
folders of the same name overwrite them without a word. An editable install keeps the
checkout as it is; `labapp.paths` and `labapp.drivers` find the folders in both places.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = ("drivers", "protocols", "hardware")
LEFT_OUT = {"__pycache__", ".DS_Store"}


class FoldersInside(BuildHookInterface[Any]):
    """Map the three folders into the package, file by file."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files to a standard wheel; leave editable wheels and sdists alone."""
        if self.target_name != "wheel" or version == "editable":
            return
        root = Path(self.root)
        for folder in FOLDERS:
            for path in sorted((root / folder).rglob("*")):
                inside = path.relative_to(root)
                if path.is_file() and not LEFT_OUT.intersection(inside.parts):
                    build_data["force_include"][str(path)] = f"labapp/{inside.as_posix()}"
