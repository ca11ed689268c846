"""Garbage is collected in the window's thread only.

Python looks for unreachable cycles in whatever thread happens to make objects. While a library is
loaded or a session analysed in the background, that thread would delete the widgets that it finds,
and Qt crashes on widgets that are deleted outside of their thread.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer

LOOK_MS: Final = 100
FULL_S: Final = 60.0
"""A full collection takes a tenth of a second or more: at most this often."""


class Collecting(QObject):
    """As long as its parent lives, Python's own collection is off and a timer here does it.

    The window must not stand still while a recording is shown, and must not grow over its hours
    either. So what is there when one begins is collected then and set aside (`gc.freeze`): a full
    collection looks through what came since, which takes a few milliseconds.

    Parameters
    ----------
    parent
        The window.
    busy
        Whether a recording is shown.
    """

    def __init__(self, parent: QObject, busy: Callable[[], bool]) -> None:
        super().__init__(parent)
        self._busy = busy
        self._was_busy = False
        self._full = time.monotonic()
        # Whoever has set something aside already knows why; to take it back is not for us.
        self._sets_aside = gc.get_freeze_count() == 0
        if gc.isenabled():
            gc.disable()
            self.destroyed.connect(lambda: gc.enable())
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Collect the oldest generation that is due, by Python's own limits."""
        self._set_aside()
        limits, counts = gc.get_threshold(), gc.get_count()
        now = time.monotonic()
        if 0 < limits[2] < counts[2] and now - self._full >= FULL_S:
            self._full = now
            gc.collect()
        elif 0 < limits[1] < counts[1]:
            gc.collect(1)
        elif 0 < limits[0] < counts[0]:
            gc.collect(0)

    def _set_aside(self) -> None:
        busy = self._busy()
        if busy == self._was_busy or not self._sets_aside:
            return
        self._was_busy = busy
        if busy:
            gc.collect()
            gc.freeze()
        else:
            gc.unfreeze()
