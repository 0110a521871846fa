"""From what a scenario allows to the limits of an optimisation problem."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from daybook.contracts.market import Market, SecurityKind
from daybook.contracts.scenario import TRADING_DAYS_PER_YEAR, Objective, Scenario
from daybook.krx.fees import DEFAULT_COMMISSION_RATE, sell_tax_rate
from daybook.scenario.arrays import FloatArray, MarketParameters, WealthModel
from daybook.scenario.engine.net_short import expected_net_short_limit
from daybook.scenario.errors import ScenarioError
from daybook.scenario.optimise.problem import BoolArray, LimitKind, LinearLimit, PlanProblem, RuinLimit


@dataclass(frozen=True)
class Limits:
    """Everything of a problem that depends on neither the simulated scenarios nor the controls."""

    problem: PlanProblem
    """With an empty wealth model and the whole budget."""
    lots_krw: FloatArray
    """(N,) what one lot costs; 1 for cash."""
    no_net_short: bool
    """Whether there are hedges, and they may not be expected to earn more from a fall than stocks lose in it."""

    def with_wealth(self, wealth: WealthModel, spend_krw: int) -> PlanProblem:
        """Return the problem of these scenarios after paying for controls."""
        problem = self.problem
        groups = problem.groups
        if self.no_net_short:
            groups = (*groups, expected_net_short_limit(wealth, problem.or_all_but_last(problem.is_stock)))
        return replace(problem, wealth=wealth, budget_krw=problem.reference_krw - spend_krw, groups=groups)


def instrument_prices_krw(parameters: MarketParameters) -> FloatArray:
    """Return (N,) prices: stocks, hedges, and 1 for cash."""
    hedges = [hedge.price_krw for hedge in parameters.hedges]
    return np.concatenate([parameters.prices_krw, hedges, [1]]).astype(np.float64)


def instrument_codes(parameters: MarketParameters) -> tuple[str, ...]:
    """Return (N,) codes: stocks, hedges, and ``cash``."""
    return (*parameters.codes, *(hedge.code for hedge in parameters.hedges), "cash")


def current_krw(scenario: Scenario, parameters: MarketParameters) -> FloatArray:
    """Return (N,) what is held now, cash being the rest of the budget.

    Raises:
        ScenarioError: where the current positions are worth more than the budget.
    """
    prices = instrument_prices_krw(parameters)
    held = scenario.budget.current_positions
    worth = np.array([held.get(code, 0) for code in instrument_codes(parameters)]) * prices
    total = float(worth.sum())
    if total > scenario.budget.total_krw:
        raise ScenarioError(
            "budget.current_positions",
            f"they are worth {total:,.0f} won, more than the budget of {scenario.budget.total_krw:,} won",
            f"raise budget.total_krw to {int(np.ceil(total)):,} or above, or name fewer shares",
        )
    worth[-1] = scenario.budget.total_krw - total
    return worth


def trading_rates(markets: tuple[str, ...], hedges: int, on: date) -> tuple[FloatArray, FloatArray]:
    """Return the rates (N,) paid on each won bought and sold: commission, and the tax on sales of stocks."""
    commission = float(DEFAULT_COMMISSION_RATE)
    try:
        taxes = [float(sell_tax_rate(Market(market), SecurityKind.STOCK, on)) for market in markets]
    except ValueError as error:
        raise ScenarioError("costs_as_of", str(error), "choose a day on or after 2019-06-03") from error
    buy = np.array([commission] * (len(markets) + hedges) + [0.0])
    sell = buy + np.array([*taxes, *([0.0] * (hedges + 1))])
    return buy, sell


def liquidity_ratio(scenario: Scenario) -> float:
    """Return the turnover to be expected over the horizon, as a share of an ordinary day's.

    A threat that happens (at the scenario's level) takes ``1 - liquidity_multiplier`` away while it lasts; the
    shares of time the threats last are taken as independent.
    """
    share = 1.0
    for threat in scenario.threats:
        days = max(1.0, threat.recovery_half_life_days)
        busy = 1.0 - np.exp(-threat.annual_rate[scenario.threat_level] * days / TRADING_DAYS_PER_YEAR)
        share *= 1.0 - busy * (1.0 - threat.liquidity_multiplier)
    return float(share)


def _stock_caps(
    scenario: Scenario, parameters: MarketParameters, lots_krw: FloatArray
) -> tuple[FloatArray, list[LimitKind]]:
    budget = scenario.budget.total_krw
    limits = scenario.constraints
    forbidden = np.isin(np.array(parameters.codes), np.array(limits.forbidden_codes, dtype=str))
    by_weight = np.full(len(parameters.codes), limits.max_weight * budget)
    by_turnover = limits.max_adv_participation * parameters.turnover_krw * liquidity_ratio(scenario)
    caps = np.where(forbidden, 0.0, np.minimum(by_weight, by_turnover))
    kinds = [
        LimitKind.FORBIDDEN if barred else LimitKind.LIQUIDITY if liquid < weight else LimitKind.MAX_WEIGHT
        for barred, liquid, weight in zip(forbidden, by_turnover, by_weight, strict=True)
    ]
    affordable = caps >= lots_krw
    if not forbidden.all() and not affordable.any():
        if bool((by_weight >= lots_krw)[~forbidden].any()):
            raise _too_illiquid(scenario, parameters, forbidden, by_turnover, lots_krw)
        cheapest = float(lots_krw[~forbidden].min())
        raise ScenarioError(
            "budget.total_krw",
            f"{budget:,} won with a limit of {limits.max_weight:.0%} a stock buys not one lot: "
            f"the cheapest costs {cheapest:,.0f} won",
            f"raise it to {int(np.ceil(cheapest / limits.max_weight)):,} won or above, raise constraints.max_weight "
            "or add cheaper stocks to universe.codes",
        )
    return np.where(affordable, caps, 0.0), kinds


def _too_illiquid(
    scenario: Scenario, parameters: MarketParameters, forbidden: BoolArray, by_turnover: FloatArray, lots: FloatArray
) -> ScenarioError:
    """Return the error that says why the turnover of no stock takes one lot, though the budget would."""
    share = scenario.constraints.max_adv_participation
    field = "constraints.max_adv_participation"
    ours = ~forbidden & (parameters.turnover_krw > 0.0)
    if not ours.any():
        return ScenarioError(
            field,
            "the turnover of no stock is known, so no share of it may be bought",
            "collect daily turnover with the prices, or use a source that has it",
        )
    times = float((lots[ours] / by_turnover[ours]).min())
    if share * times <= 1.0:
        way_out = f"raise it to {np.ceil(share * times * 1e4) / 1e4:.4f} or above"
    else:
        way_out = "trade in smaller lots (budget.lot) or add more liquid stocks to universe.codes"
    return ScenarioError(field, f"{share:.2%} of the expected turnover of a day buys not one lot of any stock", way_out)


def unaffordable_codes(scenario: Scenario, parameters: MarketParameters) -> tuple[str, ...]:
    """Return the stocks of which not even one lot fits into the limits, forbidden ones aside."""
    lots = np.asarray(parameters.prices_krw * float(scenario.budget.lot), dtype=np.float64)
    caps, kinds = _stock_caps(scenario, parameters, lots)
    return tuple(
        code
        for code, cap, kind in zip(parameters.codes, caps, kinds, strict=True)
        if cap == 0.0 and kind is not LimitKind.FORBIDDEN
    )


def _groups(scenario: Scenario, parameters: MarketParameters) -> tuple[LinearLimit, ...]:
    budget = float(scenario.budget.total_krw)
    limits = scenario.constraints
    stocks, hedges = len(parameters.codes), len(parameters.hedges)
    size = stocks + hedges + 1
    groups = []
    for sector in sorted(set(parameters.sectors)):
        members = np.zeros(size)
        members[:stocks] = [float(own == sector) for own in parameters.sectors]
        groups.append(LinearLimit(sector, members, upper_krw=limits.max_sector * budget, kind=LimitKind.SECTOR))
    if hedges:
        held = np.zeros(size)
        held[stocks:-1] = 1.0
        groups.append(LinearLimit("hedges", held, upper_krw=limits.max_hedge * budget, kind=LimitKind.HEDGE))
        if limits.no_net_short:
            net = np.zeros(size)
            net[:stocks] = -parameters.beta
            net[stocks:-1] = [hedge.leverage for hedge in parameters.hedges]
            groups.append(LinearLimit("net short", net, upper_krw=0.0, kind=LimitKind.NET_SHORT))
    cash = np.zeros(size)
    cash[-1] = 1.0
    floor = scenario.budget.min_cash_ratio * budget
    groups.append(LinearLimit("cash", cash, lower_krw=floor, kind=LimitKind.MIN_CASH))
    return tuple(groups)


def limits_of(scenario: Scenario, parameters: MarketParameters, markets: tuple[str, ...]) -> Limits:
    """Return the limits of a scenario; ``markets`` (n,) are the listing markets of its stocks.

    A position is at most what ``max_weight`` allows and what one day's turnover, as threats leave it, can take.

    Raises:
        ScenarioError: where the limits contradict each other or the prices before any scenario is looked at.
    """
    budget = float(scenario.budget.total_krw)
    limits = scenario.constraints
    if scenario.objective is Objective.MAX_RETURN_CVAR_CAP and limits.max_cvar_ratio is None:
        raise ScenarioError(
            "constraints.max_cvar_ratio",
            "the objective max_return_cvar_cap needs a cap on CVaR and there is none",
            "set it, for instance 0.10, or choose the objective utility",
        )
    stocks, hedges = len(parameters.codes), len(parameters.hedges)
    lots = instrument_prices_krw(parameters)
    lots[:stocks] *= scenario.budget.lot
    caps, kinds = _stock_caps(scenario, parameters, lots[:stocks])
    upper = np.concatenate([caps, np.full(hedges, limits.max_hedge * budget), [budget]])
    upper[stocks:-1] = np.where(upper[stocks:-1] >= lots[stocks:-1], upper[stocks:-1], 0.0)
    buy, sell = trading_rates(markets, hedges, scenario.costs_as_of)
    is_stock = np.arange(stocks + hedges + 1) < stocks
    turnover = limits.max_total_turnover
    floor = limits.min_expected_return
    ruin = limits.max_ruin_probability
    problem = PlanProblem(
        wealth=WealthModel(gross=np.zeros((0, len(upper))), fixed_krw=np.zeros(0)),
        reference_krw=budget,
        budget_krw=budget,
        alpha=scenario.appetite.alpha,
        gamma=scenario.appetite.aversion,
        objective=scenario.objective,
        lower_krw=np.zeros(len(upper)),
        upper_krw=upper,
        groups=_groups(scenario, parameters),
        current_krw=current_krw(scenario, parameters),
        buy_rate=buy,
        sell_rate=sell,
        max_turnover_krw=None if turnover is None else turnover * budget,
        max_cvar_krw=None if limits.max_cvar_ratio is None else limits.max_cvar_ratio * budget,
        min_expected_krw=None if floor is None else (1.0 + floor) * budget,
        max_names=limits.max_names,
        is_stock=is_stock,
        ruin=None if ruin is None else RuinLimit(scenario.appetite.ruin_floor_ratio * budget, ruin),
        upper_kinds=(*kinds, *([LimitKind.HEDGE] * hedges), LimitKind.BUDGET),
        codes=instrument_codes(parameters),
    )
    return Limits(problem, lots, no_net_short=limits.no_net_short and hedges > 0)
