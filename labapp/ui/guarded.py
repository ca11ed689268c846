"""What goes wrong inside of a call that Qt makes is told, and ends nothing.

Qt asks Python for sizes, places items and hands over events while Python waits for a call of its
own to come back. An exception on the way is kept by PySide 6.11 until then, and every override
that Qt calls meanwhile loses a reference: some calls later the program is gone, and with it what
it would have said. So no exception may leave an override. Recordings go on in any case, in their
own process.
"""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any, Final

from PySide6.QtCore import QObject, QRectF, QSize, Qt
from PySide6.QtGui import QUndoCommand
from PySide6.QtWidgets import QGraphicsItem

TELL_S: Final = 1.0
"""A layout is asked a hundred times a second: one place tells of its trouble this often."""
MARK: Final = "guarded_against_exceptions"
Instead = Callable[[], Any]
INSTEAD: Final[dict[str, Instead]] = {
    "sizeHint": QSize,
    "minimumSizeHint": QSize,
    "minimumSize": QSize,
    "heightForWidth": lambda: -1,
    "hasHeightForWidth": bool,
    "expandingDirections": lambda: Qt.Orientation(0),
    "count": int,
    "itemAt": lambda: None,
    "takeAt": lambda: None,
    "addItem": lambda: None,
    "setGeometry": lambda: None,
    "spacing": int,
    "setSpacing": lambda: None,
    "event": bool,
    "eventFilter": bool,
    "paint": lambda: None,
    "drawBackground": lambda: None,
    "redo": lambda: None,
    "undo": lambda: None,
    "boundingRect": QRectF,
    "viewRect": QRectF,
}
"""What Qt is told instead, by the name of the override; events (``…Event``) need no answer."""


_GUARDED: Final[set[str]] = set()


def guard_overrides(package: str = "labapp.ui") -> None:
    """Guard the overrides of every class of the modules that came since the last call."""
    for name, module in list(sys.modules.items()):
        new = name.startswith(f"{package}.") and name not in _GUARDED
        if new and isinstance(module, ModuleType):
            _GUARDED.add(name)
            for thing in list(vars(module).values()):
                if isinstance(thing, type) and thing.__module__ == name:
                    guard(thing)


def guard(kind: type) -> None:
    """Guard what a class overrides of Qt."""
    if not issubclass(kind, QObject | QGraphicsItem | QUndoCommand):
        return
    for name, function in list(vars(kind).items()):
        instead = INSTEAD.get(name, _nothing if name.endswith("Event") else None)
        if instead is None or not isinstance(function, FunctionType):
            continue
        if not hasattr(function, MARK):
            setattr(kind, name, guarded(function, instead))


def guarded(function: Callable[..., Any], instead: Instead) -> Callable[..., Any]:
    """Return the function with its exceptions told by `sys.excepthook`, and ``instead`` given."""
    quiet_until = 0.0

    @functools.wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        nonlocal quiet_until
        try:
            return function(*arguments, **named)
        except Exception:  # whatever it is: it must not reach Qt
            now = time.monotonic()
            if now >= quiet_until:
                quiet_until = now + TELL_S
                sys.excepthook(*sys.exc_info())
            return instead()

    setattr(call, MARK, True)
    return call


def _nothing() -> None:
    return None
