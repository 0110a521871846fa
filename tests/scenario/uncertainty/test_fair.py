import pytest

from daybook.scenario.uncertainty import fair
from daybook.scenario.uncertainty.errors import UncertaintyError


def test_nodes_when_combined_then_they_follow_the_tree() -> None:
    assert fair.risk([100, 100, 200], [1000, 2000, 3000]).tolist() == [100_000, 200_000, 600_000]
    assert fair.loss_event_frequency([0.5, 200, 300], [0.5, 0.25, 1.0]).tolist() == [0.25, 50, 300]
    assert fair.vulnerability([0.6, 0.7, 0.1], [0.55, 0.65, 0.75]) == pytest.approx(2 / 3)
    assert fair.threat_event_frequency([10, 20], 0.5).tolist() == [5, 10]
    assert fair.secondary_loss([[0.5, 0.1], [0, 1]], [[10, 100], [5, 7]]).tolist() == [15, 7]
    assert fair.loss_magnitude([1, 2], [15, 7]).tolist() == [16, 9]


def test_vulnerability_when_capability_equals_strength_then_it_does_not_succeed() -> None:
    assert fair.vulnerability([0.5, 0.6], 0.5) == 0.5


def test_nodes_when_values_name_nothing_then_the_node_is_named() -> None:
    with pytest.raises(UncertaintyError, match="vulnerability"):
        fair.loss_event_frequency([1], [1.1])
    with pytest.raises(UncertaintyError, match="loss_magnitude"):
        fair.risk([1], [-1])
    with pytest.raises(UncertaintyError, match="threat_capability"):
        fair.vulnerability([0.1, 0.2], [0.1, 0.2, 0.3])
    with pytest.raises(UncertaintyError, match="threat_capability"):
        fair.vulnerability([], [])
