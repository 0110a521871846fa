import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import rankdata, spearmanr

from daybook.advice.information import session_ics, summarise
from daybook.advice.ranks import average_ranks, percentiles, rank_rows


@given(arrays(np.float64, (3, 8), elements=st.integers(-3, 3)))
def test_average_ranks_when_values_tie_then_they_are_those_of_scipy(values: np.ndarray) -> None:
    assert np.array_equal(average_ranks(values), rankdata(values, axis=1))


def test_ranks_when_all_known_then_mean_0_variance_1_and_bounded() -> None:
    values = np.random.default_rng(1).standard_normal((4, 50))
    ranks = rank_rows(values, np.ones(values.shape, dtype=bool))
    assert np.allclose(ranks.mean(axis=1), 0)
    assert np.allclose(ranks.var(axis=1), 1)
    assert np.abs(ranks).max() < 3**0.5


def test_ranks_when_missing_or_no_member_then_neutral_and_the_others_as_if_alone() -> None:
    values = np.array([[1.0, np.nan, 3.0, 2.0, 9.0]])
    member = np.array([[True, True, True, True, False]])
    alone = rank_rows(np.array([[1.0, 3.0, 2.0]]), np.ones((1, 3), dtype=bool))[0]
    assert rank_rows(values, member)[0].tolist() == [alone[0], 0, alone[1], alone[2], 0]


def test_ranks_when_one_value_is_absurd_then_it_counts_as_the_outermost_quantile() -> None:
    values = np.arange(300.0)[None, :]
    ranks = rank_rows(values, np.ones(values.shape, dtype=bool))[0]
    assert ranks[-1] == ranks[-2] == ranks[-4] > ranks[-5]


def test_ranks_when_all_are_equal_then_neutral() -> None:
    assert not rank_rows(np.full((1, 6), 7.0), np.ones((1, 6), dtype=bool)).any()


def test_percentiles_when_ranked_then_from_0_to_1_and_missing_is_nan() -> None:
    places = percentiles(np.array([[5.0, np.nan, 1.0, 3.0]]), np.ones((1, 4), dtype=bool))
    assert np.array_equal(places, [[1, np.nan, 0, 0.5]], equal_nan=True)


def test_information_when_computed_then_it_is_spearmans_correlation() -> None:
    random = np.random.default_rng(2)
    scores, labels = random.standard_normal((2, 5, 30))
    labels += scores
    expected = [spearmanr(left, right).statistic for left, right in zip(scores, labels, strict=True)]
    assert session_ics(scores, labels) == pytest.approx(expected)


def test_information_when_scores_are_equal_or_names_too_few_then_0_or_unknown() -> None:
    labels = np.array([[1.0, 2.0, 3.0]] * 3)
    scores = np.array([[1.0, 1.0, 1.0], [1.0, 2.0, np.nan], [1.0, 2.0, 3.0]])
    assert np.allclose(session_ics(scores, labels), [0, np.nan, 1], equal_nan=True)


def test_summary_when_labels_overlap_then_t_counts_sessions_a_label_apart() -> None:
    ics = np.linspace(-0.1, 0.2, 210)
    summary = summarise(ics, 20)
    apart = ics[::21]
    assert (summary.windows, summary.sessions, summary.mean) == (10, 210, pytest.approx(ics.mean()))
    assert summary.t == pytest.approx(apart.mean() / apart.std(ddof=1) * 10**0.5)
    assert summary.hit_ratio == pytest.approx((apart > 0).mean())
