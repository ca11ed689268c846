"""labapp: which muscle came first in a pull, with an honest interval.

The package keeps its door light: importing it loads neither NumPy nor Qt. What a script
needs first is here (`open_session`); the rest is in the rooms (`labapp.analysis`, ...).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labapp.session.file import open_session

__version__ = "0.1.0"
__all__ = ["__version__", "open_session"]


def __getattr__(name: str) -> Any:
    """Load `open_session` when it is first asked for (it brings h5py, 0.15 s)."""
    if name == "open_session":
        from labapp.session.file import open_session

        return open_session
    raise AttributeError(f"module 'labapp' has no attribute {name!r}")
