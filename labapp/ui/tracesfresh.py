"""From when on a picture of the live traces has to be painted again."""

from __future__ import annotations

from labapp.ui.lanes import Lanes


class Fresh:
    """Remembers up to where each stream has been painted, and what all of it depended on."""

    def __init__(self) -> None:
        self._looks: tuple[object, ...] = ()
        self._settled: tuple[float, ...] = ()

    def forget(self) -> None:
        """Paint everything the next time."""
        self._looks = ()

    def since(self, lanes: Lanes, *also: object) -> float:
        """Time from which samples came, or changed, since the last call; at most a window ago.

        Only streams that go on count: one that has ended must not have all paint again.

        Parameters
        ----------
        also
            What the picture depends on besides the lanes.
        """
        looks, settled, now = (*lanes.looks, *also), lanes.settled_s, lanes.now_s
        known, before = looks == self._looks, self._settled
        self._looks, self._settled = looks, settled
        if not known:
            return now - lanes.seconds
        moved = [one for one, other in zip(before, settled, strict=True) if one != other]
        return max(min(moved, default=now), now - lanes.seconds)
