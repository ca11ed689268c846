"""What is remembered of a study: its devices, what lies on their channels, protocol and choices.

One small JSON file in the study folder, so that every computer that opens the folder finds the
laboratory as it was left. Such a folder is shared, so the file is a stranger's until every entry
has been checked: nothing in it is a path, and no device is opened because it is named there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from labapp import load, paths
from labapp.device import get_driver, parse_settings
from labapp.errors import LabError
from labapp.model import Kind
from labapp.muscles import MUSCLE_NAMES, SYNC_CODES
from labapp.palette import split_side
from labapp.record.config import DeviceConfig
from labapp.report.saving import save
from labapp.workflow.calibrated_devices import given_calibrations
from labapp.workflow.devices import CODE, ID

FILE: Final = "labapp-study.json"
MOST_BYTES: Final = 200_000
MOST_DEVICES: Final = 32
SPEEDS: Final = (0.01, 1000.0)

Key = tuple[str, str]
"""What tells a device from others: its driver, and its serial number or else its port."""
Short = Annotated[str, Meta(max_length=64)]
Source = Literal["simulated", "connected"]


class StudyDevice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One device that the study has used; ``used``: it was chosen last.

    ``cell`` is the name that its load cell was calibrated under, where its plug has no serial
    number.
    """

    id: Short
    driver: Short
    port: Annotated[str, Meta(max_length=300)]
    serial: Annotated[str, Meta(max_length=128)] = ""
    settings: dict[str, Any] = {}
    montage: dict[Short, Short] = {}
    cell: Short = ""
    used: bool = False

    @property
    def key(self) -> Key:
        """What tells it from other devices."""
        return self.driver, self.serial or self.port


class StudySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Choices of one study; empty words leave what the window has."""

    format: Literal["labapp-study"] = "labapp-study"
    version: Literal[1] = 1
    protocol: Short = ""
    practice: bool = False
    source: Source = "simulated"
    scenario: Short = ""
    speed: Annotated[float, Meta(ge=SPEEDS[0], le=SPEEDS[1])] = 1.0
    devices: Annotated[tuple[StudyDevice, ...], Meta(max_length=MOST_DEVICES)] = ()

    def device(self, driver: str, serial: str | None, port: str) -> StudyDevice | None:
        """Find what is remembered of a device; None if it is new to the study."""
        wanted: Key = (driver, serial or port)
        return next((one for one in self.devices if one.key == wanted), None)


def study_file(folder: Path) -> Path:
    """Where the choices of a study lie."""
    return folder / FILE


def load_study(folder: Path) -> StudySettings | None:
    """Read and check the choices of a study; None where it has none yet.

    Raises
    ------
    LabError
        Unreadable, larger than 200 kB, not JSON, or anything in it that is not what it should be.
    """
    path = study_file(folder)
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LabError(
            f"{path} cannot be read: {error.strerror}", "check the rights of the study folder"
        ) from None
    remedy = "delete it: the window starts with its usual choices"
    if len(data) > MOST_BYTES:
        raise LabError(f"{path} is larger than {MOST_BYTES // 1000} kB", remedy)
    tree = load.parse_json(data, name=str(path))
    try:
        found = msgspec.convert(tree, StudySettings)
    except msgspec.ValidationError as error:
        raise LabError(f"{path}: {error}", remedy) from None
    for place, what in _mistakes(found):
        raise LabError(f"{path}, {place}: {what}", remedy)
    return found


def save_study(folder: Path, settings: StudySettings) -> Path:
    """Write the choices of a study, whole or not at all.

    Raises
    ------
    LabError
        The folder is missing or cannot be written to.
    """
    data = msgspec.json.format(msgspec.json.encode(settings), indent=1)
    return save(study_file(folder), data)


def key_of(device: DeviceConfig) -> Key:
    """Return what tells a device from others."""
    return device.driver, device.serial or device.port


def remembered(
    before: StudySettings, devices: Iterable[DeviceConfig], cells: Mapping[Key, str]
) -> tuple[StudyDevice, ...]:
    """Devices to remember: those in use now, then the ones that were used before.

    Parameters
    ----------
    cells
        Name of the load cell per device, where one was chosen.
    """
    now = [
        StudyDevice(
            id=device.id,
            driver=device.driver,
            port=device.port,
            serial=device.serial or "",
            settings=dict(device.settings),
            montage=dict(device.montage),
            cell=cells.get(key_of(device), ""),
            used=True,
        )
        for device in devices
    ]
    keys = {one.key for one in now}
    # The simulated laboratory is no device that somebody may plug in again.
    simulated = {one.port.startswith("sim://") for one in now}
    earlier = [
        replace(one, used=one.used and one.port.startswith("sim://") not in simulated)
        for one in before.devices
        if one.key not in keys
    ]
    return (*now, *earlier)[:MOST_DEVICES]


def recalled(settings: StudySettings, device: DeviceConfig) -> DeviceConfig:
    """Give a device the montage that the study has for it; what no longer fits is left out."""
    known = settings.device(device.driver, device.serial, device.port)
    if known is None:
        return device
    driver = get_driver(device.driver)
    codec = driver.codec(parse_settings(driver, dict(device.settings)))
    kinds = {channel.name: channel.kind for channel in codec.channels}
    montage = {
        name: code
        for name, code in known.montage.items()
        if name in kinds and _lies_on(code, kinds[name])
    }
    return replace(device, montage=montage)


def _lies_on(code: str, kind: Kind) -> bool:
    """Whether a code may stand for a channel of this kind: no muscle gives newtons."""
    if kind == "digital":
        return False
    muscle, _ = split_side(code)
    if muscle not in MUSCLE_NAMES or muscle in SYNC_CODES:  # a name of one's own, or a wire
        return True
    return muscle.startswith(("F_", "FP_")) == (kind == "force")


def with_cells(
    devices: Iterable[DeviceConfig], cells: Mapping[Key, str]
) -> tuple[DeviceConfig, ...]:
    """Give devices the calibrations of the cells that were chosen for them by name.

    Raises
    ------
    LabError
        A cell without a calibration for its device.
    """
    devices = tuple(devices)
    texts = [
        f"{device.id}={cells[key_of(device)]}"
        for device in devices
        if not device.calibration and key_of(device) in cells
    ]
    return given_calibrations(devices, texts)


def _mistakes(found: StudySettings) -> Iterable[tuple[str, str]]:
    """Place and mistake of what the types do not refuse."""
    for key in ("protocol", "scenario"):
        word = getattr(found, key)
        if word and (not paths.is_safe_name(word) or word.endswith(".toml")):
            yield f"$.{key}", f"{word!r} is no name"
    for i, device in enumerate(found.devices):
        place = f"$.devices[{i}]"
        if not ID.fullmatch(device.id):
            yield f"{place}.id", f"{device.id!r} is no short lower-case word"
        if not paths.is_safe_name(device.driver):
            yield f"{place}.driver", f"{device.driver!r} is no name"
        if device.cell and not paths.is_safe_name(device.cell):
            yield f"{place}.cell", f"{device.cell!r} is no name"
        if not device.port or not device.port.isprintable() or not device.serial.isprintable():
            yield f"{place}.port", "has signs that no port has"
        if len(device.montage) > 512 or len(msgspec.json.encode(device.settings)) > 100_000:
            yield place, "has more channels or settings than any device"
        for channel, code in device.montage.items():
            if not channel.isprintable() or not CODE.fullmatch(code):
                yield f"{place}.montage", f"{code!r} on {channel!r} is no muscle"
