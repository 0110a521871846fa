from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import event

from daybook.broker.port import BrokerUnavailable
from daybook.contracts.base import Side
from daybook.contracts.drafts import TicketDraft
from daybook.contracts.orders import OrderKind
from daybook.contracts.reasons import DenialCode
from daybook.execution.context import ContextReader
from daybook.execution.dry_check import DryChecker
from daybook.execution.ticket_draft import TicketDrafter
from daybook.skills.errors import NoData, SourceUnavailable, ToolRefused
from daybook.skills.trading.order import OrderWish
from tests.execution.bench import Bench, BenchMaker
from tests.execution.fake_broker import COMMISSION_RATE
from tests.risk import facts


def draft(bench: Bench, side: Side = Side.BUY, **wish: object) -> TicketDraft:
    symbol = facts.BOUGHT if side is Side.BUY else facts.HELD
    drafter = TicketDrafter(bench.desk, DryChecker(bench.desk, ContextReader(bench.desk)), COMMISSION_RATE)
    return drafter.draft(OrderWish.model_validate({"symbol": symbol, "side": side, **wish}))


@pytest.fixture
def holder(make_bench: BenchMaker) -> Bench:
    bench = make_bench()
    bench.hold()
    bench.prepare()
    return bench


def test_draft_when_a_buy_has_no_price_then_it_takes_the_best_ask_and_counts_every_won(bench: Bench) -> None:
    made = draft(bench, shares=10)
    assert (made.kind, made.limit_price_krw, made.price_rule) == (OrderKind.LIMIT, 70_100, "best ask")
    assert (made.notional_krw, made.commission_krw, made.tax_krw) == (701_000, 98, 0)
    assert made.cash_change_krw == -701_098
    assert (made.check.would_pass, made.check.denials) == (True, ())


def test_draft_when_a_sell_has_no_price_then_it_takes_the_best_bid_and_pays_tax(holder: Bench) -> None:
    made = draft(holder, Side.SELL, shares=10)
    assert (made.limit_price_krw, made.price_rule) == (50_000, "best bid")
    assert (made.commission_krw, made.tax_krw, made.cash_change_krw) == (70, 1_000, 498_930)
    assert made.check.would_pass


@pytest.mark.parametrize(("side", "given", "price"), [(Side.BUY, 70_051, 70_000), (Side.SELL, 49_951, 50_000)])
def test_draft_when_the_price_is_between_two_ticks_then_it_moves_in_the_persons_favour(
    holder: Bench, side: Side, given: int, price: int
) -> None:
    made = draft(holder, side, shares=1, limit_price_krw=given)
    assert made.limit_price_krw == price
    assert f"{given:,} won is between two ticks" in made.price_rule


def test_draft_when_the_price_is_outside_the_days_limits_then_it_stays_and_the_check_says_so(bench: Bench) -> None:
    made = draft(bench, shares=1, limit_price_krw=95_000)
    assert made.limit_price_krw == 95_000
    assert DenialCode.PRICE_LIMIT in [denial.code for denial in made.check.denials]


def test_draft_when_the_book_is_empty_on_that_side_then_the_last_price_moved_to_the_grid_is_taken(
    bench: Bench,
) -> None:
    bench.broker.quotes[facts.BOUGHT] = facts.quote(ask_krw=None, bid_krw=None, price_krw=70_050)
    made = draft(bench, shares=1)
    assert (made.limit_price_krw, made.price_rule) == (70_000, "last price; the book has no offer on that side")


def test_draft_when_an_amount_is_given_then_whole_shares_are_counted_down(bench: Bench) -> None:
    made = draft(bench, amount_krw=500_000)
    assert (made.shares, made.notional_krw) == (7, 490_700)


@pytest.mark.parametrize("amount_krw", [1, 70_099])
def test_draft_when_an_amount_covers_no_share_then_it_is_refused(bench: Bench, amount_krw: int) -> None:
    with pytest.raises(ToolRefused, match="less than one share"):
        draft(bench, amount_krw=amount_krw)


