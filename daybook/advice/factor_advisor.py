"""The factor advisor: expected excess after cost from many weak factors, behind the ``Advisor`` port.

What it ranks it would act on: a symbol with a score above 0 is expected to earn more than a round trip costs, one
below 0 to lose more than its sale costs. Everything between is an abstention, so that held names are kept and nothing
is bought: the band in which trading is not worth its cost.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

import numpy as np

from daybook.advice.assessment import Assessment, Expectation, assess_all
from daybook.advice.cards import CardInputs, Opinions, cards
from daybook.advice.costs import Listings, TradingCosts
from daybook.advice.factor_model import FactorModel, fit_model
from daybook.advice.features.price import excess_deviation
from daybook.advice.llm_rating import rate, rating_points, unknown_symbols
from daybook.advice.momentum import MomentumAdvisor
from daybook.advice.news_points import news_points, news_values
from daybook.advice.panel import Panel
from daybook.advice.panel_build import Membership, build_panel
from daybook.contracts.advice import Abstention, AbstentionCode, Recommendation, Recommendations
from daybook.contracts.factors import (
    AdviceReport,
    EvidenceCode,
    FactorSettings,
    FundamentalFact,
    InvestorFlow,
    ModelEvidence,
    NewsScore,
    RatingRecord,
    RatingReply,
)
from daybook.contracts.limits import StrategySettings
from daybook.contracts.market import DailyBar
from daybook.krx.fees import DEFAULT_COMMISSION_RATE

_MIN_DEVIATION = 0.005
"""Half a percent over a horizon: below it a stock does not move, and its cost in units of movement is no number."""


@dataclass(frozen=True, slots=True)
class FactorData:
    """What is known besides prices; all of it optional, all of it counted from when it was known."""

    flows: Sequence[InvestorFlow] = ()
    facts: Sequence[FundamentalFact] = ()
    sectors: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    listings: Listings = field(default_factory=dict)
    membership: Membership | None = None


class FactorAdvisor:
    """Ranks by expected excess after cost. ``data`` is what is known besides the bars ``rank`` is given."""

    def __init__(
        self,
        settings: FactorSettings | None = None,
        data: FactorData | None = None,
        commission_rate: Decimal = DEFAULT_COMMISSION_RATE,
    ) -> None:
        self._settings = settings or FactorSettings()
        self._data = data or FactorData()
        self._commission_rate = commission_rate

    @property
    def name(self) -> str:
        """The advisor's name."""
        return "factors"

    def rank(self, history: Mapping[str, Sequence[DailyBar]], settings: StrategySettings, day: date) -> Recommendations:
        """Rank symbols whose expected excess is worth trading on; abstain from all others, each with its reason.

        Only sessions before ``day`` are looked at. News and ratings have no part in it: the day adds news to it as one
        bounded feature, :meth:`report` shows both.
        """
        view = self._view(history, settings, day)
        rows = assess_all(view.expectations, {}, {})
        acted_on = [row for row in rows if row.net_edge != 0]
        places = {row.expectation.symbol: place for place, row in enumerate(rows, start=1)}
        ranked = tuple(
            self._recommendation(row, place, places[row.expectation.symbol], len(rows), view)
            for place, row in enumerate(acted_on, start=1)
        )
        doubted = tuple(self._abstention(row, view) for row in rows if row.net_edge == 0)
        abstentions = tuple(sorted((*view.abstentions, *doubted), key=lambda row: row.symbol))
        return Recommendations(day=day, advisor=self.name, ranked=ranked, abstentions=abstentions)

    def report(
        self,
        history: Mapping[str, Sequence[DailyBar]],
        settings: StrategySettings,
        day: date,
        *,
        decided_at: datetime,
        news: Iterable[NewsScore] = (),
        replies: Iterable[RatingReply] = (),
        rating_record: RatingRecord | None = None,
        risk_scores: Mapping[str, float] | None = None,
    ) -> AdviceReport:
        """Return a card for every symbol that can be ranked, with and without news and the model's ratings.

        News and replies after ``decided_at`` are ignored. ``risk_scores`` are 0 to 100 by symbol, shown as they are.
        """
        view = self._view(history, settings, day)
        symbols = [row.symbol for row in view.expectations]
        replies = list(replies)
        ratings = rate(replies, symbols, decided_at)
        values, latest = ({}, None)
        if view.panel.days:
            since = view.panel.days[-min(self._settings.news_sessions, len(view.panel.days))]
            values, latest = news_values(news, symbols, since, decided_at)
        opinions = Opinions(
            news=news_points(values, self._settings),
            ratings=rating_points(ratings, rating_record or RatingRecord(), self._settings),
            checked=ratings if replies else {},
            news_as_of=latest,
            received_at={reply.symbol: reply.received_at for reply in replies if reply.received_at <= decided_at},
        )
        inputs = CardInputs(
            view.model, view.base, self._data.names, risk_scores or {}, self._settings, view.panel.symbols
        )
        return AdviceReport(
            day=day,
            advisor=self.name,
            data_as_of=view.panel.days[-1] if view.panel.days else None,
            settings=self._settings,
            evidence=view.evidence,
            cards=cards(view.expectations, opinions, inputs) if view.model is not None else (),
            problems=tuple(f"{row.symbol}: {row.text}" for row in view.abstentions),
            ratings=(*(ratings[symbol] for symbol in symbols if replies), *unknown_symbols(replies, symbols)),
        )

    def _view(self, history: Mapping[str, Sequence[DailyBar]], settings: StrategySettings, day: date) -> "_View":
        base = MomentumAdvisor().rank(history, settings, day)
        panel = build_panel(
            history,
            before=day,
            flows=[row for row in self._data.flows if row.day < day],
            facts=[row for row in self._data.facts if row.filed_on < day],
            sectors=self._data.sectors,
            membership=self._data.membership,
        )
        rows = {row.symbol: row for row in base.ranked}
        usable = [symbol in rows for symbol in panel.symbols]
        if not panel.days or not any(usable):
            return _View(panel, None, rows, [], base.abstentions, _no_evidence(panel))
        panel.member[-1] &= np.array(usable)
        model = fit_model(panel, self._settings)
        deviations = excess_deviation(panel)[-1] * self._settings.horizon_sessions**0.5
        costs = TradingCosts(self._commission_rate, self._settings.slippage_ratio, self._data.listings)
        sells = costs.sell_ratios([day], panel.symbols)[0]
        expectations: list[Expectation] = []
        abstentions = list(base.abstentions)
        few = int(panel.member[-1].sum()) < self._settings.min_symbols
        for column, symbol in enumerate(panel.symbols):
            if symbol not in rows:
                continue
            deviation = float(deviations[column])
            if not panel.member[-1, column] or not deviation >= _MIN_DEVIATION:
                text = "no member of the universe" if np.isfinite(deviation) else "too few returns for a volatility"
                abstentions.append(Abstention(symbol=symbol, code=AbstentionCode.SHORT_HISTORY, text=text))
                continue
            doubts = (EvidenceCode.FEW_SYMBOLS,) if few else ()
            if model.coverage[column] < self._settings.min_coverage:
                doubts += (EvidenceCode.LOW_COVERAGE,)
            if model.has_failed:
                doubts += (EvidenceCode.FAILED_VALIDATION,)
            expectations.append(
                Expectation(
                    symbol=symbol,
                    edge=float(model.edges[column]),
                    edge_error=float(model.edge_errors[column]),
                    deviation=deviation,
                    buy_cost_ratio=float(sells[column]) + costs.buy_ratio,
                    sell_cost_ratio=float(sells[column]),
                    coverage=float(model.coverage[column]),
                    doubts=doubts,
                )
            )
        return _View(panel, model, rows, expectations, tuple(abstentions), model.evidence)

    def _recommendation(self, row: Assessment, place: int, whole: int, count: int, view: "_View") -> Recommendation:
        base = view.base[row.expectation.symbol]
        return base.model_copy(
            update={
                "rank": place,
                "score": row.score,
                "reasons": (
                    _expected(row, self._settings),
                    f"{row.score * 20 + 50:.1f} points, place {whole} of {count}; above 50 is worth a round trip",
                    *_drivers(row.expectation.symbol, view),
                    _standing(view.evidence),
                ),
            }
        )

    def _abstention(self, row: Assessment, view: "_View") -> Abstention:
        why = {
            EvidenceCode.BELOW_COST: "not more than acting on it costs",
            EvidenceCode.FEW_SYMBOLS: f"fewer than {self._settings.min_symbols} symbols to rank",
            EvidenceCode.LOW_COVERAGE: f"{row.expectation.coverage:.0%} of the evidence is there",
            EvidenceCode.FAILED_VALIDATION: f"the ranking failed its own test, {_standing(view.evidence)}",
        }
        reasons = ", ".join(why[code] for code in row.doubts if code in why)
        text = f"insufficient evidence: {_expected(row, self._settings)}; {reasons}"
        return Abstention(symbol=row.expectation.symbol, code=AbstentionCode.LOW_SCORE, text=text)


