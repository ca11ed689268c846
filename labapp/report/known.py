"""Looking up what is known of a session, and remembering what is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labapp.report.words import listed, mapping, pick

UNKNOWN = "[?]"
LEAST_LANDMARKS = 2


class Facts:
    """Looks facts up and remembers which were missing, in the order of the text."""

    def __init__(self, session_info: Mapping[str, Any], muscles: Sequence[str] = ()) -> None:
        self.info = session_info
        self.muscles = muscles
        self.missing: list[str] = []

    def text(self, name: str, *found: Any) -> str:
        """Use the first thing that is known, else ``[?]``."""
        for one in found:
            if isinstance(one, bool):
                return "yes" if one else "no"
            if isinstance(one, int | float):
                return f"{one:g}"
            if isinstance(one, str) and one.strip():
                return " ".join(one.split())
            if isinstance(one, list | tuple) and one:
                return listed([str(item) for item in one])
        if name not in self.missing:
            self.missing.append(name)
        return UNKNOWN

    def report(self, group: str, key: str) -> Any:
        """Field of the session's ``report`` group."""
        return pick(self.info, "report", group, key)

    def each(self, name: str, key: str) -> str:
        """Values of the electrodes; where some have none, ``[?]`` among them and who it is."""
        channels = mapping(self.info, "report", "electrodes")
        found = {code: pick(channels, code, key) for code in self.muscles or channels}
        known = list(dict.fromkeys(_text(one) for one in found.values() if one not in (None, "")))
        without = [code.replace("_", " ") for code, one in found.items() if one in (None, "")]
        if not known:
            return self.text(name)
        if without:
            self.missing.append(f"{name} of {listed(without)}")
            known.append(UNKNOWN)
        return listed(known)

    def rhomboids(self, key: str) -> list[str]:
        """Return the values of the rhomboid electrodes."""
        channels = mapping(self.info, "report", "electrodes")
        found = [pick(one, key) for code, one in channels.items() if code.startswith("RM")]
        return list(dict.fromkeys(_text(one) for one in found if one not in (None, "")))

    def distances(self, name: str) -> str:
        """Places of the electrodes by two landmarks or more each; ``[?]`` where some have fewer."""
        channels = mapping(self.info, "report", "electrodes")
        told, without = [], []
        for code in self.muscles or channels:
            found = mapping(channels, code, "distances_mm")
            words = code.replace("_", " ")
            if len(found) < LEAST_LANDMARKS:
                without.append(words)
                continue
            told.append(f"{words} {', '.join(f'{place} {mm:g}' for place, mm in found.items())}")
        if not told:
            return self.text(name)
        if without:
            self.missing.append(f"{name} of {listed(without)}")
            told.append(UNKNOWN)
        return "; ".join(told)


def _text(found: Any) -> str:
    return f"{found:g}" if isinstance(found, float) else str(found)
