from dataclasses import fields

import numpy as np
import pytest

from daybook.contracts.scenario import Scenario
from daybook.scenario.arrays import BLOCK
from daybook.scenario.errors import ScenarioError
from daybook.scenario.threats.candidates import EventCandidates, EventParts, PartKind
from daybook.scenario.threats.catalogue import default_scenario, preset
from daybook.scenario.threats.draw import draw_candidates, expected_candidates
from daybook.scenario.threats.picks import sector_names
from tests.scenario.threats.worlds import KEY, drawn, market, scenario_of, threat

COUNT = 40 * BLOCK
NAME = {"low": -0.2, "mode": -0.1, "high": 0}


def columns(candidates: EventCandidates, first: int, count: int) -> list[np.ndarray]:
    """Everything about the events of a window of scenarios that does not depend on how the window was cut."""
    rows = np.flatnonzero((candidates.scenario >= first) & (candidates.scenario < first + count))
    parts = candidates.parts
    part_rows = np.flatnonzero(np.isin(parts.event, rows))
    base = rows[0] if rows.size else 0
    out = [candidates.scenario[rows] - first, np.where(candidates.parent[rows] < 0, -1, candidates.parent[rows] - base)]
    out += [getattr(candidates, name)[rows] for name in ("day", "threat", "depth", "uniform", "stock", "direct")]
    out += [candidates.outage_days[rows], parts.event[part_rows] - base]
    return out + [getattr(parts, field.name)[part_rows] for field in fields(EventParts) if field.name != "event"]


@pytest.mark.parametrize("cut", [1, 3, 4])
def test_draw_when_cut_into_chunks_of_blocks_then_the_bits_are_the_same(cut: int) -> None:
    scenario = preset("account_takeover")
    whole = drawn(scenario, 4 * BLOCK + 137)
    for first in range(0, 4 * BLOCK + 137, cut * BLOCK):
        count = min(cut * BLOCK, 4 * BLOCK + 137 - first)
        piece = draw_candidates(scenario, market(), first, count, KEY)
        for mine, theirs in zip(columns(piece, 0, count), columns(whole, first, count), strict=True):
            assert np.array_equal(mine, theirs)


def test_draw_when_repeated_then_the_bits_are_the_same_and_another_key_gives_others() -> None:
    scenario = default_scenario()
    one, two, other = drawn(scenario, BLOCK), drawn(scenario, BLOCK), drawn(scenario, BLOCK, KEY + 1)
    assert np.array_equal(one.uniform, two.uniform)
    assert one.uniform.size != other.uniform.size or not np.array_equal(one.uniform, other.uniform)


def test_draw_when_another_threat_changes_then_a_threats_events_stay_as_they_were() -> None:
    def takeover(scenario: Scenario) -> np.ndarray:
        found = drawn(scenario, BLOCK)
        rows = found.threat == list(found.threats).index("T07_account_takeover")
        return np.array([found.scenario[rows], found.day[rows], found.uniform[rows], found.direct[rows]])

    specs = default_scenario().threats
    other = tuple(
        spec.model_copy(update={"annual_rate": (9.0,) * 6}) if spec.id == "T06_holding_breach" else spec
        for spec in specs
    )
    assert np.array_equal(takeover(scenario_of(*specs)), takeover(scenario_of(*other[::-1])))


def test_draw_when_the_ceiling_rises_then_no_event_is_lost() -> None:
    few, many = (drawn(scenario_of(threat("T01_a", annual_rate=(rate,) * 6)), BLOCK) for rate in (2, 3))
    assert few.uniform.size < many.uniform.size
    assert np.isin(few.uniform, many.uniform).all()


@pytest.mark.parametrize("rate", [0.3, 4.0, 50.0])
def test_draw_when_counted_then_counts_are_poisson(rate: float) -> None:
    mean = rate * 60 / 250
    found = drawn(scenario_of(threat("T01_a", annual_rate=(rate,) * 6)), COUNT)
    counts = np.bincount(found.scenario, minlength=COUNT)
    assert abs(counts.mean() - mean) < 4 * np.sqrt(mean / COUNT)
    spread = np.sqrt((mean + 2 * mean**2) / COUNT)
    assert abs(counts.var(ddof=1) - mean) < 4 * spread
    none = np.exp(-mean)
    assert abs((counts == 0).mean() - none) < 4 * np.sqrt(none * (1 - none) / COUNT)


def test_draw_when_a_rate_is_per_name_then_each_name_has_it() -> None:
    found = drawn(scenario_of(threat("T01_a", annual_rate=(1,) * 6, per_name=True, name_shock=NAME)), COUNT)
    mean = COUNT * 60 / 250
    counts = np.bincount(found.stock, minlength=20)
    assert np.all(np.abs(counts - mean) < 5 * np.sqrt(mean))


