"""The health of a recording as the window tells it: top bar, warnings, details of a device."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject

from labapp.record.config import RecorderConfig
from labapp.translate import tr
from labapp.ui.banner import Message, sentence
from labapp.ui.pages.run import RunPage
from labapp.ui.recording import LiveRecording
from labapp.ui.topbar import stream_details
from labapp.ui.window import Window
from labapp.workflow.spoken import spoken


class Health(QObject):
    """Shows the recorder's status; a warning goes when its cause has gone."""

    def __init__(self, window: Window, run: RunPage) -> None:
        super().__init__(window)
        self.window, self.run = window, run
        self._status: dict[str, Any] | None = None
        self._watching = False
        self._warned: set[str] = set()
        self._drivers: dict[str, str] = {}
        window.topbar.device_clicked.connect(self._tell_device)

    def watch(self, recording: LiveRecording, config: RecorderConfig) -> None:
        """Follow a recording."""
        self._drivers = {
            device.id: tr("{driver} on {port}", driver=device.driver, port=device.port)
            for device in config.devices
        }
        self._watching = True
        recording.status_changed.connect(self._show)

    def end(self) -> None:
        """Nothing is recorded any more."""
        for text in self._warned:
            self.window.banners.dismiss(text)
        self._warned = set()
        self._watching = False
        self._status = None
        self.window.topbar.show_status(None, {})

    def _show(self, status: dict[str, Any]) -> None:
        if not self._watching:  # an answer that was under way when the recording ended
            return
        self._status = status
        self.window.topbar.show_status(status, self._drivers)
        self.run.show_status(status)
        # A remedy may hold a number that changes; the cause is what comes and goes.
        warnings = {str(one["what"]): str(one["remedy"]) for one in status.get("warnings", ())}
        for gone in self._warned - warnings.keys():
            self.window.banners.dismiss(gone)
        for what in sorted(warnings.keys() - self._warned):
            remedy = warnings[what]
            self.window.say(
                Message(
                    self._sentence(spoken(what)),
                    sentence(spoken(remedy)),
                    "bad",
                    key=what,
                )
            )
        self._warned = set(warnings)

    def _sentence(self, what: str) -> str:
        """Leave the name of a device at the begin as it is written everywhere else."""
        text = sentence(what)
        return what[:1] + text[1:] if what.partition(":")[0] in self._drivers else text

    def _tell_device(self, name: str) -> None:
        stream = (self._status or {}).get("streams", {}).get(name)
        if stream is None:
            return
        first, *rest = stream_details(name, stream, self._drivers.get(name, "")).splitlines()
        self.window.say(Message(first, "; ".join(rest) + ".", "grey", key=f"device {name}"))
