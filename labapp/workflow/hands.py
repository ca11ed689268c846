"""The hands of all raters of a session, and how those who set onsets agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any

from labapp.analysis.raters import rater_agreement
from labapp.errors import LabError
from labapp.workflow.onset_edits import OnsetEdits
from labapp.workflow.onset_journal import raters_of
from labapp.workflow.standing_acts import Hand


def read_hands(edits: OnsetEdits) -> tuple[list[Hand], list[str]]:
    """Read the journals beside a session.

    Returns
    -------
    tuple
        The hands, in the order of the raters' letters, and for every journal that is refused
        what is wrong with it.
    """
    hands, problems = [], []
    for rater in raters_of(edits.path):
        try:
            hands.append(edits.hand(rater))
        except LabError as error:
            problems.append(error.what)
    return hands, problems


def agreements(document: Mapping[str, Any], hands: Iterable[Hand]) -> dict[str, Any]:
    """Say how every two raters who set onsets agree, by ``A-B``."""
    markers = [hand for hand in hands if hand.sets_onsets]
    return {
        f"{one.rater}-{other.rater}": rater_agreement(document, one.marks, other.marks)
        for one, other in combinations(markers, 2)
    }
