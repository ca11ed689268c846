"""Errors that a person can act on.

Everything that bad input, a bad file, a missing port or a full disk can cause is a
`LabError`: one line that names the thing, the value and the remedy. The faces (command
line, window) print that line and nothing else; any other exception is a bug of ours.
"""

from __future__ import annotations


class LabError(Exception):
    """Something a person can mend; ``str(error)`` is the one line to show.

    Parameters
    ----------
    what
        The thing and its value: ``"BITalino on COM3 is in use by another program"``.
    remedy
        What to do about it: ``"close it and connect again"``.
    """

    def __init__(self, what: str, remedy: str = "") -> None:
        self.what = " ".join(what.split())
        self.remedy = " ".join(remedy.split())
        super().__init__(f"{self.what}; {self.remedy}" if self.remedy else self.what)


class PortError(LabError):
    """A port cannot be opened or was lost (missing, busy, no permission, vanished)."""


class NotNeeded(LabError):
    """What was asked for changes nothing as things stand; nothing is broken, nothing is lost.

    Parameters
    ----------
    what, remedy
        As for `LabError`.
    fault
        Whether things stand so because something went wrong before (no pull, lost force), and
        not because a person decided it.
    """

    def __init__(self, what: str, remedy: str = "", *, fault: bool = False) -> None:
        super().__init__(what, remedy)
        self.fault = fault


class NotGiven(LabError):
    """Something that a person was to type is missing or not as it must be; nothing is lost."""


class SessionRefused(LabError):
    """A file is not a session, is damaged, or contains what a reader must not follow."""


class LogDamaged(LabError):
    """A capture log cannot be read at all (a torn tail is normal and is not this)."""
