import json
import time
from datetime import date, datetime, timedelta
from random import Random

import pytest

from daybook.advice.card_text import card_text
from daybook.advice.entries import plan_entries
from daybook.advice.exits import plan_exits
from daybook.advice.factor_advisor import FactorAdvisor
from daybook.advice.momentum import MomentumAdvisor
from daybook.advice.news_points import news_points, news_values
from daybook.advice.news_tilt import with_news
from daybook.advice.port import Advisor
from daybook.contracts.advice import AbstentionCode, Position, Recommendations, TickFacts
from daybook.contracts.base import KST
from daybook.contracts.factors import (
    AdviceCard,
    AdviceReport,
    CallCode,
    ChangeKind,
    EvidenceCode,
    FactorSettings,
    NewsScore,
    RatingCode,
    RatingRecord,
    RatingReply,
)
from daybook.contracts.limits import StrategySettings
from daybook.contracts.market import DailyBar
from daybook.contracts.news import SymbolSentiment
from tests.advice.facts import EQUITY_KRW, LIMITS, account, quote
from tests.advice.panels import bar, market

STRATEGY = StrategySettings()
BOLD = FactorSettings(prior_edge=0.05)
"""Assumes more than the default, so that simulated noise gives calls on both sides."""
HISTORY, DAY = market(40, 120, seed=2)
DECIDED_AT = datetime.combine(DAY, datetime.min.time().replace(hour=9), KST)
PROVEN = RatingRecord(outcomes=100_000, rank_ic=0.5)


def rank(history: dict[str, list[DailyBar]] | None = None, advisor: Advisor | None = None) -> Recommendations:
    return (advisor or FactorAdvisor(BOLD)).rank(history or dict(HISTORY), STRATEGY, DAY)


def report(**changes: object) -> AdviceReport:
    return FactorAdvisor(BOLD).report(dict(HISTORY), STRATEGY, DAY, decided_at=DECIDED_AT, **changes)  # type: ignore[arg-type]


def rating(symbol: str, call: str = "buy", confidence: float = 1.0, **changes: object) -> RatingReply:
    body = {"symbol": symbol, "rating": call, "confidence": confidence} | changes
    return RatingReply(symbol=symbol, text=json.dumps(body), received_at=DECIDED_AT - timedelta(minutes=1))


def test_rank_when_called_then_every_symbol_is_ranked_or_abstained_from_with_a_reason() -> None:
    ranking = rank()
    named = [row.symbol for row in ranking.ranked] + [row.symbol for row in ranking.abstentions]
    assert sorted(named) == sorted(HISTORY)
    assert [row.rank for row in ranking.ranked] == list(range(1, len(ranking.ranked) + 1))
    scores = [row.score for row in ranking.ranked]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0 > scores[-1]
    assert 0 not in scores
    assert all(row.text.startswith("insufficient evidence") for row in ranking.abstentions)
    assert {row.code for row in ranking.abstentions} == {AbstentionCode.INSUFFICIENT_EVIDENCE}
    assert all(len(row.reasons) >= 3 for row in ranking.ranked)


def test_rank_when_compared_with_the_plain_advisor_then_plain_facts_are_the_same() -> None:
    plain = MomentumAdvisor().rank(HISTORY, STRATEGY, DAY)
    for row in rank().ranked:
        other = plain.of(row.symbol)
        assert other is not None
        own = {"rank", "score", "reasons"}
        assert row.model_dump(exclude=own) == other.model_dump(exclude=own)


def test_rank_when_history_is_shuffled_or_holds_the_day_and_later_then_nothing_changes() -> None:
    shuffled = {symbol: Random(1).sample(bars, len(bars)) for symbol, bars in reversed(HISTORY.items())}
    for symbol, bars in shuffled.items():
        bars += [bar(symbol, DAY + timedelta(days=n), 99_999 + n) for n in range(5)]
    assert rank(shuffled) == rank()


def test_rank_when_there_is_a_signal_to_learn_then_weights_leave_the_assumption() -> None:
    history, day = market(60, 300, seed=1)
    found = FactorAdvisor().report(history, STRATEGY, day, decided_at=DECIDED_AT).evidence
    assert 0.1 < found.fitted_share < 0.9
    assert found.labelled_sessions == 279
    assert found.walk_forward_ic is not None
    assert abs(found.walk_forward_ic) < 0.1
    assert found.survivorship == "current_members"


