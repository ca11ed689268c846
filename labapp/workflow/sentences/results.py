"""Sentences about results, by the room they come from, for `spoken`: order, amplitudes, ratios.

A gap stands for what the f-string of the source puts there. `tests/test_translations.py` tells
when a source says something that has no pattern here.
"""

from __future__ import annotations

from typing import Final

from labapp.muscles import MUSCLE_NAMES
from labapp.translate import phrase

RESULTS: Final[dict[str, tuple[str, ...]]] = {
    "muscles": (
        *MUSCLE_NAMES.values(),
        phrase("right {name}"),
        phrase("left {name}"),
    ),
    "analysis.question": (
        phrase("{subject} and {others} started together: {what}, inside the equivalence band."),
        phrase("Cannot tell whether {subject} came before {others}: {why}."),
        phrase("{subject} before {parts}; {n} repetitions."),
        phrase("{subject} before {parts}."),
        phrase("{name} by {lag} ms (95 % interval {low} to {high})"),
        phrase("{name} by {lag} ms (95 % interval {low} to {high}; {n} repetitions)"),
        phrase("{name} by {lag} ms ({low} to {high})"),
        phrase("{name} by {lag} ms ({low} to {high}; {n} repetitions)"),
        phrase("mean lag {lag} ms (95 % interval {low} to {high}; {n} repetitions)"),
    ),
    "analysis.document": (
        phrase("the protocol asks for no order of onsets"),
        phrase("Not applicable: {reason}."),
        phrase("{name} is the only muscle: an order needs two"),
        phrase("Cannot tell any order: {reason}"),
    ),
    "analysis.excluded": (phrase("excluded afterwards by hand: {reason}"),),
    "analysis.without_emg": (
        phrase("the session has no EMG"),
        phrase("Not applicable: {reason}, so there is no order of onsets."),
    ),
    "analysis.gates": (
        phrase("{name}: no valid repetition"),
        phrase("{name}: {reason} in {missing} of {n} repetitions (SNR {snr} dB)"),
        phrase(
            "{name}: signal-to-noise ratio below {limit} dB in {weak} of {n} repetitions "
            "(median {snr} dB)"
        ),
        phrase("signal-to-noise ratios of {one} and {two} differ by {gap} dB (limit {limit} dB)"),
        phrase(
            "{one} and {two} rise at different speed ({first} and {second} ms): the order would "
            "reflect the speed of recruitment as well as its time"
        ),
        phrase(
            "{one} and {two} share much of their signal (correlation {peak}): crosstalk is likely"
        ),
        phrase("two methods disagree about {one} and {two} ({first} and {second} ms)"),
        phrase("see its data sheet"),
        phrase("{driver} cannot time onsets: {why}"),
        phrase("{one} and {two} were recorded by devices without a common clock or sync pulses"),
        phrase("{one} and {two} were recorded by devices whose clocks relate by ± {u} ms only"),
        phrase("no burst found"),
        phrase("active before the cue"),
        phrase("no clear beginning"),
        phrase("not measurable"),
    ),
    "analysis.order": (phrase("{name}: no onset in {missing} of {n} repetitions"),),
    "analysis.pairs": (
        phrase("{n} repetitions with both onsets, {needed} are needed"),
        phrase("the lag is real but below {rope} ms, too small to call"),
        phrase(
            "the interval {low} to {high} ms contains no difference and is wider than the "
            "equivalence band"
        ),
        phrase(
            "the mean lag of {mean} ms could come from the speed of the rise: with a rise of "
            "their own it is {lag} ms ({low} to {high})"
        ),
    ),
    "analysis.lag": (
        phrase("{name}: signal-to-noise ratio {snr} dB, an order needs 10 dB"),
        phrase("signal-to-noise ratios differ by {gap} dB (limit 20 dB)"),
        phrase("{one} and {two} rise at different speed"),
        phrase("{reason} (SNR {snr} dB)"),
        phrase("signal-to-noise ratio {snr} dB is too low for an onset"),
    ),
    "analysis.onset": (
        phrase("the burst may have begun before the search window"),
        phrase("the burst began before the search window"),
        phrase("the beginning is too gradual or too noisy to time"),
    ),
    "analysis.alarm": (
        phrase("no burst rises out of the rest noise"),
        phrase("no burst is louder than spikes in the baseline"),
        phrase("the burst was under way in the baseline"),
        phrase("the burst was under way when the search began"),
        phrase("one short spike, not a lasting burst"),
        phrase("a twitch breaks off just before the burst"),
        phrase("a twitch comes before the main burst"),
        phrase("a twitch or spike comes shortly before the burst"),
    ),
    "analysis.burst": (
        phrase("no samples were received"),
        phrase("the signal is constant"),
        phrase("the signal stands still at rest"),
        phrase("samples were lost in the search"),
        phrase("samples were lost at the burst"),
        phrase("the signal is clipped at the burst"),
        phrase("the signal stands still at the burst"),
        phrase("one tone, as of mains hum, not a burst"),
        phrase("samples were lost in the baseline"),
        phrase("samples were lost before the burst"),
    ),
    "analysis.phases": (
        phrase(
            "no reference contraction in this session: amplitudes of two muscles cannot be compared"
        ),
        phrase("left out because clipped: {n}"),
        phrase("only a submaximal reference: amplitudes of two muscles cannot be compared by it"),
        phrase("pulls exceed {percent} % of it: the reference was probably not maximal, repeat it"),
        phrase("{code}: {reason}"),
    ),
    "analysis.given": (
        phrase(
            "only a reference of its own, the others have theirs from another recording: it cannot "
            "be compared with them"
        ),
        phrase("maximal contractions recorded {n} min before (session {name})"),
        phrase("maximal contractions recorded {n} min after (session {name})"),
        phrase("submaximal contractions recorded {n} min before (session {name})"),
        phrase("submaximal contractions recorded {n} min after (session {name})"),
    ),
    "workflow.reference_session": (
        phrase("it is of {one}, not of {two}"),
        phrase("nobody"),
        phrase("its protocol is not there to give references"),
        phrase("it does not say when it was recorded"),
        phrase("{h} h lie between them, at most 6 h may"),
        phrase("it holds no usable reference contraction"),
        phrase("it is not there any more"),
    ),
    "workflow.reference_sites": (
        phrase("one of the two is simulated, the other is not"),
        phrase("its laboratory is {said}, not {meant}"),
        phrase("{code} was not measured in it"),
        phrase("{code} sat on channel {one}, not on {two}"),
        phrase("{code} was measured by the device {one}, not by {two}"),
        phrase("{code} had another gain"),
        phrase("{code} was sampled at {first} Hz, not at {last} Hz"),
        phrase("the electrode of {code} sat at {said}, not at {meant}"),
    ),
    "analysis.references": (
        phrase("no quiet rest to correct for"),
        phrase("{weak} reference contractions below {limit} dB"),
        phrase("no reference contraction could be measured"),
        phrase("left out below {limit} dB: {weak}"),
        phrase("{n} usable reference contraction, {needed} are needed to know its uncertainty"),
        phrase("the best two contractions differ by {percent} %: a further one is advised"),
    ),
    "analysis.amplitude_document": (
        phrase("greatest {ms} ms RMS over the reference contractions, corrected for rest"),
    ),
    "analysis.ratios": (
        phrase("not estimable: {reason}"),
        phrase("{ratio} (95 % interval {low} to {high}; {n} repetitions)"),
        phrase("{lost} of {n} repetitions at the noise floor or without a value"),
        phrase("{n} repetitions, 3 are needed"),
    ),
    "workflow.plan": (
        phrase("{name} was rejected by the operator at {at} s"),
        phrase("{name} was done again at {at} s"),
        phrase("the run was stopped at {at} s, before its end"),
        phrase("what amplitudes are counted from was chosen at the analysis"),
    ),
}
