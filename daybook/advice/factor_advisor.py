"""The factor advisor: expected excess after cost from many weak factors, behind the ``Advisor`` port.

What it ranks it would act on: a symbol with a score above 0 is expected to earn more than a round trip costs, one
below 0 to lose more than its sale costs. Everything between is an abstention, so that held names are kept and nothing
is bought: the band in which trading is not worth its cost.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from daybook.advice.assessment import assess_all, ranks_of
from daybook.advice.cards import CardInputs, Opinions, cards
from daybook.advice.day_view import DayView, FactorData, view_day
from daybook.advice.factor_reasons import abstention_text, recommendation_reasons
from daybook.advice.llm_rating import rate, rating_points, unknown_symbols
from daybook.advice.news_points import news_points, news_values
from daybook.contracts.advice import Abstention, AbstentionCode, Recommendation, Recommendations
from daybook.contracts.factors import (
    AdviceReport,
    FactorSettings,
    NewsScore,
    RatingCode,
    RatingRecord,
    RatingReply,
)
from daybook.contracts.limits import StrategySettings
from daybook.contracts.market import DailyBar
from daybook.krx.fees import DEFAULT_COMMISSION_RATE


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
        places = ranks_of(rows)
        ranked: list[Recommendation] = []
        abstentions = list(view.abstentions)
        for row in rows:
            symbol = row.expectation.symbol
            if row.net_edge == 0 or view.model is None:
                text = abstention_text(row, view.evidence, self._settings)
                abstentions.append(Abstention(symbol=symbol, code=AbstentionCode.INSUFFICIENT_EVIDENCE, text=text))
                continue
            reasons = recommendation_reasons(row, places[symbol], len(rows), view.model, self._settings)
            changes = {"rank": len(ranked) + 1, "score": row.score, "reasons": reasons}
            ranked.append(view.base[symbol].model_copy(update=changes))
        abstentions.sort(key=lambda abstention: abstention.symbol)
        return Recommendations(day=day, advisor=self.name, ranked=tuple(ranked), abstentions=tuple(abstentions))

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
        received = list(replies)
        ratings = rate(received, symbols, decided_at) if received else {}
        values: dict[str, float] = {}
        latest: datetime | None = None
        if view.panel.days:
            since = view.panel.days[-min(self._settings.news_sessions, len(view.panel.days))]
            values, latest = news_values(news, symbols, since, decided_at)
        opinions = Opinions(
            news=news_points(values, self._settings),
            ratings=rating_points(ratings, rating_record or RatingRecord(), self._settings),
            checked=ratings,
            news_as_of=latest,
            received_at={
                reply.symbol: reply.received_at
                for reply in received
                if reply.symbol in ratings and ratings[reply.symbol].code is RatingCode.USED
            },
        )
        inputs = CardInputs(view.model, view.base, self._data.names, risk_scores or {}, self._settings)
        return AdviceReport(
            day=day,
            advisor=self.name,
            data_as_of=view.panel.days[-1] if view.panel.days else None,
            settings=self._settings,
            evidence=view.evidence,
            cards=cards(view.expectations, opinions, inputs),
            problems=tuple(f"{row.symbol}: {row.text}" for row in view.abstentions),
            ratings=(*ratings.values(), *unknown_symbols(received, symbols)),
        )

    def _view(self, history: Mapping[str, Sequence[DailyBar]], settings: StrategySettings, day: date) -> DayView:
        return view_day(history, settings, day, self._settings, self._data, self._commission_rate)
