"""The key of a task: the same for tasks that a script serves alike, Korean or English.

Parameters a script is open for become markers. What is left must be the same words; where every word of it is in a
small list of both languages, the set of what the words mean is the key, so that "A, B 뉴스 감성 비교" and "compare the
news sentiment of A and B" are one task.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from importlib.resources import files
from itertools import combinations
from typing import Final

import yaml

from daybook.code.parameters import Kind, TaskParameters
from daybook.routing.normalise import clean

_MARKS: Final[Mapping[Kind, str]] = {Kind.SECURITIES: "ⓔ", Kind.TICKERS: "ⓕ", Kind.PERIOD: "ⓟ"}
_MANY: Final = {"ⓔ": "Ⓔ", "ⓕ": "Ⓕ"}
_BETWEEN = r"(?:\s*(?:[,、·/&+]|와|과|이랑|랑|하고|및|그리고|and|vs\.?)\s*){1,2}|\s+"
_WORD = re.compile(r"[ⓔⓕⓟⒺⒻ]|[가-힣]+|[a-z]+|\d[\d,.]*%?|\S")
_IGNORED = frozenset(".,!?~:;·-'\"()[]“”‘’…")


def task_keys(task: str, parameters: TaskParameters) -> dict[frozenset[Kind], str]:
    """Return the task's key for every set of kinds a script may be open for."""
    kinds = sorted({span.kind for span in parameters.spans})
    sets = [frozenset(some) for size in range(len(kinds) + 1) for some in combinations(kinds, size)]
    return {some: task_key(task, parameters, some) for some in sets}


def task_key(task: str, parameters: TaskParameters, open_for: Collection[Kind]) -> str:
    """Return the SHA-256 of the task with markers for the parameters of these kinds."""
    pieces, at = [], 0
    for span in parameters.spans:
        if span.kind in open_for:
            pieces += [task[at : span.start], f" {_MARKS[span.kind]} "]
            at = span.end
    text = clean("".join([*pieces, task[at:]])).lower()
    for mark, many in _MANY.items():
        text = re.sub(rf"{mark}(?:(?:{_BETWEEN}){mark})+", many, text)
    words = [word for word in _WORD.findall(text) if word not in _IGNORED]
    plain = _meanings(words)
    kept = ["=", *plain] if plain is not None else ["~", *words]
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()


def _meanings(words: Iterable[str]) -> list[str] | None:
    """Return what the words mean, sorted, each once; None when one of them is not in the list."""
    found: list[str] = []
    for word in words:
        if word in _MANY or word in _MANY.values() or word == _MARKS[Kind.PERIOD]:
            found.append(word)
            continue
        meanings = _meaning(word)
        if meanings is None:
            return None
        found += meanings
    marks = [word for word in found if not word.isascii()]
    if len(marks) != len(set(marks)):
        return None  # two groups of names play two parts, and their order counts
    return sorted(set(found))


def _meaning(word: str) -> list[str] | None:
    table = _table()
    if word in table:
        return [table[word]] if table[word] else []
    if not "가" <= word[0] <= "힣":
        return None
    # a Korean word is stems in a row, then particles; the longest stem first
    rest, found = word, []
    while rest:
        stem = next((rest[:size] for size in range(len(rest), 0, -1) if rest[:size] in table), None)
        if stem is None:
            return None
        if table[stem]:
            found.append(table[stem])
        rest = rest[len(stem) :]
    return found


@cache
def _table() -> Mapping[str, str]:
    raw = yaml.safe_load(files("daybook.code").joinpath("task_words.yaml").read_text("utf-8"))
    table = {str(word): meaning for meaning, words in raw["meanings"].items() for word in words}
    return table | dict.fromkeys(map(str, raw["without_meaning"]), "")
