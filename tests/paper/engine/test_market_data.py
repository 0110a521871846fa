import statistics
import time
from datetime import date, timedelta

import pytest

from daybook.contracts.session import SessionPhase
from daybook.paper.model import Refusal, RefusalKind
from tests.paper.engine.market import (
    FRIDAY,
    HALTED,
    MONDAY,
    SYMBOL,
    Hands,
    at,
    chosen_exchange,
    generated_exchange,
    session_bar,
)

MOMENTS = ("08:00", "08:25", "08:45", "09:00", "09:00:07", "10:31:17", "13:00", "15:19:59", "15:25", "15:30", "18:00")


@pytest.mark.parametrize("clock", MOMENTS)
def test_market_data_when_read_at_any_time_then_all_views_agree(clock: str) -> None:
    exchange = generated_exchange(Hands(), at(clock))
    for symbol in ("005930", "247540", "069500", "035720"):
        state = exchange.trade_state(symbol)
        minutes, today = exchange.minute_bars(symbol, FRIDAY), exchange.daily_bars(symbol, FRIDAY, FRIDAY)
        assert state.lower_limit_krw <= state.last_krw <= state.upper_limit_krw
        assert sum(bar.volume_shares for bar in minutes) == state.volume_shares
        assert bool(today) == bool(minutes) == (clock >= "09:00")
        if not today:
            assert (state.last_krw, state.open_krw, state.turnover_krw) == (state.base_krw, 0, 0)
            continue
        bar = today[0]
        assert state.low_krw <= state.last_krw <= state.high_krw
        assert (bar.open_krw, bar.high_krw, bar.low_krw) == (state.open_krw, state.high_krw, state.low_krw)
        assert (bar.close_krw, bar.volume_shares, bar.turnover_krw) == (
            state.last_krw,
            state.volume_shares,
            state.turnover_krw,
        )
        assert minutes[0].open_krw == state.open_krw
        assert minutes[-1].close_krw == state.last_krw
        assert max(part.high_krw for part in minutes) == state.high_krw
        assert min(part.low_krw for part in minutes) == state.low_krw
        assert state.low_krw * state.volume_shares <= state.turnover_krw <= state.high_krw * state.volume_shares
        trades = exchange.recent_trades(symbol, 30)
        assert trades[0].price_krw == state.last_krw
        assert trades == sorted(trades, key=lambda trade: trade.at, reverse=True)
        view = exchange.book(symbol)
        if state.phase is SessionPhase.CONTINUOUS and not state.vi_active:
            assert state.last_krw in (view.asks[0].price_krw, view.bids[0].price_krw)


def test_daily_bar_when_the_day_is_over_then_it_is_what_ran() -> None:
    hands = Hands()
    exchange = generated_exchange(hands, at("16:00"))
    running = exchange.daily_bars("005930", FRIDAY, FRIDAY)
    hands.real_s += 3 * 86_400
    assert exchange.daily_bars("005930", FRIDAY, FRIDAY) == running
    assert exchange.trade_state("005930").base_krw == running[0].close_krw


def test_daily_bars_when_asked_for_the_future_then_they_end_now() -> None:
    exchange = generated_exchange(Hands(), at("10:00"))
    bars = exchange.daily_bars("005930", FRIDAY - timedelta(days=400), date(2027, 1, 1))
    assert bars[-1].day == FRIDAY
    assert len(bars) > 260
    assert exchange.minute_bars("005930", MONDAY) == []


def test_auction_when_it_runs_then_the_book_expects_a_price() -> None:
    for clock in ("08:45", "15:25"):
        view = generated_exchange(Hands(), at(clock)).book("005930")
        assert view.expected_price_krw > 0
        assert view.expected_shares > 0
        assert len(view.asks) == 10
    assert generated_exchange(Hands(), at("08:25")).book("005930").asks == ()


