"""Words of the facts file's groups and fields: titles, explanations, units, examples.

A field that has none here still appears wherever fields are listed, under the name of its key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from labapp.translate import phrase


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of a field; ``own`` marks what differs from electrode to electrode."""

    title: str
    tip: str
    unit: str = ""
    example: str = ""
    own: bool = False


WORDS: Final[dict[str, Words]] = {
    "participant": Words(
        phrase("Participants"),
        phrase(
            "Only what holds for every participant of the study. Nothing that tells who somebody "
            "is."
        ),
    ),
    "participant.age": Words(
        phrase("Age"), phrase("An age or a range of years. Never a birth date."), example="25 to 29"
    ),
    "participant.sex": Words(phrase("Sex"), phrase("As the study records it."), example="f"),
    "participant.dominance": Words(
        phrase("Strong side"),
        phrase(
            "Hand that the person throws and writes with. What the card Participant on the page "
            "Set up says goes before it."
        ),
        example="right",
    ),
    "participant.side_tested": Words(
        phrase("Side tested"),
        phrase(
            "Side that the electrodes are on, where the montage does not tell it. What the card "
            "Participant says goes before it."
        ),
        example="right",
    ),
    "participant.height_cm": Words(
        phrase("Height"),
        phrase("Standing, without shoes. Reports on quiet standing state it."),
        unit="cm",
        example="175",
    ),
    "participant.mass_kg": Words(
        phrase("Body mass"), phrase("Reports on quiet standing state it."), unit="kg", example="70"
    ),
    "participant.training_status": Words(
        phrase("Training status"),
        phrase("What sport or strength training the person is used to."),
        example="strength training twice a week",
    ),
    "electrodes": Words(
        phrase("Electrodes"),
        phrase(
            "What holds for every electrode is entered once; an entry of one electrode goes "
            "before it."
        ),
    ),
    "electrodes.material": Words(
        phrase("Material"),
        phrase("What the contact is made of; it stands on the bag."),
        example="Ag/AgCl",
    ),
    "electrodes.shape": Words(
        phrase("Shape"),
        phrase("Of the contact itself, not of the sticker around it."),
        example="disc",
    ),
    "electrodes.size_mm": Words(
        phrase("Size"),
        phrase("Diameter of the contact, or its length along the fibres."),
        unit="mm",
        example="10",
    ),
    "electrodes.ied_mm": Words(
        phrase("Inter-electrode distance"),
        phrase("From the middle of one contact to the middle of the other."),
        unit="mm",
        example="20",
    ),
    "electrodes.gel": Words(
        phrase("Gel"), phrase("Wet gel, solid gel, paste, or dry."), example="wet gel"
    ),
    "electrodes.skin_prep": Words(
        phrase("Skin preparation"),
        phrase("Whether the skin was shaved, roughened, cleaned, and with what."),
        example="shaved, alcohol wipe",
    ),
    "electrodes.impedance_kohm": Words(
        phrase("Impedance"),
        phrase("Between the two contacts on the skin, measured before the test."),
        unit="kΩ",
        example="5",
    ),
    "electrodes.site_id": Words(
        phrase("Site"),
        phrase(
            "Name of the place. The rhomboid's grade A asks for the caudal window: the part that "
            "trapezius does not cover."
        ),
        example="SENIAM",
        own=True,
    ),
    "electrodes.distances_mm": Words(
        phrase("Distances from landmarks"),
        phrase(
            "Two or more bony landmarks with their distances, so that the next session finds the "
            "place again. Put a semicolon between them."
        ),
        unit="mm",
        example="C7 62; acromion 95",
        own=True,
    ),
    "electrodes.orientation_text": Words(
        phrase("Direction"),
        phrase("How the two contacts lie to the muscle fibres."),
        example="along the fibres",
    ),
    "electrodes.reference_site": Words(
        phrase("Reference electrode"),
        phrase("Where the ground or reference electrode is."),
        example="left clavicle",
    ),
    "electrodes.mode": Words(
        phrase("Derivation"),
        phrase(
            "SD: difference of two contacts. DD: double difference of three, which sees less of "
            "neighbouring muscles; it counts for the rhomboid's grade."
        ),
    ),
    "electrodes.wire": Words(
        phrase("Fine wire"), phrase("A wire in the muscle instead of contacts on the skin.")
    ),
    "amplifier": Words(phrase("Amplifier"), phrase("Its data sheet tells all of it.")),
    "amplifier.model": Words(
        phrase("Model"), phrase("Where the driver's data sheet does not tell it.")
    ),
    "amplifier.mode": Words(
        phrase("Detection mode"),
        phrase("Single differential: two contacts a channel. It stands in the data sheet."),
    ),
    "amplifier.gain": Words(
        phrase("Gain"),
        phrase("How many times the amplifier makes the voltage larger."),
        example="1009",
    ),
    "amplifier.input_impedance_Mohm": Words(
        phrase("Input impedance"),
        phrase("From the data sheet; 1 GΩ is 1000 MΩ."),
        unit="MΩ",
        example="100000",
    ),
    "amplifier.cmrr_db": Words(
        phrase("Common-mode rejection (CMRR)"),
        phrase("How well hum that both contacts see alike is taken out; from the data sheet."),
        unit="dB",
        example="86",
    ),
    "amplifier.hw_band_hz": Words(
        phrase("Hardware band"),
        phrase(
            "Lowest and highest frequency that the amplifier lets through, before any filter of "
            "this program."
        ),
        unit="Hz",
        example="25 to 480",
    ),
    "amplifier.adc_bits": Words(
        phrase("Resolution"),
        phrase("Of the converter, where the driver's data sheet has another."),
        unit="bit",
        example="10",
    ),
    "force": Words(phrase("Load cell"), phrase("Its calibration is told by the page Calibrate.")),
    "force.model": Words(
        phrase("Model"),
        phrase("Type of the cell, as its label says."),
        example="S-type, 500 kg",
    ),
    "force.capacity_n": Words(
        phrase("Capacity"),
        phrase("Greatest force that it is made for; 1 kg is 9.81 N."),
        unit="N",
        example="4905",
    ),
    "normalisation": Words(
        phrase("Reference contractions"), phrase("What amplitudes are compared with.")
    ),
    "normalisation.joint_angles": Words(
        phrase("Position and joint angles"),
        phrase("How the person lay, sat or stood for the reference contractions."),
        example="shoulder 90 degrees out, elbow bent",
    ),
    "normalisation.training": Words(
        phrase("Training for them"),
        phrase("What people practised before the reference contractions counted."),
        example="two contractions at half strength",
    ),
    "standing": Words(phrase("Quiet standing"), phrase("Only for sessions on a force plate.")),
    "standing.feet": Words(
        phrase("Feet"),
        phrase("How far apart and how far turned out the feet stood."),
        example="heels 10 cm apart, 15 degrees out",
    ),
    "standing.gaze": Words(
        phrase("Looking at"),
        phrase("What people looked at, how far away and how high."),
        example="dot 2 m away at eye height",
    ),
    "standing.shoes": Words(
        phrase("Shoes"), phrase("Barefoot, socks or shoes."), example="barefoot"
    ),
    "standing.plate_calibration": Words(
        phrase("Calibration of the plate"), phrase("How and when the force plate was calibrated.")
    ),
}
