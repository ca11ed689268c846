"""Sentences about what was recorded, for `spoken`: signals, clocks, electrodes, force, pulls."""

from __future__ import annotations

from typing import Final

from labapp.translate import phrase

SIGNALS: Final[dict[str, tuple[str, ...]]] = {
    "analysis.quality": (
        phrase("rest noise {uv} µV"),
        phrase("rest noise {uv} µV: ask for full relaxation, check the skin contact"),
        phrase("rest noise {uv} µV: support the arm, clean the skin, renew the electrodes"),
        phrase("signal-to-noise ratio {snr} dB"),
        phrase("signal-to-noise ratio {snr} dB: onsets are less sharp than they could be"),
        phrase(
            "signal-to-noise ratio {snr} dB: amplitudes of this muscle are uncertain; check the "
            "site and the contact"
        ),
        phrase(
            "signal-to-noise ratio {snr} dB: too low to order this muscle; check the site and the "
            "contact"
        ),
        phrase("rails of the device not known"),
        phrase("no sample at the rails"),
        phrase("{percent} % of samples at the rails: lower the gain if it happens again"),
        phrase("{percent} % of samples clipped: lower the gain or move the electrodes"),
        phrase("mains hum not measurable here"),
        phrase("mains hum {percent} % of the rest noise"),
        phrase("{hz} Hz hum is {percent} % of the rest noise: check the reference electrode"),
        phrase(
            "{hz} Hz hum is {percent} % of the rest noise: renew the reference electrode, move "
            "cables away from mains"
        ),
        phrase("motion not measurable here"),
        phrase("motion artefact {percent} % of the power"),
        phrase("{percent} % of the power lies below 20 Hz: fix the cables with tape"),
        phrase(
            "{percent} % of the power lies below 20 Hz: fix cables and electrodes, prepare the skin"
        ),
        phrase("no samples: is the channel connected?"),
        phrase("the signal stands still for up to {ms} ms: electrode or cable is off"),
        phrase("no flat line (longest {ms} ms)"),
        phrase("no heart beat seen in the rest"),
        phrase("heart beat {ratio} times the rest noise"),
        phrase("heart beat {ratio} times the rest noise: keep pulls away from beats in mind"),
        phrase(
            "heart beat {ratio} times the rest noise: move the electrodes closer together, away "
            "from the heart"
        ),
        phrase("rest before every cue is quiet"),
        phrase(
            "rest before the cue not quiet in {restless} of {n} repetitions: ask for full "
            "relaxation before each pull"
        ),
        phrase(
            "no rest outside the repetitions: record two seconds of full relaxation before the "
            "first and after the last one"
        ),
        phrase("no sample lost"),
        phrase("{percent} % of samples lost: move closer to the receiver"),
        phrase("{percent} % of samples lost: move closer, close other radio devices"),
    ),
    "analysis.session_quality": (
        phrase("correlation with {name} {peak}"),
        phrase("correlation with {name} {peak}: some may be shared"),
        phrase("correlation with {name} {peak}: {n} pulls are too few to tell"),
        phrase(
            "correlation with {name} {peak}: crosstalk is likely, do the selectivity tasks and "
            "move the electrodes apart"
        ),
        phrase(
            "{n} of {total} repetitions are not in it: it holds {first} to {last} s, cues run to "
            "{end} s; check the device and its battery"
        ),
        phrase("away from {first} to {last} s: nothing was recorded of it then"),
        phrase("away {n} times, {s} s in all: nothing was recorded of it then"),
    ),
    "analysis.clocks": (
        phrase("unsynchronised: constant offset unknown (≥ ±30 ms)"),
        phrase("the filters' delay of {ms} ± {u} ms (data sheets) is taken off"),
        phrase(
            "the load cell samples at {rate} Hz, {needed} Hz are needed for this delay and for "
            "early RFD"
        ),
        phrase("not valid: {reason}"),
        phrase("from EMG onset to force onset"),
        phrase("timing {how}, ± {u} ms"),
        phrase("packets of {name} keep step with the USB port's timer, which may hide {ms} ms"),
        phrase("{how}, ± {u} ms"),
        phrase("the USB port of {name} collects data for {ms} ms: set its latency timer to 1 ms"),
        phrase("one clock"),
        phrase("unsynchronised"),
        phrase("verified"),
    ),
    "analysis.blocks": (
        phrase("the electrode of {name} has selectivity grade C"),
        phrase("the electrode of {name} has selectivity grade C ({why})"),
        phrase("as entered"),
    ),
    "analysis.selectivity": (
        phrase("task {code}: {reason}"),
        phrase("task {code}: ratio {ratio} is not below {limit}"),
        phrase("task {code}: ratio {ratio} is not above {limit}"),
        phrase("the two tasks do not tell the muscles apart (index may be 0)"),
        phrase("index {index} is not above ln 3 = {limit}"),
        phrase("electrode site is {place}, not the caudal window"),
        phrase("the electrode's site was not entered"),
        phrase("electrode distance is not known to be {mm} mm or less"),
    ),
    "analysis.calibration": (
        phrase("zero drift in 10 min"),
        phrase("{n} masses with zero, {needed} or more are usual"),
        phrase("{n} cycles, {needed} are usual"),
        phrase("{what} was not measured"),
        phrase("{what} is {percent} % of the range (limit {limit} %)"),
    ),
    "analysis.tare": (
        phrase("tare steady"),
        phrase("no tare could be taken"),
        phrase("the tare moved by {n} N ({percent} % of the greatest force) between trials"),
    ),
    "analysis.force": (
        phrase("force samples were lost"),
        phrase("force not steady before the cue ({band} N)"),
        phrase("no rise of the force"),
        phrase("counter-movement before the pull"),
    ),
    "analysis.pull_force": (phrase("no force was recorded"),),
    "trials.repetitions": (
        phrase("pull without a cue"),
        phrase("rejected by the operator"),
        phrase("force was not recorded at this cue"),
        phrase("no pull followed the cue"),
        phrase("false start: {percent} % of the pull that followed {gap} s later"),
        phrase("pulled twice ({gap} s apart); the first is used"),
        phrase("pulled {ms} ms before the cue"),
        phrase("tension before the cue ({percent} % of the peak)"),
        phrase("counter-movement before the pull ({percent} % of the peak)"),
        phrase("force lost for {ms} ms"),
        phrase("found from the EMG alone: neither cue nor force"),
    ),
    "trials.cues": (phrase("done again"),),
    "trials.run": (phrase("Finished. Thank you."), phrase("Rest."), phrase("Stopped.")),
}
