import csv
import gzip
import math
import os
from collections import defaultdict
from datetime import date
from pathlib import Path
from statistics import stdev
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.advice.momentum import MomentumAdvisor
from daybook.advice.port import Advisor
from daybook.contracts.advice import AbstentionCode, Recommendations
from daybook.contracts.limits import StrategySettings
from daybook.contracts.market import DailyBar
from tests.advice.facts import DAY, SETTINGS, bars, walk

ADVISOR: Advisor = MomentumAdvisor()
SHARED_DATA = Path(os.environ.get("DAYBOOK_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))


def rank(history: dict[str, list[DailyBar]], day: date = DAY, settings: StrategySettings = SETTINGS) -> Recommendations:
    return ADVISOR.rank(history, settings, day)


def abstained(closes: list[int], **changes: Any) -> AbstentionCode:
    ranking = rank({"000100": bars("000100", closes, **changes)})
    assert ranking.ranked == ()
    (abstention,) = ranking.abstentions
    assert abstention.text
    return abstention.code


def test_score_when_history_is_long_then_it_is_the_formula_and_skips_the_latest_session() -> None:
    closes = walk(1)
    (row,) = rank({"000100": bars("000100", closes)}).ranked
    returns = [math.log(closes[i] / closes[i - 1]) for i in range(len(closes) - 20, len(closes))]
    log_return = math.log(closes[-2] / closes[-22])
    assert row.score == pytest.approx(log_return / (stdev(returns) * math.sqrt(20)))
    assert row.momentum_ratio == pytest.approx(closes[-2] / closes[-22] - 1)
    assert row.annual_volatility == pytest.approx(stdev(returns) * math.sqrt(245))
    assert (row.sessions_used, row.last_close_krw, row.average_turnover_krw) == (20, closes[-1], 50_000_000_000)
    assert row.reasons[2] == "latest 1 sessions left out"


@pytest.mark.parametrize(("count", "sessions", "first", "last"), [(22, 20, 0, 20), (21, 20, 0, 20), (20, 19, 0, 19)])
def test_score_when_history_is_short_then_nothing_is_left_out_and_the_window_shrinks(
    count: int, sessions: int, first: int, last: int
) -> None:
    closes = walk(2, count)
    (row,) = rank({"000100": bars("000100", closes)}).ranked
    assert row.sessions_used == sessions
    assert row.momentum_ratio == pytest.approx(closes[last] / closes[first] - 1)


def test_ranking_when_scores_differ_then_best_first_with_ranks_from_one() -> None:
    history = {f"00010{n}": bars(f"00010{n}", walk(7, drift=n / 1_000)) for n in range(5)}
    ranking = rank(history)
    assert [row.symbol for row in ranking.ranked] == ["000104", "000103", "000102", "000101", "000100"]
    assert [row.rank for row in ranking.ranked] == [1, 2, 3, 4, 5]
    assert (ranking.day, ranking.advisor, ranking.of("000102")) == (DAY, "momentum", ranking.ranked[2])
    assert ranking.of("999999") is None


def test_ranking_when_scores_are_equal_then_by_symbol_whatever_the_order_given() -> None:
    closes = walk(3)
    history = {symbol: bars(symbol, closes) for symbol in ("000300", "000100", "000200")}
    assert [row.symbol for row in rank(history).ranked] == ["000100", "000200", "000300"]


@given(st.integers(0, 10_000), st.integers(1, 3_000_000))
def test_ranking_when_todays_bar_is_there_then_it_changes_nothing(seed: int, close: int) -> None:
    past = {"000100": bars("000100", walk(seed)), "000200": bars("000200", walk(seed + 1))}
    future = {symbol: [*rows, bars(symbol, [close], last_day=DAY)[0]] for symbol, rows in past.items()}
    assert rank(future) == rank(past)


@given(st.integers(0, 10_000), st.integers(2, 9))
def test_score_when_every_price_is_scaled_then_it_stays(seed: int, factor: int) -> None:
    closes = walk(seed)
    (one,) = rank({"000100": bars("000100", closes)}).ranked
    (other,) = rank({"000100": bars("000100", [close * factor for close in closes])}).ranked
    assert other.score == pytest.approx(one.score)
    assert other.annual_volatility == pytest.approx(one.annual_volatility)


def test_history_when_unordered_or_repeated_then_it_is_put_right() -> None:
    rows = bars("000100", walk(4))
    assert rank({"000100": [*reversed(rows), rows[3]]}) == rank({"000100": rows})


def test_advisor_when_history_is_short_then_it_abstains() -> None:
    assert abstained(walk(5, 19)) is AbstentionCode.SHORT_HISTORY
    assert abstained([]) is AbstentionCode.SHORT_HISTORY


def test_advisor_when_data_is_bad_then_it_abstains_with_the_reason() -> None:
    assert abstained([50_000] * 30) is AbstentionCode.FLAT_PRICES
    assert abstained([*walk(6, 29), 0]) is AbstentionCode.UNTRADED
    assert abstained(walk(6, 30), volume_shares=0) is AbstentionCode.UNTRADED
    split = walk(6, 25)
    assert abstained([*split, *(close // 5 for close in split[-3:])]) is AbstentionCode.UNADJUSTED_PRICES


@pytest.mark.parametrize(("last", "abstains"), [(13_090, False), (13_110, True), (6_910, False), (6_890, True)])
def test_advisor_when_a_day_moves_to_the_limit_then_only_more_is_unadjusted(last: int, abstains: bool) -> None:
    closes = [10_000, 10_010] * 12 + [10_000, last]
    ranking = rank({"000100": bars("000100", closes)})
    assert bool(ranking.abstentions) is abstains


def test_advisor_when_one_history_ends_early_then_it_abstains_from_that_one() -> None:
    history = {"000100": bars("000100", walk(8)), "000200": bars("000200", walk(9), last_day=date(2026, 3, 4))}
    ranking = rank(history)
    assert [row.symbol for row in ranking.ranked] == ["000100"]
    assert [(row.symbol, row.code) for row in ranking.abstentions] == [("000200", AbstentionCode.STALE_HISTORY)]


def test_advisor_when_there_is_no_history_at_all_then_an_empty_ranking() -> None:
    assert rank({}) == Recommendations(day=DAY, advisor="momentum")


def test_ranking_when_made_of_real_sessions_then_every_symbol_is_ranked_or_explained() -> None:
    path = SHARED_DATA / "krx_daily_2026-03.csv.gz"
    if not path.exists():
        pytest.skip("real sessions are not on this machine (DAYBOOK_SHARED_DATA)")
    history: dict[str, list[DailyBar]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if len(row["code"]) in (6, 7) and row["code"].isalnum():
                history[row["code"]].append(real_bar(row))
    settings = StrategySettings(min_history_sessions=8, lookback_sessions=8)
    ranking = rank(history, date(2026, 3, 20), settings)
    assert len(ranking.ranked) + len(ranking.abstentions) == len(history)
    assert len(ranking.ranked) > 2_000
    assert ranking.ranked[0].score > 0 > ranking.ranked[-1].score
    samsung = ranking.of("005930")
    assert samsung is not None
    assert 0.05 < samsung.annual_volatility < 3
    assert len(rank(history, date(2026, 3, 20)).ranked) == 0


def real_bar(row: dict[str, str]) -> DailyBar:
    return DailyBar(
        symbol=row["code"],
        day=date.fromisoformat(row["date"]),
        open_krw=int(row["open"]),
        high_krw=int(row["high"]),
        low_krw=int(row["low"]),
        close_krw=int(row["close"]),
        volume_shares=int(row["volume"]),
        turnover_krw=int(row["amount_krw"]),
    )
