"""The parameters of a task, taken out of its text, and how a script makes use of them.

A script that reads a parameter from ``inputs`` and holds none of its values serves the same task with other values;
what a script has written into itself stays a part of its task.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import JsonValue

from daybook.code.periods import periods
from daybook.code.scopes import Names
from daybook.routing.securities import Securities

INPUTS = "inputs"


class Kind(StrEnum):
    """The kinds of parameters a task's text can hold."""

    SECURITIES = "securities"
    """KRX securities: ``symbols`` and ``names``, in the order of the text."""
    TICKERS = "tickers"
    """Securities listed elsewhere: ``tickers``."""
    PERIOD = "period"
    """``days``: calendar days, when the text names exactly one period."""


KEYS: Mapping[Kind, tuple[str, ...]] = {
    Kind.SECURITIES: ("symbols", "names"),
    Kind.TICKERS: ("tickers",),
    Kind.PERIOD: ("days",),
}


@dataclass(frozen=True)
class Span:
    """Where a parameter stands in the text."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True)
class TaskParameters:
    """What a task's text gives a script: values, and the places they were taken from."""

    inputs: Mapping[str, JsonValue]
    spans: tuple[Span, ...]


def read_parameters(task: str, securities: Securities) -> TaskParameters:
    """Return the parameters a task names."""
    spans: list[Span] = []
    symbols: dict[str, str] = {}
    tickers: dict[str, None] = {}
    for mention in securities.find(task):
        if mention.symbol:
            symbols.setdefault(mention.symbol, mention.name)
            spans.append(Span(Kind.SECURITIES, mention.start, mention.end))
        elif mention.is_foreign and mention.ticker:
            tickers.setdefault(mention.ticker)
            spans.append(Span(Kind.TICKERS, mention.start, mention.end))
    inputs: dict[str, JsonValue] = {}
    if symbols:
        inputs |= {"symbols": list(symbols), "names": list(symbols.values())}
    if tickers:
        inputs["tickers"] = list(tickers)
    named = [
        (start, end, days)
        for start, end, days in periods(task)
        if not any(span.start < end and start < span.end for span in spans)
    ]
    if len(named) == 1:
        ((start, end, days),) = named
        inputs["days"] = days
        spans.append(Span(Kind.PERIOD, start, end))
    return TaskParameters(inputs, tuple(sorted(spans, key=lambda span: span.start)))


def read_keys(tree: ast.Module, names: Names) -> frozenset[str] | None:
    """Return the keys of ``inputs`` a script reads; None when it uses ``inputs`` in a way that cannot be followed."""
    found: set[str] = set()
    followed: set[int] = set()
    for node in ast.walk(tree):
        key, owner = _read(node)
        if owner is not None:
            followed.add(id(owner))
            found.update([key] if key else [])
    uses = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == INPUTS]
    if any(names.binding(node) is not None or id(node) not in followed for node in uses):
        return None
    return frozenset(found)


def open_kinds(tree: ast.Module, names: Names, inputs: Mapping[str, JsonValue]) -> frozenset[Kind]:
    """Return the kinds of parameters whose values the script takes from ``inputs`` and from nowhere else."""
    keys = read_keys(tree, names)
    if keys is None:
        return frozenset()
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    numbers = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, int)}
    kinds = set()
    for kind, its_keys in KEYS.items():
        if not keys.intersection(its_keys):
            continue
        values = [value for key in its_keys for value in _flat(inputs.get(key))]
        written = any(str(value) in text for value in values if isinstance(value, str) for text in texts)
        if kind is Kind.SECURITIES or kind is Kind.TICKERS:
            many = any(isinstance(inputs.get(key), list) and len(inputs[key]) > 1 for key in its_keys)  # type: ignore[arg-type]
            if written or (many and _picks_one(tree, its_keys)):
                continue
        elif any(value in numbers for value in values) and not _only_in_passing(tree, values):
            continue
        kinds.add(kind)
    return frozenset(kinds)


def _flat(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _picks_one(tree: ast.Module, keys: tuple[str, ...]) -> bool:
    """Whether a script takes single elements of a list: then it is written for so many, in that order."""
    held: set[str] = set()

    def is_list(node: ast.expr) -> bool:
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) and node.slice.lower is None:
            return is_list(node.value)
        return _is_input(node, keys) or (isinstance(node, ast.Name) and node.id in held)

    for target, value in _assignments(tree):
        if isinstance(target, ast.Name) and is_list(value):
            held.add(target.id)
    for node in ast.walk(tree):
        picks = isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Name) and not is_list(node)
        if picks and isinstance(node, ast.Subscript) and is_list(node.value):
            return True
        if isinstance(node, ast.Assign) and is_list(node.value) and _unpacks(node):
            return True
    return False


def _assignments(tree: ast.Module) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Return targets and values, those of ``a, b = x, y`` one by one."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                yield from zip(target.elts, node.value.elts, strict=False)
            else:
                yield target, node.value


def _unpacks(node: ast.Assign) -> bool:
    return any(isinstance(target, ast.Tuple | ast.List) for target in node.targets)


def _read(node: ast.AST) -> tuple[str, ast.Name | None]:
    """Return the key of ``inputs`` that is read here, and the name itself; no key where its presence is asked for."""
    match node:
        case ast.Subscript(value=ast.Name(id="inputs") as owner, slice=ast.Constant(value=str(key))):
            return key, owner
        case ast.Call(func=ast.Attribute(value=ast.Name(id="inputs") as owner, attr="get"), args=[first, *_]):
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                return first.value, owner
        case ast.Compare(left=ast.Constant(value=str()), comparators=[ast.Name(id="inputs") as owner]):
            return "", owner
    return "", None


def _is_input(node: ast.AST, keys: tuple[str, ...]) -> bool:
    return _read(node)[0] in keys


def _only_in_passing(tree: ast.Module, values: list[JsonValue]) -> bool:
    """Whether a number stands in the script only as a default or a factor, which is no value of the task.

    As in ``inputs.get("days", 7)`` and ``round(days * 5 / 7)``.
    """
    passing: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_input(node, ("days",)):
            passing.update(id(argument) for argument in node.args[1:])
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div | ast.FloorDiv):
            passing.update((id(node.left), id(node.right)))
    return all(
        id(node) in passing
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value in values
    )
