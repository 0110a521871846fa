from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from daybook.contracts.base import KST
from daybook.filings.dart import DartClient
from daybook.news.dart import DartDisclosures
from daybook.news.errors import BadReply, QuotaSpent, SourceDown, SourceRefused
from daybook.news.ports import SourceQuery
from tests.filings.stand_ins.dart import KEY, Dart, filing
from tests.filings.stand_ins.dart import dart as serving_dart
from tests.filings.stand_ins.server import Answer
from tests.news.facts import NOW


@pytest.fixture
def dart() -> Iterator[Dart]:
    with serving_dart() as stand_in:
        yield stand_in


@pytest.fixture
async def source(dart: Dart, tmp_path: Path) -> AsyncIterator[DartDisclosures]:
    async with DartClient(KEY, home=tmp_path, base_url=dart.url, backoff_s=0) as client:
        yield DartDisclosures(client, now=lambda: NOW)


def query(symbol: str = "005930", days: int = 3) -> SourceQuery:
    return SourceQuery(keyword="", symbol=symbol, since=NOW - timedelta(days=days), until=NOW)


async def test_filing_when_seen_on_its_day_then_it_counts_from_when_it_was_seen(source, dart):
    dart.filings = [filing("20260306000123", "주요사항보고서(자기주식취득결정)", "20260306")]
    (found,) = await source.search(query())
    assert found.published_at == NOW
    assert found.title == "[삼성전자] 주요사항보고서(자기주식취득결정)"
    assert (found.symbols, found.publisher) == (("005930",), "DART")
    assert found.url == "https://dart.fss.or.kr/dsaf001/main.do?rcpNo=20260306000123"


async def test_filing_when_seen_later_then_it_counts_from_the_end_of_its_day(source, dart):
    dart.filings = [filing("20260304000123", "분기보고서", "20260304")]
    (found,) = await source.search(query())
    assert found.published_at == datetime(2026, 3, 5, tzinfo=KST)


async def test_filings_when_there_are_none_then_it_is_no_error(source):
    assert await source.search(query()) == []


async def test_symbol_when_dart_has_no_company_then_there_are_no_filings(source, dart):
    dart.filings = [filing("20260306000123", "분기보고서", "20260306")]
    assert await source.search(query("069500")) == []


async def test_market_when_asked_then_filings_of_all_listed_companies_come(source, dart):
    dart.filings = [
        filing("20260306000123", "분기보고서", "20260306"),
        {**filing("20260306000124", "감사보고서", "20260306", "00434003"), "stock_code": " "},
    ]
    found = await source.search(query(""))
    assert [article.symbols for article in found] == [("005930",)]
    assert all("corp_code" not in request.query for request in dart.requests)


@pytest.mark.parametrize(
    ("status", "kind"), [("010", SourceRefused), ("020", QuotaSpent), ("800", SourceDown), ("100", SourceRefused)]
)
async def test_status_when_it_is_an_error_then_the_kind_says_what_to_do(source, dart, status, kind):
    dart.status = status
    with pytest.raises(kind) as error:
        await source.search(query())
    assert KEY not in str(error.value)


async def test_reply_when_broken_then_it_is_a_bad_reply(source, dart):
    dart.faults.extend([Answer(content=b"{broken")] * 3)
    with pytest.raises((BadReply, SourceDown)):
        await source.search(query(""))
