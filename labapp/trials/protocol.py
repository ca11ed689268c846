"""A test protocol is data: its schema, its validator, and how long it takes.

A protocol is one TOML file in ``protocols/``: what the person is told, in which order and for
how long, with which rest, and when the test must not begin or must end. Nothing in it is code.
The file's text travels verbatim into every session recorded with it.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from msgspec import structs

from labapp import load, paths
from labapp.errors import LabError
from labapp.trials.ordering import PlannedBlock, base_name, plan_blocks
from labapp.trials.schema import (
    Acceptance,
    Block,
    Channels,
    Feedback,
    Gate,
    Instruction,
    Load,
    Mark,
    Metronome,
    Ordering,
    Phase,
    ProtocolFile,
    Role,
    Safety,
    Sessions,
    Step,
    Tone,
)
from labapp.trials.validate import mistakes

__all__ = [
    "Acceptance",
    "Block",
    "Channels",
    "Feedback",
    "Gate",
    "Instruction",
    "Load",
    "Mark",
    "Metronome",
    "Ordering",
    "Phase",
    "Protocol",
    "ProtocolFile",
    "Role",
    "Safety",
    "Sessions",
    "Step",
    "Tone",
    "load_protocol",
    "parse_protocol",
]

MAX_BYTES = 1_000_000


class Protocol(ProtocolFile, frozen=True, forbid_unknown_fields=True):
    """A validated protocol with the verbatim text of its file and that text's SHA-256."""

    text: str = ""
    sha256: str = ""
    deviations: tuple[str, ...] = ()
    """What is done otherwise than the text says; a run marks each at its start."""

    def blocks_to_run(self, *, optional: bool = False) -> tuple[Block, ...]:
        """Blocks of a run, with or without the optional ones."""
        return tuple(block for block in self.blocks if optional or not block.optional)

    def planned_blocks(self, *, seed: int, optional: bool = False) -> tuple[PlannedBlock, ...]:
        """Blocks of a run in the order that its seed decides."""
        return plan_blocks(self.blocks, self.orderings, seed=seed, optional=optional)

    def block(self, name: str) -> Block | None:
        """Block that a marker of a run names, or None; parts of one lead back to it."""
        wanted = base_name(name)
        return next((block for block in self.blocks if block.name in (name, wanted)), None)

    def say(self, text: str, language: str) -> str:
        """Return a text of the file in a language; as it stands where there is no translation."""
        return self.translations.get(language, {}).get(text, text)

    def spoken_languages(self) -> tuple[str, ...]:
        """Languages that the texts can be read and heard in, the file's own first."""
        return (self.language, *self.translations)

    def duration_s(self, *, optional: bool = False) -> float:
        """Return the expected duration of a run, s."""
        return sum(block.typical_s for block in self.blocks_to_run(optional=optional))

    def with_rests_up_to(self, seconds: float) -> Protocol:
        """Return the same protocol with no rest longer than this: simulated people do not tire."""
        blocks = tuple(
            structs.replace(
                block,
                rest_s=min(block.rest_s, seconds),
                set_rest_s=min(block.set_rest_s, seconds),
                after_s=min(block.after_s, seconds),
            )
            for block in self.blocks
        )
        told = f"rests cut to {seconds:g} s at most"
        return structs.replace(self, blocks=blocks, deviations=(*self.deviations, told))


def load_protocol(name_or_path: str | Path) -> Protocol:
    """Read and validate a protocol.

    Parameters
    ----------
    name_or_path
        A name (``"isometric_pull"``: the user's own folder first, then the bundled ones) or
        the path of a ``.toml`` file.

    Raises
    ------
    LabError
        No such protocol, unreadable, broken TOML, wrong keys, or refused by the validator.
    """
    given = str(name_or_path)
    if given.endswith(".toml") or "/" in given or "\\" in given:
        path = Path(given)
    else:
        path = paths.find("protocols", given)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise LabError(f"protocol {path} is larger than 1 MB", "give a protocol file")
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        known = ", ".join(sorted(paths.listing("protocols", ".toml"))) or "none"
        raise LabError(
            f"protocol {path} does not exist", f"give a .toml file or one of: {known}"
        ) from None
    except UnicodeDecodeError:
        raise LabError(f"protocol {path} is not UTF-8 text", "save it as UTF-8") from None
    except OSError as error:
        raise LabError(
            f"protocol {path} cannot be read: {error.strerror}", "check the file"
        ) from None
    return parse_protocol(text, name=str(path))


@lru_cache(maxsize=64)
def parse_protocol(text: str, *, name: str) -> Protocol:
    """Parse and validate the text of a protocol file; ``name`` is for messages.

    The same text gives the same protocol, which nobody changes: lists and cards ask for the title
    of one again and again.
    """
    spec = load.parse_toml(text, ProtocolFile, name=name)
    for place, what, remedy in mistakes(spec):
        raise LabError(f"protocol {name}: {place}: {what}", remedy)
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    fields = {field: getattr(spec, field) for field in spec.__struct_fields__}
    return Protocol(**fields, text=text, sha256=digest)
