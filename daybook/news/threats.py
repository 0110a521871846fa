"""Threat signals read from stories by rules.

They warn a person; only code, on market and account facts, changes the threat level.

One publisher alone never says more than ``MOST_BY_ONE``. A higher severity needs two publishers with stories of their
own: copies of one story count once, and so do subdomains of one site.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import yaml

from daybook.contracts.news import ThreatKind, ThreatSignal
from daybook.news.sentiment import Story
from daybook.news.suspicion import is_suspicious
from daybook.news.text import folded

MOST_BY_ONE = 0.5
_IN_TITLE, _IN_TEXT = 0.4, 0.25
_MORE_STORIES = 0.05
_CONFIRMED, _EACH_FURTHER, _HIGHEST = 0.6, 0.1, 0.9
_MOST_EVIDENCE = 20
_SENTENCE_END = re.compile(r"(?<=[.!?。…])\s+|\n|(?<=다)\.\s*")


@dataclass(frozen=True, slots=True)
class _Rules:
    kinds: dict[ThreatKind, tuple[tuple[re.Pattern[str], ...], ...]]
    calm: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Evidence:
    story: Story
    strength: float


def threat_signals(stories: Sequence[Story]) -> tuple[ThreatSignal, ...]:
    """Return the warnings of the stories, most severe first; instructions to machines are no evidence."""
    found: dict[ThreatKind, list[_Evidence]] = defaultdict(list)
    for story in stories:
        if is_suspicious(story.article.title, story.article.text):
            continue
        for kind, strength in _kinds_in(story).items():
            found[kind].append(_Evidence(story, strength))
    signals = [_signal(kind, evidence) for kind, evidence in found.items()]
    return tuple(sorted(signals, key=lambda signal: (-signal.severity, signal.kind.value)))


def _signal(kind: ThreatKind, evidence: list[_Evidence]) -> ThreatSignal:
    publishers = {one.story.article.publisher for one in evidence if one.strength >= _IN_TITLE}
    strongest = max(one.strength for one in evidence)
    if len(publishers) >= 2:
        severity = min(_HIGHEST, _CONFIRMED + _EACH_FURTHER * (len(publishers) - 2))
    else:
        severity = min(MOST_BY_ONE, strongest + _MORE_STORIES * (len(evidence) - 1))
    ordered = sorted(
        evidence, key=lambda one: (-one.strength, one.story.article.published_at, one.story.article.article_id)
    )
    symbols = dict.fromkeys(symbol for one in ordered for symbol in one.story.title_symbols)
    return ThreatSignal(
        kind=kind,
        severity=round(severity, 2),
        article_ids=tuple(one.story.article.article_id for one in ordered[:_MOST_EVIDENCE]),
        symbols=tuple(symbols)[:10] if kind in {ThreatKind.HOLDING_BREACH, ThreatKind.SECTOR_SHOCK} else (),
    )


def _kinds_in(story: Story) -> dict[ThreatKind, float]:
    found: dict[ThreatKind, float] = {}
    sentences = [(folded(story.article.title), _IN_TITLE)]
    sentences += [(part, _IN_TEXT) for part in _SENTENCE_END.split(folded(story.article.text)) if part]
    rules = _rules()
    for sentence, strength in sentences:
        if rules.calm.search(sentence):
            continue
        for kind, alternatives in rules.kinds.items():
            if any(all(group.search(sentence) for group in groups) for groups in alternatives):
                found[kind] = max(found.get(kind, 0.0), strength)
    return found


@lru_cache(maxsize=1)
def _rules() -> _Rules:
    data = yaml.safe_load(files("daybook.news").joinpath("threats.yaml").read_text(encoding="utf-8"))
    kinds = {
        ThreatKind(name): tuple(tuple(_words(group) for group in groups) for groups in rules)
        for name, rules in data["rules"].items()
    }
    return _Rules(kinds, _words(data["calm"]))


def _words(words: list[str]) -> re.Pattern[str]:
    patterns = []
    for word in sorted(words, key=lambda one: (-len(one), one)):
        parts = r"\s?".join(re.escape(part) for part in folded(word).split())
        if word.isascii():
            parts = r"(?<!\w)" + r"\s+".join(re.escape(part) for part in folded(word).split()) + r"(?![a-z0-9])"
            parts = parts.replace(r"\*(?![a-z0-9])", r"\w*").replace(r"\*", r"\w*")
        patterns.append(f"(?:{parts})")
    return re.compile("|".join(patterns))
