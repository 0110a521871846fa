from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime
from typing import Any

import pytest

from daybook.contracts.base import KST
from daybook.contracts.tools import ToolReply, ToolRequest, ToolStatus
from daybook.filings.dart import DartClient
from daybook.filings.ports import DartSource
from daybook.routing.securities import Securities
from daybook.skills.fundamental.value_chain import SectorList, SectorPeers, value_chain
from daybook.skills.fundamental.value_chain_table import TableError, ValueChainTable, packaged_table
from daybook.skills.running import run_tool
from tests.filings.stand_ins.dart import KEY, Dart, contract_form, filing
from tests.filings.stand_ins.dart import dart as serving_dart

NOW = datetime(2026, 3, 6, 10, 0, tzinfo=KST)
SECTORS = SectorList(
    [("005930", "삼성전자", "전기·전자"), ("066570", "LG전자", "전기·전자"), ("000660", "SK하이닉스", "전기·전자")]
)
TABLE = """
compiled_on: 2025-12-31
sources:
  report: {text: report, known_from: 2025-03-31}
  deal: {text: disclosure}
companies:
  - {symbol: "005930", name: 삼성전자, industry: chips, suppliers: [ROW]}
"""


@pytest.fixture
def dart() -> Iterator[Dart]:
    with serving_dart() as stand_in:
        yield stand_in


@pytest.fixture
async def client(dart: Dart) -> AsyncIterator[DartClient]:
    async with DartClient(KEY, base_url=dart.url, backoff_s=0) as opened:
        yield opened


async def ask(client: DartClient, as_of: datetime | None = None, **arguments: Any) -> ToolReply:
    request = ToolRequest(tool="supply_chain", arguments=arguments, run_id="test", as_of=as_of)
    providers = {DartSource: client, SectorPeers: SECTORS}
    return await run_tool(value_chain.spec("supply_chain"), request, providers, clock=lambda: NOW)


async def value(client: DartClient, as_of: datetime | None = None, **arguments: Any) -> Any:
    reply = await ask(client, as_of, **arguments)
    assert reply.status is ToolStatus.OK, reply.message
    assert reply.is_untrusted
    return reply.value


async def test_supply_chain_when_a_large_company_is_asked_for_then_each_relation_names_its_source(
    client: DartClient,
) -> None:
    chain = await value(client, symbol="005930", count=20)
    suppliers = {row["name"]: row for row in chain["suppliers"]}
    assert suppliers["솔브레인"]["code"] == "357780"
    assert "Apple" in [row["name"] for row in chain["customers"]]
    assert all(row["source"] and row["origin"] for row in (*chain["suppliers"], *chain["customers"], *chain["peers"]))


async def test_supply_chain_when_the_other_side_wrote_the_row_then_it_is_derived(client: DartClient) -> None:
    chain = await value(client, symbol="042700")
    assert "SK하이닉스" in [row["name"] for row in chain["customers"]]


async def test_supply_chain_when_a_sector_is_known_then_its_other_companies_are_peers_once(client: DartClient) -> None:
    peers = [(row["code"], row["origin"]) for row in (await value(client, symbol="005930", count=20))["peers"]]
    assert ("000660", "table") in peers
    assert ("066570", "sector") in peers
    assert len({code for code, _ in peers}) == len(peers)


async def test_supply_chain_when_filings_name_a_customer_then_it_comes_first_with_its_link(
    dart: Dart, client: DartClient
) -> None:
    dart.filings = [
        filing("20260210800001", "단일판매ㆍ공급계약체결", "20260210"),
        filing("20260211800002", "단일판매ㆍ공급계약체결", "20260211"),
        filing("20260212800003", "사업보고서", "20260212"),
    ]
    dart.documents = {"20260210800001": contract_form("Tesla, Inc."), "20260211800002": contract_form("공시유보")}
    reply = await ask(client, symbol="005930")
    assert isinstance(reply.value, dict)
    first: Any = reply.value["customers"][0]
    assert (first["name"], first["origin"], first["known_from"]) == ("Tesla, Inc.", "filing", "2026-02-10")
    assert reply.value["notes"] == ["supply contracts disclosed to DART in a year: 2; read: 2; naming: 1"]
    assert any(source.url.endswith("20260210800001") for source in reply.sources)


async def test_supply_chain_when_seen_from_the_past_then_later_relations_and_filings_are_not_known(
    dart: Dart, client: DartClient
) -> None:
    dart.filings = [filing("20250728800001", "단일판매ㆍ공급계약체결", "20250728")]
    dart.documents = {"20250728800001": contract_form("Tesla, Inc.")}
    before = await value(client, datetime(2025, 7, 28, 23, 0, tzinfo=KST), symbol="005930", count=20)
    after = await value(client, datetime(2025, 7, 29, 0, 0, tzinfo=KST), symbol="005930", count=20)
    assert not [row for row in before["customers"] if row["name"].startswith("Tesla")]
    assert sorted(row["name"] for row in after["customers"] if row["name"].startswith("Tesla")) == [
        "Tesla",
        "Tesla, Inc.",
    ]


async def test_supply_chain_when_dart_has_no_key_then_the_table_still_answers_and_says_so(dart: Dart) -> None:
    async with DartClient("", base_url=dart.url) as client:
        chain = await value(client, symbol="000660")
    assert chain["suppliers"]
    assert "DAYBOOK_NEWS__DART_API_KEY" in chain["notes"][0]


async def test_supply_chain_when_nothing_is_known_then_no_data(client: DartClient) -> None:
    reply = await ask(client, symbol="900110")
    assert reply.status is ToolStatus.NO_DATA


async def test_supply_chain_when_counted_then_no_list_is_longer(client: DartClient) -> None:
    chain = await value(client, symbol="005930", count=2)
    assert (len(chain["suppliers"]), len(chain["customers"]), len(chain["peers"])) == (2, 2, 2)


def test_table_when_shipped_then_every_row_is_sourced_dated_and_names_listed_companies_right() -> None:
    table = packaged_table()
    listed = Securities.shipped()
    assert len(table.relations) >= 150
    for row in table.relations:
        assert row.source
        assert date(2010, 1, 1) <= row.known_from <= table.compiled_on
        for name, code in ((row.supplier, row.supplier_code), (row.customer, row.customer_code)):
            if code.isdigit():
                security = listed.by_symbol(code)
                assert security is not None, code
                assert security.name == name


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("{name: A, what: x, source: rumour, confidence: high}", "nobody declared"),
        ("{name: A, what: x, source: deal, confidence: high}", "needs known_from"),
        ("{name: A, what: x, source: deal, confidence: high, known_from: 2026-01-01}", "after the table was compiled"),
        ("{name: A, what: x, source: report, confidence: sure}", "cannot be read"),
        ("{name: A, what: x, source: report, confidence: high, price: 3}", "cannot be read"),
        (", ".join(["{name: A, what: x, source: report, confidence: high}"] * 2), "twice"),
    ],
)
def test_table_when_a_row_breaks_a_rule_then_it_is_refused(row: str, complaint: str) -> None:
    with pytest.raises(TableError, match=complaint):
        ValueChainTable.parse(TABLE.replace("ROW", row))
