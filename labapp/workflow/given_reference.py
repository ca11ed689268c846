"""References of another session as a recording keeps them: values, uncertainty and where from.

They are frozen into the recording when it begins, or given to its analysis; either way the
analysis reads nothing but what stands there, never the other session.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from labapp.errors import LabError
from labapp.record.config import read_config
from labapp.record.place import CONFIG_NAME

if TYPE_CHECKING:
    from labapp.analysis.given import GivenReferences
    from labapp.analysis.references import Reference

OWN: Final = "none"
"""Given in place of a reference: the session is counted from its own one."""
PART: Final = "given_reference"
"""Key of the analysis document that holds all that was given."""
MOST_MUSCLES: Final = 64


class FrozenMuscle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Reference of one muscle, as the other session's analysis document has it."""

    value_uv: float | None
    n: int
    kind: Literal["maximal", "submaximal"]
    log_sd: float | None = None
    low_uv: float | None = None
    high_uv: float | None = None
    snr_db: float | None = None
    contractions_uv: tuple[float, ...] = ()
    reason: str = ""
    notes: tuple[str, ...] = ()


class FrozenReference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """References of another session.

    ``uuid`` and ``content`` (checksum of its samples) identify that session whatever its file is
    called; ``age_s`` is how long before this recording it began (negative: after it).
    """

    session: str
    uuid: str
    content: str
    created_utc: str
    age_s: float
    protocol: str
    labapp: str
    parameters_sha256: str
    method: str
    muscles: dict[str, FrozenMuscle]

    @property
    def usable(self) -> tuple[str, ...]:
        """Codes of the muscles that have a value."""
        return tuple(code for code, one in self.muscles.items() if one.value_uv is not None)

    @property
    def maximal(self) -> bool:
        """Whether muscles can be compared by these references."""
        return any(self.muscles[code].kind == "maximal" for code in self.usable)


Given = FrozenReference | Literal["none"]


def parse_frozen(data: object, place: str) -> FrozenReference:
    """Check references that stand in a header or in a document.

    Raises
    ------
    LabError
        They are not such, or hold numbers that no reference has; ``place`` says where.
    """
    try:
        found = msgspec.convert(data, FrozenReference)
    except msgspec.ValidationError as error:
        raise _refused(place, f"{error}") from None
    if not math.isfinite(found.age_s):
        raise _refused(place, "its age is no number")
    if len(found.muscles) > MOST_MUSCLES:
        raise _refused(place, f"it has {len(found.muscles)} muscles")
    for code, one in found.muscles.items():
        sizes = [v for v in (one.value_uv, one.low_uv, one.high_uv, *one.contractions_uv)
                 if v is not None]  # fmt: skip
        spread = one.log_sd if one.log_sd is not None else 0.0
        good = all(math.isfinite(v) and v > 0 for v in sizes) and 0 <= spread < math.inf
        if not good or not 0 <= one.n <= 10_000:
            raise _refused(place, f"what it says of {code} is no reference")
    return found


def _refused(place: str, why: str) -> LabError:
    return LabError(
        f"the reference of another session in {place} cannot be used: {why}",
        "analyse with --reference none, or give that session again",
    )


def frozen_in(meta: Mapping[str, Any], place: str) -> FrozenReference | None:
    """Return the references that a session was recorded with; None where there were none."""
    data = meta.get("reference")
    return None if data is None else parse_frozen(data, place)


def given_at(folder: Path) -> FrozenReference | None:
    """Return the references that the recorder of a folder was started with.

    Raises
    ------
    LabError
        The folder holds no recording, or its references are none.
    """
    data = read_config(folder / CONFIG_NAME).reference
    return None if data is None else parse_frozen(data, folder.name)


def header_value(frozen: FrozenReference | None) -> dict[str, Any] | None:
    """Return references as the header of a recording keeps them."""
    made: dict[str, Any] | None = None if frozen is None else msgspec.to_builtins(frozen)
    return made


def as_given(frozen: FrozenReference) -> GivenReferences:
    """Return references for the analysis, in volts."""
    from labapp.analysis.given import GivenReferences  # brings SciPy: not on the start-up path

    source = msgspec.to_builtins(frozen)
    del source["muscles"]
    return GivenReferences({m: _reference(one) for m, one in frozen.muscles.items()}, source)


def _reference(one: FrozenMuscle) -> Reference:
    from labapp.analysis.references import Reference

    def volts(value: float | None) -> float:
        return math.nan if value is None else 1e-6 * value

    return Reference(
        volts(one.value_uv),
        one.n,
        math.nan if one.log_sd is None else one.log_sd,
        math.nan if one.snr_db is None else one.snr_db,
        one.reason,
        volts(one.low_uv),
        volts(one.high_uv),
        float(max(one.n - 1, 0)),
        one.kind,
        tuple(1e-6 * value for value in one.contractions_uv),
        one.notes,
    )


def given_part(recorded: FrozenReference | None, later: Given | None) -> dict[str, Any]:
    """Write the part of the document that says what was given and when; empty for nothing."""
    if later is not None:
        held = None if later == OWN else header_value(later)
        return {PART: {"at": "analysis", "reference": held}}
    if recorded is not None:
        return {PART: {"at": "recording", "reference": header_value(recorded)}}
    return {}


def given_then(document: Mapping[str, Any]) -> Given | None:
    """Return what was given at the analysis that a document is of; None for nothing then."""
    part = document.get(PART)
    if not isinstance(part, Mapping) or part.get("at") != "analysis":
        return None
    held = part.get("reference")
    return OWN if held is None else parse_frozen(held, "the stored analysis")
