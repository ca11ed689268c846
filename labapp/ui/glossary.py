"""Terms of the field, each explained in one sentence: tooltips of the words that hold them."""

from __future__ import annotations

import re

from labapp.translate import phrase, tr

TERMS = (
    (
        r"\bonsets?\b",
        phrase("Onset: the moment at which the activity of a muscle begins."),
    ),
    (
        r"\blags?\b",
        phrase(
            "Lag: time between the onsets of two muscles, ms; negative where the first-named "
            "began first."
        ),
    ),
    (
        r"95 % interval",
        phrase("95 % interval: the values that agree with what was recorded; narrow is certain."),
    ),
    (
        r"equivalence band",
        phrase("Equivalence band: lags so small that the muscles count as starting together."),
    ),
    (
        r"\bSNR\b|signal-to-noise|\bdB\b",
        phrase(
            "Signal-to-noise ratio: a burst over the rest before it, in decibels (dB); "
            "10 dB is three times the amplitude, 20 dB ten times."
        ),
    ),
    (
        r"\b[Rr]ise times?\b",
        phrase("Rise time: how long a burst takes from its begin to its full strength."),
    ),
    (
        r"[Cc]rosstalk",
        phrase("Crosstalk: signal of a neighbouring muscle that these electrodes pick up."),
    ),
    (
        r"[Cc]lipp(ed|ing)",
        phrase("Clipped: larger than the device can measure, so that the peaks are cut off."),
    ),
    (
        r"\bMVIC\b|[Rr]eference contraction",
        phrase(
            "Reference contraction: a maximal voluntary isometric contraction (MVIC) that counts "
            "as 100 %."
        ),
    ),
    (r"\bRMS\b", phrase("RMS: root mean square, the usual measure of how strong an EMG is.")),
    (r"\bRFD\b", phrase("RFD: rate of force development, newtons per second.")),
    (r"\bSD\b", phrase("SD: standard deviation, the spread from repetition to repetition.")),
    (
        r"[Ee]lectromechanical delay",
        phrase("Electromechanical delay: from the onset of a muscle to the onset of force."),
    ),
)
"""What to look for in English words, and the sentence that explains it."""


def explained(*texts: str) -> str:
    """Return what a tooltip says of the terms in texts; empty where there is none.

    Parameters
    ----------
    texts
        English words, as the rooms below give them: before they are translated.
    """
    whole = " ".join(texts)
    return "\n".join(tr(words) for term, words in TERMS if re.search(term, whole))
