from datetime import datetime

import pytest

from daybook.contracts.base import KST
from daybook.contracts.tools import ToolReply, ToolStatus
from daybook.routing.securities import Securities
from daybook.skills.market_data.market_port import IndexState, Listing, MarketQuotes, Ranked, RankedBy, Ranking
from daybook.skills.market_data.search import search
from daybook.skills.running import run_tool
from tests.skills.sample import NOW, request

SAMSUNG = Ranked(
    rank=1,
    symbol="005930",
    name="삼성전자",
    price_krw=70_000,
    change_percent=1.5,
    volume_shares=10,
    turnover_krw=700_000,
)


class FixedMarket:
    def __init__(self, rows: tuple[Ranked, ...] = (SAMSUNG,)) -> None:
        self.rows = rows
        self.asked: list[tuple[RankedBy, int]] = []

    def indices(self) -> list[IndexState]:
        return [IndexState(code="0001", name="KOSPI", level=2600.5, previous_close=2590.0, change_percent=0.41)]

    def ranking(self, by: RankedBy, count: int) -> Ranking:
        self.asked.append((by, count))
        return Ranking(by=by, basis="all", rows=self.rows, observed_at=datetime(2026, 3, 6, 10, tzinfo=KST))


async def symbols(query: str, **arguments: int) -> ToolReply:
    asked = request("search_symbol", query=query, **arguments)
    return await run_tool(search.spec("search_symbol"), asked, {Listing: Securities.shipped()})


@pytest.mark.parametrize("query", ["삼성전자", "삼전", "005930", "samsung electronics", " 삼성 전자 "])
async def test_search_when_a_security_is_written_in_any_way_then_its_code_comes_first(query: str) -> None:
    reply = await symbols(query)
    assert isinstance(reply.value, list)
    assert isinstance(reply.value[0], dict)
    assert (reply.value[0]["symbol"], reply.value[0]["name"]) == ("005930", "삼성전자")


async def test_search_when_a_part_fits_many_then_no_more_than_asked_for_come() -> None:
    reply = await symbols("삼성", count=3)
    assert isinstance(reply.value, list)
    assert len(reply.value) == 3


async def test_search_when_nothing_fits_then_there_is_no_data_and_advice() -> None:
    reply = await symbols("없는회사이름")
    assert (reply.status, "try a part of the name" in reply.message) == (ToolStatus.NO_DATA, True)


async def test_search_when_at_a_point_in_time_then_it_answers() -> None:
    asked = request("search_symbol", query="삼성전자", as_of=NOW)
    assert (
        await run_tool(search.spec("search_symbol"), asked, {Listing: Securities.shipped()})
    ).status is ToolStatus.OK


async def test_overview_when_asked_then_the_levels_come_with_null_where_no_breadth_is_served() -> None:
    reply = await run_tool(search.spec("market_overview"), request("market_overview"), {MarketQuotes: FixedMarket()})
    assert isinstance(reply.value, list)
    assert isinstance(reply.value[0], dict)
    assert (reply.value[0]["name"], reply.value[0]["level"], reply.value[0]["rising"]) == ("KOSPI", 2600.5, None)


async def test_rankings_when_asked_then_order_and_count_reach_the_market() -> None:
    market = FixedMarket()
    asked = request("rankings", by="losers", count=5)
    reply = await run_tool(search.spec("rankings"), asked, {MarketQuotes: market})
    assert (reply.status, market.asked) == (ToolStatus.OK, [(RankedBy.LOSERS, 5)])
    assert isinstance(reply.value, dict)
    assert reply.value["basis"] == "all"


async def test_rankings_when_the_broker_has_none_then_there_is_no_data() -> None:
    reply = await run_tool(search.spec("rankings"), request("rankings"), {MarketQuotes: FixedMarket(())})
    assert reply.status is ToolStatus.NO_DATA


@pytest.mark.parametrize("tool", ["market_overview", "rankings"])
async def test_market_when_asked_of_the_past_then_it_is_refused(tool: str) -> None:
    reply = await run_tool(search.spec(tool), request(tool, as_of=NOW), {MarketQuotes: FixedMarket()})
    assert reply.status is ToolStatus.REFUSED
