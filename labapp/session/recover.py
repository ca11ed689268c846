"""Sessions out of capture logs that were left behind: the same builder, other circumstances."""

from __future__ import annotations

import os
from pathlib import Path

from labapp.errors import LabError
from labapp.session.build import Progress, build_session

_LOG = "capture.log"
_SUFFIX = ".h5"


def recover(path: str | Path, *, progress: Progress | None = None) -> list[Path]:
    """Build the session of every capture log found at ``path``; nothing is deleted.

    Parameters
    ----------
    path
        A recording folder, its ``capture.log``, or a folder that holds recording folders at any
        depth. The session of ``<folder>/capture.log`` becomes ``<folder>/<folder's name>.h5``.

    Returns
    -------
    list of Path
        Sessions, new ones and those that were there already.

    Raises
    ------
    LabError
        Nothing to recover at ``path``.
    LogDamaged
        The only log found cannot be read. With several, the first failure is raised after the
        others were built.
    """
    logs = _logs(Path(path))
    found: list[Path] = []
    failures: list[LabError] = []
    for log in logs:
        out = log.parent / (log.parent.resolve().name + _SUFFIX)
        if not out.exists():
            try:
                build_session(log, out, progress=progress)
            except LabError as error:
                failures.append(error)
                continue
        found.append(out)
    if failures:
        rest = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        built = f"{len(found)} others were recovered; " if found else ""
        raise type(failures[0])(failures[0].what + rest, built + failures[0].remedy)
    return found


def _logs(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    # os.walk does not follow links to folders, so a cycle of links cannot trap it.
    logs = [Path(at) / _LOG for at, _, names in os.walk(path) if _LOG in names]
    if not logs:
        raise LabError(
            f"no recording at {path}", f"give a folder that holds a {_LOG}, or the log itself"
        )
    return sorted(logs)
