"""Cards: everything said about one stock, computed; the words for it are in ``card_text.py``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from daybook.advice.arrays import FloatArray
from daybook.advice.assessment import Assessment, Expectation, assess_all, driver_points, ranks_of
from daybook.advice.card_changes import changes_of
from daybook.advice.factor_model import FactorModel
from daybook.contracts.advice import Recommendation
from daybook.contracts.factors import AdviceCard, CallCode, Driver, FactorSettings, Rating

BAND_DEVIATIONS = 1.2816
"""80 % of a normal distribution lie within so many deviations."""


@dataclass(frozen=True, slots=True)
class Opinions:
    """Points of news and of a model's ratings by symbol, the ratings as checked, and when they are from."""

    news: Mapping[str, float] = field(default_factory=dict)
    ratings: Mapping[str, float] = field(default_factory=dict)
    checked: Mapping[str, Rating] = field(default_factory=dict)
    news_as_of: datetime | None = None
    received_at: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CardInputs:
    """What cards show besides points: the model, plain facts of each symbol, names and risk scores."""

    model: FactorModel | None
    base: Mapping[str, Recommendation]
    names: Mapping[str, str]
    risk_scores: Mapping[str, float]
    settings: FactorSettings


def cards(expectations: list[Expectation], opinions: Opinions, inputs: CardInputs) -> tuple[AdviceCard, ...]:
    """Return a card for every expectation, best first; the ranking without news and without ratings is on each."""
    if inputs.model is None:
        return ()
    full = assess_all(expectations, opinions.news, opinions.ratings)
    without_news = assess_all(expectations, {}, opinions.ratings)
    without_ratings = assess_all(expectations, opinions.news, {})
    places = (ranks_of(without_news), ranks_of(without_ratings))
    points = tuple({row.expectation.symbol: row.points for row in rows} for rows in (without_news, without_ratings))
    column_of = {symbol: column for column, symbol in enumerate(inputs.model.symbols)}
    by_feature = driver_points(inputs.model.ranks, inputs.model.fit.weights)
    made: list[AdviceCard] = []
    for place, row in enumerate(full, start=1):
        symbol = row.expectation.symbol
        column = column_of[symbol]
        base = inputs.base[symbol]
        low, high = row.band(BAND_DEVIATIONS)
        limit_krw = int(base.average_turnover_krw * inputs.settings.participation_ratio * inputs.settings.exit_sessions)
        model = inputs.model
        made.append(
            AdviceCard(
                symbol=symbol,
                name=inputs.names.get(symbol, ""),
                call=_call(row),
                rank=place,
                rank_without_news=places[0][symbol],
                rank_without_rating=places[1][symbol],
                ranked_symbols=len(full),
                points=row.points,
                points_without_news=points[0][symbol],
                points_without_rating=points[1][symbol],
                horizon_sessions=inputs.settings.horizon_sessions,
                expected_excess_ratio=row.expected_excess_ratio,
                band_low_ratio=low,
                band_high_ratio=high,
                cost_ratio=row.cost_ratio,
                drivers=_drivers(model, by_feature[column], column),
                news_points=row.news_points,
                rating_points=row.rating_points,
                cost_points=row.cost_points,
                rating=opinions.checked.get(symbol),
                risk_score=inputs.risk_scores.get(symbol),
                annual_volatility=base.annual_volatility,
                last_close_krw=base.last_close_krw,
                liquidity_limit_krw=limit_krw,
                liquidity_limit_shares=limit_krw // base.last_close_krw,
                coverage=min(1.0, row.expectation.coverage),
                missing=tuple(
                    feature.name for number, feature in enumerate(model.features) if not model.known[column, number]
                ),
                evidence=row.doubts,
                changes=changes_of(row, model, column),
                prices_as_of=model.prices_as_of,
                news_as_of=opinions.news_as_of,
                rating_as_of=opinions.received_at.get(symbol),
            )
        )
    return tuple(made)


def _call(row: Assessment) -> CallCode:
    if row.net_edge == 0:
        return CallCode.INSUFFICIENT_EVIDENCE
    return CallCode.FAVOURABLE if row.net_edge > 0 else CallCode.UNFAVOURABLE


def _drivers(model: FactorModel, points: FloatArray, column: int) -> tuple[Driver, ...]:
    order = sorted(range(points.size), key=lambda number: (-abs(float(points[number])), number))
    return tuple(
        Driver(
            name=model.features[number].name,
            label_ko=model.features[number].label_ko,
            label_en=model.features[number].label_en,
            points=float(points[number]),
            percentile=_place(float(model.percentiles[column, number])),
        )
        for number in order
        if points[number] != 0
    )


def _place(value: float) -> float | None:
    return value if np.isfinite(value) else None
