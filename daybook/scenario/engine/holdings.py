"""A plan in whole shares, as stages hand it on: small, exact, and able to become JSON."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from daybook.contracts.base import Side, Won
from daybook.contracts.market import Market, SecurityKind
from daybook.contracts.scenario import Scenario
from daybook.krx.fees import order_costs
from daybook.scenario.arrays import FloatArray, MarketParameters
from daybook.scenario.controls.choice import ControlChoice, spend_krw
from daybook.scenario.engine.limits import instrument_codes, instrument_prices_krw
from daybook.scenario.engine.plan import Plan
from daybook.scenario.optimise.lots import TradeCost, round_to_lots


@dataclass(frozen=True)
class Holdings:
    """What a plan holds. M instruments are traded: stocks, then hedges.

    Args:
        steps: of each control.
        shares: (M,) of each instrument.
        cash_krw, fees_krw, spend_krw: whole won; with the shares' amounts they make up the budget.
        reasons: (M,) codes of the limits a position presses against.
        binding: codes of the limits the plan presses against.
        score_krw: of the plan before rounding, on the scenarios it was made from.
        cvar_krw: likewise.
    """

    steps: tuple[int, ...]
    shares: tuple[int, ...]
    cash_krw: Won
    fees_krw: Won
    spend_krw: Won
    reasons: tuple[tuple[str, ...], ...] = ()
    binding: tuple[str, ...] = ()
    score_krw: float = 0.0
    cvar_krw: float = 0.0

    @property
    def choice(self) -> ControlChoice:
        """The controls."""
        return ControlChoice(self.steps)

    def positions_krw(self, parameters: MarketParameters) -> FloatArray:
        """Return (N,) positions, cash last."""
        amounts = np.array(self.shares, dtype=np.float64) * instrument_prices_krw(parameters)[:-1]
        return np.append(amounts, float(self.cash_krw))

    def to_json(self) -> dict[str, Any]:
        """Return the holdings as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Holdings":
        """Return the holdings of plain data."""
        lists = {
            "steps": tuple(data["steps"]),
            "shares": tuple(data["shares"]),
            "reasons": tuple(tuple(codes) for codes in data["reasons"]),
            "binding": tuple(data["binding"]),
        }
        return cls(**{**data, **lists})


def trade_cost(scenario: Scenario, markets: tuple[str, ...]) -> TradeCost:
    """Return what an order costs in won: commission, and the tax on sales of stocks; hedges are ETFs."""

    def cost(instrument: int, side: Side, amount_krw: Won) -> Won:
        is_stock = instrument < len(markets)
        market = Market(markets[instrument]) if is_stock else Market.KOSPI
        kind = SecurityKind.STOCK if is_stock else SecurityKind.ETF
        return order_costs(side, market, kind, amount_krw, scenario.costs_as_of).total_krw

    return cost


def current_shares(scenario: Scenario, parameters: MarketParameters) -> tuple[int, ...]:
    """Return (M,) shares held now."""
    held = scenario.budget.current_positions
    return tuple(held.get(code, 0) for code in instrument_codes(parameters)[:-1])


def in_shares(plan: Plan, scenario: Scenario, parameters: MarketParameters, markets: tuple[str, ...]) -> Holdings:
    """Return a plan in whole lots, to the won.

    Raises:
        LotsTooCoarse: where no whole lots near the plan keep every limit.
    """
    prices: Sequence[int] = [int(price) for price in instrument_prices_krw(parameters)[:-1]]
    lots = round_to_lots(
        plan.problem,
        plan.solution,
        prices,
        current_shares(scenario, parameters),
        trade_cost(scenario, markets),
        scenario.budget.lot,
    )
    return Holdings(
        steps=plan.choice.steps,
        shares=tuple(int(count) for count in lots.shares),
        cash_krw=int(lots.cash_krw),
        fees_krw=int(lots.fees_krw),
        spend_krw=plan.spend_krw,
        reasons=plan.solution.reasons[:-1],
        binding=(*plan.solution.binding, *lots.reasons),
        score_krw=plan.score_krw,
        cvar_krw=plan.solution.cvar_krw,
    )


def held_now(scenario: Scenario, parameters: MarketParameters, choice: ControlChoice) -> Holdings:
    """Return the current positions, kept; cash is the rest of the budget."""
    shares = current_shares(scenario, parameters)
    worth = sum(count * int(price) for count, price in zip(shares, instrument_prices_krw(parameters), strict=False))
    return _plain(shares, scenario.budget.total_krw - worth, choice, spend_krw(scenario, choice))


def nothing_held(scenario: Scenario, parameters: MarketParameters, choice: ControlChoice) -> Holdings:
    """Return the whole budget in cash, as if nothing were held."""
    shares = tuple(0 for _ in instrument_codes(parameters)[:-1])
    return _plain(shares, scenario.budget.total_krw, choice, spend_krw(scenario, choice))


def _plain(shares: tuple[int, ...], cash_krw: Won, choice: ControlChoice, spend: Won) -> Holdings:
    return Holdings(choice.steps, shares, cash_krw - spend, 0, spend, tuple(() for _ in shares))
