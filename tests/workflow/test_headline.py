"""The headline of a session without a question of order says what it has yielded."""

from dataclasses import asdict

import numpy as np
import pytest
from reference_sessions import FULL_UV, MAXIMAL, made

from labapp.analysis.asymmetry import compare_sides
from labapp.report.document import build_document
from labapp.report.words import not_applicable, verdict_state
from labapp.translate import speak
from labapp.trials.protocol import load_protocol
from labapp.workflow.analysing import analyse
from labapp.workflow.headline import with_headline
from labapp.workflow.headline_words import verdict_told
from labapp.workflow.words import summary
from labapp.workflow.yielded import forms, references, standing
from labapp.workflow.yielded_pulls import conditions, force, levels, ratios, sides

NO_EMG = "the session has no EMG"


def held(mean, low, high, n):
    return {"mean": mean, "low": low, "high": high, "n": n}


def document(*, asked=False, reasons=("the protocol asks for no order of onsets",), **parts):
    """Return the least of an analysis document that a headline is made of."""
    return {
        "protocol": "",
        "verdict": {
            "state": "not interpretable",
            "muscle": None,
            "n_needed": None,
            "headline": "Not applicable: …",
            "reasons": list(reasons),
        },
        "order": {"asked": asked, "muscles": []},
        "repetitions": [],
        "amplitudes": {},
        "ratios": {},
        "ratios_withheld": [],
        "force": {"peak_n": None, "rfd": {}, "emd_text": "no force was recorded"},
        "quality": [],
        "streams": {},
        **parts,
    }


def pulls(peaks, block="work"):
    return [
        {"block": block, "number": i, "valid": peak is not None, "force_peak_n": peak}
        for i, peak in enumerate(peaks, 1)
    ]


# ------------------------------------------------------------------ 100 %


def test_maximal_contractions_say_for_which_muscles_100_percent_is_known(tmp_path):
    """Truth: 400 and 300 µV at full strength; the electrode of the second then hears nothing."""
    both = analyse(made(tmp_path / "both.h5", "mvic_scapular", MAXIMAL))
    for code, uv in FULL_UV.items():
        one = both["reference"]["muscles"][code]
        assert one["low_uv"] < uv < one["high_uv"]
    verdict = both["verdict"]
    assert verdict["state"] == "not interpretable"
    assert verdict["headline"].startswith("100 % is known for 2 of 2 muscles. Least sure: ")
    assert verdict["headline"].endswith(" % (95 % interval; 3 contractions).")
    assert verdict["instead"]["state"] == "measured"
    assert not_applicable(both)
    assert summary(both).splitlines()[0] == verdict["headline"]
    report = build_document([both], [])
    told = [block for block in report.blocks if getattr(block, "state", "") == "measured"]
    assert [block.text for block in told] == [verdict["headline"]]

    one = analyse(made(tmp_path / "one.h5", "mvic_scapular", MAXIMAL, full={"UT_R": 3.0}))
    assert one["verdict"]["headline"].startswith(
        "100 % is known for 1 of 2 muscles (UT: 3 reference contractions below 15 dB). Least "
        "sure: RM, "
    )
    assert one["verdict"]["instead"]["state"] == "in part"
    assert verdict_state(one) == "measured in part"
    reason = "UT_R: 3 reference contractions below 15 dB"
    assert one["verdict"]["instead"]["reasons"][0] == reason
    assert f"\n  {reason}" in summary(one)


def reference(value=100.0, low=None, high=None, n=3, reason="", kind="maximal", notes=()):
    return {"value_uv": value, "low_uv": low, "high_uv": high, "n": n, "reason": reason,
            "kind": kind, "notes": list(notes)}  # fmt: skip


def test_references_name_who_has_none_by_what_is_wrong():
    none = reference(None, n=0, reason="no reference contraction could be measured")
    rest = reference(None, n=0, reason="no quiet rest to correct for")
    few = reference(50.0, n=1, reason="1 usable reference contraction, 2 are needed to know its …")
    known = reference(100.0, 80.0, 125.0)
    muscles = {"RM_R": known, "LT_R": few, "UT_R": rest, "SA_L": none}
    found = references({"reference": {"muscles": muscles}})
    assert found.said[0] == (
        "100 % is known for 1 of 4 muscles (LT_R, SA_L: fewer than 2 usable contractions; "
        "UT_R: no quiet rest to correct for)."
    )
    assert found.said[1] == "Least sure: RM_R, 80 to 125 % (95 % interval; 3 contractions)."
    assert [text.partition(":")[0] for text in found.missing] == ["LT_R", "UT_R", "SA_L"]
    nothing = references({"reference": {"muscles": {"LT_R": few}}})
    assert not nothing.said
    assert nothing.failed.startswith("100 % is known for none of 1 muscles (LT: ")
    assert references({"reference": None}).failed.startswith("Nothing measured: ")


