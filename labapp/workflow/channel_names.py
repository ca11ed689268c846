"""Channels that say in their own name which muscle they lie on, and the montage that follows.

Streams of other programs often carry such names (``RM_R``, ``UT-L``, ``Rhomboid major right``).
Only a name that says muscle and side and nothing else counts; what could mean two things, or two
channels of one name, is left to the person at the machine.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from labapp.device import get_driver, parse_settings
from labapp.model import Kind
from labapp.record.config import DeviceConfig
from labapp.workflow.study_settings import StudySettings

Place = tuple[str, str]
"""Id of a device and name of its channel."""

SIDES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("r", "right", "rechts", "re"), "R"),
    **dict.fromkeys(("l", "left", "links", "li"), "L"),
}
NOISE: Final = frozenset({"emg", "semg", "muscle", "m"})
"""Words that say nothing about the muscle."""
MUSCLE_WORDS: Final[Mapping[str, str]] = {
    "rm": "RM",
    "rhomboid major": "RM",
    "rhomboideus major": "RM",
    "ut": "UT",
    "upper trapezius": "UT",
    "upper trap": "UT",
    "trapezius upper": "UT",
    "trapezius descendens": "UT",
    "trapezius pars descendens": "UT",
    "trapezius oben": "UT",
    "mt": "MT",
    "middle trapezius": "MT",
    "middle trap": "MT",
    "trapezius middle": "MT",
    "trapezius transversa": "MT",
    "trapezius pars transversa": "MT",
    "trapezius mitte": "MT",
    "lt": "LT",
    "lower trapezius": "LT",
    "lower trap": "LT",
    "trapezius lower": "LT",
    "trapezius ascendens": "LT",
    "trapezius pars ascendens": "LT",
    "trapezius unten": "LT",
    "pd": "PD",
    "posterior deltoid": "PD",
    "deltoid posterior": "PD",
    "deltoideus posterior": "PD",
    "ld": "LD",
    "latissimus dorsi": "LD",
    "latissimus": "LD",
    "sa": "SA",
    "serratus anterior": "SA",
    "is": "IS",
    "infraspinatus": "IS",
    "es": "ES",
    "lumbar erector spinae": "ES",
    "erector spinae lumbar": "ES",
    "erector spinae lumbal": "ES",
    "erector spinae": "ES",
}
"""What a name may call a muscle of the montage, in small letters; the codes among them."""
_WORD = re.compile(r"[^\W\d_]+")
_BETWEEN = re.compile(r"[\s_.:/()\[\],-]*")


def named_code(name: str) -> str:
    """Return the montage code that a channel's name says, empty where it leaves any doubt.

    Capital letters do not matter, nor what stands between the words. A digit leaves doubt: the
    channel may be one of several on that muscle.
    """
    words = _WORD.findall(name)
    if not words or _BETWEEN.sub("", _WORD.sub("", name)):
        return ""
    words = [word.casefold() for word in words]
    words = [word for word in words if word not in NOISE]
    found = {
        f"{MUSCLE_WORDS[muscle]}_{SIDES[words[at]]}"
        for at in {0, len(words) - 1}
        if words and words[at] in SIDES
        and (muscle := " ".join(words[:at] + words[at + 1 :])) in MUSCLE_WORDS
    }  # fmt: skip
    return found.pop() if len(found) == 1 else ""


def proposed(study: StudySettings, devices: Sequence[DeviceConfig]) -> dict[Place, str]:
    """Return the muscles that the channels of new devices name, by device and channel.

    Parameters
    ----------
    study
        What it knows of a device was chosen by somebody: nothing is proposed for it.
    devices
        All devices of the coming recording, with their montage.

    Returns
    -------
    dict
        Montage code per place; only EMG channels that nothing lies on yet, only muscles that no
        other channel has or names.
    """
    taken = {code for device in devices for code in device.montage.values()}
    named = {
        (device.id, name): code
        for device in devices
        for name, kind in _channels(device)
        if kind == "emg" and (code := named_code(name))
    }
    often = Counter(named.values())
    new = {
        device.id: device
        for device in devices
        if study.device(device.driver, device.serial, device.port) is None
    }
    return {
        (id_, name): code
        for (id_, name), code in named.items()
        if id_ in new
        and name not in new[id_].montage
        and often[code] == 1
        and code not in taken
    }  # fmt: skip


def _channels(device: DeviceConfig) -> list[tuple[str, Kind]]:
    driver = get_driver(device.driver)
    codec = driver.codec(parse_settings(driver, dict(device.settings)))
    return [(channel.name, channel.kind) for channel in codec.channels]
