"""Which symbols a tick proposes to buy: the best ranked that can be bought, until slots or money run out.

Every cap of the risk limits that can be known here is respected, so that a proposal is rarely denied; the risk check
stays the judge. Held names are never topped up.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from daybook.advice.intents import intent_id
from daybook.advice.prices import buy_limit_krw
from daybook.advice.sizing import Room, entry_size
from daybook.contracts.account import AccountSnapshot
from daybook.contracts.advice import (
    Abstention,
    AbstentionCode,
    OrderReason,
    Proposals,
    ProposedOrder,
    Recommendation,
    Recommendations,
    TickFacts,
)
from daybook.contracts.base import Side
from daybook.contracts.limits import RiskLimits, StrategySettings
from daybook.contracts.market import Quote
from daybook.contracts.orders import Purpose
from daybook.risk.arithmetic import part_of


def entries(
    account: AccountSnapshot,
    quotes: Mapping[str, Quote],
    open_symbols: Collection[str],
    recommendations: Recommendations,
    settings: StrategySettings,
    limits: RiskLimits,
    budget_multiplier: float,
    facts: TickFacts,
) -> list[ProposedOrder]:
    """Return the buys of a tick, best ranked first; see :func:`plan_entries`."""
    plan = plan_entries(account, quotes, open_symbols, recommendations, settings, limits, budget_multiplier, facts)
    return list(plan.orders)


def plan_entries(
    account: AccountSnapshot,
    quotes: Mapping[str, Quote],
    open_symbols: Collection[str],
    recommendations: Recommendations,
    settings: StrategySettings,
    limits: RiskLimits,
    budget_multiplier: float,
    facts: TickFacts,
) -> Proposals:
    """Return the buys of a tick and, for every other ranked symbol, why it is left alone.

    ``open_symbols`` have an order at the broker or on its way there; they take a slot as held names do.
    ``budget_multiplier`` is the threat level's share of the risk budget, 0 to 1.
    """
    desk = _Desk.at_start(account, quotes, open_symbols, settings, limits, facts)
    orders: list[ProposedOrder] = []
    abstentions: list[Abstention] = []
    for row in recommendations.ranked:
        quote = quotes.get(row.symbol)
        reason = _why_not(row, quote, desk, settings, limits, facts)
        if reason is None and quote is not None:
            result = _propose(row, quote, desk, settings, limits, budget_multiplier, facts, recommendations)
            if isinstance(result, ProposedOrder):
                desk.take(result, quote, limits)
                orders.append(result)
                continue
            reason = result
        code, text = reason or (AbstentionCode.NO_QUOTE, "no quote")
        abstentions.append(Abstention(symbol=row.symbol, code=code, text=text))
    return Proposals(orders=tuple(orders), abstentions=tuple(abstentions))


_Reason = tuple[AbstentionCode, str]


@dataclass(slots=True)
class _Desk:
    """What is left as the tick's orders are proposed one after another."""

    held: frozenset[str]
    open: frozenset[str]
    slots: int
    orders: int
    cash_krw: Fraction
    turnover_krw: Fraction
    sector_limit_krw: Fraction
    sectors_krw: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    @classmethod
    def at_start(
        cls,
        account: AccountSnapshot,
        quotes: Mapping[str, Quote],
        open_symbols: Collection[str],
        settings: StrategySettings,
        limits: RiskLimits,
        facts: TickFacts,
    ) -> "_Desk":
        held = frozenset(holding.symbol for holding in account.holdings if holding.shares > 0)
        cash_krw = min(account.orderable_cash_krw, account.settled_cash_krw) - facts.reserved_krw
        desk = cls(
            held=held,
            open=frozenset(open_symbols),
            slots=min(settings.max_names, limits.max_names) - len(held | frozenset(open_symbols)),
            orders=limits.max_daily_orders - facts.orders_today,
            cash_krw=cash_krw - part_of(facts.equity_krw, limits.min_cash_ratio),
            turnover_krw=part_of(facts.equity_krw, limits.max_daily_turnover_ratio) - facts.buys_today_krw,
            sector_limit_krw=part_of(facts.equity_krw, limits.max_sector_ratio),
        )
        for holding in account.holdings:
            quote = quotes.get(holding.symbol)
            sector = quote.sector if quote is not None else ""
            price_krw = max(holding.price_krw, quote.price_krw if quote is not None else 0)
            desk.sectors_krw[sector] += holding.shares * price_krw
        return desk

    def room(self, sector: str) -> Room:
        return Room(self.cash_krw, self.turnover_krw, self.sector_limit_krw - self.sectors_krw[sector])

    def take(self, order: ProposedOrder, quote: Quote, limits: RiskLimits) -> None:
        self.slots -= 1
        self.orders -= 1
        self.cash_krw -= order.notional_krw + part_of(order.notional_krw, limits.commission_reserve_ratio)
        self.turnover_krw -= order.notional_krw
        self.sectors_krw[quote.sector] += order.notional_krw


