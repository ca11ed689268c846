"""Every parameter of the analysis, in one frozen place: hashed, printed, compared."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from labapp.errors import LabError

ECG_REMOVAL = ("off", "high_pass", "template")


@dataclass(frozen=True, slots=True)
class AnalysisSettings:
    """Parameters of `analyse_recording`; the defaults are those of the domain reference.

    Attributes
    ----------
    band_hz
        EMG band-pass, true -3 dB corners.
    baseline_s, search_s
        Windows relative to the cue (s): quiet rest, and where a burst may begin. The search
        ends at the force peak where that comes earlier than ``search_s[1]``.
    equalise
        Compare the muscles at the signal-to-noise ratio of the weakest of them.
    neq_draws
        Noise draws of the noise-equalised HB3 detector printed beside.
    seed
        Seed of every random draw (noise draws, multivariate t, permutations).
    rope_ms
        Differences of the mean smaller than this do not matter ("simultaneous" band).
    tie_ms
        Onsets closer than this count as a tie in the ranks of one repetition.
    snr_order_db, snr_onset_db
        Below the first a repetition gives no order, below the second no onset.
    snr_gap_db
        A larger difference between two muscles makes their pair not interpretable.
    rise_ratio
        A ratio of two muscles' rise times that is certainly (one-sided 5 %) larger than this
        makes their pair not interpretable.
    min_repetitions
        Fewer complete repetitions than this give no verdict.
    missing_share
        A muscle without onset in more than this share of repetitions leaves the order.
    crosstalk_r
        Peak correlation of two channels above which an order claim is withheld.
    reference_window_s
        Reference amplitude: greatest moving RMS of this length in the reference contractions.
    reference_snr_db
        Reference contractions with less signal-to-noise ratio are not used.
    ratio_floor_percent
        Denominators below this percentage of the reference give no ratio.
    ecg_removal
        ``off``, ``high_pass`` (30 Hz) or ``template``: how heart beats are taken out before
        amplitudes; onsets are always read from the untouched signal.
    """

    band_hz: tuple[float, float] = (20.0, 450.0)
    baseline_s: tuple[float, float] = (-0.7, -0.2)
    search_s: tuple[float, float] = (-0.1, 1.5)
    equalise: bool = True
    neq_draws: int = 15
    seed: int = 20_240_229
    rope_ms: float = 10.0
    tie_ms: float = 5.0
    snr_order_db: float = 10.0
    snr_onset_db: float = 6.0
    snr_gap_db: float = 20.0
    rise_ratio: float = 1.5
    min_repetitions: int = 8
    missing_share: float = 0.25
    crosstalk_r: float = 0.3
    reference_window_s: float = 0.5
    reference_snr_db: float = 15.0
    ratio_floor_percent: float = 2.0
    ecg_removal: str = "off"

    def __post_init__(self) -> None:
        low, high = self.band_hz
        if not 0 < low < high:
            raise LabError(f"band_hz is {self.band_hz}", "give (low, high) with 0 < low < high")
        if not self.baseline_s[0] < self.baseline_s[1] <= self.search_s[1]:
            raise LabError(
                f"baseline_s is {self.baseline_s}", "give (start, stop) in seconds from the cue"
            )
        if not self.search_s[0] < self.search_s[1]:
            raise LabError(f"search_s is {self.search_s}", "give (start, stop), start first")
        if self.rope_ms <= 0 or self.tie_ms < 0:
            raise LabError(
                f"rope_ms is {self.rope_ms}, tie_ms {self.tie_ms}", "give positive milliseconds"
            )
        if self.min_repetitions < 3 or self.neq_draws < 1:
            raise LabError(
                f"min_repetitions is {self.min_repetitions}, neq_draws {self.neq_draws}",
                "give at least 3 repetitions and 1 draw",
            )

        if self.ecg_removal not in ECG_REMOVAL:
            raise LabError(
                f"ecg_removal is {self.ecg_removal!r}", f"use one of {', '.join(ECG_REMOVAL)}"
            )

    def as_dict(self) -> dict[str, Any]:
        """JSON-able mapping of every parameter (tuples become lists)."""
        values: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return values

    def sha256(self) -> str:
        """Hash of the parameters: equal hashes mean equal analyses."""
        text = json.dumps(self.as_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def settings_from(mapping: dict[str, Any]) -> AnalysisSettings:
    """Build settings from a plan file's mapping; unknown names are refused.

    Raises
    ------
    LabError
        On an unknown name or a value that does not fit.
    """
    known = AnalysisSettings.__dataclass_fields__
    values: dict[str, Any] = {}
    for name, value in mapping.items():
        if name not in known:
            raise LabError(
                f"analysis setting {name!r} is not known", f"use one of {', '.join(known)}"
            )
        default = getattr(AnalysisSettings(), name)
        if isinstance(default, tuple):
            fits = (
                isinstance(value, list | tuple)
                and len(value) == 2
                and all(isinstance(v, int | float) and not isinstance(v, bool) for v in value)
            )
            value = tuple(float(v) for v in value) if fits else value
        elif isinstance(default, bool):
            fits = isinstance(value, bool)
        elif isinstance(default, str):
            fits = isinstance(value, str)
        elif isinstance(default, int):
            fits = isinstance(value, int) and not isinstance(value, bool)
        else:
            fits = isinstance(value, int | float) and not isinstance(value, bool)
            value = float(value) if fits else value
        if not fits:
            raise LabError(f"analysis setting {name} is {value!r}", f"give it like {default!r}")
        values[name] = value
    return AnalysisSettings(**values)
