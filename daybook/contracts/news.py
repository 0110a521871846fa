"""News: articles with their provenance, their scores, and a day's analysis."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from daybook.contracts.base import AwareDatetime, Message, Symbol


class SourceKind(StrEnum):
    """Where an article comes from."""

    NAVER = "naver"
    NEWSAPI = "newsapi"
    DART = "dart"


class Article(Message):
    """One article or disclosure. All text is from outside: data, never instructions.

    ``published_at`` is what the source says, ``observed_at`` when the desk first saw it; a point-in-time run uses an
    article only when both lie before its moment.
    """

    article_id: str = Field(max_length=64, description="digest of source kind and canonical address")
    source: SourceKind
    publisher: str = Field(default="", max_length=120)
    title: str = Field(max_length=400)
    text: str = Field(default="", max_length=4_000, description="passage or summary the source gives")
    url: str = Field(default="", max_length=1_000)
    language: str = Field(default="ko", pattern=r"^(ko|en)$")
    published_at: AwareDatetime
    observed_at: AwareDatetime
    symbols: tuple[Symbol, ...] = ()
    cluster: str = Field(default="", max_length=64, description="articles that tell the same story share it")

    def known_at(self, moment: datetime) -> bool:
        """Whether the desk could have known it at ``moment``."""
        return self.published_at <= moment and self.observed_at <= moment


class ThreatKind(StrEnum):
    """What a threat signal warns of (the scenario catalogue's families)."""

    MARKET_CRASH = "market_crash"
    VOLATILITY = "volatility"
    SECTOR_SHOCK = "sector_shock"
    GEOPOLITICS = "geopolitics"
    EXCHANGE_OUTAGE = "exchange_outage"
    HOLDING_BREACH = "holding_breach"
    ACCOUNT_TAKEOVER = "account_takeover"
    BROKER_OUTAGE = "broker_outage"
    LIQUIDITY_FREEZE = "liquidity_freeze"


class Scorer(StrEnum):
    """Who scored: a model, or the lexicon."""

    MODEL = "model"
    LEXICON = "lexicon"


class ArticleScore(Message):
    """An article's sentiment for its symbols, -1 to 1."""

    article_id: str
    sentiment: float = Field(ge=-1, le=1)
    relevance: float = Field(default=1, ge=0, le=1)
    scorer: Scorer
    model: str = ""
    terms: tuple[str, ...] = Field(default=(), description="what decided, of a lexicon score")


class ThreatSignal(Message):
    """A warning read from one or more articles; severity 0 to 1. Only code changes the threat level, never text."""

    kind: ThreatKind
    severity: float = Field(ge=0, le=1)
    article_ids: tuple[str, ...]
    symbols: tuple[Symbol, ...] = ()


class SymbolSentiment(Message):
    """A symbol's sentiment over the window: weighted mean of its stories, -1 to 1."""

    symbol: Symbol
    name: str = ""
    sentiment: float = Field(ge=-1, le=1)
    stories: int = Field(ge=0, description="after removing copies of the same story")
    articles: int = Field(ge=0)


class NewsAnalysisInput(Message):
    """What to analyse. ``as_of`` is real time for a live run and the point in time of a rehearsal."""

    run_id: str = Field(max_length=80)
    keywords: tuple[str, ...] = Field(default=(), max_length=30, description="search words; empty: names of symbols")
    symbols: tuple[Symbol, ...] = Field(default=(), max_length=50)
    days: int = Field(default=1, ge=1, le=30)
    as_of: AwareDatetime
    language: str = Field(default="ko", pattern=r"^(ko|en)$")
    point_in_time: bool = Field(default=False, description="use stored articles only, nothing observed later")


class CollectNews(Message):
    """Collect one source for an analysis."""

    source: SourceKind
    analysis: NewsAnalysisInput


class CollectedNews(Message):
    """What one source gave: ids in the store, newest first, or why it gave nothing."""

    source: SourceKind
    article_ids: tuple[str, ...] = ()
    refused_future: int = Field(default=0, ge=0, description="articles dated after the run's moment")
    problem: str = Field(default="", max_length=300, description="one line; empty when the source answered")


class ScoreNews(Message):
    """Remove copies, then score what remains."""

    analysis: NewsAnalysisInput
    collected: tuple[CollectedNews, ...]


class ScoredNews(Message):
    """Scores of the stories of an analysis."""

    stories: int = Field(ge=0)
    articles: int = Field(ge=0)
    scored: tuple[ArticleScore, ...] = ()
    symbols: tuple[SymbolSentiment, ...] = ()
    market_sentiment: float = Field(default=0, ge=-1, le=1)
    threats: tuple[ThreatSignal, ...] = ()
    scorer: Scorer = Scorer.LEXICON
    cost_micro_krw: int = Field(default=0, ge=0)
    note: str = Field(default="", max_length=300)


class SummariseNews(Message):
    """Write the summary and store the report."""

    analysis: NewsAnalysisInput
    collected: tuple[CollectedNews, ...]
    scored: ScoredNews


class Headline(Message):
    """One story as it is shown."""

    title: str
    publisher: str = ""
    url: str = ""
    source: SourceKind
    published_at: AwareDatetime
    sentiment: float = Field(ge=-1, le=1)
    symbols: tuple[Symbol, ...] = ()
    copies: int = Field(default=1, ge=1)


class NewsReport(Message):
    """The result of an analysis, stored and shown."""

    run_id: str
    as_of: AwareDatetime
    days: int
    keywords: tuple[str, ...] = ()
    market_sentiment: float = Field(ge=-1, le=1)
    symbols: tuple[SymbolSentiment, ...] = ()
    threats: tuple[ThreatSignal, ...] = ()
    headlines: tuple[Headline, ...] = ()
    summary: str = Field(default="", max_length=4_000)
    summary_by: str = Field(default="template", description="a model's name, or template")
    scorer: Scorer = Scorer.LEXICON
    problems: tuple[str, ...] = Field(default=(), description="sources that gave nothing, and why")
    stories: int = Field(default=0, ge=0)
    articles: int = Field(default=0, ge=0)
    refused_future: int = Field(default=0, ge=0)
    cost_micro_krw: int = Field(default=0, ge=0)

    def sentiment_of(self, symbol: str) -> SymbolSentiment | None:
        """Return a symbol's sentiment or None."""
        return next((row for row in self.symbols if row.symbol == symbol), None)