def test_halted_symbol_when_looked_at_then_it_shows_its_base_and_no_book() -> None:
    exchange = chosen_exchange(Hands(), at("10:00"))
    state = exchange.trade_state(HALTED)
    assert (state.is_halted, state.last_krw, state.volume_shares) == (True, 10_000, 0)
    assert exchange.book(HALTED).asks == ()
    assert exchange.recent_trades(HALTED, 5) == []


def test_weekend_when_looked_at_then_it_shows_the_last_session() -> None:
    exchange = chosen_exchange(Hands(), at("11:00") + timedelta(days=1))
    assert exchange.phase() is SessionPhase.AFTER
    assert exchange.trade_state(SYMBOL).last_krw == session_bar().close_krw
    assert not exchange.session().is_open


def test_first_holiday_of_the_calendar_when_looked_at_then_earlier_weekdays_show() -> None:
    exchange = generated_exchange(Hands(), at("11:00", date(2025, 1, 1)))
    assert exchange.trade_state("005930").volume_shares > 0
    assert len(exchange.daily_bars("005930", date(2023, 1, 1), date(2025, 1, 1))) >= 260


def test_unknown_symbol_when_looked_at_then_it_is_refused() -> None:
    exchange = chosen_exchange(Hands(), at("10:00"))
    for view in (exchange.trade_state, exchange.book, exchange.watch):
        with pytest.raises(Refusal) as caught:
            view("000000")
        assert caught.value.kind is RefusalKind.UNKNOWN_SYMBOL


def test_index_when_generated_then_it_is_weighted_by_capitalisation() -> None:
    exchange = generated_exchange(Hands(), at("16:00"))
    for code, name in (("0001", "KOSPI"), ("1001", "KOSDAQ"), ("2001", "KOSPI200")):
        view = exchange.index(code)
        assert view is not None
        members = [one for one in exchange.securities() if one.kind == "stock" and one.market == name[:6].rstrip("2")]
        states = {one.symbol: exchange.trade_state(one.symbol) for one in members}
        now = sum(states[one.symbol].last_krw * one.shares_outstanding for one in members)
        before = sum(states[one.symbol].base_krw * one.shares_outstanding for one in members)
        assert view.name == name
        assert view.level / view.previous_close == pytest.approx(now / before, abs=2e-5)
        bars = exchange.index_bars(code, FRIDAY - timedelta(days=30), FRIDAY)
        assert (bars[-1].close, bars[-1].high, bars[-1].low) == (view.level, view.high, view.low)
        assert bars[-2].close == pytest.approx(view.previous_close, abs=0.02)
    assert exchange.index("9999") is None


def test_watched_symbol_when_time_passes_then_every_trade_is_reported_once_in_order() -> None:
    hands = Hands()
    exchange = generated_exchange(hands, at("08:59:30"))
    exchange.watch("005930")
    exchange.watch("035720")
    for _ in range(40):
        hands.real_s += 7.3
        exchange.advance()
    assert [trade.at for trade in hands.trades] == sorted(trade.at for trade in hands.trades)
    for symbol in ("005930", "035720"):
        reported = [trade for trade in hands.trades if trade.symbol == symbol]
        assert sum(trade.shares for trade in reported) == exchange.trade_state(symbol).volume_shares
    exchange.unwatch("005930")
    exchange.unwatch("035720")
    seen = len(hands.trades)
    hands.real_s += 60
    exchange.advance()
    assert len(hands.trades) == seen


def test_advance_when_ten_symbols_are_watched_then_it_takes_less_than_two_milliseconds() -> None:
    hands = Hands()
    exchange = generated_exchange(hands, at("10:00"))
    for security in list(exchange.securities())[:10]:
        exchange.watch(security.symbol)
    exchange.advance()
    taken = []
    for _ in range(200):
        hands.real_s += 0.05
        started = time.perf_counter()
        exchange.advance()
        taken.append(time.perf_counter() - started)
    assert statistics.median(taken) < 0.002