def test_draft_when_all_is_sold_then_only_what_is_not_being_sold_already(holder: Bench) -> None:
    holder.broker.trade_by_hand(facts.HELD, Side.SELL, 4, 60_000, filled=False)
    assert draft(holder, Side.SELL, all_shares=True).shares == 6


def test_draft_when_all_of_nothing_is_sold_then_there_is_no_data(bench: Bench) -> None:
    with pytest.raises(NoData, match="0 held"):
        draft(bench, Side.SELL, all_shares=True)


def test_draft_when_an_amount_is_more_than_an_order_holds_then_it_is_refused(bench: Bench) -> None:
    bench.broker.quotes[facts.BOUGHT] = facts.quote(price_krw=100, ask_krw=100, bid_krw=99)
    with pytest.raises(ToolRefused, match="more than one order"):
        draft(bench, amount_krw=100_000_000_000)


def test_draft_when_a_market_sell_is_asked_for_then_it_has_no_price_and_an_estimate(holder: Bench) -> None:
    made = draft(holder, Side.SELL, shares=2, kind=OrderKind.MARKET)
    assert (made.kind, made.limit_price_krw, made.notional_krw) == (OrderKind.MARKET, 0, 100_000)
    assert made.check.would_pass


def test_draft_when_a_market_buy_is_asked_for_then_the_rule_against_it_is_named(bench: Bench) -> None:
    made = draft(bench, shares=2, kind=OrderKind.MARKET)
    assert [denial.code for denial in made.check.denials] == [DenialCode.MARKET_ORDER]


def test_draft_when_several_rules_deny_then_every_code_comes_with_a_text(bench: Bench) -> None:
    bench.desk.kill_switch.engage("owner", "stop")
    made = draft(bench, shares=1_000)
    codes = [denial.code for denial in made.check.denials]
    assert {DenialCode.ORDER_NOTIONAL, DenialCode.POSITION_PCT, DenialCode.TRADING_HALTED} <= set(codes)
    assert not made.check.would_pass
    assert all(denial.text for denial in made.check.denials)


def test_draft_when_nothing_denies_it_then_a_person_is_asked_all_the_same(bench: Bench) -> None:
    made = draft(bench, shares=1)
    assert (made.check.would_pass, made.check.needs_approval) == (True, (DenialCode.APPROVAL_MISSING,))


def test_draft_when_no_day_has_begun_then_the_order_is_still_drafted_and_the_reason_is_named(
    make_bench: BenchMaker,
) -> None:
    bench = make_bench()
    bench.prepare(date(2026, 3, 5))
    made = draft(bench, shares=1)
    assert made.limit_price_krw == 70_100
    assert [denial.code for denial in made.check.denials] == [DenialCode.NOT_RECONCILED]
    assert "no trading day has begun on 2026-03-06" in made.check.denials[0].text


@pytest.mark.parametrize("method", ["quote", "account", "orderable_cash"])
def test_draft_when_the_broker_does_not_answer_then_the_source_is_unavailable(bench: Bench, method: str) -> None:
    bench.broker.fail(method, BrokerUnavailable("no answer", code="EGW00301"))
    with pytest.raises(SourceUnavailable, match="EGW00301"):
        draft(bench, shares=1)


@pytest.fixture
def written(bench: Bench) -> Iterator[list[str]]:
    """Every statement that is not a read."""
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "PRAGMA", "BEGIN")):
            statements.append(statement)

    engine = bench.desk.database.engine
    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def test_draft_when_made_then_nothing_is_sent_recorded_or_reserved(bench: Bench, written: list[str]) -> None:
    before = bench.desk.intents.for_day(facts.DAY)
    draft(bench, shares=10)
    assert written == []
    assert bench.desk.intents.for_day(facts.DAY) == before
    assert {"submit", "cancel", "modify"}.isdisjoint(bench.broker.calls)


def test_written_when_something_is_written_then_the_fixture_sees_it(bench: Bench, written: list[str]) -> None:
    # the test above means something only if a write would be noticed
    bench.check(bench.buy())
    assert any(statement.startswith("INSERT") for statement in written)
