"""Find a symbol, and look at the market as a whole."""

from typing import Annotated

from pydantic import Field

from daybook.contracts.base import Message
from daybook.contracts.layers import Layer
from daybook.skills.context import ToolContext
from daybook.skills.errors import NoData
from daybook.skills.market_data.market_port import IndexState, Listing, MarketQuotes, RankedBy, Ranking
from daybook.skills.skill import Skill

search = Skill(
    "market_data.search",
    "Symbol search, market overview and rankings",
    layer=Layer.PIPELINE,
    keywords=("종목", "검색", "코드", "symbol", "search", "code"),
)


class Match(Message):
    """A security that matches. ``symbol`` is empty for one that trades abroad, which this desk cannot order."""

    symbol: str
    name: str
    english_name: str = ""
    market: str = ""
    kind: str = ""
    ticker: str = Field(default="", description="of a foreign security")


@search.tool()
def search_symbol(
    query: Annotated[str, Field(min_length=1, max_length=60, description="name, part of one, or code")],
    count: Annotated[int, Field(ge=1, le=30)] = 10,
    *,
    listing: Listing,
    context: ToolContext,
) -> list[Match]:
    """Find KRX codes by Korean or English name, nickname or code.

    Names hardly age, so a point in time is answered from today's list.
    """
    found = listing.search(query, count)
    if not found:
        raise NoData(
            f"no security is called {' '.join(query.split())!r}; try a part of the name, or the six-digit code"
        )
    return [
        Match(
            symbol=one.symbol or "",
            name=one.name,
            english_name=one.english_name,
            market=one.market,
            kind=one.kind,
            ticker=one.ticker,
        )
        for one in found
    ]


@search.tool(layer=Layer.TRADING, keywords=("시황", "지수", "코스피", "코스닥", "market", "index", "KOSPI", "KOSDAQ"))
def market_overview(*, market: MarketQuotes) -> list[IndexState]:
    """Levels of KOSPI, KOSDAQ, KOSPI200 now, with rising and falling issues."""
    return list(market.indices())


@search.tool(
    layer=Layer.TRADING,
    keywords=("순위", "거래대금", "거래량", "급등", "급락", "ranking", "gainers", "losers"),
)
def rankings(
    by: RankedBy = RankedBy.TURNOVER, count: Annotated[int, Field(ge=1, le=30)] = 10, *, market: MarketQuotes
) -> Ranking:
    """Top common shares; gainers and losers are among the most traded 30."""
    ranking = market.ranking(by, count)
    if not ranking.rows:
        raise NoData("the broker's ranking is empty; before the first session of a day it can be")
    return ranking
