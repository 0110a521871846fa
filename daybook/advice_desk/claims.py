"""What the outcome journal notes: rankings when they are made, orders as they were recorded."""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal

from daybook.advice.costs import Listings, TradingCosts
from daybook.contracts.advice import AbstentionCode, Recommendations
from daybook.contracts.base import KST, Mode, Side
from daybook.contracts.outcomes import OutcomeClaim, OutcomeSubject
from daybook.storage.intents import IntentRecord

MOST_NOTED = 60
"""Symbols of one ranking that are noted; a universe has 30."""


def ranking_claims(
    ranking: Recommendations,
    *,
    account: str,
    mode: Mode,
    min_score: float,
    made_at: datetime,
    recorded_at: datetime,
    commission_rate: Decimal,
    listings: Listings,
) -> list[OutcomeClaim]:
    """Return a claim of every ranked symbol, and of those left alone for want of evidence: no view, score 0.

    Above ``min_score`` a ranking says buy, below it avoid.
    """
    scores = {row.symbol: row.score for row in ranking.ranked}
    for row in ranking.abstentions:
        if row.code is AbstentionCode.INSUFFICIENT_EVIDENCE:
            scores.setdefault(row.symbol, min_score)
    symbols = list(scores)[:MOST_NOTED]
    costs = TradingCosts(commission_rate, listings=listings)
    ratios = costs.round_trip_ratios(ranking.day, symbols) if symbols else ()
    return [
        OutcomeClaim(
            subject=OutcomeSubject.RECOMMENDATION,
            subject_id=f"{ranking.day}:{account}:{mode.value}:{ranking.advisor}"[:100],
            symbol=symbol,
            direction=(scores[symbol] > min_score) - (scores[symbol] < min_score),
            score=scores[symbol],
            made_at=made_at,
            recorded_at=recorded_at,
            cost_ratio=min(1.0, float(ratio)),
        )
        for symbol, ratio in zip(symbols, ratios, strict=True)
    ]


def order_claims(
    records: Iterable[IntentRecord],
    market_time: Callable[[datetime], datetime],
    commission_rate: Decimal,
    listings: Listings,
) -> list[OutcomeClaim]:
    """Return a claim of every order decided on, filled or not; ``recorded_at`` is when the books took it down.

    A buy is charged a round trip, a sale its own cost.
    """
    costs = TradingCosts(commission_rate, listings=listings)
    claims = []
    for record in records:
        ticket, buys = record.ticket, record.ticket.side is Side.BUY
        one_way = float(costs.sell_ratios([ticket.day], [ticket.symbol])[0][0])
        claims.append(
            OutcomeClaim(
                subject=OutcomeSubject.DECISION,
                subject_id=ticket.intent_id[:100],
                symbol=ticket.symbol,
                direction=1 if buys else -1,
                made_at=market_time(record.recorded_at).astimezone(KST),
                recorded_at=record.recorded_at,
                cost_ratio=one_way + costs.buy_ratio if buys else one_way,
            )
        )
    return claims
