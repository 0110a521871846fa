"""How a backtest trades: money, order size, costs, and which rules of the exchange bind."""

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from daybook.backtest.costs import FeeSchedule, KrxFees
from daybook.backtest.errors import BacktestError
from daybook.contracts.base import Won

LARGEST_CASH_KRW = 10**13


@dataclass(frozen=True, slots=True)
class FixedAmount:
    """Each entry buys as many whole shares as this amount pays at the open; the commission comes on top.

    Less cash buys fewer shares.
    """

    amount_krw: Won

    def __post_init__(self) -> None:
        if not 0 < self.amount_krw <= LARGEST_CASH_KRW:
            raise BacktestError(f"an amount per entry must be 1 to {LARGEST_CASH_KRW} won, not {self.amount_krw}")


@dataclass(frozen=True, slots=True)
class CashFraction:
    """Each entry spends at most this share of its account's cash, commission included."""

    fraction: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        if not 0 < self.fraction <= 1 or self.fraction.denominator > 10_000:
            raise BacktestError(f"a cash fraction must be above 0, at most 1, in steps of 1/10000: {self.fraction}")


class CostRounding(StrEnum):
    """What happens to fractions of a won in costs."""

    WHOLE_WON = "whole_won"
    """Commission and tax are floored to whole won for each order, as the ledger does."""
    NONE = "none"
    """Costs keep their fractions and cash is a float: for comparison with other engines."""


class UnfilledExit(StrEnum):
    """What becomes of a sale that could not be filled at the next open."""

    KEEP = "keep"
    """It is tried again at each open until it fills."""
    LAPSE = "lapse"
    """It is forgotten; the next exit signal sells."""


@dataclass(frozen=True, slots=True)
class BacktestSettings:
    """Settings of :func:`daybook.backtest.engine.run_backtest`.

    Attributes:
        initial_cash_krw: cash of each account at the start, in whole won.
        sizing: how many shares an entry buys.
        fees: commission and sell tax by date and market.
        tick_rule: an open off the grid (adjusted prices) is bought a tick up and sold a tick down.
        limit_rule: no buy fills at an open at the upper limit, no sale at an open at the lower limit.
        unfilled_exit: what becomes of a sale that could not be filled.
        cost_rounding: whole won, or none.
    """

    initial_cash_krw: Won = 10_000_000
    sizing: FixedAmount | CashFraction = field(default_factory=CashFraction)
    fees: FeeSchedule = field(default_factory=KrxFees)
    tick_rule: bool = True
    limit_rule: bool = True
    unfilled_exit: UnfilledExit = UnfilledExit.KEEP
    cost_rounding: CostRounding = CostRounding.WHOLE_WON

    def __post_init__(self) -> None:
        if not 0 < self.initial_cash_krw <= LARGEST_CASH_KRW:
            raise BacktestError(f"initial cash must be 1 to {LARGEST_CASH_KRW} won, not {self.initial_cash_krw}")
