from datetime import timedelta

import pytest
from sqlalchemy import update

from daybook.contracts.account import Holding
from daybook.contracts.base import Mode, Side, TradingState
from daybook.contracts.execution import ApprovalVerdict
from daybook.contracts.orders import IntentState
from daybook.report.facts import collect_day
from daybook.report.model import DayReport, PriceSource
from daybook.storage.approvals import ApprovalStore
from daybook.storage.database import Database
from daybook.storage.days import DayStore
from daybook.storage.states import StateStore
from daybook.storage.tables.journal import decisions
from tests.report.desk_day import ACCOUNT, DAY, HYNIX, NAVER, SAMSUNG, DeskDay, market
from tests.report.full_day import START_KRW, full_day


def _report(day: DeskDay, **facts: object) -> DayReport:
    return collect_day(day.database, ACCOUNT, day.day, day.request(**facts))  # type: ignore[arg-type]


def test_day_when_something_of_everything_happened_then_the_report_has_it(database: Database) -> None:
    report = _report(full_day(database), opening_equity_krw=START_KRW)
    assert [(order.symbol, order.state) for order in report.orders] == [
        (HYNIX, IntentState.DENIED),
        (SAMSUNG, IntentState.FILLED),
        (NAVER, IntentState.CANCELLED),
    ]
    assert report.orders[0].codes == ("PRICE_COLLAR", "CASH_FLOOR")
    assert {row.code: row.count for row in report.denial_counts()} == {"PRICE_COLLAR": 1, "CASH_FLOOR": 1}
    assert [(fill.symbol, fill.shares) for fill in report.fills] == [(SAMSUNG, 9), (SAMSUNG, 5), (NAVER, 12)]
    assert {row.symbol: row.shares for row in report.positions} == {SAMSUNG: 14, NAVER: 8, "068270": 4}
    assert report.names[NAVER] == "네이버"
    assert len(report.decisions) == 37
    assert report.proposed_orders == 4
    assert [(row.code, row.decisions, row.at) for row in report.breakers] == [("INDEX_FALL", 2, market("13:15"))]
    assert [(row.state, row.closed_at) for row in report.halts] == [("reducing", None)]
    assert [row.broker_number for row in report.external_orders] == ["0000000042"]
    assert [row.symbol for row in report.bars] == [NAVER, SAMSUNG]
    assert report.speed == 1


def test_result_when_prices_are_known_then_trading_and_doing_nothing_add_up(database: Database) -> None:
    day = full_day(database)
    report = _report(day, opening_equity_krw=START_KRW)
    assert report.trading_effect_krw is not None
    untouched_krw = 20 * (day.closes[NAVER] - 212_000) + 4 * (181_500 - 181_000)
    assert report.pnl_krw - report.trading_effect_krw == untouched_krw
    assert report.costs.total_krw == 138 + 5_400
    assert report.costs.bought_krw + report.costs.sold_krw == sum(fill.amount_krw for fill in report.fills)


def test_times_when_the_day_was_a_rehearsal_then_bookings_are_in_market_time(database: Database) -> None:
    report = _report(full_day(database, speed=720))
    assert report.speed == pytest.approx(720)
    assert [fill.at for fill in report.fills] == [market("09:16"), market("09:18"), market("13:58")]
    assert report.orders[1].at == market("09:15")
    assert report.halts[0].at == market("13:15")


def test_day_when_nothing_was_recorded_then_the_report_is_empty_and_names_the_gaps(database: Database) -> None:
    report = collect_day(database, ACCOUNT, DAY, DeskDay(database).request(index_change_ratio=None))
    assert (report.orders, report.fills, report.positions, report.equity, report.halts) == ((), (), (), (), ())
    assert report.trading_effect_krw == 0
    assert {gap.subject for gap in report.gaps} == {"decisions", "equity", "index"}


def test_effect_when_a_traded_symbol_has_no_price_then_it_is_unknown(database: Database) -> None:
    day = DeskDay(database)
    day.begin()
    day.fill(None, "09:20", "1", SAMSUNG, Side.BUY, 10, 700_000, 98)
    report = _report(day)
    assert report.trading_effect_krw is None
    assert report.positions[0].price_source is PriceSource.UNKNOWN
    assert report.positions[0].value_krw is None
    assert {gap.subject for gap in report.gaps} >= {SAMSUNG}


def test_fill_when_no_intent_made_it_then_it_is_external(database: Database) -> None:
    day = DeskDay(database)
    day.begin()
    day.fill(None, "09:20", "42", SAMSUNG, Side.BUY, 1, 70_000, 9)
    assert [fill.is_external for fill in _report(day).fills] == [True]


