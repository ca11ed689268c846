"""Whether what the devices send reaches the disk, from the recorder's own account of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Saving = Literal["saved", "waiting", "ending", "stopped"]


def saving(status: Mapping[str, Any]) -> Saving:
    """Say whether the recording is being saved.

    Parameters
    ----------
    status
        What the recorder tells of itself (`labapp.record.client.Recorder.status`).

    Returns
    -------
    str
        ``saved``: its file grew in the last second. ``waiting``: no device has sent anything
        yet. ``ending``: it is told to stop. ``stopped``: it should grow and does not, so data are
        being lost or soon will be.
    """
    if status.get("disk_state") == "fault":  # what comes now waits in memory, while there is room
        return "stopped"
    if int(status["bytes_last_second"]) > 0:
        return "saved"
    if status.get("state") == "stopping":
        return "ending"
    begun = any(int(stream["samples"]) > 0 for stream in status["streams"].values())
    return "stopped" if begun else "waiting"
