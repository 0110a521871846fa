"""Reads the reference cases, tells which handler runs which, and compares answers with what a case expects.

A handler gets a case and gives a mapping of answers by the names a case's ``expected`` uses. It is chosen by the shape
of the inputs, never by the case's id or numbers, so that other cases of the same families run as well. Every name a
case expects must be answered.
"""

import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import yaml

ROOT = Path(__file__).parents[2]
CASES_FILE = Path(os.environ.get("DAYBOOK_SIMULATION_CASES", ROOT.parent / "shared/specs/simulation_cases.yaml"))
EXACT = 1e-9
ALIASES = {
    "prob": ("P_",),
    "quantile": ("p5", "p50", "p95", "p99"),
    "mean_mc": ("E_",),
    "mean": ("E_",),
    "objective": ("CVaR", "mean"),
}

Answers = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    id: str
    title: str
    inputs: Mapping[str, Any]
    expected: Mapping[str, Any]
    tolerance: Mapping[str, Any]
    group: str = ""
    others: Mapping[str, "Case"] = field(default_factory=dict, repr=False)

    def has(self, *names: str) -> bool:
        return all(name in self.inputs for name in names)

    def number(self, *names: str, default: float | None = None) -> float:
        for name in names:
            if name in self.inputs:
                return number(self.inputs[name])
        if default is None:
            raise AssertionError(f"{self.id} says none of {names}")
        return default

    def text(self) -> str:
        return f"{self.title} {self.inputs} {self.expected}".lower()


class UnknownCase(AssertionError):
    """No handler knows a case's inputs, or a handler cannot answer what it expects."""


def load_cases() -> tuple[Case, ...]:
    if not CASES_FILE.is_file():
        return ()
    rows = yaml.safe_load(CASES_FILE.read_text(encoding="utf-8"))["cases"]
    book: dict[str, Case] = {}
    for row in rows:
        book[row["id"]] = Case(
            id=row["id"],
            title=row.get("title", ""),
            inputs=row.get("inputs") or {},
            expected=row.get("expected") or {},
            tolerance=row.get("tolerance") or {},
            group=row.get("group", ""),
            others=book,
        )
    return tuple(book.values())


@dataclass(frozen=True)
class Handler:
    name: str
    knows: Callable[[Case], bool]
    run: Callable[[Case], Answers]


HANDLERS: list[Handler] = []


def handles(knows: Callable[[Case], bool]) -> Callable[[Callable[[Case], Answers]], Callable[[Case], Answers]]:
    """Register a handler for the cases ``knows`` is true of; the first that knows a case runs it."""

    def register(run: Callable[[Case], Answers]) -> Callable[[Case], Answers]:
        HANDLERS.append(Handler(run.__name__, knows, run))
        return run

    return register


def handler_of(case: Case) -> Handler:
    for handler in HANDLERS:
        if handler.knows(case):
            return handler
    raise UnknownCase(
        f"{case.id} ({case.title}): no handler knows the inputs {sorted(case.inputs)}; "
        "write one in tests/scenario/cases_*.py"
    )


def number(value: Any) -> float:
    """Return a number that may be written as a fraction: 7/12."""
    if isinstance(value, str):
        return float(Fraction(value.replace(" ", "")))
    return float(value)


def vector(value: Any) -> np.ndarray:
    return np.array([number(entry) for entry in value], dtype=np.float64)


def check(case: Case, answers: Answers) -> None:
    """Compare every expected entry with its answer."""
    problems = list(_differences(case, "", case.expected, answers))
    if problems:
        raise AssertionError(f"{case.id} ({case.title}): " + "; ".join(problems))


def _differences(case: Case, path: str, expected: Any, answer: Any) -> Any:
    if isinstance(answer, MeasuredByBench):
        return
    if isinstance(expected, Mapping):
        if not isinstance(answer, Mapping):
            yield f"{path} should be a mapping, not {answer!r}"
            return
        for key, value in expected.items():
            where = f"{path}.{key}" if path else str(key)
            if key == "here":
                continue
            if key not in answer:
                raise UnknownCase(f"{case.id} ({case.title}): the handler has no answer for {where}")
            yield from _differences(case, where, value, answer[key])
    elif isinstance(expected, Sequence) and not isinstance(expected, str):
        entries = list(answer) if isinstance(answer, Sequence | np.ndarray) and not isinstance(answer, str) else None
        if entries is None or len(entries) != len(expected):
            yield f"{path} should be {expected!r}, not {answer!r}"
            return
        for index, (left, right) in enumerate(zip(expected, entries, strict=True)):
            yield from _differences(case, f"{path}[{index}]", left, right)
    elif isinstance(expected, bool) or expected is None or isinstance(answer, bool | np.bool_):
        if bool(expected) is not bool(answer):
            yield f"{path} should be {expected}, not {answer}"
    elif _is_number(expected):
        if not _close(case, path, number(expected), float(answer)):
            yield f"{path} should be {expected}, not {answer!r}"
    elif isinstance(answer, Judged):
        if not answer.holds:
            yield f"{path} ({expected}) does not hold: {answer.found}"
    elif str(expected) != str(answer):
        yield f"{path} should be {expected!r}, not {answer!r}"


@dataclass(frozen=True)
class Judged:
    """The answer to an expectation in words: whether it holds, and what was found."""

    holds: bool
    found: str


class MeasuredByBench:
    """The answer to a figure of speed: ``make bench-scenario`` measures it, a suite under load cannot."""


def _is_number(value: Any) -> bool:
    if isinstance(value, int | float):
        return True
    return isinstance(value, str) and re.fullmatch(r"-?[\d.]+(e[-+]?\d+)?(/\d+)?", value.strip()) is not None


def _close(case: Case, path: str, expected: float, answer: float) -> bool:
    if math.isnan(answer):
        return False
    relative, absolute = tolerances(case.tolerance, path) or (EXACT, rounding(expected))
    return abs(answer - expected) <= max(relative * abs(expected), absolute)


def rounding(expected: float) -> float:
    """Return half a unit of the last decimal a number is printed with, which is all it says without a tolerance."""
    _, _, decimals = repr(expected).partition(".")
    if not decimals.isdigit() or decimals == "0":
        return 0.0
    return 0.501 * 10.0 ** -len(decimals)


def tolerances(tolerance: Mapping[str, Any], path: str) -> tuple[float, float] | None:
    """Return the (relative, absolute) tolerance of an expected entry: its own where named, else the case's, or None."""
    leaves = [leaf for leaf in re.split(r"[.\[\]]+", path) if leaf]
    own: dict[str, float] = {}
    general: dict[str, float] = {}
    for name, value in tolerance.items():
        stem, _, kind = str(name).rpartition("_") if "_" in str(name) else ("", "", str(name))
        if kind not in ("rel", "abs"):
            continue
        if isinstance(value, list):
            position = int(leaves[-1]) if leaves and leaves[-1].isdigit() else 0
            value = value[min(position, len(value) - 1)]
        if not stem or stem in ("exact", "numeric_optimiser"):
            if not stem or (stem == "exact" and kind not in general):
                general[kind] = float(value)
        elif any(_names(stem, leaf) for leaf in leaves):
            own[kind] = float(value)
    chosen = own or general
    if not chosen:
        return None
    return chosen.get("rel", 0.0), chosen.get("abs", 0.0)


def _names(stem: str, leaf: str) -> bool:
    prefixes = (stem.lower(), *(alias.lower() for alias in ALIASES.get(stem, ())))
    return any(leaf.lower().startswith(prefix) for prefix in prefixes)