def test_adjustment_when_money_comes_in_then_it_is_no_result(database: Database) -> None:
    first = DeskDay(database)
    first.begin()
    first.equity("15:30", 10_000_000, 10_000_000)
    first.finish()
    second = DeskDay(database, day=DAY + timedelta(days=3))
    DayStore(database).begin(second.day, ACCOUNT, Mode.PAPER, "regular", second.real("08:05"))
    first.ledger.adjust(ACCOUNT, "CASH_DIFFERS", 500_000, note="accepted by kim", at=second.real("08:40"))
    second.equity("15:30", 10_520_000, 10_520_000)
    second.finish()
    report = _report(second, opening_equity_krw=10_000_000)
    assert report.flow_krw == 500_000
    assert report.pnl_krw == 20_000
    assert [row.note for row in report.adjustments] == ["accepted by kim"]
    assert _report(first).adjustments == ()


def test_halts_when_opened_and_closed_on_other_days_then_only_those_of_the_day_are_shown(database: Database) -> None:
    day = DeskDay(database)
    day.begin()
    states = StateStore(database)
    before = day.real("08:05") - timedelta(days=2)
    states.halt(ACCOUNT, TradingState.HALTED, "KILL_SWITCH", "old", "kim", before)
    token = states.request_resume(ACCOUNT, "kim", before, timedelta(hours=1))
    assert states.confirm_resume(ACCOUNT, token, "kim", before + timedelta(minutes=1))
    states.halt(ACCOUNT, TradingState.HALTED, "DAILY_LOSS", "today", "breaker", day.real("11:00"))
    day.finish()
    states.halt(ACCOUNT, TradingState.REDUCING, "KILL_SWITCH", "evening", "kim", day.real("20:00"))
    states.lock_symbol(ACCOUNT, NAVER, "RECONCILIATION_BREAK", "shares differ", at=day.real("10:00"))
    report = _report(day)
    assert [row.reason for row in report.halts] == ["today"]
    assert [row.symbol for row in report.locks] == [NAVER]


def test_approvals_when_answered_or_left_open_then_the_verdict_is_told(database: Database) -> None:
    day = DeskDay(database)
    day.begin()
    store = ApprovalStore(database)
    for name in ("one", "two"):
        day.intent(name, "10:00", SAMSUNG if name == "one" else NAVER, Side.BUY, 1, 70_000)
        store.request(f"{name}:x", name, "x", day.real("10:00"), day.real("10:10"))
    store.decide("one:x", ApprovalVerdict.APPROVED, "kim", day.real("10:03"))
    day.end("two", "10:10", IntentState.EXPIRED, "APPROVAL_EXPIRED: nobody answered")
    report = _report(day)
    assert [(row.intent_id, row.verdict, row.by) for row in report.approvals] == [
        ("one", "approved", "kim"),
        ("two", "expired", ""),
    ]
    assert report.approvals[0].decided_at == market("10:03")
    assert [row.code for row in report.denial_counts()] == ["APPROVAL_EXPIRED"]


def test_decisions_when_another_account_or_kind_recorded_them_then_they_are_left_out(database: Database) -> None:
    day = DeskDay(database)
    day.begin()
    day.decide("09:05")
    day.decide("09:15", account="other")
    from daybook.storage.decisions import DecisionStore

    DecisionStore(database).record("plan", DAY, "plan", "", {"anything": 1}, ["x"], day.real("08:40"))
    assert len(_report(day).decisions) == 1


def test_decisions_when_the_journal_was_altered_then_the_report_says_so(database: Database) -> None:
    day = DeskDay(database)
    day.begin()
    day.decide("09:05")
    with database.session() as session:
        session.execute(update(decisions).values(outputs="{}"))
    report = _report(day)
    assert report.decisions == ()
    assert "altered" in report.gaps[0].text


def test_price_when_a_daily_bar_exists_then_it_is_preferred(database: Database) -> None:
    from daybook.contracts.market import DailyBar
    from daybook.storage.bars import BarStore

    held = (Holding(symbol=SAMSUNG, shares=3, sellable_shares=3, average_price_krw=70_000, price_krw=1),)
    day = DeskDay(database, holdings=held)
    day.begin()
    day.bars(SAMSUNG, 70_000)
    prices = {f"{name}_krw": 71_100 for name in ("open", "high", "low", "close")}
    BarStore(database).save_daily([DailyBar(symbol=SAMSUNG, day=DAY, volume_shares=1, turnover_krw=1, **prices)])
    (position,) = _report(day).positions
    assert (position.price_krw, position.price_source) == (71_100, PriceSource.DAILY_BAR)
    assert position.unrealised_krw == 3 * 1_100
