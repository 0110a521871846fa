"""Which articles tell the same story: one address, one title, or nearly one text, across all sources.

Articles are looked at in the order in which the desk saw them. Each one joins the first story whose beginning it
repeats, or begins a story of its own. A story is therefore decided by what was seen before it: nothing that arrives
later can merge or split the stories of earlier articles, and the order of the input does not matter.

Near copies are found by the Jaccard index of character n-grams, which suits Korean (endings change, spaces are free).
Candidates come from bottom-k sketches of the n-grams (Broder 1997), so that a flood costs no quadratic time.
"""

import hashlib
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from daybook.contracts.news import Article, SourceKind
from daybook.news.text import folded

SAME_STORY_WITHIN = timedelta(hours=72)
_GRAM_KO, _GRAM_EN = 2, 4
"""Characters of an n-gram; Latin letters say less each."""
_SKETCH = 24
_TITLE_ALIKE = 0.56
_TITLE_NEARLY_SAME = 0.8
_WHOLE_ALIKE, _WHOLE_ALIKE_IN_NUMBERS = 0.60, 0.52
_TEXT_ALIKE, _TEXT_ALIKE_OF_ONE_NAME, _TEXT_RELATED = 0.75, 0.55, 0.5
_TITLE_RELATED = 0.28
"""Titles less alike than this are of different stories, whatever boilerplate the passages share."""
_SHORTEST_TITLE, _SHORTEST_TEXT = 8, 20

