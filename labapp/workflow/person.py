"""What a recording may know of a person: a code, consent, the strong side, and a note.

Never a name, a birth date or an address: there is no field for them, and a note that looks like
one is told before it is written.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any, Literal

from labapp.translate import phrase

Side = Literal["", "right", "left", "both"]

MARKER = "person"
LONGEST_NOTE = 200

_PERSONAL = (
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"), "an e-mail address"),
    (
        re.compile(r"(?<!\d)\d{1,2}[./-]\d{1,2}[./-](?:19|20)?\d\d(?!\d)"),
        "a date, perhaps of birth",
    ),
    (re.compile(r"(?<!\d)(?:19|20)\d\d-\d\d-\d\d(?!\d)"), "a date, perhaps of birth"),
    (
        re.compile(
            r"(?<!\d)\d{1,2}\.? ?(?:Jan|Feb|M[aä]r|Apr|Ma[iy]|Jun|Jul|Aug|Sep|O[ck]t|Nov|De[cz])"
            r"\w*\.?,? ?(?:19|20)\d\d(?!\d)",
            re.IGNORECASE,
        ),
        "a date, perhaps of birth",
    ),
    (re.compile(r"\b(?:born|DOB|birth|geb\.|geboren)", re.IGNORECASE), phrase("a date of birth")),
    (re.compile(r"(?:\+|\b00|\b0)\d[\d ()/-]{6,}\d"), "a phone number"),
    (re.compile(r"(?<!\d)\d{3}[ -]\d{2,4}[ -]\d{4}(?!\d)"), "a phone or insurance number"),
    (re.compile(r"(?<!\d)\d{9,}(?!\d)"), "a phone or insurance number"),
    (re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Herr|Frau)\.? [A-ZÄÖÜ]\w+"), "a name"),
)


@dataclass(frozen=True)
class PersonFacts:
    """Facts of one recording, kept in its marker ``person``.

    ``consent`` says that the person's consent is on file with the study; None where nobody was
    asked (the simulated laboratory). ``dominant`` is the strong side, ``tested`` the side that
    the electrodes are on.
    """

    consent: bool | None = None
    dominant: Side = ""
    note: str = ""
    tested: Side = ""

    def as_marker(self) -> dict[str, Any]:
        """JSON data of the marker."""
        return asdict(self)


def looks_personal(text: str) -> str:
    """Say what in a free text could tell who a person is; empty where nothing was recognised."""
    found, what = personal_part(text)
    return f"{found!r} looks like {what}" if found else ""


def personal_part(text: str) -> tuple[str, str]:
    """Return what in a free text could tell who a person is, and what it looks like."""
    for pattern, what in _PERSONAL:
        found = pattern.search(text)
        if found:
            return found.group().strip(), what
    return "", ""
