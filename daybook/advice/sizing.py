"""How large one entry may be: inverse volatility, then every cap. What a cap cuts is never given to another name."""

from dataclasses import dataclass
from fractions import Fraction

from daybook.contracts.advice import Recommendation
from daybook.contracts.base import Won
from daybook.contracts.limits import RiskLimits, StrategySettings
from daybook.risk.arithmetic import exact, part_of


@dataclass(frozen=True, slots=True)
class Room:
    """What is left for further buys in this tick, in won; it shrinks with every order proposed."""

    cash_krw: Fraction
    turnover_krw: Fraction
    sector_krw: Fraction


@dataclass(frozen=True, slots=True)
class Size:
    """A number of shares, the cap that decided it in words, and what was intended before budgets ran low, in won."""

    shares: int
    bound_by: str
    intended_krw: Fraction


def target_weight(annual_volatility: float, settings: StrategySettings) -> float:
    """Return a name's share of equity: (target / names) / its volatility, at most the position cap.

    The volatility of a sum is at most the weighted sum of volatilities, so a full portfolio stays at or below the
    target even if all names move as one.
    """
    weight = settings.target_annual_volatility / settings.max_names / annual_volatility
    return min(weight, settings.max_position_ratio)


def entry_size(
    recommendation: Recommendation,
    limit_price_krw: Won,
    equity_krw: Won,
    room: Room,
    settings: StrategySettings,
    limits: RiskLimits,
    budget_multiplier: float,
) -> Size:
    """Return how many shares to buy: the smallest cap decides; 0 when nothing is left.

    ``budget_multiplier`` (0 to 1) scales the position itself, so that a higher threat always means a smaller order.
    """
    if equity_krw <= 0 or limit_price_krw <= 0:
        return Size(0, "equity", Fraction(0))
    weight = target_weight(recommendation.annual_volatility, settings)
    weight = min(weight, limits.max_position_ratio, limits.max_order_equity_ratio)
    multiplier = exact(min(max(budget_multiplier, 0.0), 1.0))
    own = {
        "risk budget": part_of(equity_krw, weight) * multiplier,
        "order limit": Fraction(limits.max_order_notional_krw) * multiplier,
        "liquidity": part_of(recommendation.average_turnover_krw, limits.max_order_turnover_ratio),
        "share count": Fraction(limits.max_order_shares * limit_price_krw),
    }
    shared = {
        "cash": room.cash_krw / (1 + exact(limits.commission_reserve_ratio)),
        "daily turnover": room.turnover_krw,
        "sector": room.sector_krw,
    }
    caps = own | shared
    bound_by = min(caps, key=lambda name: caps[name])
    return Size(max(0, int(caps[bound_by] // limit_price_krw)), bound_by, min(own.values()))
