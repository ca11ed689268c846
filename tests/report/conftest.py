"""Made-up analysis documents in the shape of ``labapp-analysis/1``, and a session beside them."""

from __future__ import annotations

import types

import numpy as np
import pytest

from labapp.model import ChannelInfo, Marker

MUSCLES = ("RM_R", "UT_R", "MT_R", "LT_R")
TRUE_MS = {"RM_R": -62.0, "UT_R": -34.0, "MT_R": -48.0, "LT_R": -41.0}


def statistic(mean, sd, n, digits=1):
    half = 2.2 * sd / np.sqrt(n)
    return {
        "mean": round(mean, digits),
        "sd": round(sd, digits),
        "low": round(mean - half, digits),
        "high": round(mean + half, digits),
        "n": n,
    }


def repetition(i, rng, muscles, *, valid=True, reasons=()):
    cue = 6.0 + 9.0 * i
    force = cue + 0.31
    onsets = {}
    for code in muscles:
        at = force + 1e-3 * (TRUE_MS.get(code, -45.0) + rng.normal(0, 9))
        half = 1e-3 * rng.uniform(8, 16)
        onsets[code] = {
            "time_s": at,
            "low_s": at - half,
            "high_s": at + half,
            "state": "ok",
            "snr_db": rng.uniform(17, 24),
            "rise_s": 0.09,
            "neq_s": at,
            "neq_sd_ms": 4.0,
            "hb3_s": at,
            "emd_ms": 1000 * (force - at),
        }
    return {
        "index": i,
        "number": i + 1,
        "block": "A",
        "valid": valid,
        "reasons": list(reasons),
        "cue_s": cue,
        "force_onset_s": force,
        "force_peak_n": 410.0,
        "phases": {
            "pull": [force, force + 0.3],
            "hold": [force + 0.3, force + 1.3],
            "return": None,
        },
        "onsets": onsets,
    }


def pair(first, second, reps, verdict):
    lags = [
        1000 * (rep["onsets"][first]["time_s"] - rep["onsets"][second]["time_s"])
        if rep["valid"]
        else None
        for rep in reps
    ]
    used = [lag for lag in lags if lag is not None]
    mean, sd, n = float(np.mean(used)), float(np.std(used, ddof=1)), len(used)
    half = 2.2 * sd / np.sqrt(n)
    return {
        "lag_ms": mean,
        "low_ms": mean - half,
        "high_ms": mean + half,
        "n": n,
        "p_before": 0.9987,
        "verdict": verdict,
        "reasons": [] if verdict == "first" else ["the interval holds values on both sides"],
        "sd_ms": sd,
        "p_holm": 0.0004,
        "lag_raw_ms": mean + 6,
        "bias_ms": 6.0,
        "lag_posterior_ms": mean,
        "rope_ms": 10.0,
        "n_needed": None if verdict == "first" else 21,
        "lags_ms": lags,
        "snr_db": [20.0, 18.0],
        "rise_ms": [90.0, 85.0],
        "robust": True,
    }


def edited(reps, pairs):
    """What rater A moved: one onset, by 20 ms."""
    onset = reps[3]["onsets"]["MT_R"]
    moved = {"repetition": 3, "muscle": "MT_R", "changed": True, "original_s": onset["time_s"]}
    agreed = {
        "n": 12,
        "icc": {"value": 0.93, "low": 0.81, "high": 0.97},
        "bias_ms": 1.5,
        "limit_low_ms": -6.0,
        "limit_high_ms": 9.0,
        "within": {"share": 0.9, "low": 0.7, "high": 0.98, "k": 11, "ms": 10.0},
    }
    few = {"n": 2, "icc": None, "bias_ms": None, "within": None}
    verdict = {"state": "first", "muscle": "RM_R", "headline": "By hand.", "reasons": []}
    return {
        "headline": "automatic",
        "automatic": verdict,
        "raters": {
            "A": {
                "blind": False,
                "edited": 1,
                "total": 48,
                "share": 1 / 48,
                "channels": {"MT_R": {"edited": 1, "total": 12}},
                "verdict": verdict,
                "onsets": [{**moved, "onset_manual_s": onset["time_s"] + 0.02}],
            }
        },
        "agreement": {
            "A-B": {"onsets": agreed, "muscles": {"MT_R": few}, "pairs": {pairs: agreed}}
        },
        "problems": ["a journal belongs to another session"],
    }


