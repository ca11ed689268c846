"""Every muscle in every pull of a recording: bursts, onsets, and lags at equal noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.burst import SNR_FLOOR_DB, Burst, prepare
from labapp.analysis.equalise import NoiseBank, NoiseEqualised, noise_equalised_onset
from labapp.analysis.filters import band_pass
from labapp.analysis.inputs import EmgChannel, RepetitionLike
from labapp.analysis.lag import equalised_fit, extra_noise, joint_lag, lag_fit
from labapp.analysis.onset import Onset, moments_of, onset_of
from labapp.analysis.pooled import (
    BIN_S,
    POOLED_SHAPES,
    SHARPNESS,
    OwnRiseLag,
    RampTable,
    own_rise_lag,
    ramp_table,
)
from labapp.analysis.posterior import Moments, RampFit
from labapp.analysis.settings import AnalysisSettings
from labapp.analysis.weighting import weighted

Floats = NDArray[np.float64]

SETTLE_S = 0.05
"""Signal kept before the baseline of each pull ..."""

TAIL_S = 0.7
"""... and after it: the plateau of a burst that begins late in the window."""

OWN_RISE_STEP_DB = 2.0
"""For the lag with own rises the cleaner muscle loses a multiple of this: pairs of similar ratios
share what costs the time, and muscles alike to 1 dB lose nothing."""


@dataclass(slots=True, eq=False)
class MusclePull:
    """One muscle in one pull; times in s since the start of the recording.

    `burst` is None where the recording does not reach far enough around the cue. What was made
    of it is kept: the burst with weighted frequencies, fits and tables by the noise added.
    """

    start: float
    burst: Burst | None
    onset: Onset
    neq: NoiseEqualised | None = None
    equalised: Moments | None = None
    heard: Burst | None = None
    fits: dict[float, RampFit] = field(default_factory=dict)
    tables: dict[float, RampTable] = field(default_factory=dict)

    @property
    def usable(self) -> bool:
        """Whether this pull has an onset of this muscle that may be used."""
        return self.burst is not None and self.onset.state == "ok"

    def fit_at(self, target_db: float) -> RampFit:
        """Ramp posterior of the lag's kind at a ratio of `target_db` (s from `start`)."""
        burst, key = self._at(target_db)
        if key not in self.fits:
            if self.heard is None:
                self.heard = weighted(burst)
            self.fits[key] = lag_fit(self.heard, target_db)
        return self.fits[key]

    def table_at(self, target_db: float) -> RampTable:
        """Evidence and onset under every kind of ramp at a ratio of `target_db`."""
        burst, key = self._at(target_db)
        if key not in self.tables:
            fit = equalised_fit(burst, target_db, POOLED_SHAPES, BIN_S, SHARPNESS)
            self.tables[key] = ramp_table(fit)
        return self.tables[key]

    def _at(self, target_db: float) -> tuple[Burst, float]:
        assert self.burst is not None
        return self.burst, round(extra_noise(self.burst.snr_db, target_db), 3)


@dataclass(frozen=True, slots=True, eq=False)
class FilteredChannel:
    """A channel of the recording and its band-passed copy."""

    channel: EmgChannel
    x: Floats

    def index(self, time: float) -> int:
        """First sample at or after a time (s since the start of the recording)."""
        return int(np.searchsorted(self.channel.times, time))


def filtered(channel: EmgChannel, settings: AnalysisSettings) -> FilteredChannel:
    """Band-pass one channel once for the whole recording."""
    return FilteredChannel(channel, band_pass(channel.values, channel.rate, settings.band_hz))


def anchor_of(repetition: RepetitionLike) -> float | None:
    """Moment that the windows of a pull are counted from: the cue, else before the force."""
    if repetition.cue_s is not None:
        return repetition.cue_s
    if repetition.force_onset_s is not None:
        return repetition.force_onset_s - 0.5
    return None


def search_end(repetition: RepetitionLike, anchor: float, settings: AnalysisSettings) -> float:
    """End of the search (s): the force peak, or `search_s[1]` after the cue if that is sooner."""
    latest = anchor + settings.search_s[1]
    if repetition.force_onset_s is not None:
        # Every muscle that drives the pull is active by 0.2 s after the force began to rise.
        latest = min(latest, max(repetition.force_onset_s + 0.2, anchor + 0.4))
        if repetition.peak_s is not None and repetition.peak_s > repetition.force_onset_s:
            latest = max(latest, min(repetition.peak_s, anchor + settings.search_s[1]))
    return latest


