"""The facts file: what only people know of a recording and every report has to state.

Electrodes, skin, amplifier, load cell, posture (ISEK and CEDE ask for them). Nothing in it can name
a person. It is read before a recording and kept in it as a marker, or given to a report later.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from labapp.errors import LabError
from labapp.load import read_toml
from labapp.session.facts import EVERY
from labapp.workflow.person import looks_personal

Text = Annotated[str, Meta(max_length=200)]
Positive = Annotated[float, Meta(gt=0, le=1e6)]
Mode = Literal["single differential", "double differential", "monopolar"]


class Participant(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Of a participant: nothing that tells who it is."""

    age: Text = ""
    sex: Text = ""
    dominance: Text = ""
    side_tested: Text = ""
    height_cm: Positive | None = None
    mass_kg: Positive | None = None
    training_status: Text = ""


class Electrode(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One electrode pair; ``distances_mm`` are from landmarks (``{C7 = 62, acromion = 95}``)."""

    material: Text = ""
    shape: Text = ""
    size_mm: Positive | None = None
    gel: Text = ""
    skin_prep: Text = ""
    impedance_kohm: Annotated[float, Meta(ge=0, le=1e4)] | None = None
    ied_mm: Positive | None = None
    site_id: Text = ""
    distances_mm: dict[str, Annotated[float, Meta(ge=0, le=1000)]] = {}
    orientation_text: Text = ""
    reference_site: Text = ""
    mode: Literal["", "SD", "DD"] = ""
    wire: bool = False


class Amplifier(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The EMG amplifier."""

    model: Text = ""
    mode: Mode | None = None
    gain: Positive | None = None
    input_impedance_Mohm: Positive | None = None
    cmrr_db: Positive | None = None
    hw_band_hz: tuple[float, float] | None = None
    adc_bits: Annotated[int, Meta(ge=1, le=32)] | None = None


class ForceCell(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The load cell, where its calibration file does not say it."""

    model: Text = ""
    capacity_n: Positive | None = None


class Normalisation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Reference contractions: positions with joint angles, and how people were trained for them."""

    joint_angles: Text = ""
    training: Text = ""


class StandingFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Quiet standing: place of the feet, what was looked at, shoes."""

    feet: Text = ""
    gaze: Text = ""
    shoes: Text = ""
    plate_calibration: Text = ""


class FactsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A facts file; what the electrode ``all`` says holds for every electrode."""

    participant: Participant = Participant()
    electrodes: dict[str, Electrode] = {}
    amplifier: Amplifier = Amplifier()
    force: ForceCell = ForceCell()
    normalisation: Normalisation = Normalisation()
    standing: StandingFacts = StandingFacts()


def read_facts(path: Path, codes: list[str] | None = None) -> dict[str, Any]:
    """Read a facts file as the JSON values of its marker.

    Parameters
    ----------
    path
        TOML file.
    codes
        Montage codes that electrodes may be of; not checked where None.

    Raises
    ------
    LabError
        A wrong place or value, an electrode of a muscle that is not recorded, or a text that looks
        as if it could tell who somebody is.
    """
    found = read_toml(path, FactsFile)
    for code in found.electrodes:
        if codes is not None and code != EVERY and code not in codes:
            raise LabError(
                f"{path.name}: electrode {code!r} is on no channel",
                f"use {EVERY} or one of {', '.join(codes) or 'none'}",
            )
    data: dict[str, Any] = msgspec.to_builtins(found)
    for text in _texts(data):
        told = looks_personal(text)
        if told:
            raise LabError(f"{path.name}: {told}", "leave out what could tell who it is")
    return data


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    return []
