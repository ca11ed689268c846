"""Streams of other programs that answer at once, for tests of Set up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from labapp.record.listing import PortInfo
from labapp.ui import finding


def answer_at_once(monkeypatch: pytest.MonkeyPatch, said: Mapping[str, Mapping[str, Any]]) -> None:
    """Let these streams (port to settings) be found, and nothing else."""
    found = [
        PortInfo(port, "a stream", None, None, "lsl", ("lsl",), "ok", None, None) for port in said
    ]
    monkeypatch.setattr(finding, "list_ports", lambda: [])
    monkeypatch.setattr(finding, "lsl_ports", lambda: found)
    monkeypatch.setattr(finding, "settings_of", lambda port: dict(said[port]))
