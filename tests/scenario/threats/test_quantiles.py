import numpy as np
import pytest

from daybook.contracts.scenario import LogNormal90, Pert
from daybook.scenario.threats.quantiles import magnitudes
from daybook.scenario.threats.uniforms import Channel, from_bits, uniform
from daybook.scenario.uncertainty.magnitude import mean, quantile

SPECS = [
    Pert(low=-0.25, mode=-0.02, high=-0.005),
    Pert(low=0, mode=0, high=1),
    Pert(low=0, mode=0.5, high=1, gamma=50),
    Pert(low=0, mode=1, high=1, gamma=0.1),
]


@pytest.mark.parametrize("spec", SPECS)
def test_magnitudes_when_read_from_the_table_then_they_are_the_exact_quantiles(spec: Pert) -> None:
    u = (np.arange(20_000) + 0.5) / 20_000
    found = magnitudes(spec, u)
    assert np.max(np.abs(found - quantile(spec, u))) < (spec.high - spec.low) / 2000
    assert np.all(np.diff(found) >= 0)
    assert found.mean() == pytest.approx(mean(spec), rel=1e-4)


def test_magnitudes_when_lognormal_or_a_point_then_they_are_exact() -> None:
    u = np.array([0.05, 0.5, 0.95])
    assert magnitudes(LogNormal90(low=1, high=9), u) == pytest.approx([1, 3, 9])
    assert np.array_equal(magnitudes(Pert(low=2, mode=2, high=2), u), [2, 2, 2])


def test_uniforms_when_bits_are_at_their_ends_then_they_stay_strictly_inside() -> None:
    ends = from_bits(np.array([0, 2**64 - 1], dtype=np.uint64))
    assert ends[0] > 0
    assert ends[1] < 1


def test_uniforms_when_channels_differ_then_they_are_flat_and_unrelated() -> None:
    identity = np.random.default_rng(3).integers(0, 2**64, 200_000, dtype=np.uint64)
    drawn = np.array([uniform(identity, channel) for channel in Channel])
    counts = np.array([np.bincount((row * 50).astype(int), minlength=50) for row in drawn])
    chi_square = ((counts - 4000.0) ** 2 / 4000).sum(axis=1)
    assert np.all(chi_square < 49 + 5 * np.sqrt(2 * 49))
    correlation = np.corrcoef(drawn) - np.eye(len(drawn))
    assert np.max(np.abs(correlation)) < 5 / np.sqrt(200_000)
