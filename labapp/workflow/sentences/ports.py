"""Sentences of the ports: serial, simulated, replayed, LSL and BrainFlow, for `spoken`."""

from __future__ import annotations

from typing import Final

from labapp.translate import phrase

PORTS: Final[dict[str, tuple[str, ...]]] = {
    "record.ports": (
        phrase("port {said} has the unknown scheme {given}"),
        phrase("use a port name, or sim://DRIVER, replay://FILE, lsl://NAME, brainflow://BOARD"),
        phrase("port {said} cannot be read by driver {given}"),
        phrase("use driver {name}"),
        phrase("port {said} has the baud rate {given}"),
        phrase("give a number such as 115200"),
        phrase("port {said} has the unknown option {given}"),
        phrase("known: {text}"),
    ),
    "record.opening": (
        phrase("device {said} has no channel {given}"),
        phrase("channels: {text}"),
    ),
    "record.serial_port": (
        phrase("ports that exist: {text}"),
        phrase("no port exists: plug it in"),
        phrase(
            "add yourself to the group 'dialout' (sudo usermod -aG dialout $USER, log in again) "
            "or install hardware/udev/70-labapp.rules"
        ),
        phrase("{url} cannot be opened as a serial port: {fault}"),
    ),
    "record.sim_port": (
        phrase("port {said} simulates {given}, but the device's driver is {meant}"),
        phrase("use sim://{name}"),
        phrase("port {said} needs a simulated laboratory"),
        phrase("give a seed"),
        phrase("port {said} resets at {given}"),
        phrase("give seconds, such as reset_at=30"),
    ),
    "record.wire": (
        phrase("the pseudo-terminal lost bytes"),
        phrase("use wire=memory"),
        phrase("unknown wire {said}"),
        phrase("use pty or memory"),
        phrase("use memory (pseudo-terminals need Linux or macOS)"),
    ),
    "record.replay": (
        phrase("{place} has no stream {n}"),
        phrase("choose one with ?stream=0"),
        phrase("{place} was written by driver {said}, not {given}"),
        phrase("port {said} has speed {n}"),
        phrase("give a speed above 0"),
        phrase("port {said}: {given} is not a number"),
        phrase("give a number"),
    ),
    "record.lsl_library": (
        phrase("the LSL library is not installed"),
        phrase("the LSL library fails: {fault}"),
        phrase("liblsl {n} cannot be told to stay on this computer"),
        phrase("use the liblsl of pylsl 1.18.6 or newer (unset PYLSL_LIB)"),
        phrase("LSL runs with scope {one}, and one stream asks for {two}"),
        phrase("give all LSL streams of a recording the same scope"),
        phrase("LSLAPICFG {file}: {text}"),
        phrase("correct the file"),
        phrase("LSL {name} {said} holds a quotation mark"),
        phrase("choose by another one"),
        phrase("LSL stream {said} does not answer: {fault}"),
        phrase("start it"),
    ),
    "record.lsl_port": (
        phrase("LSL stream {said}: {text}"),
        phrase("start it again"),
        phrase("LSL stream {said} is closed"),
        phrase("LSL stream {said} broke off: {fault}"),
        phrase("start its program again"),
        phrase("LSL stream {said} holds {name} values"),
        phrase("only numbers of up to 32 bits, float32 and double64 can be recorded"),
        phrase("the LSL stream broke off: {fault}"),
        phrase("port {said} has scope {given}"),
        phrase("use machine or network"),
        phrase("port {said} names no stream"),
        phrase("write lsl://NAME or lsl://?type=EMG"),
        phrase("no LSL stream {said} answers"),
        phrase("start its program"),
        phrase("start its program; on another computer: add ?scope=network"),
        phrase("{n} LSL streams are {said}: {text}"),
        phrase("choose by ?source_id="),
        phrase("port {said} has {name} {given}"),
        phrase("give whole seconds, 1 to 3600"),
        phrase(
            "LSL stream {said} has {n} channels, {one}, {hz} Hz; the settings say {needed}, "
            "{two}, {rate} Hz"
        ),
        phrase(
            "LSL stream {said} has {n} channels, {one}, no rate (stamps=irregular); the settings "
            "say {needed}, {two}, {rate} Hz"
        ),
        phrase("leave these settings out to take them from the stream"),
    ),
    "record.brainflow_port": (
        phrase("BrainFlow is not installed"),
        phrase("BrainFlow fails: {text}"),
        phrase("{url} has {n} channels at {hz} Hz; the settings say {needed} at {rate} Hz"),
        phrase("leave these settings out to take them from the board"),
        phrase("BrainFlow cannot open {url}: {fault}"),
        phrase("check that the board is on, its port is right and no other program uses it"),
        phrase("BrainFlow lost {file}: {text}"),
        phrase("check the board"),
        phrase("BrainFlow cannot release {url}: {fault}"),
        phrase("BrainFlow knows no board {said}"),
        phrase("use its name, as cyton, ganglion or synthetic"),
        phrase("port {said}: {given} is not a whole number"),
        phrase("{url} does not say whose recording it is"),
        phrase("add &master_board=NUMBER"),
        phrase("BrainFlow describes no board {n}: {fault}"),
        phrase("BrainFlow board {name} has no EMG channels"),
        phrase("use another board"),
    ),
}