def make_analysis(seed=1, n=12, muscles=MUSCLES):
    rng = np.random.default_rng(seed)
    reps = [repetition(i, rng, muscles) for i in range(n)]
    reps[6] = repetition(6, rng, muscles, valid=False, reasons=["baseline not quiet"])
    pairs = {
        f"{muscles[0]}-{other}": pair(
            muscles[0], other, reps, "first" if other != "MT_R" else "undecided"
        )
        for other in muscles[1:]
    }
    phases = {
        "pull": {
            "ratio": 1.42,
            "low": 1.21,
            "high": 1.67,
            "n": 11,
            "gcv_percent": 26.0,
            "text": "",
        },
        "hold": {"ratio": 1.1, "low": 0.94, "high": 1.29, "n": 11, "gcv_percent": 24.0, "text": ""},
        "return": {
            "ratio": None,
            "low": None,
            "high": None,
            "n": 0,
            "gcv_percent": None,
            "text": "not estimable: no return phase was found",
        },
    }
    amplitude = {"percent": 62.3, "sd": 8.4, "n": 11}
    return {
        "schema": "labapp-analysis/1",
        **({"edited": edited(reps, next(iter(pairs)))} if "MT_R" in muscles else {}),
        "labapp": "0.1.0",
        "session": "AB-014_2026-11-22_isometric_pull",
        "participant": "AB-014",
        "protocol": "isometric_pull",
        "rate_hz": {"emg": 1000.02, "force": 80.01},
        "parameters": {
            "band_hz": [20.0, 450.0],
            "baseline_s": [-0.7, -0.2],
            "search_s": [-0.1, 1.5],
            "equalise": True,
            "neq_draws": 15,
            "seed": 20240229,
            "rope_ms": 10.0,
            "tie_ms": 5.0,
            "snr_order_db": 10.0,
            "min_repetitions": 8,
            "reference_window_s": 0.5,
        },
        "parameters_sha256": "5b2f" * 16,
        "verdict": {
            "state": "first",
            "muscle": "RM_R",
            "headline": "RM before MT by 14 ms (95 % interval 8 to 20; 11 repetitions); RM before "
            "LT by 21 ms (95 % interval 14 to 28; 11 repetitions)",
            "reasons": [],
            "n_needed": None,
        },
        "repetitions": reps,
        "order": {
            "muscles": list(muscles),
            "n": n - 1,
            "n_complete": n - 1,
            "p_first": dict(zip(muscles, (0.981, 0.001, 0.013, 0.005), strict=True)),
            "share_first": {code: k / 11 for code, k in zip(muscles, (8, 0, 2, 1), strict=True)},
            "share_first_interval": {
                code: {"low": max(0.0, k / 11 - 0.2), "high": k / 11 + 0.15, "k": k, "n": 11}
                for code, k in zip(muscles, (8, 0, 2, 1), strict=True)
            },
            "kendall_w": 0.61,
            "modal_order": {"order": "RM>MT>LT>UT", "share": 0.545},
            "pairs": pairs,
        },
        "reference": {
            "method": "largest 500 ms RMS of the reference contractions",
            "muscles": {code: {"value_uv": 412.0, "n": 3, "snr_db": 31.0} for code in muscles},
        },
        "ratios": {"RM_R:UT_R": phases, "RM_R:MT_R": phases, "UT_R:LT_R": phases},
        "ratios_withheld": [],
        "amplitudes": {code: {"pull": amplitude, "hold": amplitude} for code in muscles},
        "force": {
            "peak_n": statistic(412.0, 21.0, 11),
            "onset_rule": "5 SD for 20 ms, back to 1 SD",
            "rfd": {"0-50": statistic(1210, 160, 11), "0-100": statistic(1930, 210, 11)},
            "emd_ms": {code: statistic(-TRUE_MS[code], 9.0, 11) for code in muscles},
            "emd_valid": False,
            "emd_text": "Electromechanical delays are not given: 80 Hz is too slow for them.",
        },
        "quality": [
            {
                "channel": "RM_R",
                "check": "noise",
                "value": 3.1,
                "level": "good",
                "text": "quiet at rest",
            },
            {
                "channel": "UT_R",
                "check": "line",
                "value": 11.4,
                "level": "warn",
                "text": "50 Hz hum. Check the reference electrode and its cable.",
            },
            {
                "channel": "LT_R",
                "check": "clipping",
                "value": 0.21,
                "level": "bad",
                "text": "the signal touches the rails; lower the gain and record again",
            },
        ],
        "timing": {"resolution_ms": 7.3, "sync": "one clock", "uncertainty_ms": 0.4},
        "streams": {
            "emg": {
                "driver": "bitalino",
                "rate_hz": 1000.021,
                "rate_nominal_hz": 1000.0,
                "received": 131_940,
                "lost": 60,
                "gaps": 4,
                "onset_capable": "marginal",
                "onset_reason": "1000 Hz and 10 bits: mean lags of about 10 ms can be told apart",
            },
            "force": {
                "driver": "chronojump",
                "rate_hz": 80.012,
                "rate_nominal_hz": 80.0,
                "received": 10_561,
                "lost": 0,
                "gaps": 0,
                "onset_capable": "no",
                "onset_reason": "80 Hz",
            },
        },
    }


