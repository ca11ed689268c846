"""A facts file being filled in: what was typed, what is wrong with it, undo, and saving.

Only what somebody changed is written, value by value, so that comments and whatever else a person
put into the file stay. What is wrong stays in the draft, and the file keeps its former value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from labapp.errors import LabError
from labapp.load import parse_toml, read_toml
from labapp.report.saving import save
from labapp.session.facts import EVERY
from labapp.workflow.facts_fields import FactField, FactGroup, fact_groups, fact_text, read_fact
from labapp.workflow.study_facts import electrode_codes, template
from labapp.workflow.toml_edit import Place, edit_toml

ELECTRODES: Final = "electrodes"


class FactsDraft:
    """Texts of every field of a facts file, by their places.

    Attributes
    ----------
    path
        The file; it need not exist yet.
    electrodes
        Entries for electrodes: ``all``, those of the montage, then others that the file has.
    unknown
        Places of the file that are no facts: they are kept, and no recording takes the file.
    """

    def __init__(self, path: Path, codes: Iterable[str] = ()) -> None:
        """Read the file, if there is one.

        Raises
        ------
        LabError
            It cannot be read, or is no TOML.
        """
        self.path = path
        self.codes = electrode_codes(codes)
        self.groups = fact_groups()
        self.text = _read(path)
        tree = parse_toml(self.text, dict[str, Any], name=path.name)
        entries = tree.get(ELECTRODES)
        there = entries if isinstance(entries, dict) else {}
        self.electrodes = tuple(dict.fromkeys((EVERY, *self.codes, *there)))
        self.fields: dict[Place, FactField] = {
            (*stem, field.key): field
            for group in self.groups
            for stem in _stems(group, self.electrodes)
            for field in group.fields
        }
        self._kept: dict[Place, Any] = {place: _at(tree, place) for place in self.fields}
        self._texts = {
            place: fact_text(self.fields[place], value) for place, value in self._kept.items()
        }
        self.unknown = tuple(".".join(place) for place in _places(tree, self.fields))
        self._past: list[dict[Place, str]] = [dict(self._texts)]
        self._future: list[dict[Place, str]] = []

    # ------------------------------------------------------------------ entering

    def typed(self, place: Place) -> str:
        """Text of a field."""
        return self._texts[place]

    def enter(self, place: Place, text: str) -> str:
        """Take what was typed; returns what is wrong with it, empty where nothing is."""
        self._texts[place] = text
        return self.mistake(place)

    def mistake(self, place: Place) -> str:
        """Say in one line what is wrong with a field; empty where nothing is."""
        try:
            read_fact(self.fields[place], self._texts[place])
        except LabError as error:
            return error.what
        return ""

    def mistakes(self) -> dict[Place, str]:
        """Every field that has something wrong with it."""
        return {place: words for place in self.fields if (words := self.mistake(place))}

    def value(self, place: Place) -> Any:
        """Value of a field; None where it is empty or wrong."""
        try:
            return read_fact(self.fields[place], self._texts[place])
        except LabError:
            return None

    def values(self) -> dict[str, Any]:
        """Everything that is filled in and right, as `read_facts` gives it."""
        tree: dict[str, Any] = {}
        for place in self.fields:
            value = self.value(place)
            if value is not None:
                inner = tree
                for key in place[:-1]:
                    inner = inner.setdefault(key, {})
                inner[place[-1]] = value
        return tree

    def inherited(self, place: Place) -> str:
        """Text that holds for a field of one electrode while it is empty: that of all."""
        if place[0] != ELECTRODES or place[1] == EVERY:
            return ""
        return self._texts[ELECTRODES, EVERY, place[2]]

    def copy_to_all(self, code: str) -> None:
        """Let what holds for one electrode hold for all; sites and distances stay their own."""
        for place, field in self.fields.items():
            text = self._texts[place].strip() or self.inherited(place)
            if place[:2] != (ELECTRODES, code) or field.words.own or not text:
                continue
            for other in self.electrodes:
                self._texts[ELECTRODES, other, place[2]] = text if other == EVERY else ""
        self.step()

    # ------------------------------------------------------------------ undo

    def step(self) -> None:
        """End a step of undo, if anything was changed in it; what is right is written neatly."""
        for place, text in self._texts.items():
            if text != self._past[-1][place] and not self.mistake(place):
                self._texts[place] = fact_text(self.fields[place], self.value(place))
        if self._texts != self._past[-1]:
            self._past.append(dict(self._texts))
            self._future.clear()

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        return len(self._past) > 1 or self._texts != self._past[-1]

    @property
    def can_redo(self) -> bool:
        """Whether there is something to make again."""
        return bool(self._future)

    def undo(self) -> tuple[Place, ...]:
        """Take the last step back; returns the places that changed."""
        self.step()
        if len(self._past) > 1:
            self._future.append(self._past.pop())
        return self._back_to(self._past[-1])

    def redo(self) -> tuple[Place, ...]:
        """Make a step again that was taken back; returns the places that changed."""
        if self._future:
            self._past.append(self._future.pop())
        return self._back_to(self._past[-1])

    def _back_to(self, texts: dict[Place, str]) -> tuple[Place, ...]:
        changed = tuple(place for place in texts if texts[place] != self._texts[place])
        self._texts = dict(texts)
        return changed

    # ------------------------------------------------------------------ saving

    def changes(self) -> dict[Place, Any]:
        """Values that differ from those of the file; None for what is taken out of it."""
        found = {}
        for place, field in self.fields.items():
            kept = self._kept[place]
            if self._texts[place] != fact_text(field, kept) and not self.mistake(place):
                value = self.value(place)
                if value != kept:
                    found[place] = value
        return found

    def save(self) -> bool:
        """Write what was changed; returns whether anything was.

        The file is read again first: what another program changed in it meanwhile stays.

        Raises
        ------
        LabError
            It cannot be written, or not be changed value by value; it is as it was then.
        """
        changes = self.changes()
        if not changes:
            return False
        now = _read(self.path) or template(self.codes)
        text = edit_toml(now, changes, name=self.path.name)
        save(self.path, text.encode("utf-8"))
        self.text = text
        self._kept.update(changes)
        return True

    def is_stale(self) -> bool:
        """Whether somebody else changed the file since it was read or saved."""
        return _read(self.path) != self.text


def _read(path: Path) -> str:
    """Text of a facts file; empty where there is none."""
    if not path.is_file():
        return ""
    read_toml(path, dict[str, Any])  # says what is wrong with it
    return path.read_bytes().decode("utf-8-sig")


def _stems(group: FactGroup, electrodes: Iterable[str]) -> list[Place]:
    return [(group.name, code) for code in electrodes] if group.each else [(group.name,)]


def _at(tree: Mapping[str, Any], place: Place) -> Any:
    found: Any = tree
    for key in place:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _places(tree: Any, known: Mapping[Place, Any], stem: Place = ()) -> list[Place]:
    """Every place with a value that is none of the known ones."""
    if stem in known:
        return []
    if isinstance(tree, dict):
        return [one for key, value in tree.items() for one in _places(value, known, (*stem, key))]
    return [stem]


def set_facts(path: Path, wishes: Mapping[str, str]) -> FactsDraft:
    """Fill in facts of a file by their names, and save them; the file is made if there is none.

    Parameters
    ----------
    path
        Facts file.
    wishes
        Texts, as they are typed into the form, by names such as ``electrodes.RM_R.ied_mm``; an
        empty text takes a fact out.

    Raises
    ------
    LabError
        No such fact, something wrong with a text, or a file that cannot be read or written;
        nothing is written then.
    """
    places = {name: tuple(name.split(".")) for name in wishes}
    codes = [place[1] for place in places.values() if place[0] == ELECTRODES and len(place) == 3]
    draft = FactsDraft(path, codes)
    for name, text in wishes.items():
        if places[name] not in draft.fields:
            raise LabError(f"{name} is no fact", "labapp facts lists them")
        mistake = draft.enter(places[name], text)
        if mistake:
            raise LabError(f"{name}: {mistake}")
    draft.step()
    draft.save()
    return draft
