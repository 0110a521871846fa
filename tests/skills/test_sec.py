from collections.abc import AsyncIterator, Iterator
from datetime import datetime

import pytest

from daybook.contracts.base import KST
from daybook.contracts.tools import ToolReply, ToolRequest, ToolStatus
from daybook.filings.edgar import EdgarClient
from daybook.filings.ports import EdgarSource
from daybook.skills.fundamental.sec import sec
from daybook.skills.running import run_tool
from tests.filings.stand_ins.edgar import Edgar
from tests.filings.stand_ins.edgar import edgar as serving_edgar
from tests.filings.stand_ins.server import Answer


@pytest.fixture
def edgar() -> Iterator[Edgar]:
    with serving_edgar() as stand_in:
        yield stand_in


@pytest.fixture
async def client(edgar: Edgar) -> AsyncIterator[EdgarClient]:
    async with EdgarClient("T t@example.com", data_base_url=edgar.url, www_base_url=edgar.url, backoff_s=0) as opened:
        yield opened


async def ask(client: EdgarClient, tool: str, as_of: str = "", **arguments: object) -> ToolReply:
    moment = datetime.fromisoformat(as_of).replace(tzinfo=KST) if as_of else None
    request = ToolRequest(tool=tool, arguments=arguments, run_id="test", as_of=moment)
    return await run_tool(sec.spec(tool), request, {EdgarSource: client})


async def test_sec_filings_when_forms_are_named_then_rows_and_sources_come_and_are_untrusted(
    client: EdgarClient,
) -> None:
    reply = await ask(client, "sec_filings", ticker="acme", forms=["10-K"], count=2)
    assert (reply.status, reply.is_untrusted) == (ToolStatus.OK, True)
    assert isinstance(reply.value, dict)
    rows = reply.value["filings"]
    assert isinstance(rows, list)
    assert [(row["form"], row["filed_on"]) for row in rows] == [("10-K", "2025-02-11"), ("10-K", "2024-02-12")]
    assert [source.url for source in reply.sources] == [row["url"] for row in rows]


async def test_sec_filings_when_seen_from_the_past_then_no_source_is_from_later(client: EdgarClient) -> None:
    reply = await ask(client, "sec_filings", ticker="ACME", as_of="2024-06-01T09:00:00")
    assert reply.status is ToolStatus.OK
    assert reply.sources
    assert all(source.published_at and source.published_at.year <= 2024 for source in reply.sources)


async def test_sec_filings_when_none_is_known_then_no_data(client: EdgarClient) -> None:
    reply = await ask(client, "sec_filings", ticker="ACME", forms=["S-1"])
    assert (reply.status, "S-1" in reply.message) == (ToolStatus.NO_DATA, True)


async def test_sec_company_facts_when_nothing_is_named_then_the_main_figures_come_compactly(
    client: EdgarClient,
) -> None:
    reply = await ask(client, "sec_company_facts", ticker="ACME")
    assert reply.status is ToolStatus.OK
    assert isinstance(reply.value, dict)
    revenue = reply.value["facts"][0]
    assert (revenue["tag"], revenue["unit"]) == ("us-gaap:Revenues", "USD")
    assert revenue["years"][0] == {
        "fiscal_year": 2024,
        "end": "2024-12-31",
        "value": 125,
        "form": "10-K",
        "filed": "2025-02-11",
        "accession": "0001000001-25-000006",
        "restated_from": None,
    }
    assert reply.value["missing"] == ["operating income", "net income", "equity"]


@pytest.mark.parametrize(
    ("as_of", "value", "restated_from"), [("2023-06-01T00:00:00", 100, None), ("2024-06-01T00:00:00", 98, 100)]
)
async def test_sec_company_facts_when_seen_from_the_past_then_later_restatements_are_not_known(
    client: EdgarClient, as_of: str, value: int, restated_from: int | None
) -> None:
    reply = await ask(client, "sec_company_facts", as_of, ticker="ACME", concepts=["Revenues"], years=5)
    assert isinstance(reply.value, dict)
    years = {row["fiscal_year"]: row for row in reply.value["facts"][0]["years"]}
    assert (years[2022]["value"], years[2022]["restated_from"]) == (value, restated_from)


async def test_sec_company_facts_when_the_ticker_is_unknown_then_no_data(client: EdgarClient) -> None:
    assert (await ask(client, "sec_company_facts", ticker="NOPE")).status is ToolStatus.NO_DATA


@pytest.mark.parametrize("ticker", ["", "a b", "ABCDEFGHIJK", "../etc"])
async def test_sec_tools_when_the_ticker_cannot_be_then_bad_arguments(
    edgar: Edgar, client: EdgarClient, ticker: str
) -> None:
    assert (await ask(client, "sec_filings", ticker=ticker)).status is ToolStatus.BAD_ARGUMENTS
    assert edgar.requests == []


async def test_sec_filings_when_edgar_is_down_then_unavailable_with_the_code(edgar: Edgar, client: EdgarClient) -> None:
    edgar.faults.extend([Answer(503)] * 3)
    reply = await ask(client, "sec_filings", ticker="ACME")
    assert (reply.status, "SERVER_ERROR" in reply.message) == (ToolStatus.UNAVAILABLE, True)


async def test_sec_filings_when_no_contact_is_set_then_it_says_which_variable() -> None:
    async with EdgarClient("") as client:
        reply = await ask(client, "sec_filings", ticker="ACME")
    assert reply.status is ToolStatus.UNAVAILABLE
    assert "DAYBOOK_NEWS__SEC_USER_AGENT" in reply.message
