"""Sentiment of market news by a lexicon, Korean and English: a score with the terms that decided it.

A sum of term weights (title counts twice the passage), turned by negation, raised by intensifiers, then squashed into
-1..1 by ``x / sqrt(x^2 + 6)``: one term of weight 2 gives 0.63, one of weight 1 gives 0.38. It needs no model, costs
nothing, and no instruction inside a text can change how it reads.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from daybook.news.text import folded, language_of

MOST_TERMS = 6
_SQUASH = 6.0
_TITLE_SHARE, _TEXT_SHARE = 1.0, 0.5
_NEGATED_GOOD, _NEGATED_BAD = -0.5, -0.25
"""What is denied speaks weakly for the opposite: good news denied is worse than bad news denied is good."""
_INTENSE, _SLIGHT = 1.5, 0.5
_REACH_KO, _REACH_EN = 7, 24
"""Characters before or after a term in which a negation or an intensifier belongs to it."""
_FREELY_SPACED = 4
_CLAUSE_END = re.compile(r"[.,;:!?…·|\"'“”‘’()\[\]]|\s-\s")


@dataclass(frozen=True, slots=True)
class Reading:
    """A text's sentiment, -1 to 1, and the terms that decided it, strongest first; negated ones begin with "not "."""

    sentiment: float
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Hit:
    term: str
    weight: float


class Lexicon:
    """The terms of one language, compiled."""

    def __init__(self, words: dict[str, Any], *, is_korean: bool) -> None:
        self._is_korean = is_korean
        weights: dict[str, float] = {}
        for weight, terms in words["terms"].items():
            for term in terms:
                weights[_key(term)] = float(weight)
        for term in words["neutral"]:
            weights[_key(term)] = 0.0
        self._weights = weights
        ordered = sorted(weights, key=lambda term: (-len(term), term))
        # A named group for each term would be slow to compile; the matched pattern is found again by its own regex.
        self._patterns = [(term, re.compile(self._pattern(term))) for term in ordered]
        self._any = re.compile("|".join(f"(?:{self._pattern(term)})" for term in ordered))
        self._negated_after = _alternatives(words["negators_after"], self._pattern)
        self._negated_before = _alternatives(words["negators_before"], self._pattern)
        self._intense = _alternatives(words["intensifiers"], self._pattern)
        self._slight = _alternatives(words["diminishers"], self._pattern)

    def _pattern(self, term: str) -> str:
        parts = [re.escape(part).replace(r"\*", r"\w*") for part in term.split()]
        if self._is_korean:
            # Korean spacing is free: 유상 증자, 유상증자. A space inside a short term would join two words.
            compact = term.replace(" ", "")
            if len(compact) >= _FREELY_SPACED and compact.isalpha():
                return r"\s?".join(compact)
            return r"\s?".join(parts) + (r"\s" if term.endswith(" ") else "")
        return r"(?<!\w)" + r"\s+(?:\w+\s+)?".join(parts) + r"(?!\w)"

    def hits(self, text: str) -> list[_Hit]:
        """Return the weighted terms of a folded text, in order, without overlap."""
        found: list[_Hit] = []
        for match in self._any.finditer(text):
            term = next(term for term, pattern in self._patterns if pattern.fullmatch(text, match.start(), match.end()))
            weight = self._weights[term]
            if weight:
                found.append(self._weighed(term, weight, text, match.start(), match.end()))
        return found

    def _weighed(self, term: str, weight: float, text: str, start: int, end: int) -> _Hit:
        reach = _REACH_KO if self._is_korean else _REACH_EN
        before = _CLAUSE_END.split(text[max(0, start - reach) : start])[-1]
        after = _CLAUSE_END.split(text[end : end + reach])[0]
        negated = bool(self._negated_before.search(before) or self._negated_after.search(after))
        around = f"{before} {after}"
        if self._intense.search(before):
            weight *= _INTENSE
        elif self._slight.search(around):
            weight *= _SLIGHT
        if not negated:
            return _Hit(term, weight)
        return _Hit(f"not {term}", weight * (_NEGATED_GOOD if weight > 0 else _NEGATED_BAD))


def _key(term: str) -> str:
    return folded(term)


def _alternatives(words: Iterable[str], pattern: Any) -> re.Pattern[str]:
    ordered = sorted((folded(word) for word in words), key=lambda word: (-len(word), word))
    return re.compile("|".join(f"(?:{pattern(word)})" if word != "n't" else "n't" for word in ordered))


@lru_cache(maxsize=1)
def lexicons() -> dict[str, Lexicon]:
    """Return the shipped lexicons by language, read once."""
    words = yaml.safe_load(files("daybook.news").joinpath("lexicon.yaml").read_text(encoding="utf-8"))
    return {"ko": Lexicon(words["ko"], is_korean=True), "en": Lexicon(words["en"], is_korean=False)}


def read_sentiment(title: str, text: str = "") -> Reading:
    """Return the sentiment of an article for the security or market it is about."""
    total = 0.0
    strength: dict[str, float] = {}
    for part, share in ((title, _TITLE_SHARE), (text, _TEXT_SHARE)):
        if not part:
            continue
        seen: set[str] = set()
        for hit in lexicons()[language_of(part)].hits(folded(part)):
            if hit.term in seen:
                continue
            seen.add(hit.term)
            total += share * hit.weight
            strength[hit.term] = strength.get(hit.term, 0.0) + share * abs(hit.weight)
    if not strength:
        return Reading(0.0)
    deciding = sorted(strength, key=lambda term: (-strength[term], term))
    return Reading(round(total / math.sqrt(total * total + _SQUASH), 4), tuple(deciding[:MOST_TERMS]))