def test_submaximal_references_are_called_so():
    words = "only a submaximal reference: amplitudes of two muscles cannot be compared by it"
    one = reference(50.0, 45.0, 55.0, kind="submaximal", reason=words)
    found = references({"reference": {"muscles": {"ES_R": one, "ES_L": one}}})
    assert found.said[0] == "A submaximal reference is known for 2 of 2 muscles."
    assert found.notes == (words,)
    assert not found.missing


def test_own_contractions_count_where_others_gave_the_100_percent():
    part = {
        "muscles": {"RM_R": reference(90.0, 80.0, 101.0)},
        "own": {"muscles": {"RM_R": reference(None, n=0, reason="no reference …")}},
    }
    assert "none of 1 muscles" in references({"reference": part}).failed


# ------------------------------------------------------------------ standing and forms


def test_standing_says_nothing_measured_and_why():
    assert standing({}).failed == (
        "Nothing measured: no force plate of four cells in newtons was recorded."
    )
    trial = {"condition": "eyes open", "number": 1, "reasons": ["rejected by the operator"]}
    part = {"trials": [trial, trial], "summary": {}}
    found = standing({"standing": part})
    assert found.failed == (
        "Nothing measured: 2 of 2 trials could not be measured: rejected by the operator."
    )
    part = {
        "trials": [trial, {**trial, "reasons": []}],
        "summary": {"eyes open": {"velocity_mm_s": held(12.34, None, None, 1)}},
    }
    found = standing({"standing": part})
    assert found.said == ("Sway speed: eyes open 12.3 mm/s (1 trial: no interval).",)
    assert len(found.missing) == 1


def test_forms_count_what_was_entered():
    rows = [
        {"form": "contraindications", "n": 1, "asked": 1},
        {"form": "shoulder", "n": 3, "asked": 3},
        {"form": "pain", "n": 0, "asked": 1},
    ]
    assert forms({"forms": rows}).said == ("Forms: 3 of 4 values entered.",)
    bare = document(reasons=[NO_EMG], forms=rows)
    verdict = with_headline(bare, load_protocol("screening"))["verdict"]
    assert verdict["headline"] == ("No force was recorded. Forms: 3 of 4 values entered.")
    assert verdict["instead"]["state"] == "in part"


# ------------------------------------------------------------------ force


def test_force_alone_says_peak_and_rate_with_their_intervals():
    part = {
        "peak_n": held(510.0, 500.0, 520.0, 3),
        "rfd": {"0-100": held(2310.4, 2100.0, 2520.8, 3)},
        "rfd_valid": True,
        "emd_text": "",
    }
    rows = pulls([505.0, 510.0, 515.0, None])
    found = with_headline(
        document(asked=True, reasons=[NO_EMG], force=part, repetitions=rows), None
    )
    assert found["verdict"]["headline"] == (
        "Peak force 510 N (95 % interval 498 to 522; 3 pulls). Rate of force development in the "
        "first 100 ms 2310 N/s (95 % interval 2100 to 2521; 3 pulls). No order of onsets: the "
        "session has no EMG."
    )
    slow = force({"force": {**part, "rfd_valid": False}, "repetitions": rows}, {}, rfd=True)
    assert slow.missing == ("the load cell is too slow for a rate of force development",)
    one = force({"force": part, "repetitions": rows[:1]}, {}, rfd=False)
    assert one.said == ("Peak force 505 N (1 pull: no interval).",)
    none = force({"force": part, "repetitions": rows[3:]}, {}, rfd=False)
    assert none.failed == "Nothing measured: none of 1 pulls could be measured."


def test_force_of_both_sides_is_compared():
    rows = pulls([100.0, 102.0, 98.0], "strength_left") + pulls(
        [150.0, 149.0, 151.0], "strength_right"
    )
    found = force(
        {"force": {"peak_n": {}, "rfd": {}}, "repetitions": rows},
        {"strength_left": "L", "strength_right": "R"},
        rfd=False,
    )
    assert found.said[0].startswith("Peak force: left 100 N (95 % interval 95 to 105; 3 pulls), ")
    assert found.said[1].startswith("Right over left 1.50 (95 % interval 1.4")


def test_nothing_at_all_says_so():
    verdict = with_headline(document(reasons=[NO_EMG]), None)["verdict"]
    assert verdict["headline"] == "Nothing measured: no force was recorded."
    assert verdict["instead"]["state"] == "nothing"
    assert verdict["state"] == "not interpretable"
    assert verdict["reasons"] == [NO_EMG]


# ------------------------------------------------------------------ conditions and sides


