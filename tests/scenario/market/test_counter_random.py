import math

import numpy as np
import pytest
from scipy import stats

from daybook.contracts.scenario import MarketModel
from daybook.scenario.arrays import FloatArray
from daybook.scenario.market.counter_random import exponential, growth, minus_two_log, normal_pair
from daybook.scenario.market.keys import stream_key
from daybook.scenario.market.simulate import simulate_log_returns
from daybook.scenario.market.textbook import factor_market

SCENARIOS, STOCKS = 20_000, 200


@pytest.fixture(scope="module")
def normals() -> FloatArray:
    """Four million draws, scenarios by stocks, as the simulation uses them on its first day."""
    market = factor_market(np.zeros(STOCKS), np.zeros((STOCKS, 1)), np.ones(STOCKS))
    key = stream_key(7, "quality")
    found = simulate_log_returns(market, None, 0, SCENARIOS, 1, key, MarketModel.FACTOR_JUMP, price_limits=False)
    return found[:, :STOCKS]


def test_normals_when_four_million_are_drawn_then_moments_are_those_of_a_normal(normals: FloatArray) -> None:
    z = normals.ravel()
    for power, expected, spread in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96), (6, 15, 10_170)):
        assert abs(np.mean(z**power) - expected) < 4.5 * math.sqrt(spread / z.size), power


def test_normals_when_four_million_are_drawn_then_tails_are_those_of_a_normal(normals: FloatArray) -> None:
    z = normals.ravel()
    for limit in (1, 2, 3, 4, 4.5):
        for tail in (z > limit, z < -limit):
            expected = z.size * stats.norm.sf(limit)
            assert abs(tail.sum() - expected) < 4.5 * math.sqrt(expected), limit
    assert 4.8 < np.abs(z).max() < 6.7


def test_normals_when_mapped_to_uniforms_then_they_fill_the_interval_evenly(normals: FloatArray) -> None:
    uniforms = stats.norm.cdf(normals.ravel())
    counts = np.bincount((uniforms * 2_000).astype(int), minlength=2_000)
    assert 1e-4 < stats.chisquare(counts).pvalue < 1 - 1e-4
    assert stats.kstest(uniforms[::20], "uniform").pvalue > 1e-4


def test_normals_when_neighbours_are_compared_then_neither_they_nor_their_squares_hang_together(
    normals: FloatArray,
) -> None:
    for values in (normals, normals**2 - 1):
        pairs = {
            "pair of one draw": (values[:, 0::2], values[:, 1::2]),
            "next stock": (values[:, 1:-1:2], values[:, 2::2]),
            "two stocks on": (values[:, :-2], values[:, 2:]),
            "next scenario": (values[:-1], values[1:]),
            "far scenario": (values[:-4_096], values[4_096:]),
        }
        for name, (one, other) in pairs.items():
            product = (one * other).ravel()
            assert abs(product.mean() / product.std() * math.sqrt(product.size)) < 4.5, name


def test_normals_when_all_stocks_are_correlated_then_the_spectrum_is_that_of_noise(normals: FloatArray) -> None:
    values = np.linalg.eigvalsh(np.cov(normals, rowvar=False))
    edge = math.sqrt(STOCKS / SCENARIOS)
    assert values[0] > (1 - edge) ** 2 * 0.99
    assert values[-1] < (1 + edge) ** 2 * 1.01


def test_days_when_compared_then_they_share_nothing() -> None:
    market = factor_market(np.zeros(50), np.zeros((50, 1)), np.ones(50))
    days = [
        simulate_log_returns(market, None, 0, 4_000, days, 99, MarketModel.FACTOR_JUMP, price_limits=False)[:, :50]
        for days in (1, 2, 3)
    ]
    moves = [days[0], days[1] - days[0], days[2] - days[1]]
    for one, other in ((0, 1), (1, 2), (0, 2)):
        product = (moves[one] * moves[other]).ravel()
        assert abs(product.mean()) * math.sqrt(product.size) < 4.5


def test_draws_when_800_000_pairs_are_made_then_no_pair_comes_twice() -> None:
    """Keys of 32 bits would give some 75 pairs twice, in other scenarios or at other stocks."""
    market = factor_market(np.zeros(8), np.zeros((8, 1)), np.ones(8))
    draws = simulate_log_returns(market, None, 0, 200_000, 1, 5, MarketModel.FACTOR_JUMP, price_limits=False)[:, :8]
    pairs = np.ascontiguousarray(draws, dtype=np.float32).view(np.uint64)
    assert np.unique(pairs).size == pairs.size == 800_000


def test_radius_when_all_bits_are_set_then_it_is_a_number() -> None:
    for bits in (0, 1, 2**31, 2**32 - 1, 2**32 - 2, 2**32 - 129, 2**32 - 300):
        assert minus_two_log(np.uint32(bits)) >= 0
        one, other = normal_pair(np.uint32(bits), np.uint32(0xFFFFFFFF))
        assert math.isfinite(one)
        assert math.isfinite(other)
    assert minus_two_log(np.uint32(2**32 - 1)) == 0


def test_logarithm_when_compared_with_the_library_then_it_agrees_to_single_precision() -> None:
    for bits in np.random.default_rng(1).integers(0, 2**32, 400, dtype=np.uint32):
        exact = -2 * math.log(((int(bits) >> 1) + 0.5) * 2.0**-31)
        assert minus_two_log(bits) == pytest.approx(exact, rel=1e-6, abs=3e-7)


def test_pair_when_radius_is_fixed_then_it_lies_on_a_circle_at_the_angle_of_its_bits() -> None:
    radius = math.sqrt(minus_two_log(np.uint32(123_456_789)))
    angles = set()
    for bits in np.arange(2**25, 2**32, 2**26, dtype=np.uint64):
        one, other = normal_pair(np.uint32(123_456_789), np.uint32(bits))
        assert math.hypot(one, other) == pytest.approx(radius, rel=1e-6)
        angles.add(math.floor(math.atan2(other, one) / math.tau * 64) % 64)
    assert len(angles) == 64


def test_exponential_when_compared_with_the_library_then_it_agrees_to_single_precision() -> None:
    assert exponential(np.float32(0)) == 1
    assert growth(np.float32(0)) == 0
    for x in np.linspace(-6, 6, 301).astype(np.float32):
        assert exponential(x) == pytest.approx(math.exp(float(x)), rel=3e-7)
        assert growth(x) == pytest.approx(math.expm1(float(x)), rel=3e-6, abs=1e-7)
    assert 0 <= exponential(np.float32(-1e9)) < 1e-30
