"""How full the desk's limits are: exposure, the day's orders, turnover and loss."""

from collections import defaultdict
from fractions import Fraction

from daybook.broker.port import BrokerError
from daybook.contracts.account import AccountSnapshot
from daybook.contracts.base import Side, TradingState, Won
from daybook.contracts.drafts import DryCheck
from daybook.contracts.orders import OrderKind
from daybook.execution.desk import ExecutionDesk
from daybook.execution.dry_check import DryChecker, OrderTerms
from daybook.execution.tool_outcomes import as_tool_errors
from daybook.risk.breakers import loss_ratio
from daybook.skills.trading.risk import Exposure, ExposureRow, LimitsUsed, LimitUse

_DIGITS = 4


class LimitsView:
    """Implements ``daybook.skills.trading.risk.RiskDesk`` for one desk.

    Args:
        desk: the desk; its own limits count.
        checker: asks the rules without a trace.
    """

    def __init__(self, desk: ExecutionDesk, checker: DryChecker) -> None:
        self._desk = desk
        self._checker = checker

    def check(self, symbol: str, side: Side, shares: int, kind: OrderKind, limit_price_krw: Won) -> DryCheck:
        """Run the pre-trade rules on exactly this order, with fresh data."""
        look = self._checker.look(symbol)
        return DryCheck.of(self._checker.check(OrderTerms(symbol, side, shares, kind, limit_price_krw), look))

    def exposure(self) -> Exposure:
        """Return positions by symbol and sector against their limits, largest first."""
        limits = self._desk.limits
        with as_tool_errors():
            account = self._desk.broker.account()
        values = _values(account)
        equity_krw = account.settled_cash_krw + sum(values.values())
        sectors: dict[str, Won] = defaultdict(int)
        for symbol, value_krw in values.items():
            sectors[self._sector(symbol)] += value_krw
        unknown_krw = sectors.pop("", 0)
        return Exposure(
            equity_krw=equity_krw,
            cash_krw=account.settled_cash_krw,
            cash_ratio=_ratio(account.settled_cash_krw, equity_krw),
            min_cash_ratio=limits.min_cash_ratio,
            names=len(values),
            max_names=limits.max_names,
            symbols=_rows(values, equity_krw, limits.max_position_ratio),
            sectors=_rows(sectors, equity_krw, limits.max_sector_ratio),
            unknown_sector_krw=unknown_krw,
            observed_at=account.observed_at,
        )

    def limits_used(self) -> LimitsUsed:
        """Return the state and how far the day's limits are used; a loss is positive, a gain negative."""
        desk, limits, account = self._desk, self._desk.limits, self._desk.account
        today = self._checker.market_now().date()
        with as_tool_errors():
            seen = desk.broker.account()
            equity_krw = seen.settled_cash_krw + sum(_values(seen).values())
            with desk.books() as books:
                counters = books.statistics.day_counters(account, today)
                state = books.states.current(account)
                reconciled = books.states.is_reconciled(account, today)
                before_krw = books.statistics.equity_close(account, today)
                flow_krw = books.ledger.flows(account, today) if books.ledger.is_open(account) else 0
                high_krw = books.ledger.high_water_mark(account)
        lost = loss_ratio(equity_krw, before_krw, flow_krw)
        fallen = loss_ratio(equity_krw, high_krw)
        halted = desk.kill_switch.is_on()
        turnover_krw = int(equity_krw * limits.max_daily_turnover_ratio)
        return LimitsUsed(
            state=TradingState.HALTED if halted else state.state,
            state_reason=f"kill-switch file: {desk.kill_switch.reason()}" if halted else state.reason,
            is_reconciled=reconciled,
            limits=(
                _use("orders today, either side, before buys stop", counters.orders_submitted, limits.max_daily_orders),
                _use(
                    "orders today before sells stop too",
                    counters.orders_submitted,
                    limits.max_daily_orders + limits.exit_order_reserve,
                ),
                _use("bought today", counters.bought_notional_krw, turnover_krw, "KRW"),
                _use("loss today until only reducing", lost, limits.daily_loss_reduce_ratio, "ratio"),
                _use("loss today until halted", lost, limits.daily_loss_halt_ratio, "ratio"),
                _use("loss from the high until only reducing", fallen, limits.drawdown_reduce_ratio, "ratio"),
                _use("loss from the high until halted", fallen, limits.drawdown_halt_ratio, "ratio"),
            ),
        )

    def _sector(self, symbol: str) -> str:
        try:
            return self._desk.securities.sector(symbol)
        except BrokerError:
            return ""


def _values(account: AccountSnapshot) -> dict[str, Won]:
    return {holding.symbol: holding.shares * holding.price_krw for holding in account.holdings if holding.shares}


def _rows(values: dict[str, Won], equity_krw: Won, limit_ratio: float) -> tuple[ExposureRow, ...]:
    return tuple(
        ExposureRow(
            name=name,
            value_krw=value_krw,
            ratio=_ratio(value_krw, equity_krw),
            limit_ratio=limit_ratio,
            room_krw=max(0, int(equity_krw * limit_ratio) - value_krw),
        )
        for name, value_krw in sorted(values.items(), key=lambda item: (-item[1], item[0]))
    )


def _ratio(value_krw: Won, equity_krw: Won) -> float:
    return round(value_krw / equity_krw, _DIGITS) if equity_krw > 0 else 0.0


def _use(name: str, used: int | Fraction | None, limit: float, unit: str = "orders") -> LimitUse:
    known = None if used is None else round(float(used), _DIGITS)
    return LimitUse(name=name, used=known, limit=limit, unit=unit)
