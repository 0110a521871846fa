import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.contracts.scenario import Scenario, ThreatSpec
from daybook.scenario.arrays import BLOCK
from daybook.scenario.errors import ScenarioError
from daybook.scenario.threats.catalogue import default_scenario, preset, preset_names
from daybook.scenario.threats.thin import Thinned, gross_threat_loss_krw, thin
from tests.scenario.threats.worlds import control, drawn, market, positions, scenario_of, threat

COUNT = 20 * BLOCK
ROUNDING_KRW = 1e-6
NAME = {"low": -0.2, "mode": -0.1, "high": 0}
FALL = {"low": -0.2, "mode": -0.1, "high": -0.05}
OUTAGE = {"low": 1, "mode": 2, "high": 4}
IDS = tuple(control.id for control in default_scenario().controls)


def tangled() -> Scenario:
    """Controls that claim to act on everything, and threats of several parts that set each other off."""
    tangle = np.random.default_rng(5)
    specs = []
    for place, spec in enumerate(default_scenario().threats):
        later = [other.id for other in default_scenario().threats[place + 1 :]]
        hits = [{"threat": name, "probability": 0.4} for name in later[:3]]
        parts = {"name_shock": NAME, "market_shock": FALL if place % 3 else None, "outage_days": OUTAGE}
        specs.append(ThreatSpec.model_validate({**spec.model_dump(), "triggers": hits, **parts}))
    controls = tuple(
        control(
            name,
            *(
                {"threat": t.id, "likelihood": likelihood, "impact": impact, "recovery": recovery}
                for t, (likelihood, impact, recovery) in zip(specs, tangle.uniform(0, 0.9, (14, 3)), strict=True)
            ),
            lead_time_days=float(tangle.choice([0, 5, 30])),
        )
        for name in IDS
    )
    return scenario_of(*specs, controls=controls)


SCENARIOS = {name: preset(name) for name in preset_names()} | {"tangled": tangled()}
CANDIDATES = {name: drawn(scenario, 2 * BLOCK) for name, scenario in SCENARIOS.items()}

presets = st.sampled_from(sorted(SCENARIOS))
vectors = st.lists(st.sampled_from((0.0, 1 / 3, 0.5, 1.0)) | st.floats(0, 1), min_size=len(IDS), max_size=len(IDS))


def gross(name: str, level: int, vector: list[float]) -> np.ndarray:
    found = thin(CANDIDATES[name], SCENARIOS[name], market(), level, dict(zip(IDS, vector, strict=True)))
    return gross_threat_loss_krw(CANDIDATES[name], found, market(), positions())


def counts(scenario: Scenario, level: int, strengths: dict[str, float] | None = None) -> np.ndarray:
    candidates = drawn(scenario, COUNT)
    found = thin(candidates, scenario, market(), level, strengths or {})
    return np.bincount(candidates.scenario[found.happened], minlength=COUNT)


@settings(max_examples=60, deadline=None)
@given(name=presets, level=st.integers(0, 5), weak=vectors, more=vectors)
def test_gross_loss_when_controls_are_added_then_no_scenario_is_worse(
    name: str, level: int, weak: list[float], more: list[float]
) -> None:
    strong = [max(one, other) for one, other in zip(weak, more, strict=True)]
    assert np.all(gross(name, level, strong) <= gross(name, level, weak) + ROUNDING_KRW)


@settings(max_examples=40, deadline=None)
@given(name=presets, vector=vectors)
def test_gross_loss_when_the_level_rises_then_no_scenario_is_better(name: str, vector: list[float]) -> None:
    by_level = [gross(name, level, vector) for level in range(6)]
    for lower, higher in itertools.pairwise(by_level):
        assert np.all(higher >= lower - ROUNDING_KRW)
    assert by_level[5].sum() > by_level[0].sum()


@settings(max_examples=25, deadline=None)
@given(name=presets, level=st.integers(0, 5), vector=vectors, more=vectors)
def test_market_part_when_controls_change_then_it_is_the_same_to_the_bit(
    name: str, level: int, vector: list[float], more: list[float]
) -> None:
    one, other = (
        thin(CANDIDATES[name], SCENARIOS[name], market(), level, dict(zip(IDS, v, strict=True))).active
        for v in (vector, more)
    )
    for first, second in zip(market_part(one), market_part(other), strict=True):
        assert np.array_equal(first, second)


def market_part(active: object) -> list[np.ndarray]:
    rows = np.flatnonzero((active.sector < 0) & (active.stock < 0))  # type: ignore[attr-defined]
    number = np.repeat(np.arange(active.offsets.size - 1), np.diff(active.offsets))  # type: ignore[attr-defined]
    names = ("day", "market_shock", "permanent", "half_life_days", "vol_multiplier", "correlation_lift", "days_active")
    return [number[rows], *(getattr(active, name)[rows] for name in names)]


