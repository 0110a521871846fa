import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.advice.assessment import Expectation, assess, assess_all, ranks_of
from daybook.contracts.factors import EvidenceCode


def expectation(edge: float, symbol: str = "000001", **changes: object) -> Expectation:
    values: dict[str, object] = {
        "symbol": symbol,
        "edge": edge,
        "edge_error": 0.02,
        "deviation": 0.1,
        "buy_cost_ratio": 0.004,
        "sell_cost_ratio": 0.003,
        "coverage": 1.0,
    }
    return Expectation(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("edge", "points", "score"),
    [
        (0.06, 60.0, 0.5),
        (0.04, 50.0, 0.0),
        (0.02, 50.0, 0.0),
        (0.0, 50.0, 0.0),
        (-0.03, 50.0, 0.0),
        (-0.05, 40.0, -0.5),
    ],
)
def test_points_when_costs_are_taken_off_then_only_what_is_left_counts(
    edge: float, points: float, score: float
) -> None:
    row = assess(expectation(edge))
    assert row.points == pytest.approx(points)
    assert row.score == pytest.approx(score)
    assert (EvidenceCode.BELOW_COST in row.doubts) == (row.net_edge == 0)
    assert row.expected_excess_ratio == pytest.approx(edge * 0.1)
    assert row.band(2) == pytest.approx((edge * 0.1 - 0.004, edge * 0.1 + 0.004))


def test_points_when_there_is_doubt_then_exactly_neutral_and_the_reason_is_kept() -> None:
    row = assess(expectation(0.09, doubts=(EvidenceCode.FAILED_VALIDATION,)), 5.0, 5.0)
    assert (row.points, row.doubts) == (50.0, (EvidenceCode.FAILED_VALIDATION,))


@given(st.floats(-0.3, 0.3), st.floats(-5, 5), st.floats(-5, 5), st.floats(-5, 5))
def test_points_when_an_opinion_changes_then_they_move_no_further_than_it_and_add_up(
    edge: float, news: float, first: float, second: float
) -> None:
    one, other = assess(expectation(edge), news, first), assess(expectation(edge), news, second)
    assert abs(one.points - other.points) <= abs(first - second) + 1e-9
    whole = 50 + 500 * edge + news + first + one.cost_points
    assert one.points == pytest.approx(min(100.0, max(0.0, whole)), abs=1e-9)


def test_order_when_points_tie_then_by_what_they_would_be_without_cost_then_by_symbol() -> None:
    rows = assess_all(
        [
            expectation(0.01, "000003"),
            expectation(0.02, "000002"),
            expectation(0.01, "000001"),
            expectation(0.09, "000004"),
            expectation(-0.09, "000000"),
        ],
        {},
        {},
    )
    assert ranks_of(rows) == {"000004": 1, "000002": 2, "000001": 3, "000003": 4, "000000": 5}
