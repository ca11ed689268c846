"""What a recording is started with: one JSON file that the recorder process reads."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Literal

import msgspec

from labapp.errors import LabError
from labapp.load import parse_json
from labapp.paths import is_safe_name


class ChannelCalibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Calibration of a force channel: ``force = slope * count + intercept``, newtons.

    ``id`` and ``made_utc`` name the calibration file, ``sha256`` is the checksum of its text;
    ``u_slope``, ``u_intercept`` and ``covariance`` are the standard uncertainties of the line,
    ``residual_sd`` (N) the spread about it; the rest is printed with every result.
    """

    id: str
    made_utc: str
    sha256: str
    slope: float
    intercept: float
    u_slope: float = 0.0
    u_intercept: float = 0.0
    covariance: float = 0.0
    residual_sd: float = 0.0
    g: float = 9.80665
    masses_kg: tuple[float, ...] = ()
    nonlinearity_percent: float | None = None
    hysteresis_percent: float | None = None
    state: str = ""


class DeviceConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One device: what it is, where it is plugged in, and which muscle is on which channel.

    ``port`` is a name (``COM3``, ``/dev/ttyUSB0``) or a URL (``sim://bitalino``,
    ``replay://FILE``); ``montage`` maps channel names to muscle codes. ``calibration`` says what
    the counts of a force channel mean, by channel name, where its driver does not.
    """

    id: str
    driver: str
    port: str
    settings: dict[str, Any] = {}
    montage: dict[str, str] = {}
    serial: str | None = None
    calibration: dict[str, ChannelCalibration] = {}

    @property
    def simulated(self) -> bool:
        """Whether the device lives in lab time (simulated or replayed)."""
        return self.port.startswith(("sim://", "replay://"))


class ClockConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lab time of the recording; ``speed`` counts for ``scaled`` only."""

    kind: Literal["real", "scaled", "stepped"] = "real"
    speed: float = 1.0


class ProtocolText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A protocol as it was when the recording began, verbatim."""

    name: str
    text: str
    sha256: str = ""
    language: str = ""
    """Language in which the person read and heard it; the text may hold several."""


class RecorderConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything a recorder process needs to know; see `check_config`.

    Attributes
    ----------
    folder
        Folder of the recording.
    scenario, seed, scripted, loss
        Of the simulated laboratory (`labapp.simulate`), when devices are ``sim://``.
    protocol, plan, participant, reference
        Kept verbatim in the header of the log.
    ring_seconds
        Length of the live view.
    start_timeout_s
        How long a real device may take from its start to its first sample.
    """

    folder: str
    devices: tuple[DeviceConfig, ...]
    clock: ClockConfig = ClockConfig()
    scenario: str | None = None
    seed: int | None = None
    scripted: bool = False
    loss: float = 0.0
    participant: str = ""
    protocol: ProtocolText | None = None
    plan: dict[str, Any] | None = None
    reference: dict[str, Any] | None = None
    ring_seconds: float = 60.0
    start_timeout_s: float = 5.0


def check_config(config: RecorderConfig) -> RecorderConfig:
    """Refuse what cannot be recorded, and complete the protocol's checksum.

    Raises
    ------
    LabError
        No device, two with one id, an id unfit for a file name, a real device on a clock that is
        not the host's, a simulated device without seed, a speed that is not positive.
    """
    if not config.devices:
        raise LabError("no device to record", "give at least one: --device ID=DRIVER@PORT")
    seen: set[str] = set()
    for device in config.devices:
        if not is_safe_name(device.id):
            raise LabError(
                f"device id {device.id!r} is not allowed", "use letters, digits, '.', '_' and '-'"
            )
        if device.id in seen:
            raise LabError(f"two devices have the id {device.id!r}", "give each device its own id")
        seen.add(device.id)
        if config.clock.kind != "real" and not device.simulated:
            raise LabError(
                f"device {device.id!r} on {device.port} is real, but the clock is"
                f" {config.clock.kind}",
                "record real devices on the real clock",
            )
        if device.port.startswith("sim://") and config.seed is None:
            raise LabError(f"simulated device {device.id!r} has no seed", "give one: --seed 1")
    if len(config.devices) > 250:
        raise LabError(f"{len(config.devices)} devices", "record at most 250 at once")
    if not config.clock.speed > 0 or not config.clock.speed < 1e6:
        raise LabError(f"clock speed {config.clock.speed} is not usable", "give e.g. 10")
    if not 1.0 <= config.ring_seconds <= 3600.0:
        raise LabError(f"ring of {config.ring_seconds} s", "give 1 to 3600 s")
    protocol = config.protocol
    if protocol is not None:
        digest = hashlib.sha256(protocol.text.encode()).hexdigest()
        if protocol.sha256 not in ("", digest):
            raise LabError(
                f"the text of protocol {protocol.name!r} does not have its checksum",
                "load the protocol again",
            )
        config = msgspec.structs.replace(
            config, protocol=msgspec.structs.replace(protocol, sha256=digest)
        )
    return config


def read_config(path: Path) -> RecorderConfig:
    """Read and check a recorder's JSON file; `LabError` for anything wrong in it."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LabError(f"cannot read {path}: {error.strerror}", "check the path") from None
    try:
        config = msgspec.convert(parse_json(data, name=str(path)), RecorderConfig)
    except msgspec.ValidationError as error:
        raise LabError(f"{path}: {error}", "correct it and start again") from None
    return check_config(config)
