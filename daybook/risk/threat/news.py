"""From a threat signal of the news to warnings with counted evidence: one for each company, copies counted once."""

from collections.abc import Iterable, Mapping, Sequence

from daybook.contracts.news import Article, SourceKind, ThreatKind, ThreatSignal
from daybook.contracts.threat_readings import NewsWarning

MOST_BY_ONE = 0.5
"""Most that a warning of one publisher weighs, whatever the signal says."""
_SECOND_LEVELS = frozenset({"co", "or", "go", "ne", "ac", "re", "pe", "com", "net", "org"})


def warnings_of(signals: Iterable[ThreatSignal], articles: Mapping[str, Article]) -> tuple[NewsWarning, ...]:
    """Return the warnings of signals, by their articles (by id); an article that is not there is no evidence.

    A breach gives one warning for each company it names, with the publishers that speak of that company: two stories
    on two companies confirm neither.
    """
    warnings: list[NewsWarning] = []
    for signal in signals:
        evidence = [articles[one] for one in signal.article_ids if one in articles]
        if signal.kind is ThreatKind.HOLDING_BREACH and signal.symbols:
            for symbol in signal.symbols:
                named = [article for article in evidence if symbol in article.symbols]
                if named:
                    warnings.append(_warning(signal, named, (symbol,)))
        elif evidence:
            warnings.append(_warning(signal, evidence, signal.symbols))
    return tuple(warnings)


def publisher_site(publisher: str) -> str:
    """Return the site behind a publisher's name: subdomains of one site are one publisher."""
    name = publisher.strip().lower().rstrip(".")
    if "." not in name or " " in name:
        return name
    labels = name.split(".")
    count = 3 if len(labels) >= 3 and labels[-2] in _SECOND_LEVELS and len(labels[-1]) == 2 else 2
    return ".".join(labels[-count:])


def _warning(signal: ThreatSignal, evidence: Sequence[Article], symbols: tuple[str, ...]) -> NewsWarning:
    first_of_story: dict[str, Article] = {}
    for article in sorted(evidence, key=lambda one: (one.published_at, one.article_id)):
        first_of_story.setdefault(article.cluster or article.article_id, article)
    publishers = {publisher_site(article.publisher) for article in first_of_story.values()}
    return NewsWarning(
        kind=signal.kind,
        severity=signal.severity if len(publishers) > 1 else min(signal.severity, MOST_BY_ONE),
        symbols=symbols,
        publishers=len(publishers),
        disclosed=any(article.source is SourceKind.DART for article in evidence),
        newest_at=max(article.published_at for article in evidence),
        article_ids=tuple(article.article_id for article in evidence)[:20],
    )
