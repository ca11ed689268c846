"""What a person should know about a port, in words."""

from __future__ import annotations

from labapp.record.listing import PortInfo
from labapp.translate import phrase, tr

REMEDIES = {
    "in use": phrase("Close that program and search again."),
    "no permission": phrase("Add yourself to the group dialout, or install the udev rule."),
}
ACCESS = {
    "no permission": phrase("No permission."),
    "text, not numbers": phrase("Text, not numbers."),
}
LATENCY = phrase(
    "The chip in the plug keeps data for so long before it passes them on.\n"
    "Windows: device manager, ports, settings, advanced. "
    "Linux: install hardware/udev/70-labapp.rules."
)


def state_words(port: PortInfo) -> str:
    """Return what a person should know about a port, in one or two short sentences."""
    remedy = tr(REMEDIES.get(port.access, ""))
    if port.access == "in use":
        who = port.used_by or tr("another program")
        return tr("In use by {program}.", program=who) + f" {remedy}"
    if port.access != "ok":
        why = tr(ACCESS[port.access]) if port.access in ACCESS else f"{port.access.capitalize()}."
        return f"{why} {remedy}".strip()
    words = port.description if port.description not in ("", "n/a") else tr("Ready")
    if port.latency_ms is not None and port.latency_ms > 2:
        words += ". " + tr("Latency timer {ms} ms: set it to 1 ms.", ms=port.latency_ms)
    return words
