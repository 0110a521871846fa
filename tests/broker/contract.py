"""The contract of the ``Broker`` port, to be run on every implementation.

Subclass :class:`BrokerContract` in a test module and give it two fixtures: ``broker`` (the implementation, on an open
market, with cash and without holdings or orders that matter) and ``venue`` (what the test may trade there).
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import pytest

from daybook.broker.port import Broker, BrokerConfigurationError, BrokerUnavailable, OrderRefused
from daybook.contracts.base import Side
from daybook.contracts.market import SecurityKind
from daybook.contracts.orders import BrokerOrder, BrokerOrderId, BrokerOrderState, OrderKind
from daybook.krx.ticks import Rounding, round_to_tick

ALIVE = (BrokerOrderState.WORKING, BrokerOrderState.PARTIAL)


@dataclass(frozen=True, slots=True)
class Venue:
    """Two liquid stocks and the trading date; ``settle`` lets the broker catch up with what was sent."""

    symbol: str
    other_symbol: str
    day: date
    settle: Callable[[], None] = lambda: None


def resting_price(broker: Broker, symbol: str) -> int:
    """Return a price on a tick that is accepted for a buy and will not trade."""
    quote = broker.quote(symbol)
    return round_to_tick(max(quote.lower_limit_krw, round(quote.price_krw * 0.8)), SecurityKind.STOCK, Rounding.UP)


def order_of(broker: Broker, venue: Venue, order: BrokerOrderId) -> BrokerOrder:
    """Return the day's order with an id; there must be exactly one."""
    (found,) = [one for one in broker.orders_today(venue.day) if one.id.key == order.key]
    return found


