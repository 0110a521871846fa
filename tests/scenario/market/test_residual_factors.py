import numpy as np
import pytest

from daybook.scenario.market.residual_factors import residual_loadings


def _residuals(days: int = 1_500, stocks: int = 60, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    planted = np.zeros((stocks, 2))
    planted[:20, 0] = 0.012
    planted[20:40, 1] = 0.010
    own = random.uniform(0.01, 0.02, stocks)
    residuals = random.normal(0, 1, (days, 2)) @ planted.T + random.normal(0, 1, (days, stocks)) * own
    return residuals, np.sqrt((planted**2).sum(axis=1) + own**2)


def test_factors_when_two_are_planted_then_two_are_found_with_their_loadings() -> None:
    residuals, sd = _residuals()
    loadings, rest = residual_loadings(residuals, sd, 9)
    assert loadings.shape == (60, 2)
    assert np.sqrt((loadings[:20] ** 2).sum(axis=1)) == pytest.approx(np.full(20, 0.012), rel=0.25)
    assert np.sqrt((loadings[20:40] ** 2).sum(axis=1)) == pytest.approx(np.full(20, 0.010), rel=0.25)
    assert np.sqrt((loadings[40:] ** 2).sum(axis=1)).max() < 0.004
    assert (loadings**2).sum(axis=1) + rest**2 == pytest.approx(sd**2)


def test_factors_when_residuals_are_noise_then_none_is_found() -> None:
    residuals = np.random.default_rng(2).normal(0, 0.02, (700, 40))
    loadings, rest = residual_loadings(residuals, np.full(40, 0.02), 9)
    assert loadings.shape[1] <= 1
    assert rest == pytest.approx(np.full(40, 0.02), rel=0.06)


def test_factors_when_compared_with_an_eigen_decomposition_then_the_space_is_the_same() -> None:
    residuals, sd = _residuals(seed=4)
    loadings, _ = residual_loadings(residuals, sd, 2)
    unit = residuals / np.sqrt((residuals**2).mean(axis=0))
    values, vectors = np.linalg.eigh(unit.T @ unit / len(unit))
    leading = vectors[:, -2:] * np.sqrt(values[-2:])
    shares = loadings / sd[:, None]
    assert shares @ shares.T == pytest.approx(leading @ leading.T, abs=1e-6)


def test_factors_when_some_stocks_have_no_residuals_then_they_load_on_nothing() -> None:
    residuals, sd = _residuals()
    residuals[:, 5] = np.nan
    residuals[100:900, 25] = np.nan
    loadings, rest = residual_loadings(residuals, sd, 9)
    assert (loadings[5] == 0).all()
    assert rest[5] == sd[5]
    assert np.isfinite(loadings).all()
    assert np.abs(loadings[25]).max() > 0.006


@pytest.mark.parametrize("most", [0, 1])
def test_factors_when_few_are_allowed_then_no_more_are_given(most: int) -> None:
    residuals, sd = _residuals()
    loadings, rest = residual_loadings(residuals, sd, most)
    assert loadings.shape == (60, most)
    assert (loadings**2).sum(axis=1) + rest**2 == pytest.approx(sd**2)


def test_factors_when_a_stock_never_moves_then_it_loads_on_nothing() -> None:
    residuals, sd = _residuals()
    residuals[:, 0], sd[0] = 0.0, 0.0
    loadings, rest = residual_loadings(residuals, sd, 3)
    assert (loadings[0] == 0).all()
    assert rest[0] == 0
