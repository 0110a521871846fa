from datetime import date, datetime

import pytest

from daybook.contracts.base import KST
from daybook.contracts.market import DailyBar
from daybook.filings.dart_rows import ReportCode, ShareCounts, StatementLine, StatementLines
from daybook.filings.dart_statements import Account, Figure, Statement, read_statement
from daybook.filings.ratios import ratios
from daybook.filings.valuations import Close, StoredCloses, valuations


def statement(**figures: tuple[int | None, int | None]) -> Statement:
    return Statement(
        corp_code="00000000",
        year=2024,
        report=ReportCode.ANNUAL,
        is_consolidated=True,
        currency="KRW",
        receipt_number="20250311000001",
        filed_on=date(2025, 3, 11),
        url="",
        figures={Account(name): Figure(*pair) for name, pair in figures.items()},
    )


def line(account: str, kind: str = "IS", amount: int | None = 1, cumulative: int | None = None) -> StatementLine:
    return StatementLine(kind, account, amount, cumulative, None, None, None, "", "KRW")


def lines(*entries: StatementLine, report: ReportCode = ReportCode.ANNUAL) -> StatementLines:
    return StatementLines("00000000", 2024, report, True, "20250311000001", date(2025, 3, 11), entries)


@pytest.mark.parametrize(
    ("written", "account"),
    [
        ("매출액", Account.REVENUE),
        ("수익(매출액)", Account.REVENUE),
        ("영업수익", Account.REVENUE),
        ("영업이익(손실)", Account.OPERATING_INCOME),
        ("당기순이익(손실)", Account.NET_INCOME),
        ("법인세차감전 순이익", Account.PRETAX_INCOME),
    ],
)
def test_read_statement_when_a_company_words_it_its_way_then_the_account_is_known(
    written: str, account: Account
) -> None:
    assert read_statement(lines(line(written))).current(account) == 1


def test_read_statement_when_a_name_is_foreign_or_in_the_wrong_table_then_it_is_left_out() -> None:
    read = read_statement(lines(line("매출액", "BS"), line("기타수익"), line("자산총계", "IS")))
    assert read.figures == {}


def test_read_statement_when_an_account_comes_twice_then_the_first_with_a_value_counts() -> None:
    read = read_statement(lines(line("매출액", amount=None), line("매출액", amount=7), line("매출액", amount=9)))
    assert read.current(Account.REVENUE) == 7


@pytest.mark.parametrize(("cumulative", "expected"), [(30, 30), (None, 10)])
def test_read_statement_when_interim_then_the_year_so_far_counts(cumulative: int | None, expected: int) -> None:
    entry = line("매출액", amount=10, cumulative=cumulative)
    assert read_statement(lines(entry, report=ReportCode.HALF)).current(Account.REVENUE) == expected


def test_ratios_when_nothing_is_known_then_every_value_is_null_and_says_why() -> None:
    computed = ratios(statement())
    assert len(computed) == 9
    assert all(ratio.value is None and ratio.reason for ratio in computed)


def test_ratios_when_equity_is_negative_then_returns_and_leverage_mean_nothing() -> None:
    values = {r.name: r for r in ratios(statement(net_income=(5, 1), equity=(-10, -20), liabilities=(50, 40)))}
    assert (values["roe"].value, values["debt_ratio"].value) == (None, None)
    assert values["debt_ratio"].reason == "equity is not positive"


def test_ratios_when_a_loss_is_made_then_margins_are_negative() -> None:
    values = {r.name: r.value for r in ratios(statement(revenue=(100, 80), net_income=(-20, 10)))}
    assert (values["net_margin"], values["net_income_growth"], values["revenue_growth"]) == (-0.2, -3.0, 0.25)


def test_valuations_when_earnings_are_negative_then_there_is_no_per_but_an_eps() -> None:
    shares = ShareCounts(100, 90, 100, 90, "20250311000001", date(2025, 3, 11))
    close = Close(date(2025, 3, 31), 1_000)
    values = {r.name: r for r in valuations(statement(net_income=(-900, 1), equity=(9_000, 1)), shares, close, None)}
    assert (values["eps_krw"].value, values["bps_krw"].value, values["pbr"].value) == (-10, 100, 10)
    assert values["per"].reason == "earnings per share are not positive"


@pytest.mark.parametrize(
    ("moment", "day"),
    [("2026-03-06T15:29", "2026-03-05"), ("2026-03-06T15:30", "2026-03-06"), ("2026-03-08T12:00", "2026-03-06")],
)
async def test_last_close_when_asked_at_a_moment_then_it_is_of_the_last_session_that_had_ended(
    moment: str, day: str
) -> None:
    def daily(symbol: str, first: date, last: date) -> list[DailyBar]:
        days = [date(2026, 3, 5), date(2026, 3, 6), date(2026, 3, 9)]
        return [
            DailyBar(
                symbol=symbol,
                day=entry,
                open_krw=1,
                high_krw=1,
                low_krw=1,
                close_krw=entry.day,
                volume_shares=1,
                turnover_krw=1,
            )
            for entry in days
            if first <= entry <= last
        ]

    close = await StoredCloses(daily).last_close("005930", datetime.fromisoformat(moment).replace(tzinfo=KST))
    assert close is not None
    assert (close.day.isoformat(), close.price_krw) == (day, close.day.day)


async def test_last_close_when_nothing_is_stored_then_none() -> None:
    assert await StoredCloses(lambda *asked: []).last_close("005930", datetime(2026, 3, 6, tzinfo=KST)) is None
