"""What the methods paragraph of the next recording will say, and what is still missing in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from labapp.device import get_driver, parse_settings, sheet
from labapp.record.config import DeviceConfig
from labapp.report.known import LEAST_LANDMARKS
from labapp.report.stated import before_recording
from labapp.session.facts import EVERY
from labapp.workflow.facts_draft import ELECTRODES, FactsDraft
from labapp.workflow.facts_fields import FactField, FactGroup, fact_groups
from labapp.workflow.person import PersonFacts
from labapp.workflow.standing import CELLS
from labapp.workflow.study_facts import electrode_codes
from labapp.workflow.toml_edit import Place

PERSON: Final = "participant"


@dataclass(frozen=True)
class Coming:
    """A recording to come, as far as the methods paragraph asks for it.

    Attributes
    ----------
    muscles
        Codes with electrodes.
    analysis, sheets
        Beginning of its document; title and bits of its devices.
    person
        What was chosen for the participant at hand.
    asked
        Fields (group, key) without which something would be missing.
    beyond
        What no fact can say: it comes with the recording.
    """

    muscles: tuple[str, ...]
    analysis: Mapping[str, Any]
    sheets: Mapping[str, Any]
    person: Mapping[str, str]
    asked: frozenset[tuple[str, str]] = frozenset()
    beyond: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Preview:
    """The paragraph, what is missing in it, and the places of the fields that would tell it."""

    text: str
    missing: tuple[str, ...]
    wanted: frozenset[Place]


def coming(devices: Iterable[DeviceConfig], person: PersonFacts | None = None) -> Coming:
    """Look at the devices that a recording will be made with.

    Raises
    ------
    LabError
        A driver or a setting that does not exist.
    """
    streams, sheets, force = {}, {}, False
    codes: list[str] = []
    for device in devices:
        driver = get_driver(device.driver)
        codec = driver.codec(parse_settings(driver, dict(device.settings)))
        here = [c for c in codec.channels if c.name in device.montage]
        force = force or any(channel.kind == "force" for channel in here)
        codes += device.montage.values()
        streams[device.id] = {"driver": device.driver, "rate_nominal_hz": codec.rate}
        known = sheet(device.driver)
        sheets[device.id] = {"title": known.title, "bits": known.bits}
    muscles = electrode_codes(codes)
    analysis: dict[str, Any] = {"order": {"muscles": list(muscles)}, "streams": streams}
    if not muscles and set(CELLS) & set(codes):
        analysis["standing"] = {}
    elif force:
        analysis["force"] = {}
    told = person or PersonFacts()
    who = {"dominance": told.dominant, "side_tested": told.tested}
    bare = Coming(muscles, analysis, sheets, {key: one for key, one in who.items() if one})
    return _with_questions(bare)


def _with_questions(bare: Coming) -> Coming:
    """Find out what the paragraph asks for, by leaving out one fact after the other."""
    groups = fact_groups()
    full = {group.name: _filled(group) for group in groups}
    beyond = frozenset(_paragraph(full, bare)[1])
    asked = set()
    for group in groups:
        for field in group.fields:
            lacking = dict(full) | {group.name: _filled(group, but=field.key)}
            if set(_paragraph(lacking, bare)[1]) > beyond:
                asked.add((group.name, field.key))
    return Coming(bare.muscles, bare.analysis, bare.sheets, bare.person, frozenset(asked), beyond)


def _filled(group: FactGroup, but: str = "") -> dict[str, Any]:
    """Fill in every field of a group but one."""
    entries = {field.key: _example(field) for field in group.fields if field.key != but}
    return {EVERY: entries} if group.each else entries


def _example(field: FactField) -> Any:
    if field.kind == "places":
        return {f"landmark {number}": 1.0 for number in range(LEAST_LANDMARKS)}
    if field.kind == "range":
        return [1.0, 2.0]
    if field.kind in ("number", "whole"):
        return 1
    return field.choices[0] if field.choices else "x"


def _paragraph(values: Mapping[str, Any], what: Coming) -> tuple[str, list[str]]:
    entries = values.get(ELECTRODES, {})
    every = entries.get(EVERY, {})
    report = dict(values) | {
        ELECTRODES: {code: {**every, **entries.get(code, {})} for code in what.muscles},
        PERSON: {**values.get(PERSON, {}), **what.person},
    }
    return before_recording({"report": report, "sheets": what.sheets}, what.analysis)


def preview(draft: FactsDraft, what: Coming) -> Preview:
    """Write the paragraph with what is filled in so far."""
    text, missing = _paragraph(draft.values(), what)
    return Preview(
        text, tuple(one for one in missing if one not in what.beyond), _wanted(draft, what)
    )


def _wanted(draft: FactsDraft, what: Coming) -> frozenset[Place]:
    """Places of empty fields that the paragraph asks for."""
    found: set[Place] = set()
    for place, field in draft.fields.items():
        if (place[0], place[-1]) not in what.asked:
            continue
        if place[0] != ELECTRODES:
            if not _told(draft.value(place)) and place[-1] not in what.person:
                found.add(place)
        elif place[1] in what.muscles:
            every = (ELECTRODES, EVERY, place[2])
            if not _told(draft.value(place)) and not _told(draft.value(every)):
                found.add(place)
                if not field.words.own:
                    found.add(every)
    return frozenset(found)


def _told(value: Any) -> bool:
    """Whether a value says what is asked for."""
    if isinstance(value, dict):
        return len(value) >= LEAST_LANDMARKS
    return value is not None