def _why_not(
    row: Recommendation,
    quote: Quote | None,
    desk: _Desk,
    settings: StrategySettings,
    limits: RiskLimits,
    facts: TickFacts,
) -> _Reason | None:
    """Return why a symbol is not bought, whatever its size would be."""
    if row.symbol in desk.held:
        return AbstentionCode.ALREADY_HELD, "held; positions are not topped up"
    if row.symbol in desk.open:
        return AbstentionCode.ORDER_OPEN, "an order is open"
    if row.symbol in facts.excluded_symbols:
        return AbstentionCode.EXCLUDED, "locked or cooling down"
    if row.score <= settings.min_score:
        return AbstentionCode.LOW_SCORE, f"score {row.score:+.2f}, bought above {settings.min_score:g}"
    if row.only_by_news:
        without = row.score - row.news_tilt
        return AbstentionCode.LOW_SCORE, f"score {without:+.2f} without news, bought above {settings.min_score:g}"
    if row.rank > settings.exit_rank:
        return AbstentionCode.LOW_RANK, f"rank {row.rank}, bought to {settings.exit_rank}"
    if desk.slots <= 0 or desk.orders <= 0:
        return AbstentionCode.NO_SLOT, "no slot for another name" if desk.slots <= 0 else "enough orders today"
    if row.average_turnover_krw < limits.min_average_turnover_krw:
        return AbstentionCode.ILLIQUID, f"average turnover {row.average_turnover_krw:,} won"
    if quote is None or quote.price_krw <= 0:
        return AbstentionCode.NO_QUOTE, "no quote"
    if _is_untradable(quote, limits):
        return AbstentionCode.UNTRADABLE, "halted, designated, warned of, or in a volatility interruption"
    return None


def _is_untradable(quote: Quote, limits: RiskLimits) -> bool:
    return (
        quote.is_halted
        or quote.is_administrative
        or quote.is_in_liquidation
        or quote.vi_active
        or quote.warning_level > limits.max_warning_level
        or quote.kind in limits.denied_kinds
    )


def _propose(
    row: Recommendation,
    quote: Quote,
    desk: _Desk,
    settings: StrategySettings,
    limits: RiskLimits,
    budget_multiplier: float,
    facts: TickFacts,
    recommendations: Recommendations,
) -> ProposedOrder | _Reason:
    price_krw = buy_limit_krw(quote, settings, limits)
    if price_krw is None:
        return AbstentionCode.NO_QUOTE, "no usable price"
    size = entry_size(row, price_krw, facts.equity_krw, desk.room(quote.sector), settings, limits, budget_multiplier)
    notional_krw = size.shares * price_krw
    if size.shares == 0:
        return AbstentionCode.NO_BUDGET, f"not one share at {price_krw:,} won within the {size.bound_by}"
    if notional_krw < part_of(int(size.intended_krw), settings.min_size_ratio):
        return (
            AbstentionCode.NO_BUDGET,
            f"only {notional_krw:,} of {int(size.intended_krw):,} won, by the {size.bound_by}",
        )
    if notional_krw < settings.min_order_notional_krw:
        return AbstentionCode.TOO_SMALL, f"{notional_krw:,} won, bound by the {size.bound_by}"
    rationale = (
        f"rank {row.rank} of {len(recommendations.ranked)} ({recommendations.advisor}, score {row.score:+.2f}): "
        f"{row.momentum_ratio:+.1%} over {row.sessions_used} sessions, volatility {row.annual_volatility:.0%} a year; "
        f"{size.shares:,} x {price_krw:,} = {notional_krw:,} won, {notional_krw / facts.equity_krw:.1%} of equity, "
        f"bound by the {size.bound_by}"
    )
    return ProposedOrder(
        intent_id=intent_id(facts.account, facts.day, facts.tick_number, row.symbol, Side.BUY, Purpose.ENTRY),
        symbol=row.symbol,
        side=Side.BUY,
        purpose=Purpose.ENTRY,
        reason=OrderReason.RANK_ENTRY,
        shares=size.shares,
        limit_price_krw=price_krw,
        reference_price_krw=quote.price_krw,
        rationale=rationale,
    )
