"""Sentences of the methods paragraph that state what people entered of a recording."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labapp import palette
from labapp.report.known import Facts
from labapp.report.words import listed, mapping, muscles_of, number, pick, value

Analysis = Mapping[str, Any]


def before_recording(info: Mapping[str, Any], analysis: Analysis) -> tuple[str, list[str]]:
    """Write what the methods paragraph of a recording to come will state of it.

    Parameters
    ----------
    info
        As of `methods_paragraph`: ``report``, ``sheets``.
    analysis
        What is known of the document before there is one: muscles (``order``), ``streams``,
        ``force`` where a load cell is connected, ``standing`` where people only stand.

    Returns
    -------
    tuple
        (text, names of everything that is printed as ``[?]``).
    """
    facts = Facts(info, muscles_of(analysis))
    if "standing" in analysis:
        words = [
            f"The centre of pressure of {standing_person(facts)} was measured in quiet standing.",
            f"Calibration of the force plate: {plate(facts)}.",
            f"{standing_setting(facts)}.",
        ]
        return " ".join(words), facts.missing
    words = [*electrodes(facts, analysis, graded=False), *amplifier(facts, analysis)]
    words.append(f"Reference contractions: {reference_posture(facts)}.")
    if "force" in analysis:
        words.append(f"Force was measured by {load_cell(facts)}.")
    return " ".join(words), facts.missing


def electrodes(facts: Facts, analysis: Analysis, *, graded: bool = True) -> list[str]:
    """Say who and which muscles were measured, and how the electrodes were placed."""
    muscles = muscles_of(analysis)
    sides = sorted({palette.split_side(code)[1] for code in muscles} - {""})
    names = list(dict.fromkeys(palette.name(palette.split_side(code)[0]) for code in muscles))
    side = listed([{"R": "right", "L": "left"}[one] for one in sides])
    told = facts.report("participant", "side_tested")
    rhomboid = any(palette.split_side(code)[0] == "RM" for code in muscles)
    return [
        f"Surface EMG was recorded from {facts.text('muscles', names)} of the "
        f"{facts.text('side tested', side, told)} side in 1 participant ({_person(facts)}).",
        f"Electrodes (material {facts.each('electrode material', 'material')}, "
        f"shape {facts.each('electrode shape', 'shape')}, "
        f"size {facts.each('electrode size (mm)', 'size_mm')} mm, gel "
        f"{facts.each('electrode gel', 'gel')}) were placed "
        f"{facts.each('inter-electrode distance (mm)', 'ied_mm')} mm apart at "
        f"{facts.each('electrode sites', 'site_id')} (distances from landmarks, "
        f"mm: {facts.distances('distances from landmarks (mm)')}), oriented "
        f"{facts.each('electrode orientation', 'orientation_text')}, after "
        f"{facts.each('skin preparation', 'skin_prep')}; inter-electrode "
        f"impedance was {facts.each('impedance (kOhm)', 'impedance_kohm')} kΩ.",
        *(
            [
                "The rhomboid electrode had selectivity grade "
                f"{facts.text('rhomboid selectivity grade', *_grades(facts, analysis))}."
            ]
            if graded and rhomboid
            else []
        ),
        "The reference electrode was on "
        f"{facts.each('reference electrode site', 'reference_site')}.",
    ]


def _person(facts: Facts) -> str:
    """Say of the participant what was entered; height and mass only where they were."""

    def known(key: str) -> Any:
        return facts.report("participant", key)

    who = mapping(facts.info, "participant")
    parts = [
        f"age {facts.text('age', known('age'), pick(who, 'age'))}",
        f"sex {facts.text('sex', known('sex'), pick(who, 'sex'))}",
        *(f"height {number(one, 0)} cm" for one in (known("height_cm"),) if one is not None),
        *(f"mass {number(one, 0)} kg" for one in (known("mass_kg"),) if one is not None),
        f"dominant hand {facts.text('dominance', known('dominance'))}",
        f"training status {facts.text('training status', known('training_status'))}",
    ]
    return ", ".join(parts)


def load_cell(facts: Facts) -> str:
    """Type of the load cell and what it is made for."""
    model = facts.text("force cell model", facts.report("force", "model"))
    capacity = facts.text("force cell capacity (N)", facts.report("force", "capacity_n"))
    return f"{model} (capacity {capacity} N)"


def reference_posture(facts: Facts) -> str:
    """Position and training of the reference contractions."""
    posture = facts.report("normalisation", "joint_angles")
    training = facts.report("normalisation", "training")
    return (
        f"position and joint angles {facts.text('joint angles of the reference', posture)}; "
        f"training for them {facts.text('training for the reference', training)}"
    )


def standing_person(facts: Facts) -> str:
    """Who was measured without EMG."""

    def known(key: str) -> Any:
        return facts.report("participant", key)

    return (
        f"1 participant (age {facts.text('age', known('age'))}, sex "
        f"{facts.text('sex', known('sex'))}, height "
        f"{facts.text('height (cm)', known('height_cm'))} cm, mass "
        f"{facts.text('mass (kg)', known('mass_kg'))} kg)"
    )


def standing_setting(facts: Facts) -> str:
    """How people stood."""
    feet, gaze, shoes = (
        facts.text(name, facts.report("standing", key))
        for name, key in (
            ("place of the feet", "feet"),
            ("what was looked at", "gaze"),
            ("shoes", "shoes"),
        )
    )
    return f"Feet: {feet}; looking at: {gaze}; shoes: {shoes}"


def plate(facts: Facts) -> str:
    """How the force plate was calibrated."""
    return facts.text("calibration of the plate", facts.report("standing", "plate_calibration"))


def _grades(facts: Facts, analysis: Analysis) -> list[Any]:
    """Grade measured in the session with its index, else the one that was entered."""
    measured = [
        f"{one['grade']} (index {one['index']:.2f}, 95 % interval {one['low']:.2f} to "
        f"{one['high']:.2f})"
        for one in mapping(analysis, "selectivity").values()
        if isinstance(one, Mapping) and isinstance(one.get("index"), float)
    ]
    return [measured, facts.rhomboids("selectivity")]


def amplifier(facts: Facts, analysis: Analysis) -> list[str]:
    """Say how signals were detected, amplified and sampled."""

    def known(key: str) -> Any:
        return facts.report("amplifier", key)

    emg = [
        (name, stream)
        for name, stream in mapping(analysis, "streams").items()
        if value(stream, "rate_nominal_hz") is not None
    ]
    # The EMG stream is the fastest one: a force cell beside it is slower by a decade.
    name, stream = max(emg, key=lambda one: value(one[1], "rate_nominal_hz") or 0, default=("", {}))
    sheet = mapping(facts.info, "sheets", name)
    band = known("hw_band_hz")
    hardware = f"{band[0]:g} to {band[1]:g}" if is_pair(band) else band
    box = (pick(sheet, "title"), known("model"), pick(stream, "driver"))
    return [
        f"Signals were detected in {facts.text('detection mode', known('mode'))} mode "
        f"({facts.text('amplifier', *box)}), "
        f"amplified by {facts.text('gain', known('gain'))} (input impedance "
        f"{facts.text('input impedance (MOhm)', known('input_impedance_Mohm'))} MΩ, CMRR "
        f"{facts.text('CMRR (dB)', known('cmrr_db'))} dB), band-limited to "
        f"{facts.text('hardware band (Hz)', hardware)} Hz and sampled at "
        f"{facts.text('sampling rate', value(stream, 'rate_nominal_hz'))} Hz with "
        f"{facts.text('resolution (bits)', known('adc_bits'), pick(sheet, 'bits'))} bits.",
    ]


def is_pair(found: Any) -> bool:
    """Whether something is two numbers."""
    return (
        isinstance(found, list | tuple)
        and len(found) == 2
        and all(isinstance(one, int | float) for one in found)
    )
