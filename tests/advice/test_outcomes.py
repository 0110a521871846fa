from datetime import date, datetime, timedelta
from typing import Any

import pytest
from scipy.stats import spearmanr

from daybook.advice.outcomes import base_session, measure, summarise_outcomes
from daybook.contracts.base import KST
from daybook.contracts.market import DailyBar
from daybook.contracts.outcomes import Delisting, Outcome, OutcomeClaim, OutcomeStatus, OutcomeSubject
from tests.advice.panels import bar

FIRST = date(2026, 1, 1)
SESSIONS = [FIRST + timedelta(days=n) for n in range(80)]
INDEX = {day: 400.0 * 1.001**n for n, day in enumerate(SESSIONS)}
MORNING = datetime(2026, 1, 3, 8, 50, tzinfo=KST)


def claim(**changes: Any) -> OutcomeClaim:
    values: dict[str, Any] = {
        "subject": OutcomeSubject.RECOMMENDATION,
        "subject_id": "2026-01-03/000001",
        "symbol": "000001",
        "direction": 1,
        "score": 0.4,
        "made_at": MORNING,
        "recorded_at": MORNING,
        "cost_ratio": 0.003,
    }
    return OutcomeClaim(**{**values, **changes})


def rising(last: int = 80, step: float = 1.01, skip: tuple[int, ...] = ()) -> list[DailyBar]:
    return [bar("000001", SESSIONS[n], round(100_000 * step**n), volume=0 if n in skip else 10) for n in range(last)]


def at(outcomes: tuple[Outcome, ...], horizon: int) -> Outcome:
    return next(row for row in outcomes if row.horizon_sessions == horizon)


@pytest.mark.parametrize(
    ("made_at", "expected"),
    [
        (datetime(2026, 1, 3, 8, 50, tzinfo=KST), date(2026, 1, 3)),
        (datetime(2026, 1, 3, 15, 20, tzinfo=KST), date(2026, 1, 3)),
        (datetime(2026, 1, 3, 15, 21, tzinfo=KST), date(2026, 1, 4)),
        (datetime(2025, 12, 25, 23, 0, tzinfo=KST), date(2026, 1, 1)),
        (datetime(2026, 3, 21, 15, 21, tzinfo=KST), None),
    ],
)
def test_base_when_made_before_or_after_the_cut_off_then_the_first_close_that_could_be_traded(
    made_at: datetime, expected: date | None
) -> None:
    assert base_session(made_at, SESSIONS) == expected


def test_outcome_when_sessions_have_passed_then_returns_against_index_and_against_nothing() -> None:
    outcomes = measure(claim(), rising(), INDEX, SESSIONS)
    assert [row.horizon_sessions for row in outcomes] == [1, 5, 20, 60]
    for row in outcomes:
        n = row.horizon_sessions
        assert row.status is OutcomeStatus.KNOWN
        assert row.return_ratio == pytest.approx(1.01**n - 1, rel=1e-3)
        assert row.index_ratio == pytest.approx(1.001**n - 1)
        assert row.excess_ratio == pytest.approx(row.return_ratio - row.index_ratio)
        assert row.against_nothing_ratio == pytest.approx(row.return_ratio - 0.003)
        assert (row.base_day, row.due_day) == (SESSIONS[2], SESSIONS[2 + n])
        assert row.forward_only


def test_outcome_when_it_was_a_sale_or_no_view_then_leaving_things_is_counted_the_other_way() -> None:
    sale = at(measure(claim(direction=-1), rising(), INDEX, SESSIONS), 5)
    assert sale.against_nothing_ratio == pytest.approx(-(1.01**5 - 1) - 0.003, rel=1e-3)
    assert at(measure(claim(direction=0), rising(), INDEX, SESSIONS), 5).against_nothing_ratio == 0


def test_outcome_when_sessions_are_still_to_come_then_pending() -> None:
    outcomes = measure(claim(), rising(), INDEX, SESSIONS[:8])
    assert [row.status for row in outcomes] == ["known", "known", "pending", "pending"]
    assert all(row.return_ratio is None for row in outcomes[2:])
    assert {row.status for row in measure(claim(), [], INDEX, SESSIONS[:2])} == {OutcomeStatus.PENDING}


def test_outcome_when_halted_on_the_due_day_then_it_waits_and_counts_the_first_close_after() -> None:
    halted = measure(claim(), rising(9, skip=(7, 8)), INDEX, SESSIONS[:9])
    assert at(halted, 5).status is OutcomeStatus.HALTED
    assert at(halted, 5).return_ratio is None
    resumed = at(measure(claim(), rising(skip=(7, 8)), INDEX, SESSIONS), 5)
    assert resumed.status is OutcomeStatus.KNOWN
    assert resumed.return_ratio == pytest.approx(1.01**7 - 1, rel=1e-3)
    assert resumed.index_ratio == pytest.approx(1.001**7 - 1)


@pytest.mark.parametrize(("final", "expected"), [(None, 0.1), (0, -1.0), (20_000, -0.8)])
def test_outcome_when_delisted_then_it_counts_with_what_was_left(final: int | None, expected: float) -> None:
    history = [bar("000001", SESSIONS[n], 100_000) for n in range(6)]
    history.append(bar("000001", SESSIONS[6], 110_000))
    leaving = Delisting(symbol="000001", last_session=SESSIONS[6], final_value_krw=final)
    row = at(measure(claim(), history, INDEX, SESSIONS, delisting=leaving), 20)
    assert row.status is OutcomeStatus.DELISTED
    assert row.return_ratio == pytest.approx(expected)
    assert row.index_ratio == pytest.approx(1.001**20 - 1)


