from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime
from typing import Any

import pytest

from daybook.contracts.base import KST
from daybook.contracts.market import DailyBar
from daybook.contracts.tools import ToolReply, ToolRequest, ToolStatus
from daybook.filings.dart import DartClient
from daybook.filings.ports import DartSource
from daybook.filings.valuations import Closes, StoredCloses
from daybook.skills.fundamental.financials import financials
from daybook.skills.running import run_tool
from tests.filings.stand_ins.dart import KEY, SAMSUNG, Dart, annual_2024
from tests.filings.stand_ins.dart import dart as serving_dart

NOW = datetime(2025, 4, 1, 10, 0, tzinfo=KST)


def bar(day: date, close_krw: int) -> DailyBar:
    return DailyBar(
        symbol="005930",
        day=day,
        open_krw=close_krw,
        high_krw=close_krw,
        low_krw=close_krw,
        close_krw=close_krw,
        volume_shares=1,
        turnover_krw=close_krw,
    )


def stored(symbol: str, first: date, last: date) -> list[DailyBar]:
    bars = [bar(date(2025, 3, 10), 900), bar(date(2025, 3, 31), 1_000), bar(date(2025, 4, 1), 1_100)]
    return [entry for entry in bars if symbol == "005930" and first <= entry.day <= last]


@pytest.fixture
def dart() -> Iterator[Dart]:
    with serving_dart() as stand_in:
        stand_in.statements[(SAMSUNG, "2024", "11011")] = annual_2024()
        total = {"se": "합계", "istc_totqy": "410", "distb_stock_co": "380", "rcept_no": "20250311001085"}
        stand_in.shares[(SAMSUNG, "2024", "11011")] = [total]
        yield stand_in


@pytest.fixture
async def client(dart: Dart) -> AsyncIterator[DartClient]:
    async with DartClient(KEY, base_url=dart.url, backoff_s=0) as opened:
        yield opened


async def ask(client: DartClient, tool: str, as_of: datetime | None = None, **arguments: Any) -> ToolReply:
    request = ToolRequest(tool=tool, arguments=arguments, run_id="test", as_of=as_of)
    providers = {DartSource: client, Closes: StoredCloses(stored)}
    return await run_tool(financials.spec(tool), request, providers, clock=lambda: NOW)


def by_name(reply: ToolReply) -> dict[str, Any]:
    assert isinstance(reply.value, dict), reply.message
    rows: Any = reply.value["ratios"]
    return {row["name"]: row for row in rows}


async def test_financial_statements_when_no_year_is_named_then_the_newest_annual_report_is_read(
    client: DartClient,
) -> None:
    reply = await ask(client, "financial_statements", symbol="005930")
    assert isinstance(reply.value, dict), reply.message
    accounts: Any = {row["account"]: row for row in reply.value["accounts"]}
    assert (reply.value["year"], reply.value["basis"], reply.value["filed_on"]) == (2024, "consolidated", "2025-03-11")
    assert accounts["revenue"] == {"account": "revenue", "current": 300_000, "previous": 250_000}
    assert accounts["operating_income"]["previous"] is None
    assert reply.value["missing"] == ["pretax_income", "capital"]
    assert reply.sources[0].url.endswith("rcpNo=20250311001085")


async def test_financial_statements_when_interim_then_income_is_the_year_so_far(dart: Dart, client: DartClient) -> None:
    rows = [
        {**row, "reprt_code": "11012", "thstrm_add_amount": "150,000", "frmtrm_add_amount": "130,000"}
        for row in annual_2024("20240814000001")
        if row["account_nm"] == "매출액"
    ]
    dart.statements[(SAMSUNG, "2024", "11012")] = rows
    reply = await ask(client, "financial_statements", symbol="005930", year=2024, period="half")
    assert isinstance(reply.value, dict), reply.message
    assert reply.value["accounts"] == [{"account": "revenue", "current": 150_000, "previous": 130_000}]


