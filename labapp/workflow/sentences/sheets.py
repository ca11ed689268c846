"""Why the shipped data sheets say that a device can time onsets or not, for `spoken`.

A data sheet of the user's own is shown as it is written.
"""

from __future__ import annotations

from typing import Final

from labapp.translate import phrase

SHEETS: Final[dict[str, tuple[str, ...]]] = {
    "hardware": (
        phrase(
            "timing unverified: without a time column lost lines cannot be seen, and an envelope "
            "output (MyoWare ENV, RECT) is too late for onsets whatever the rate"
        ),
        phrase("4 raw EMG channels on one crystal clock at 1000 Hz, 3.2 uV per count, 25-480 Hz"),
        phrase(
            "streams via BrainFlow: packets are stamped when they are parsed on this computer, "
            "lost ones only count where the board's number is known, and boards' filters are not "
            "known"
        ),
        phrase(
            "raw EMG on one clock; stock sketches run at 250 Hz (no) or 500 Hz (marginal), a "
            "sketch changed to 1000 Hz or more is good"
        ),
        phrase("force sensor: 80 Hz, not valid for RFD/EMD"),
        phrase("force platform: about 150 Hz, cells read one after the other, no checksum"),
        phrase(
            "250 Hz (with Daisy 125 Hz) and a digital low-pass near 65 Hz: fine for activation "
            "ratios, too slow for onsets"
        ),
        phrase(
            "force sensor: at most 80 Hz, timing unverified: loss not visible on the wire without "
            "a time column"
        ),
        phrase(
            "raw 24-bit samples with a 32-bit counter, device time and CRC-16, at the chosen rate"
        ),
        phrase(
            "1000 readings per second on the UHS-1K in hex form only; timing unverified: loss not "
            "visible on the wire"
        ),
        phrase(
            "all channels share one clock, but filters, losses and the way of stamping are the "
            "source program's and cannot be seen from here"
        ),
        phrase("force sensor: displayed readings, timing unverified: loss not visible on the wire"),
        phrase(
            "125 or 256 Hz, and a third-order analogue low-pass at 40 Hz removes most of the EMG "
            "and delays the rest, even if sampled faster"
        ),
        phrase("balance: filtered, about 10 weights per second: a calibration reference only"),
        phrase(
            "force sensor: timing unverified: loss not visible on the wire, 32 lines per second "
            "at 9600 Bd"
        ),
        phrase(
            "force sensor: 2 reports per second from the factory, 80 at most: static force only"
        ),
        phrase("raw 24-bit EMG of 2 muscles at 1024 Hz with the unit's own time in every packet"),
        phrase(
            "raw EMG of 2 muscles at 5000 Hz or more on one clock; timing unverified: nothing on "
            "the wire tells lost frames"
        ),
    ),
}
