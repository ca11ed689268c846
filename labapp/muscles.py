"""Words for the muscles of a montage; imports nothing, for the first frame of the window."""

from __future__ import annotations

from typing import Final

MUSCLE_NAMES: Final[dict[str, str]] = {
    "RM": "rhomboid major",
    "UT": "upper trapezius",
    "MT": "middle trapezius",
    "LT": "lower trapezius",
    "PD": "posterior deltoid",
    "LD": "latissimus dorsi",
    "SA": "serratus anterior",
    "IS": "infraspinatus",
    "ES": "lumbar erector spinae",
    "F_PULL": "pull force",
    "TRIG": "synchronisation pulse",
    "COPY": "copy of the force",
}
"""Words for the muscle part of a montage code (``RM_R`` is ``RM`` on the right)."""

PULSE_CODE: Final = "TRIG"
"""Montage code of an analogue channel that carries synchronisation pulses."""
COPY_CODE: Final = "COPY"
"""Montage code of an analogue channel that carries the load cell's signal."""
SYNC_CODES: Final = frozenset({PULSE_CODE, COPY_CODE})
"""Codes of channels that are wired to no muscle."""