def measure(
    filtered_channel: FilteredChannel, repetition: RepetitionLike, settings: AnalysisSettings
) -> MusclePull:
    """Find and time the burst of one muscle in one pull."""
    anchor = anchor_of(repetition)
    times, rate = filtered_channel.channel.times, filtered_channel.channel.rate
    if anchor is None:
        return _missing("neither cue nor force", 0.0)
    begin = anchor + settings.baseline_s[0] - SETTLE_S
    last = search_end(repetition, anchor, settings)
    first, stop = filtered_channel.index(begin), filtered_channel.index(last + TAIL_S)
    if not len(times) or times[0] > begin + SETTLE_S or times[-1] < last:
        return _missing("the recording does not cover this pull", anchor)
    x = filtered_channel.x[first:stop]
    start = float(times[first])
    length = len(x) / rate
    search = (anchor + settings.search_s[0] - start, min(last - start, length))
    baseline = (
        max(anchor + settings.baseline_s[0] - start, 0.0),
        anchor + settings.baseline_s[1] - start,
    )
    burst = prepare(
        x,
        rate,
        baseline=baseline,
        search=search,
        band=None,
        unfiltered=filtered_channel.channel.values[first:stop],
    )
    onset = _shifted(onset_of(burst), start)
    return MusclePull(start, burst, onset)


def _missing(reason: str, start: float) -> MusclePull:
    nan = math.nan
    return MusclePull(
        start, None, Onset(nan, nan, nan, nan, SNR_FLOOR_DB, "not_measurable", reason)
    )


def _shifted(onset: Onset, start: float) -> Onset:
    return Onset(
        onset.time + start,
        onset.low + start,
        onset.high + start,
        onset.rise_time,
        onset.snr_db,
        onset.state,
        onset.reason,
    )


def equalise_repetition(
    pulls: Sequence[MusclePull], settings: AnalysisSettings, bank: NoiseBank
) -> None:
    """Time every usable muscle of one repetition at the ratio of the weakest of them.

    Muscles below `snr_order_db` take no part, so that one dead channel cannot drown the rest.
    Fills `equalised` and `neq` in place.
    """
    ordered = [pull for pull in pulls if pull.usable and pull.onset.snr_db >= settings.snr_order_db]
    if not ordered:
        return
    target = min(pull.onset.snr_db for pull in ordered)
    for pull in ordered:
        assert pull.burst is not None
        m = moments_of(pull.fit_at(target if settings.equalise else pull.onset.snr_db))
        t = pull.start
        pull.equalised = Moments(m.median + t, m.low + t, m.high + t, m.mean + t, m.sd)
        neq = noise_equalised_onset(pull.burst, target, bank=bank)
        pull.neq = NoiseEqualised(neq.time + pull.start, neq.sd, neq.raw + pull.start)


def pair_lag(a: MusclePull, b: MusclePull, settings: AnalysisSettings) -> float:
    """Lag (s) of two muscles in one repetition at the ratio of the weaker; NaN where withheld."""
    low, high = sorted((a.onset.snr_db, b.onset.snr_db))
    if not (a.usable and b.usable):
        return math.nan
    if low < settings.snr_order_db or high - low > settings.snr_gap_db:
        return math.nan
    ratios = (low, low) if settings.equalise else (a.onset.snr_db, b.onset.snr_db)
    lag, _ = joint_lag(a.fit_at(ratios[0]), b.fit_at(ratios[1]), offset=a.start - b.start)
    return lag


def own_rises(
    first: Sequence[MusclePull], second: Sequence[MusclePull], settings: AnalysisSettings
) -> OwnRiseLag | None:
    """Lag over all pulls with the muscles' own, pooled rises; None below four pulls.

    The pulls are those in which both muscles may be compared.
    """
    tables: tuple[list[RampTable], list[RampTable]] = [], []
    offsets = []
    for a, b in zip(first, second, strict=True):
        low = min(a.onset.snr_db, b.onset.snr_db)
        for pull, made in zip((a, b), tables, strict=True):
            snr = pull.onset.snr_db
            lost = OWN_RISE_STEP_DB * round((snr - low) / OWN_RISE_STEP_DB)
            made.append(pull.table_at(snr - lost if settings.equalise else snr))
        offsets.append(a.start - b.start)
    return own_rise_lag(*tables, offsets)