@pytest.mark.parametrize("level", range(6))
def test_counts_when_thinned_to_a_level_then_they_are_poisson_with_its_rate(level: int) -> None:
    rates = (0.5, 1, 2, 4, 8, 16)
    found = counts(scenario_of(threat("T01_a", annual_rate=rates)), level)
    mean = rates[level] * 60 / 250
    assert abs(found.mean() - mean) < 4 * np.sqrt(mean / COUNT)
    assert abs(found.var(ddof=1) - mean) < 4 * np.sqrt((mean + 2 * mean**2) / COUNT)


def test_counts_when_controls_take_likelihood_then_their_shares_multiply() -> None:
    controls = (
        control("C01_a", {"threat": "T01_a", "likelihood": 0.5}),
        control("C02_b", {"threat": "T01_a", "likelihood": 0.6}, levels=2),
    )
    scenario = scenario_of(threat("T01_a", annual_rate=(8,) * 6), controls=controls)
    mean = 8 * 60 / 250 * 0.5 * (1 - 0.3)
    assert abs(counts(scenario, 2, {"C01_a": 1, "C02_b": 0.5}).mean() - mean) < 4 * np.sqrt(mean / COUNT)


def test_counts_when_a_control_has_a_lead_time_then_days_before_it_are_untouched() -> None:
    late = control("C01_a", {"threat": "T01_a", "likelihood": 0.99, "impact": 0.99}, lead_time_days=20.5)
    installed = late.model_copy(update={"id": "C02_b", "already_installed": True})
    scenario = scenario_of(threat("T01_a", annual_rate=(50,) * 6), controls=(late, installed))
    candidates = drawn(scenario, 2 * BLOCK)
    days = candidates.day[thin(candidates, scenario, market(), 2, {"C01_a": 1}).happened]
    by_day = np.bincount(days, minlength=60)
    assert by_day[:21].min() > 100
    assert by_day[21:].max() < 20
    at_once = thin(candidates, scenario, market(), 2, {"C02_b": 1})
    assert np.bincount(candidates.day[at_once.happened], minlength=60)[:21].max() < 20


def test_impact_when_controls_cut_it_then_own_shocks_shrink_and_half_lives_shorten() -> None:
    guard = control("C01_a", {"threat": "T01_a", "impact": 0.4, "recovery": 0.5})
    spec = threat(
        "T01_a", annual_rate=(5,) * 6, name_shock=NAME, sector_shock={"*": NAME}, market_shock=FALL, outage_days=OUTAGE
    )
    scenario = scenario_of(spec, controls=(guard,))
    candidates = drawn(scenario, BLOCK)
    bare, safe = (thin(candidates, scenario, market(), 2, strengths).active for strengths in ({}, {"C01_a": 1.0}))
    own = bare.market_shock == 0
    assert np.allclose(safe.name_shock, 0.6 * bare.name_shock, rtol=1e-15)
    assert np.allclose(safe.sector_shock, 0.6 * bare.sector_shock, rtol=1e-15)
    assert np.array_equal(safe.market_shock, bare.market_shock)
    assert np.array_equal(safe.half_life_days, np.where(own, 10.0, 20.0))
    assert np.array_equal(safe.days_active[own], bare.days_active[own] / 2)


def test_contagion_when_a_market_wide_event_triggers_then_only_the_childs_controls_count() -> None:
    child = threat("T02_b", annual_rate=(0,) * 6, name_shock=NAME)
    parent = threat(
        "T01_a",
        annual_rate=(20,) * 6,
        market_shock=FALL,
        name_shock=NAME,
        triggers=({"threat": "T02_b", "probability": 0.5},),
    )
    controls = (
        control("C01_a", {"threat": "T01_a", "likelihood": 0.9}),
        control("C02_b", {"threat": "T02_b", "likelihood": 0.4}),
    )
    scenario = scenario_of(parent, child, controls=controls)
    assert share_of_children(scenario, {}) == pytest.approx(0.5, abs=0.01)
    assert share_of_children(scenario, {"C01_a": 1.0}) == pytest.approx(0.5, abs=0.01)
    assert share_of_children(scenario, {"C02_b": 1.0}) == pytest.approx(0.3, abs=0.01)


def test_contagion_when_the_parent_is_controlled_then_its_children_go_with_it() -> None:
    child = threat("T02_b", annual_rate=(0,) * 6, market_shock=FALL, name_shock=NAME)
    parent = threat("T01_a", annual_rate=(20,) * 6, triggers=({"threat": "T02_b", "probability": 0.5},))
    scenario = scenario_of(parent, child, controls=(control("C01_a", {"threat": "T01_a", "likelihood": 0.9}),))
    assert share_of_children(scenario, {"C01_a": 1.0}) == pytest.approx(0.05, abs=0.01)
    candidates = drawn(scenario, BLOCK)
    bare, safe = (thin(candidates, scenario, market(), 2, s) for s in ({}, {"C01_a": 1.0}))
    assert np.array_equal(bare.exogenous, safe.exogenous)
    assert np.sum(bare.active.market_shock < 0) == np.sum(safe.active.market_shock < 0)


