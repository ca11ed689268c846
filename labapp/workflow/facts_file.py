"""What a facts file may say: its groups and fields, with their limits.

The file, its form, its checks and the command are made from these definitions: a field that is
added here appears in all of them. Its words and its unit are in `labapp.workflow.facts_words`.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

LONGEST = 200
"""Characters of a text."""

Text = Annotated[str, Meta(max_length=LONGEST)]
Positive = Annotated[float, Meta(gt=0, le=1e6)]
Hertz = Annotated[float, Meta(ge=0, le=1e6)]
Mode = Literal["single differential", "double differential", "monopolar"]


class Participant(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Of a participant: nothing that tells who it is."""

    age: Text = ""
    sex: Text = ""
    dominance: Text = ""
    side_tested: Text = ""
    height_cm: Annotated[float, Meta(ge=20, le=300)] | None = None
    mass_kg: Annotated[float, Meta(ge=1, le=700)] | None = None
    training_status: Text = ""


class Electrode(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One electrode pair; ``distances_mm`` are from landmarks (``{C7 = 62, acromion = 95}``)."""

    site_id: Text = ""
    distances_mm: dict[str, Annotated[float, Meta(ge=0, le=1000)]] = {}
    material: Text = ""
    shape: Text = ""
    size_mm: Annotated[float, Meta(gt=0, le=100)] | None = None
    ied_mm: Annotated[float, Meta(gt=0, le=200)] | None = None
    gel: Text = ""
    skin_prep: Text = ""
    impedance_kohm: Annotated[float, Meta(ge=0, le=1e4)] | None = None
    orientation_text: Text = ""
    reference_site: Text = ""
    mode: Literal["", "SD", "DD"] = ""
    wire: bool = False


class Amplifier(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The EMG amplifier."""

    mode: Mode | None = None
    gain: Positive | None = None
    input_impedance_Mohm: Positive | None = None
    cmrr_db: Annotated[float, Meta(gt=0, le=250)] | None = None
    hw_band_hz: tuple[Hertz, Hertz] | None = None
    adc_bits: Annotated[int, Meta(ge=1, le=32)] | None = None
    model: Text = ""

    def __post_init__(self) -> None:
        """Refuse a band that ends before it begins."""
        if self.hw_band_hz is not None and not self.hw_band_hz[0] < self.hw_band_hz[1]:
            raise ValueError("hw_band_hz is not from a lower to a higher frequency")


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