@pytest.mark.parametrize(("stocks", "sessions"), [(30, 20), (30, 41), (200, 60), (200, 250)])
def test_rank_when_history_is_short_or_long_then_within_a_second_and_honest_about_it(
    stocks: int, sessions: int
) -> None:
    history, day = market(stocks, sessions, seed=3)
    started = time.process_time()
    ranking = FactorAdvisor().rank(history, STRATEGY, day)
    assert time.process_time() - started < 1.0
    assert len(ranking.ranked) + len(ranking.abstentions) == stocks
    if sessions <= 41:
        evidence = FactorAdvisor().report(history, STRATEGY, day, decided_at=DECIDED_AT).evidence
        assert evidence.walk_forward_ic is None
        assert evidence.fitted_share < 0.1


def test_rank_when_symbols_are_few_then_it_abstains_from_all() -> None:
    history, day = market(4, 100, seed=3)
    ranking = FactorAdvisor(BOLD).rank(history, STRATEGY, day)
    assert ranking.ranked == ()
    assert all("fewer than 5 symbols" in row.text for row in ranking.abstentions)


def test_rank_when_there_is_nothing_then_an_empty_ranking() -> None:
    assert rank({"000001": []}).abstentions[0].code is AbstentionCode.SHORT_HISTORY
    empty = FactorAdvisor().rank({}, STRATEGY, DAY)
    assert (empty.ranked, empty.abstentions, empty.advisor) == ((), (), "factors")
    assert FactorAdvisor().report({}, STRATEGY, DAY, decided_at=DECIDED_AT).cards == ()