class BrokerContract:
    """What a trading day relies on."""

    def test_mode_when_assigned_then_it_does_not_change(self, broker: Broker) -> None:
        before = broker.mode
        with pytest.raises(AttributeError):
            broker.mode = None  # type: ignore[misc,assignment]
        assert broker.mode is before

    def test_quote_when_the_market_is_open_then_its_prices_fit_together(self, broker: Broker, venue: Venue) -> None:
        quote = broker.quote(venue.symbol)
        assert quote.symbol == venue.symbol
        assert 0 < quote.lower_limit_krw <= quote.low_krw <= quote.price_krw <= quote.high_krw <= quote.upper_limit_krw
        assert quote.lower_limit_krw < quote.base_price_krw < quote.upper_limit_krw
        assert quote.volume_shares > 0
        assert quote.sector

    def test_quote_when_the_symbol_does_not_exist_then_it_is_unavailable(self, broker: Broker) -> None:
        with pytest.raises(BrokerUnavailable):
            broker.quote("999999")

    def test_order_book_when_the_market_is_open_then_best_levels_come_first(self, broker: Broker, venue: Venue) -> None:
        book = broker.order_book(venue.symbol)
        asks, bids = ([level.price_krw for level in side] for side in (book.asks, book.bids))
        assert 1 <= len(asks) <= 10
        assert asks == sorted(asks)
        assert bids == sorted(bids, reverse=True)
        assert bids[0] < asks[0]
        assert all(level.shares > 0 for level in (*book.asks, *book.bids))

    def test_daily_bars_when_the_span_needs_pages_then_they_are_whole_and_in_order(
        self, broker: Broker, venue: Venue
    ) -> None:
        first = venue.day - timedelta(days=365)
        bars = broker.daily_bars(venue.symbol, first, venue.day)
        days = [bar.day for bar in bars]
        assert len(days) > 200
        assert days == sorted(set(days))
        assert first <= days[0]
        assert days[-1] <= venue.day
        assert all(bar.low_krw <= bar.close_krw <= bar.high_krw for bar in bars)
        part = broker.daily_bars(venue.symbol, days[-30], days[-10])
        assert [bar.day for bar in part] == days[-30:-9]

    def test_minute_bars_when_the_day_runs_then_they_are_in_order_without_gaps_at_page_borders(
        self, broker: Broker, venue: Venue
    ) -> None:
        bars = broker.minute_bars(venue.symbol, venue.day)
        starts = [bar.starts_at for bar in bars]
        assert len(starts) > 30
        assert starts == sorted(set(starts))
        assert {start.date() for start in starts} == {venue.day}
        assert all(later - earlier < timedelta(minutes=10) for earlier, later in pairwise(starts))

    @pytest.mark.parametrize("code", ["0001", "1001", "2001"])
    def test_index_when_asked_then_level_and_change_agree(self, broker: Broker, code: str) -> None:
        index = broker.index(code)
        assert index.code == code
        assert index.change_ratio == pytest.approx(index.level / index.previous_close - 1)
        assert abs(index.change_ratio) < 0.3

    def test_index_bars_when_the_span_needs_pages_then_they_are_whole_and_in_order(
        self, broker: Broker, venue: Venue
    ) -> None:
        first = venue.day - timedelta(days=200)
        bars = broker.index_bars("2001", first, venue.day)
        days = [bar.day for bar in bars]
        assert len(days) > 100
        assert days == sorted(set(days))
        assert first <= days[0]
        assert days[-1] <= venue.day
        assert all(bar.low_level <= bar.close_level <= bar.high_level for bar in bars)
        part = broker.index_bars("2001", days[-20], days[-5])
        assert [bar.day for bar in part] == days[-20:-4]

    def test_investor_flows_when_asked_then_sessions_that_are_over_come_in_order_and_nearly_cancel(
        self, broker: Broker, venue: Venue
    ) -> None:
        flows = broker.investor_flows(venue.symbol)
        days = [flow.day for flow in flows]
        assert 20 <= len(days) <= 30
        assert days == sorted(set(days))
        assert days[-1] < venue.day
        for flow in flows:
            kinds = (flow.foreign_net_shares, flow.institution_net_shares, flow.individual_net_shares)
            assert abs(sum(kinds)) <= max(abs(one) for one in kinds)
            assert flow.foreign_net_shares * flow.foreign_net_krw >= 0

    def test_top_turnover_when_offered_then_codes_are_distinct_and_limited(self, broker: Broker) -> None:
        try:
            top = broker.top_turnover(10)
        except BrokerConfigurationError as error:
            pytest.skip(f"not offered in {broker.mode.value}: {error.code}")
        assert len(top) == len(set(top)) == 10
        assert broker.top_turnover(3) == top[:3]

    def test_account_when_read_then_cash_and_shares_add_up_to_net_assets(self, broker: Broker) -> None:
        account = broker.account()
        held = sum(holding.shares * holding.price_krw for holding in account.holdings)
        assert account.settled_cash_krw + held == account.net_asset_krw
        assert 0 < account.orderable_cash_krw <= account.settled_cash_krw

    def test_orderable_cash_when_an_order_rests_then_it_is_reserved(self, broker: Broker, venue: Venue) -> None:
        price = resting_price(broker, venue.symbol)
        before = broker.orderable_cash(venue.symbol, price, OrderKind.LIMIT)
        order = broker.submit(venue.symbol, Side.BUY, 2, OrderKind.LIMIT, price)
        venue.settle()
        assert before - broker.orderable_cash(venue.symbol, price, OrderKind.LIMIT) >= 2 * price
        assert broker.cancel(order, venue.symbol)
        venue.settle()
        assert broker.orderable_cash(venue.symbol, price, OrderKind.LIMIT) == before

    def test_order_when_it_rests_then_it_is_listed_until_it_is_cancelled(self, broker: Broker, venue: Venue) -> None:
        price = resting_price(broker, venue.symbol)
        order = broker.submit(venue.symbol, Side.BUY, 3, OrderKind.LIMIT, price)
        venue.settle()
        found = order_of(broker, venue, order)
        assert (found.symbol, found.side, found.shares, found.limit_price_krw) == (venue.symbol, Side.BUY, 3, price)
        assert (found.state, found.remaining_shares, found.filled_shares) == (BrokerOrderState.WORKING, 3, 0)
        assert order.key in {one.id.key for one in broker.open_orders(venue.day)}
        assert broker.cancel(order, venue.symbol) is True
        venue.settle()
        assert broker.cancel(order, venue.symbol) is False
        assert order_of(broker, venue, order).state is BrokerOrderState.CANCELLED
        assert order.key not in {one.id.key for one in broker.open_orders(venue.day)}

    def test_cancel_when_repeated_then_no_request_shows_up_as_an_order(self, broker: Broker, venue: Venue) -> None:
        before = {one.id.key for one in broker.orders_today(venue.day)}
        order = broker.submit(venue.symbol, Side.BUY, 1, OrderKind.LIMIT, resting_price(broker, venue.symbol))
        broker.cancel(order, venue.symbol)
        broker.cancel(order, venue.symbol)
        venue.settle()
        assert {one.id.key for one in broker.orders_today(venue.day)} - before == {order.key}

    def test_modify_when_an_order_rests_then_it_lives_on_under_a_new_id(self, broker: Broker, venue: Venue) -> None:
        price = resting_price(broker, venue.symbol)
        order = broker.submit(venue.symbol, Side.BUY, 3, OrderKind.LIMIT, price)
        higher = round_to_tick(price + 1, SecurityKind.STOCK, Rounding.UP)
        changed = broker.modify(order, venue.symbol, 3, higher)
        venue.settle()
        assert changed.key != order.key
        found = order_of(broker, venue, changed)
        assert (found.limit_price_krw, found.remaining_shares, found.state) == (higher, 3, BrokerOrderState.WORKING)
        assert found.original_number.lstrip("0") == order.key
        assert order_of(broker, venue, order).state not in ALIVE
        assert broker.cancel(changed, venue.symbol)

    def test_market_orders_when_they_fill_then_shares_and_cash_move(self, broker: Broker, venue: Venue) -> None:
        before = broker.account()
        held_before = getattr(before.holding(venue.other_symbol), "shares", 0)
        order = broker.submit(venue.other_symbol, Side.BUY, 2, OrderKind.MARKET, 0)
        venue.settle()
        bought = order_of(broker, venue, order)
        assert (bought.state, bought.filled_shares, bought.remaining_shares) == (BrokerOrderState.FILLED, 2, 0)
        after = broker.account()
        holding = after.holding(venue.other_symbol)
        assert holding is not None
        assert (holding.shares - held_before, holding.sellable_shares) == (2, holding.shares)
        paid = before.settled_cash_krw - after.settled_cash_krw
        assert bought.filled_amount_krw <= paid <= bought.filled_amount_krw * 1.01
        sale = broker.submit(venue.other_symbol, Side.SELL, 2, OrderKind.MARKET, 0)
        venue.settle()
        assert order_of(broker, venue, sale).state is BrokerOrderState.FILLED
        left = broker.account().holding(venue.other_symbol)
        assert getattr(left, "shares", 0) == held_before

    def test_submit_when_it_cannot_be_accepted_then_it_is_refused_and_no_order_exists(
        self, broker: Broker, venue: Venue
    ) -> None:
        quote = broker.quote(venue.symbol)
        before = {one.id.key for one in broker.orders_today(venue.day) if one.state in ALIVE}
        for side, shares, price in (
            (Side.SELL, 1_000_000, quote.price_krw),
            (Side.BUY, 1_000_000, quote.price_krw),
            (Side.BUY, 1, quote.price_krw + 1),
        ):
            with pytest.raises(OrderRefused) as caught:
                broker.submit(venue.symbol, side, shares, OrderKind.LIMIT, price)
            assert caught.value.code
            assert caught.value.advice
        with pytest.raises(OrderRefused):
            broker.submit(venue.symbol, Side.BUY, 0, OrderKind.LIMIT, quote.price_krw)
        venue.settle()
        assert {one.id.key for one in broker.orders_today(venue.day) if one.state in ALIVE} == before

    def test_orders_today_when_there_are_many_then_pages_and_filters_hold(self, broker: Broker, venue: Venue) -> None:
        price = resting_price(broker, venue.symbol)
        sent = [broker.submit(venue.symbol, Side.BUY, 1, OrderKind.LIMIT, price) for _ in range(16)]
        venue.settle()
        keys = [one.id.key for one in broker.orders_today(venue.day)]
        assert len(keys) == len(set(keys))
        assert {order.key for order in sent} <= set(keys)
        times = [one.ordered_at for one in broker.orders_today(venue.day, venue.symbol)]
        assert times == sorted(times)
        assert {one.symbol for one in broker.orders_today(venue.day, venue.symbol)} == {venue.symbol}
        assert not {order.key for order in sent} & {
            one.id.key for one in broker.orders_today(venue.day, venue.other_symbol)
        }
        assert broker.orders_today(venue.day - timedelta(days=1)) == []
        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(lambda order: broker.cancel(order, venue.symbol), sent))

    def test_submit_when_threads_send_together_then_each_order_is_its_own(self, broker: Broker, venue: Venue) -> None:
        price = resting_price(broker, venue.symbol)
        with ThreadPoolExecutor(4) as pool:
            sent = list(pool.map(lambda _: broker.submit(venue.symbol, Side.BUY, 1, OrderKind.LIMIT, price), range(8)))
        assert len({order.key for order in sent}) == 8
        assert all(broker.cancel(order, venue.symbol) for order in sent)

    def test_market_open_day_when_asked_then_it_is_an_answer_or_none(self, broker: Broker, venue: Venue) -> None:
        assert broker.is_market_open_day(venue.day) in (True, None)
        christmas = date(venue.day.year, 12, 25)
        assert broker.is_market_open_day(christmas) in (False, None)
