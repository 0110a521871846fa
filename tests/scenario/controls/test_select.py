import itertools
import math

import numpy as np
import pytest

from daybook.scenario.controls.select import MAX_CONTROLS, Measure, Selection, select_controls, select_for_budgets
from daybook.scenario.errors import ScenarioError

LOSS = {"t1": 4.0, "t2": 3.0, "t3": 2.0}
MEASURES = (
    Measure("A", 1.0, {"t1": 0.5}),
    Measure("B", 0.8, {"t2": 0.6}),
    Measure("C", 1.5, {"t1": 0.8}),
    Measure("D", 0.5, {"t1": 0.3, "t2": 0.3, "t3": 0.3}),
)


@pytest.mark.parametrize(
    ("budget", "controls", "residual", "spend"),
    [(0.5, ("D",), 6.3, 0.5), (1.3, ("B", "D"), 5.04, 1.3), (2.0, ("C", "D"), 4.06, 2.0), (0.0, (), 9.0, 0.0)],
)
def test_selection_when_budgets_grow_then_the_best_sets_are_not_nested(
    budget: float, controls: tuple[str, ...], residual: float, spend: float
) -> None:
    found = select_controls(LOSS, MEASURES, budget)
    assert found.controls == controls
    assert (found.residual, found.spend) == (pytest.approx(residual), pytest.approx(spend))
    assert found.total == pytest.approx(residual + spend)


def slow(loss: dict[str, float], measures: list[Measure], budget: float) -> float:
    best = math.inf
    for size in range(len(measures) + 1):
        for chosen in itertools.combinations(measures, size):
            names = {measure.name for measure in chosen}
            if any(not names.issuperset(m.requires) or names.intersection(m.excludes) for m in chosen):
                continue
            spend = sum(measure.cost for measure in chosen)
            left = sum(value * math.prod(1 - m.reduces.get(t, 0) for m in chosen) for t, value in loss.items())
            if spend <= budget:
                best = min(best, left + spend)
    return best


@pytest.mark.parametrize("seed", range(12))
def test_selection_when_drawn_at_random_then_it_is_that_of_going_through_all_sets(seed: int) -> None:
    draws = np.random.default_rng(seed)
    loss = {f"t{i}": float(draws.uniform(0, 5)) for i in range(4)}
    measures = []
    for i in range(8):
        reduces = {f"t{t}": float(draws.uniform(0, 1)) for t in draws.choice(4, 2, replace=False)}
        rules = {name: (f"m{draws.integers(0, i)}",) if i and draws.random() < 0.3 else () for name in ("requires",)}
        measures.append(Measure(f"m{i}", float(draws.uniform(0, 2)), reduces, **rules))
    measures[7] = Measure("m7", 0.1, measures[7].reduces, excludes=("m0",))
    for found in select_for_budgets(loss, measures, (0.0, 0.7, 2.0, 5.0, 100.0)):
        assert isinstance(found, Selection)
        assert found.total == pytest.approx(slow(loss, measures, found.budget), rel=1e-12)
        assert found.spend <= found.budget + 1e-9


def test_selection_when_twenty_measures_are_there_then_it_is_still_exact() -> None:
    measures = [Measure(f"m{i}", 0.01 if i % 2 else 10.0, {"t": 0.5}) for i in range(MAX_CONTROLS)]
    found = select_controls({"t": 8.0}, measures, 1.0)
    assert len(found.controls) == 9 or len(found.controls) == 10
    assert all(int(name[1:]) % 2 for name in found.controls)
    assert found.total == pytest.approx(min(8 * 0.5**k + 0.01 * k for k in range(11)))


@pytest.mark.parametrize(
    ("loss", "measures", "budget", "field"),
    [
        ({"t1": -1.0}, [], 1.0, "annual_loss.t1"),
        (LOSS, [Measure("A", -1.0, {})], 1.0, "controls.A.cost"),
        (LOSS, [Measure("A", 1.0, {"t9": 0.5})], 1.0, "controls.A.reduces"),
        (LOSS, [Measure("A", 1.0, {"t1": 1.5})], 1.0, "controls.A.reduces.t1"),
        (LOSS, [Measure("A", 1.0, {}), Measure("A", 1.0, {})], 1.0, "controls"),
        (LOSS, [Measure("A", 1.0, {}, requires=("B",))], 1.0, "controls.A"),
        (LOSS, [Measure(f"m{i}", 1.0, {}) for i in range(21)], 1.0, "controls"),
        (LOSS, MEASURES, -1.0, "budget"),
        (LOSS, MEASURES, math.nan, "budget"),
    ],
)
def test_selection_when_a_number_makes_no_sense_then_the_error_names_it(
    loss: dict[str, float], measures: list[Measure], budget: float, field: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        select_controls(loss, measures, budget)
    assert caught.value.field == field
