"""Words for the muscles of a montage; imports next to nothing."""

from __future__ import annotations

from typing import Final

from labapp.translate import phrase

MUSCLE_NAMES: Final[dict[str, str]] = {
    "RM": phrase("rhomboid major"),
    "UT": phrase("upper trapezius"),
    "MT": phrase("middle trapezius"),
    "LT": phrase("lower trapezius"),
    "PD": phrase("posterior deltoid"),
    "LD": phrase("latissimus dorsi"),
    "SA": phrase("serratus anterior"),
    "IS": phrase("infraspinatus"),
    "ES": phrase("lumbar erector spinae"),
    "F_PULL": phrase("pull force"),
    "TRIG": phrase("synchronisation pulse"),
    "COPY": phrase("copy of the force"),
    "FP_FL": phrase("plate, front left"),
    "FP_FR": phrase("plate, front right"),
    "FP_RL": phrase("plate, rear left"),
    "FP_RR": phrase("plate, rear right"),
}
"""Words for the muscle part of a montage code (``RM_R`` is ``RM`` on the right), and for others."""

PULSE_CODE: Final = "TRIG"
"""Montage code of an analogue channel that carries synchronisation pulses."""
COPY_CODE: Final = "COPY"
"""Montage code of an analogue channel that carries the load cell's signal."""
SYNC_CODES: Final = frozenset({PULSE_CODE, COPY_CODE})
"""Codes of channels that are wired to no muscle."""