def share_of_children(scenario: Scenario, strengths: dict[str, float]) -> float:
    """Children that happen, over the parents there are without controls."""
    candidates = drawn(scenario, COUNT)
    parents = np.sum(candidates.threat == 0)
    return float(
        np.sum(thin(candidates, scenario, market(), 2, strengths).happened & (candidates.threat == 1)) / parents
    )


def test_direct_losses_when_they_have_bases_then_each_goes_where_it_belongs() -> None:
    sure = {"low": 0.1, "mode": 0.1, "high": 0.1}
    specs = (
        threat("T01_won", annual_rate=(50,) * 6, direct_loss={"low": 7_000, "mode": 7_000, "high": 7_000}),
        threat("T02_account", annual_rate=(20,) * 6, direct_loss=sure, direct_base="account_fraction"),
        threat("T03_all", annual_rate=(20,) * 6, direct_loss=sure, direct_base="position_fraction"),
        threat("T04_one", annual_rate=(1,) * 6, per_name=True, direct_loss=sure, direct_base="position_fraction"),
    )
    scenario = scenario_of(*specs)
    candidates = drawn(scenario, BLOCK)
    found = thin(candidates, scenario, market(), 2, {})
    n = [np.bincount(candidates.scenario[candidates.threat == place], minlength=BLOCK) for place in range(4)]
    one = np.zeros((BLOCK, 20))
    rows = candidates.threat == 3
    np.add.at(one, (candidates.scenario[rows], candidates.stock[rows]), 1)
    assert found.direct.fixed_krw == pytest.approx(7_000 * n[0])
    assert found.direct.account_ratio == pytest.approx(1 - 0.9 ** n[1])
    assert found.direct.position_ratio == pytest.approx(1 - 0.9 ** (n[2][:, None] + one))
    assert found.active.day.size == 0


def test_direct_loss_when_a_lognormal_share_passes_the_whole_then_it_is_the_whole() -> None:
    spec = threat("T01_a", annual_rate=(50,) * 6, direct_loss={"low": 0.01, "high": 1}, direct_base="account_fraction")
    scenario = scenario_of(spec)
    found = thin(drawn(scenario, BLOCK), scenario, market(), 5, {})
    assert found.direct.account_ratio.max() == 1
    assert found.direct.account_ratio.min() >= 0


def test_parts_when_taken_threat_by_threat_then_they_add_up_to_the_whole() -> None:
    scenario = default_scenario()
    candidates, strengths = CANDIDATES["default"], {"C01_mfa_key": 1.0, "C06_breach_watch": 2 / 3}
    whole = thin(candidates, scenario, market(), 4, strengths)
    parts = [thin(candidates, scenario, market(), 4, strengths, frozenset([t.id])) for t in scenario.threats]
    assert sum(part.active.day.size for part in parts) == whole.active.day.size
    assert sum(part.active.name_shock.sum() for part in parts) == pytest.approx(whole.active.name_shock.sum())
    left = np.prod([1 - part.direct.position_ratio for part in parts], axis=0)
    assert left == pytest.approx(1 - whole.direct.position_ratio)
    assert all(np.array_equal(part.happened, whole.happened) for part in parts)


def test_active_events_when_thinned_then_offsets_part_them_by_scenario_in_order_of_days() -> None:
    candidates = CANDIDATES["2008"]
    found: Thinned = thin(candidates, preset("2008"), market(), 4, {})
    active = found.active
    assert active.offsets[0] == 0
    assert active.offsets[-1] == active.day.size
    for number in range(0, candidates.count, 97):
        days = active.day[active.offsets[number] : active.offsets[number + 1]]
        assert np.all(np.diff(days) >= 0)
    shocks = active.market_shock + active.sector_shock + active.name_shock
    assert np.all(shocks <= 0)
    assert np.all(active.vol_multiplier >= 1)


def test_thin_when_asked_for_what_is_not_there_then_the_error_says_what_is() -> None:
    scenario, candidates = default_scenario(), CANDIDATES["default"]
    for level in (-1, 6):
        with pytest.raises(ScenarioError, match="threat_level: must be 0 to 5"):
            thin(candidates, scenario, market(), level, {})
    with pytest.raises(ScenarioError, match="there is no threat T99_x"):
        thin(candidates, scenario, market(), 2, {}, frozenset({"T99_x"}))
    with pytest.raises(ScenarioError, match="there is no control C99_x"):
        thin(candidates, scenario, market(), 2, {"C99_x": 1})
    with pytest.raises(ScenarioError, match=r"C01_mfa_key: strength must lie within 0 and 1, not 1\.5"):
        thin(candidates, scenario, market(), 2, {"C01_mfa_key": 1.5})
    with pytest.raises(ScenarioError, match="drawn for another scenario"):
        thin(candidates, scenario.model_copy(update={"horizon_days": 30}), market(), 2, {})
