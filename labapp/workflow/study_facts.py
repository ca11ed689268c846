"""Facts of a study's electrodes, amplifier and posture: one file for all of its recordings.

The file is a facts file (`labapp.workflow.report_facts`). What it says when a recording begins goes
into that recording, so that a later change rewrites nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from labapp.errors import LabError
from labapp.palette import split_side
from labapp.session.facts import EVERY
from labapp.session.facts import MARKER as FACTS
from labapp.workflow.form_filling import ANSWER
from labapp.workflow.person import MARKER as PERSON
from labapp.workflow.person import PersonFacts
from labapp.workflow.report_facts import read_facts

FILE: Final = "labapp-facts.toml"

HEAD: Final = """\
# Facts for the methods paragraph of every report of this study, read when a recording begins.
# The window's form fills them in (Set up, Facts for the report); or take the # off a line and put
# your own value in. Nothing here may tell who somebody is. All fields: docs/how-to/facts.md

[electrodes.all]                # holds for every electrode; an entry of its own wins
# material = "Ag/AgCl"
# shape = "disc"
# size_mm = 10
# gel = "wet gel"
# ied_mm = 20
# skin_prep = "shaved, cleaned with alcohol"
# impedance_kohm = 5
# orientation_text = "along the fibres"
# reference_site = "left clavicle"
"""
ELECTRODE: Final = """
[electrodes.{code}]
# site_id = "{site}"
# distances_mm = {{ "C7" = 62, "acromion" = 95 }}     # two or more, from landmarks
"""
TAIL: Final = """
[amplifier]
# mode = "single differential"  # or "double differential", "monopolar"
# gain = 1009
# input_impedance_Mohm = 100000
# cmrr_db = 86
# hw_band_hz = [25, 480]

[force]
# model = "S-type, 500 kg"
# capacity_n = 4905

[normalisation]
# joint_angles = "shoulder 90 degrees out, elbow bent"
# training = "two contractions at half strength"
"""
WINDOW_SITE: Final = "caudal window"
"""Site of a rhomboid electrode that grade A of the selectivity tasks asks for."""


class Marked(Protocol):
    """What keeps markers: a recorder."""

    def mark(self, kind: str, data: dict[str, Any]) -> Any:
        """Keep one."""


def facts_file(folder: Path) -> Path:
    """Where the facts of a study lie."""
    return folder / FILE


def begin_facts(folder: Path, codes: Iterable[str]) -> Path:
    """Make the facts file with one entry per electrode, all of it still to be filled in.

    A file that is there is left as it is.

    Raises
    ------
    LabError
        It cannot be written.
    """
    path = facts_file(folder)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(template(codes))
    except FileExistsError:
        pass
    except OSError as error:
        raise LabError(
            f"{path} cannot be written: {error.strerror}", "check the rights of the study folder"
        ) from None
    return path


def template(codes: Iterable[str]) -> str:
    """Text of a facts file with an entry for each of these electrodes, nothing filled in."""
    parts = [
        ELECTRODE.format(code=code, site=WINDOW_SITE if code.startswith("RM_") else "SENIAM")
        for code in electrode_codes(codes)
    ]
    return "".join([HEAD, *parts, TAIL])


def electrode_codes(codes: Iterable[str]) -> tuple[str, ...]:
    """Codes of a montage that are muscles, each once: they have a side, force has none."""
    return tuple(dict.fromkeys(code for code in codes if split_side(code)[1]))


def study_facts(folder: Path, codes: Iterable[str]) -> dict[str, Any] | None:
    """Read what the study says of these electrodes; None where it says nothing.

    Electrodes of other muscles are left out: a study may have several montages.

    Raises
    ------
    LabError
        As `read_facts`.
    """
    path = facts_file(folder)
    if not path.is_file():
        return None
    told = read_facts(path)
    wanted = {EVERY, *codes}
    here = {k: v for k, v in told.get("electrodes", {}).items() if k in wanted and v}
    told = {group: entries for group, entries in told.items() if entries and group != "electrodes"}
    return {**told, "electrodes": here} if here else told or None


def tell_beginning(
    recorder: Marked,
    person: PersonFacts,
    answers: Iterable[Mapping[str, Any]],
    facts: Mapping[str, Any] | None,
) -> None:
    """Keep in a recording that has just begun what was entered before it."""
    if facts is not None:  # first: what is said of this person goes before the study's facts
        recorder.mark(FACTS, dict(facts))
    recorder.mark(PERSON, person.as_marker())
    for answer in answers:
        recorder.mark(ANSWER, dict(answer))