def change(factor, low, high, n=30, p=0.5):
    return {"ratio": 1.0, "low": 0.9, "high": 1.1, "n": n,
            "change": {"factor": factor, "low": low, "high": high, "p": p}}  # fmt: skip


BASE = {"ratio": 1.0, "low": 0.9, "high": 1.1, "n": 30}


def test_conditions_tell_what_differs_from_what_cannot_be_told():
    part = {
        "RM_R:MT_R": {"hold": {"neutral": BASE, "retraction": change(1.0, 0.9, 1.1)}},
        "RM_R:UT_R": {"hold": {"neutral": BASE, "retraction": change(1.23, 1.1, 1.375, p=0.001)}},
        "UT_R:LT_R": {"hold": {"neutral": BASE, "retraction": change(0.95, 0.85, 1.06, 28)}},
    }
    found = with_headline(
        document(conditions=part, reasons=["…"]), load_protocol("face_pull_intentional")
    )["verdict"]
    assert found["headline"] == (
        "RM:UT in the hold differs from neutral: retraction 1.23 times (95 % interval 1.10 to "
        "1.38; 30 and 30 repetitions). Cannot tell whether UT:LT in the hold differs from "
        "neutral: retraction 0.95 times (95 % interval 0.85 to 1.06; 28 and 30 repetitions)."
    )
    assert found["instead"] == {
        "state": "measured",
        "reasons": ["2 comparisons: a difference counts by Holm's adjusted p below 0.05"],
        "names": ["neutral", "retraction"],
    }
    unsure = conditions({"conditions": part}, ["UT:LT"])
    assert unsure.undecided
    assert len(unsure.said) == 1
    withheld = ["RM_R: 3 reference contractions below 15 dB"]
    found = conditions({"conditions": {}, "ratios_withheld": withheld}, [])
    assert found.failed == (
        "Cannot compare the conditions: no two muscles have a usable reference "
        "(3 reference contractions below 15 dB)."
    )
    assert list(found.missing) == withheld


def side(percent, low, high, state, p):
    return {"percent": percent, "low": low, "high": high, "state": state,
            "n_left": 24, "n_right": 23, "reason": "", "p": p}  # fmt: skip


def test_sides_tell_right_over_left_and_which_is_greater():
    """``100 ln(500 / 400)`` is 22.3144 %: the right is 1.25 times the left."""
    part = {
        "RM": {"hold": side(22.3144, 10.0, 34.6, "right", 0.001)},
        "UT": {"hold": side(-3.0, -12.0, 6.0, "within error", 0.5)},
    }
    found = sides({"asymmetry": part})
    assert found.said == (
        "Greater on the right: RM.",
        "Right over left in the hold: RM 1.25 (95 % interval 1.11 to 1.41; 23 and 24 "
        "repetitions), UT 0.97 (0.89 to 1.06).",
    )
    assert not found.undecided
    unsure = sides({"asymmetry": {"UT": part["UT"]}})
    assert unsure.undecided
    assert unsure.said[0] == "No side is greater for sure."
    assert not unsure.notes


def test_of_many_comparisons_one_that_stands_out_by_chance_does_not_count():
    """Four muscles at p = 0.03 each: one in nine sessions shows one of them by chance."""
    part = {m: {"hold": side(5.0, 1.0, 9.0, "right", 0.03)} for m in ("RM", "UT", "MT", "LT")}
    found = sides({"asymmetry": part})
    assert found.said[0] == "No side is greater for sure."
    assert found.notes == ("4 comparisons: a difference counts by Holm's adjusted p below 0.05",)
    part = {"RM_R:UT_R": {"hold": {"a": BASE, "b": change(1.1, 1.01, 1.2, p=0.04),
                                   "c": change(1.3, 1.1, 1.5, p=0.02)}}}  # fmt: skip
    found = conditions({"conditions": part}, [])
    assert found.said[0].startswith("RM:UT in the hold differs from a: b 1.10 times (")
    assert ", c 1.30 times (" in found.said[0]
    part["RM_R:UT_R"]["hold"]["c"]["change"]["p"] = 0.03
    assert conditions({"conditions": part}, []).undecided


def test_alike_sides_are_rarely_called_unlike():
    """Five muscles alike on both sides, 8 repetitions: a side in at most 5 % of 600 sessions."""
    rng = np.random.default_rng(5)
    called = 0
    for _ in range(600):
        part = {
            str(m): {"hold": asdict(compare_sides(*np.exp(0.2 * rng.normal(size=(2, 8)))))}
            for m in range(5)
        }
        called += not sides({"asymmetry": part}).undecided
    assert called <= 600 * 0.05 + 2 * np.sqrt(600 * 0.05 * 0.95)


