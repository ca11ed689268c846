"""What is chosen on the page Set up, and what still has to be before a recording can start."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from labapp.errors import LabError
from labapp.translate import tr
from labapp.ui.banner import sentence
from labapp.ui.choices import SetUp
from labapp.ui.words import error_words, listed_names, muscle_short
from labapp.workflow.devices import missing_channels
from labapp.workflow.naming import check_participant
from labapp.workflow.protocol_words import told
from labapp.workflow.sources import scheme_of
from labapp.workflow.study_settings import with_cells

if TYPE_CHECKING:
    from labapp.ui.pages.setup import SetupPage


def missing_words(page: SetupPage) -> str:
    """Return the first thing that is missing or must be mended; empty when ready."""
    if page.recording:
        return tr("A recording is running: finish it on the page Run.")
    code = page.participant.text().strip()
    if not code:
        return tr("Missing: a participant code.")
    try:
        check_participant(code)
    except LabError as error:
        return sentence(error_words(error))
    if page.protocol is None:
        return tr("Missing: a protocol.")
    if page.answers.stops:
        return page.answers.words(partial(told, page.protocol))
    return _devices(page) or page.person.missing(simulated=page.all_simulated())


def what_is_chosen(page: SetupPage) -> SetUp | None:
    """Return the recording that the page describes; None without a protocol.

    Raises
    ------
    LabError
        A load cell that the study remembers has no calibration any more.
    """
    if page.protocol is None:
        return None
    devices = with_cells(page.montage.devices(), page.cells)
    simulated = page.all_simulated()
    some = any(device.simulated for device in devices)
    return SetUp(
        participant=page.participant.text().strip(),
        protocol=page.protocol,
        devices=devices,
        scenario=page.simulator.chosen_scenario() if some else None,
        speed=page.simulator.chosen_speed() if simulated else 1.0,
        seed=page.seed,
        optional=page.test.practice.isChecked(),
        person=page.person.facts(simulated=simulated),
        answers=page.answers.markers(),
        reference=page.test.reference.shown,
        own_reference=page.test.reference.own,
    )


def _devices(page: SetupPage) -> str:
    if page.serial.isChecked():
        undecided, waiting = page.ports.undecided(), page.ports.unanswered()
        bare = [port for port in undecided if scheme_of(port)]
        if bare:
            return tr(
                "{streams} does not say its unit: choose it in the list of ports, or channel by "
                "channel below it.",
                streams=", ".join(bare),
            )
        if undecided:
            return tr("Choose the driver for {ports}.", ports=", ".join(undecided))
        if waiting:
            return tr("{streams}: asking what it sends.", streams=", ".join(waiting))
        if unclear := page.devices.channels.words():
            return unclear
    devices = page.montage.devices()
    if not devices:
        return tr("Missing: a device. Tick a port that can be opened.")
    doubled = page.montage.doubled()
    if doubled:
        codes = listed_names(map(muscle_short, doubled))
        return tr("{codes} is on two channels: give each channel its own.", codes=codes)
    required = page.protocol.channels.required if page.protocol else ()
    lacking = missing_channels(devices, required)
    if lacking:
        codes = listed_names(map(muscle_short, lacking))
        return tr("The protocol needs a channel for {codes}.", codes=codes)
    return ""
