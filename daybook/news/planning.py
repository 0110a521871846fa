"""What each source is asked for an analysis."""

from datetime import timedelta

from daybook.contracts.news import NewsAnalysisInput, SourceKind
from daybook.news.newsapi import LONGEST_QUERY
from daybook.news.ports import NameFinder, SourceQuery
from daybook.news.text import has_hangul, visible

MARKET_WORDS_KO = ("코스피", "코스닥", "증시")
MARKET_WORDS_EN = ("KOSPI", "South Korea stocks", "Korean shares")
MOST_QUERIES = 30
_LONGEST_WORD = 60
_ARTICLES_A_DAY, _MOST_ARTICLES = 100, 300


def plan_queries(kind: SourceKind, analysis: NewsAnalysisInput, names: NameFinder) -> list[SourceQuery]:
    """Return the queries of one source, in a fixed order.

    Naver is asked for each word but English names of symbols, NewsAPI for all English words at once (its free plan has
    100 requests a day), DART for each symbol. Without words and symbols the whole market is asked for.
    """
    words = search_words(analysis, names)
    if kind is SourceKind.NAVER:
        english = {name for symbol in analysis.symbols for name in names.names_of(symbol)[1:]} - set(analysis.keywords)
        asked = [word for word in words if word not in english] or list(MARKET_WORDS_KO)
        return [_query(analysis, keyword=word) for word in asked[:MOST_QUERIES]]
    if kind is SourceKind.NEWSAPI:
        latin = [word for word in words if not has_hangul(word)]
        return [_query(analysis, keyword=text) for text in _joined(latin or list(MARKET_WORDS_EN))]
    symbols = analysis.symbols or tuple(dict.fromkeys(one for word in words for one in names.symbols_in(word)))
    if words and not symbols:
        return []
    return [_query(analysis, symbol=symbol) for symbol in symbols[:MOST_QUERIES]] or [_query(analysis)]


def search_words(analysis: NewsAnalysisInput, names: NameFinder) -> tuple[str, ...]:
    """Return the words of an analysis: its keywords and the names of its symbols; () means the market."""
    named = (name for symbol in analysis.symbols for name in names.names_of(symbol) or (symbol,))
    words = (visible(word)[:_LONGEST_WORD] for word in (*analysis.keywords, *named))
    return tuple(dict.fromkeys(word for word in words if word))


def window(analysis: NewsAnalysisInput) -> timedelta:
    """Return the length of time an analysis looks back."""
    return timedelta(days=analysis.days)


def _query(analysis: NewsAnalysisInput, *, keyword: str = "", symbol: str = "") -> SourceQuery:
    return SourceQuery(
        keyword=keyword,
        symbol=symbol,
        since=analysis.as_of - window(analysis),
        until=analysis.as_of,
        limit=min(_MOST_ARTICLES, _ARTICLES_A_DAY * analysis.days),
    )


def _joined(words: list[str]) -> list[str]:
    """Return the words as few queries of the form ``"a" OR "b"``."""
    queries: list[str] = []
    for word in words:
        quoted = '"' + word.replace('"', " ") + '"'
        if queries and len(queries[-1]) + len(quoted) + 4 <= LONGEST_QUERY:
            queries[-1] += f" OR {quoted}"
        else:
            queries.append(quoted[:LONGEST_QUERY])
    return queries
