"""What the analysis takes from a session."""

from types import SimpleNamespace

import numpy as np
import pytest

from labapp.model import ChannelInfo
from labapp.workflow.additions import uncalibrated_force
from labapp.workflow.analysing import load_recording


def session(force_unit):
    emg = ChannelInfo("A1", "emg", "V", 1e-6, 0.0, -1000, 1000, "RM_R")
    cell = ChannelInfo("reading", "force", force_unit, 1.0, 0.0, -8388608, 8388607, "F_PULL")
    facts = {
        "driver": "unknown",
        "rate": 1000.0,
        "rate_nominal": 1000.0,
        "received": 4000,
        "lost": 0,
        "segments": {"base": np.zeros(1, dtype=np.int64)},
        "gaps": (),
        "breaks": 0,
        "filter_delay_s": 0.0,
        "filter_delay_u_s": 0.0,
        "beat_s": 0.0,
        "timing": {"latency_timer_ms": None},
    }
    streams = {
        "emg": SimpleNamespace(id="emg", channels=(emg,), **facts),
        "force": SimpleNamespace(id="force", channels=(cell,), **facts),
    }
    return SimpleNamespace(
        streams=streams,
        stream=streams.__getitem__,
        events=lambda stream: (),
        values=lambda stream: np.zeros((4000, 1)),
        times=lambda stream: np.arange(4000) / 1000.0,
        markers=(),
        meta={},
        protocol_text="",
        participant="AB-014",
        path="AB-014.h5",
    )


@pytest.mark.parametrize(("unit", "taken"), [("N", True), ("", False)])
def test_a_force_in_counts_is_left_out_and_said(unit, taken):
    made = session(unit)
    assert (load_recording(made).force is not None) is taken
    told = uncalibrated_force(made)
    assert [finding["check"] for finding in told] == ([] if taken else ["calibration"])
    assert all("counts, not newtons" in finding["text"] for finding in told)
