"""The one word of a step that is read from afar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from labapp.translate import speak
from labapp.trials.protocol import load_protocol
from labapp.trials.run import ProtocolRun
from labapp.workflow.protocol_words import called, shown


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    speak("en")


@pytest.mark.parametrize(
    ("what", "english", "german"),
    [
        ({"step": "pull", "text": "PULL"}, "PULL", "ZIEHEN"),
        ({"step": "hold", "text": "Hold. Keep breathing."}, "Hold", "Halten"),
        ({"step": "build up", "text": "Build up over two seconds."}, "Build up", "Aufbauen"),
        ({"step": "rest", "text": "Rest.", "countdown": 12}, "Rest 12 s", "Erholung 12 s"),
        ({"step": "hold", "text": "Hold.", "paused": True}, "Pause", "Pause"),
        ({"text": "Finished. Thank you.", "finished": True}, "Finished", "Fertig"),
        ({"text": "Stopped.", "stopped": True}, "Stopped", "Gestoppt"),
    ],
)
def test_a_step_is_called_by_its_name(what: dict[str, Any], english: str, german: str) -> None:
    protocol = load_protocol("isometric_pull")
    state = replace(ProtocolRun(protocol, seed=1, start_ns=0).state, **{"countdown": None, **what})
    assert called(shown(state, protocol)) == english
    speak("de")
    assert called(shown(state, protocol)) == german
