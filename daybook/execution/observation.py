"""One look at market and account, for one decision."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from daybook.advice.rebalance import is_rebalance_due
from daybook.broker.port import BrokerError
from daybook.contracts.account import AccountSnapshot
from daybook.contracts.advice import Position, TickFacts
from daybook.contracts.base import TradingState
from daybook.contracts.day import Observation, ObserveRequest
from daybook.contracts.market import IndexQuote, Quote
from daybook.contracts.reasons import TRANSIENT_BREAKERS
from daybook.contracts.risk import BreakerInputs
from daybook.execution.desk import ExecutionDesk
from daybook.krx.calendar import previous_trading_day, session_on, trading_days

KOSPI = "0001"
CASH = "cash"
_READS_AT_ONCE = 4


@dataclass(frozen=True)
class _Books:
    """The ledger at one moment: what is in flight, shares by symbol, cash."""

    in_flight: frozenset[str]
    shares: dict[str, int]
    cash_krw: int

    def differences(self, after: "_Books", account: AccountSnapshot) -> tuple[str, ...]:
        """Return the symbols (and ``CASH``) in which a balance differs from the books around its reading.

        The balance was read between ``self`` and ``after``: whatever was in flight or booked meanwhile explains
        itself and is looked at again next time.
        """
        moving = self.in_flight | after.in_flight
        theirs = {holding.symbol: holding.shares for holding in account.holdings}
        differing = [
            symbol
            for symbol in sorted(self.shares.keys() | after.shares.keys() | theirs.keys())
            if symbol not in moving
            and self.shares.get(symbol, 0) == after.shares.get(symbol, 0) != theirs.get(symbol, 0)
        ]
        if not moving and self.cash_krw == after.cash_krw != account.settled_cash_krw:
            differing.append(CASH)
        return tuple(differing)


class Observer:
    """Reads quotes, account and the breakers' inputs in one batch, and records equity."""

    def __init__(self, desk: ExecutionDesk) -> None:
        self._desk = desk
        self.worker_silent_s: float | None = None
        """Longest silence of another layer's worker, set by whoever watches them; None: nobody does."""

    def observe(self, request: ObserveRequest) -> Observation:
        """Look once.

        Raises:
            BrokerError: when the account cannot be read; missing quotes are named instead.
        """
        desk = self._desk
        before = self._books(request.desk.account)
        account = desk.broker.account()
        after = self._books(request.desk.account)
        held = [holding.symbol for holding in account.holdings if holding.shares]
        with ThreadPoolExecutor(_READS_AT_ONCE, thread_name_prefix="observe") as pool:
            benchmark = pool.submit(self._index, request.desk.benchmark_index)
            market = pool.submit(self._index, KOSPI)
            quotes, missing = self._quotes(pool, dict.fromkeys((*request.symbols, *held)))
            now = desk.real_now()
        market_time = request.clock.market_time(now)
        index, kospi = benchmark.result(), market.result()
        equity_krw = self._equity_krw(account, quotes)
        desk.ledger.record_equity(
            request.day,
            market_time,
            equity_krw,
            account.settled_cash_krw,
            index.level if index else None,
            account=request.desk.account,
        )
        previous_krw = self._previous_equity_krw(request, equity_krw)
        state = desk.states.current(request.desk.account)
        switched_off = desk.kill_switch.is_on()
        differing = before.differences(after, account)
        again = set(differing) & set(request.unexplained)
        polls = request.unexplained_polls + 1 if again else int(bool(differing))
        counters = desk.statistics.day_counters(request.desk.account, request.day)
        times = request.session.times()
        return Observation(
            observed_at=now,
            market_time=market_time,
            quotes=tuple(quotes.values()),
            account=account,
            positions=self._positions(request, account),
            state=TradingState.HALTED if switched_off else state.state,
            state_reason=f"kill-switch file: {desk.kill_switch.reason()}" if switched_off else state.reason,
            open_reductions=self._open_reductions(request.desk.account),
            open_symbols=tuple(sorted(after.in_flight)),
            facts=TickFacts(
                account=request.desk.account,
                day=request.day,
                tick_number=request.number,
                equity_krw=equity_krw,
                rebalance_due=is_rebalance_due(
                    request.desk.strategy.rebalance,
                    request.day,
                    previous_trading_day(request.day),
                    request.number == 1,
                ),
                buys_today_krw=counters.bought_notional_krw,
                orders_today=counters.orders_submitted,
                reserved_krw=desk.statistics.reserved_buy_notional(request.desk.account),
                excluded_symbols=self._excluded(request, market_time),
            ),
            equity_krw=equity_krw,
            previous_close_equity_krw=previous_krw,
            breaker_inputs=BreakerInputs(
                equity_krw=equity_krw,
                previous_close_equity_krw=previous_krw,
                week_start_equity_krw=self._week_start_equity_krw(request),
                high_water_mark_krw=desk.ledger.high_water_mark(request.desk.account),
                flow_today_krw=desk.ledger.flows(request.desk.account, request.day),
                flow_week_krw=desk.ledger.flows(
                    request.desk.account, request.day - timedelta(days=request.day.weekday())
                ),
                stop_out_ages_sessions=self._stop_out_ages(request),
                broker_rejects_in_row=desk.statistics.consecutive_rejects(request.desk.account, request.day),
                oldest_unknown_s=self._oldest_unknown_s(request, now),
                unexplained_polls=polls,
                unexplained_symbols=tuple(symbol for symbol in differing if symbol != CASH),
                unexplained_position=any(symbol != CASH for symbol in differing),
                unexplained_cash=CASH in differing,
                in_session=times.opens <= market_time < times.closes,
                market_data_age_s=self._data_age_s(quotes.values(), now),
                index_change_ratio=kospi.change_ratio if kospi else None,
                worker_silent_s=self.worker_silent_s,
                kill_switch=switched_off,
            ),
            unexplained=differing,
            unexplained_polls=polls,
            missing_quotes=tuple(missing),
        )

    def _excluded(self, request: ObserveRequest, market_time: datetime) -> tuple[str, ...]:
        """Return symbols that are locked, or were sold at a loss within the cooldown."""
        account, cooldown = request.desk.account, timedelta(hours=request.desk.limits.reentry_cooldown_h)
        cooling = {
            symbol
            for symbol, day in self._desk.statistics.loss_exit_days(account).items()
            if market_time - session_on(day).times().closes < cooldown
        }
        return tuple(sorted(cooling | self._desk.states.locked_symbols(account).keys()))

    def _open_reductions(self, account: str) -> tuple[str, ...]:
        codes = (
            halt.reason_code
            for halt in self._desk.states.halts(account, only_open=True)
            if halt.state is TradingState.REDUCING and halt.reason_code in TRANSIENT_BREAKERS
        )
        return tuple(dict.fromkeys(codes))

    def _quotes(self, pool: ThreadPoolExecutor, symbols: Iterable[str]) -> tuple[dict[str, Quote], list[str]]:
        wanted = list(symbols)
        missing: list[str] = []

        def fetch(symbol: str) -> Quote | None:
            try:
                return self._desk.broker.quote(symbol)
            except BrokerError:
                return None

        answers = list(pool.map(fetch, wanted))
        quotes: dict[str, Quote] = {}
        for symbol, quote in zip(wanted, answers, strict=True):
            if quote is None or not quote.price_krw:
                missing.append(symbol)
                continue
            quotes[symbol] = quote
            self._desk.securities.learn(quote)
        return quotes, missing

    def _index(self, code: str) -> IndexQuote | None:
        try:
            return self._desk.broker.index(code)
        except BrokerError:
            return None

    @staticmethod
    def _equity_krw(account: AccountSnapshot, quotes: dict[str, Quote]) -> int:
        """Settled cash plus holdings at the quotes of this very look."""
        return account.settled_cash_krw + sum(
            holding.shares * (quotes[holding.symbol].price_krw if holding.symbol in quotes else holding.price_krw)
            for holding in account.holdings
        )

    def _previous_equity_krw(self, request: ObserveRequest, equity_krw: int) -> int:
        previous = self._desk.statistics.equity_close(request.desk.account, request.day)
        if previous is not None:
            return previous
        points = self._desk.ledger.equity_points(request.day, account=request.desk.account)
        return points[0].equity_krw if points else equity_krw

    def _week_start_equity_krw(self, request: ObserveRequest) -> int | None:
        monday = request.day - timedelta(days=request.day.weekday())
        return self._desk.statistics.equity_close(request.desk.account, monday)

    def _stop_out_ages(self, request: ObserveRequest) -> tuple[int, ...]:
        window = request.desk.limits.stop_outs_window_sessions + request.desk.limits.stop_outs_pause_sessions
        days = [request.day]
        while len(days) < window:
            days.append(previous_trading_day(days[-1]))
        ages: list[int] = []
        for age, day in enumerate(days):
            ages += [age] * self._desk.statistics.stop_outs(request.desk.account, [day])
        return tuple(ages)

    def _oldest_unknown_s(self, request: ObserveRequest, now: datetime) -> float | None:
        oldest = self._desk.statistics.oldest_unknown(request.desk.account)
        return max(0.0, (now - oldest).total_seconds()) if oldest else None

    def _books(self, account: str) -> "_Books":
        ledger = self._desk.ledger
        in_flight = {record.ticket.symbol for record in self._desk.intents.open_intents(account)}
        shares = {position.symbol: position.shares for position in ledger.positions(account)}
        return _Books(frozenset(in_flight), shares, ledger.cash(account))

    def _positions(self, request: ObserveRequest, account: AccountSnapshot) -> tuple[Position, ...]:
        opened = self._desk.ledger.opened_on(request.desk.account)
        positions = []
        for holding in account.holdings:
            if not holding.shares:
                continue
            since = opened.get(holding.symbol)
            positions.append(
                Position(
                    symbol=holding.symbol,
                    shares=holding.shares,
                    sellable_shares=holding.sellable_shares,
                    average_price_krw=holding.average_price_krw,
                    held_sessions=len(trading_days(since, request.day)) - 1 if since else None,
                )
            )
        return tuple(positions)

    @staticmethod
    def _data_age_s(quotes: Iterable[Quote], now: datetime) -> float | None:
        ages = [(now - quote.observed_at).total_seconds() for quote in quotes]
        return max(0.0, min(ages)) if ages else None