@dataclass(frozen=True, slots=True)
class _View:
    """One day's view: the panel, its model (None: nothing to rank), the plain facts of each symbol, expectations."""

    panel: Panel
    model: FactorModel | None
    base: Mapping[str, Recommendation]
    expectations: list[Expectation]
    abstentions: tuple[Abstention, ...]
    evidence: ModelEvidence


def _no_evidence(panel: Panel) -> ModelEvidence:
    return ModelEvidence(sessions=len(panel.days), symbols=0, labelled_sessions=0, effective_rows=0.0, fitted_share=0.0)


def _expected(row: Assessment, settings: FactorSettings) -> str:
    return (
        f"expected excess {row.expected_excess_ratio:+.2%} in {settings.horizon_sessions} sessions, "
        f"cost {row.cost_ratio:.2%}"
    )


def _drivers(symbol: str, view: _View) -> tuple[str, ...]:
    if view.model is None:
        return ()
    column = view.panel.symbols.index(symbol)
    points = view.model.ranks[column] * view.model.fit.weights * 500
    largest = sorted(range(points.size), key=lambda number: (-abs(points[number]), number))[:3]
    return tuple(
        f"{view.model.features[number].label_en} {points[number]:+.1f} points"
        for number in largest
        if abs(points[number]) >= 0.05
    )


def _standing(evidence: ModelEvidence) -> str:
    text = f"weights {evidence.fitted_share:.0%} fitted on {evidence.labelled_sessions} sessions"
    if evidence.walk_forward_ic is None:
        return f"{text}, the rest assumed; not validated yet"
    t = "" if evidence.walk_forward_t is None else f" (t {evidence.walk_forward_t:+.1f})"
    return f"{text}; walk-forward rank correlation {evidence.walk_forward_ic:+.3f}{t}"
