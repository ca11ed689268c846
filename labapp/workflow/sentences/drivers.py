"""Sentences of drivers, their sheets and settings, and of the simulated lab, for `spoken`.

Settings of most drivers are refused in the same few words; a driver of its own kind of setting
has patterns of its own.
"""

from __future__ import annotations

from typing import Final

from labapp.translate import phrase

DRIVERS: Final[dict[str, tuple[str, ...]]] = {
    "device.registry": (
        phrase("there is no driver {said}"),
        phrase("{driver} settings: {text}"),
        phrase("the settings are {text}"),
        phrase("driver {name} cannot be loaded: {text}"),
        phrase("mend or remove its file"),
        phrase("driver {name} ({place}) has no DRIVER named {said}"),
        phrase("it needs {choices}"),
        phrase("driver {name} fails: {text}"),
        phrase("{hz} Hz is too slow for onsets: 1000 Hz or more is needed"),
        phrase("{hz} Hz: onset scatter grows by half below 1000 Hz"),
    ),
    "device.plates": (
        phrase("cell {text} at {first}, {second} m"),
        phrase("give numbers"),
        phrase("plate {said} has {n} cells, {needed} corners, {most} channels"),
        phrase("give four cells, one per corner, each with its own channel"),
        phrase("plate threshold {n} N"),
        phrase("give a load above 0"),
        phrase("plate {said} is no name"),
        phrase("use letters, digits, . _ and -"),
    ),
    "units": (
        phrase("unknown unit {said}"),
        phrase("use one of {text}"),
    ),
    "settings": (
        phrase("{driver} rate {rate} Hz"),
        phrase("{driver} gain {value}"),
        phrase("{driver} decimals {n}"),
        phrase("{driver} zero {n}"),
        phrase("{driver} newton_per_count {value}"),
        phrase("{driver} channels {n}"),
        phrase("{driver} scale {value}"),
        phrase("{driver} capacity {n}"),
        phrase("{driver} capacity {value} {code} with {n} decimals"),
        phrase("{driver} names {choices}"),
        phrase("give {n}"),
        phrase("give {n} of them"),
        phrase("give {low} to {high}"),
        phrase("give a number above 0"),
        phrase("give the raw reading without load"),
        phrase("above 0, or 0: none"),
        phrase("give the unit per count"),
        phrase("give the unit per count, above 0"),
    ),
    "ascii_lines": (
        phrase("column {text} scale {value}"),
        phrase("column {text} rails {low} {high}"),
        phrase("low below high"),
        phrase("column {text} decimals {n}"),
        phrase("columns {choices}"),
        phrase("give {low} to {high} of different names"),
        phrase("rate {rate} lines/s"),
        phrase("time in {name} at {rate} lines/s"),
        phrase("print microseconds"),
    ),
    "bitalino": (
        phrase("BITalino inputs {choices}"),
        phrase("name 1 to 6 of the inputs 1..6, ascending"),
        phrase("choose 1, 10, 100 or 1000"),
    ),
    "brainflow": (
        phrase("BrainFlow board of {n} channels"),
        phrase("BrainFlow step_uv {value}"),
        phrase("give uV per count, above 0"),
    ),
    "chords": (
        phrase("Chords board {said}"),
        phrase("choose of {text}"),
        phrase("give a number above 0 (1: volts at the pin)"),
    ),
    "chronojump": (
        phrase("the HX711 makes 10 or 80"),
        phrase("Chronojump range {value} N"),
    ),
    "chronojump_plate": (
        phrase("force platform rate {rate} Hz"),
        phrase("give 10 to 500, about 150"),
        phrase("force platform newton_per_count {choices}"),
        phrase("give 4 above 0, or none"),
    ),
    "hx711": (
        phrase("HX711 label {said}"),
        phrase("up to 40 characters, no colon"),
        phrase("10 or 80 by the RATE pin, over the readings averaged"),
    ),
    "loadstar": (
        phrase("Loadstar weight_per_count {value}"),
        phrase("give the answer to SWC"),
        phrase("give up to 1600, or use the hex form"),
        phrase("60 to 1000 by the model"),
    ),
    "lsl": (
        phrase("LSL stream of {n} channels"),
        phrase("1 to 512 can be recorded"),
        phrase("irregular LSL stream at {rate} Hz"),
        phrase("give at most 200"),
        phrase("LSL units {choices}"),
        phrase("LSL step {value}"),
        phrase("give the smallest difference, above 0"),
        phrase("LSL unit {said} is no voltage or force"),
        phrase("write none"),
    ),
    "mark10": (
        phrase("Mark-10 automatic output {n}"),
        phrase("give what the display can show: at most 8388607 steps"),
        phrase("give the readings per second"),
    ),
    "mtsics": (
        phrase("give what the balance can show: at most 8388607 steps"),
        phrase("give the repeats per second, about 10"),
    ),
    "nau7802": (phrase("10 to 320, over the readings averaged"),),
    "openscale": (phrase("give the reports per second: 80 at most"),),
    "spikerbox": (phrase("give the volts per count, above 0"),),
    "simulate.lab": (
        phrase("seed {n} is negative"),
        phrase("give a whole number from 0 on"),
        phrase("loss {n} is not a probability from 0 to 0.5"),
        phrase("give 0.01 for 1 %"),
        phrase("two simulated devices are named {said}"),
        phrase("name them apart"),
    ),
    "simulate.person": (
        phrase("the simulated person knows no pull {said}"),
        phrase("the simulated person knows no task {said}"),
        phrase("use T1 or T2"),
        phrase("cue: {name} is {text}"),
        phrase("give a number from {low} to {high}"),
    ),
    "simulate.scenario": (
        phrase("scenario {said} has no muscle {given}"),
        phrase("wire channels to one of: {text}"),
        phrase("no scenario named {said}"),
        phrase("use one of {text}, or the path of a .toml file"),
    ),
    "simulate.sensors": (
        phrase("{name} has no channel {said}"),
        phrase("use {choices}"),
        phrase("the scenario has no synchronisation pulses for {said}"),
        phrase("use the scenario sync_pulses, or add a table [sync] to yours"),
        phrase("the scenario has no force {said}"),
        phrase("use {name}, or {text} of a force plate"),
    ),
}
