"""Accounts of the paper exchange: cash with T+2 settlement, shares at average cost, the day's totals."""

from dataclasses import dataclass, field
from datetime import date

from daybook.contracts.base import Side, Won
from daybook.paper.trading_dates import previous_trading_date


@dataclass(slots=True)
class DayTotals:
    """What an account traded on one day, before costs."""

    bought_krw: Won = 0
    sold_krw: Won = 0
    costs_krw: Won = 0


@dataclass(slots=True)
class Position:
    """Shares of one symbol at cost. ``keep_until`` is the settlement day of the last sale."""

    shares: int = 0
    cost_krw: Won = 0
    keep_until: date | None = None
    bought_by_day: dict[date, int] = field(default_factory=dict)
    sold_by_day: dict[date, int] = field(default_factory=dict)

    @property
    def average_price_krw(self) -> float:
        """Average purchase price in won, without costs; 0 when nothing is held."""
        return self.cost_krw / self.shares if self.shares else 0.0


@dataclass(slots=True)
class Account:
    """One account. ``settled_krw`` has settled; ``pending_krw`` settles on its dates."""

    number: str
    settled_krw: Won
    pending_krw: dict[date, Won] = field(default_factory=dict)
    positions: dict[str, Position] = field(default_factory=dict)
    totals: dict[date, DayTotals] = field(default_factory=dict)

    def book(
        self, symbol: str, side: Side, shares: int, price_krw: Won, costs_krw: Won, *, day: date, settles: date
    ) -> None:
        """Book one execution, ``costs_krw`` being what it adds to its order's costs.

        Raises ``ValueError`` on selling what is not held.
        """
        amount = shares * price_krw
        position = self.positions.setdefault(symbol, Position())
        totals = self.totals.setdefault(day, DayTotals())
        self._settle(day)
        if side is Side.BUY:
            position.shares += shares
            position.cost_krw += amount
            position.bought_by_day[day] = position.bought_by_day.get(day, 0) + shares
            totals.bought_krw += amount
            change = -amount - costs_krw
        else:
            if shares > position.shares:
                raise ValueError(f"{self.number} holds {position.shares} {symbol}, cannot deliver {shares}")
            position.cost_krw -= position.cost_krw * shares // position.shares
            position.shares -= shares
            position.sold_by_day[day] = position.sold_by_day.get(day, 0) + shares
            position.keep_until = settles
            totals.sold_krw += amount
            change = amount - costs_krw
        totals.costs_krw += costs_krw
        self.pending_krw[settles] = self.pending_krw.get(settles, 0) + change

    def cash_on(self, day: date) -> Won:
        """Return the cash once everything that settles by ``day`` has settled."""
        return self.settled_krw + sum(amount for due, amount in self.pending_krw.items() if due <= day)

    @property
    def final_cash_krw(self) -> Won:
        """Cash after every settlement to come: D+2 cash."""
        return self.settled_krw + sum(self.pending_krw.values())

    def unsettled_sales_krw(self, day: date) -> Won:
        """Return what a day's and its predecessors' unsettled sales brought, before costs."""
        days = (day, previous_trading_date(day))
        return sum(self.totals[known].sold_krw for known in days if known in self.totals)

    def totals_on(self, day: date) -> DayTotals:
        """Return a day's totals; zeros for a day without trades."""
        return self.totals.get(day, DayTotals())

    def _settle(self, day: date) -> None:
        for due in [due for due in self.pending_krw if due <= day]:
            self.settled_krw += self.pending_krw.pop(due)
