import numpy as np
import pytest

from daybook.contracts.scenario import EntropyView
from daybook.risk.measures.tail import tail
from daybook.scenario.entropy_dual import Constraint, solve_dual
from daybook.scenario.entropy_pooling import (
    EntropyPoolingError,
    View,
    effective_scenarios,
    pool,
    relative_entropy,
    views_of,
)

RETURNS = np.random.default_rng(1).multivariate_normal([0.001, 0.0], [[4e-4, 2e-4], [2e-4, 9e-4]], 3_000)
FIRST, SECOND = RETURNS[:, 0], RETURNS[:, 1]


def _cvar(values: np.ndarray, probabilities: np.ndarray) -> float:
    return tail(-values, 0.95, probabilities).cvar


def test_die_when_its_mean_is_four_and_a_half_then_it_is_that_of_jaynes() -> None:
    found = pool([View("die", np.arange(1.0, 7.0), "mean", "==", 4.5)])
    expected = [0.0543532, 0.0787715, 0.11416, 0.165447, 0.239774, 0.347494]
    assert found.probabilities == pytest.approx(expected, abs=1e-5)
    assert found.relative_entropy == pytest.approx(0.178178, abs=1e-5)
    assert found.effective_scenarios == pytest.approx(np.exp(np.log(6) - 0.178178), rel=1e-5)


def test_pool_when_the_mean_of_a_normal_moves_then_entropy_is_half_its_square_in_sds() -> None:
    nodes = np.random.default_rng(2).standard_normal(60_000)
    nodes = (nodes - nodes.mean()) / nodes.std()
    assert pool([View("m", nodes, "mean", "==", 0.3)]).relative_entropy == pytest.approx(0.045, rel=0.03)


def test_pool_when_an_inequality_holds_already_then_nothing_moves() -> None:
    found = pool([View("a", FIRST, "mean", ">=", -0.01), View("b", SECOND, "cvar", "<=", 0.5)])
    assert found.probabilities == pytest.approx(np.full(3_000, 1 / 3_000), abs=1e-12)
    assert found.relative_entropy == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("statistic", "relation", "value"),
    [("mean", "==", 0.004), ("mean", "<=", -0.003), ("sd", "==", 0.03), ("sd", "<=", 0.015), ("cvar", "==", 0.06),
     ("cvar", ">=", 0.055), ("cvar", "==", 0.03), ("cvar", "<=", 0.035)],
)  # fmt: skip
def test_view_when_it_binds_then_it_is_met_exactly(statistic: str, relation: str, value: float) -> None:
    q = pool([View("v", FIRST, statistic, relation, value)], min_effective_ratio=0).probabilities  # type: ignore[arg-type]
    mean = float(q @ FIRST)
    got = {"mean": mean, "sd": float(np.sqrt(q @ (FIRST - mean) ** 2)), "cvar": _cvar(FIRST, q)}[statistic]
    assert got == pytest.approx(value, rel=2e-5, abs=1e-9)
    assert q.sum() == pytest.approx(1)
    assert (q >= 0).all()
    if statistic == "sd":
        assert mean == pytest.approx(FIRST.mean(), abs=1e-9)


def test_views_when_several_are_held_then_all_are_met() -> None:
    views = [
        View("a", FIRST, "mean", "==", 0.002),
        View("b", FIRST, "sd", "==", 0.024),
        View("c", SECOND, "mean", ">=", 0.001),
        View("d", SECOND, "cvar", ">=", 0.08),
    ]
    found = pool(views)
    q = found.probabilities
    assert q @ FIRST == pytest.approx(0.002, abs=1e-9)
    assert np.sqrt(q @ (FIRST - 0.002) ** 2) == pytest.approx(0.024, rel=1e-6)
    assert q @ SECOND >= 0.001 - 1e-9
    assert _cvar(SECOND, q) >= 0.08 - 1e-5
    assert 300 < found.effective_scenarios < 3_000


