import numpy as np
import pytest
from scipy import stats

from daybook.risk.measures.drawdown import drawdowns, drawdowns_of_returns, max_drawdown, max_drawdown_of_returns
from daybook.risk.measures.drawdown import ulcer_index as ulcer
from daybook.risk.measures.entropic import entropic_value_at_risk
from daybook.risk.measures.errors import MeasureError
from daybook.risk.measures.moments import moments
from daybook.risk.measures.tail import tail


def test_moments_when_compared_with_scipy_then_conventions_are_those_of_risk_reports() -> None:
    series = np.random.default_rng(1).standard_t(5, 500) * 0.02
    found = moments(series)
    assert found.sd == pytest.approx(series.std(ddof=1))
    assert found.skew == pytest.approx(stats.skew(series))
    assert found.kurtosis == pytest.approx(stats.kurtosis(series, fisher=False))
    assert found.worst == -series.min()


def test_drawdown_when_the_first_return_is_a_loss_then_the_start_was_the_peak() -> None:
    assert max_drawdown_of_returns([-0.1, 0.5, -0.2]) == pytest.approx(0.2)
    assert max_drawdown_of_returns([-0.3, 0.1]) == pytest.approx(0.3)
    assert max_drawdown([100, 102, 99, 101, 103]) == pytest.approx(3 / 102)
    assert drawdowns([1, 2, 1, 4]).tolist() == [0, 0, 0.5, 0]


def test_drawdown_when_returns_are_summed_then_it_is_the_gap_to_the_highest_sum() -> None:
    falls = drawdowns_of_returns([-0.1, 0.3, -0.2, -0.1], compounded=False)
    assert falls == pytest.approx([0.1, 0, 0.2, 0.3])
    assert ulcer(falls) == pytest.approx(np.sqrt(0.14 / 4))


def test_entropic_var_when_losses_are_normal_then_it_is_the_closed_form_and_above_cvar() -> None:
    nodes = stats.norm.ppf((np.arange(40_000) + 0.5) / 40_000)
    assert entropic_value_at_risk(nodes, 0.95) == pytest.approx(np.sqrt(-2 * np.log(0.05)), rel=5e-3)
    losses = np.random.default_rng(2).standard_t(4, 2_000)
    assert tail(losses, 0.95).cvar < entropic_value_at_risk(losses, 0.95) <= losses.max()
    assert entropic_value_at_risk([3.0, 3.0], 0.9) == 3.0


def test_series_when_it_is_none_then_the_argument_is_named() -> None:
    with pytest.raises(MeasureError, match="two or more"):
        moments([0.1])
    with pytest.raises(MeasureError, match="vary"):
        moments([0.1, 0.1])
    with pytest.raises(MeasureError, match="above 0"):
        max_drawdown([1, 0])
    with pytest.raises(MeasureError, match="above -1"):
        max_drawdown_of_returns([0.1, -1])
