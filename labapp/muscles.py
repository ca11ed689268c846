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
}
"""Words for the muscle part of a montage code (``RM_R`` is ``RM`` on the right)."""
