"""What follows from the blocks of a protocol: sides, conditions, what is asked."""

from dataclasses import replace

import numpy as np
import pytest
from made_emg import recording

from labapp.analysis import analyse_recording
from labapp.analysis.blocks import chosen
from labapp.analysis.inputs import BlockFacts

MUSCLES = {"UT_R": (24, 0.0, 0.05, "cos"), "LT_R": (24, 0.0, 0.05, "cos")}


def two_conditions(factor, seed=2):
    """Twelve pulls, the last six with the upper trapezius at ``factor`` of its amplitude."""
    inputs = recording(np.random.default_rng(seed), MUSCLES, kind="noise")
    values = inputs.emg[0].values.copy()
    repetitions = list(inputs.repetitions)
    for k, rep in enumerate(repetitions[:12]):
        repetitions[k] = replace(rep, block="plain" if k < 6 else "squeeze")
        if k >= 6:
            a, b = (int((rep.cue_s + s) * 1000) for s in (0.05, 3.0))
            values[a:b] *= factor
    return replace(
        inputs,
        emg=[replace(inputs.emg[0], values=values), inputs.emg[1]],
        repetitions=repetitions,
        blocks={
            "plain": BlockFacts(condition="neutral"),
            "squeeze": BlockFacts(condition="retraction"),
        },
        order_asked=False,
    )


def test_a_condition_that_halves_a_muscle_halves_its_ratio():
    document = analyse_recording(two_conditions(0.5))
    held = document["conditions"]["UT_R:LT_R"]["hold"]
    assert list(held) == ["neutral", "retraction"]
    assert "change" not in held["neutral"]
    change = held["retraction"]["change"]
    assert change["factor"] == pytest.approx(0.5, rel=0.12)
    assert change["low"] < change["factor"] < change["high"] < 1
    assert (held["neutral"]["n"], held["retraction"]["n"]) == (6, 6)
    assert document["verdict"]["headline"].startswith("Not applicable: the protocol asks for no")
    assert document["order"]["asked"] is False


def test_equal_conditions_do_not_differ():
    change = analyse_recording(two_conditions(1.0))["conditions"]["UT_R:LT_R"]["hold"]["retraction"]
    assert change["change"]["low"] < 1 < change["change"]["high"]


def test_sides_keep_to_themselves():
    both = {f"{m}_{s}": (24, 0.0, 0.05, "cos") for m in ("UT", "LT") for s in "RL"}
    inputs = recording(np.random.default_rng(3), both, kind="noise")
    repetitions = [
        replace(rep, block=f"{'left' if k % 2 else 'right'}.{k // 2 + 1}")
        for k, rep in enumerate(inputs.repetitions[:12])
    ]
    blocks = {rep.block: BlockFacts(side=rep.block[0].upper()) for rep in repetitions}
    document = analyse_recording(
        replace(inputs, repetitions=[*repetitions, *inputs.repetitions[12:]], blocks=blocks)
    )
    assert set(document["ratios"]) == {"UT_R:LT_R", "UT_L:LT_L"}
    assert document["ratios"]["UT_L:LT_L"]["hold"]["n"] == 6
    assert document["amplitudes"]["UT_R"]["hold"]["n"] == 6


def test_tasks_and_references_take_no_part_in_the_order():
    inputs = two_conditions(1.0)
    facts = {**inputs.blocks, "squeeze": BlockFacts(task="T1")}
    picked = chosen(replace(inputs, blocks=facts))
    assert len(picked.order) == 6
    assert len(picked.references) == 2
    assert {name: len(reps) for name, reps in picked.tasks.items()} == {"T1": 6}
