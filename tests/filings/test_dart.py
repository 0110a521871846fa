import json
import logging
from datetime import date, datetime

import pytest

from daybook.contracts.base import KST
from daybook.filings.dart import DartClient, ReportCode
from daybook.filings.dart_rows import known_from, parse_amount
from daybook.filings.errors import (
    FilingCode,
    FilingConfigurationError,
    FilingError,
    FilingLimited,
    FilingNotFound,
    FilingRequestError,
    FilingUnavailable,
    FilingUnreadable,
)
from tests.filings.stand_ins.dart import KEY, SAMSUNG, Dart, annual_2024, filing
from tests.filings.stand_ins.server import Answer, Request

MARCH = (date(2025, 3, 1), date(2025, 3, 31))


async def test_disclosures_when_a_day_has_filings_then_they_come_newest_first(
    dart: Dart, dart_client: DartClient
) -> None:
    dart.filings = [
        filing("20250311000001", "사업보고서 (2024.12)", "20250311"),
        filing("20250312000002", "주요사항보고서  (자기주식취득결정)", "20250312"),
        filing("20250401000003", "임원ㆍ주요주주특정증권등소유상황보고서", "20250401"),
    ]
    found = await dart_client.disclosures(*MARCH)
    assert [(item.title, item.filed_on.day, item.symbol) for item in found] == [
        ("주요사항보고서 (자기주식취득결정)", 12, "005930"),
        ("사업보고서 (2024.12)", 11, "005930"),
    ]
    assert found[0].url == "https://dart.fss.or.kr/dsaf001/main.do?rcpNo=20250312000002"


async def test_disclosures_when_there_are_three_pages_then_as_many_are_read_as_asked_for(
    dart: Dart, dart_client: DartClient
) -> None:
    dart.filings = [filing(f"202503110{number:05d}", "공시", "20250311") for number in range(230)]
    assert len(await dart_client.disclosures(*MARCH, SAMSUNG, pages=2)) == 200
    assert len(await dart_client.disclosures(*MARCH, SAMSUNG, pages=9)) == 230
    assert [request.query["page_no"] for request in dart.requests] == ["1", "2", "1", "2", "3"]


async def test_disclosures_when_there_are_none_then_the_list_is_empty(dart_client: DartClient) -> None:
    assert await dart_client.disclosures(*MARCH) == []


@pytest.mark.parametrize(
    ("begin", "end", "corp_code"),
    [
        (date(2025, 3, 2), date(2025, 3, 1), SAMSUNG),
        (date(2025, 1, 1), date(2025, 4, 1), None),
        (date(2025, 1, 1), date(2025, 1, 2), "005930"),
    ],
)
async def test_disclosures_when_dart_would_refuse_the_values_then_nothing_is_sent(
    dart: Dart, dart_client: DartClient, begin: date, end: date, corp_code: str | None
) -> None:
    with pytest.raises(FilingRequestError):
        await dart_client.disclosures(begin, end, corp_code)
    assert dart.requests == []


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        ("010", FilingConfigurationError, FilingCode.KEY_UNKNOWN),
        ("011", FilingConfigurationError, FilingCode.KEY_SUSPENDED),
        ("012", FilingConfigurationError, FilingCode.ADDRESS_NOT_ALLOWED),
        ("901", FilingConfigurationError, FilingCode.KEY_EXPIRED),
        ("020", FilingLimited, FilingCode.DAILY_LIMIT),
        ("100", FilingRequestError, FilingCode.BAD_REQUEST),
        ("800", FilingUnavailable, FilingCode.MAINTENANCE),
        ("900", FilingUnavailable, FilingCode.SERVER_ERROR),
        ("777", FilingUnreadable, FilingCode.UNREADABLE),
    ],
)
async def test_read_when_dart_answers_a_status_then_json_and_zip_services_raise_the_same_error(
    dart: Dart, dart_client: DartClient, status: str, kind: type[FilingError], code: FilingCode
) -> None:
    dart.status = status
    for call in (dart_client.disclosures(*MARCH), dart_client.corporation("005930")):
        with pytest.raises(kind) as raised:
            await call
        assert raised.value.code is code
    assert len(dart.requests) == 2


async def test_read_when_there_is_no_key_then_nothing_is_sent_and_the_variable_is_named(dart: Dart) -> None:
    async with DartClient("", base_url=dart.url) as client:
        with pytest.raises(FilingConfigurationError, match="DAYBOOK_NEWS__DART_API_KEY") as raised:
            await client.disclosures(*MARCH)
    assert (raised.value.code, dart.requests) == (FilingCode.KEY_MISSING, [])