def test_outcome_when_liquidated_then_the_fall_is_real_and_when_split_then_nothing_is_claimed() -> None:
    history = [bar("000001", SESSIONS[n], 100_000) for n in range(6)] + [bar("000001", SESSIONS[6], 10_000)]
    leaving = Delisting(symbol="000001", last_session=SESSIONS[6])
    assert at(measure(claim(), history, INDEX, SESSIONS, delisting=leaving), 5).return_ratio == pytest.approx(-0.9)
    history += [bar("000001", day, 10_000) for day in SESSIONS[7:]]
    split = at(measure(claim(), history, INDEX, SESSIONS), 5)
    assert (split.status, split.return_ratio) == (OutcomeStatus.VOID, None)
    assert at(measure(claim(), history, INDEX, SESSIONS), 1).status is OutcomeStatus.KNOWN


def test_outcome_when_it_could_not_be_traded_at_its_base_then_void() -> None:
    assert {row.status for row in measure(claim(), rising(skip=(2,)), INDEX, SESSIONS)} == {OutcomeStatus.VOID}


def test_outcome_when_the_index_is_missing_then_there_is_no_excess() -> None:
    row = at(measure(claim(), rising(), {}, SESSIONS), 5)
    assert (row.index_ratio, row.excess_ratio) == (None, None)
    assert row.return_ratio is not None


@pytest.mark.parametrize(("minute", "forward"), [(30, True), (31, False)])
def test_outcome_when_noted_after_its_base_close_then_it_is_no_performance(minute: int, forward: bool) -> None:
    noted = claim(recorded_at=datetime(2026, 1, 3, 15, minute, tzinfo=KST))
    rows = measure(noted, rising(), INDEX, SESSIONS)
    assert {row.forward_only for row in rows} == {forward}
    summary = summarise_outcomes(rows, 5, SESSIONS)
    assert (summary.outcomes, summary.noted_late) == ((1, 0) if forward else (0, 1))
    assert (summary.mean_excess_ratio is None) == (not forward)


def known(day: int, score: float, excess: float, direction: int = 1, **changes: Any) -> Outcome:
    values: dict[str, Any] = {
        "subject": OutcomeSubject.RECOMMENDATION,
        "subject_id": f"{day}/{score}",
        "symbol": "000001",
        "horizon_sessions": 5,
        "direction": direction,
        "score": score,
        "made_at": MORNING,
        "recorded_at": MORNING,
        "base_day": SESSIONS[day],
        "status": OutcomeStatus.KNOWN,
        "excess_ratio": excess,
        "against_nothing_ratio": direction * excess,
        "forward_only": True,
    }
    return Outcome(**{**values, **changes})


def test_summary_when_there_are_outcomes_then_its_figures_are_theirs() -> None:
    rows = [
        known(0, 0.1, 0.01),
        known(0, 0.2, 0.03),
        known(0, 0.3, 0.02),
        known(0, 0.3, -0.02, direction=-1),
        known(3, 0.1, 0.05, status=OutcomeStatus.DELISTED),
        known(3, 0.2, -0.05, direction=0),
        known(3, 0.9, 0.00, status=OutcomeStatus.PENDING),
        known(3, 0.9, 0.00, status=OutcomeStatus.HALTED),
        known(3, 0.9, 0.00, status=OutcomeStatus.VOID),
        known(3, 0.9, 9.00, forward_only=False),
        known(3, 0.9, 9.00, horizon_sessions=20),
    ]
    summary = summarise_outcomes(rows, 5, SESSIONS)
    assert (summary.outcomes, summary.delisted, summary.noted_late) == (6, 1, 1)
    assert (summary.pending, summary.halted, summary.void) == (1, 1, 1)
    assert summary.mean_excess_ratio == pytest.approx((0.01 + 0.03 + 0.02 - 0.02 + 0.05 - 0.05) / 6)
    assert summary.mean_against_nothing_ratio == pytest.approx((0.01 + 0.03 + 0.02 + 0.02 + 0.05) / 5)
    assert summary.hit_ratio == 1.0
    expected = spearmanr([0.1, 0.2, 0.3, 0.3], [0.01, 0.03, 0.02, -0.02]).statistic
    assert summary.rank_ic == pytest.approx(expected)
    assert (summary.rank_ic_days, summary.rank_ic_t) == (1, None)


def test_summary_when_days_overlap_then_t_counts_those_a_horizon_apart() -> None:
    rows = [known(day, score, score * (1 if day % 2 else -1) + 0.1) for day in range(12) for score in (0.1, 0.2, 0.3)]
    rows += [known(day, 0.4, 0.0) for day in (0, 5, 10)]
    summary = summarise_outcomes(rows, 5, SESSIONS)
    assert summary.rank_ic_days == 12
    daily = {
        day: spearmanr([row.score for row in rows if row.base_day == SESSIONS[day]],
                       [row.excess_ratio for row in rows if row.base_day == SESSIONS[day]]).statistic
        for day in (0, 5, 10)
    }  # fmt: skip
    values = list(daily.values())
    mean = sum(values) / 3
    deviation = (sum((value - mean) ** 2 for value in values) / 2) ** 0.5
    assert summary.rank_ic_t == pytest.approx(mean / deviation * 3**0.5)


def test_summary_when_nothing_is_known_then_no_figures_and_equal_scores_have_no_order() -> None:
    summary = summarise_outcomes([], 5, SESSIONS)
    assert (summary.outcomes, summary.mean_excess_ratio, summary.hit_ratio, summary.rank_ic) == (0, None, None, None)
    flat = [known(0, 0.5, excess) for excess in (0.1, 0.2, 0.3)]
    assert summarise_outcomes(flat, 5, SESSIONS).rank_ic is None
