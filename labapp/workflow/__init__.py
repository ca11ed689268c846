"""What a person does, in the order they do it: record, analyse, report, import, recover.

Both faces, the command line and the window, do everything through these functions. They are
loaded when first asked for: a command that only lists ports need not wait for HDF5 and SciPy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labapp.workflow.analysing import analyse, read_plan
    from labapp.workflow.demo_job import DemoResult, demo
    from labapp.workflow.devices import choose_devices, parse_device
    from labapp.workflow.files import check, import_file, make_report
    from labapp.workflow.record import (
        Recording,
        default_clock,
        finish_recording,
        record_session,
        recorder_config,
        run_protocol,
    )
    from labapp.workflow.recovery import recover
    from labapp.workflow.words import summary

_PLACES = {
    "DemoResult": "demo_job",
    "Recording": "recording",
    "analyse": "analysing",
    "check": "files",
    "choose_devices": "devices",
    "default_clock": "record",
    "demo": "demo_job",
    "finish_recording": "recording",
    "import_file": "files",
    "make_report": "files",
    "parse_device": "devices",
    "read_plan": "analysing",
    "record_session": "record",
    "recorder_config": "recording",
    "recover": "recovery",
    "run_protocol": "record",
    "summary": "words",
}

__all__ = [
    "DemoResult",
    "Recording",
    "analyse",
    "check",
    "choose_devices",
    "default_clock",
    "demo",
    "finish_recording",
    "import_file",
    "make_report",
    "parse_device",
    "read_plan",
    "record_session",
    "recorder_config",
    "recover",
    "run_protocol",
    "summary",
]


def __getattr__(name: str) -> Any:
    """Load a function from its module when it is first asked for."""
    if name not in _PLACES:
        raise AttributeError(f"module 'labapp.workflow' has no attribute {name!r}")
    return getattr(importlib.import_module(f"labapp.workflow.{_PLACES[name]}"), name)