async def test_read_when_logged_at_every_level_or_failing_then_the_key_is_nowhere(
    dart: Dart, dart_client: DartClient, caplog: pytest.LogCaptureFixture
) -> None:
    dart.faults.extend([Answer(503), Answer(0), Answer(503)])
    with caplog.at_level(logging.DEBUG), pytest.raises(FilingUnavailable) as raised:
        await dart_client.disclosures(*MARCH)
    await dart_client.disclosures(*MARCH)
    error: BaseException | None = raised.value
    while error is not None:
        assert KEY not in f"{error!r}{error}{getattr(error, '_request', None)}"
        error = error.__cause__ or error.__context__
    assert caplog.text
    assert KEY not in caplog.text
    assert dart.requests[-1].query["crtfc_key"] == KEY


async def test_statements_when_consolidated_accounts_exist_then_those_are_taken(
    dart: Dart, dart_client: DartClient
) -> None:
    dart.statements[(SAMSUNG, "2024", "11011")] = annual_2024()
    found = await dart_client.statements(SAMSUNG, 2024, ReportCode.ANNUAL)
    await dart_client.statements(SAMSUNG, 2024, ReportCode.ANNUAL)
    amounts = {line.account: (line.amount, line.previous_amount, line.before_previous_amount) for line in found.lines}
    assert amounts["매출액"] == (300_000, 250_000, 240_000)
    assert amounts["영업이익"] == (30_000, None, -5_000)
    assert amounts["당기순이익(손실)"] == (38_000, -19_000, None)
    assert (found.is_consolidated, found.filed_on, len(dart.requests)) == (True, date(2025, 3, 11), 1)


async def test_statements_when_there_are_separate_accounts_only_then_those_are_taken(
    dart: Dart, dart_client: DartClient
) -> None:
    rows = [row for row in annual_2024() if row["fs_div"] == "OFS"]
    dart.statements[(SAMSUNG, "2024", "11011")] = rows
    found = await dart_client.statements(SAMSUNG, 2024, ReportCode.ANNUAL)
    assert (found.is_consolidated, found.lines[0].amount) == (False, 200_000)


async def test_statements_when_the_report_was_not_filed_then_no_data(dart_client: DartClient) -> None:
    with pytest.raises(FilingNotFound) as raised:
        await dart_client.statements(SAMSUNG, 2025, ReportCode.ANNUAL)
    assert raised.value.code is FilingCode.NO_DATA


@pytest.mark.parametrize("content", [b"<html>", b"[]", b'{"status": "000", "list": [1]}', b'{"status": "000"}'])
async def test_statements_when_the_answer_has_another_shape_then_it_is_unreadable(
    dart: Dart, dart_client: DartClient, content: bytes
) -> None:
    dart.faults.append(Answer(content=content))
    with pytest.raises(FilingUnreadable):
        await dart_client.statements(SAMSUNG, 2024, ReportCode.ANNUAL)


async def test_share_counts_when_filed_then_common_and_total_are_told_apart(
    dart: Dart, dart_client: DartClient
) -> None:
    marks = {"rcept_no": "20250311001085"}
    dart.shares[(SAMSUNG, "2024", "11011")] = [
        {"se": "보통주", "istc_totqy": "1,000", "tesstk_co": "40", "distb_stock_co": "960", **marks},
        {"se": "우선주", "istc_totqy": "200", "tesstk_co": "-", "distb_stock_co": "200", **marks},
        {"se": "합계", "istc_totqy": "1,200", "tesstk_co": "40", "distb_stock_co": "1,160", **marks},
        {"se": "비고", "istc_totqy": "-", "tesstk_co": "-", "distb_stock_co": "-", **marks},
    ]
    counts = await dart_client.share_counts(SAMSUNG, 2024, ReportCode.ANNUAL)
    assert (counts.common_issued, counts.common_outstanding, counts.total_outstanding) == (1_000, 960, 1_160)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1,234", 1234), ("-1,234", -1234), ("(1,234)", -1234), ("-", None), ("", None), (None, None), (" 0 ", 0)],
)
def test_parse_amount_when_dart_writes_a_number_its_way_then_it_is_read(text: str | None, amount: int | None) -> None:
    assert parse_amount(text) == amount


@pytest.mark.parametrize("text", ["abc", "1.2.3", "(", "1,2원"])
def test_parse_amount_when_it_is_no_number_then_it_is_not_guessed(text: str) -> None:
    with pytest.raises(FilingUnreadable):
        parse_amount(text)


def test_known_from_when_filed_on_a_day_then_it_is_known_from_the_next_midnight() -> None:
    assert known_from(date(2025, 3, 11)) == datetime(2025, 3, 12, tzinfo=KST)


def test_stand_in_when_asked_without_the_key_then_it_refuses(dart: Dart) -> None:
    # the tests above mean something only if the stand-in looks at the key
    assert json.loads(dart.handle(Request("/api/list.json", {}, {})).content)["status"] == "010"
