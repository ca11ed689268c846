"""The force plate in a session: which channels are its cells, and when somebody stood on it."""

from __future__ import annotations

import numpy as np

from labapp.analysis.standing import PlateInput, StandingTrial
from labapp.device.plates import read_plate
from labapp.session.file import Session
from labapp.trials.protocol import Protocol

NEWTON = "N"
CELLS = {"FP_FL": (-1, 1), "FP_FR": (1, 1), "FP_RL": (-1, -1), "FP_RR": (1, -1)}
"""Montage codes of the cells, and their corner: sign of x (right) and y (front)."""


def plate_input(session: Session, protocol: Protocol | None) -> PlateInput | None:
    """Give the forces and places of the cells; None where there is no plate in newtons.

    The four cells must be channels of one stream; their places are those of the protocol's plate
    sheet, corner by corner.

    Raises
    ------
    LabError
        The sheet is missing or wrong.
    """
    if protocol is None or not protocol.plate:
        return None
    sheet = read_plate(protocol.plate)
    corners = {(int(np.sign(x)), int(np.sign(y))): (x, y) for x, y in sheet.positions}
    for stream in session.streams.values():
        codes = {c.muscle: c.unit for c in stream.channels if c.muscle in CELLS}
        if set(codes) != set(CELLS) or set(codes.values()) != {NEWTON} or not stream.received:
            continue
        return PlateInput(
            session.values(stream.id, channels=list(CELLS)),
            session.times(stream.id),
            stream.rate,
            [corners[corner] for corner in CELLS.values()],
            sheet.threshold_n,
        )
    return None


def standing_trials(session: Session, protocol: Protocol | None) -> list[StandingTrial]:
    """Stretches of standing: from each start marker as long as its step, or to what ended it."""
    trials: list[StandingTrial] = []
    rejected = {
        (m.data.get("block"), m.data.get("repetition"), m.data.get("attempt"))
        for m in session.markers
        if m.kind in ("reject", "redo")
    }
    for marker in session.markers:
        if marker.kind in ("rest", "stop", "redo") and trials:
            last = trials[-1]
            if last.start < marker.time < last.stop:
                trials[-1] = StandingTrial(
                    last.block, last.condition, last.number, last.start, marker.time, last.rejected
                )
        data = marker.data
        length = data.get("duration_s")
        if marker.kind != "start" or data.get("form") or not isinstance(length, int | float):
            continue
        place = (data.get("block"), data.get("repetition"), data.get("attempt"))
        name = str(data.get("block", ""))
        block = protocol.block(name) if protocol is not None else None
        trials.append(
            StandingTrial(
                name,
                block.condition if block is not None else "",
                int(data.get("repetition", len(trials) + 1)),
                marker.time,
                marker.time + float(length),
                place in rejected,
            )
        )
    return trials