def make_withheld():
    """A session without rhomboid signal: hardly a number anywhere."""
    rng = np.random.default_rng(5)
    analysis = make_analysis()
    reps = [repetition(i, rng, MUSCLES) for i in range(5)]
    for rep in reps:
        rep["onsets"]["RM_R"] = {
            "time_s": None,
            "low_s": None,
            "high_s": None,
            "state": "not_measurable",
            "snr_db": 3.1,
            "rise_s": None,
        }
        rep["phases"] = None
    nothing = dict.fromkeys(analysis["order"]["pairs"]["RM_R-UT_R"])
    analysis.update(
        repetitions=reps,
        verdict={
            "state": "not interpretable",
            "muscle": None,
            "headline": "Cannot tell whether RM came before UT, MT and LT: RM has no measurable "
            "signal in 5 of 5 repetitions",
            "reasons": [
                "RM: signal-to-noise ratio 3 dB, 6 dB are needed",
                "5 repetitions, 8 needed",
            ],
            "n_needed": None,
        },
        order={
            "muscles": ["UT_R", "MT_R", "LT_R"],
            "n": 5,
            "n_complete": 0,
            "p_first": {"UT_R": None, "MT_R": None, "LT_R": None},
            "share_first": {},
            "share_first_interval": {},
            "kendall_w": None,
            "modal_order": None,
            "pairs": {
                "RM_R-UT_R": {
                    **nothing,
                    "verdict": "not interpretable",
                    "reasons": ["RM has no measurable signal"],
                    "lags_ms": [None] * 5,
                    "n": 0,
                }
            },
        },
        reference=None,
        ratios={},
        ratios_withheld=["there is no usable reference contraction"],
        amplitudes={},
        force={"peak_n": None, "rfd": {}, "emd_ms": {}, "emd_valid": False, "emd_text": ""},
        timing={"resolution_ms": None, "sync": "unsynchronised", "uncertainty_ms": None},
    )
    return analysis


class FakeSession:
    """Two streams with bursts at the true onsets; the session interface that reports use."""

    def __init__(self, analysis, *, muscles=MUSCLES, lossy=False):
        self.path = "AB-014.h5"
        self.info = {"created_utc": "2026-11-22T09:41:07Z"}
        self.meta = {
            "participant": "AB-014",
            "streams": [{"id": "emg", "port": "sim://bitalino"}],
            "sheets": {"emg": {"title": "BITalino (r)evolution", "bits": 10}},
        }
        self._starts = [rep["force_onset_s"] for rep in analysis["repetitions"]]
        self._lossy = lossy
        self.markers = (Marker(0.5, "marker", {"deviation": "rests cut to 6 s at most"}),)
        volts = {"kind": "emg", "unit": "V", "scale": 1e-6, "offset": 0.0, "low": 0, "high": 1023}
        newtons = {**volts, "kind": "force", "unit": "N", "scale": 0.01}
        self.streams = {
            "emg": types.SimpleNamespace(
                rate=1000.0,
                channels=tuple(
                    ChannelInfo(name=f"A{i}", muscle=code, **volts)
                    for i, code in enumerate(muscles, 1)
                ),
            ),
            "force": types.SimpleNamespace(
                rate=80.0, channels=(ChannelInfo(name="force", muscle="F_PULL", **newtons),)
            ),
        }

    def times(self, stream, start=None, stop=None):
        rate = self.streams[stream].rate
        return np.arange(np.ceil(start * rate), np.ceil(stop * rate)) / rate

    def values(self, stream, start=None, stop=None, *, channels=None):
        times = self.times(stream, start, stop)
        rng = np.random.default_rng(round(1000 * start))
        near = min(self._starts, key=lambda at: abs(at - start))
        columns = []
        for channel in self.streams[stream].channels:
            lead = TRUE_MS.get(channel.muscle, 0.0) / 1000
            level = np.clip((times - near - lead) / 0.12, 0, 1) * (times < near + 1.2)
            noise = rng.normal(0, 1, len(times))
            if channel.kind == "emg":
                columns.append(1e-6 * noise * (4 + 220 * level))
            else:
                columns.append(400 * level + 0.3 * noise)
        values = np.stack(columns, axis=1)
        if self._lossy:
            values[len(values) // 2] = np.nan
        return values


@pytest.fixture
def analysis():
    return make_analysis()


@pytest.fixture
def withheld():
    return make_withheld()


@pytest.fixture
def session(analysis):
    return FakeSession(analysis)


@pytest.fixture(scope="session")
def good():
    """Document of a whole session and its page, made once: nothing changes either."""
    from labapp.report import html
    from labapp.report.document import build_document

    whole = make_analysis()
    document = build_document([whole], [FakeSession(whole)])
    return document, html.render(document)


@pytest.fixture
def fake_session():
    return FakeSession
