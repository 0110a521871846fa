"""A small skill of every trait, for tests of the framework."""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Protocol

from pydantic import Field, JsonValue

from daybook.contracts.base import KST, Message, Side, Symbol
from daybook.contracts.layers import Effect, Layer
from daybook.contracts.tools import SourceRef, ToolRequest
from daybook.skills.context import ToolContext
from daybook.skills.errors import NoData
from daybook.skills.result import Sourced
from daybook.skills.skill import Cost, Skill

NOW = datetime(2026, 3, 6, 10, 0, tzinfo=KST)


class Article(Message):
    title: str
    published_at: datetime
    score: float | None = None


class Archive(Protocol):
    """Articles of days past."""

    def find(self, keyword: str, days: int) -> list[Article]:
        """Return articles."""
        ...


@dataclass
class FixedArchive:
    articles: list[Article]
    asked: list[tuple[str, int]]

    def find(self, keyword: str, days: int) -> list[Article]:
        self.asked.append((keyword, days))
        return self.articles


def article(title: str = "실적 발표", *, days_ago: int = 1) -> Article:
    return Article(title=title, published_at=NOW - timedelta(days=days_ago))


def archive(*articles: Article) -> FixedArchive:
    return FixedArchive(list(articles), [])


def request(tool: str, *, as_of: datetime | None = None, run_id: str = "r-1", **arguments: Any) -> ToolRequest:
    return ToolRequest(tool=tool, arguments=arguments, run_id=run_id, number=3, as_of=as_of)


sample = Skill("market_data.sample", "Everything a tool can do", layer=Layer.PIPELINE, keywords=("뉴스", "news"))


@sample.tool(untrusted=True, timeout_s=5, cost=Cost.MEDIUM, keywords=("기사", "news"))
async def find_articles(
    keyword: Annotated[str, Field(min_length=1, max_length=60, description="search word")],
    days: Annotated[int, Field(ge=1, le=30)] = 7,
    *,
    archive: Archive,
    context: ToolContext,
) -> Sourced[list[Article]]:
    """Search articles by keyword, newest first.

    This second paragraph is for programmers.
    """
    found = archive.find(keyword, days)
    if not found:
        raise NoData(f"no article\nabout {keyword}")
    return Sourced(found, tuple(SourceRef(name="archive", published_at=one.published_at) for one in found))


@sample.tool()
def tell_context(*, context: ToolContext) -> dict[str, JsonValue]:
    """Tell what a tool knows of its call."""
    return {
        "run_id": context.run_id,
        "number": context.number,
        "as_of": context.as_of.isoformat() if context.as_of else None,
        "now": context.now.isoformat(),
    }


@sample.tool()
def echo(value: JsonValue, side: Side = Side.BUY, symbols: tuple[Symbol, ...] = ()) -> JsonValue:
    """Return what is given."""
    return value


@sample.tool(timeout_s=0.05)
async def sleep_long() -> int:
    """Sleep."""
    await asyncio.sleep(30)
    return 1


@sample.tool(timeout_s=0.05)
def block_long() -> int:
    """Block a thread."""
    time.sleep(0.3)
    return 1


@sample.tool()
async def break_down(secret: str) -> int:
    """Fail with a secret in the error."""
    raise RuntimeError(f"password={secret}")


@sample.tool()
def time_out_itself() -> int:
    """Raise the timeout error of something else."""
    raise TimeoutError


@sample.tool()
def lie() -> list[int]:
    """Return what was not declared."""
    return "not numbers"  # type: ignore[return-value]


@sample.tool()
def numbers() -> list[float]:
    """Return numbers that JSON does not have."""
    return [1.5, float("nan"), float("inf"), float("-inf")]


@sample.tool(layer=Layer.TRADING, effect=Effect.PREPARE)
def prepare_something(shares: Annotated[int, Field(gt=0)], side: Side) -> str:
    """Make a draft."""
    return f"{side.value} {shares}"
