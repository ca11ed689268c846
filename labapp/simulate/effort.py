"""How strongly a muscle works: in the phases of a pull, and in the two selectivity tasks."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Share = Annotated[float, Meta(ge=0, le=1)]
Task = Literal["", "T1", "T2"]


class Phases(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"back": "return"}):
    """Relative amplitude of a muscle in the phases of a fast pull (``return`` is ``back``)."""

    pull: Annotated[float, Meta(gt=0, le=1)] = 0.9
    hold: Share = 0.7
    back: Share = 0.35


class Tasks(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"elevation": "T1", "behind_back": "T2"},
):
    """Relative amplitude of a muscle in a selectivity task done with all strength.

    T1 is the shrug, T2 the hand behind the back; None where the muscle works as in a pull.
    """

    elevation: Share | None = None
    behind_back: Share | None = None

    def share(self, task: Task) -> float | None:
        """Return the amplitude in a task; None where it is that of a pull."""
        return {"T1": self.elevation, "T2": self.behind_back}.get(task)
