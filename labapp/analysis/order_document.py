"""The part of the analysis document about order: shares, agreement, lags of every pair."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from labapp.analysis.document import ms
from labapp.analysis.gates import PairFacts
from labapp.analysis.intervals import median_interval, share_interval
from labapp.analysis.order import Order
from labapp.analysis.pairs import Pair
from labapp.analysis.pooled import OwnRiseLag
from labapp.analysis.settings import AnalysisSettings
from labapp.analysis.statistics import more_than_chance, wilson


def order_part(
    order: Order | None,
    facts: Mapping[tuple[str, str], PairFacts],
    settings: AnalysisSettings,
    *,
    asked: bool = True,
    gates: Mapping[tuple[str, str], Sequence[str]] | None = None,
) -> dict[str, Any]:
    """Write the ``order`` part; empty where there is no second muscle.

    Parameters
    ----------
    asked
        Whether the protocol asks for an order.
    gates
        Reasons, per pair, why it must not be interpreted, whoever sets its onsets.
    """
    if order is None:
        return {
            "asked": asked,
            "muscles": [],
            "n": 0,
            "n_complete": 0,
            "p_first": {},
            "share_first": {},
            "share_first_interval": {},
            "pairs": {},
            "kendall_w": None,
            "modal_order": None,
            "dropped": {},
        }
    return {
        "asked": asked,
        "muscles": list(order.muscles),
        "n": order.n,
        "n_complete": order.n_complete,
        "p_first": order.p_first,
        "share_first": {m: s.share for m, s in order.share_first.items()},
        "share_first_interval": {
            m: {
                "low": s.low,
                "high": s.high,
                "k": s.k,
                "n": s.n,
                "wilson": list(wilson(s.k, s.n)),
                "p_chance": more_than_chance(s.k, s.n, 1 / len(order.share_first)),
            }
            for m, s in order.share_first.items()
        },
        "kendall_w": order.agreement.w,
        "kendall_p": order.agreement.p,
        "kendall_interval": [order.agreement.low, order.agreement.high],
        "kendall_chance": {
            "mean": order.agreement.chance_mean,
            "p95": order.agreement.chance_high,
        },
        "modal_order": _modal(order),
        "entropy": order.entropy,
        "precedence": {"muscles": list(order.kept), **_precedence(order)},
        "dropped": order.dropped,
        "pairs": {
            f"{p.first}-{p.second}": {
                **_pair(p, facts[p.first, p.second], settings),
                "gates": list((gates or {}).get((p.first, p.second), ())),
            }
            for p in order.pairs
        },
    }


def _modal(order: Order) -> dict[str, Any] | None:
    if not order.modal:
        return None
    share = share_interval(order.modal_share, order.n_complete)
    return {"order": order.modal, "share": share.value, "low": share.low, "high": share.high,
            "n": share.n}  # fmt: skip


def _precedence(order: Order) -> dict[str, Any]:
    rows = [[share_interval(share, order.n_complete) for share in row] for row in order.precedence]
    return {
        "share": order.precedence,
        "low": [[one.low for one in row] for row in rows],
        "high": [[one.high for one in row] for row in rows],
        "n": order.n_complete,
    }


def _pair(pair: Pair, fact: PairFacts, settings: AnalysisSettings) -> dict[str, Any]:
    medians = {
        "median_ms": median_interval([math.nan if v is None else v for v in pair.lags_ms]),
        # The methods printed for comparison have outliers: their medians count.
        "lag_raw_ms": median_interval(1000 * fact.raw),
        "lag_neq_ms": median_interval(1000 * fact.neq),
        "bias_ms": median_interval(1000 * (fact.raw - fact.lags)),
        "lag_posterior_ms": median_interval(1000 * fact.posterior),
    }
    return {
        "lag_ms": pair.mean,
        "low_ms": pair.low,
        "high_ms": pair.high,
        "n": pair.n,
        "p_before": pair.p_before,
        "verdict": pair.verdict,
        "reasons": list(pair.reasons),
        "sd_ms": pair.sd,
        "robust_sd_ms": pair.robust_sd,
        "p_holm": pair.p_holm,
        **{name: one.value for name, one in medians.items()},
        "medians": {
            name: {"low": one.low, "high": one.high, "n": one.n} for name, one in medians.items()
        },
        "rope_ms": settings.rope_ms,
        "tost_ms": [pair.tost_low, pair.tost_high],
        "n_needed": pair.n_needed,
        "lags_ms": pair.lags_ms,
        "snr_db": list(fact.snr_db),
        "rise_ms": [ms(value) for value in fact.rise],
        "rise_se_ms": [ms(value) for value in fact.own.rise_sd] if fact.own else None,
        "own_rise": _own_rise(fact.own),
        "crosstalk_r": fact.crosstalk.peak,
        "robust": fact.robust,
    }


def _own_rise(own: OwnRiseLag | None) -> dict[str, Any] | None:
    if own is None:
        return None
    low, high = own.limits(0.95)
    return {
        "lag_ms": ms(own.lag),
        "low_ms": ms(low),
        "high_ms": ms(high),
        "n": own.n,
        "ramp_sd_ms": ms(own.se_ramp),
        "kinds": own.kinds,
    }
