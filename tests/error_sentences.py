"""Every sentence that the sources can raise as a `LabError`, with examples in its gaps.

Told from the syntax tree: constants, f-strings, either side of a condition, and names that a
function has given such a text before. What cannot be told so comes as None.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from catalogue import tree_of

ERRORS = {"LabError", "NotGiven", "NotNeeded", "PortError", "LogDamaged", "SessionRefused"}
"""`test_every_kind_of_error_is_looked_for` tells when there is another."""

PATH = r"C:\Ann Lee\study (2), new\capture.log"
FAULT = "[Errno 121] the thing broke: 'x', (y)"
EXAMPLES = {
    PATH: {"path", "folder", "place", "log", "link"},
    FAULT: {"error", "fault", "strerror", "text", "reason", "failure", "last_line", "words"},
    "brainflow://cyton?serial_port=/dev/ttyUSB0": {"url"},
    "A1, B 2": {"join"},
    "[1, 'b 2']": {"list", "tolist", "shape", "names", "sorted"},
    "7": {
        "len", "n", "number", "sequence", "start", "described_by", "bytes_waiting", "MAX_DEPTH",
        "speed", "ring_seconds", "seed", "x_m", "y_m", "threshold_n", "scale", "low", "high",
        "decimals", "rate", "gain", "capacity", "zero", "newton_per_count", "weight_per_count",
        "channels", "step", "step_uv", "range_n", "auto", "size", "value", "version", "bytes",
    },
}  # fmt: skip
"""Examples by the last name in a gap; whatever else stands in one is a name."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Sentence:
    """What an error says, or its remedy; ``text`` is None where the sources do not tell it."""

    room: str
    line: int
    function: str
    text: str | None


def sentences(path: Path, root: Path, given: Mapping[str, Mapping[str, str]]) -> Iterator[Sentence]:
    """Every sentence of a file, with all of its variants; ``given`` are examples by room."""
    room = ".".join(path.relative_to(root).with_suffix("").parts)
    yield from sentences_of(tree_of(path), room, given.get(room, {}))


def sentences_of(tree: ast.Module, room: str, given: Mapping[str, str]) -> Iterator[Sentence]:
    """Every sentence of a parsed file; ``given`` are examples that go before the usual ones."""
    nodes = list(ast.walk(tree))
    calls = [one for one in nodes if isinstance(one, ast.Call) and _last(one.func) in ERRORS]
    if not calls:
        return
    functions = [node for node in nodes if isinstance(node, Function)]
    inside = {id(node): one for one in functions for node in ast.walk(one)}  # the innermost
    constants = _constants(tree)
    for node in calls:
        function = inside.get(id(node))
        teller = _Teller(function, given, constants)
        name = function.name if function is not None else ""
        for part in [*node.args, *(word.value for word in node.keywords)]:
            if isinstance(part, ast.Starred):
                texts = _returned(part.value, functions, given)
            else:
                texts = teller.texts(part)
            for text in texts if texts is not None else [None]:
                yield Sentence(room, node.lineno, name, text)


def sentences_by_way_of(
    tree: ast.Module, room: str, given: Mapping[str, str], makers: Mapping[str, tuple[int, ...]]
) -> Iterator[Sentence]:
    """Every sentence that becomes an error elsewhere.

    ``makers`` are functions that are called with such sentences, ``"yield"`` for tuples that a
    function yields, and the places of sentences in them.
    """
    if not makers:
        return
    functions = [node for node in ast.walk(tree) if isinstance(node, Function)]
    for function in functions:
        teller = _Teller(function, given, _constants(tree))
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                name, parts = _last(node.func), node.args
            elif isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
                name, parts = "yield", node.value.elts
            else:
                continue
            for place in makers.get(name, ()):
                for part in parts[place : place + 1]:
                    for text in teller.texts(part) or [None]:
                        yield Sentence(room, node.lineno, function.name, text)


def _returned(
    call: ast.expr, functions: list[Function], given: Mapping[str, str]
) -> list[str] | None:
    """Texts of the tuples that a function of the same file returns."""
    found: list[str] = []
    for function in functions:
        if function.name != _last(call):
            continue
        for node in ast.walk(function):
            for part in getattr(node.value, "elts", []) if isinstance(node, ast.Return) else []:
                found += _Teller(function, given).texts(part) or []
    return found or None


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    """Values of the names of a module."""
    return {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


class _Teller:
    """Tells texts of one function."""

    def __init__(
        self,
        function: Function | None,
        given: Mapping[str, str],
        constants: Mapping[str, ast.expr] | None = None,
    ) -> None:
        self._given, self._constants = given, constants or {}
        self._assigned: dict[str, list[ast.expr]] = {}
        for node in ast.walk(function) if function is not None else ():
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self._assigned.setdefault(target.id, []).append(node.value)

    def texts(self, node: ast.expr) -> list[str] | None:
        """Variants of a text; None if it cannot be told."""
        if isinstance(node, ast.Constant):
            return [node.value] if isinstance(node.value, str) else None
        if isinstance(node, ast.JoinedStr):
            return ["".join(one) for one in product(*map(self._part, node.values))]
        if isinstance(node, ast.IfExp):
            told = [self.texts(node.body), self.texts(node.orelse)]
        elif isinstance(node, ast.Name) and node.id in self._assigned:
            told = [self.texts(value) for value in self._assigned[node.id]]
        elif isinstance(node, ast.Name) and node.id in self._constants:
            return self.texts(self._constants[node.id])
        else:
            return None
        return None if None in told else [text for one in told for text in one or []]

    def _part(self, node: ast.expr) -> list[str]:
        if not isinstance(node, ast.FormattedValue):
            return self.texts(node) or []
        if node.conversion == ord("r"):
            return ["'left arm, A'"]
        if node.format_spec is not None:
            return ["7.5"]
        told = self.texts(node.value)
        return [self._example(node.value)] if told is None else told

    def _example(self, node: ast.expr) -> str:
        """Return what may stand in a gap."""
        if isinstance(node, ast.BinOp):
            return "7"
        name = _last(node)
        if name in self._given:
            return self._given[name]
        for text, names in EXAMPLES.items():
            if name in names:
                return text
        assigned = self._assigned.get(name, []) if isinstance(node, ast.Name) else []
        return self._example(assigned[0]) if assigned else "A1"


def _last(node: ast.expr) -> str:
    """Return the name that tells best what a value is."""
    while isinstance(node, ast.Subscript | ast.Call | ast.BoolOp):
        if isinstance(node, ast.BoolOp):
            node = node.values[-1]
        elif isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            return node.slice.value
        else:
            node = node.value
    return str(getattr(node, "attr", getattr(node, "id", "")))
