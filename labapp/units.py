"""Units at the edge: what a foreign file calls a unit, and the factor to SI.

Inside the program voltage is in V, force in N, time in s. The force factors are exact by
definition: standard gravity 9.80665 m/s2 (CGPM 1901), pound 0.45359237 kg (1959).
"""

from __future__ import annotations

from typing import Final

from labapp.errors import LabError

STANDARD_GRAVITY: Final = 9.80665
N_PER_KGF: Final = STANDARD_GRAVITY
N_PER_LBF: Final = 0.45359237 * STANDARD_GRAVITY
N_PER_OZF: Final = N_PER_LBF / 16

_TO_SI: Final[dict[str, tuple[str, float]]] = {
    "V": ("V", 1.0),
    "mV": ("V", 1e-3),
    "uV": ("V", 1e-6),
    "nV": ("V", 1e-9),
    "N": ("N", 1.0),
    "kN": ("N", 1e3),
    "mN": ("N", 1e-3),
    "kgf": ("N", N_PER_KGF),
    "gf": ("N", N_PER_KGF / 1000),
    "lbf": ("N", N_PER_LBF),
    "ozf": ("N", N_PER_OZF),
    "s": ("s", 1.0),
    "ms": ("s", 1e-3),
    "us": ("s", 1e-6),
}
_SAME: Final = {"µV": "uV", "μV": "uV", "µs": "us", "μs": "us", "kg": "kgf", "lb": "lbf"}

NO_UNIT: Final = "none"
"""Of bare numbers: neither a voltage nor a force."""
_CALLED: Final = {
    "microvolt": "uV",
    "microvolts": "uV",
    "uv": "uV",
    "µv": "uV",
    "μv": "uV",
    "millivolt": "mV",
    "millivolts": "mV",
    "mv": "mV",
    "nanovolts": "nV",
    "nv": "nV",
    "volt": "V",
    "volts": "V",
    "v": "V",
    "newton": "N",
    "newtons": "N",
    "n": "N",
    "kilonewton": "kN",
    "kilonewtons": "kN",
    "kn": "kN",
    "kgf": "kgf",
    "lbf": "lbf",
}


def to_si(unit: str) -> tuple[str, float]:
    """SI unit and factor: ``"uV"`` gives ``("V", 1e-6)``, ``"lbf"`` gives ``("N", 4.448...)``.

    Both Unicode signs for micro are taken; ``kg`` and ``lb`` are read as forces, as load cell
    software writes them.

    Raises
    ------
    LabError
        Unknown unit; the line lists the known ones.
    """
    text = unit.strip()
    found = _TO_SI.get(_SAME.get(text, text))
    if found is None:
        raise LabError(f"unknown unit {unit[:20]!r}", f"use one of {', '.join(_TO_SI)}")
    return found


def recognised(text: str) -> str:
    """Return the unit that a stream's own word means: ``"microvolts"`` gives ``"uV"``.

    ``"none"`` for anything that is no voltage and no force (degrees, counts): whoever says it is
    not asked again. ``""`` where nothing is said.
    """
    return _CALLED.get(text.strip().lower(), NO_UNIT) if text.strip() else ""
