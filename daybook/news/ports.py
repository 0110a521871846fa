"""What this room needs of others, and what a source is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from daybook.contracts.llm import Completion, CompletionRequest
from daybook.contracts.news import Article, SourceKind


@dataclass(frozen=True, slots=True)
class SourceQuery:
    """What a source is asked.

    Attributes:
        keyword: search words in the source's own syntax; empty for a source that is asked by symbol or by day.
        symbol: KRX code, for sources that know it; empty: the whole market.
        since, until: only articles published in between are wanted (aware).
        limit: most articles.
    """

    keyword: str
    since: datetime
    until: datetime
    symbol: str = ""
    limit: int = 200


class NewsSource(Protocol):
    """A source of articles."""

    @property
    def kind(self) -> SourceKind:
        """Which source it is."""
        ...

    async def search(self, query: SourceQuery) -> list[Article]:
        """Return articles, newest first; some may be dated outside the asked time.

        Raises:
            NewsError: the source gave no usable answer.
        """
        ...


class NameFinder(Protocol):
    """Knows the securities of the KRX by name."""

    def symbols_in(self, text: str) -> tuple[str, ...]:
        """Return the symbols of the securities a text names, in order of appearance."""
        ...

    def names_of(self, symbol: str) -> tuple[str, ...]:
        """Return a security's names, Korean first, then English where there is one; () for an unknown symbol."""
        ...


class Completer(Protocol):
    """Asks a model, within the budget; never raises for a model's failure."""

    async def complete(self, request: CompletionRequest) -> Completion:
        """Return the model's answer, or the reason why there is none."""
        ...


class Redactor(Protocol):
    """Takes personal data and secrets out of a text."""

    def __call__(self, text: str) -> str:
        """Return the text with placeholders."""
        ...


class Fence(Protocol):
    """Wraps outside text, so that a model reads it as data."""

    def __call__(self, label: str, texts: Sequence[str]) -> str:
        """Return the texts as one fenced block; a forged end of the fence inside them is defused."""
        ...