_TAG = re.compile(
    r"\[[^\]]{1,20}\]|【[^】]{1,20}】|<[^>]{1,20}>|\((?:종합\d*보?|속보|상보|단독|영상|포토|그래픽|update\w*|lead)\)"
)
_SUFFIX = re.compile(r"\s[-–|]\s[^-–|]{2,30}$")
_DROPPED = re.compile(r"[\W_]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class _Print:
    """What an article is compared by."""

    article: Article
    title: str
    title_grams: frozenset[int]
    text_grams: frozenset[int]
    numbers: frozenset[str]
    text_numbers: frozenset[str]
    is_unique: bool
    """A disclosure: the same words by the same company are another filing."""


def clusters(articles: Iterable[Article]) -> dict[str, str]:
    """Return the cluster of each article id: a digest of the id of the story's first article."""
    unique = {article.article_id: article for article in articles}
    ordered = sorted(unique.values(), key=lambda row: (row.observed_at, row.published_at, row.article_id))
    first_of_url: dict[str, _Print] = {}
    first_of_title: dict[str, list[_Print]] = defaultdict(list)
    first_of_gram: dict[int, list[_Print]] = defaultdict(list)
    leader_of: dict[str, _Print] = {}
    for article in ordered:
        mine = _print(article)
        leader = first_of_url.get(article.url) or _first_alike(mine, first_of_title, first_of_gram)
        if leader is None:
            leader = mine
            first_of_title[mine.title].append(mine)
            for gram in _sketch(mine):
                first_of_gram[gram].append(mine)
        leader_of[article.article_id] = leader
        if article.url:
            first_of_url.setdefault(article.url, leader)
    return {name: cluster_of(leader.article.article_id) for name, leader in leader_of.items()}


def cluster_of(first_article_id: str) -> str:
    """Return the name of the story that begins with an article."""
    return hashlib.sha256(f"story|{first_article_id}".encode()).hexdigest()[:32]


def stories(articles: Sequence[Article]) -> list[list[Article]]:
    """Return the articles by story, each story's first article first, stories newest first."""
    names = clusters(articles)
    found: dict[str, list[Article]] = defaultdict(list)
    unique = {article.article_id: article for article in articles}
    for article in sorted(unique.values(), key=lambda row: (row.observed_at, row.published_at, row.article_id)):
        found[names[article.article_id]].append(article.model_copy(update={"cluster": names[article.article_id]}))
    return sorted(found.values(), key=lambda story: (story[0].published_at, story[0].article_id), reverse=True)


def normal_title(title: str) -> str:
    """Return a title without tags such as [속보], the publisher's name at its end, spaces and punctuation."""
    plain = _SUFFIX.sub("", _TAG.sub(" ", folded(title)))
    return _DROPPED.sub("", plain)


def _first_alike(mine: _Print, by_title: dict[str, list[_Print]], by_gram: dict[int, list[_Print]]) -> _Print | None:
    if mine.is_unique:
        return None
    same_title = by_title.get(mine.title, ()) if len(mine.title) >= _SHORTEST_TITLE else ()
    shared: Counter[str] = Counter()
    leaders: dict[str, _Print] = {}
    for gram in _sketch(mine):
        for other in by_gram.get(gram, ()):
            shared[other.article.article_id] += 1
            leaders[other.article.article_id] = other
    near = [leaders[name] for name in leaders if _alike(mine, leaders[name])]
    same = [other for other in same_title if _agree(mine.numbers, other.numbers)]
    found = [other for other in (*same, *near) if _within(mine, other) and not other.is_unique]
    return min(found, key=_order, default=None)


def _order(one: _Print) -> tuple[object, ...]:
    return (one.article.observed_at, one.article.published_at, one.article.article_id)


def _within(one: _Print, other: _Print) -> bool:
    return abs(one.article.published_at - other.article.published_at) <= SAME_STORY_WITHIN


def _alike(one: _Print, other: _Print) -> bool:
    if one.article.language != other.article.language or not _agree(one.numbers, other.numbers):
        return False
    names, other_names = set(one.article.symbols), set(other.article.symbols)
    if names and other_names and not names & other_names:
        return False
    titles = _jaccard(one.title_grams, other.title_grams)
    has_texts = min(len(one.text_grams), len(other.text_grams)) >= _SHORTEST_TEXT
    texts = _jaccard(one.text_grams, other.text_grams) if has_texts else 0.0
    has_one_number = bool(one.numbers) != bool(other.numbers)
    if titles >= (_TITLE_NEARLY_SAME if has_one_number else _TITLE_ALIKE):
        is_same_title = titles >= _TITLE_NEARLY_SAME or bool(one.numbers & other.numbers)
        return is_same_title or not has_texts or texts >= _TEXT_RELATED
    if not has_texts or not _agree(one.text_numbers, other.text_numbers):
        return False
    if names & other_names:
        return texts >= _TEXT_ALIKE_OF_ONE_NAME
    if titles < _TITLE_RELATED:
        return False
    enough = _WHOLE_ALIKE_IN_NUMBERS if one.numbers & other.numbers else _WHOLE_ALIKE
    return texts >= _TEXT_ALIKE or (titles + texts) / 2 >= enough


def _agree(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two texts may speak of the same event: most numbers of the one with fewer are in the other too."""
    return 2 * len(one & other) > min(len(one), len(other)) or not one or not other


def _jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    if not one or not other:
        return 0.0
    both = len(one & other)
    return both / (len(one) + len(other) - both)


def _print(article: Article) -> _Print:
    title = normal_title(article.title)
    size = _GRAM_KO if article.language == "ko" else _GRAM_EN
    return _Print(
        article,
        title,
        _grams(title, size),
        _grams(_DROPPED.sub("", folded(article.text)), size),
        _numbers(article.title),
        _numbers(article.text),
        article.source is SourceKind.DART,
    )


def _numbers(text: str) -> frozenset[str]:
    return frozenset(number.replace(",", "") for number in _NUMBER.findall(folded(text)))


def _grams(text: str, size: int) -> frozenset[int]:
    return frozenset(zlib.crc32(text[at : at + size].encode()) for at in range(len(text) - size + 1))


def _sketch(one: _Print) -> set[int]:
    """Return the smallest hashes of title and text: alike sets share some of them."""
    return set(sorted(one.title_grams)[:_SKETCH]) | set(sorted(one.text_grams)[: _SKETCH // 2])
