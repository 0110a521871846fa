"""The slow, obviously correct backtest: one symbol, one session after another, the exchange's own functions."""

from dataclasses import dataclass
from decimal import Decimal

from daybook.backtest.settings import BacktestSettings, CashFraction, UnfilledExit
from daybook.contracts.base import Side
from daybook.contracts.market import Market, SecurityKind
from daybook.krx.fees import order_costs
from daybook.krx.limits import daily_limits
from daybook.krx.ticks import Rounding, round_to_tick

STOCK = SecurityKind.STOCK


@dataclass(frozen=True)
class Fill:
    session: int
    is_buy: bool
    shares: int
    price_krw: int
    commission_krw: int
    tax_krw: int


def walk(days, opens, closes, entries, exits, settings: BacktestSettings, market=Market.KOSPI):
    """Return the fills and the equity after each session of one symbol's account."""
    cash, held, last_close = settings.initial_cash_krw, 0, 0
    fills, equity = [], []
    wants_entry = wants_exit = False
    for row, day in enumerate(days):
        if held and wants_exit:
            if _fills(opens[row], last_close, Side.SELL, settings):
                price = _price(opens[row], Side.SELL, settings)
                costs = _costs(Side.SELL, held * price, day, settings, market)
                cash += held * price - costs.total_krw
                fills.append(Fill(row, False, held, price, costs.commission_krw, costs.tax_krw))
                held, wants_exit = 0, False
            elif settings.unfilled_exit is UnfilledExit.LAPSE:
                wants_exit = False
        elif not held and wants_entry and _fills(opens[row], last_close, Side.BUY, settings):
            price = _price(opens[row], Side.BUY, settings)
            shares = _shares(cash, price, day, settings, market)
            if shares:
                costs = _costs(Side.BUY, shares * price, day, settings, market)
                cash -= shares * price + costs.total_krw
                fills.append(Fill(row, True, shares, price, costs.commission_krw, 0))
                held = shares
        last_close = closes[row] or last_close
        equity.append(cash + held * last_close)
        wants_entry = bool(entries[row] and not exits[row] and not held)
        if held:
            wants_exit = wants_exit or bool(exits[row] and not entries[row])
    return fills, equity


def _fills(open_krw, base_krw, side, settings):
    if open_krw == 0:
        return False
    if not settings.limit_rule or base_krw == 0:
        return True
    limits = daily_limits(base_krw)
    return open_krw < limits.upper_krw if side is Side.BUY else open_krw > limits.lower_krw


def _price(open_krw, side, settings):
    if not settings.tick_rule:
        return open_krw
    return round_to_tick(open_krw, STOCK, Rounding.UP if side is Side.BUY else Rounding.DOWN)


def _costs(side, amount, day, settings, market):
    return order_costs(side, market, STOCK, amount, day, Decimal(settings.fees.commission_rate))


def _shares(cash, price, day, settings, market):
    if isinstance(settings.sizing, CashFraction):
        budget = cash * settings.sizing.fraction.numerator // settings.sizing.fraction.denominator
        shares = budget // price
    else:
        budget = cash
        shares = min(settings.sizing.amount_krw // price, cash // price)
    while shares and shares * price + _costs(Side.BUY, shares * price, day, settings, market).total_krw > budget:
        shares -= 1
    return shares