def test_draw_when_days_and_sectors_are_picked_then_they_are_uniform() -> None:
    spec = threat("T03_a", annual_rate=(10,) * 6, sector_shock={"*": NAME})
    found = drawn(scenario_of(spec), COUNT)
    days = np.bincount(found.day, minlength=60)
    assert days.size == 60
    assert np.all(np.abs(days - days.mean()) < 5 * np.sqrt(days.mean()))
    sectors = np.bincount(found.parts.sector, minlength=len(sector_names(market())))
    assert np.all(np.abs(sectors - sectors.mean()) < 5 * np.sqrt(sectors.mean()))
    assert np.all(found.parts.kind == PartKind.SECTOR)


def test_draw_when_names_are_listed_or_largest_then_only_those_are_struck() -> None:
    codes = market().codes
    listed = threat(
        "T01_a", annual_rate=(5,) * 6, name_shock=NAME, name_pick="listed", listed=(codes[4], codes[9], "999999")
    )
    assert set(drawn(scenario_of(listed), BLOCK).stock.tolist()) == {4, 9}
    largest = threat("T01_a", annual_rate=(5,) * 6, name_shock=NAME, name_pick="largest")
    assert set(drawn(scenario_of(largest), BLOCK).stock.tolist()) == {int(np.argmax(market().turnover_krw))}
    nobody = threat("T01_a", annual_rate=(5,) * 6, name_shock=NAME, name_pick="listed", listed=("999999",))
    found = drawn(scenario_of(nobody), BLOCK)
    assert set(found.stock.tolist()) == {-1}
    assert found.parts.event.size == 0


def test_draw_when_sectors_are_named_then_each_is_struck_by_the_same_event_and_absent_ones_are_not() -> None:
    spec = threat("T03_a", annual_rate=(5,) * 6, sector_shock={"반도체": NAME, "자동차": NAME, "조선": NAME})
    found = drawn(scenario_of(spec), BLOCK)
    names = sector_names(market())
    assert found.parts.event.size == 2 * found.scenario.size
    assert set(found.parts.sector.tolist()) == {names.index("반도체"), names.index("자동차")}
    assert np.array_equal(found.parts.sector_shock[::2], found.parts.sector_shock[1::2])


def test_draw_when_threats_trigger_others_then_the_shares_are_right_and_the_day_is_the_parents() -> None:
    chain = (
        threat("T03_c", annual_rate=(0,) * 6, name_shock=NAME),
        threat("T02_b", annual_rate=(0,) * 6, name_shock=NAME, triggers=({"threat": "T03_c", "probability": 0.5},)),
        threat(
            "T01_a",
            annual_rate=(10,) * 6,
            name_shock=NAME,
            triggers=({"threat": "T02_b", "probability": 0.3}, {"threat": "T03_c", "probability": 0.1}),
        ),
    )
    scenario = scenario_of(*chain)
    found = drawn(scenario, COUNT)
    counts = np.bincount(found.threat, minlength=3)
    parents, second = counts[2], counts[1]
    assert abs(second - 0.3 * parents) < 4 * np.sqrt(parents * 0.21)
    assert abs(counts[0] - 0.5 * second - 0.1 * parents) < 4 * np.sqrt(second * 0.25 + parents * 0.09)
    assert np.allclose(expected_candidates(scenario, market()) * COUNT, counts, rtol=0.05)
    children = np.flatnonzero(found.parent >= 0)
    causes = found.parent[children]
    assert np.all(causes < children)
    assert np.array_equal(found.day[causes], found.day[children])
    assert np.array_equal(found.scenario[causes], found.scenario[children])
    assert np.array_equal(found.stock[causes], found.stock[children])
    assert np.array_equal(found.depth[causes] + 1, found.depth[children])
    flat = np.bincount((found.uniform[children] * 20).astype(int), minlength=20)
    assert np.all(np.abs(flat - flat.mean()) < 5 * np.sqrt(flat.mean()))


def test_draw_when_sorted_then_scenarios_and_days_rise() -> None:
    found = drawn(default_scenario(), BLOCK)
    assert np.all(np.diff(found.scenario * 60 + found.day) >= 0)
    assert np.all(np.diff(found.parts.event) >= 0)


def test_draw_when_nothing_threatens_then_there_are_no_events() -> None:
    assert drawn(scenario_of(), BLOCK).scenario.size == 0
    assert drawn(scenario_of(threat("T01_a", annual_rate=(0,) * 6)), BLOCK).scenario.size == 0


def test_draw_when_events_would_fill_the_memory_then_the_threat_of_the_most_is_named() -> None:
    flood = threat("T06_flood", annual_rate=(50,) * 6, per_name=True, name_shock=NAME)
    scenario = scenario_of(flood, horizon_days=500, scenarios=200_000)
    with pytest.raises(ScenarioError, match=r"threats\.T06_flood\.annual_rate: the scenarios would hold 400,000,000"):
        drawn(scenario, BLOCK)