def test_levels_and_ratios_have_their_intervals():
    level = {"percent": 62.0, "low": 55.0, "high": 69.0, "n": 16}
    found = levels({"amplitudes": {"RM_R": {"hold": level}, "UT_R": {"pull": {**level, "n": 1}}}})
    assert found.said == (
        "Activation in the hold in % of the reference: RM 62.0 % (95 % interval 55.0 to 69.0; "
        "16 repetitions).",
    )
    ratio = {"ratio": 1.3, "low": 1.1, "high": 1.5, "n": 16}
    part = {"RM_R:UT_R": {"hold": {**ratio, "ratio": None}}, "UT_R:LT_R": {"pull": ratio}}
    found = ratios({"ratios": part}, [])
    assert found.said == ("UT:LT in the pull 1.30 (95 % interval 1.10 to 1.50; 16 repetitions).",)
    assert levels({}).failed
    assert ratios({}, []).failed


@pytest.mark.parametrize(
    ("withheld", "why"),
    [
        (["RM_R: no quiet rest to correct for"] * 2, " (no quiet rest to correct for)"),
        (["RM_R: no quiet rest to correct for", "UT_R: 3 reference contractions below …"], ""),
        (
            ["no reference contraction in this session: amplitudes of two muscles cannot be …"],
            " (no reference contraction in this session)",
        ),
        (
            ["ES_R: only a submaximal reference: amplitudes of two muscles cannot be …"],
            " (only a submaximal reference: amplitudes of two muscles cannot be …)",
        ),
    ],
)
def test_what_is_wrong_with_all_references_alike_is_told_at_once(withheld, why):
    part = {"ratios_withheld": withheld}
    two = "no two muscles have a usable reference"
    assert ratios(part, []).failed == f"Cannot tell any ratio: {two}{why}."
    assert levels(part).failed == f"Nothing measured: no muscle has a usable reference{why}."
    assert sides(part).failed == (
        f"Cannot tell left from right: no muscle has a usable reference on both sides{why}."
    )


# ------------------------------------------------------------------ which headline


def test_a_secondary_order_that_cannot_be_told_gives_way_to_what_was_measured():
    """The slow row is about ratios; the reasons of all muscles stay in the verdict."""
    reasons = ["RM_R: no clear beginning in 7 of 24 repetitions (SNR 11 dB)", "UT_R: no onset"]
    ratio = {"ratio": 1.3, "low": 1.1, "high": 1.5, "n": 24}
    whole = document(asked=True, reasons=reasons, ratios={"UT_R:LT_R": {"hold": ratio}})
    verdict = with_headline(whole, load_protocol("seated_cable_row_slow"))["verdict"]
    assert verdict["headline"] == (
        "No order of onsets: RM_R: no clear beginning in 7 of 24 repetitions (SNR 11 dB). "
        "UT:LT in the hold 1.30 (95 % interval 1.10 to 1.50; 24 repetitions). "
        "No force was recorded."
    )
    assert verdict["reasons"] == reasons
    assert "instead" not in verdict
    assert with_headline(whole, load_protocol("isometric_pull")) is whole
    told = {**whole, "verdict": {**whole["verdict"], "state": "undecided"}}
    assert with_headline(told, load_protocol("seated_cable_row_slow")) is told


def test_a_verdict_about_an_order_stays_as_it_is():
    whole = document(asked=True, reasons=["too few"])
    assert with_headline(whole, None) is whole
    assert not not_applicable({"verdict": {"headline": "Rhomboid major before …"}})


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_protocols_own_words_are_told_in_the_language(language):
    speak(language)
    try:
        verdict = {"headline": "Eyes: eyes open, eyes opened.", "instead": {"names": ["eyes open"]}}
        told = verdict_told(verdict, "quiet_standing")
    finally:
        speak("en")
    words = {"en": "eyes open", "de": "Augen offen"}[language]
    assert told == f"Eyes: {words}, eyes opened."


def test_weak_submaximal_holds_say_why_they_are_no_reference(tmp_path):
    """Tones of 3 µV over a rest of 2 µV: the reason is theirs, not that of maximal ones."""
    holds = [(block, "submaximal", shares) for block, _, shares in MAXIMAL]
    weak = {"RM_R": 3.0, "UT_R": 3.0}
    verdict = analyse(made(tmp_path / "weak.h5", "mvic_submaximal", holds, full=weak))["verdict"]
    assert verdict["headline"] == (
        "A submaximal reference is known for none of 2 muscles (RM, UT: 3 reference contractions "
        "below 15 dB)."
    )
    assert verdict["instead"]["state"] == "nothing"
    assert verdict["instead"]["reasons"] == [
        f"{code}: 3 reference contractions below 15 dB" for code in weak
    ]
