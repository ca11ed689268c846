"""The file of a calibration: everything it was made from, kept per device serial number.

A calibration belongs to one channel of one device, known by its serial number. It lies as a TOML
file among the user's own files; older ones stay beside it.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from labapp import load, paths
from labapp.errors import LabError
from labapp.record.config import ChannelCalibration
from labapp.report.saving import save
from labapp.workflow.naming import ensure_folder, safe

FOLDER = "calibrations"
OLD_DAYS = 90
"""A cell older than that since its calibration should be calibrated again."""


class ReadingRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reading and its distance from the line."""

    mass_kg: float
    direction: Literal["up", "down"]
    cycle: int
    count: float
    sd: float
    n: int
    at_s: float
    residual_n: float


class CalibrationFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A calibration with everything it was made from; percentages are of the greatest load."""

    driver: str
    serial: str
    channel: str
    made_utc: str
    labapp: str
    g: float
    g_source: str
    slope: float
    intercept: float
    u_slope: float
    u_intercept: float
    covariance: float
    residual_sd_n: float
    full_scale_n: float
    r2: float
    state: Literal["accepted", "amber"]
    readings: tuple[ReadingRow, ...]
    reasons: tuple[str, ...] = ()
    nonlinearity_percent: float | None = None
    hysteresis_percent: float | None = None
    repeatability_percent: float | None = None
    zero_return_percent: float | None = None
    drift_percent: float | None = None
    resolution_n: float | None = None
    cell: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if not self.slope > 0:
            raise ValueError(f"slope {self.slope} is not above 0")

    @property
    def masses_kg(self) -> tuple[float, ...]:
        """Masses used, smallest first."""
        return tuple(sorted({row.mass_kg for row in self.readings}))

    @property
    def name(self) -> str:
        """Name of the file, without extension."""
        when = "".join(c for c in self.made_utc[:19] if c.isdigit())
        return safe(f"{self.driver}_{self.serial}_{self.channel}_{when}")

    def age_days(self, now: datetime | None = None) -> float:
        """Days since it was made."""
        made = datetime.fromisoformat(self.made_utc)
        return ((now or datetime.now(UTC)) - made).total_seconds() / 86400


def calibration_text(made: CalibrationFile) -> str:
    """Write a calibration as TOML."""
    fields: dict[str, Any] = msgspec.to_builtins(made)
    rows = fields.pop("readings")
    lines = ["# Calibration of a load cell by labapp: force in N = slope * count + intercept."]
    lines += [f"{key} = {_toml(value)}" for key, value in fields.items() if value is not None]
    for row in rows:
        lines += ["", "[[readings]]", *(f"{key} = {_toml(value)}" for key, value in row.items())]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def save_calibration(made: CalibrationFile, out: Path | None = None) -> Path:
    """Keep a calibration among the user's own, or in ``out``; read back before it counts.

    Raises
    ------
    LabError
        The folder cannot be written to, or the file exists.
    """
    path = out or ensure_folder(paths.home() / FOLDER) / f"{made.name}.toml"
    if path.exists():
        raise LabError(f"{path} exists already", "choose another name; nothing is overwritten")
    text = calibration_text(made)
    if load.parse_toml(text, CalibrationFile, name=str(path)) != made:
        raise LabError(f"{path} would not read back as it was written", "please report this")
    return save(path, text.encode())


def load_calibration(path: Path) -> CalibrationFile:
    """Read a calibration file; `LabError` names the place of a mistake."""
    return load.read_toml(path, CalibrationFile)


def find_calibration(driver: str, serial: str, channel: str) -> Path | None:
    """Newest calibration of this channel among the user's own, None if there is none."""
    folder = paths.home() / FOLDER
    found = sorted(folder.glob(f"{safe(f'{driver}_{serial}_{channel}')}_*.toml"))
    fits = [(made.made_utc, path) for path in found if _is_of(made := load_calibration(path),
                                                             driver, serial, channel)]  # fmt: skip
    return max(fits)[1] if fits else None


def _is_of(made: CalibrationFile, driver: str, serial: str, channel: str) -> bool:
    return (made.driver, made.serial, made.channel) == (driver, serial, channel)


def channel_calibration(path: Path) -> ChannelCalibration:
    """Say what a recording needs of a calibration file."""
    made = load_calibration(path)
    return ChannelCalibration(
        id=path.stem,
        made_utc=made.made_utc,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        slope=made.slope,
        intercept=made.intercept,
        u_slope=made.u_slope,
        u_intercept=made.u_intercept,
        covariance=made.covariance,
        residual_sd=made.residual_sd_n,
        g=made.g,
        masses_kg=made.masses_kg,
        nonlinearity_percent=made.nonlinearity_percent,
        hysteresis_percent=made.hysteresis_percent,
        state=made.state,
    )