def test_pool_when_compared_with_another_library_then_no_more_entropy_is_spent() -> None:
    prior = pytest.importorskip("skfolio.prior")
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        RETURNS, columns=["A", "B"], index=pandas.date_range("2010-01-01", periods=len(RETURNS), freq="D")
    )
    for words, view in (
        ({"mean_views": ["A == 0.003"]}, View("v", FIRST, "mean", "==", 0.003)),
        ({"cvar_views": ["A == 0.06"]}, View("v", FIRST, "cvar", "==", 0.06)),
    ):
        theirs = prior.EntropyPooling(**words).fit(frame).relative_entropy_
        assert pool([view]).relative_entropy == pytest.approx(theirs, rel=1e-4)


def test_cvar_view_when_any_other_weighting_meets_it_then_it_spends_no_less_entropy() -> None:
    found = pool([View("v", FIRST, "cvar", "==", 0.06)])
    generator = np.random.default_rng(3)
    for _ in range(20):
        direction = generator.standard_normal(FIRST.size) * found.probabilities
        other = np.maximum(found.probabilities + 0.05 * (direction - direction.sum() * found.probabilities), 0)
        other /= other.sum()
        if _cvar(FIRST, other) >= 0.06:
            uniform = np.full(FIRST.size, 1 / FIRST.size)
            assert relative_entropy(other, uniform) >= found.relative_entropy - 1e-9


def test_pool_when_fewer_than_a_tenth_is_left_then_it_refuses_and_names_the_view() -> None:
    with pytest.raises(EntropyPoolingError, match=r"views\[0\].*effective of 3000"):
        pool([View("views[0]", FIRST, "mean", "==", 0.055)])
    assert pool([View("views[0]", FIRST, "mean", "==", 0.055)], min_effective_ratio=0).effective_scenarios < 300


def test_pool_when_a_prior_is_given_then_scenarios_it_excludes_stay_excluded() -> None:
    prior = np.where(np.arange(6) < 5, 0.2, 0.0)
    found = pool([View("die", np.arange(1.0, 7.0), "mean", "==", 3.5)], prior)
    assert found.probabilities[5] == 0
    assert found.probabilities @ np.arange(1, 7) == pytest.approx(3.5)
    assert relative_entropy([0.5, 0.5], [1.0, 0.0]) == np.inf


def test_pool_when_there_is_no_view_then_the_prior_comes_back() -> None:
    assert pool([], scenarios=4).effective_scenarios == pytest.approx(4)
    assert effective_scenarios([1.0, 0.0]) == 1
    with pytest.raises(EntropyPoolingError, match="no scenario"):
        pool([])


@pytest.mark.parametrize(
    ("views", "word"),
    [
        ([View("v", FIRST, "mean", "==", 0.5)], "out of reach"),
        ([View("v", FIRST, "cvar", ">=", 0.5)], "out of reach"),
        ([View("v", FIRST, "sd", "==", -0.1)], "out of reach"),
        ([View("v", FIRST, "mean", ">=", 0.003), View("w", FIRST, "mean", "<=", 0.001)], "no probabilities"),
        ([View("v", FIRST, "mean", "==", np.nan)], "finite"),
    ],
)
def test_pool_when_views_cannot_be_met_then_it_says_why(views: list[View], word: str) -> None:
    with pytest.raises(EntropyPoolingError, match=word):
        pool(views)


def test_pool_when_the_prior_is_none_then_it_is_refused() -> None:
    with pytest.raises(EntropyPoolingError, match="prior"):
        pool([View("die", np.arange(3.0), "mean", "==", 1)], [0.5, 0.6, 0.1])


def test_views_when_rows_name_targets_then_they_find_their_returns() -> None:
    rows = [EntropyView(target="market", value=0.01), EntropyView(target="005930", statistic="cvar", value=0.2)]
    views = views_of(rows, {"market": FIRST, "005930": SECOND})
    assert [view.name for view in views] == ["views[0]", "views[1]"]
    assert views[1].statistic == "cvar"
    with pytest.raises(EntropyPoolingError, match="000660"):
        views_of([EntropyView(target="000660", value=0)], {"market": FIRST})


def test_dual_when_a_row_does_not_vary_then_it_holds_or_nothing_does() -> None:
    prior, flat = np.full(3, 1 / 3), np.ones(3)
    assert solve_dual(prior, [Constraint(flat, "==", 1.0)]) is not None
    assert solve_dual(prior, [Constraint(flat, ">=", 2.0)]) is None
    assert solve_dual(prior, [Constraint(flat, "<=", 2.0)]) is not None
