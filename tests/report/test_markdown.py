import re

import pytest

from daybook.contracts.base import Mode, Side
from daybook.contracts.reasons import DifferenceCode
from daybook.contracts.reconciliation import Difference, ReconcileMoment
from daybook.report.chart_plan import MOST_CANDLE_CHARTS
from daybook.report.facts import collect_day
from daybook.report.markdown import render_day
from daybook.storage.database import Database
from tests.report.desk_day import ACCOUNT, DAY, SAMSUNG, DeskDay, reconciled
from tests.report.full_day import START_KRW, full_day

SECTIONS = [
    "Result",
    "Reconciliation",
    "Orders",
    "Fills",
    "Positions at the close",
    "Decisions",
    "Breakers, halts and locks",
    "Approvals",
    "Orders made outside the desk",
    "Costs and taxes",
    "Data gaps",
]


def _render(day: DeskDay, **facts: object) -> str:
    return render_day(collect_day(day.database, ACCOUNT, day.day, day.request(**facts)))  # type: ignore[arg-type]


def test_report_when_a_day_is_full_then_every_section_shows_it(database: Database) -> None:
    text = _render(full_day(database), opening_equity_krw=START_KRW)
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == SECTIONS
    assert "| Equity before | 20,000,000 |" in text
    assert "| 09:15:00 | 005930 | 삼성전자 | buy (entry) | 14 |" in text
    assert "`PRICE_COLLAR` `CASH_FLOOR` limit is 2.4 % above \\| the price" in text
    assert "10:03–10:04" in text
    assert "One simulated day proves nothing" in text
    assert "![Equity over market time](equity.png)" in text
    assert "](candles-005930.png)" in text


def test_report_when_tables_are_written_then_every_row_has_its_heads_columns(database: Database) -> None:
    text = _render(full_day(database), opening_equity_krw=START_KRW)
    for block in text.split("\n\n"):
        if block.startswith("|"):
            counts = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(counts) == 1, block


def test_report_when_nothing_happened_then_it_says_so_in_words(database: Database) -> None:
    day = DeskDay(database)
    day.begin()
    text = _render(day, index_change_ratio=None)
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == SECTIONS
    for sentence in (
        "No order was proposed",
        "Nothing was filled.",
        "No position is held.",
        "No order asked for a person.",
    ):
        assert sentence in text
    assert "No breaker tripped, nothing was halted, no symbol is locked." in text
    assert ".png" not in text
    assert "no decision was recorded" in text


@pytest.mark.parametrize(
    ("mode", "word", "simulated"),
    [(Mode.PAPER, "PAPER — simulated", True), (Mode.MOCK, "MOCK — simulated", True), (Mode.LIVE, "real money", False)],
)
def test_report_when_a_mode_is_given_then_it_says_plainly_what_was_real(
    database: Database, mode: Mode, word: str, simulated: bool
) -> None:
    day = DeskDay(database)
    day.begin()
    text = _render(day, mode=mode)
    assert word in text.partition("## Result")[0]
    assert ("simulated" in text) is simulated
    assert "proves nothing" in text


def test_report_when_it_was_a_rehearsal_then_the_speed_is_told(database: Database) -> None:
    assert "market time ran 720 times as fast" in _render(full_day(database, speed=720))


def test_report_when_the_desk_is_halted_then_the_reason_stands_on_top(database: Database) -> None:
    top = _render(full_day(database)).partition("## Result")[0]
    assert "**The desk is reducing** (`INDEX_FALL`): KOSPI fell 3.1 %" in top


def test_reconciliation_when_it_is_not_signed_off_then_top_and_table_say_so(database: Database) -> None:
    day = DeskDay(database)
    day.begin()
    difference = Difference(
        code=DifferenceCode.SHARES_DIFFER,
        subject=SAMSUNG,
        ledger="10 shares",
        broker="12 shares",
        adopted=False,
        text="no order explains it",
    )
    closing = reconciled(ReconcileMoment.END, signed_off=False, differences=(difference,))
    text = _render(day, closing=closing)
    assert "The closing reconciliation is not signed off" in text.partition("## Result")[0]
    assert "| `SHARES_DIFFER` | 005930 | 10 shares | 12 shares | **open** | no order explains it |" in text


def test_charts_when_too_many_symbols_were_traded_then_the_rest_is_named(database: Database) -> None:
    day = DeskDay(database)
    day.begin()
    symbols = [f"{100_000 + n}" for n in range(MOST_CANDLE_CHARTS + 2)]
    for n, symbol in enumerate(symbols):
        day.bars(symbol, 10_000, seed=n)
        day.fill(None, "09:20", f"{n + 1}", symbol, Side.BUY, 1, 10_000 + n, 1)
    text = _render(day)
    assert text.count("](candles-") == MOST_CANDLE_CHARTS
    assert f"left out: {symbols[1]}, {symbols[0]}." in text


def test_doing_nothing_when_a_price_is_missing_then_the_comparison_is_unknown(database: Database) -> None:
    day = DeskDay(database)
    day.begin()
    day.fill(None, "09:20", "1", SAMSUNG, Side.BUY, 10, 700_000, 98)
    assert "| Doing nothing (the morning's book left alone) | – | – | – |" in _render(day)


def test_report_when_the_day_is_that_of_the_request_then_the_title_names_it(database: Database) -> None:
    day = DeskDay(database)
    day.begin()
    assert _render(day).startswith(f"# Trading day {DAY} · paper · account main\n")
