"""What a report consists of: a few kinds of block, plain values, no layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Tone = Literal["", "good", "warn", "bad", "pale"]
Kind = Literal["body", "lead", "note"]


@dataclass(frozen=True, slots=True)
class Heading:
    """Heading of a session (level 1) or of a section (level 2)."""

    text: str
    level: Literal[1, 2] = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text: ``lead`` is larger, ``note`` smaller and paler."""

    text: str
    kind: Kind = "body"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The one large sentence; ``state`` colours its edge and is printed as a word too."""

    state: str
    text: str
    reasons: tuple[str, ...] = ()

    @property
    def decided(self) -> bool:
        """Whether the session answers the question."""
        return self.state in ("first", "simultaneous", "measured")

    @property
    def label(self) -> str:
        """Word above the sentence."""
        return "Order found" if self.state == "first" else self.state.capitalize()


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of short lines."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; the tone is a colour beside the words, never instead of them."""

    cells: tuple[str, ...]
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``numeric`` columns are set flush right. ``widths`` are relative."""

    head: tuple[str, ...]
    rows: tuple[Row, ...]
    caption: str = ""
    numeric: frozenset[int] = frozenset()
    widths: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as data: `figures` draws plot ``plot`` from ``data``; ``alt`` says it in words."""

    plot: str
    data: Mapping[str, Any]
    caption: str
    alt: str


Block = Heading | Paragraph | Verdict | Bullets | Table | Figure


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report."""

    title: str
    subtitle: str
    blocks: tuple[Block, ...]
    footer: str
    keywords: tuple[str, ...] = field(default=())