async def test_financial_statements_when_the_report_was_filed_later_then_it_is_not_known(client: DartClient) -> None:
    before = datetime(2025, 3, 11, 23, 0, tzinfo=KST)
    reply = await ask(client, "financial_statements", before, symbol="005930")
    assert (reply.status, "2025-03-11, after the moment" in reply.message) == (ToolStatus.NO_DATA, True)
    after = datetime(2025, 3, 12, 0, 0, tzinfo=KST)
    assert (await ask(client, "financial_statements", after, symbol="005930")).status is ToolStatus.OK


async def test_financial_statements_when_there_is_no_report_then_no_data(client: DartClient) -> None:
    reply = await ask(client, "financial_statements", symbol="000660")
    assert reply.status is ToolStatus.NO_DATA


async def test_financial_ratios_when_all_is_there_then_each_follows_its_formula(client: DartClient) -> None:
    reply = await ask(client, "financial_ratios", symbol="005930")
    values = {name: row["value"] for name, row in by_name(reply).items()}
    assert values == {
        "operating_margin": 0.1,
        "net_margin": pytest.approx(38 / 300, abs=1e-4),
        "roe": 0.1,  # 38,000 / ((400,000 + 360,000) / 2)
        "roa": pytest.approx(38 / 480, abs=1e-4),
        "debt_ratio": 0.25,
        "current_ratio": 2.5,
        "revenue_growth": 0.2,
        "operating_income_growth": None,
        "net_income_growth": None,
        "eps_krw": 100.0,
        "bps_krw": 1053.0,
        "per": 10.0,  # the close of 31 March: the session of 1 April had not ended at 10:00
        "pbr": 0.95,
    }
    assert isinstance(reply.value, dict)
    assert (reply.value["close_day"], reply.value["close_krw"]) == ("2025-03-31", 1_000)


async def test_financial_ratios_when_something_is_missing_then_the_value_is_null_with_a_reason(
    client: DartClient,
) -> None:
    rows = by_name(await ask(client, "financial_ratios", symbol="005930"))
    assert rows["operating_income_growth"]["reason"] == "the report gives no last year's operating income"
    assert "not positive" in rows["net_income_growth"]["reason"]
    assert all(row["reason"] for row in rows.values() if row["value"] is None)
    assert not any(row["reason"] for row in rows.values() if row["value"] is not None)


async def test_financial_ratios_when_shares_and_price_are_unknown_then_the_rest_is_computed(
    dart: Dart, client: DartClient
) -> None:
    dart.shares.clear()
    rows = by_name(await ask(client, "financial_ratios", datetime(2025, 5, 30, tzinfo=KST), symbol="005930"))
    assert rows["roe"]["value"] == 0.1
    assert {rows[name]["value"] for name in ("eps_krw", "bps_krw", "per", "pbr")} == {None}
    assert "number of shares" in rows["per"]["reason"]


async def test_financial_ratios_when_the_key_is_wrong_then_unavailable_and_the_key_is_not_shown(dart: Dart) -> None:
    wrong = "f" * 40
    async with DartClient(wrong, base_url=dart.url) as client:
        reply = await ask(client, "financial_ratios", symbol="005930")
    assert (reply.status, "KEY_UNKNOWN" in reply.message) == (ToolStatus.UNAVAILABLE, True)
    assert wrong not in reply.model_dump_json()


@pytest.mark.parametrize(
    "arguments",
    [{"symbol": "삼성"}, {"symbol": "005930", "year": 1999}, {"symbol": "005930", "period": "month"}, {}],
)
async def test_financial_statements_when_arguments_cannot_be_then_bad_arguments(
    dart: Dart, client: DartClient, arguments: dict[str, Any]
) -> None:
    assert (await ask(client, "financial_statements", **arguments)).status is ToolStatus.BAD_ARGUMENTS
    assert dart.requests == []