def test_rank_when_some_data_are_bad_then_those_are_abstained_from_with_their_code() -> None:
    history = dict(HISTORY)
    history["900001"] = history["000001"][:-3]
    history["900002"] = history["000001"][-10:]
    history["900003"] = [row.model_copy(update={"close_krw": 1_000, "symbol": "900003"}) for row in history["000001"]]
    split = [row.model_copy(update={"close_krw": row.close_krw // 5}) for row in history["000002"][-5:]]
    history["900004"] = history["000002"][:-5] + split
    codes = {row.symbol: row.code for row in rank(history).abstentions}
    assert codes["900001"] is AbstentionCode.STALE_HISTORY
    assert codes["900002"] is AbstentionCode.SHORT_HISTORY
    assert codes["900003"] is AbstentionCode.FLAT_PRICES
    assert codes["900004"] is AbstentionCode.UNADJUSTED_PRICES


def test_rank_when_its_own_test_failed_then_it_abstains_from_all_and_says_so() -> None:
    settings = BOLD.model_copy(update={"max_walk_forward_t": 0.0, "min_walk_forward_windows": 2})
    for seed in range(6):
        history, day = market(30, 200, seed=seed)
        advisor = FactorAdvisor(settings)
        found = advisor.report(history, STRATEGY, day, decided_at=DECIDED_AT)
        if found.evidence.walk_forward_t is not None and found.evidence.walk_forward_t <= 0:
            ranking = advisor.rank(history, STRATEGY, day)
            assert ranking.ranked == ()
            assert all("failed its own test" in row.text for row in ranking.abstentions)
            assert {card.evidence for card in found.cards} == {(EvidenceCode.FAILED_VALIDATION,)}
            return
    pytest.fail("no seed's walk-forward was below 0")


def test_day_when_it_uses_the_ranking_then_the_best_are_bought_and_held_names_in_the_band_are_kept() -> None:
    ranking = rank()
    quotes = {symbol: quote(symbol, bars[-1].close_krw) for symbol, bars in HISTORY.items()}
    facts = TickFacts(day=DAY, tick_number=1, equity_krw=EQUITY_KRW, rebalance_due=True)
    limits = LIMITS.model_copy(update={"min_average_turnover_krw": 0})
    plan = plan_entries(account(), quotes, (), ranking, STRATEGY, limits, 1.0, facts)
    bought = [order.symbol for order in plan.orders]
    assert bought
    assert all((row := ranking.of(symbol)) is not None and row.score > 0 for symbol in bought)
    refused = {row.symbol: row.code for row in plan.abstentions}
    assert all(refused[row.symbol] is AbstentionCode.LOW_SCORE for row in ranking.ranked if row.score < 0)

    kept, dropped = ranking.abstentions[0].symbol, ranking.ranked[-1].symbol
    held = [
        Position(symbol=symbol, shares=5, sellable_shares=5, average_price_krw=HISTORY[symbol][-1].close_krw)
        for symbol in (kept, dropped)
    ]
    sold = plan_exits(held, quotes, ranking, STRATEGY, LIMITS, facts).orders
    assert [order.symbol for order in sold] == [dropped]


def test_news_of_the_day_when_added_then_a_score_moves_by_the_weight_at_most() -> None:
    ranking = rank()
    symbol = ranking.ranked[1].symbol
    sentiment = SymbolSentiment(symbol=symbol, sentiment=1.0, stories=5, articles=9)
    before, after = ranking.of(symbol), with_news(ranking, [sentiment], 0.25).of(symbol)
    assert before is not None
    assert after is not None
    assert after.score - before.score == pytest.approx(0.25)  # 5 of 100 points


# cards


def test_cards_when_made_then_points_add_up_and_drivers_are_sorted() -> None:
    found = report()
    assert [card.rank for card in found.cards] == list(range(1, 41))
    assert {card.call for card in found.cards} == set(CallCode)
    for card in found.cards:
        parts = sum(row.points for row in card.drivers) + card.news_points + card.rating_points + card.cost_points
        assert card.points == pytest.approx(min(100, max(0, 50 + parts)))
        sizes = [abs(row.points) for row in card.drivers]
        assert sizes == sorted(sizes, reverse=True)
        assert card.band_low_ratio < card.expected_excess_ratio < card.band_high_ratio
        assert (card.call is CallCode.INSUFFICIENT_EVIDENCE) == bool(card.evidence) == (card.points == 50)
        if card.call is CallCode.INSUFFICIENT_EVIDENCE:
            assert abs(card.expected_excess_ratio) <= card.cost_ratio
        assert card.liquidity_limit_shares == card.liquidity_limit_krw // card.last_close_krw
        assert card.prices_as_of == HISTORY["000001"][-1].day


def test_cards_when_compared_with_the_ranking_then_the_same_scores() -> None:
    cards = {card.symbol: card for card in report().cards}
    for row in rank().ranked:
        if 0 < cards[row.symbol].points < 100:
            assert row.score == pytest.approx((cards[row.symbol].points - 50) / 20)


def test_rating_when_flipped_from_sell_to_buy_then_its_score_moves_by_the_cap_at_most_and_no_other_at_all() -> None:
    plain = {card.symbol: card for card in report().cards}
    for symbol in ("000001", "000007", report().cards[0].symbol):
        low, high = (
            {c.symbol: c for c in report(replies=[rating(symbol, call)], rating_record=PROVEN).cards}
            for call in ("sell", "buy")
        )
        assert abs(high[symbol].points - low[symbol].points) <= 10 + 1e-9
        assert high[symbol].points >= low[symbol].points
        assert all(high[other].points == plain[other].points for other in plain if other != symbol)
        assert high[symbol].points_without_rating == plain[symbol].points
        assert high[symbol].rank_without_rating == plain[symbol].rank


def test_rating_when_dropped_malformed_late_or_injected_then_cards_are_as_without_it() -> None:
    symbol = "000003"
    late = rating(symbol).model_copy(update={"received_at": DECIDED_AT + timedelta(seconds=1)})
    wrong = [
        (rating(symbol).model_copy(update={"text": "BUY BUY BUY"}), RatingCode.MALFORMED),
        (late, RatingCode.LATE),
        (rating(symbol, action="A3"), RatingCode.INJECTED),
        (rating(symbol, target_weight=1.0), RatingCode.INJECTED),
    ]
    plain = report().cards
    for reply, code in wrong:
        found = report(replies=[reply], rating_record=PROVEN)
        assert [card.model_copy(update={"rating": None}) for card in found.cards] == list(plain)
        assert next(row.code for row in found.ratings if row.symbol == symbol) is code


def test_news_when_published_after_the_decision_or_the_cut_off_then_it_does_not_count() -> None:
    def score(symbol: str, at: datetime) -> NewsScore:
        return NewsScore(symbol=symbol, published_at=at, sentiment=1.0, stories=8)

    later = DECIDED_AT + timedelta(minutes=1)
    found = report(news=[score("000001", DECIDED_AT), score("000002", later)])
    cards = {card.symbol: card for card in found.cards}
    assert cards["000001"].news_points == pytest.approx(4.0)
    assert cards["000002"].news_points == 0
    assert {card.news_as_of for card in found.cards} == {DECIDED_AT}
    assert cards["000001"].points_without_news == {c.symbol: c.points for c in report().cards}["000001"]


@pytest.mark.parametrize(("hour", "minute", "counts"), [(15, 20, True), (15, 21, False)])
def test_news_when_the_decision_is_after_the_cut_off_then_only_news_until_it_counts(
    hour: int, minute: int, counts: bool
) -> None:
    day = date(2026, 3, 5)
    published = datetime(2026, 3, 6, hour, minute, tzinfo=KST)
    decided = datetime(2026, 3, 6, 16, 0, tzinfo=KST)
    row = NewsScore(symbol="000001", published_at=published, sentiment=-1.0, stories=1)
    values, latest = news_values([row], ["000001"], day, decided)
    assert (values, latest) == (({"000001": pytest.approx(-1 / 3)}, published) if counts else ({}, None))


def test_news_points_when_sentiment_is_extreme_then_half_the_cap_either_way() -> None:
    assert news_points({"000001": 7.0, "000002": -1.0}, FactorSettings()) == {"000001": 5.0, "000002": -5.0}


def test_card_text_when_written_then_its_numbers_are_the_cards_in_both_languages() -> None:
    found = report(risk_scores=dict.fromkeys(HISTORY, 37.0))
    card = found.cards[0]
    korean, english = card_text(card), card_text(card, "en")
    for text in (korean, english):
        assert f"{card.expected_excess_ratio:+.2%}" in text
        assert f"{card.cost_ratio:.2%}" in text
        assert f"{card.liquidity_limit_krw:,}" in text
        assert str(card.prices_as_of) in text
        assert all(f"{row.points:+.1f}" in text for row in card.drivers[:3])
        assert "37" in text
    assert "긍정적, 40종목 중 1위" in korean
    assert "favourable, rank 1 of 40" in english
    unsure = next(card for card in found.cards if card.call is CallCode.INSUFFICIENT_EVIDENCE)
    assert "근거 부족" in card_text(unsure)
    assert "insufficient evidence" in card_text(unsure, "en")
    with pytest.raises(ValueError, match="language must be ko or en"):
        card_text(card, "fr")


def test_changes_when_a_driver_moves_to_the_named_place_then_the_call_is_at_its_border() -> None:
    for card in report().cards:
        assert card.changes
        for change in card.changes:
            if change.kind is ChangeKind.POINTS:
                gross = sum(row.points for row in card.drivers)
                moved = gross + change.value
                assert abs(moved) == pytest.approx(_cost_points(card), abs=1e-6)
            if change.kind in (ChangeKind.DRIVER_FALLS, ChangeKind.DRIVER_RISES):
                driver = next(row for row in card.drivers if row.label_en == change.label_en)
                assert driver.percentile is not None
                assert (change.value > driver.percentile) == (change.kind is ChangeKind.DRIVER_RISES)
                slope = (driver.percentile - 0.5) and driver.points / (driver.percentile - 0.5)
                if slope:
                    gross = sum(row.points for row in card.drivers) + slope * (change.value - driver.percentile)
                    assert abs(gross) == pytest.approx(_cost_points(card), abs=1e-6)


def _cost_points(card: AdviceCard) -> float:
    gross = sum(row.points for row in card.drivers)
    return abs(500 * card.cost_ratio * gross / 500 / card.expected_excess_ratio)
